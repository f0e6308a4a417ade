package inflight_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
)

// What must hold in every interleaving, whoever is cancelled and wherever: one
// source for goroutines as they are, with chaos, explored, and cancelled
// everywhere. make explore does so for long.
func modes(t *testing.T, body inflighttest.Body) {
	inflighttest.Modes(t, inflighttest.Plan{Runs: 300, For: 300 * time.Millisecond}, body)
}

var errModes = errors.New("a failure")

// injected reports whether err comes of a cancellation that was put in.
func injected(err error) bool {
	return errors.Is(err, inflighttest.ErrInjected) || errors.Is(err, context.Canceled)
}

// pass is a function of some steps, which counts how many are in it.
func pass(in *atomic.Int64) func(ctx context.Context, v int) (int, error) {
	return func(ctx context.Context, v int) (int, error) {
		in.Add(1)
		defer in.Add(-1)
		inflight.Point(ctx, "step")
		return v, ctx.Err()
	}
}

func TestModes_Limiter(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		l := inflight.NewLimiter(1)
		var in, top atomic.Int64
		for range 3 {
			g.Go(func(ctx context.Context) error {
				return l.Do(ctx, func(ctx context.Context) error {
					if n := in.Add(1); n > top.Load() {
						top.Store(n)
					}
					inflight.Point(ctx, "inside")
					in.Add(-1)
					return nil
				})
			})
		}
		g.Go(func(ctx context.Context) error {
			l.SetLimit(0)
			l.SetLimit(2)
			return nil
		})
		t.Cleanup(func() {
			if s := l.Stats(); s.InUse != 0 || s.Waiting != 0 || top.Load() > 2 {
				t.Errorf("%+v, at most %d inside", s, top.Load())
			}
		})
	})
}

// A group with a limit, children of children, a service, and one that fails: all
// that were admitted are called, once, and all have returned when Run does, with
// the failure.
func TestModes_TaskGroup(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
		var calls, in atomic.Int64
		tasks := make(chan *inflight.Task[struct{}], 10)
		fn := func(err error) func(context.Context) error {
			return func(ctx context.Context) error {
				calls.Add(1)
				pass(&in)(ctx, 0)
				return err
			}
		}
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Service(func(ctx context.Context) error { return inflight.Sleep(ctx, inflight.Never) })
			tasks <- g.Go(func(ctx context.Context) error {
				tasks <- g.Go(fn(nil))
				return fn(nil)(ctx)
			})
			tasks <- g.Go(fn(errModes))
			return nil
		}, inflight.Limit(2))
		close(tasks)
		if in.Load() != 0 {
			t.Errorf("%d are still running", in.Load())
		}
		admitted := int64(0)
		for task := range tasks {
			if task.State() != inflight.Refused {
				admitted++
			}
		}
		if calls.Load() != admitted {
			t.Errorf("%d were admitted and %d called", admitted, calls.Load())
		}
		if !errors.Is(err, errModes) && !injected(err) {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestModes_Gather(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
		var in atomic.Int64
		fn := func(v int) func(context.Context) (int, error) {
			return func(ctx context.Context) (int, error) { return pass(&in)(ctx, v) }
		}
		got, err := inflight.Gather(ctx, fn(0), fn(1), fn(2))
		if in.Load() != 0 || err == nil && !slices.Equal(got, []int{0, 1, 2}) || err != nil && !injected(err) {
			t.Errorf("got %v, %v with %d still running", got, err, in.Load())
		}
		_, err = inflight.Gather(ctx, fn(0), func(ctx context.Context) (int, error) { return 0, errModes }, fn(2))
		if in.Load() != 0 || err != errModes && !injected(err) {
			t.Errorf("got %v with %d still running", err, in.Load())
		}
	})
}

func TestModes_Map(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
		var in, top atomic.Int64
		got, err := inflight.Map(ctx, []int{1, 2, 3, 4}, 2, func(ctx context.Context, v int) (int, error) {
			v, err := pass(&in)(ctx, v)
			if n := in.Load() + 1; n > top.Load() {
				top.Store(n)
			}
			return v, err
		})
		if in.Load() != 0 || top.Load() > 2 || err == nil && !slices.Equal(got, []int{1, 2, 3, 4}) || err != nil && !injected(err) {
			t.Errorf("got %v, %v, at most %d at once, %d still running", got, err, top.Load(), in.Load())
		}
	})
}

// The first wins, and all have returned.
func TestModes_Race_and_Any(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
		var in atomic.Int64
		fn := func(v int) func(context.Context) (int, error) {
			return func(ctx context.Context) (int, error) { return pass(&in)(ctx, v) }
		}
		if v, err := inflight.Race(ctx, fn(1), fn(2)); in.Load() != 0 || err == nil && v == 0 || err != nil && !injected(err) {
			t.Errorf("Race returned %d, %v with %d still running", v, err, in.Load())
		}
		fails := func(ctx context.Context) (int, error) { return 0, errModes }
		if v, err := inflight.Any(ctx, fails, fn(1), fn(2)); in.Load() != 0 || err == nil && v == 0 || err != nil && !injected(err) {
			t.Errorf("Any returned %d, %v with %d still running", v, err, in.Load())
		}
	})
}

// Each item is yielded once, in order or not, also when the loop ends early.
func TestModes_Each(t *testing.T) {
	for name, opts := range map[string][]inflight.EachOption{"any order": nil, "ordered": {inflight.Ordered()}} {
		t.Run(name, func(t *testing.T) {
			modes(t, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
				var in atomic.Int64
				var seen []int
				for v, r := range inflight.Each(ctx, slices.Values([]int{1, 2, 3, 4}), 2, pass(&in), opts...) {
					if errors.Is(r.Err, inflight.ErrCut) {
						break
					}
					if r.Err == nil && r.Value != v {
						t.Errorf("%d has the result of %d", v, r.Value)
					}
					seen = append(seen, v)
				}
				if opts == nil {
					slices.Sort(seen)
				}
				if in.Load() != 0 || !slices.Equal(seen, []int{1, 2, 3, 4}[:len(seen)]) || len(seen) < 4 && ctx.Err() == nil {
					t.Errorf("yielded %v, %d still running, %v", seen, in.Load(), ctx.Err())
				}
				for range inflight.Each(ctx, slices.Values([]int{1, 2, 3, 4}), 2, pass(&in), opts...) {
					break
				}
				if in.Load() != 0 {
					t.Errorf("%d still running after a break", in.Load())
				}
			})
		})
	}
}

// A promise has one result, and everybody gets that.
func TestModes_Promise(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		p := inflight.NewPromise[int](ctx)
		var won atomic.Int64
		for i := range 2 {
			g.Go(func(context.Context) error {
				if p.Resolve(i + 1) {
					won.Store(int64(i + 1))
				}
				return nil
			})
		}
		for range 2 {
			g.Go(func(ctx context.Context) error {
				v, err := p.Await(ctx)
				if err == nil && v == 0 {
					t.Error("a promise of nothing")
				}
				return err
			})
		}
		t.Cleanup(func() {
			if v, err := p.Result(); err == nil && int64(v) != won.Load() {
				t.Errorf("%d has won, and the result is %d", won.Load(), v)
			}
		})
	})
}

// Deadlines and sleeps that end at the same moment.
func TestModes_time(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		for range 2 {
			g.Go(func(ctx context.Context) error {
				ctx, d := inflight.WithDeadline(ctx, time.Millisecond)
				defer d.Stop()
				err := inflight.Sleep(ctx, time.Millisecond)
				if err != nil && !errors.Is(err, context.DeadlineExceeded) && !injected(err) {
					t.Errorf("Sleep returned %v", err)
				}
				return nil
			})
		}
	})
}

// A deadline that one moves while another waits under it: the wait ends when it says
// so, and not before.
func TestModes_Deadline_moved(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		ctx, d := inflight.WithDeadline(ctx, time.Hour)
		var moved atomic.Bool
		g.Go(func(context.Context) error {
			defer d.Stop()
			if err := inflight.Sleep(ctx, 2*time.Hour); !injected(err) && (!errors.Is(err, context.DeadlineExceeded) || !moved.Load()) {
				t.Errorf("Sleep returned %v, moved: %v", err, moved.Load())
			}
			return nil
		})
		g.Go(func(ctx context.Context) error {
			d.Reset(inflight.Never)
			inflight.Sleep(ctx, time.Millisecond)
			moved.Store(true)
			d.Reset(0)
			return nil
		})
	})
}

// A Stack runs each cleanup once, in reverse, whoever was cancelled and wherever.
func TestModes_Stack(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
		var order []int
		work := func() (err error) {
			var s inflight.Stack
			defer s.Close(ctx, &err)
			for i := range 3 {
				s.Defer(func(ctx context.Context) error {
					if err := inflight.Sleep(ctx, time.Millisecond); err != nil {
						t.Errorf("cleanup %d was cut short: %v", i, err)
					}
					order = append(order, i)
					if i == 1 {
						return errModes
					}
					return nil
				})
				if err := inflight.Point(ctx, "work"); err != nil {
					return err
				}
			}
			return nil
		}
		err := work()
		want := []int{2, 1, 0}[3-len(order):]
		if !slices.Equal(order, want) || len(order) == 0 || errors.Is(err, errModes) != (len(order) > 1) {
			t.Errorf("cleanups %v, error %v", order, err)
		}
	})
}

// What is shielded is not cut short, and a scope waits for it.
func TestModes_Shield(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
		var begun, saved atomic.Int64
		inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 2 {
				g.Go(func(ctx context.Context) error {
					begun.Add(1)
					safe, cancel := inflight.Shield(ctx, time.Hour)
					defer cancel()
					if err := inflight.Sleep(safe, time.Millisecond); err != nil {
						t.Errorf("cut short: %v", err)
					}
					saved.Add(1)
					return ctx.Err()
				})
			}
			g.Cancel()
			return nil
		})
		if saved.Load() != begun.Load() {
			t.Errorf("%d of %d were saved", saved.Load(), begun.Load())
		}
	})
}

// Completed yields each task once, whatever order they end in.
func TestModes_Completed(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
		var in atomic.Int64
		inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			var tasks []*inflight.Task[int]
			for i := range 3 {
				tasks = append(tasks, inflight.Go(g, func(ctx context.Context) (int, error) { return pass(&in)(ctx, i) }))
			}
			seen := make(map[*inflight.Task[int]]int)
			for task := range inflight.Completed(ctx, tasks...) {
				if seen[task]++; task.State() <= inflight.Running {
					t.Errorf("a task that is %v", task.State())
				}
			}
			for task, times := range seen {
				if times != 1 {
					t.Errorf("%s came %d times", task.Name(), times)
				}
			}
			if len(seen) != len(tasks) && ctx.Err() == nil {
				t.Errorf("%d tasks of %d", len(seen), len(tasks))
			}
			return nil
		})
	})
}
