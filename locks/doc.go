// Package locks holds the locks of asyncio's model: Mutex, Event, Cond,
// Semaphore and Barrier. They differ from those of package sync in three things:
// a wait ends when its context does, those who wait are served in the order in
// which they came, and a test in a testing/synctest bubble may wait for them.
//
// The words, which mean the same for all five:
//
//   - To wait is to block until the thing is granted or ctx ends. An operation
//     that was granted what it waited for returns nil, also when ctx ended at the
//     same moment; otherwise it returns the cause of ctx (context.Cause) and has
//     taken nothing. Cond differs, and says how.
//   - A ctx that had ended before the call always makes it fail, even where it
//     would not have had to wait.
//   - Nobody barges: who comes while others wait, waits behind them, and what is
//     given back is handed straight to the one who has waited longest.
//   - Each String names the state and how many wait, as in
//     "mutex [locked by fetch, waiters:2]". It is for people to read.
//
// None of them may be copied after its first use. A nil function panics. A sync.Mutex is still the right
// lock for a few lines that don't block: it is faster, and there is nothing to
// cancel. A channel is still the right thing between two goroutines.
package locks
