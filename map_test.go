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

// limits are the limits that are tried for n items.
func limits(n int) []int {
	return []int{1, 2, 3, 7, n - 1, n, n + 1, 1000, inflight.Unlimited}
}

// upTo returns the numbers below n.
func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

// waits returns a function for items that are durations: it waits so long, and
// returns the item.
func waits(ctx context.Context, d time.Duration) (time.Duration, error) {
	return d, inflight.Sleep(ctx, d)
}

// The values are in the order of the input, for each limit.
func TestAC15_map_keeps_the_order(t *testing.T) {
	underEach(t, func(s *setting) {
		in := []time.Duration{5, 1, 9, 2, 2, 8, 0, 3, 7, 1}
		for _, limit := range limits(len(in)) {
			out, err := inflight.Map(s.ctx, in, limit, waits)
			wantErrs(s, err)
			wantSlice(s, fmt.Sprint("values with limit ", limit), out, in...)
		}
	})
}

// No items: an empty result, and nothing is called; but not when ctx has ended.
func TestAC15_map_of_nothing(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, in := range [][]time.Duration{nil, {}} {
			out, err := inflight.Map(s.ctx, in, 1, waits)
			wantErrs(s, err)
			if out == nil || len(out) != 0 {
				s.Errorf("got %v", out)
			}
		}
		s.cancel(errOak)
		_, err := inflight.Map(s.ctx, nil, 1, waits)
		wantErrs(s, err, errOak)
	})
}

// itemErr checks that err is one ItemError for the index and the error.
func itemErr(t testing.TB, err error, index int, want error) {
	t.Helper()
	e, ok := err.(*inflight.ItemError)
	if !ok || e.Index != index || e.Err != want {
		t.Errorf("got %v, want item %d: %v", err, index, want)
	}
}

// The first failure cancels the rest, which is joined, and names its item; there
// are no values then.
func TestAC15_map_fails_fast(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		start := time.Now()
		out, err := inflight.Map(s.ctx, upTo(4), 4, func(ctx context.Context, i int) (int, error) {
			if i == 2 {
				return takes(time.Second, 0, errOak)(ctx)
			}
			return tidies(time.Minute, &said, i%2*i, nil)(ctx)
		})
		itemErr(s, err, 2, errOak)
		wantEqual(s, "error in it", errors.Is(err, errOak), true)
		wantEqual(s, "no values", out == nil, true)
		wantEqual(s, "cleanups", said.count(), 3)
		wantEqual(s, "time", time.Since(start), time.Minute+time.Second)
		wantEqual(s, "the caller's context", s.ctx.Err(), nil)
		wantEqual(s, "text", err.Error(), "item 2: oak")
	})
}

// Several failures are joined, the first first, each with its index.
func TestAC15_map_several_failures(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		_, err := inflight.Map(s.ctx, upTo(3), 3, func(ctx context.Context, i int) (int, error) {
			if i == 1 {
				return takes(time.Second, 0, errOak)(ctx)
			}
			return tidies(time.Duration(3-i)*time.Second, &said, 0, errElm)(ctx)
		})
		errs := joined(err)
		if len(errs) != 3 {
			s.Fatalf("got %v", err)
		}
		itemErr(s, errs[0], 1, errOak)
		itemErr(s, errs[1], 2, errElm)
		itemErr(s, errs[2], 0, errElm)
	})
}

// Items that nobody had begun at the failure are not called; those that had are
// called once.
func TestAC15_map_leaves_the_rest(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, limit := range []int{1, 3} {
			var called [10]int32
			_, err := inflight.Map(s.ctx, upTo(10), limit, func(ctx context.Context, i int) (int, error) {
				atomic.AddInt32(&called[i], 1)
				if i == 4 {
					return 0, errOak
				}
				return i, inflight.Sleep(ctx, time.Second)
			})
			itemErr(s, err, 4, errOak)
			for i, n := range called {
				if n > 1 || i <= 4 && n != 1 || i >= 4+limit && n != 0 {
					s.Errorf("limit %d: item %d was called %d times", limit, i, n)
				}
			}
		}
	})
}

// With a limit of one, items run one after the other in order, on whatever
// goroutines.
func TestAC10_map_one_at_a_time(t *testing.T) {
	underEach(t, func(s *setting) {
		var order []int // not guarded: the limit does that
		_, err := inflight.Map(s.ctx, upTo(100), 1, func(ctx context.Context, i int) (int, error) {
			order = append(order, i)
			if i%3 == 0 {
				return 0, inflight.Sleep(ctx, time.Second)
			}
			return 0, nil
		})
		wantErrs(s, err)
		wantSlice(s, "order", order, upTo(100)...)
	})
}

// A limit is reached, and never exceeded: also while items panic, end their
// goroutine, or lock it to its thread.
func TestAC10_map_limit(t *testing.T) {
	underEach(t, func(s *setting) {
		const n = 60
		for _, limit := range limits(n) {
			var g gauge
			want := min(limit, n)
			all := make(chan struct{})
			out, err := inflight.Map(s.ctx, upTo(n), limit, func(ctx context.Context, i int) (int, error) {
				defer g.leave()
				if g.enter() == want {
					close(all) // each of the first ones waits for all of them
				}
				<-all
				if i%5 == 0 {
					runtime.LockOSThread()
				}
				return i, inflight.Sleep(ctx, time.Duration(i%7))
			})
			wantErrs(s, err)
			wantSlice(s, "values", out, upTo(n)...)
			inside, top, entered := g.read()
			if inside != 0 || top != want || entered != n {
				s.Errorf("limit %d: at most %d inside, %d in all, %d left", limit, top, entered, inside)
			}
		}
	})
}

// With a limit, items are begun in order, each as soon as one before it is done.
func TestAC10_map_begins_in_order(t *testing.T) {
	underEach(t, func(s *setting) {
		start := time.Now()
		began := make([]time.Duration, 6)
		_, err := inflight.Map(s.ctx, []time.Duration{5, 1, 1, 7, 2, 1}, 2, func(ctx context.Context, d time.Duration) (int, error) {
			return 0, inflight.Sleep(ctx, d*time.Second)
		})
		wantErrs(s, err)
		// 0-5, 0-1, 1-2, 2-9, 5-7, 7-8
		wantEqual(s, "time", time.Since(start), 9*time.Second)

		start = time.Now()
		durations := []time.Duration{5, 1, 1, 7, 2, 1}
		_, err = inflight.Map(s.ctx, upTo(6), 2, func(ctx context.Context, i int) (int, error) {
			began[i] = time.Since(start) / time.Second
			return 0, inflight.Sleep(ctx, durations[i]*time.Second)
		})
		wantErrs(s, err)
		wantSlice(s, "began", began, 0, 0, 1, 2, 5, 7)
	})
}

// Unlimited is all at once: items that all wait for each other.
func TestAC10_map_unlimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 2000
		var all sync.WaitGroup
		all.Add(n)
		out, err := inflight.Map(t.Context(), upTo(n), inflight.Unlimited, func(_ context.Context, i int) (int, error) {
			all.Done()
			all.Wait()
			return i, nil
		})
		wantErrs(t, err)
		wantSlice(t, "values", out, upTo(n)...)
	})
}

// A limit that lets nothing run is a panic, before anything is called.
func TestAC10_limit_below_one(t *testing.T) {
	never := func(context.Context, int) (int, error) { t.Error("called"); return 0, nil }
	for _, limit := range []int{0, -1} {
		for name, call := range map[string]func(){
			"Map":  func() { inflight.Map(t.Context(), []int{1}, limit, never) },
			"Each": func() { inflight.Each(t.Context(), slices.Values([]int{1}), limit, never) },
		} {
			v, _ := raisedBy(call).(string)
			if !strings.HasPrefix(v, "inflight: "+name+" ") {
				t.Errorf("%s with %d: got %q", name, limit, v)
			}
		}
	}
}

// When ctx ends, what runs is cancelled and joined, the rest is not called, and
// the cause is returned.
func TestAC15_map_caller_cancelled(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		calls := 0
		time.AfterFunc(2500*time.Millisecond, func() { s.cancel(errOak) })
		out, err := inflight.Map(s.ctx, upTo(10), 1, func(ctx context.Context, i int) (int, error) {
			calls++
			if i == 2 {
				return tidies(time.Minute, &said, 0, nil)(ctx)
			}
			return i, inflight.Sleep(ctx, time.Second)
		})
		wantErrs(s, err, errOak)
		wantEqual(s, "no values", out == nil, true)
		wantEqual(s, "calls", calls, 3)
		wantEqual(s, "cleanups", said.count(), 1)
	})
}

// When ctx ends and only items that were not begun are cut off, Map has failed
// all the same.
func TestAC15_map_cancelled_between_items(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		out, err := inflight.Map(s.ctx, upTo(10), 1, func(ctx context.Context, i int) (int, error) {
			if i == 3 {
				time.AfterFunc(time.Second, func() { s.cancel(errOak) })
				return tidies(0, &said, i, nil)(ctx) // succeeds
			}
			return i, nil
		})
		wantErrs(s, err, errOak)
		wantEqual(s, "no values", out == nil, true)
	})
}

// When ctx ends in the last item, nothing is cut short and nothing lost.
func TestAC15_map_cancelled_in_the_last(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		out, err := inflight.Map(s.ctx, upTo(10), 3, func(ctx context.Context, i int) (int, error) {
			if i == 9 {
				time.AfterFunc(time.Second, func() { s.cancel(errOak) })
				return tidies(time.Second, &said, i, nil)(ctx)
			}
			return i, nil
		})
		wantErrs(s, err)
		wantSlice(s, "values", out, upTo(10)...)
	})
}

// After an item has ended the context, no other is begun: a cancellation that has
// happened is seen at once.
func TestAC15_map_item_ends_the_context(t *testing.T) {
	underEach(t, func(s *setting) {
		calls := 0
		_, err := inflight.Map(s.ctx, upTo(100), 1, func(ctx context.Context, i int) (int, error) {
			calls++
			s.cancel(errOak)
			return i, nil
		})
		wantErrs(s, err, errOak)
		wantEqual(s, "calls", calls, 1)
	})
}

// A context that had ended: nothing is called.
func TestAC15_map_ended_before(t *testing.T) {
	underEach(t, func(s *setting) {
		s.cancel(errOak)
		_, err := inflight.Map(s.ctx, upTo(3), 1, func(context.Context, int) (int, error) { s.Error("called"); return 0, nil })
		wantErrs(s, err, errOak)
	})
}

// A panic cancels the rest, is raised when all have returned, and knows its item.
func TestAC15_map_panic(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		var calls atomic.Int32
		p := raisedPanic(s, func() {
			inflight.Map(s.ctx, upTo(100), 3, func(ctx context.Context, i int) (int, error) {
				calls.Add(1)
				if i == 2 {
					return panicsDeepInside(ctx)
				}
				return tidies(time.Minute, &said, 0, nil)(ctx)
			})
		})
		wantEqual(s, "value", p.Value, any(errAsh))
		wantEqual(s, "cleanups", said.count(), 2)
		wantEqual(s, "calls", calls.Load(), 3)
		if !strings.HasPrefix(p.Task, "map-") || !strings.HasSuffix(p.Task, "[2]") {
			s.Errorf("task: got %q", p.Task)
		}
	})
}

// An item that ends its goroutine has failed; it is named, and the limit stays
// what it is.
func TestAC15_map_goexit(t *testing.T) {
	underEach(t, func(s *setting) {
		_, err := inflight.Map(s.ctx, upTo(10), 2, func(ctx context.Context, i int) (int, error) {
			if i == 5 {
				runtime.Goexit()
			}
			return i, nil
		})
		var item *inflight.ItemError
		if !errors.As(err, &item) || item.Index != 5 || !errors.Is(err, inflight.ErrGoexit) {
			s.Errorf("got %v", err)
		}
	})
}

// The items' contexts hold the caller's values, live as long as the items do, and
// have ended when Map returns.
func TestAC15_map_contexts(t *testing.T) {
	type key struct{}
	underEach(t, func(s *setting) {
		kept := make([]context.Context, 10)
		_, err := inflight.Map(context.WithValue(s.ctx, key{}, 7), upTo(10), 3, func(ctx context.Context, i int) (int, error) {
			kept[i] = ctx
			wantEqual(s, "value", ctx.Value(key{}), any(7))
			err := inflight.Sleep(ctx, time.Duration(i))
			wantEqual(s, "context's error", ctx.Err(), nil)
			return 0, err
		})
		wantErrs(s, err)
		for i, ctx := range kept {
			if ctx.Err() == nil {
				s.Errorf("the context of item %d goes on", i)
			}
		}
	})
}

// Map within Map within Map: limits multiply, the innermost error comes out with
// the way to it.
func TestAC15_map_nested(t *testing.T) {
	underEach(t, func(s *setting) {
		var g gauge
		deep := func(ctx context.Context, limit int) (int, error) {
			out, err := inflight.Map(ctx, upTo(6), limit, func(ctx context.Context, i int) (int, error) {
				out, err := inflight.Map(ctx, upTo(6), limit, func(ctx context.Context, k int) (int, error) {
					g.enter()
					defer g.leave()
					if limit == 3 && i == 4 && k == 5 {
						return 0, errOak
					}
					return 1, inflight.Sleep(ctx, time.Second)
				})
				return len(out), err
			})
			return len(out), err
		}
		n, err := deep(s.ctx, 2)
		wantErrs(s, err)
		wantEqual(s, "items", n, 6)
		_, top, entered := g.read()
		wantEqual(s, "at most", top, 4)
		wantEqual(s, "in all", entered, 36)
		_, err = deep(s.ctx, 3)
		wantEqual(s, "text", fmt.Sprint(err), "item 4: item 5: oak")
	})
}

// A context derived from that of an item of Map must end when that one does.
func TestAC15_derived_from_the_context_of_an_item(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var item, derived context.Context
		inflight.Map(t.Context(), []int{0, 1}, 2, func(ctx context.Context, i int) (int, error) {
			if i == 0 {
				item = ctx
				d, cancel := context.WithCancel(ctx)
				_ = cancel
				derived = d
			}
			time.Sleep(time.Duration(i+1) * time.Second) // so that each has a worker
			return 0, nil
		})
		synctest.Wait()
		if item.Err() == nil || derived.Err() == nil {
			t.Errorf("Map has returned; the item's context says %v, the one derived from it %v", item.Err(), derived.Err())
		}
	})
}

// context.Cause of an item's context, after its worker was taken off and another
// item has failed, is what it is for the others.
func TestAC15_cause_of_the_context_of_an_item(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var item context.Context
		inflight.Map(t.Context(), []int{0, 1}, 2, func(ctx context.Context, i int) (int, error) {
			if i == 0 {
				item = ctx
			}
			time.Sleep(time.Duration(i+1) * time.Second)
			if i == 1 {
				return 0, errWork
			}
			return 0, nil
		})
		if got := context.Cause(item); !errors.Is(got, errWork) {
			t.Errorf("the cause is %v, want %v", got, errWork)
		}
	})
}

// A scope that a leaked goroutine opens under the context of an item ends when
// Map returns, also one that is opened when the item's worker is gone.
func TestAC15_scope_under_the_context_of_an_item(t *testing.T) {
	for _, delay := range []time.Duration{0, 1500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			var err error
			ended := false
			inflight.Map(t.Context(), []int{0, 1}, 2, func(ctx context.Context, i int) (int, error) {
				if i == 0 {
					go func() {
						time.Sleep(delay)
						err = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
							return inflight.Sleep(ctx, time.Hour)
						})
						ended = true
					}()
				}
				time.Sleep(time.Duration(i+1) * time.Second)
				return 0, nil
			})
			synctest.Wait()
			if !ended || err == nil {
				t.Errorf("Map has returned, and a Run below it, begun after %v, has ended: %t, with %v", delay, ended, err)
			}
			time.Sleep(2 * time.Hour)
		})
	}
}
