package inflight

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/inflight-go/inflight/internal/park"
)

// State says how far a task or promise has come.
type State uint32

// The states. A task is Pending, Running, and then one of the others for good; a
// promise is Pending until it has a result.
const (
	Pending   State = iota // admitted, and not yet started
	Running                // the function has been called
	Succeeded              // it returned no error
	Failed                 // it returned an error, or called runtime.Goexit
	Cancelled              // it was cancelled, and returned that as its error
	Panicked               // it panicked
	Refused                // the group did not take it; the function was never called
)

// String returns the state's name in lower case.
func (s State) String() string {
	names := [...]string{"pending", "running", "succeeded", "failed", "cancelled", "panicked", "refused"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("state(%d)", uint32(s))
}

func (s State) final() bool { return s > Running }

// An Awaitable is a task or promise of any type, for Wait.
type Awaitable interface {
	// Done returns a channel that is closed when there is a result.
	Done() <-chan struct{}
	// Err returns the error of the result, nil for success, ErrPending while
	// there is none.
	Err() error
	// State says how far it has come.
	State() State

	awaitable() (f *future, task *park.Node)
}

// A future is a result to come, without its value: what Task and Promise have in
// common. The value is written before the future is settled and read after.
//
// Most are settled before anybody waits, or while one does, and for those there is
// no lock: sole says in one word how far it has come. It is nil while nobody waits,
// the waiter of the only one who does, &crowded once there is a crowd, and
// &ended[s] when there is a result.
type future struct {
	sole atomic.Pointer[park.Waiter]
	err  error
	many atomic.Pointer[crowd] // made by lock, and kept
}

// Marks, which are told by their address, and wait for nothing.
var (
	crowded park.Waiter
	ended   [Refused + 1]park.Waiter
)

// A crowd is all who are to hear of a result, where one waiter is not all.
type crowd struct {
	mu   sync.Mutex
	list park.List
	done chan struct{}
	subs *subscription
}

// A subscription is called once when the future is settled.
type subscription struct {
	next, prev *subscription
	f          func()
}

// State says whether there is a result, and which.
func (f *future) State() State { return stateOf(f.sole.Load()) }

func stateOf(sole *park.Waiter) State {
	if sole != nil {
		for s := Succeeded; s <= Refused; s++ {
			if sole == &ended[s] {
				return s
			}
		}
	}
	return Pending
}

// Err returns the error of the result: nil for success, ErrPending while there
// is no result.
func (f *future) Err() error {
	if !f.State().final() {
		return ErrPending
	}
	return f.err
}

// lock returns the crowd, with its lock held. Until that is released nobody else
// settles the future, or begins to wait for it.
func (f *future) lock() *crowd {
	c := f.many.Load()
	if c == nil {
		f.many.CompareAndSwap(nil, new(crowd))
		c = f.many.Load()
	}
	c.mu.Lock()
	for {
		w := f.sole.Load()
		if w == &crowded || stateOf(w).final() {
			return c
		}
		if f.sole.CompareAndSwap(w, &crowded) {
			if w != nil {
				c.list.Push(w)
			}
			return c
		}
	}
}

// Done returns a channel that is closed when there is a result, for use in a
// select. It is made on the first call.
func (f *future) Done() <-chan struct{} {
	c := f.lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if f.State().final() {
			close(c.done)
		}
	}
	return c.done
}

func (f *future) awaitable() (*future, *park.Node) { return f, nil }

// OnDone arranges for fn to be called once there is a result: by the goroutine
// that brings it, or at once by the caller when it is there already. It is called
// exactly once, unless stop is called before; stop reports whether it came in
// time. fn must not block.
func (f *future) OnDone(fn func()) (stop func() bool) {
	if fn == nil {
		panic("inflight: OnDone called with a nil function")
	}
	s := f.subscribe(fn)
	if s == nil {
		fn()
		return func() bool { return false }
	}
	return func() bool { return f.unsubscribe(s) }
}

// subscribe returns nil, and will not call fn, when the future is settled.
func (f *future) subscribe(fn func()) *subscription {
	c := f.lock() // from here on a success takes the lock too
	defer c.mu.Unlock()
	if f.State().final() {
		return nil
	}
	s := &subscription{f: fn}
	if last := c.subs; last == nil { // a ring, c.subs is the first
		s.next, s.prev = s, s
		c.subs = s
	} else {
		s.next, s.prev = c.subs, c.subs.prev
		s.prev.next, s.next.prev = s, s
	}
	return s
}

func (f *future) unsubscribe(s *subscription) bool {
	c := f.lock()
	defer c.mu.Unlock()
	if s.f == nil {
		return false
	}
	c.remove(s)
	return true
}

func (c *crowd) remove(s *subscription) {
	s.f = nil
	if s.next == s {
		c.subs = nil
		return
	}
	s.prev.next, s.next.prev = s.next, s.prev
	if c.subs == s {
		c.subs = s.next
	}
}

// settle sets the result, wakes those who await it, and returns false if there
// was one already. The caller calls those who have subscribed afterwards.
func (f *future) settle(s State, err error) bool {
	c := f.lock()
	defer c.mu.Unlock()
	if f.State().final() {
		return false
	}
	f.settleLocked(c, s, err)
	return true
}

func (f *future) settleLocked(c *crowd, s State, err error) {
	f.err = err
	f.sole.Store(&ended[s])
	c.list.GrantAll()
	if c.done != nil {
		close(c.done)
	}
}

// settleAlone is settle for one who alone settles the future. It reports whether
// somebody has subscribed.
func (f *future) settleAlone(s State, err error) (subscribed bool) {
	w := f.sole.Load()
	if stateOf(w).final() {
		return false
	}
	f.err = err // which nobody reads before the state is final
	for ; w != &crowded; w = f.sole.Load() {
		if f.sole.CompareAndSwap(w, &ended[s]) {
			if w != nil {
				w.Grant()
				w.Unpark()
			}
			return false
		}
	}
	c := f.lock()
	defer c.mu.Unlock()
	f.settleLocked(c, s, err)
	return c.subs != nil
}

// notify calls the subscriptions, in the order in which they came. One that does not
// return keeps none from the others.
func (f *future) notify() {
	returned := false
	defer func() {
		if !returned {
			f.notify()
		}
	}()
	for fn := f.subscriber(); fn != nil; fn = f.subscriber() {
		fn()
	}
	returned = true
}

// subscriber takes the next subscription off and returns its function, nil when
// there are no more. So the functions may subscribe and unsubscribe as they like.
func (f *future) subscriber() func() {
	c := f.many.Load()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.subs == nil {
		return nil
	}
	s := c.subs
	fn := s.f
	c.remove(s)
	return fn
}

// await waits until the future is settled. self is the node of the task that the
// future belongs to, nil for a promise.
func (f *future) await(ctx context.Context, op park.Op, obj *park.Object, self *park.Node) error {
	park.Point(ctx, op, obj)
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	if f.State().final() {
		return nil
	}
	if partOf(ctx, self) {
		return fmt.Errorf("%w: %s", ErrSelfAwait, self.Name())
	}
	w := park.NewWaiter(ctx)
	defer w.Free()
	if !f.sole.CompareAndSwap(nil, w) {
		return f.awaitInCrowd(ctx, w, op, obj)
	}
	err := w.Park(ctx, op, obj)
	if err == nil || f.sole.CompareAndSwap(w, nil) {
		return err
	}
	return f.giveUp(w, err, op, obj)
}

func (f *future) awaitInCrowd(ctx context.Context, w *park.Waiter, op park.Op, obj *park.Object) error {
	c := f.lock()
	if f.State().final() {
		c.mu.Unlock()
		return nil
	}
	return c.list.Wait(ctx, &c.mu, w, op, obj)
}

// giveUp ends the wait of w, which was the only one, and is somebody else's now: a
// crowd's, or about to be granted by the one who has settled the future.
func (f *future) giveUp(w *park.Waiter, err error, op park.Op, obj *park.Object) error {
	if c := f.many.Load(); c != nil {
		c.mu.Lock()
		waits := f.sole.Load() == &crowded
		if waits {
			c.list.Remove(w)
		}
		c.mu.Unlock()
		if waits {
			return err
		}
	}
	return w.Park(context.Background(), op, obj)
}

// partOf reports whether ctx belongs to the task, or to something in it.
func partOf(ctx context.Context, task *park.Node) bool {
	if task == nil {
		return false
	}
	for n := park.Of(ctx); n != nil; n = n.Parent() {
		if n == task {
			return true
		}
	}
	return false
}
