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

// A Scheduler is a Simulation that does more than it must.
type Scheduler interface {
	Simulation
	// Named is Point for the point that a user has given that name; the error is
	// what is to go wrong there.
	Named(ctx context.Context, name string) error
	// Yield lets others go first.
	Yield(ctx context.Context)
}

// A route returns the simulation that the calling goroutine takes part in, nil
// for none.
type route func() Simulation

// active is nil in production: the whole cost of the hooks is to load it.
var active atomic.Pointer[route]

// Simulate installs s for the whole process until restore is called.
func Simulate(s Simulation) (restore func()) {
	return SimulateBy(func() Simulation { return s })
}

// SimulateBy is Simulate for a process in which not everybody takes part in the
// same simulation: each time a goroutine comes to a hook it asks which. One that
// gets nil does what it does in production.
func SimulateBy(which func() Simulation) (restore func()) {
	r := route(which)
	old := active.Swap(&r)
	return func() { active.Store(old) }
}

// Simulated returns the simulation that the calling goroutine takes part in, nil
// for none.
func Simulated() Simulation {
	if r := active.Load(); r != nil {
		return (*r)()
	}
	return nil
}

// Point is the hook at the entry of each operation and after each one that
// wakes somebody. No mutex is held by its callers.
//
// It is two functions, so that the one that is nearly always all is inlined.
func Point(ctx context.Context, op Op, obj *Object) {
	if active.Load() != nil {
		simulatedPoint(ctx, op, obj)
	}
}

func simulatedPoint(ctx context.Context, op Op, obj *Object) {
	if s := Simulated(); s != nil {
		s.Point(ctx, op, obj)
	}
}

// Named is the hook of a point that a user has named.
func Named(ctx context.Context, name string) error {
	if active.Load() != nil {
		return simulatedNamed(ctx, name)
	}
	return nil
}

func simulatedNamed(ctx context.Context, name string) error {
	if s, ok := Simulated().(Scheduler); ok {
		return s.Named(ctx, name)
	}
	return nil
}

// Now is the clock.
func Now() time.Time {
	if s := Simulated(); s != nil {
		return s.Now()
	}
	return time.Now()
}

// AfterFunc calls f in its own goroutine after d, unless stop, which reports
// whether it came in time, is called before.
func AfterFunc(d time.Duration, f func()) (stop func() bool) {
	if s := Simulated(); s != nil {
		return s.AfterFunc(d, f)
	}
	return time.AfterFunc(d, f).Stop
}
