package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
)

// The errors of these tests.
var (
	errOak = errors.New("oak")
	errElm = errors.New("elm")
	errAsh = errors.New("ash")
)

// A setting is one run of a test in a synctest bubble: a context, and what ends
// it.
type setting struct {
	*testing.T
	ctx    context.Context
	cancel func(cause error)
}

// underEach runs a test once for each kind of context, because they are ended in
// different ways: one of package context, that of a task, and one of package
// context below that of a task.
func underEach(t *testing.T, test func(s *setting)) {
	t.Helper()
	t.Run("plain", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			test(&setting{t, ctx, cancel})
		})
	})
	t.Run("task", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			inTask(t, func(ctx context.Context, task *inflight.Task[struct{}]) {
				test(&setting{t, ctx, func(cause error) { task.Cancel(cause) }})
			})
		})
	})
	t.Run("below", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			inTask(t, func(ctx context.Context, _ *inflight.Task[struct{}]) {
				ctx, cancel := context.WithCancelCause(ctx)
				defer cancel(nil)
				test(&setting{t, ctx, cancel})
			})
		})
	})
}

// inTask calls f in a task of a group, which must not fail.
func inTask(t *testing.T, f func(ctx context.Context, self *inflight.Task[struct{}])) {
	t.Helper()
	inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
		known := make(chan *inflight.Task[struct{}], 1)
		known <- g.Go(func(ctx context.Context) error {
			f(ctx, <-known)
			return nil
		})
	})
}

// inScope calls body in a group, which must not fail.
func inScope(t *testing.T, body func(ctx context.Context, g *inflight.TaskGroup)) {
	t.Helper()
	err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		body(ctx, g)
		return nil
	})
	if err != nil {
		t.Errorf("the group around the test failed: %v", err)
	}
}

// takes returns a function that needs d, and then returns v and err. When it is
// cancelled it returns the cause at once.
func takes[T any](d time.Duration, v T, err error) func(context.Context) (T, error) {
	return func(ctx context.Context) (T, error) {
		if cause := inflight.Sleep(ctx, d); cause != nil {
			return *new(T), cause
		}
		return v, err
	}
}

// tidies returns a function that waits for its cancellation, cleans up for d, and
// then says so and returns v and err: the context's cause, where err is nil and v
// is the zero value.
func tidies[T comparable](d time.Duration, said *log, v T, err error) func(context.Context) (T, error) {
	return func(ctx context.Context) (T, error) {
		<-ctx.Done()
		time.Sleep(d)
		said.add("tidied")
		if v == *new(T) && err == nil {
			return v, context.Cause(ctx)
		}
		return v, err
	}
}

// A log is what was said, by whomever, in order.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(what ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprint(what...))
}

func (l *log) said() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

func (l *log) count() int { return len(l.said()) }

// A gauge knows how many are inside, and how many were at most.
type gauge struct {
	mu          sync.Mutex
	inside, top int
	entered     int
}

// enter returns how many have entered by now.
func (g *gauge) enter() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside++
	g.entered++
	g.top = max(g.top, g.inside)
	return g.entered
}

func (g *gauge) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
}

func (g *gauge) read() (inside, top, entered int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside, g.top, g.entered
}

// raisedBy returns what f panics with, nil if it returns.
func raisedBy(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// raisedPanic returns the PanicError that f panics with; anything else fails the
// test.
func raisedPanic(t testing.TB, f func()) *inflight.PanicError {
	t.Helper()
	v := raisedBy(f)
	p, ok := v.(*inflight.PanicError)
	if !ok {
		t.Fatalf("panicked with %T %v, want a *PanicError", v, v)
	}
	return p
}

// joined returns the errors that err was joined of, err alone if it was not.
func joined(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{err}
}

// wantErrs checks that err is these, one bare or several joined, in this order.
func wantErrs(t testing.TB, err error, want ...error) {
	t.Helper()
	if len(want) == 0 {
		if err != nil {
			t.Errorf("error: got %v, want none", err)
		}
		return
	}
	got := joined(err)
	if len(got) != len(want) || !slices.EqualFunc(got, want, func(a, b error) bool { return a == b }) {
		t.Errorf("errors: got %v, want %v", got, want)
	}
}

func wantEqual[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantSlice[T comparable](t testing.TB, what string, got []T, want ...T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// inBubble counts the goroutines of the bubble that the caller is in. It reads their
// headers, such as "goroutine 7 [sleep (durable), synctest bubble 2]:", because
// runtime.NumGoroutine counts what other tests have left behind, and for a moment in
// each collection also all that have ended.
func inBubble() (n int) {
	header := regexp.MustCompile(`(?m)^goroutine \d+ \[.*synctest bubble (\d+)`)
	all := make([]byte, 1<<20)
	size := runtime.Stack(all, true)
	for ; size == len(all); size = runtime.Stack(all, true) {
		all = make([]byte, 2*len(all))
	}
	headers := header.FindAllSubmatch(all[:size], -1)
	for _, h := range headers { // the caller's is the first
		if string(h[1]) == string(headers[0][1]) {
			n++
		}
	}
	return n
}

// simulate installs hooks when everybody else in the bubble waits, so that nobody
// else meets them.
func simulate(s park.Simulation) (restore func()) {
	synctest.Wait()
	return park.Simulate(s)
}

// atPark lets f happen in place of the next wait of the kind op, in the goroutine
// that waits. f says how the wait ends: with an error, as if the cancellation had
// been noticed, or without, as if the grant had been. While the hook is there
// nobody else may do anything; when f is called everything is real again.
func atPark(t testing.TB, op park.Op, f func() error) {
	p := &inPlaceOfPark{op: op, f: f}
	p.restore = simulate(p)
	t.Cleanup(func() {
		if !p.used {
			p.restore()
			t.Errorf("nobody waited for %v", op)
		}
	})
}

type inPlaceOfPark struct {
	op      park.Op
	f       func() error
	restore func()
	used    bool
}

func (*inPlaceOfPark) Point(context.Context, park.Op, *park.Object) {}
func (*inPlaceOfPark) Unpark(*park.Waiter)                          {}
func (*inPlaceOfPark) Now() time.Time                               { return time.Now() }
func (*inPlaceOfPark) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}

func (p *inPlaceOfPark) Park(ctx context.Context, w *park.Waiter, op park.Op, obj *park.Object) error {
	p.restore()
	if op != p.op || p.used {
		panic(fmt.Sprintf("somebody waits for %v", op))
	}
	p.used = true
	return p.f()
}
