// Package limit holds back what would be too much for somebody else: so many
// starts in a period, so many tokens in a minute, so much at once, nothing at all
// until a moment. Each kind is a type of its own:
//
//   - [Rate]: never more than n starts in any window of a length.
//   - [Budget]: never more than n of something that is counted afterwards, in any
//     window of a length. It is reserved by estimate and settled by what was used.
//   - [Gate]: nothing until a moment, for a host that has said when to come back.
//   - [Adaptive]: as many at once as the other side can take, which it finds out.
//   - [Learned]: what a server says is left of its limits, spread over the time until
//     they are renewed.
//   - [Keyed]: one of these for each key, for example for each host.
//
// [Learn] reads what a server says about its limits, and [ParseRate] what people
// write: "100/s", "5000/1m".
//
// The words, which mean the same for all of them:
//
//   - A start is the moment at which the waiting method returns nil.
//   - A window of a length begins anywhere, holds the moment that it begins at and
//     not the one that it ends at: of two starts exactly a second apart, no window
//     of a second holds both.
//   - Those who wait are served in the order in which they came, and nobody
//     barges.
//   - A wait ends when its context does. What was let through returns nil, also
//     when the context ended at the same moment; otherwise the error is the cause
//     of the context (context.Cause), nothing was used up, and those behind move
//     up. A context that had ended before the call always makes it fail.
//
// None of them may be copied after its first use, and all may be used by any
// number of goroutines. They have no goroutine of their own; while somebody waits,
// there is one timer for the whole line.
//
// For a fixed number at once there is inflight.Limiter, and for permits that have
// a weight locks.Semaphore.
package limit
