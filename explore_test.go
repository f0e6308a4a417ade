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

// These are the promises of scopes, tasks and limits in one interleaving after the
// other.

var errFirst = errors.New("first")

// explore is inflighttest.Explore for a body that needs no group.
func explore(t *testing.T, body func(t testing.TB, ctx context.Context)) {
	t.Helper()
	inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) { body(t, ctx) })
}

// returns is a function that takes a step and returns these.
func returns(v int, err error) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		inflight.Point(ctx, "work")
		return v, err
	}
}

// sleeper is a function that returns when it is cancelled, and counts who is there.
func sleeper(running *atomic.Int64) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		running.Add(1)
		defer running.Add(-1)
		return 0, inflight.Sleep(ctx, time.Hour)
	}
}

// A failure cancels the others and is what comes out, when all have returned.
func TestExploreRun(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		var running atomic.Int64
		began := time.Now()
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			inflight.Go(g, sleeper(&running))
			inflight.Go(g, returns(0, errFirst))
			inflight.Go(g, sleeper(&running))
			inflight.Go(g, returns(1, nil))
			return inflight.Sleep(ctx, time.Hour)
		})
		if err != errFirst || running.Load() != 0 || time.Since(began) > 0 {
			t.Errorf("%v; %d are running after %v", err, running.Load(), time.Since(began))
		}
	})
}

// A task that is cancelled before it began is called all the same, or refused; its
// end is seen by all who wait for it, and once.
func TestExploreCancelTask(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		calls, told := 0, 0
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task := inflight.Go(g, func(ctx context.Context) (int, error) {
				calls++
				return 42, inflight.Sleep(ctx, time.Second)
			})
			cancel := inflight.Go(g, func(context.Context) (bool, error) { return task.Cancel(nil), nil })
			see := inflight.Go(g, func(ctx context.Context) (error, error) {
				_, err := task.Await(ctx)
				return err, nil
			})
			task.OnDone(func() { told++ })
			cancelled, _ := cancel.Await(ctx)
			seen, _ := see.Await(ctx)
			if _, err := task.Result(); !cancelled || !errors.Is(err, context.Canceled) || !errors.Is(seen, context.Canceled) {
				t.Errorf("cancelled: %v; %v and %v", cancelled, err, seen)
			}
			return nil
		})
		if err != nil || calls > 1 || told != 1 {
			t.Errorf("%v; called %d times, told %d times", err, calls, told)
		}
	})
}

// A limit is never exceeded, and what was admitted is called once.
func TestExploreLimit(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		var running, calls atomic.Int64
		work := func(ctx context.Context) error {
			calls.Add(1)
			if n := running.Add(1); n > 2 {
				t.Errorf("%d are running", n)
			}
			err := inflight.Point(ctx, "work")
			running.Add(-1)
			return err
		}
		admitted := int64(4)
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 4 {
				g.Go(work)
			}
			if _, ok := g.TryGo(work); ok {
				admitted++
			}
			return nil
		}, inflight.Limit(2))
		if err != nil || calls.Load() != admitted {
			t.Errorf("%v; %d calls of %d", err, calls.Load(), admitted)
		}
	})
}

func TestExploreLimiter(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		l := inflight.NewLimiter(2)
		var running atomic.Int64
		work := func(ctx context.Context) error {
			return l.Do(ctx, func(ctx context.Context) error {
				if n := running.Add(1); n > 2 {
					t.Errorf("%d are running", n)
				}
				err := inflight.Point(ctx, "work")
				running.Add(-1)
				return err
			})
		}
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 3 {
				g.Go(work)
			}
			hurried := g.Go(work)
			g.Go(func(context.Context) error {
				l.SetLimit(1)
				hurried.Cancel(nil)
				l.SetLimit(2)
				return nil
			})
			return nil
		})
		if s := l.Stats(); err != nil || s.InUse != 0 || s.Waiting != 0 {
			t.Errorf("%v; %+v", err, s)
		}
	})
}

func TestExploreGather(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		vs, err := inflight.Gather(ctx, returns(1, nil), returns(2, nil), returns(3, nil))
		if err != nil || !slices.Equal(vs, []int{1, 2, 3}) {
			t.Errorf("%v, %v", vs, err)
		}
		var running atomic.Int64
		if _, err := inflight.Gather(ctx, sleeper(&running), returns(0, errFirst), sleeper(&running)); err != errFirst || running.Load() != 0 {
			t.Errorf("%v; %d are running", err, running.Load())
		}
		results, err := inflight.Settle(ctx, returns(1, nil), returns(0, errFirst))
		if err != nil || results[0].Value != 1 || results[1].Err != errFirst {
			t.Errorf("%v, %v", results, err)
		}
	})
}

func TestExploreRaces(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		var running atomic.Int64
		if v, err := inflight.Any(ctx, sleeper(&running), returns(0, errFirst), returns(7, nil)); v != 7 || err != nil || running.Load() != 0 {
			t.Errorf("Any: %d, %v; %d are running", v, err, running.Load())
		}
		v, err := inflight.Race(ctx, sleeper(&running), returns(0, errFirst), returns(7, nil))
		if (v != 7 || err != nil) && err != errFirst || running.Load() != 0 {
			t.Errorf("Race: %d, %v; %d are running", v, err, running.Load())
		}
		if _, err := inflight.Race(ctx, sleeper(&running), returns(0, errFirst)); err != errFirst {
			t.Errorf("Race: %v", err)
		}
		began := time.Now()
		v, err = inflight.Hedge(ctx, time.Second, sleeper(&running), returns(0, errFirst), returns(7, nil))
		if took := time.Since(began); v != 7 || err != nil || running.Load() != 0 || took != time.Second {
			t.Errorf("Hedge: %d, %v after %v; %d are running", v, err, took, running.Load())
		}
	})
}

func TestExploreEach(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		var running atomic.Int64
		double := func(ctx context.Context, i int) (int, error) {
			if n := running.Add(1); n > 2 {
				t.Errorf("%d are running", n)
			}
			err := inflight.Point(ctx, "work")
			running.Add(-1)
			return 2 * i, err
		}
		in := []int{1, 2, 3, 4, 5}
		if out, err := inflight.Map(ctx, in, 2, double); err != nil || !slices.Equal(out, []int{2, 4, 6, 8, 10}) {
			t.Errorf("Map: %v, %v", out, err)
		}
		var seen []int
		for i, r := range inflight.Each(ctx, slices.Values(in), 2, double) {
			if r.Err != nil || r.Value != 2*i {
				t.Errorf("Each: %d, %v", i, r)
			}
			seen = append(seen, i)
		}
		if slices.Sort(seen); !slices.Equal(seen, in) {
			t.Errorf("Each: %v", seen)
		}
		next := 1
		for i := range inflight.Each(ctx, slices.Values(in), 2, double, inflight.Ordered()) {
			if i != next {
				t.Errorf("Ordered: %d, want %d", i, next)
			}
			if next++; next == 4 {
				break
			}
		}
		if running.Load() != 0 {
			t.Errorf("%d are running", running.Load())
		}
	})
}

// All who wait for a promise see the one result that it got.
func TestExplorePromise(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			p := inflight.NewPromise[int](ctx)
			see := func(ctx context.Context) (int, error) { return p.Await(ctx) }
			a, b := inflight.Go(g, see), inflight.Go(g, see)
			hurried := g.Go(func(ctx context.Context) error {
				_, err := p.Await(ctx)
				return err
			})
			g.Go(func(context.Context) error {
				hurried.Cancel(nil)
				return nil
			})
			one := inflight.Go(g, func(context.Context) (bool, error) { return p.Resolve(1), nil })
			two := inflight.Go(g, func(context.Context) (bool, error) { return p.Resolve(2), nil })
			x, _ := a.Await(ctx)
			y, _ := b.Await(ctx)
			first, _ := one.Await(ctx)
			second, _ := two.Await(ctx)
			if want := map[bool]int{true: 1, false: 2}[first]; first == second || x != want || y != want {
				t.Errorf("%v and %v; seen: %d and %d", first, second, x, y)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// Each task is yielded once, and Wait tells those that are done from the others.
func TestExploreCompleted(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			tasks := []*inflight.Task[int]{inflight.Go(g, returns(0, nil)), inflight.Go(g, returns(1, nil)), inflight.Go(g, returns(2, nil))}
			done, pending, err := inflight.Wait(ctx, inflight.FirstDone, tasks...)
			if err != nil || len(done) == 0 || len(done)+len(pending) != 3 {
				t.Errorf("%d done, %d pending, %v", len(done), len(pending), err)
			}
			var seen []int
			for task := range inflight.Completed(ctx, tasks...) {
				v, _ := task.Result()
				seen = append(seen, v)
			}
			if slices.Sort(seen); !slices.Equal(seen, []int{0, 1, 2}) {
				t.Errorf("completed: %v", seen)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// A service ends when the tasks have, and not before.
func TestExploreService(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		var done atomic.Int64
		ended, began := false, time.Now()
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Service(func(ctx context.Context) error {
				inflight.Sleep(ctx, time.Hour)
				if ended = true; done.Load() != 2 {
					t.Errorf("the service was ended with %d of 2 done", done.Load())
				}
				return nil
			})
			for range 2 {
				g.Go(func(ctx context.Context) error {
					err := inflight.Point(ctx, "work")
					done.Add(1)
					return err
				})
			}
			return nil
		})
		if took := time.Since(began); err != nil || !ended || took > 0 {
			t.Errorf("%v; ended: %v after %v", err, ended, took)
		}
	})
}

// A body that fails cancels what it has started, and who comes then is refused.
func TestExploreBodyFails(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		var running, calls atomic.Int64
		began := time.Now()
		var late *inflight.Task[struct{}]
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			inflight.Go(g, sleeper(&running))
			inflight.Go(g, sleeper(&running))
			g.Go(func(ctx context.Context) error {
				inflight.Sleep(ctx, time.Hour)
				late = g.Go(func(context.Context) error { calls.Add(1); return nil })
				return nil
			})
			inflight.Point(ctx, "work")
			return errFirst
		})
		if err != errFirst || running.Load() != 0 || time.Since(began) > 0 {
			t.Errorf("%v; %d are running after %v", err, running.Load(), time.Since(began))
		}
		if calls.Load() != 0 || late != nil && late.State() != inflight.Refused {
			t.Errorf("the late one: %d calls, %v", calls.Load(), late.State())
		}
	})
}

// Who wins a race is who returned first, and whoever does not is cancelled.
func TestExploreFirst(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		var first atomic.Int64
		runner := func(i int) func(context.Context) (int, error) {
			return func(ctx context.Context) (int, error) {
				inflight.Point(ctx, "run")
				first.CompareAndSwap(0, int64(i))
				return i, nil
			}
		}
		if v, err := inflight.Race(ctx, runner(1), runner(2), runner(3)); err != nil || int64(v) != first.Load() {
			t.Errorf("%d, %v; the first was %d", v, err, first.Load())
		}
	})
}

// After a failure nothing more is begun; a loop that is left cancels what runs, and
// returns when that has.
func TestExploreLeavesTheRest(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		var calls, running atomic.Int64
		_, err := inflight.Map(ctx, []int{1, 2, 3, 4, 5}, 1, func(ctx context.Context, i int) (int, error) {
			calls.Add(1)
			inflight.Point(ctx, "work")
			if i == 2 {
				return 0, errFirst
			}
			return i, nil
		})
		if !errors.Is(err, errFirst) || calls.Load() != 2 {
			t.Errorf("%v after %d calls", err, calls.Load())
		}
		began := time.Now()
		for range inflight.Each(ctx, slices.Values([]int{1, 2, 3, 4}), 3, func(ctx context.Context, i int) (int, error) {
			if i == 1 {
				return returns(i, nil)(ctx)
			}
			return sleeper(&running)(ctx)
		}) {
			break
		}
		if running.Load() != 0 || time.Since(began) > 0 {
			t.Errorf("%d are running after %v", running.Load(), time.Since(began))
		}
	})
}

// Two loops over the same tasks: each yields each of them, and both end.
func TestExploreCompletedTwice(t *testing.T) {
	explore(t, func(t testing.TB, ctx context.Context) {
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			tasks := []*inflight.Task[int]{inflight.Go(g, returns(0, nil)), inflight.Go(g, returns(1, nil))}
			loop := func(ctx context.Context) (n int, _ error) {
				for range inflight.Completed(ctx, tasks...) {
					n++
				}
				return n, nil
			}
			ns, err := inflight.Gather(ctx, loop, loop)
			if err != nil || ns[0] != 2 || ns[1] != 2 {
				t.Errorf("%v, %v", ns, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
