package locks

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/inflight-go/inflight/internal/park"
)

// An Event is something that happens, and that any number of goroutines wait
// for. The zero Event has not happened.
//
// What happens before Set happens before the return of every Wait, and IsSet,
// that sees it.
type Event struct {
	set  atomic.Bool // changed under mu
	mu   sync.Mutex
	list park.List
	done chan struct{} // of the present generation; nil until Done is called
	obj  park.Object
}

// Set makes the event happen: everybody who waits is let go, and nobody has to
// wait until Clear. It does nothing when the event is set already.
func (e *Event) Set() {
	park.Point(context.Background(), park.OpSet, &e.obj)
	e.mu.Lock()
	if !e.set.Load() {
		e.set.Store(true)
		e.list.GrantAll()
		if e.done != nil {
			close(e.done)
		}
	}
	e.mu.Unlock()
	park.Point(context.Background(), park.OpSet, &e.obj)
}

// Clear makes the event one that has not happened: who comes now waits for the
// next Set. Those who were waiting when it was set are let go all the same,
// however soon Clear follows.
func (e *Event) Clear() {
	park.Point(context.Background(), park.OpSet, &e.obj)
	e.mu.Lock()
	if e.set.Load() {
		e.set.Store(false)
		e.done = nil
	}
	e.mu.Unlock()
}

// IsSet reports whether the event is set.
func (e *Event) IsSet() bool {
	park.Point(context.Background(), park.OpEvent, &e.obj)
	return e.set.Load()
}

// Wait waits until the event is set. If ctx ends first, or had ended before, it
// returns the cause.
func (e *Event) Wait(ctx context.Context) error {
	park.Point(ctx, park.OpEvent, &e.obj)
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	if e.set.Load() {
		return nil
	}
	w := park.NewWaiter(ctx)
	defer w.Free()
	e.mu.Lock()
	if e.set.Load() {
		e.mu.Unlock()
		return nil
	}
	return e.list.Wait(ctx, &e.mu, w, park.OpEvent, &e.obj)
}

// Done returns a channel that is closed when the event is set, for use in a
// select. It belongs to the present generation of the event: the next Set closes
// it (or has closed it), and closed it stays, whatever Clear does. A Clear of a
// set event begins a new generation, for which Done returns another channel; so
// call it anew for each wait. The channel is made on the first call.
func (e *Event) Done() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done == nil {
		e.done = make(chan struct{})
		if e.set.Load() {
			close(e.done)
		}
	}
	return e.done
}

// String names the state and how many wait: "event [unset, waiters:2]". Those who
// select on Done are not counted.
func (e *Event) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	state := "unset"
	if e.set.Load() {
		state = "set"
	}
	return describe("event", state, e.list.Len())
}
