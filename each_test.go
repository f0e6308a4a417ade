package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
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

// A source is an input that knows what becomes of it.
type source struct {
	items  int // how many there are; it is endless for -1
	pulled atomic.Int64
	closed atomic.Int64 // how often it has been left
	after  func()       // called when all items were taken
}

func (s *source) all(yield func(int) bool) {
	defer s.closed.Add(1)
	for i := 0; i != s.items; i++ {
		s.pulled.Add(1)
		if !yield(i) {
			return
		}
	}
	if s.after != nil {
		s.after()
	}
}

// numbers returns a source of the numbers below n.
func numbers(n int) *source { return &source{items: n} }

// forever returns a source without an end.
func forever() *source { return numbers(-1) }

func itself(_ context.Context, i int) (int, error) { return i, nil }

// A got is a pair that Each has yielded.
type got = struct {
	in int
	r  inflight.Result[int]
}

// collect ranges over seq to the end.
func collect(seq iter.Seq2[int, inflight.Result[int]]) (all []got) {
	for i, r := range seq {
		all = append(all, got{i, r})
	}
	return all
}

// inputs returns the items of all that succeeded, sorted, and fails the test for
// values that are not their item, and for errors.
func inputs(t testing.TB, all []got) (items []int) {
	t.Helper()
	for _, g := range all {
		if g.r.Err != nil || g.r.Value != g.in {
			t.Errorf("item %d: got %v", g.in, g.r)
		}
		items = append(items, g.in)
	}
	slices.Sort(items)
	return items
}

type eachOption = inflight.EachOption

// wantCut checks that a pair is the last one of a loop that was cut short.
func wantCut(t testing.TB, in int, r inflight.Result[int], cause error) {
	t.Helper()
	if in != 0 || r.Value != 0 || !errors.Is(r.Err, inflight.ErrCut) || !errors.Is(r.Err, cause) {
		t.Errorf("last pair: got %d, %v, want one that is ErrCut, for %v", in, r, cause)
	}
}

// both runs a test in completion order and in the order of the input.
func both(t *testing.T, test func(s *setting, opts ...eachOption)) {
	t.Run("unordered", func(t *testing.T) { underEach(t, func(s *setting) { test(s) }) })
	t.Run("ordered", func(t *testing.T) { underEach(t, func(s *setting) { test(s, inflight.Ordered()) }) })
}

// Each item is yielded exactly once, with its own result, for each limit.
func TestAC11_item_with_its_result(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		for _, limit := range limits(50) {
			in := numbers(50)
			all := collect(inflight.Each(s.ctx, in.all, limit, func(ctx context.Context, i int) (int, error) {
				return i, inflight.Sleep(ctx, time.Duration(i*7%13)*time.Second)
			}, opts...))
			wantSlice(s, fmt.Sprint("items with limit ", limit), inputs(s, all), upTo(50)...)
			wantEqual(s, "times that the input was left", in.closed.Load(), 1)
		}
	})
}

// A failure is the result of its item, with the value that came with it, and
// cancels nobody; so is runtime.Goexit.
func TestAC11_failures_are_results(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		all := collect(inflight.Each(s.ctx, numbers(20).all, 3, func(ctx context.Context, i int) (int, error) {
			switch i % 4 {
			case 1:
				return i, errOak
			case 2:
				runtime.Goexit()
			}
			return i, inflight.Sleep(ctx, time.Second)
		}, opts...))
		wantEqual(s, "pairs", len(all), 20)
		for _, g := range all {
			switch g.in % 4 {
			case 1:
				wantEqual(s, "failed", g.r, inflight.Result[int]{Value: g.in, Err: errOak})
			case 2:
				if !errors.Is(g.r.Err, inflight.ErrGoexit) {
					s.Errorf("item %d: got %v", g.in, g.r)
				}
			default:
				wantEqual(s, "succeeded", g.r, inflight.Result[int]{Value: g.in})
			}
		}
	})
}

// An input without items is a loop without turns, and ends at once.
func TestAC8_each_of_nothing(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		in := numbers(0)
		all := collect(inflight.Each(s.ctx, in.all, 3, itself, opts...))
		wantEqual(s, "pairs", len(all), 0)
		wantEqual(s, "times that the input was left", in.closed.Load(), 1)
	})
}

// The limit is reached and never exceeded, while items return, panic their way
// out of nothing, end their goroutines, or lock them to a thread.
func TestAC10_each_limit(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		const n = 60
		for _, limit := range limits(n) {
			var g gauge
			want := min(limit, n)
			full := make(chan struct{})
			all := collect(inflight.Each(s.ctx, numbers(n).all, limit, func(ctx context.Context, i int) (int, error) {
				defer g.leave()
				if g.enter() == want {
					close(full)
				}
				<-full
				if i%6 == 0 {
					runtime.LockOSThread()
				}
				if i%10 == 3 {
					runtime.Goexit()
				}
				return i, inflight.Sleep(ctx, time.Duration(i%7))
			}, opts...))
			inside, top, entered := g.read()
			if len(all) != n || inside != 0 || top != want || entered != n {
				s.Errorf("limit %d: %d pairs, at most %d inside, %d in all, %d left", limit, len(all), top, entered, inside)
			}
		}
	})
}

// As long as the loop is quick, the limit stays reached: the whole takes what
// it takes for that many hands, all through a long input.
func TestAC10_each_stays_at_the_limit(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		for _, limit := range []int{1, 2, 4, 16, 100} {
			start := time.Now()
			rounds := 30
			all := collect(inflight.Each(s.ctx, numbers(limit*rounds).all, limit, func(ctx context.Context, i int) (int, error) {
				return i, inflight.Sleep(ctx, time.Second)
			}, opts...))
			wantEqual(s, "pairs", len(all), limit*rounds)
			wantEqual(s, fmt.Sprint("time with limit ", limit), time.Since(start), time.Duration(rounds)*time.Second)
		}
	})
}

// Unlimited has everything in flight at once: all wait for each other.
func TestAC10_each_unlimited(t *testing.T) {
	for _, opts := range [][]eachOption{nil, {inflight.Ordered()}} {
		synctest.Test(t, func(t *testing.T) {
			const n = 2000
			var all sync.WaitGroup
			all.Add(n)
			pairs := collect(inflight.Each(t.Context(), numbers(n).all, inflight.Unlimited, func(_ context.Context, i int) (int, error) {
				all.Done()
				all.Wait()
				return i, nil
			}, opts...))
			wantSlice(t, "items", inputs(t, pairs), upTo(n)...)
		})
	}
}

// The input may be endless: it is pulled as it is used, and left at the break.
func TestAC10_endless_input(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		for _, limit := range []int{1, 3, 50} {
			in := forever()
			n := 0
			for range inflight.Each(s.ctx, in.all, limit, itself, opts...) {
				if n++; n == 1000 {
					break
				}
			}
			pulled := int(in.pulled.Load())
			if pulled < 1000 || pulled > 1000+2*limit {
				s.Errorf("limit %d: %d were pulled for 1000 that were used", limit, pulled)
			}
			wantEqual(s, "times that the input was left", in.closed.Load(), 1)
		}
	})
}

// Nothing is pulled for a loop that does not begin, and each new loop pulls anew.
func TestAC10_IT6_lazy(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		in := numbers(5)
		seq := inflight.Each(s.ctx, in.all, 2, itself, opts...)
		synctest.Wait()
		wantEqual(s, "pulled before the loop", in.pulled.Load(), 0)
		next, stop := iter.Pull2(seq)
		stop()
		_, _, ok := next()
		wantEqual(s, "pulled by a loop that was stopped before it began", in.pulled.Load(), 0)
		wantEqual(s, "it has more", ok, false)
		for turn := range 3 {
			wantSlice(s, "items", inputs(s, collect(seq)), upTo(5)...)
			wantEqual(s, "pulled", in.pulled.Load(), int64(5*(turn+1)))
		}
	})
}

// pulls runs a loop that stops at each pair until everything else has come to
// rest, and tells check how many pairs were yielded and items pulled.
func pulls(s *setting, limit int, fn func(context.Context, int) (int, error), opts []eachOption, check func(yielded, pulled int)) {
	in := forever()
	yielded := 0
	for range inflight.Each(s.ctx, in.all, limit, fn, opts...) {
		yielded++
		synctest.Wait()
		check(yielded, int(in.pulled.Load()))
		if yielded == 5*limit {
			break
		}
	}
}

// A slow loop slows everything: exactly twice the limit are pulled and not yet
// yielded, the pair that the loop has in hand not counted. From a limit of eight
// on, the feeder sleeps until a quarter of the limit is free.
func TestAC16_slow_loop(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		for _, limit := range []int{1, 2, 3, 5, 7, 8, 20, 64} {
			pulls(s, limit, itself, opts, func(yielded, pulled int) {
				inside := pulled - yielded
				if inside > 2*limit || inside <= 2*limit-max(1, limit/4) {
					s.Errorf("limit %d, pair %d: %d pulled and not yet yielded", limit, yielded, inside)
				}
			})
		}
	})
}

// No more than twice the limit, also at any moment of a loop that does not stop.
func TestAC16_never_more(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		for _, limit := range []int{1, 4, 30} {
			var yielded, most atomic.Int64
			in := func(yield func(int) bool) {
				for i := range 2000 {
					// The loop counts after Each does: one more may seem to be inside.
					most.Store(max(most.Load(), int64(i+1)-yielded.Load()))
					if !yield(i) {
						return
					}
				}
			}
			for range inflight.Each(s.ctx, in, limit, itself, opts...) {
				yielded.Add(1)
			}
			if m := most.Load(); m > int64(2*limit)+1 {
				s.Errorf("limit %d: %d pulled and not yet yielded", limit, m)
			}
		}
	})
}

// While the loop waits for the first result, the items behind it are run up to
// the bound, and in order of the input no further, however many are done.
func TestAC13_AC16_held_back(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, limit := range []int{2, 3, 7, 20} {
			in := forever()
			var g gauge
			var order []int
			time.AfterFunc(time.Second, func() {
				_, _, entered := g.read()
				wantEqual(s, "pulled behind the first", in.pulled.Load(), int64(2*limit))
				wantEqual(s, "called", entered, 2*limit)
			})
			for i := range inflight.Each(s.ctx, in.all, limit, func(ctx context.Context, i int) (int, error) {
				g.enter()
				if i == 0 {
					return i, inflight.Sleep(ctx, time.Minute)
				}
				return i, nil
			}, inflight.Ordered()) {
				if order = append(order, i); len(order) == 10*limit {
					break
				}
			}
			wantSlice(s, "order", order, upTo(10*limit)...)
		}
	})
}

// All the items are called while the loop is in its first turn: at most limit at
// once, and no more than the bound.
func TestAC16_works_on_during_a_turn(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		var g gauge
		for range inflight.Each(s.ctx, forever().all, 3, func(ctx context.Context, i int) (int, error) {
			g.enter()
			defer g.leave()
			return i, inflight.Sleep(ctx, time.Second)
		}, opts...) {
			time.Sleep(time.Hour)
			inside, top, entered := g.read()
			wantEqual(s, "inside", inside, 0)
			wantEqual(s, "at most", top, 3)
			wantEqual(s, "called", entered, 1+2*3)
			break
		}
	})
}

// Without an option results come as they are completed; with Ordered in the order
// of the input.
func TestAC13_order(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, p := range permutations(4) {
			fn := func(ctx context.Context, i int) (int, error) {
				return i, inflight.Sleep(ctx, time.Duration(p[i])*time.Second)
			}
			var order []int
			for i := range inflight.Each(s.ctx, numbers(4).all, 4, fn) {
				order = append(order, i)
			}
			for at, i := range order {
				wantEqual(s, "place of the item", at, p[i])
			}
			order = nil
			for i := range inflight.Each(s.ctx, numbers(4).all, 4, fn, inflight.Ordered()) {
				order = append(order, i)
			}
			wantSlice(s, "order of the input", order, 0, 1, 2, 3)
		}
	})
}

// A slow loop gets the results in the order of completion too, not in that in
// which it happens to look.
func TestAC13_completion_order_for_a_slow_loop(t *testing.T) {
	underEach(t, func(s *setting) {
		var order []int
		for i := range inflight.Each(s.ctx, numbers(8).all, 8, func(ctx context.Context, i int) (int, error) {
			return i, inflight.Sleep(ctx, time.Duration(8-i)*time.Second)
		}) {
			order = append(order, i)
			time.Sleep(2500 * time.Millisecond)
		}
		wantSlice(s, "order", order, 7, 6, 5, 4, 3, 2, 1, 0)
	})
}

// Numbers that wrap around many times keep their order.
func TestAC13_long_ordered(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, limit := range []int{1, 5, 33, inflight.Unlimited} {
			at := 0
			for i, r := range inflight.Each(s.ctx, numbers(3000).all, limit, func(ctx context.Context, i int) (int, error) {
				for range i * 31 % 7 {
					runtime.Gosched()
				}
				return i, nil
			}, inflight.Ordered()) {
				if i != at || r.Value != at || r.Err != nil {
					s.Fatalf("limit %d: at %d came %d %v", limit, at, i, r)
				}
				at++
			}
			wantEqual(s, "items", at, 3000)
		}
	})
}

// What is held back keeps its order when there is more of it than ever before, in
// the middle of the input.
func TestAC13_held_back_in_the_middle(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, before := range []int{1, 10, 15, 16, 17, 40} {
			var order []int
			for i, r := range inflight.Each(s.ctx, numbers(before+200).all, 50, func(ctx context.Context, i int) (int, error) {
				switch {
				case i < before:
					return i, nil
				case i == before: // the others behind it wait for it
					return i, inflight.Sleep(ctx, time.Hour)
				}
				return i, inflight.Sleep(ctx, time.Second)
			}, inflight.Ordered()) {
				wantEqual(s, "result", r, inflight.Result[int]{Value: i})
				order = append(order, i)
			}
			wantSlice(s, "order", order, upTo(before+200)...)
		}
	})
}

// ways to leave the loop early. leave ranges over seq and leaves it in the turn
// in which last says so; after is called as the first thing behind the loop.
var waysOut = map[string]func(seq iter.Seq2[int, inflight.Result[int]], last func() bool, after func()){
	"break": func(seq iter.Seq2[int, inflight.Result[int]], last func() bool, after func()) {
		for range seq {
			if last() {
				break
			}
		}
		after()
	},
	"return": func(seq iter.Seq2[int, inflight.Result[int]], last func() bool, after func()) {
		func() {
			for range seq {
				if last() {
					return
				}
			}
		}()
		after()
	},
	"return through a defer": func(seq iter.Seq2[int, inflight.Result[int]], last func() bool, after func()) {
		defer after()
		for range seq {
			if last() {
				return
			}
		}
	},
	"outer continue": func(seq iter.Seq2[int, inflight.Result[int]], last func() bool, after func()) {
	outer:
		for again := range 2 {
			if again == 1 {
				after()
				return
			}
			for range seq {
				if last() {
					continue outer
				}
			}
		}
	},
	"goto": func(seq iter.Seq2[int, inflight.Result[int]], last func() bool, after func()) {
		for range seq {
			if last() {
				goto out
			}
		}
	out:
		after()
	},
	"panic": func(seq iter.Seq2[int, inflight.Result[int]], last func() bool, after func()) {
		defer func() {
			after()
			if v := recover(); v != "out" {
				panic(v)
			}
		}()
		for range seq {
			if last() {
				panic("out")
			}
		}
	},
	"Goexit": func(seq iter.Seq2[int, inflight.Result[int]], last func() bool, after func()) {
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			defer after()
			for range seq {
				if last() {
					runtime.Goexit()
				}
			}
		}()
		<-gone
	},
	"stop of a pull": func(seq iter.Seq2[int, inflight.Result[int]], last func() bool, after func()) {
		next, stop := iter.Pull2(seq)
		for _, _, ok := next(); ok && !last(); _, _, ok = next() {
		}
		stop()
		after()
		stop()
	},
}

// Whatever way the loop is left in, when the next statement runs the functions
// have been cancelled and have returned, and the input has cleaned up.
func TestAC12_IT1_leaving_the_loop(t *testing.T) {
	for name, leave := range waysOut {
		t.Run(name, func(t *testing.T) {
			both(t, func(s *setting, opts ...eachOption) {
				in := forever()
				var said log
				start, turns := time.Now(), 0
				leave(inflight.Each(s.ctx, in.all, 4, func(ctx context.Context, i int) (int, error) {
					if i == 0 {
						return i, inflight.Sleep(ctx, time.Second)
					}
					return tidies(time.Minute, &said, 0, nil)(ctx)
				}, opts...), func() bool {
					turns++
					return true
				}, func() {
					said.add("after")
					wantEqual(s, "times that the input was left", in.closed.Load(), 1)
					wantEqual(s, "time", time.Since(start), time.Minute+time.Second)
				})
				wantEqual(s, "turns", turns, 1)
				lines := said.said()
				if len(lines) < 4 || lines[len(lines)-1] != "after" {
					s.Errorf("said: %v", lines)
				}
				wantEqual(s, "the caller's context", s.ctx.Err(), nil)
			})
		})
	}
}

// After the loop nothing goes on: no item is pulled and none is called.
func TestAC12_nothing_after_the_break(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		for at := range 30 {
			in := forever()
			var calls atomic.Int64
			n := 0
			for range inflight.Each(s.ctx, in.all, 3, func(_ context.Context, i int) (int, error) {
				calls.Add(1)
				return i, nil
			}, opts...) {
				if n++; n > at {
					break
				}
			}
			pulled, called := in.pulled.Load(), calls.Load()
			time.Sleep(time.Hour)
			wantEqual(s, "pulled", in.pulled.Load(), pulled)
			wantEqual(s, "called", calls.Load(), called)
			if called > pulled || pulled > int64(n+2*3) {
				s.Errorf("%d used, %d called, %d pulled", n, called, pulled)
			}
		}
	})
}

// Items that were pulled and not begun are not called any more at the break.
func TestAC12_break_drops_what_was_not_begun(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		var g gauge
		in := forever()
		for range inflight.Each(s.ctx, in.all, 2, func(ctx context.Context, i int) (int, error) {
			g.enter()
			if i == 0 {
				return 0, nil
			}
			<-ctx.Done()
			return 0, nil
		}, opts...) {
			synctest.Wait()
			break
		}
		_, _, entered := g.read()
		wantEqual(s, "called", entered, 3)
		wantEqual(s, "pulled", in.pulled.Load(), 5)
	})
}

// The input that waits is left at the break when the context that it waits under
// ends, as that of a queue does.
func TestAC12_break_while_the_input_waits(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		closed := false
		in := func(yield func(int) bool) {
			defer func() { closed = true }()
			for i := 0; inflight.Sleep(ctx, time.Hour) == nil && yield(i); i++ {
			}
		}
		for range inflight.Each(s.ctx, in, 4, itself, opts...) {
			cancel()
			break
		}
		wantEqual(s, "input closed", closed, true)
	})
}

// A panic of the function cancels the rest, is joined, and comes out of the loop
// with its stack and the item's name; the statement after the loop does not run.
func TestAC14_panic_of_the_function(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		in := forever()
		var said log
		p := raisedPanic(s, func() {
			for range inflight.Each(s.ctx, in.all, 4, func(ctx context.Context, i int) (int, error) {
				if i == 2 {
					time.Sleep(time.Second)
					return panicsDeepInside(ctx)
				}
				return tidies(time.Minute, &said, 0, nil)(ctx)
			}, opts...) {
			}
			s.Error("the loop came to its end")
		})
		wantEqual(s, "value", p.Value, any(errAsh))
		if !strings.HasPrefix(p.Task, "each-") || !strings.HasSuffix(p.Task, "[2]") {
			s.Errorf("task: got %q", p.Task)
		}
		if !strings.Contains(string(p.Stack), "panicsDeepInside") {
			s.Errorf("the stack does not show where:\n%s", p.Stack)
		}
		if said.count() < 3 {
			s.Errorf("%d cleanups, want 3 or more", said.count())
		}
		wantEqual(s, "times that the input was left", in.closed.Load(), 1)
	})
}

// So does one that comes while the loop is in a turn, or when it was left.
func TestAC14_panic_at_another_time(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		for _, leaves := range []bool{false, true} {
			turns := 0
			p := raisedPanic(s, func() {
				for range inflight.Each(s.ctx, forever().all, 2, func(ctx context.Context, i int) (int, error) {
					if i == 0 {
						return 0, nil
					}
					if leaves {
						<-ctx.Done()
					}
					panic("boo")
				}, opts...) {
					if turns++; turns == 1 {
						synctest.Wait()
					}
					if leaves {
						break
					}
				}
			})
			wantEqual(s, "value", p.Value, any("boo"))
		}
	})
}

// Several panics: the first is raised, the others are attached.
func TestAC14_several_panics(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		p := raisedPanic(s, func() {
			for range inflight.Each(s.ctx, numbers(3).all, 3, func(ctx context.Context, i int) (int, error) {
				if i > 0 {
					<-ctx.Done()
				}
				time.Sleep(time.Duration(i+1) * time.Second)
				panic(i)
			}, opts...) {
			}
		})
		wantEqual(s, "value", p.Value, any(0))
		if len(p.Also) != 2 {
			s.Fatalf("also: %v", p.Also)
		}
		for i, also := range p.Also {
			if q, ok := also.(*inflight.PanicError); !ok || q.Value != any(i+1) {
				s.Errorf("also: got %v", also)
			}
		}
	})
}

// A panic of the input comes out of the loop too, when what was pulled has been
// cancelled and has returned.
func TestAC14_panic_of_the_input(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		for _, pulled := range []int{0, 1, 3, 7} {
			var said log
			p := raisedPanic(s, func() {
				for range inflight.Each(s.ctx, func(yield func(int) bool) {
					for i := range pulled {
						if !yield(i) {
							return
						}
					}
					panicsDeepInside(s.ctx)
				}, 10, tidiesItem(time.Minute, &said), opts...) {
				}
			})
			wantEqual(s, "value", p.Value, any(errAsh))
			if !strings.Contains(string(p.Stack), "panicsDeepInside") {
				s.Errorf("the stack does not show where:\n%s", p.Stack)
			}
			if said.count() > pulled {
				s.Errorf("%d cleanups of %d", said.count(), pulled)
			}
		}
	})
}

func tidiesItem(d time.Duration, said *log) func(context.Context, int) (int, error) {
	return func(ctx context.Context, i int) (int, error) { return tidies(d, said, 0, nil)(ctx) }
}

// An input that panics when it is left: that comes out of the loop.
func TestAC14_panic_of_the_input_at_the_break(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		p := raisedPanic(s, func() {
			for range inflight.Each(s.ctx, func(yield func(int) bool) {
				for yield(1) {
				}
				panic("left")
			}, 2, itself, opts...) {
				break
			}
		})
		wantEqual(s, "value", p.Value, any("left"))
	})
}

// An input that goes on when it was told to stop panics as in any range loop.
func TestAC14_input_goes_on_after_the_end(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		p := raisedPanic(s, func() {
			for range inflight.Each(s.ctx, func(yield func(int) bool) {
				for yield(1) {
				}
				yield(2)
			}, 2, itself, opts...) {
				break
			}
		})
		if _, ok := p.Value.(runtime.Error); !ok {
			s.Errorf("value: got %T %v", p.Value, p.Value)
		}
	})
}

// A panic of the loop's body is the caller's own: it passes as it is, not as a
// *PanicError, and everybody has returned before.
func TestAC14_IT7_panic_of_the_body(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		in := forever()
		var said log
		v := raisedBy(func() {
			for range inflight.Each(s.ctx, in.all, 3, func(ctx context.Context, i int) (int, error) {
				if i == 0 {
					return 0, inflight.Sleep(ctx, time.Second)
				}
				return tidies(time.Minute, &said, 0, nil)(ctx)
			}, opts...) {
				panic(errOak)
			}
		})
		wantEqual(s, "panic", v, any(errOak))
		if said.count() < 2 {
			s.Errorf("%d cleanups, want 2 or more", said.count())
		}
		wantEqual(s, "times that the input was left", in.closed.Load(), 1)
	})
}

// When the body panics and a function does so as it is cancelled, that of the
// function is raised on top of the other, as by a defer.
func TestAC14_panic_of_the_body_and_the_function(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		p := raisedPanic(s, func() {
			for range inflight.Each(s.ctx, forever().all, 2, func(ctx context.Context, i int) (int, error) {
				if i == 0 {
					return 0, nil
				}
				<-ctx.Done()
				panic("function")
			}, opts...) {
				synctest.Wait()
				panic("body")
			}
		})
		wantEqual(s, "value", p.Value, any("function"))
	})
}

// An error that the body returns is not touched by the loop, and does not fail
// anything in it.
func TestIT7_error_of_the_body(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		err := func() error {
			for range inflight.Each(s.ctx, forever().all, 3, itself, opts...) {
				return errOak
			}
			return nil
		}()
		wantErrs(s, err, errOak)
	})
}

// A loop whose body fails its test, by runtime.Goexit, in a task: the task has
// failed with that, and the group goes down with it.
func TestIT7_goexit_of_the_body_in_a_task(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said log
		err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				for range inflight.Each(ctx, forever().all, 3, func(ctx context.Context, i int) (int, error) {
					if i == 0 {
						return 0, nil
					}
					return tidies(time.Minute, &said, 0, nil)(ctx)
				}) {
					synctest.Wait()
					runtime.Goexit()
				}
				return nil
			})
			return nil
		})
		if !errors.Is(err, inflight.ErrGoexit) {
			t.Errorf("got %v", err)
		}
		wantEqual(t, "cleanups", said.count(), 3)
	})
}

// Ranging again after a break, a panic or the end is a loop like the first.
func TestIT2_again_after_leaving(t *testing.T) {
	for name, leave := range waysOut {
		t.Run(name, func(t *testing.T) {
			both(t, func(s *setting, opts ...eachOption) {
				in := numbers(20)
				seq := inflight.Each(s.ctx, in.all, 3, itself, opts...)
				for range 3 {
					leave(seq, func() bool { return true }, func() {})
				}
				wantSlice(s, "items", inputs(s, collect(seq)), upTo(20)...)
				wantEqual(s, "times that the input was left", in.closed.Load(), 4)
			})
		})
	}
}

// Two that range over one sequence at once: the second gets one pair that says
// so, pulls nothing, and does not disturb the first.
func TestIT3_used_by_two_at_once(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		in := numbers(10)
		seq := inflight.Each(s.ctx, in.all, 2, func(ctx context.Context, i int) (int, error) {
			return i, inflight.Sleep(ctx, time.Second)
		}, opts...)
		first := make(chan []got)
		go func() { first <- collect(seq) }()
		time.Sleep(1500 * time.Millisecond)
		pulled := in.pulled.Load()
		second := collect(seq)
		wantEqual(s, "pulled by the second", in.pulled.Load(), pulled)
		wantSlice(s, "pairs of the second", second, got{0, inflight.Result[int]{Err: inflight.ErrConcurrentUse}})
		wantSlice(s, "items of the first", inputs(s, <-first), upTo(10)...)
		wantEqual(s, "pairs of a third, later", len(collect(seq)), 10)
	})
}

// So does a loop within the loop over the same sequence; and a body that leaves
// on that pair harms nothing.
func TestIT3_used_within_itself(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		seq := inflight.Each(s.ctx, numbers(5).all, 2, itself, opts...)
		n := 0
		for range seq {
			n++
			for _, r := range seq {
				wantEqual(s, "inner", r.Err, inflight.ErrConcurrentUse)
				break
			}
		}
		wantEqual(s, "turns", n, 5)
	})
}

// What ends the input early is the last pair, after all that was pulled. A
// sequence has no error, so that it can only be runtime.Goexit.
func TestIT4_error_of_the_input(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		all := collect(inflight.Each(s.ctx, func(yield func(int) bool) {
			yield(1)
			yield(2)
			time.Sleep(time.Hour)
			runtime.Goexit()
		}, 2, itself, opts...))
		if len(all) != 3 {
			s.Fatalf("pairs: %v", all)
		}
		wantSlice(s, "items", inputs(s, all[:2]), 1, 2)
		if last := all[2]; last.in != 0 || !errors.Is(last.r.Err, inflight.ErrGoexit) {
			s.Errorf("last pair: %v", last)
		}
	})
}

// When ctx ends the loop gets what was pulled, with the results that there are,
// and a last pair with the cause.
func TestIT5_caller_cancelled(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		in := forever()
		time.AfterFunc(2500*time.Millisecond, func() { s.cancel(errOak) })
		start := time.Now()
		all := collect(inflight.Each(s.ctx, in.all, 3, func(ctx context.Context, i int) (int, error) {
			return i, inflight.Sleep(ctx, time.Second)
		}, opts...))
		wantEqual(s, "time", time.Since(start), 2500*time.Millisecond)
		last := all[len(all)-1]
		wantCut(s, last.in, last.r, errOak)
		all = all[:len(all)-1]
		wantEqual(s, "pairs before", int64(len(all)), in.pulled.Load())
		var items []int
		for at, g := range all {
			items = append(items, g.in)
			if at < 6 && g.r.Err != nil || at >= 6 && g.r.Err != errOak {
				s.Errorf("pair %d: %v", at, g)
			}
		}
		slices.Sort(items)
		wantSlice(s, "items", items, upTo(len(all))...)
		wantEqual(s, "times that the input was left", in.closed.Load(), 1)
	})
}

// Items that nobody had begun when ctx ended are not called.
func TestIT5_not_called_after_the_end(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		var g gauge
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		all := collect(inflight.Each(s.ctx, forever().all, 2, func(ctx context.Context, i int) (int, error) {
			g.enter()
			<-ctx.Done()
			return i, nil // a success all the same
		}, opts...))
		_, _, entered := g.read()
		wantEqual(s, "called", entered, 2)
		good := 0
		for _, g := range all {
			if g.r.Err == nil {
				good++
			} else if !errors.Is(g.r.Err, errOak) {
				s.Errorf("error: got %v", g.r.Err)
			}
		}
		wantEqual(s, "successes", good, 2)
		wantCut(s, all[len(all)-1].in, all[len(all)-1].r, errOak)
	})
}

// When ctx ends and nothing is cut short by it there is no last pair.
func TestIT5_nothing_was_cut(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		var said log
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		all := collect(inflight.Each(s.ctx, numbers(3).all, 3, func(ctx context.Context, i int) (int, error) {
			_, err := tidies(time.Second, &said, 1, nil)(ctx)
			return i, err
		}, opts...))
		wantSlice(s, "items", inputs(s, all), 0, 1, 2)
	})
}

// ctx ends while the loop is in a turn, and while it waits: both end it.
func TestIT5_cancelled_in_a_turn(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		n := 0
		var last inflight.Result[int]
		for _, r := range inflight.Each(s.ctx, forever().all, 3, itself, opts...) {
			if n++; n == 4 {
				s.cancel(errOak)
			}
			last = r
		}
		wantCut(s, 0, last, errOak)
		if n < 5 || n > 4+2*3+1+1 {
			s.Errorf("%d turns", n)
		}
	})
}

// The input that is pulled at the moment when ctx ends is not lost.
func TestIT5_pulled_as_it_ends(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		left := false
		all := collect(inflight.Each(s.ctx, func(yield func(int) bool) {
			defer func() { left = true }()
			if !yield(1) {
				s.Error("left too early")
			}
			synctest.Wait()
			s.cancel(errOak)
			if yield(2) {
				s.Error("not left in time")
			}
		}, 2, itself, opts...))
		if len(all) != 3 {
			s.Fatalf("pairs: %v", all)
		}
		wantSlice(s, "pairs", all[:2],
			got{1, inflight.Result[int]{Value: 1}},
			got{2, inflight.Result[int]{Err: errOak}})
		wantCut(s, all[2].in, all[2].r, errOak)
		wantEqual(s, "input left", left, true)
	})
}

// So it is with Each, for items that are pulled already.
func TestIT5_item_ends_the_context(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		calls := 0
		all := collect(inflight.Each(s.ctx, numbers(100).all, 1, func(ctx context.Context, i int) (int, error) {
			calls++
			time.Sleep(time.Second) // the next one is pulled
			s.cancel(errOak)
			return i, nil
		}, opts...))
		wantEqual(s, "calls", calls, 1)
		wantCut(s, all[len(all)-1].in, all[len(all)-1].r, errOak)
	})
}

// An input that ends because ctx does was cut short: the loop is told, and does
// not take it for complete.
func TestIT5_input_that_ends_with_the_context(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		for _, items := range []int{0, 1, 3} {
			ctx, cancel := context.WithCancelCause(s.ctx)
			timer := time.AfterFunc(time.Hour, func() { cancel(errOak) })
			all := collect(inflight.Each(ctx, func(yield func(int) bool) {
				for i := range items {
					if inflight.Sleep(ctx, time.Second) != nil || !yield(i) {
						return
					}
				}
				inflight.Sleep(ctx, 2*time.Hour) // as the All of an empty queue does
			}, 2, itself, opts...))
			timer.Stop()
			if len(all) != items+1 {
				s.Errorf("%d pairs of %d items, want one more for the cause", len(all), items)
			} else {
				wantCut(s, all[items].in, all[items].r, errOak)
			}
		}
	})
}

// A context that had ended before the loop: one pair, and nothing is pulled; but
// it counts only when the loop begins.
func TestIT5_ended_before(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		in := numbers(3)
		seq := inflight.Each(s.ctx, in.all, 2, itself, opts...)
		wantEqual(s, "pairs", len(collect(seq)), 3)
		s.cancel(errOak)
		all := collect(seq)
		wantEqual(s, "pairs", len(all), 1)
		wantCut(s, all[0].in, all[0].r, errOak)
		wantEqual(s, "pulled", in.pulled.Load(), 3)
		for range seq {
			break
		}
	})
}

// The items' contexts hold the caller's values, and have ended when the loop has.
func TestIT5_contexts(t *testing.T) {
	type key struct{}
	both(t, func(s *setting, opts ...eachOption) {
		var kept [10]context.Context
		all := collect(inflight.Each(context.WithValue(s.ctx, key{}, 7), numbers(10).all, 3, func(ctx context.Context, i int) (int, error) {
			kept[i] = ctx
			wantEqual(s, "value", ctx.Value(key{}), any(7))
			err := inflight.Sleep(ctx, time.Duration(i))
			wantEqual(s, "context's error", ctx.Err(), nil)
			return i, err
		}, opts...))
		wantSlice(s, "items", inputs(s, all), upTo(10)...)
		for i, ctx := range kept {
			if ctx.Err() == nil {
				s.Errorf("the context of item %d goes on", i)
			}
		}
	})
}

// Loops over two producers at once, in any interleaving, do not hold each other
// up.
func TestIT8_two_producers(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		sleepy := func(ctx context.Context, i int) (int, error) {
			return i, inflight.Sleep(ctx, time.Duration(i%5))
		}
		nextA, stopA := iter.Pull2(inflight.Each(s.ctx, numbers(40).all, 2, sleepy, opts...))
		defer stopA()
		nextB, stopB := iter.Pull2(inflight.Each(s.ctx, forever().all, 3, sleepy, opts...))
		defer stopB()
		a, b := 0, 0
		for {
			_, r, ok := nextA()
			if !ok {
				break
			}
			wantEqual(s, "error of the first", r.Err, nil)
			a++
			for range a % 3 {
				_, r, ok := nextB()
				wantEqual(s, "second goes on", ok, true)
				wantEqual(s, "error of the second", r.Err, nil)
				b++
			}
		}
		wantEqual(s, "items of the first", a, 40)
	})
}

// A producer whose input is another producer: three deep, and left early.
func TestIT8_chained(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		var said log
		stage := func(in iter.Seq[int]) iter.Seq[int] {
			return func(yield func(int) bool) {
				defer said.add("left")
				for i, r := range inflight.Each(s.ctx, in, 3, func(ctx context.Context, i int) (int, error) {
					return i, inflight.Sleep(ctx, time.Second)
				}, opts...) {
					if r.Err != nil || !yield(i) {
						return
					}
				}
			}
		}
		in := forever()
		seen := make(map[int]bool)
		for i := range stage(stage(stage(in.all))) {
			if seen[i] = true; len(seen) == 50 {
				break
			}
		}
		wantEqual(s, "left", said.count(), 3)
		wantEqual(s, "times that the input was left", in.closed.Load(), 1)
		if pulled := in.pulled.Load(); pulled > 50+3*(2*3+1) {
			s.Errorf("%d pulled for 50", pulled)
		}
	})
}

// A loop within the function of a loop, and one within the body: limits are each
// their own.
func TestIT8_nested(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		var inner gauge
		run := func(ctx context.Context, i int) (sum int, err error) {
			for k, r := range inflight.Each(ctx, numbers(5).all, 2, func(ctx context.Context, k int) (int, error) {
				inner.enter()
				defer inner.leave()
				return k, inflight.Sleep(ctx, time.Second)
			}, opts...) {
				sum += k
				if r.Err != nil {
					return 0, r.Err
				}
			}
			return sum, nil
		}
		turns := 0
		for _, r := range inflight.Each(s.ctx, numbers(6).all, 3, run, opts...) {
			wantEqual(s, "result", r, inflight.Result[int]{Value: 10})
			sum, err := run(s.ctx, 0)
			wantErrs(s, err)
			wantEqual(s, "sum in the body", sum, 10)
			turns++
		}
		wantEqual(s, "turns", turns, 6)
		_, top, _ := inner.read()
		if top < 2 || top > 4*2 {
			s.Errorf("%d were inside", top)
		}
	})
}

// On one processor, with functions that never wait, a loop comes to its end all
// the same.
func TestIT8_one_processor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	both(t, func(s *setting, opts ...eachOption) {
		for _, limit := range []int{1, 2, 100} {
			all := collect(inflight.Each(s.ctx, numbers(500).all, limit, itself, opts...))
			wantSlice(s, "items", inputs(s, all), upTo(500)...)
		}
	})
}

// An error whose methods panic is a panic of its item, for Each as for Map.
func TestAC14_error_that_panics(t *testing.T) {
	both(t, func(s *setting, opts ...eachOption) {
		p := raisedPanic(s, func() {
			for range inflight.Each(s.ctx, numbers(3).all, 2, func(ctx context.Context, i int) (int, error) {
				s.cancel(errOak)
				<-ctx.Done()
				return 0, panickyError{}
			}, opts...) {
			}
		})
		wantEqual(s, "value", p.Value, any("unwrapped"))
	})
}

type panickyError struct{}

func (panickyError) Error() string { return "panicky" }
func (panickyError) Unwrap() error { panic("unwrapped") }
