package session

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A watch ends the flights whose deadlines have passed, all with one timer: most
// requests are over long before, and a timer for each would cost more than the
// rest of what a session does. The timer is set to the earliest deadline that was
// asked for since it went off last; when it goes off it looks at all flights.
type watch struct {
	epoch time.Time
	armed atomic.Int64 // when the timer goes off; never if it is not set

	mu      sync.Mutex
	timer   *time.Timer
	flights flight // the ring of those that there are
	ended   error  // why there are no more of them: ErrClosed, ErrDraining
	spares  [slots]spares

	draining atomic.Bool
}

// slack is the least time between two looks at all flights.
const slack = int64(time.Millisecond)

func newWatch() *watch {
	w := &watch{epoch: time.Now()}
	w.armed.Store(never)
	w.flights.next, w.flights.prev = &w.flights, &w.flights
	return w
}

// now is the time since the epoch.
func (w *watch) now() int64 { return int64(time.Since(w.epoch)) }

// start returns a flight under ctx. It has to be ended by over.
func (w *watch) start(ctx context.Context) (*flight, error) {
	f, err := w.spare(ctx)
	if err != nil || f.Context != nil {
		return f, err
	}
	f.Context, f.cancel = context.WithCancelCause(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended != nil {
		f.cancel(w.ended)
		return nil, w.ended
	}
	w.link(f)
	return f, nil
}

// link puts the flight into the ring. mu is held.
func (w *watch) link(f *flight) {
	last := w.flights.prev
	f.prev, f.next = last, &w.flights
	last.next, w.flights.prev = f, f
}

// over ends the flight, and all that hangs on its context, or keeps it for the next
// request under the same one.
func (f *flight) over() {
	w := f.watch
	w.mu.Lock()
	f.prev.next, f.next.prev = f.next, f.prev
	kept := w.ended == nil && !f.late && w.keep(f)
	w.mu.Unlock()
	if !kept {
		f.finish()
	}
}

// arm makes sure that the timer goes off no later than at.
func (w *watch) arm(at int64) {
	if at >= w.armed.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if at < w.armed.Load() && w.ended != ErrClosed {
		w.set(at)
	}
}

// set sets the timer. mu is held.
func (w *watch) set(at int64) {
	w.armed.Store(at)
	d := time.Duration(at - w.now())
	if w.timer == nil {
		w.timer = time.AfterFunc(d, w.look)
		return
	}
	w.timer.Reset(d)
}

// look ends the flights that are late, and sets the timer for the next.
//
// An exchange that begins meanwhile sees either the old moment, which has passed,
// so that it is not earlier than its own deadline and it waits for mu, or never.
func (w *watch) look() {
	var cancels []func()
	w.mu.Lock()
	w.armed.Store(never)
	now, next := w.now(), int64(never)
	for f := w.flights.next; f != &w.flights; f = f.next {
		at := f.deadline()
		if at <= now {
			f.late = true
			why := f.why(now)
			cancels = append(cancels, func() { f.cancel(why) })
			f.rest(waiting)
			continue
		}
		next = min(next, at)
	}
	if next != never && w.ended != ErrClosed {
		w.set(max(next, now+slack))
	}
	w.mu.Unlock()
	for _, cancel := range cancels {
		cancel()
	}
}

// drain drops the flights that wait, and lets none begin.
//
// One whose exchange ends meanwhile waits from then on, and looks at draining after
// that: either it is seen here, or it sees that.
func (w *watch) drain() {
	var cancels []context.CancelCauseFunc
	w.draining.Store(true)
	w.mu.Lock()
	if w.ended == nil {
		w.ended = ErrDraining
	}
	for f := w.flights.next; f != &w.flights; f = f.next {
		if f.phase.CompareAndSwap(waiting, dropped) {
			f.late = true
			cancels = append(cancels, f.cancel)
		}
	}
	w.mu.Unlock()
	for _, cancel := range cancels {
		cancel(ErrDraining)
	}
}

// close ends all flights, those that come too.
func (w *watch) close() {
	var cancels []context.CancelCauseFunc
	w.mu.Lock()
	w.ended = ErrClosed
	if w.timer != nil {
		w.timer.Stop()
	}
	for f := w.flights.next; f != &w.flights; f = f.next {
		cancels = append(cancels, f.cancel)
	}
	for i := range w.spares {
		for f := w.spares[i].first; f != nil; f = f.next {
			cancels = append(cancels, f.cancel)
		}
		w.spares[i] = spares{}
	}
	w.mu.Unlock()
	for _, cancel := range cancels {
		cancel(ErrClosed)
	}
}
