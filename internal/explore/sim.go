package explore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// ErrInjected is the cause of the cancellations, and the error of the points,
// that a run has put in.
var ErrInjected = errors.New("inflight/inflighttest: put in by the test")

var (
	_ park.Simulation = (*Sim)(nil)
	_ park.Scheduler  = (*Sim)(nil)
)

// A Sim is one run, as its actors see it.
type Sim struct {
	bubble   uint64
	buckets  buckets
	arrivals atomic.Pointer[actor] // the newest first
	idle     atomic.Bool           // the controller waits for wakeups
	wakeups  chan struct{}         // capacity 1
	over     atomic.Bool           // the program has ended
	timers   atomic.Uint64         // how many were made
	expected atomic.Pointer[timer] // those that were set, the newest first; in a run whose clock may hurry
	traced   bool
	edge     byte // stands for the controller, before the race detector
	control  controller
}

// Point gives the turn back, and waits for the next.
func (s *Sim) Point(ctx context.Context, op park.Op, obj *park.Object) {
	s.wait(request{ctx: ctx, op: op, obj: obj})
}

// Named is Point, and may return an error that the run puts in.
func (s *Sim) Named(ctx context.Context, name string) error {
	v := s.wait(request{ctx: ctx, op: park.OpPoint, name: name})
	if v.delay > 0 {
		park.Sleep(ctx, v.delay)
	}
	if v.fail == ErrInjected {
		return fmt.Errorf("%w: %s fails", ErrInjected, name)
	}
	return v.fail
}

// Yield gives the turn back and lets others go first.
func (s *Sim) Yield(ctx context.Context) {
	s.wait(request{ctx: ctx, op: park.OpSleep, yields: true})
}

// Settle waits until nobody else can go on.
func (s *Sim) Settle() {
	s.wait(request{ctx: context.Background(), op: park.OpSettle})
	acquire(&s.edge) // what the controller has let go of: all that was done before
}

// Park waits until w was granted or ctx has ended, and for the turn. Where both
// are so, it is a choice which of them is reported.
func (s *Sim) Park(ctx context.Context, w *park.Waiter, op park.Op, obj *park.Object) error {
	v := s.wait(request{ctx: ctx, w: w, early: w.Granted(), op: op, obj: obj})
	unseen(w.Drain)
	if v.cancelled {
		return park.Cause(ctx)
	}
	w.Granted() // what was done before the grant happens before this
	return nil
}

// Unpark leaves the wake-up where the controller looks for it: a grant alone wakes
// nobody, here as in production.
func (s *Sim) Unpark(w *park.Waiter) {
	unseen(func() {
		w.Wake()
		s.kick()
	})
}

// Now is the bubble's clock.
func (s *Sim) Now() time.Time { return time.Now() }

// AfterFunc calls f when it is its turn, d from now or later. Timers are numbered,
// because those of one moment fire in any order.
func (s *Sim) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	var number uint64
	var t *timer
	unseen(func() {
		number = s.timers.Add(1)
		if s.control.jitter {
			t = s.expect(d)
		}
	})
	clock := time.AfterFunc(d, func() {
		unseen(t.over)
		s.wait(request{ctx: context.Background(), op: park.OpTimer, timer: number})
		f()
	})
	return func() bool {
		unseen(t.over)
		return clock.Stop()
	}
}

// wait hands the request to the controller and waits for the turn.
func (s *Sim) wait(r request) verdict {
	if s.traced {
		r.pcs = make([]uintptr, 24)
		r.pcs = r.pcs[:runtime.Callers(3, r.pcs)]
	}
	s.toController()
	a := s.actor()
	s.arrive(a, &r)
	v, ok := s.proceed(a)
	if !ok {
		v = <-a.turn
	}
	back()
	return v
}

// kick wakes the controller if it has nothing to do.
func (s *Sim) kick() {
	if s.idle.Load() {
		select {
		case s.wakeups <- struct{}{}:
		default:
		}
	}
}
