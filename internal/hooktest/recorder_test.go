package hooktest_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// A recorder is a simulation that waits for real, takes down all that it is
// asked, and can keep back the wake-up of one waiter.
type recorder struct {
	mu      sync.Mutex
	log     []event
	parked  []*wait
	wakeups map[*park.Waiter]chan struct{}
	held    *park.Waiter // whose wake-ups are kept back
	kept    bool         // one was
	timers  []*timer
}

// An event is one call of a hook.
type event struct {
	hook string // "point", "park", "unpark"
	op   park.Op
	w    *park.Waiter
}

// A wait is one call of Park.
type wait struct {
	op  park.Op
	w   *park.Waiter
	ctx context.Context
}

// A timer fires when the test says so, and not by itself.
type timer struct {
	d time.Duration
	f func() // nil once it has fired or was stopped
}

func newRecorder() *recorder {
	return &recorder{wakeups: make(map[*park.Waiter]chan struct{})}
}

func (r *recorder) Point(_ context.Context, op park.Op, _ *park.Object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, event{"point", op, nil})
}

// Park returns after an Unpark of a waiter that was granted, or when ctx ends:
// then without a look at whether it was granted, as it may.
func (r *recorder) Park(ctx context.Context, w *park.Waiter, op park.Op, _ *park.Object) error {
	here := &wait{op, w, ctx}
	r.mu.Lock()
	r.log = append(r.log, event{"park", op, w})
	r.parked = append(r.parked, here)
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.parked = slices.DeleteFunc(r.parked, func(p *wait) bool { return p == here })
	}()
	for {
		select {
		case <-r.wakeup(w):
			if w.Granted() {
				return nil
			}
		case <-ctx.Done():
			return park.Cause(ctx)
		}
	}
}

func (r *recorder) Unpark(w *park.Waiter) {
	r.mu.Lock()
	r.log = append(r.log, event{"unpark", park.OpNone, w})
	keep := w == r.held
	r.kept = r.kept || keep
	r.mu.Unlock()
	if !keep {
		r.wake(w)
	}
}

func (r *recorder) wake(w *park.Waiter) {
	select {
	case r.wakeup(w) <- struct{}{}:
	default:
	}
}

func (r *recorder) wakeup(w *park.Waiter) chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wakeups[w] == nil {
		r.wakeups[w] = make(chan struct{}, 1)
	}
	return r.wakeups[w]
}

// skew is how far the hooks' clock is ahead of the bubble's, so that one is not
// taken for the other.
const skew = 1000 * time.Hour

func (r *recorder) Now() time.Time { return time.Now().Add(skew) }

func (r *recorder) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	t := &timer{d, f}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timers = append(r.timers, t)
	return func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		active := t.f != nil
		t.f = nil
		return active
	}
}

// fire fires all timers.
func (r *recorder) fire() {
	r.mu.Lock()
	timers := r.timers
	r.timers = nil
	r.mu.Unlock()
	for _, t := range timers {
		r.mu.Lock()
		f := t.f
		t.f = nil
		r.mu.Unlock()
		if f != nil {
			go f()
		}
	}
}

// pending returns the durations of the timers that wait.
func (r *recorder) pending() (ds []time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.timers {
		if t.f != nil {
			ds = append(ds, t.d)
		}
	}
	return ds
}

// hold keeps the wake-ups of w back.
func (r *recorder) hold(w *park.Waiter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held, r.kept = w, false
}

// release delivers what was kept back, and reports whether there was something.
func (r *recorder) release() bool {
	r.mu.Lock()
	w, kept := r.held, r.kept
	r.held, r.kept = nil, false
	r.mu.Unlock()
	if kept {
		r.wake(w)
	}
	return kept
}

// waiting returns the newest wait for op, nil for none.
func (r *recorder) waiting(op park.Op) *wait {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range slices.Backward(r.parked) {
		if p.op == op {
			return p
		}
	}
	return nil
}

// events returns what was asked since the last call.
func (r *recorder) events() []event {
	r.mu.Lock()
	defer r.mu.Unlock()
	log := r.log
	r.log = nil
	return log
}

// points reports whether there was a Point of op among the events.
func points(log []event, op park.Op) bool {
	return slices.ContainsFunc(log, func(e event) bool { return e.hook == "point" && e.op == op })
}
