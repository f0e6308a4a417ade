//go:build race && !inflight_reuse

package goroutine

// Unordered says that functions which are not in order are not to look as if they
// were: each has a goroutine that begins with it. So it is under the race detector, unless
// that is to look at the way in which they are run otherwise (-tags inflight_reuse).
const Unordered = true
