//go:build !race || inflight_reuse

package goroutine

// Unordered says that functions which are not in order are not to look as if they
// were.
const Unordered = false
