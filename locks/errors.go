package locks

import "errors"

// The errors that this package makes. Test for them with errors.Is.
var (
	// ErrNotLocked is returned by the methods of Cond when its Mutex is not
	// locked.
	ErrNotLocked = errors.New("inflight/locks: the mutex of the condition is not locked")
	// ErrTooMany is returned by Semaphore.Acquire, and so by Do, for more permits
	// than the semaphore has: that wait could never end.
	ErrTooMany = errors.New("inflight/locks: more permits than the semaphore has")
	// ErrBroken is returned by Barrier.Wait to those whom a Reset or an Abort
	// found waiting, and to everybody between an Abort and a Reset.
	ErrBroken = errors.New("inflight/locks: the barrier is broken")
)
