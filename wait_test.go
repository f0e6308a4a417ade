package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
)

// wantWaited checks what Wait has returned.
func wantWaited[T inflight.Awaitable](t testing.TB, done, pending []T, wantDone, wantPending awaitables) {
	t.Helper()
	same := func(a T, b inflight.Awaitable) bool { return inflight.Awaitable(a) == b }
	if !slices.EqualFunc(done, wantDone, same) || !slices.EqualFunc(pending, wantPending, same) {
		t.Errorf("done and pending: got %v and %v, want %v and %v", done, pending, wantDone, wantPending)
	}
}

type awaitables = []inflight.Awaitable

// underSupervision runs a test in each setting with a group whose failures stay
// in it, and whose leftovers it cancels.
func underSupervision(t *testing.T, test func(s *setting, g *inflight.TaskGroup)) {
	underEach(t, func(s *setting) {
		inflight.Run(s.T.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			defer g.Cancel()
			test(s, g)
			return nil
		}, inflight.Supervise())
	})
}

// unwatched checks that nobody is left who wants to hear of these.
func unwatched(t testing.TB, ts ...inflight.Awaitable) {
	t.Helper()
	for _, a := range ts {
		if told, waiting := inflight.Watchers(a); told != 0 || waiting != 0 {
			t.Errorf("%v: %d are to be told, %d wait", a, told, waiting)
		}
	}
}

// The three conditions, for tasks that succeed, are cancelled, and fail, one after
// the other: a cancelled task has not failed.
func TestW1_conditions(t *testing.T) {
	for until, want := range map[inflight.When]struct {
		done, pending []int
		took          time.Duration
	}{
		inflight.FirstDone:   {[]int{2}, []int{0, 1, 3, 4}, 1 * time.Second},
		inflight.FirstFailed: {[]int{0, 2, 4}, []int{1, 3}, 3 * time.Second},
		inflight.AllDone:     {[]int{0, 1, 2, 3, 4}, nil, 5 * time.Second},
	} {
		underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
			ts := []*inflight.Task[int]{
				inflight.Go(g, takes(time.Hour, 0, nil)),
				inflight.Go(g, takes(5*time.Second, 1, errElm)),
				inflight.Go(g, takes(1*time.Second, 2, nil)),
				inflight.Go(g, takes(4*time.Second, 3, nil)),
				inflight.Go(g, takes(3*time.Second, 4, errOak)),
			}
			time.AfterFunc(2*time.Second, func() { ts[0].Cancel(errAsh) })
			pick := func(indices []int) (picked awaitables) {
				for _, i := range indices {
					picked = append(picked, ts[i])
				}
				return picked
			}
			start := time.Now()
			done, pending, err := inflight.Wait(s.ctx, until, pick([]int{0, 1, 2, 3, 4})...)
			wantErrs(s, err)
			wantWaited(s, done, pending, pick(want.done), pick(want.pending))
			wantEqual(s, "time", time.Since(start), want.took)
			unwatched(s, pending...)
		})
	}
}

// FirstFailed without any failure is AllDone, also when some are cancelled.
func TestW1_first_failed_without_a_failure(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		a, b := inflight.Go(g, takes(time.Second, 1, nil)), inflight.Go(g, takes(time.Hour, "", nil))
		time.AfterFunc(time.Minute, func() { b.Cancel(nil) })
		done, pending, err := inflight.Wait[inflight.Awaitable](s.ctx, inflight.FirstFailed, a, b)
		wantErrs(s, err)
		wantWaited(s, done, pending, awaitables{a, b}, nil)
	})
}

// A task that panics has failed, one that called runtime.Goexit, one that its
// group refused, and a promise that was rejected.
func TestW1_what_is_a_failure(t *testing.T) {
	underEach(t, func(s *setting) {
		never := inflight.NewPromise[int](s.ctx)
		waitFor := func(a inflight.Awaitable) {
			s.Helper()
			done, pending, err := inflight.Wait[inflight.Awaitable](s.ctx, inflight.FirstFailed, never, a)
			wantErrs(s, err)
			wantWaited(s, done, pending, awaitables{a}, awaitables{never})
		}
		promise := inflight.NewPromise[string](context.Background())
		time.AfterFunc(time.Second, func() { promise.Reject(errOak) })
		waitFor(promise)

		var g *inflight.TaskGroup
		inflight.Run(s.ctx, func(_ context.Context, group *inflight.TaskGroup) error {
			g = group
			waitFor(g.Go(func(context.Context) error { time.Sleep(time.Second); runtime.Goexit(); return nil }))
			return nil
		}, inflight.Supervise())
		waitFor(g.Go(func(context.Context) error { return nil }))

		raisedPanic(s, func() {
			inflight.Run(s.T.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
				waitFor(g.Go(func(context.Context) error { time.Sleep(time.Second); panic("boo") }))
				return nil
			})
		})
		unwatched(s, never)
	})
}

// A deadline that passes is no error of Wait, whatever made it and whatever its
// cause: it returns what is done and what is not.
func TestW2_deadline_is_no_error(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		deadlines := []func() (context.Context, func()){
			func() (context.Context, func()) {
				ctx, cancel := context.WithTimeout(s.ctx, 2*time.Second)
				return ctx, cancel
			},
			func() (context.Context, func()) {
				ctx, cancel := context.WithTimeoutCause(s.ctx, 2*time.Second, errOak)
				return ctx, cancel
			},
			func() (context.Context, func()) {
				ctx, d := inflight.WithDeadline(s.ctx, 2*time.Second)
				return ctx, func() { d.Stop() }
			},
			func() (context.Context, func()) {
				ctx, cancel := inflight.Shield(s.ctx, 2*time.Second)
				return ctx, cancel
			},
		}
		for i, deadline := range deadlines {
			ctx, end := deadline()
			a, b := inflight.Go(g, takes(time.Hour, 1, nil)), inflight.Go(g, takes(time.Second, 1, nil))
			start := time.Now()
			done, pending, err := inflight.Wait(ctx, inflight.AllDone, a, b)
			wantErrs(s, err)
			wantWaited(s, done, pending, awaitables{b}, awaitables{a})
			wantEqual(s, fmt.Sprint("time of ", i), time.Since(start), 2*time.Second)
			unwatched(s, a)
			end()
		}
	})
}

// Nor is one that had passed before the call: then Wait only says how it stands.
func TestW2_deadline_of_zero(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, d := inflight.WithDeadline(s.ctx, 0)
		defer d.Stop()
		a, b := inflight.NewPromise[int](s.ctx), inflight.NewPromise[int](s.ctx)
		for _, until := range []inflight.When{inflight.AllDone, inflight.FirstDone, inflight.FirstFailed} {
			done, pending, err := inflight.Wait(ctx, until, a)
			wantErrs(s, err)
			wantWaited(s, done, pending, nil, awaitables{a})
		}
		b.Resolve(1)
		done, pending, err := inflight.Wait(ctx, inflight.AllDone, a, b)
		wantErrs(s, err)
		wantWaited(s, done, pending, awaitables{b}, awaitables{a})
	})
}

// A cancellation with context.DeadlineExceeded for its cause is a cancellation.
func TestW2_cancelled_with_that_cause(t *testing.T) {
	underEach(t, func(s *setting) {
		a := inflight.NewPromise[int](s.ctx)
		time.AfterFunc(time.Second, func() { s.cancel(context.DeadlineExceeded) })
		_, pending, err := inflight.Wait(s.ctx, inflight.AllDone, a)
		wantErrs(s, err, context.DeadlineExceeded)
		wantWaited(s, nil, pending, nil, awaitables{a})
	})
}

// The pending ones are left running, with their contexts alive, and can be waited
// for again.
func TestW3_pending_run_on(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		a := inflight.Go(g, takes(time.Second, 1, errOak))
		b := inflight.Go(g, takes(time.Minute, 2, nil))
		for _, until := range []inflight.When{inflight.FirstDone, inflight.FirstFailed} {
			_, pending, err := inflight.Wait(s.ctx, until, a, b)
			wantErrs(s, err)
			wantWaited(s, nil, pending, nil, awaitables{b})
			wantEqual(s, "state", b.State(), inflight.Running)
		}
		done, pending, err := inflight.Wait(s.ctx, inflight.AllDone, a, b)
		wantErrs(s, err)
		wantWaited(s, done, pending, awaitables{a, b}, nil)
		v, err := b.Result()
		wantErrs(s, err)
		wantEqual(s, "value", v, 2)
	})
}

// To cancel the one who waits leaves the tasks running; done and pending are right
// all the same.
func TestW4_cancelled_waiter(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		a := inflight.Go(g, takes(time.Second, 1, nil))
		b := inflight.Go(g, takes(time.Hour, 2, nil))
		time.AfterFunc(time.Minute, func() { s.cancel(errOak) })
		done, pending, err := inflight.Wait(s.ctx, inflight.AllDone, b, a)
		wantErrs(s, err, errOak)
		wantWaited(s, done, pending, awaitables{a}, awaitables{b})
		unwatched(s, b)
		time.Sleep(time.Second)
		wantEqual(s, "state", b.State(), inflight.Running)
	})
}

// A context that had been cancelled before is an error, also when the condition
// holds; the lists are right.
func TestW4_cancelled_before(t *testing.T) {
	underEach(t, func(s *setting) {
		a, b := inflight.NewPromise[int](s.ctx), inflight.NewPromise[int](s.ctx)
		a.Resolve(1)
		s.cancel(errOak)
		done, pending, err := inflight.Wait(s.ctx, inflight.FirstDone, a, b)
		wantErrs(s, err, errOak)
		wantWaited(s, done, pending, awaitables{a}, awaitables{b})
		done, _, err = inflight.Wait(s.ctx, inflight.AllDone, a)
		wantErrs(s, err, errOak)
		wantWaited(s, done, nil, awaitables{a}, nil)
	})
}

// A condition that holds already makes Wait return at once.
func TestW5_holds_already(t *testing.T) {
	underEach(t, func(s *setting) {
		good, bad, never := inflight.NewPromise[int](s.ctx), inflight.NewPromise[string](context.Background()), inflight.NewPromise[int](s.ctx)
		good.Resolve(1)
		bad.Reject(errOak)
		for until, ts := range map[inflight.When]awaitables{
			inflight.AllDone:     {good, bad},
			inflight.FirstDone:   {never, good},
			inflight.FirstFailed: {never, good, bad},
		} {
			done, pending, err := inflight.Wait(s.ctx, until, ts...)
			wantErrs(s, err)
			wantEqual(s, "done and pending", len(done)+len(pending), len(ts))
			unwatched(s, ts...)
		}
	})
}

// What has come to its end by the time Wait returns is done, not only what woke
// it.
func TestW6_done_is_looked_at_last(t *testing.T) {
	underEach(t, func(s *setting) {
		a, b, c := inflight.NewPromise[int](s.ctx), inflight.NewPromise[int](s.ctx), inflight.NewPromise[int](s.ctx)
		atPark(s, park.OpWait, func() error {
			c.Resolve(1)
			a.Resolve(2)
			return nil
		})
		done, pending, err := inflight.Wait(s.ctx, inflight.FirstDone, a, b, c)
		wantErrs(s, err)
		wantWaited(s, done, pending, awaitables{a, c}, awaitables{b})
	})
}

// Condition and cancellation come at the same moment, in either order, and the
// waiter may notice either: the condition held, so there is no error.
func TestW6_met_and_cancelled_at_once(t *testing.T) {
	for _, cancelFirst := range []bool{false, true} {
		for _, notices := range []error{nil, errAsh} {
			underEach(t, func(s *setting) {
				a, b := inflight.NewPromise[int](s.ctx), inflight.NewPromise[int](s.ctx)
				atPark(s, park.OpWait, func() error {
					if cancelFirst {
						s.cancel(errOak)
					}
					b.Resolve(1)
					s.cancel(errOak)
					return notices
				})
				done, pending, err := inflight.Wait(s.ctx, inflight.FirstDone, a, b)
				wantErrs(s, err)
				wantWaited(s, done, pending, awaitables{b}, awaitables{a})
			})
		}
	}
}

// One that ends between the cancellation and the return is among the done, though
// the condition did not hold.
func TestW6_done_meanwhile_though_cancelled(t *testing.T) {
	underEach(t, func(s *setting) {
		a, b := inflight.NewPromise[int](s.ctx), inflight.NewPromise[int](s.ctx)
		atPark(s, park.OpWait, func() error {
			s.cancel(errOak)
			a.Resolve(1)
			return errOak
		})
		done, pending, err := inflight.Wait(s.ctx, inflight.AllDone, a, b)
		wantErrs(s, err, errOak)
		wantWaited(s, done, pending, awaitables{a}, awaitables{b})
	})
}

// What is given twice counts once, in the place where it was first.
func TestW7_duplicates(t *testing.T) {
	underEach(t, func(s *setting) {
		a, b := inflight.NewPromise[int](s.ctx), inflight.NewPromise[int](s.ctx)
		given := awaitables{a, b, a, a, b}
		time.AfterFunc(time.Second, func() { b.Resolve(1) })
		done, pending, err := inflight.Wait(s.ctx, inflight.FirstDone, given...)
		wantErrs(s, err)
		wantWaited(s, done, pending, awaitables{b}, awaitables{a})
		time.AfterFunc(time.Second, func() { a.Resolve(1) })
		done, pending, err = inflight.Wait(s.ctx, inflight.AllDone, given...)
		wantErrs(s, err)
		wantWaited(s, done, pending, awaitables{a, b}, nil)
		wantWaited(s, given, nil, awaitables{a, b, a, a, b}, nil)
	})
}

// Nothing to wait for is an error, not a hang.
func TestW8_nothing(t *testing.T) {
	underEach(t, func(s *setting) {
		for range 2 {
			done, pending, err := inflight.Wait[inflight.Awaitable](s.ctx, inflight.AllDone)
			wantErrs(s, err, inflight.ErrNoTasks)
			wantWaited(s, done, pending, nil, nil)
			s.cancel(errOak)
		}
	})
}

// A task that waits for itself by Wait gets an error, as by Await, and no hang.
func TestW8_waits_for_itself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			self := make(chan *inflight.Task[struct{}], 1)
			self <- g.Go(func(ctx context.Context) error {
				task := <-self
				ctx, cancel := context.WithCancel(ctx) // or the test would hang
				defer cancel()
				time.AfterFunc(time.Hour, cancel)
				_, _, err := inflight.Wait(ctx, inflight.AllDone, task)
				if !errors.Is(err, inflight.ErrSelfAwait) {
					t.Errorf("got %v", err)
				}
				return nil
			})
		})
	})
}

// An unknown condition is an error, with everything pending.
func TestW9_unknown_condition(t *testing.T) {
	underEach(t, func(s *setting) {
		a := inflight.NewPromise[int](s.ctx)
		for _, until := range []inflight.When{-1, 3, 99} {
			done, _, err := inflight.Wait(s.ctx, until, a)
			if !errors.Is(err, inflight.ErrBadWait) || len(done) != 0 {
				s.Errorf("%d: got %v, %v", until, done, err)
			}
		}
	})
}

// done and pending are in the order of the arguments, in whatever order they end.
func TestW10_order_of_the_arguments(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, p := range permutations(4) {
			ps := make([]*inflight.Promise[int], 6)
			var ts awaitables
			for i := range ps {
				ps[i] = inflight.NewPromise[int](s.ctx)
				ts = append(ts, ps[i])
			}
			for i, at := range p {
				time.AfterFunc(time.Duration(at)*time.Second, func() { ps[i].Resolve(i) })
			}
			ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
			done, pending, err := inflight.Wait(ctx, inflight.AllDone, ts[5], ts[0], ts[1], ts[2], ts[4], ts[3])
			cancel()
			wantErrs(s, err)
			wantWaited(s, done, pending, ts[:4], awaitables{ts[5], ts[4]})
		}
	})
}

// Wait starts no goroutine, and leaves nothing behind on those that outlive it,
// however often it is called and however it ends.
func TestW11_nothing_is_left_behind(t *testing.T) {
	underEach(t, func(s *setting) {
		ps := make(awaitables, 500)
		for i := range ps {
			ps[i] = inflight.NewPromise[int](s.ctx)
		}
		before := inBubble()
		for range 3 {
			time.AfterFunc(time.Second, func() {
				told, _ := inflight.Watchers(ps[7])
				wantEqual(s, "to be told", told, 1)
				if n := inBubble(); n > before+1 { // this one
					s.Errorf("%d goroutines, %d before", n, before)
				}
			})
			ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
			_, pending, err := inflight.Wait(ctx, inflight.FirstDone, ps...)
			cancel()
			wantErrs(s, err)
			wantEqual(s, "pending", len(pending), len(ps))
			unwatched(s, ps...)
		}
		ps[3].(*inflight.Promise[int]).Resolve(1)
		inflight.Wait(s.ctx, inflight.FirstDone, ps...)
		unwatched(s, ps...)
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		inflight.Wait(s.ctx, inflight.AllDone, ps...)
		unwatched(s, ps...)
	})
}

// Many that wait for the same tasks, each with its own condition.
func TestW1_many_waiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ts awaitables
		for i := range 20 {
			p := inflight.NewPromise[int](context.Background())
			ts = append(ts, p)
			time.AfterFunc(time.Duration(i+1)*time.Second, func() {
				if i == 10 {
					p.Reject(errOak)
				} else {
					p.Resolve(i)
				}
			})
		}
		var fns []func(context.Context) (int, error)
		for range 10 {
			for _, until := range []inflight.When{inflight.FirstDone, inflight.FirstFailed, inflight.AllDone} {
				fns = append(fns, func(ctx context.Context) (int, error) {
					done, _, err := inflight.Wait(ctx, until, ts...)
					return len(done), err
				})
			}
		}
		counts, err := inflight.Gather(t.Context(), fns...)
		wantErrs(t, err)
		for i, n := range counts {
			wantEqual(t, "done", n, []int{1, 11, 20}[i%3])
		}
	})
}
