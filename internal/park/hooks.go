package park

import (
	"context"
	"sync/atomic"
	"time"
)

// A Simulation takes over the four hooks. Its methods are called by the
// goroutines of the simulated program; Unpark must not block, because it is
// called with the mutex of a primitive held.
type Simulation interface {
	// Point is called at the entry of each operation, and after each that wakes
	// somebody.
	Point(ctx context.Context, op Op, obj *Object)
	// Park returns nil when w has been granted, and the cause of ctx when the
	// wait is to end without a grant.
	Park(ctx context.Context, w *Waiter, op Op, obj *Object) error
	// Unpark makes the goroutine that is parked on w, or about to be, ready.
	Unpark(w *Waiter)
	// Now and AfterFunc are the clock.
	Now() time.Time
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

type simulation struct{ Simulation }

// active is nil in production: the whole cost of the hooks is to load it.
var active atomic.Pointer[simulation]

// Simulate installs s for the whole process until restore is called.
func Simulate(s Simulation) (restore func()) {
	old := active.Swap(&simulation{s})
	return func() { active.Store(old) }
}

// Point is the hook at the entry of each operation and after each one that
// wakes somebody. No mutex is held by its callers.
func Point(ctx context.Context, op Op, obj *Object) {
	if s := active.Load(); s != nil {
		s.Point(ctx, op, obj)
	}
}

// Now is the clock.
func Now() time.Time {
	if s := active.Load(); s != nil {
		return s.Now()
	}
	return time.Now()
}

// AfterFunc calls f in its own goroutine after d, unless stop, which reports
// whether it came in time, is called before.
func AfterFunc(d time.Duration, f func()) (stop func() bool) {
	if s := active.Load(); s != nil {
		return s.AfterFunc(d, f)
	}
	return time.AfterFunc(d, f).Stop
}
