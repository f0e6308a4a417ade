package inflight_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
)

// firsts are the three that return one result, for what they have in common.
var firsts = []struct {
	name string
	call func(ctx context.Context, fns ...func(context.Context) (int, error)) (int, error)
}{
	{"Any", inflight.Any[int]},
	{"Race", inflight.Race[int]},
	{"Hedge", func(ctx context.Context, fns ...func(context.Context) (int, error)) (int, error) {
		return inflight.Hedge(ctx, 0, fns...)
	}},
}

// forFirsts runs a test for each of them, in each setting.
func forFirsts(t *testing.T, test func(s *setting, name string, call func(context.Context, ...func(context.Context) (int, error)) (int, error))) {
	for _, f := range firsts {
		t.Run(f.name, func(t *testing.T) {
			underEach(t, func(s *setting) { test(s, f.name, f.call) })
		})
	}
}

// The first success wins, also after failures; the losers have been cancelled and
// have returned.
func TestGA13_first_success_wins(t *testing.T) {
	for _, f := range firsts {
		if f.name == "Race" {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			underEach(t, func(s *setting) {
				var said log
				start := time.Now()
				v, err := f.call(s.ctx,
					tidies(time.Minute, &said, 1, nil),
					takes(time.Second, 2, errOak),
					takes(3*time.Second, 3, nil),
					takes(2*time.Second, 4, errElm),
					tidies(time.Hour, &said, 5, errAsh),
				)
				wantErrs(s, err)
				wantEqual(s, "value", v, 3)
				wantEqual(s, "cleanups", said.count(), 2)
				wantEqual(s, "time", time.Since(start), time.Hour+3*time.Second)
				wantEqual(s, "the caller's context", s.ctx.Err(), nil)
			})
		})
	}
}

// When all fail, all errors are returned, in the order in which they happened; a
// single one is bare.
func TestGA13_all_fail(t *testing.T) {
	underEach(t, func(s *setting) {
		v, err := inflight.Any(s.ctx,
			takes(2*time.Second, 1, errOak),
			takes(3*time.Second, 2, errElm),
			takes(time.Second, 3, errAsh),
		)
		wantErrs(s, err, errAsh, errOak, errElm)
		wantEqual(s, "value", v, 0)
		v, err = inflight.Any(s.ctx, takes(time.Second, 1, errOak))
		wantErrs(s, err, errOak)
		wantEqual(s, "value", v, 0)
	})
}

// One function: its value, or its error.
func TestGA13_one_function(t *testing.T) {
	forFirsts(t, func(s *setting, _ string, call func(context.Context, ...func(context.Context) (int, error)) (int, error)) {
		v, err := call(s.ctx, takes(time.Second, 1, nil))
		wantErrs(s, err)
		wantEqual(s, "value", v, 1)
		_, err = call(s.ctx, takes(time.Second, 1, errOak))
		wantErrs(s, err, errOak)
	})
}

// What a loser makes of its cancellation, a failure too, does not come out.
func TestGA13_losers_are_not_heard(t *testing.T) {
	forFirsts(t, func(s *setting, _ string, call func(context.Context, ...func(context.Context) (int, error)) (int, error)) {
		var said log
		v, err := call(s.ctx,
			tidies(time.Second, &said, 0, errOak),
			tidies(time.Second, &said, 0, nil),
			tidies(time.Second, &said, 9, nil),
			takes(time.Second, 4, nil),
		)
		wantErrs(s, err)
		wantEqual(s, "value", v, 4)
		wantEqual(s, "cleanups", said.count(), 3)
	})
}

// A function that ends its goroutine has failed, and the next may win.
func TestGA13_goexit_is_a_failure(t *testing.T) {
	forFirsts(t, func(s *setting, name string, call func(context.Context, ...func(context.Context) (int, error)) (int, error)) {
		gone := func(context.Context) (int, error) { runtime.Goexit(); return 1, nil }
		v, err := call(s.ctx, gone)
		if v != 0 || !errors.Is(err, inflight.ErrGoexit) {
			s.Errorf("alone: got %d, %v", v, err)
		}
		v, err = call(s.ctx, gone, takes(time.Second, 2, nil))
		if name == "Race" {
			if v != 0 || !errors.Is(err, inflight.ErrGoexit) {
				s.Errorf("with another: got %d, %v", v, err)
			}
			return
		}
		wantErrs(s, err)
		wantEqual(s, "value", v, 2)
	})
}

// A panic is raised when all have returned, be it the first that happens or that
// of a loser.
func TestGA13_panic(t *testing.T) {
	forFirsts(t, func(s *setting, _ string, call func(context.Context, ...func(context.Context) (int, error)) (int, error)) {
		var said log
		boo := func(context.Context) (int, error) { panic("boo") }
		p := raisedPanic(s, func() { call(s.ctx, tidies(time.Minute, &said, 0, nil), boo) })
		wantEqual(s, "value", p.Value, any("boo"))
		p = raisedPanic(s, func() {
			call(s.ctx, takes(time.Second, 1, nil), func(ctx context.Context) (int, error) {
				<-ctx.Done()
				panic("late")
			}, tidies(time.Minute, &said, 0, nil))
		})
		wantEqual(s, "value", p.Value, any("late"))
		wantEqual(s, "cleanups", said.count(), 2)
	})
}

// Two that win at the same moment: one of the two is returned, and nobody is left
// behind (the bubble would not end).
func TestGA14_two_winners_at_once(t *testing.T) {
	forFirsts(t, func(s *setting, _ string, call func(context.Context, ...func(context.Context) (int, error)) (int, error)) {
		for range 20 {
			both := make(chan struct{})
			wins := func(v int) func(context.Context) (int, error) {
				return func(context.Context) (int, error) { <-both; return v, nil }
			}
			time.AfterFunc(time.Second, func() { close(both) })
			v, err := call(s.ctx, wins(1), wins(2), takes(time.Hour, 3, nil))
			wantErrs(s, err)
			if v != 1 && v != 2 {
				s.Errorf("value: got %d", v)
			}
		}
	})
}

// A success and a failure at the same moment: for Any and Hedge the success wins.
func TestGA14_success_and_failure_at_once(t *testing.T) {
	for _, call := range []func(context.Context, ...func(context.Context) (int, error)) (int, error){firsts[0].call, firsts[2].call} {
		underEach(t, func(s *setting) {
			for range 20 {
				v, err := call(s.ctx, takes(time.Second, 1, errOak), takes(time.Second, 2, nil), takes(time.Second, 3, errElm))
				wantErrs(s, err)
				wantEqual(s, "value", v, 2)
			}
		})
	}
}

// All functions of Any and Race are called, also when one has won before another
// began.
func TestGA14_won_before_the_others_begin(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, f := range firsts[:2] {
		underEach(t, func(s *setting) {
			var calls, late atomic.Int32
			fn := func(ctx context.Context) (int, error) {
				calls.Add(1)
				if ctx.Err() != nil {
					late.Add(1)
				}
				return 1, nil
			}
			v, err := f.call(s.ctx, slices.Repeat([]func(context.Context) (int, error){fn}, 50)...)
			wantErrs(s, err)
			wantEqual(s, "value", v, 1)
			wantEqual(s, "calls", calls.Load(), 50)
			if late.Load() == 0 {
				s.Error("no function found its context ended")
			}
		})
	}
}

// The first completion wins, an error too, whatever the others would have brought.
func TestGA15_first_completion_wins(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		start := time.Now()
		v, err := inflight.Race(s.ctx,
			takes(2*time.Second, 1, nil),
			takes(time.Second, 2, errOak),
			tidies(time.Minute, &said, 3, nil),
		)
		wantErrs(s, err, errOak)
		wantEqual(s, "value that came with the error", v, 2)
		wantEqual(s, "cleanups", said.count(), 1)
		wantEqual(s, "time", time.Since(start), time.Minute+time.Second)

		v, err = inflight.Race(s.ctx, takes(2*time.Second, 1, errOak), takes(time.Second, 2, nil))
		wantErrs(s, err)
		wantEqual(s, "value", v, 2)
	})
}

// hedged starts functions with Hedge and says when each was called.
func hedged(ctx context.Context, delay time.Duration, fns ...func(context.Context) (int, error)) (v int, began []time.Duration, took time.Duration, err error) {
	start := time.Now()
	var mu sync.Mutex
	for i, fn := range fns {
		fns[i] = func(ctx context.Context) (int, error) {
			mu.Lock()
			began = append(began, time.Since(start))
			mu.Unlock()
			return fn(ctx)
		}
	}
	v, err = inflight.Hedge(ctx, delay, fns...)
	return v, began, time.Since(start), err
}

// The next one is started whenever the delay has passed, until one succeeds;
// those that are left are never called.
func TestGA16_next_after_the_delay(t *testing.T) {
	underEach(t, func(s *setting) {
		v, began, took, err := hedged(s.ctx, time.Second,
			takes(time.Hour, 1, nil),
			takes(1500*time.Millisecond, 2, nil),
			takes(time.Hour, 3, nil),
			takes(0, 4, nil),
		)
		wantErrs(s, err)
		wantEqual(s, "value", v, 2)
		wantSlice(s, "began", began, 0, time.Second, 2*time.Second)
		wantEqual(s, "time", took, 2500*time.Millisecond)
	})
}

// A function that is quick enough is the only one that is called.
func TestGA16_the_first_is_quick(t *testing.T) {
	underEach(t, func(s *setting) {
		v, began, took, err := hedged(s.ctx, time.Second, takes(999*time.Millisecond, 1, nil), takes(0, 2, nil))
		wantErrs(s, err)
		wantEqual(s, "value", v, 1)
		wantSlice(s, "began", began, 0)
		wantEqual(s, "time", took, 999*time.Millisecond)
	})
}

// When the last one started fails the next is started at once, and the delay
// begins anew.
func TestGA16_next_after_a_failure(t *testing.T) {
	underEach(t, func(s *setting) {
		v, began, _, err := hedged(s.ctx, time.Minute,
			takes(time.Second, 1, errOak),
			takes(2*time.Second, 2, errElm),
			takes(time.Hour, 3, nil),
			takes(time.Second, 4, nil),
		)
		wantErrs(s, err)
		wantEqual(s, "value", v, 4)
		wantSlice(s, "began", began, 0, time.Second, 3*time.Second, 63*time.Second)

		v, began, _, err = hedged(s.ctx, time.Minute,
			takes(time.Hour, 1, nil), takes(time.Second, 2, errOak), takes(time.Second, 3, nil))
		wantErrs(s, err)
		wantEqual(s, "value, while the first one runs", v, 3)
		wantSlice(s, "began, while the first one runs", began, 0, time.Minute, 61*time.Second)
	})
}

// The failure of an earlier one does not bring the next forward.
func TestGA16_failure_of_an_earlier_one(t *testing.T) {
	underEach(t, func(s *setting) {
		v, began, _, err := hedged(s.ctx, time.Minute,
			takes(90*time.Second, 1, errOak),
			takes(time.Hour, 2, nil),
			takes(time.Second, 3, nil),
		)
		wantErrs(s, err)
		wantEqual(s, "value", v, 3)
		wantSlice(s, "began", began, 0, time.Minute, 2*time.Minute)
	})
}

// An earlier one may still win when a later one has been started.
func TestGA16_an_earlier_one_wins(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		v, _, took, err := hedged(s.ctx, time.Second,
			takes(2500*time.Millisecond, 1, nil), tidies(time.Hour, &said, 0, nil), takes(time.Hour, 3, errOak))
		wantErrs(s, err)
		wantEqual(s, "value", v, 1)
		wantEqual(s, "time", took, time.Hour+2500*time.Millisecond)
	})
}

// When all fail, the errors are in the order of the starts, not of the failures.
func TestGA16_all_fail(t *testing.T) {
	underEach(t, func(s *setting) {
		_, began, _, err := hedged(s.ctx, time.Second,
			takes(5*time.Second, 0, errOak), takes(4*time.Second, 0, errElm), takes(time.Millisecond, 0, errAsh))
		wantErrs(s, err, errOak, errElm, errAsh)
		wantEqual(s, "starts", len(began), 3)
		_, _, _, err = hedged(s.ctx, time.Second, takes(2*time.Second, 0, errOak))
		wantErrs(s, err, errOak)
	})
}

// Without a delay all are started at once, in order; a negative one is none.
func TestGA16_no_delay(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, delay := range []time.Duration{0, -time.Hour} {
			var gate log
			fn := func(ctx context.Context) (int, error) {
				gate.add("in")
				return gate.count(), inflight.Sleep(ctx, time.Second)
			}
			start := time.Now()
			_, err := inflight.Hedge(s.ctx, delay, fn, fn, fn)
			wantErrs(s, err)
			wantEqual(s, "calls", gate.count(), 3)
			wantEqual(s, "time", time.Since(start), time.Second)
		}
	})
}

// A delay of Never: the next one only when the last has failed.
func TestGA16_never_by_time(t *testing.T) {
	underEach(t, func(s *setting) {
		v, began, _, err := hedged(s.ctx, inflight.Never, takes(time.Hour, 0, errOak), takes(time.Hour, 2, nil), takes(0, 3, nil))
		wantErrs(s, err)
		wantEqual(s, "value", v, 2)
		wantSlice(s, "began", began, 0, time.Hour)
	})
}

// A panic of one that is hedged is raised when the others have returned.
func TestGA16_panic_of_a_later_one(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		p := raisedPanic(s, func() {
			inflight.Hedge(s.ctx, time.Second, tidies(time.Minute, &said, 0, nil), panicsDeepInside, takes(0, 3, nil))
		})
		wantEqual(s, "value", p.Value, any(errAsh))
		wantEqual(s, "cleanups", said.count(), 1)
	})
}

// When the caller's context ends, all are cancelled and joined and the cause is
// returned.
func TestGA17_caller_cancelled(t *testing.T) {
	forFirsts(t, func(s *setting, name string, call func(context.Context, ...func(context.Context) (int, error)) (int, error)) {
		var said log
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		start := time.Now()
		v, err := call(s.ctx, tidies(time.Minute, &said, 0, nil), takes(time.Hour, 2, nil), tidies(time.Hour, &said, 0, nil))
		wantErrs(s, err, errOak)
		wantEqual(s, "value", v, 0)
		wantEqual(s, "cleanups", said.count(), 2)
		wantEqual(s, "time", time.Since(start), time.Hour+time.Second)
	})
}

// Hedge that is cancelled while it waits to start the next starts no more.
func TestGA17_hedge_cancelled_between_two(t *testing.T) {
	underEach(t, func(s *setting) {
		time.AfterFunc(1500*time.Millisecond, func() { s.cancel(errOak) })
		_, began, _, err := hedged(s.ctx, time.Second,
			takes(time.Hour, 1, nil), takes(time.Hour, 2, nil), takes(0, 3, nil))
		wantErrs(s, err, errOak)
		wantSlice(s, "began", began, 0, time.Second)
	})
}

// A deadline that passes before the next was due is a cancellation too.
func TestGA17_hedge_deadline(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, cancel := context.WithTimeoutCause(s.ctx, 1500*time.Millisecond, errOak)
		defer cancel()
		_, began, took, err := hedged(ctx, time.Second,
			takes(time.Hour, 1, nil), takes(time.Hour, 2, nil), takes(0, 3, nil))
		wantErrs(s, err, errOak)
		wantSlice(s, "began", began, 0, time.Second)
		wantEqual(s, "time", took, 1500*time.Millisecond)
	})
}

// The functions that clean up after such a deadline are waited for, without a
// turn for those that were not started.
func TestGA17_hedge_deadline_and_cleanup(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, d := inflight.WithDeadline(s.ctx, time.Second)
		defer d.Stop()
		var said log
		_, began, took, err := hedged(ctx, time.Hour, tidies(time.Minute, &said, 0, nil), takes(0, 2, nil))
		if !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("error: got %v", err)
		}
		wantSlice(s, "began", began, 0)
		wantEqual(s, "time", took, time.Minute+time.Second)
	})
}

// Failures from before the cancellation are there too, and the cause is the last.
func TestGA17_failures_and_the_cause(t *testing.T) {
	for _, call := range []func(context.Context, ...func(context.Context) (int, error)) (int, error){firsts[0].call, firsts[2].call} {
		underEach(t, func(s *setting) {
			time.AfterFunc(time.Minute, func() { s.cancel(errOak) })
			_, err := call(s.ctx, takes(time.Second, 0, errElm), takes(time.Hour, 2, nil), takes(2*time.Second, 0, errAsh))
			wantErrs(s, err, errElm, errAsh, errOak)
		})
	}
}

// A function that succeeds although the caller's context has ended has won.
func TestGA17_success_after_the_cancellation(t *testing.T) {
	for _, f := range firsts[:2] {
		t.Run(f.name, func(t *testing.T) {
			underEach(t, func(s *setting) {
				var said log
				time.AfterFunc(time.Second, func() { s.cancel(errOak) })
				v, err := f.call(s.ctx, takes(time.Hour, 1, nil), tidies(time.Second, &said, 2, nil))
				if f.name == "Race" { // what the first makes of its cancellation is no completion
					wantEqual(s, "cleanups", said.count(), 1)
				}
				wantErrs(s, err)
				wantEqual(s, "value", v, 2)
			})
		})
	}
}

// A success that is there when the caller's context ends, or that comes all the
// same, has won, as with Any and Race.
func TestGA17_hedge_success_after_the_cancellation(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		v, err := inflight.Hedge(s.ctx, 0, takes(time.Hour, 1, nil), tidies(time.Second, &said, 2, nil))
		wantErrs(s, err)
		wantEqual(s, "value", v, 2)
	})
}

// The value and the cancellation come at the same moment: it is one of the two,
// never both and never none.
func TestGA17_cancelled_at_the_same_moment(t *testing.T) {
	for range 10 {
		forFirsts(t, func(s *setting, _ string, call func(context.Context, ...func(context.Context) (int, error)) (int, error)) {
			time.AfterFunc(time.Second, func() { s.cancel(errOak) })
			v, err := call(s.ctx, takes(time.Second, 1, nil), takes(time.Second, 1, nil))
			if (v != 1 || err != nil) && (v != 0 || err != errOak) {
				s.Errorf("got %d, %v", v, err)
			}
		})
	}
}

// A context that had ended before: nothing is called, and the cause is returned.
func TestGA17_ended_before(t *testing.T) {
	forFirsts(t, func(s *setting, _ string, call func(context.Context, ...func(context.Context) (int, error)) (int, error)) {
		s.cancel(errOak)
		_, err := call(s.ctx, func(context.Context) (int, error) { s.Error("called"); return 1, nil })
		wantErrs(s, err, errOak)
	})
}

// The functions' contexts: alive while they run, ended after, and a loser's cause
// is not the caller's.
func TestGA17_contexts_end(t *testing.T) {
	forFirsts(t, func(s *setting, _ string, call func(context.Context, ...func(context.Context) (int, error)) (int, error)) {
		var kept, lost context.Context
		_, err := call(s.ctx, func(ctx context.Context) (int, error) {
			kept = ctx
			return 1, inflight.Sleep(ctx, time.Second)
		}, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			lost = ctx
			wantEqual(s, "loser's error", ctx.Err(), context.Canceled)
			return 0, ctx.Err()
		})
		wantErrs(s, err)
		wantEqual(s, "the winner's context after", kept.Err(), context.Canceled)
		if errors.Is(context.Cause(lost), errOak) {
			s.Errorf("the loser's cause: %v", context.Cause(lost))
		}
	})
}

// Without functions there is nothing to wait for, whatever the context.
func TestGA18_no_functions(t *testing.T) {
	forFirsts(t, func(s *setting, _ string, call func(context.Context, ...func(context.Context) (int, error)) (int, error)) {
		_, err := call(s.ctx)
		wantErrs(s, err, inflight.ErrNoTasks)
	})
}

// Races within races: one value comes out, and nobody is left.
func TestGA14_nested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fn := takes(time.Second, 1, nil)
		for range 5 {
			inner := fn
			fn = func(ctx context.Context) (int, error) {
				return inflight.Any(ctx, takes(time.Hour, 9, nil), inner, func(ctx context.Context) (int, error) {
					return inflight.Race(ctx, inner, takes(time.Hour, 9, nil))
				})
			}
		}
		v, err := fn(t.Context())
		wantErrs(t, err)
		wantEqual(t, "value", v, 1)
	})
}
