package locks

import (
	"context"
	"math"
	"sync"

	"github.com/inflight-go/inflight/internal/park"
)

// A Cond is where goroutines wait for a change of something that a Mutex guards.
// Make one with NewCond. Any number of them may share a Mutex.
//
// Whoever calls a method holds the mutex. A Mutex does not know which goroutine
// holds it, so ErrNotLocked means that nobody does.
type Cond struct {
	l    *Mutex
	mu   sync.Mutex
	list park.List // those who wait for a notification; their N is 0
	obj  park.Object
}

// NewCond returns a condition of what l guards. It panics if l is nil.
func NewCond(l *Mutex) *Cond {
	if l == nil {
		panic("inflight/locks: NewCond called with a nil Mutex")
	}
	return &Cond{l: l}
}

// Wait unlocks the mutex, waits for a notification, and locks the mutex again.
// No notification that is made after the mutex was unlocked is missed. Those who
// are notified line up for the mutex at that moment, in the order in which they
// came and behind those who wait for it already.
//
// If ctx ends before the mutex is locked again, Wait returns the cause; a
// notification that was meant for the caller goes to the next one who waits. The
// mutex is locked in every case when Wait returns, for which Wait waits as long
// as it takes: that can't be cancelled. If ctx had ended before the call, the
// mutex stays locked throughout. ErrNotLocked is returned at once.
//
// Between the notification and the return others may have had the mutex: look
// again whether what you wait for is so, or let WaitFor do it.
func (c *Cond) Wait(ctx context.Context) error {
	park.Point(ctx, park.OpCond, &c.obj)
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	w := park.NewWaiter(ctx)
	defer w.Free()
	if !c.enter(w) {
		return ErrNotLocked
	}
	err := w.Park(ctx, park.OpCond, &c.obj)
	notified := err == nil || c.leave(w)
	if err != nil {
		w.Park(context.Background(), park.OpLock, &c.l.pool.Obj)
	} else if ctx.Err() != nil {
		err = park.Cause(ctx)
	}
	c.l.pool.Owner.Store(park.Of(ctx))
	if err != nil && notified {
		c.wake(1)
	}
	return err
}

// enter lines w up for a notification and then unlocks the mutex, so that whoever
// has the mutex next finds w there. It reports false where it was not locked.
func (c *Cond) enter(w *park.Waiter) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list.Push(w)
	if !c.l.release() {
		c.list.Remove(w)
		return false
	}
	return true
}

// leave lines w up for the mutex because its context has ended, unless it was
// notified, which leave reports: then it stands there already.
func (c *Cond) leave(w *park.Waiter) (notified bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w.N != 0 {
		return true
	}
	c.list.Remove(w)
	c.l.pool.Enqueue(w, 1)
	return false
}

// WaitFor waits until pred returns true: it calls pred with the mutex locked, at
// once and after each notification. It returns the cause if ctx ends first, or
// had ended before, and ErrNotLocked; the mutex is locked when it returns, as it
// is with Wait. pred must not unlock it.
func (c *Cond) WaitFor(ctx context.Context, pred func() bool) error {
	if pred == nil {
		panic("inflight/locks: Cond.WaitFor called with a nil function")
	}
	if !c.l.held() {
		return ErrNotLocked
	}
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	for !pred() {
		if err := c.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Notify wakes the n who have waited longest, or all if they are fewer. For an n
// of zero or less it wakes nobody. It returns ErrNotLocked, and does nothing,
// when the mutex is not locked. What happens before Notify happens before the
// return of the Wait that it wakes.
func (c *Cond) Notify(n int) error {
	park.Point(context.Background(), park.OpNotify, &c.obj)
	if !c.l.held() {
		return ErrNotLocked
	}
	c.wake(n)
	return nil
}

// NotifyAll is Notify for all who wait.
func (c *Cond) NotifyAll() error { return c.Notify(math.MaxInt) }

// wake notifies the first n: they line up for the mutex, and run when they have
// it.
func (c *Cond) wake(n int) {
	c.mu.Lock()
	for w := c.list.Front(); w != nil && n > 0; w = c.list.Front() {
		c.list.Remove(w)
		c.l.pool.Enqueue(w, 1)
		n--
	}
	c.mu.Unlock()
	park.Point(context.Background(), park.OpNotify, &c.obj)
}

// String names the state of the mutex and how many wait for a notification:
// "cond [locked, waiters:2]".
func (c *Cond) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	state := "unlocked"
	if c.l.held() {
		state = "locked"
	}
	return describe("cond", state, c.list.Len())
}
