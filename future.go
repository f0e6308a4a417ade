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
// common. The value is written before settle and read after state is final.
type future struct {
	mu      sync.Mutex
	state   atomic.Uint32 // a State, and watched
	err     error
	waiters park.List   // guarded by mu
	more    *futureMore // guarded by mu
}

// watched is set under mu, and for good, by the first who waits, or subscribes.
const watched = 1 << 31

// futureMore is what most futures never need.
type futureMore struct {
	done chan struct{}
	subs *subscription
}

// A subscription is called once when the future is settled.
type subscription struct {
	next, prev *subscription
	f          func()
}

// State says whether there is a result, and which.
func (f *future) State() State { return State(f.state.Load() &^ watched) }

// Err returns the error of the result: nil for success, ErrPending while there
// is no result.
func (f *future) Err() error {
	if !f.State().final() {
		return ErrPending
	}
	return f.err
}

// Done returns a channel that is closed when there is a result, for use in a
// select. It is made on the first call.
func (f *future) Done() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	more := f.extend()
	if more.done == nil {
		more.done = make(chan struct{})
		if f.State().final() {
			close(more.done)
		}
	}
	return more.done
}

func (f *future) extend() *futureMore {
	f.state.Or(watched)
	if f.more == nil {
		f.more = new(futureMore)
	}
	return f.more
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
	f.mu.Lock()
	defer f.mu.Unlock()
	more := f.extend() // watched from here on: a success now takes the lock
	if f.State().final() {
		return nil
	}
	s := &subscription{f: fn}
	if last := more.subs; last == nil { // a ring, more.subs is the first
		s.next, s.prev = s, s
		more.subs = s
	} else {
		s.next, s.prev = more.subs, more.subs.prev
		s.prev.next, s.next.prev = s, s
	}
	return s
}

func (f *future) unsubscribe(s *subscription) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.f == nil {
		return false
	}
	f.removeLocked(s)
	return true
}

func (f *future) removeLocked(s *subscription) {
	s.f = nil
	if s.next == s {
		f.more.subs = nil
		return
	}
	s.prev.next, s.next.prev = s.next, s.prev
	if f.more.subs == s {
		f.more.subs = s.next
	}
}

// settle sets the result, wakes those who await it, and returns false if there
// was one already. The caller calls those who have subscribed afterwards.
func (f *future) settle(s State, err error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.State().final() {
		return false
	}
	f.settleLocked(s, err)
	return true
}

func (f *future) settleLocked(s State, err error) {
	f.err = err
	f.state.Store(uint32(s) | watched)
	f.waiters.GrantAll()
	if f.more != nil && f.more.done != nil {
		close(f.more.done)
	}
}

// settleAlone is settle for one who alone settles the future. It reports whether
// somebody has subscribed.
func (f *future) settleAlone(s State, err error) (subscribed bool) {
	f.err = err // which nobody reads before the state is final
	if f.state.Load()&watched == 0 && f.state.CompareAndSwap(uint32(Pending), uint32(s)) {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.State().final() {
		f.settleLocked(s, err)
	}
	return f.more != nil && f.more.subs != nil
}

// notify calls the subscriptions, in the order in which they came.
func (f *future) notify() {
	for fn := f.subscriber(); fn != nil; fn = f.subscriber() {
		fn()
	}
}

// subscriber takes the next subscription off and returns its function, nil when
// there are no more. So the functions may subscribe and unsubscribe as they like.
func (f *future) subscriber() func() {
	if f.state.Load()&watched == 0 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.more == nil || f.more.subs == nil {
		return nil
	}
	s := f.more.subs
	fn := s.f
	f.removeLocked(s)
	return fn
}

// await waits until the future is settled. self is the node of the task that the
// future belongs to, nil for a promise.
func (f *future) await(ctx context.Context, obj *park.Object, self *park.Node) error {
	park.Point(ctx, park.OpAwait, obj)
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
	f.mu.Lock()
	if State(f.state.Or(watched) &^ watched).final() {
		f.mu.Unlock()
		return nil
	}
	return f.waiters.Wait(ctx, &f.mu, w, park.OpAwait, obj)
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
