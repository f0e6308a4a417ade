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
// holds it, so that ErrNotLocked means that nobody does.
type Cond struct {
	l    *Mutex
	mu   sync.Mutex
	list park.List
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
// No notification that is made after the mutex was unlocked is missed.
//
// If ctx ends first, or while the mutex is locked again, Wait returns the cause;
// a notification that was meant for the caller goes to the next one who waits.
// The mutex is locked in every case when Wait returns, for which Wait waits as
// long as it takes: that can't be cancelled. If ctx had ended before the call,
// the mutex stays locked throughout. ErrNotLocked is returned at once.
//
// Between the notification and the return others may have had the mutex: look
// again whether what you wait for is so, or let WaitFor do it.
func (c *Cond) Wait(ctx context.Context) error {
	park.Point(ctx, park.OpCond, &c.obj)
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	err := c.await(ctx)
	if err == ErrNotLocked {
		return err
	}
	c.l.relock(ctx)
	if err == nil && ctx.Err() != nil {
		c.wake(1)
		err = park.Cause(ctx)
	}
	return err
}

// await unlocks the mutex and waits for a notification. It unlocks under mu, so
// that none can come in between.
func (c *Cond) await(ctx context.Context) error {
	w := park.NewWaiter(ctx)
	defer w.Free()
	c.mu.Lock()
	if !c.l.release() {
		c.mu.Unlock()
		return ErrNotLocked
	}
	return c.list.Wait(ctx, &c.mu, w, park.OpCond, &c.obj)
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

func (c *Cond) wake(n int) {
	c.mu.Lock()
	for w := c.list.Front(); w != nil && n > 0; w = c.list.Front() {
		c.list.Grant(w)
		w.Unpark()
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
