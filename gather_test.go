package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
)

// permutations returns all orders of the numbers below n.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return all
}

// The values are in the order of the functions, for each order in which four
// functions can complete.
func TestGA1_values_in_argument_order(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, p := range permutations(4) {
			var fns []func(context.Context) (int, error)
			for i, at := range p {
				fns = append(fns, takes(time.Duration(at)*time.Second, i, nil))
			}
			values, err := inflight.Gather(t.Context(), fns...)
			wantErrs(t, err)
			wantSlice(t, fmt.Sprint("values of ", p), values, 0, 1, 2, 3)
			results, err := inflight.Settle(t.Context(), fns...)
			wantErrs(t, err)
			for i, r := range results {
				wantEqual(t, "Settle", r, inflight.Result[int]{Value: i})
			}
		}
	})
}

// Ten thousand functions that all wait for each other: each has a goroutine.
func TestGA1_ten_thousand_wait_for_each_other(t *testing.T) {
	const n = 10_000
	synctest.Test(t, func(t *testing.T) {
		var all sync.WaitGroup
		all.Add(n)
		fns := make([]func(context.Context) (int, error), n)
		for i := range fns {
			fns[i] = func(context.Context) (int, error) {
				all.Done()
				all.Wait()
				return i, nil
			}
		}
		values, err := inflight.Gather(t.Context(), fns...)
		wantErrs(t, err)
		for i, v := range values {
			if v != i {
				t.Fatalf("value %d is %d", i, v)
			}
		}
	})
}

// A function may wait for one that comes after it, also on one processor.
func TestGA1_waits_for_a_later_one(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	synctest.Test(t, func(t *testing.T) {
		const n = 50
		var gates [n + 1]chan int
		for i := range gates {
			gates[i] = make(chan int, 1)
		}
		fns := make([]func(context.Context) (int, error), n)
		for i := range fns {
			fns[i] = func(context.Context) (int, error) {
				v := <-gates[i+1]
				gates[i] <- v + 1
				return v, nil
			}
		}
		gates[n] <- 0
		values, err := inflight.Gather(t.Context(), fns...)
		wantErrs(t, err)
		wantEqual(t, "the first value", values[0], n-1)
	})
}

// The functions see the values of the context that Gather was given, and their
// own has ended when Gather returns.
func TestGA1_context_of_the_functions(t *testing.T) {
	type key struct{}
	underEach(t, func(s *setting) {
		ctx := context.WithValue(s.ctx, key{}, "value")
		var kept context.Context
		_, err := inflight.Gather(ctx, func(ctx context.Context) (int, error) {
			kept = ctx
			wantEqual(s, "value", ctx.Value(key{}), any("value"))
			wantEqual(s, "error of the context", ctx.Err(), nil)
			return 0, nil
		})
		wantErrs(s, err)
		if kept.Err() == nil || s.ctx.Err() != nil {
			s.Errorf("the function's context: %v; the caller's: %v; want the first alone ended", kept.Err(), s.ctx.Err())
		}
	})
}

// A context whose error is set has a closed Done, also that of a function which
// has returned while others of its scope run on.
func TestGA1_context_of_a_function_that_has_returned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := make(chan context.Context, 1)
		other := make(chan struct{})
		_, err := inflight.Gather(t.Context(), func(ctx context.Context) (int, error) {
			kept <- ctx
			<-other
			return 1, nil
		}, func(context.Context) (int, error) {
			close(other)
			time.Sleep(time.Second)
			over := <-kept
			select {
			case <-over.Done():
			default:
				if over.Err() != nil {
					t.Errorf("Err is %v, and Done is open", over.Err())
				}
			}
			return 2, nil
		})
		wantErrs(t, err)
	})
}

// Nothing to call is an empty result, at once; but not when ctx has ended.
func TestGA2_no_functions(t *testing.T) {
	underEach(t, func(s *setting) {
		values, err := inflight.Gather[int](s.ctx)
		if values == nil || len(values) != 0 || err != nil {
			s.Errorf("Gather: got %v, %v", values, err)
		}
		results, err := inflight.Settle[int](s.ctx)
		if results == nil || len(results) != 0 || err != nil {
			s.Errorf("Settle: got %v, %v", results, err)
		}
		s.cancel(errOak)
		_, err = inflight.Gather[int](s.ctx)
		wantErrs(s, err, errOak)
		_, err = inflight.Settle[int](s.ctx)
		wantErrs(s, err, errOak)
	})
}

// [≠] asyncio's gather returns the first error at once and leaves the others
// running. Gather cancels them and returns when they have returned; then there
// are no values.
func TestGA3_first_error_cancels_and_joins(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		start := time.Now()
		values, err := inflight.Gather(s.ctx,
			takes(time.Second, 1, nil),
			tidies(time.Minute, &said, 2, nil),
			takes(2*time.Second, 3, errOak),
			tidies(time.Hour, &said, 0, nil),
		)
		wantErrs(s, err, errOak)
		wantEqual(s, "values are nil", values == nil, true)
		wantEqual(s, "cleanups", said.count(), 2)
		wantEqual(s, "time", time.Since(start), time.Hour+2*time.Second)
		wantEqual(s, "the caller's context", s.ctx.Err(), nil)
	})
}

// The others find the failure in the cause of their context, as something that is
// not the failure itself.
func TestGA3_cause_of_the_others(t *testing.T) {
	underEach(t, func(s *setting) {
		_, err := inflight.Gather(s.ctx,
			takes(time.Second, 1, errOak),
			func(ctx context.Context) (int, error) {
				<-ctx.Done()
				cause := context.Cause(ctx)
				wantEqual(s, "context's error", ctx.Err(), context.Canceled)
				if !errors.Is(cause, errOak) || cause == errOak {
					s.Errorf("cause: got %v", cause)
				}
				return 0, nil
			})
		wantErrs(s, err, errOak)
	})
}

// Whatever a function makes of its cancellation, as long as it says nothing else,
// is no failure of its own, also when it is returned before the failure is.
func TestGA3_what_the_cancelled_return(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ways := map[string]func(context.Context) error{
			"error":          func(ctx context.Context) error { return ctx.Err() },
			"cause":          context.Cause,
			"wrapped":        func(ctx context.Context) error { return fmt.Errorf("reading: %w", ctx.Err()) },
			"wrapped cause":  func(ctx context.Context) error { return fmt.Errorf("reading: %w", context.Cause(ctx)) },
			"joined":         func(ctx context.Context) error { return errors.Join(ctx.Err(), context.Cause(ctx)) },
			"several":        func(ctx context.Context) error { return fmt.Errorf("%w, %w", ctx.Err(), ctx.Err()) },
			"none":           func(context.Context) error { return nil },
			"derived":        func(ctx context.Context) error { return childOf(ctx).Err() },
			"derived, cause": func(ctx context.Context) error { return context.Cause(childOf(ctx)) },
			"of a scope": func(ctx context.Context) error {
				_, err := inflight.Gather(ctx, takes(time.Second, 0, nil))
				return err
			},
		}
		for name, way := range ways {
			_, err := inflight.Gather(t.Context(),
				takes(time.Second, 0, errOak),
				func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, way(ctx) },
			)
			if err != errOak {
				t.Errorf("%s: got %v, want %v", name, err, errOak)
			}
		}
	})
}

func childOf(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return ctx
}

// What else goes wrong while the others clean up is reported too, the first
// failure first, and what is only wrapped around a cancellation is not lost with
// it.
func TestGA3_several_failures(t *testing.T) {
	underEach(t, func(s *setting) {
		mixed := fmt.Errorf("%w, then %w", errAsh, context.Canceled)
		var said log
		_, err := inflight.Gather(s.ctx,
			tidies(2*time.Second, &said, 0, mixed),
			tidies(time.Second, &said, 0, errElm),
			takes(time.Second, 0, errOak),
		)
		wantErrs(s, err, errOak, errElm, mixed)
	})
}

// The same error from two functions is one failure.
func TestGA3_the_same_error_twice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := inflight.Gather(t.Context(), takes(1, 0, errOak), takes(1, 0, errOak))
		wantErrs(t, err, errOak)
	})
}

// Each function is called exactly once, also when one has failed before another
// began, so that what they were given is taken care of; those find their context
// ended.
func TestGA3_each_is_called_once(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	underEach(t, func(s *setting) {
		const n = 100
		var called [n]int
		var late atomic.Int32
		fns := make([]func(context.Context) (int, error), n)
		for i := range fns {
			fns[i] = func(ctx context.Context) (int, error) {
				called[i]++
				if i == 0 {
					return 0, errOak
				}
				if ctx.Err() != nil {
					late.Add(1)
				}
				return 0, context.Cause(ctx)
			}
		}
		_, err := inflight.Gather(s.ctx, fns...)
		wantErrs(s, err, errOak)
		for i, n := range called {
			if n != 1 {
				s.Errorf("function %d was called %d times", i, n)
			}
		}
		if late.Load() == 0 {
			s.Error("no function found its context ended")
		}
	})
}

// The error of a Gather within another comes out as it is, once.
func TestGA3_nested(t *testing.T) {
	underEach(t, func(s *setting) {
		deep := takes(time.Second, 0, errOak)
		for range 5 {
			inner := deep
			deep = func(ctx context.Context) (int, error) {
				_, err := inflight.Gather(ctx, takes(time.Hour, 0, nil), inner)
				return 0, err
			}
		}
		_, err := inflight.Gather(s.ctx, takes(time.Hour, 0, nil), deep)
		wantErrs(s, err, errOak)
	})
}

// A function that cancels a part of itself has not failed if it says nothing of
// it; one that returns a cancellation which is not its scope's has.
func TestGA3_foreign_cancellation_is_a_failure(t *testing.T) {
	underEach(t, func(s *setting) {
		_, err := inflight.Gather(s.ctx, takes(time.Hour, 0, nil), func(ctx context.Context) (int, error) {
			ctx, cancel := context.WithTimeoutCause(ctx, time.Second, errOak)
			defer cancel()
			return 0, inflight.Sleep(ctx, time.Minute)
		})
		wantErrs(s, err, errOak)
	})
}

// Settle waits for all of them, has one result for each, and no error.
func TestGA4_settle_has_all(t *testing.T) {
	underEach(t, func(s *setting) {
		start := time.Now()
		results, err := inflight.Settle(s.ctx,
			takes(3*time.Second, 1, nil),
			takes(time.Second, 2, errOak),
			func(ctx context.Context) (int, error) { return 3, ctx.Err() },
			takes(2*time.Second, 0, errElm),
		)
		wantErrs(s, err)
		wantSlice(s, "results", results, []inflight.Result[int]{{1, nil}, {2, errOak}, {3, nil}, {0, errElm}}...)
		wantEqual(s, "time", time.Since(start), 3*time.Second)
	})
}

// A panic comes out of Settle too, when all have returned.
func TestGA4_settle_raises_a_panic(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		p := raisedPanic(s, func() {
			inflight.Settle(s.ctx,
				tidies(time.Second, &said, 0, nil),
				func(context.Context) (int, error) { panic("boo") },
			)
		})
		wantEqual(s, "value", p.Value, any("boo"))
		wantEqual(s, "cleanups", said.count(), 1)
	})
}

// A task that was cancelled by itself is one result of Settle, and a failure like
// any other for Gather; the caller's context does not end.
func TestGA5_one_cancelled_alone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			start := func() (a, b *inflight.Task[int]) {
				a, b = inflight.Go(g, takes(time.Hour, 1, nil)), inflight.Go(g, takes(time.Minute, 2, nil))
				time.AfterFunc(time.Second, func() { a.Cancel(errOak) })
				return a, b
			}
			a, b := start()
			results, err := inflight.Settle(ctx, a.Await, b.Await)
			wantErrs(t, err)
			wantSlice(t, "results", results, inflight.Result[int]{Err: errOak}, inflight.Result[int]{Value: 2})

			a, b = start()
			_, err = inflight.Gather(ctx, a.Await, b.Await)
			wantErrs(t, err, errOak)
			wantEqual(t, "the caller's context", ctx.Err(), nil)
			wantEqual(t, "state of the other task", b.State(), inflight.Running)
			v, err := b.Await(ctx)
			wantErrs(t, err)
			wantEqual(t, "value of the other task", v, 2)
		})
	})
}

// When the caller's context ends, all are cancelled and joined, and the cause is
// what Gather returns.
func TestGA6_caller_cancelled(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		start := time.Now()
		values, err := inflight.Gather(s.ctx,
			tidies(time.Minute, &said, 0, nil),
			takes(time.Hour, 1, nil),
			tidies(time.Second, &said, 2, nil),
		)
		wantErrs(s, err, errOak)
		wantEqual(s, "values are nil", values == nil, true)
		wantEqual(s, "cleanups", said.count(), 2)
		wantEqual(s, "time", time.Since(start), time.Minute+time.Second)
	})
}

// A deadline is a cancellation with its own error.
func TestGA6_deadline(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, cancel := context.WithTimeoutCause(s.ctx, time.Second, errOak)
		defer cancel()
		var seen error
		_, err := inflight.Gather(ctx, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			seen = ctx.Err()
			return 0, fmt.Errorf("late: %w", ctx.Err())
		})
		wantErrs(s, err, errOak)
		wantEqual(s, "the error of the function's context", seen, context.DeadlineExceeded)
	})
}

// A context that has ended before the call: nothing is called.
func TestGA6_ended_before(t *testing.T) {
	underEach(t, func(s *setting) {
		s.cancel(errOak)
		never := func(context.Context) (int, error) { s.Error("called"); return 0, nil }
		_, err := inflight.Gather(s.ctx, never, never)
		wantErrs(s, err, errOak)
		results, err := inflight.Settle(s.ctx, never)
		wantErrs(s, err, errOak)
		wantEqual(s, "results are nil", results == nil, true)
		_, _, err = inflight.Gather2(s.ctx, never, never)
		wantErrs(s, err, errOak)
	})
}

// A failure while the cancelled clean up comes first, the cause is behind it.
func TestGA6_failure_during_the_cancellation(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		_, err := inflight.Gather(s.ctx, tidies(time.Second, &said, 0, errElm), takes(time.Hour, 0, nil))
		wantErrs(s, err, errElm, errOak)
	})
}

// The end of ctx is not hidden among the results: it is Settle's own error, and
// what was completed before is there all the same.
func TestGA7_settle_caller_cancelled(t *testing.T) {
	underEach(t, func(s *setting) {
		time.AfterFunc(time.Minute, func() { s.cancel(errOak) })
		results, err := inflight.Settle(s.ctx,
			takes(time.Second, 1, nil),
			takes(2*time.Second, 0, errElm),
			takes(time.Hour, 3, nil),
		)
		wantErrs(s, err, errOak)
		if len(results) != 3 || results[0] != (inflight.Result[int]{Value: 1}) || results[1].Err != errElm {
			s.Fatalf("results: got %v", results)
		}
		if err := results[2].Err; !errors.Is(err, errOak) {
			s.Errorf("the result that was cut short: got %v", err)
		}
	})
}

// When nothing was cut short by the end of ctx, Settle has no error.
func TestGA7_settle_nothing_was_cut(t *testing.T) {
	underEach(t, func(s *setting) {
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		var said log
		results, err := inflight.Settle(s.ctx, tidies(time.Second, &said, 1, nil), tidies(time.Second, &said, 2, errElm))
		wantErrs(s, err)
		wantSlice(s, "results", results, inflight.Result[int]{Value: 1}, inflight.Result[int]{Value: 2, Err: errElm})
	})
}

// A cancellation that comes when all have finished, or in the last of them, or
// that nobody took note of, does not lose the values.
func TestGA8_cancelled_after_all_finished(t *testing.T) {
	underEach(t, func(s *setting) {
		values, err := inflight.Gather(s.ctx,
			takes(time.Second, 1, nil),
			func(ctx context.Context) (int, error) {
				time.Sleep(time.Minute)
				s.cancel(errOak)
				<-ctx.Done()
				return 2, nil
			},
		)
		wantErrs(s, err)
		wantSlice(s, "values", values, 1, 2)
		_, err = inflight.Gather(s.ctx, takes(0, 1, nil))
		wantErrs(s, err, errOak)
	})
}

// The cancellation and the last completion come at the same moment: there are
// all values, or the cause and none.
func TestGA8_cancelled_at_the_same_moment(t *testing.T) {
	for range 20 {
		underEach(t, func(s *setting) {
			time.AfterFunc(time.Second, func() { s.cancel(errOak) })
			values, err := inflight.Gather(s.ctx, takes(time.Second, 1, nil), takes(time.Second, 2, nil))
			switch {
			case err == nil:
				wantSlice(s, "values", values, 1, 2)
			default:
				wantErrs(s, err, errOak)
				wantEqual(s, "values are nil", values == nil, true)
			}
		})
	}
}

// A task that is to be awaited twice is given by its Await twice: it runs once and
// fills both places.
func TestGA9_the_same_task_twice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			calls := 0
			task := inflight.Go(g, func(ctx context.Context) (int, error) {
				calls++
				return 7, inflight.Sleep(ctx, time.Second)
			})
			values, err := inflight.Gather(ctx, task.Await, task.Await)
			wantErrs(t, err)
			wantSlice(t, "values", values, 7, 7)
			wantEqual(t, "calls", calls, 1)
		})
	})
}

// A task that fails is one failure, however often it is awaited.
func TestGA9_a_failing_task_twice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			task := inflight.Go(g, takes(time.Second, 0, errOak))
			_, err := inflight.Gather(t.Context(), task.Await, task.Await)
			wantErrs(t, err, errOak)
			return err
		})
		wantErrs(t, err, errOak)
	})
}

// Errors after the first are in what Gather returns, and nowhere else: once it was
// handled, the group around it hears nothing of them.
func TestGA10_later_errors_are_not_reported_elsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			var said log
			_, err := inflight.Gather(ctx,
				takes(time.Second, 0, errOak),
				tidies(time.Second, &said, 0, errElm),
				tidies(time.Second, &said, 0, errAsh),
			)
			if got := joined(err); len(got) != 3 || got[0] != errOak || !errors.Is(err, errElm) || !errors.Is(err, errAsh) {
				t.Errorf("got %v", err)
			}
			wantEqual(t, "the caller's context", ctx.Err(), nil)
		})
	})
}

// A nil function panics, naming the call, before another is called, also when ctx
// has ended.
func TestGA11_nil_function(t *testing.T) {
	type fn = func(context.Context) (int, error)
	never := func(context.Context) (int, error) { t.Error("called"); return 0, nil }
	var none fn
	calls := map[string]func(ctx context.Context){
		"Gather":  func(ctx context.Context) { inflight.Gather(ctx, never, none) },
		"Settle":  func(ctx context.Context) { inflight.Settle(ctx, none, never) },
		"Any":     func(ctx context.Context) { inflight.Any(ctx, never, none) },
		"Race":    func(ctx context.Context) { inflight.Race(ctx, never, never, none) },
		"Hedge":   func(ctx context.Context) { inflight.Hedge(ctx, time.Second, never, none) },
		"Gather2": func(ctx context.Context) { inflight.Gather2(ctx, never, none) },
		"Gather3": func(ctx context.Context) { inflight.Gather3(ctx, none, never, never) },
		"Gather4": func(ctx context.Context) { inflight.Gather4(ctx, never, never, none, never) },
		"Map":     func(ctx context.Context) { inflight.Map[int, int](ctx, []int{1}, 1, nil) },
		"Each": func(ctx context.Context) {
			inflight.Each[int, int](ctx, func(func(int) bool) { t.Error("pulled") }, 1, nil)
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			underEach(t, func(s *setting) {
				for range 2 {
					v, _ := raisedBy(func() { call(s.ctx) }).(string)
					if !strings.HasPrefix(v, "inflight: "+name+" ") {
						s.Errorf("panic: got %q", v)
					}
					s.cancel(errOak)
				}
			})
		})
	}
}

// Two to four functions of different types.
func TestGA12_typed(t *testing.T) {
	underEach(t, func(s *setting) {
		fa, fb := takes(3*time.Second, 1, nil), takes(time.Second, "b", nil)
		fc, fd := takes(2*time.Second, []int{3}, nil), takes(0, 4.5, nil)
		start := time.Now()
		a, b, err := inflight.Gather2(s.ctx, fa, fb)
		if a != 1 || b != "b" || err != nil {
			s.Errorf("Gather2: got %v, %v, %v", a, b, err)
		}
		a, b, c, err := inflight.Gather3(s.ctx, fa, fb, fc)
		if a != 1 || b != "b" || !slices.Equal(c, []int{3}) || err != nil {
			s.Errorf("Gather3: got %v, %v, %v, %v", a, b, c, err)
		}
		a, b, c, d, err := inflight.Gather4(s.ctx, fa, fb, fc, fd)
		if a != 1 || b != "b" || !slices.Equal(c, []int{3}) || d != 4.5 || err != nil {
			s.Errorf("Gather4: got %v, %v, %v, %v, %v", a, b, c, d, err)
		}
		wantEqual(s, "time", time.Since(start), 9*time.Second)
	})
}

// They fail as Gather does, whichever of them it is.
func TestGA12_typed_failure(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		ok, bad := tidies(time.Minute, &said, 0, nil), takes(time.Second, "", errOak)
		_, _, err := inflight.Gather2(s.ctx, ok, bad)
		wantErrs(s, err, errOak)
		_, _, err = inflight.Gather2(s.ctx, bad, ok)
		wantErrs(s, err, errOak)
		_, _, _, err = inflight.Gather3(s.ctx, ok, ok, bad)
		wantErrs(s, err, errOak)
		_, _, _, _, err = inflight.Gather4(s.ctx, ok, bad, ok, ok)
		wantErrs(s, err, errOak)
		wantEqual(s, "cleanups", said.count(), 7)

		time.AfterFunc(time.Second, func() { s.cancel(errElm) })
		_, _, err = inflight.Gather2(s.ctx, ok, ok)
		wantErrs(s, err, errElm)
		p := raisedPanic(s, func() {
			inflight.Gather2(s.T.Context(), takes(time.Hour, 0, nil), func(context.Context) (int, error) { panic("boo") })
		})
		wantEqual(s, "value", p.Value, any("boo"))
	})
}

// With an error there are no values, as with Gather.
func TestGA12_no_values_with_an_error(t *testing.T) {
	underEach(t, func(s *setting) {
		bad := takes(time.Second, true, errOak)
		a, b, err := inflight.Gather2(s.ctx, takes(0, 1, nil), bad)
		if a != 0 || b || err != errOak {
			s.Errorf("Gather2: got %v, %v, %v", a, b, err)
		}
		a, c, d, err := inflight.Gather3(s.ctx, takes(0, 1, nil), takes(0, "c", nil), bad)
		if a != 0 || c != "" || d || err != errOak {
			s.Errorf("Gather3: got %v, %v, %v, %v", a, c, d, err)
		}
	})
}

func panicsDeepInside(context.Context) (int, error) { panic(errAsh) }

// A panic cancels the others, and is raised in the caller's goroutine once they
// have returned, with its value and the stack of where it happened.
func TestGA3_panic(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		p := raisedPanic(s, func() {
			inflight.Gather(s.ctx, tidies(time.Minute, &said, 0, nil), panicsDeepInside)
		})
		wantEqual(s, "value", p.Value, any(errAsh))
		wantEqual(s, "the error in it", errors.Is(p, errAsh), true)
		wantEqual(s, "cleanups", said.count(), 1)
		if !strings.Contains(string(p.Stack), "panicsDeepInside") {
			s.Errorf("the stack does not show where:\n%s", p.Stack)
		}
		if !strings.HasPrefix(p.Task, "gather-") || !strings.HasSuffix(p.Task, "[1]") {
			s.Errorf("task: got %q", p.Task)
		}
		wantEqual(s, "what else went wrong", len(p.Also), 0)
	})
}

// A panic beats errors, also those that came before; all of them, and the other
// panics, are attached.
func TestGA3_panic_and_what_else_went_wrong(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		p := raisedPanic(s, func() {
			inflight.Gather(s.ctx,
				takes(time.Second, 0, errOak),
				tidies(time.Minute, &said, 0, errElm),
				func(ctx context.Context) (int, error) { <-ctx.Done(); time.Sleep(time.Second); panic(1) },
				func(ctx context.Context) (int, error) { <-ctx.Done(); time.Sleep(2 * time.Second); panic(2) },
			)
		})
		wantEqual(s, "value", p.Value, any(1))
		if len(p.Also) != 3 {
			s.Fatalf("also: got %d, want 3", len(p.Also))
		}
		second, _ := p.Also[0].(*inflight.PanicError)
		if second == nil || second.Value != any(2) || p.Also[1] != errOak || p.Also[2] != errElm {
			s.Errorf("also: got %v", p.Also)
		}
	})
}

// A panic that goes through several scopes stays what it is.
func TestGA3_nested_panic(t *testing.T) {
	underEach(t, func(s *setting) {
		p := raisedPanic(s, func() {
			inflight.Gather(s.ctx, takes(time.Hour, 0, nil), func(ctx context.Context) (int, error) {
				inflight.Settle(ctx, takes(time.Hour, 0, nil), panicsDeepInside)
				return 0, nil
			})
		})
		wantEqual(s, "value", p.Value, any(errAsh))
		if !strings.HasPrefix(p.Task, "settle-") || len(p.Also) != 0 {
			s.Errorf("task %q, also %v", p.Task, p.Also)
		}
	})
}

// After a panic the other functions of Gather are called all the same.
func TestGA3_each_is_called_once_after_a_panic(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		fn := func(context.Context) (int, error) {
			if calls.Add(1) <= 10 {
				panic("boo")
			}
			return 0, nil
		}
		p := raisedPanic(t, func() { inflight.Gather(t.Context(), slices.Repeat([]func(context.Context) (int, error){fn}, 100)...) })
		wantEqual(t, "calls", calls.Load(), 100)
		wantEqual(t, "other panics", len(p.Also), 9)
	})
}

// runtime.Goexit in a function is a failure with a sentinel, never a zero value
// without an error; the defers of the function run.
func TestGA3_goexit(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		gone := func(context.Context) (int, error) {
			defer said.add("deferred")
			runtime.Goexit()
			return 1, nil
		}
		values, err := inflight.Gather(s.ctx, tidies(time.Minute, &said, 0, nil), gone)
		if values != nil || !errors.Is(err, inflight.ErrGoexit) {
			s.Errorf("Gather: got %v, %v", values, err)
		}
		wantSlice(s, "said", said.said(), "deferred", "tidied")

		results, err := inflight.Settle(s.ctx, gone, takes(time.Second, 2, nil), gone)
		wantErrs(s, err)
		if !errors.Is(results[0].Err, inflight.ErrGoexit) || results[1].Value != 2 || !errors.Is(results[2].Err, inflight.ErrGoexit) {
			s.Errorf("Settle: got %v", results)
		}
		_, _, err = inflight.Gather2(s.ctx, takes(time.Hour, 0, nil), gone)
		if !errors.Is(err, inflight.ErrGoexit) {
			s.Errorf("Gather2: got %v", err)
		}
	})
}

// Goexit and panic in one function: what is on top counts, and nobody hangs.
func TestGA3_goexit_and_panic(t *testing.T) {
	underEach(t, func(s *setting) {
		p := raisedPanic(s, func() {
			inflight.Gather(s.ctx, takes(time.Hour, 0, nil), func(context.Context) (int, error) {
				defer panic("on the way out")
				runtime.Goexit()
				return 0, nil
			})
		})
		wantEqual(s, "value", p.Value, any("on the way out"))
		_, err := inflight.Gather(s.ctx, takes(time.Hour, 0, nil), func(context.Context) (int, error) {
			defer runtime.Goexit()
			panic("never mind")
		})
		if !errors.Is(err, inflight.ErrGoexit) {
			s.Errorf("got %v", err)
		}
		p = raisedPanic(s, func() {
			inflight.Gather(s.ctx, func(context.Context) (int, error) { panic(nil) })
		})
		if _, ok := p.Value.(*runtime.PanicNilError); !ok {
			s.Errorf("panic(nil): got %v", p.Value)
		}
	})
}

// An itemsError can't be compared, though its type can.
type itemsError struct{ items any }

func (e itemsError) Error() string { return fmt.Sprint(e.items) }

// Errors that Go can't compare with each other are failures like others, also as
// the cause of the context.
func TestGA3_incomparable_errors(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		bad := takes(time.Second, 0, error(itemsError{[]int{1}}))
		_, err := inflight.Gather(s.ctx, bad, tidies(time.Second, &said, 0, error(itemsError{[]int{1}})))
		wantEqual(s, "how many of Gather", len(joined(err)), 2)
		_, err = inflight.Any(s.ctx, bad, takes(time.Second, 0, error(itemsError{[]int{2}})))
		wantEqual(s, "how many of Any", len(joined(err)), 2)
		_, err = inflight.Any(s.ctx, bad, bad) // the very same one is one failure
		wantEqual(s, "how many of Any", len(joined(err)), 1)
		time.AfterFunc(time.Second, func() { s.cancel(itemsError{[]int{1}}) })
		_, err = inflight.Gather(s.ctx, tidies(time.Second, &said, 0, nil))
		if err == nil || !strings.Contains(err.Error(), "[1]") {
			s.Errorf("cancelled: got %v", err)
		}
		_, err = inflight.Gather(s.ctx, bad)
		if err == nil || err.Error() != "[1]" {
			s.Errorf("cancelled before: got %v", err)
		}
	})
}

// What is derived from the context of a function, and was not ended when the
// function returned, ends with the scope at the latest.
func TestGA1_what_is_derived_from_the_context_of_a_function(t *testing.T) {
	underEach(t, func(s *setting) {
		var derived, timed context.Context
		var forgotten context.CancelFunc
		var d *inflight.Deadline
		called := false
		_, err := inflight.Gather(s.ctx, func(ctx context.Context) (int, error) {
			derived, forgotten = context.WithTimeout(ctx, time.Hour)
			timed, d = inflight.WithDeadline(ctx, time.Hour)
			context.AfterFunc(ctx, func() { called = true })
			return 1, nil
		})
		wantErrs(s, err)
		synctest.Wait()
		wantEqual(s, "the derived context", derived.Err(), context.Canceled)
		wantEqual(s, "the one with a Deadline", timed.Err(), context.Canceled)
		wantEqual(s, "AfterFunc was called", called, true)
		d.Stop()
		forgotten()
	})
}
