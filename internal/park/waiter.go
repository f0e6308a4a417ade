package park

import (
	"context"
	"sync/atomic"
)

// A Waiter stands for one wait of one goroutine. Get one with [NewWaiter] and
// give it back with [Waiter.Free].
//
// Wake-ups belong to the wait: an Unpark may come before the Park, and a wake-up
// that comes too late for one wait is taken for a spurious one by the next. Only
// the grant decides.
type Waiter struct {
	// N is for the primitive: a weight, an index. Slot too: a pointer to where
	// the value goes, which may be left for the next wait of the same kind; then
	// what it points to must be harmless.
	N    int64
	Slot any

	next, prev *Waiter
	phase      atomic.Uint32
	since      atomic.Uint32                        // when the wait began, at level 1; a tick
	ch         chan struct{}                        // capacity 1; made once, never closed
	owner      *Node                                // the node that keeps this waiter, nil for none
	op         atomic.Uint64                        // what is waited for: an Op, and the number of the thing
	holder     atomic.Pointer[atomic.Pointer[Node]] // who has it, nil where nobody can know
}

// The phases of a waiter.
const (
	idle    uint32 = iota
	parked         // taken by NewWaiter: its node's cancellation must wake it
	granted        // for good
)

// opShift is where the Op is in Waiter.op; isTimed is set above it when the wait
// ends by itself, because its context, which is not the task's own, has a deadline.
const (
	opShift = 56
	isTimed = 1 << 63
)

// NewWaiter returns a waiter for a wait under ctx: the one that ctx's own node
// keeps when it is free, else a new one. Nothing is taken from a pool, because a
// channel of one synctest bubble is fatal in another.
func NewWaiter(ctx context.Context) *Waiter {
	n := Of(ctx)
	if n == nil {
		return freshWaiter(nil)
	}
	w := n.waiter.Load()
	if w == nil {
		w = freshWaiter(n)
		if !n.waiter.CompareAndSwap(nil, w) {
			w.owner = nil
		}
		return w
	}
	if !w.phase.CompareAndSwap(idle, parked) {
		return freshWaiter(nil)
	}
	return w
}

func freshWaiter(owner *Node) *Waiter {
	w := &Waiter{ch: make(chan struct{}, 1), owner: owner}
	w.phase.Store(parked)
	return w
}

// Free gives the waiter back. It must not be in a list.
func (w *Waiter) Free() {
	if w.owner == nil {
		return
	}
	w.N = 0
	if w.holder.Load() != nil {
		w.holder.Store(nil)
	}
	w.phase.Store(idle)
}

// Grant gives a waiter that is in no list what it waits for, under the mutex of
// the primitive.
func (w *Waiter) Grant() { w.phase.Store(granted) }

// Granted reports whether the waiter was handed what it waits for.
func (w *Waiter) Granted() bool { return w.phase.Load() == granted }

// Park blocks until the waiter is granted (nil) or ctx ends (its cause). When
// both are so, either may be returned: the primitive looks at Granted under its
// mutex, as List.Wait does.
//
// The wait of a task under its own context stands here, and not in a function of its
// own: a goroutine that was switched to mispredicts each return, which is 10 ns for
// each frame between here and who waits. Cancelling the node wakes this very waiter,
// so that a plain receive will do, and no Done channel is made.
func (w *Waiter) Park(ctx context.Context, op Op, obj *Object) error {
	n, ok := ctx.(*Node)
	if w.owner != nil {
		w.record(ctx, op, obj)
	}
	if active.Load() != nil {
		if s := Simulated(); s != nil {
			return s.Park(ctx, w, op, obj)
		}
	}
	if !ok || n != w.owner || n.flags.Load()&isShared != 0 {
		return w.Block(ctx)
	}
	for !w.Granted() {
		if n.Err() != nil {
			return n.Cause()
		}
		<-w.ch
	}
	return nil
}

// Block is the wait of production under any context, without the hooks.
func (w *Waiter) Block(ctx context.Context) error {
	done := ctx.Done()
	for !w.Granted() {
		if done == nil {
			<-w.ch
			continue
		}
		select {
		case <-w.ch:
		case <-done:
			if !w.Granted() {
				return Cause(ctx)
			}
		}
	}
	return nil
}

// Unpark wakes the goroutine that is parked, or makes its next Park look again.
// It never blocks.
func (w *Waiter) Unpark() {
	if s := Simulated(); s != nil {
		s.Unpark(w)
		return
	}
	w.Wake()
}

// Wake is the Unpark of production, without the hooks.
func (w *Waiter) Wake() {
	select {
	case w.ch <- struct{}{}:
	default: // a wake-up is already there
	}
}

// Woken reports whether there is a wake-up that nobody has taken, and Drain takes it:
// for a simulation, whose Park is not the one that does.
func (w *Waiter) Woken() bool { return len(w.ch) > 0 }

// Drain takes the wake-up, if there is one.
func (w *Waiter) Drain() {
	select {
	case <-w.ch:
	default:
	}
}

// cancelled is called by the owner's cancellation, after its flag was set.
// Together with the order in NewWaiter, Park and sleepOwn (phase first, then
// the flag) no wake-up can be missed.
func (w *Waiter) cancelled() {
	if w.phase.Load() == parked {
		w.Wake()
	}
}
