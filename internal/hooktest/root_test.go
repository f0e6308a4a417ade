package hooktest_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/internal/park"
)

// rootRows are the operations of the root package, and of inflighttest.
var rootRows = []blocking{
	{name: "Task.Await", op: park.OpAwait, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := patient()
		task := e.g.Go(fn)
		return func(ctx context.Context) error { _, err := task.Await(ctx); return err }, wake
	}},
	{name: "Promise.Await", op: park.OpAwait, setup: func(e *env) (func(context.Context) error, func()) {
		p := inflight.NewPromise[int](e.ctx)
		return func(ctx context.Context) error { _, err := p.Await(ctx); return err }, func() { p.Resolve(1) }
	}},
	{name: "Run", op: park.OpJoin, firm: true, silent: true, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := patient()
		return func(ctx context.Context) error {
			return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(fn)
				return nil
			})
		}, wake
	}},
	{name: "Go under Limit", op: park.OpSlot, loses: true, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := patient()
		return func(ctx context.Context) error {
			return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(fn)
				if t := g.Go(nothing); t.State() == inflight.Refused {
					return t.Err()
				}
				return nil
			}, inflight.Limit(1))
		}, wake
	}},
	// The wait is that of a Task.Await; there is nothing yet that others could
	// mistake it for.
	{name: "Start", op: park.OpAwait, firm: true, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := patient()
		return func(ctx context.Context) error {
			return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				_, err := inflight.Start(g, func(ctx context.Context, ready func(int)) error {
					err := fn(ctx)
					if err == nil {
						ready(1)
					}
					return err
				})
				return err
			})
		}, wake
	}},
	combinator("Gather", func(ctx context.Context, fn func(context.Context) (int, error)) error {
		_, err := inflight.Gather(ctx, fn)
		return err
	}),
	combinator("Gather2", func(ctx context.Context, fn func(context.Context) (int, error)) error {
		_, _, err := inflight.Gather2(ctx, fn, fn)
		return err
	}),
	combinator("Settle", func(ctx context.Context, fn func(context.Context) (int, error)) error {
		_, err := inflight.Settle(ctx, fn)
		return err
	}),
	combinator("Any", func(ctx context.Context, fn func(context.Context) (int, error)) error {
		_, err := inflight.Any(ctx, fn)
		return err
	}),
	combinator("Race", func(ctx context.Context, fn func(context.Context) (int, error)) error {
		_, err := inflight.Race(ctx, fn)
		return err
	}),
	combinator("Map", func(ctx context.Context, fn func(context.Context) (int, error)) error {
		_, err := inflight.Map(ctx, []int{1, 2}, 1, func(ctx context.Context, _ int) (int, error) { return fn(ctx) })
		return err
	}),
	{name: "Hedge", op: park.OpWait, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := patient()
		return func(ctx context.Context) error {
			_, err := inflight.Hedge(ctx, time.Hour, valued(fn))
			return err
		}, wake
	}},
	{name: "Each, the loop", op: park.OpEach, firm: true, silent: true, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := patient()
		return func(ctx context.Context) error {
			return each(ctx, func(ctx context.Context, _ int) (int, error) { return valued(fn)(ctx) }, func() {})
		}, wake
	}},
	{name: "Each, the input", op: park.OpFeed, silent: true, loses: true, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := patient()
		return func(ctx context.Context) error {
			return each(ctx, func(context.Context, int) (int, error) { return 0, nil }, func() { fn(ctx) })
		}, wake
	}},
	{name: "Completed", op: park.OpCompleted, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := patient()
		task := e.g.Go(fn)
		return func(ctx context.Context) error {
			for range inflight.Completed(ctx, task) {
				return nil
			}
			return context.Cause(ctx)
		}, wake
	}},
	{name: "Wait", op: park.OpWait, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := patient()
		task := e.g.Go(fn)
		return func(ctx context.Context) error {
			_, _, err := inflight.Wait(ctx, inflight.AllDone, task)
			return err
		}, wake
	}},
	{name: "Sleep", op: park.OpSleep, setup: func(e *env) (func(context.Context) error, func()) {
		return func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) }, e.fire
	}},
	{name: "Limiter.Acquire", op: park.OpLimiter, setup: func(e *env) (func(context.Context) error, func()) {
		l := inflight.NewLimiter(0)
		return l.Acquire, func() { l.SetLimit(1) }
	}},
	{name: "Limiter.Do", op: park.OpLimiter, setup: func(e *env) (func(context.Context) error, func()) {
		l := inflight.NewLimiter(1)
		l.TryAcquire()
		return func(ctx context.Context) error { return l.Do(ctx, func(context.Context) error { return nil }) }, l.Release
	}},
	{name: "Offload, for its place", op: park.OpOffload, loses: true, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := deaf()
		e.g.Go(func(ctx context.Context) error { _, err := inflight.Offload(ctx, fn); return err })
		return func(ctx context.Context) error {
			_, err := inflight.Offload(ctx, func() (int, error) {
				if ctx.Err() != nil {
					e.Error("the function was called though the context had ended")
				}
				return 0, nil
			})
			return err
		}, wake
	}},
	{name: "Offload, for the result", op: park.OpOffload, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := deaf()
		return func(ctx context.Context) error { _, err := inflight.Offload(ctx, fn); return err }, wake
	}},
	{name: "Sequencer.At", op: park.OpSequence, setup: func(e *env) (func(context.Context) error, func()) {
		s := inflighttest.NewSequencer(e.T)
		return func(ctx context.Context) error { return s.At(ctx, 1) }, func() { s.At(e.ctx, 0) }
	}},
}

// combinator makes the row of a function that waits for others.
func combinator(name string, call func(context.Context, func(context.Context) (int, error)) error) blocking {
	return blocking{name: name, op: park.OpJoin, firm: true, silent: true, setup: func(e *env) (func(context.Context) error, func()) {
		fn, wake := patient()
		return func(ctx context.Context) error { return call(ctx, valued(fn)) }, wake
	}}
}

// patient returns a function that waits, outside of the library, until wake is
// called or its context ends.
func patient() (fn func(context.Context) error, wake func()) {
	release := make(chan struct{})
	return func(ctx context.Context) error {
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}, sync.OnceFunc(func() { close(release) })
}

// deaf is patient for a function that no context ends.
func deaf() (fn func() (int, error), wake func()) {
	release := make(chan struct{})
	return func() (int, error) { <-release; return 1, nil }, sync.OnceFunc(func() { close(release) })
}

func valued(fn func(context.Context) error) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) { return 1, fn(ctx) }
}

// each ranges over Each of more items than it takes at once, and returns the
// last error.
func each(ctx context.Context, fn func(context.Context, int) (int, error), body func()) (err error) {
	for _, r := range inflight.Each(ctx, slices.Values([]int{1, 2, 3, 4}), 1, fn) {
		err = r.Err
		body()
	}
	return err
}

// The timer of a deadline is the hooks' clock: nothing else ends the context, and
// Stop takes it back.
func TestDeadlineUsesTheClock(t *testing.T) {
	simulate(t, func(e *env) {
		ctx, d := inflight.WithDeadline(e.ctx, time.Hour)
		if got := e.pending(); !slices.Equal(got, []time.Duration{time.Hour}) {
			t.Fatalf("the timers are %v", got)
		}
		if at, _ := ctx.Deadline(); !at.Equal(e.Now().Add(time.Hour)) {
			t.Errorf("its deadline is %v", at)
		}
		time.Sleep(2 * time.Hour) // of the bubble's clock, which counts for nothing here
		if ctx.Err() != nil {
			t.Error("the context has ended, and no timer has fired")
		}
		e.fire()
		synctest.Wait()
		if ctx.Err() != context.DeadlineExceeded || !d.Expired() {
			t.Errorf("the timer has fired, and the context's error is %v", ctx.Err())
		}
		_, d = inflight.WithDeadline(e.ctx, time.Minute)
		d.Reset(time.Second)
		if got := e.pending(); !slices.Equal(got, []time.Duration{time.Second}) {
			t.Errorf("after Reset the timers are %v", got)
		}
		d.Stop()
		if got := e.pending(); len(got) != 0 {
			t.Errorf("after Stop the timers are %v", got)
		}
	})
}

// The delay of Hedge is the hooks' clock too.
func TestHedgeUsesTheClock(t *testing.T) {
	simulate(t, func(e *env) {
		task := inflight.Go(e.g, func(ctx context.Context) (int, error) {
			slow, _ := patient()
			return inflight.Hedge(ctx, time.Hour, valued(slow), func(context.Context) (int, error) { return 2, nil })
		})
		synctest.Wait()
		if got := e.pending(); !slices.Equal(got, []time.Duration{time.Hour}) {
			t.Fatalf("the timers are %v", got)
		}
		e.fire()
		if v, err := task.Await(e.ctx); v != 2 || err != nil {
			t.Errorf("Hedge returned %v, %v", v, err)
		}
	})
}
