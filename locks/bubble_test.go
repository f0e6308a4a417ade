package locks_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
)

var errStop = errors.New("stop") // the cause of the cancellations in these tests

// A bubble is one run of a test in a synctest bubble. The calls that it starts
// have contexts of package context, or of tasks: the two wait in different ways.
type bubble struct {
	*testing.T
	spawn   func(name string, fn func(context.Context)) (cancel func(error))
	calls   []*call
	watched []fmt.Stringer
}

// A call is something that a goroutine of its own does under a context of its own.
type call struct {
	name   string
	cancel func(error)
	err    error // both are read when the bubble has settled
	ended  bool
}

// bubbles runs a test once for each kind of context. In the end all calls must
// have returned, and everything that is watched must be as if never used.
func bubbles(t *testing.T, test func(b *bubble)) {
	t.Helper()
	t.Run("plain", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { plain(t, test) })
	})
	t.Run("task", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { tasks(t, test) })
	})
}

func plain(t *testing.T, test func(b *bubble)) {
	b := &bubble{T: t}
	b.spawn = func(_ string, fn func(context.Context)) func(error) {
		ctx, cancel := context.WithCancelCause(t.Context())
		go fn(ctx)
		return cancel
	}
	test(b)
	b.finish()
}

func tasks(t *testing.T, test func(b *bubble)) {
	err := inflight.Run(t.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
		b := &bubble{T: t}
		b.spawn = func(name string, fn func(context.Context)) func(error) {
			task := g.Go(func(ctx context.Context) error { fn(ctx); return nil }, inflight.Name(name))
			return func(cause error) { task.Cancel(cause) }
		}
		test(b)
		b.finish()
		return nil
	})
	if err != nil {
		t.Errorf("the group failed: %v", err)
	}
}

// watch has the locks checked at the end of the test.
func (b *bubble) watch(locks ...fmt.Stringer) { b.watched = append(b.watched, locks...) }

func (b *bubble) finish() {
	b.Helper()
	b.settle()
	for _, c := range b.calls {
		if !c.ended {
			b.Errorf("%s was left waiting", c.name)
		}
	}
	for _, l := range b.watched {
		idle(b, l)
	}
}

// idle checks that nobody holds a lock and nobody waits for it.
func idle(t testing.TB, lock fmt.Stringer) {
	t.Helper()
	s := lock.String()
	if strings.Contains(s, "waiters:") || strings.Contains(s, "[locked") ||
		strings.HasPrefix(s, "semaphore") && !strings.Contains(s, "[0/") {
		t.Errorf("left behind: %s", s)
	}
}

// start starts a call, and waits until it has returned or waits.
func (b *bubble) start(name string, fn func(ctx context.Context) error) *call {
	c := b.startNow(name, fn)
	b.settle()
	return c
}

// startNow starts a call and goes on.
func (b *bubble) startNow(name string, fn func(ctx context.Context) error) *call {
	c := &call{name: name}
	b.calls = append(b.calls, c)
	c.cancel = b.spawn(name, func(ctx context.Context) {
		defer func() { c.ended = true }()
		c.err = fn(ctx)
	})
	return c
}

// settle waits until everybody has returned or waits.
func (b *bubble) settle() { synctest.Wait() }

// waits checks that the calls have not returned.
func (b *bubble) waits(calls ...*call) {
	b.Helper()
	b.settle()
	for _, c := range calls {
		if c.ended {
			b.Errorf("%s does not wait, it returned %v", c.name, c.err)
		}
	}
}

// returned checks that the calls have returned just this error.
func (b *bubble) returned(want error, calls ...*call) {
	b.Helper()
	b.settle()
	for _, c := range calls {
		switch {
		case !c.ended:
			b.Errorf("%s waits, want it to have returned %v", c.name, want)
		case c.err != want:
			b.Errorf("%s returned %v, want %v", c.name, c.err, want)
		}
	}
}

// ended returns a context that has ended before it is used.
func ended(t testing.TB) context.Context {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStop)
	return ctx
}

// same fails the test unless the two are equal.
func same[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// panics checks that fn panics with a message that says so.
func panics(t testing.TB, message string, fn func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got, _ := recover().(string); !strings.HasPrefix(got, "inflight/locks: ") || !strings.Contains(got, message) {
			t.Errorf("panicked with %q, want it to say %q", got, message)
		}
	}()
	fn()
}

// A gate is a simulation that knows one trick: it holds back those whose wait is
// over, so that a test can grant a wait and cancel it before the one who waits
// has seen either, in the order it likes.
type gate struct {
	mu       sync.Mutex
	closed   map[park.Op]chan struct{}
	wakeups  map[*park.Waiter]chan struct{}
	unparked func()        // called by Unpark, with the mutexes of whoever calls that
	pointed  func(park.Op) // called by Point
	endFirst bool          // whether Park reports the end of the context or the grant, when there are both
}

// gated is bubbles with a gate, once for each answer that Park may give.
func gated(t *testing.T, test func(b *bubble, g *gate)) {
	t.Helper()
	for _, endFirst := range []bool{false, true} {
		t.Run(fmt.Sprintf("endFirst=%t", endFirst), func(t *testing.T) {
			bubbles(t, func(b *bubble) {
				g := &gate{
					closed:   make(map[park.Op]chan struct{}),
					wakeups:  make(map[*park.Waiter]chan struct{}),
					endFirst: endFirst,
				}
				restore := park.Simulate(g)
				defer restore()
				test(b, g)
				b.settle()
			})
		})
	}
}

// hold holds back those whose wait for op is over, until let.
func (g *gate) hold(op park.Op) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed[op] = make(chan struct{})
}

func (g *gate) let(op park.Op) {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.closed[op])
	delete(g.closed, op)
}

func (g *gate) pass(op park.Op) {
	g.mu.Lock()
	closed := g.closed[op]
	g.mu.Unlock()
	if closed != nil {
		<-closed
	}
}

func (g *gate) wakeup(w *park.Waiter) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	ch := g.wakeups[w]
	if ch == nil {
		ch = make(chan struct{}, 1)
		g.wakeups[w] = ch
	}
	return ch
}

// Park is production's Park with a gate in it.
func (g *gate) Park(ctx context.Context, w *park.Waiter, op park.Op, _ *park.Object) error {
	for {
		g.pass(op)
		granted, ended := w.Granted(), ctx.Err() != nil
		if ended && (g.endFirst || !granted) {
			return park.Cause(ctx)
		}
		if granted {
			return nil
		}
		select {
		case <-g.wakeup(w):
		case <-ctx.Done():
		}
	}
}

// Unpark is production's Unpark.
func (g *gate) Unpark(w *park.Waiter) {
	if g.unparked != nil {
		g.unparked()
	}
	select {
	case g.wakeup(w) <- struct{}{}:
	default:
	}
}

// Point only tells.
func (g *gate) Point(_ context.Context, op park.Op, _ *park.Object) {
	if g.pointed != nil {
		g.pointed(op)
	}
}

func (g *gate) Now() time.Time { return time.Now() }

func (g *gate) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}

var _ = []fmt.Stringer{(*locks.Mutex)(nil), (*locks.Event)(nil), (*locks.Cond)(nil), (*locks.Semaphore)(nil), (*locks.Barrier)(nil)}
