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

// A timeout that passes: the work ends with the cause that the timeout was given.
//
// Go has it: context.WithTimeoutCause
func TestTO1_timeout_passes(t *testing.T) {
	underEach(t, func(s *setting) {
		works := map[string]func(ctx context.Context) error{
			"sleep": func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) },
			"group": func(ctx context.Context) error {
				return inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
					g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) })
					return nil
				})
			},
			"gather": func(ctx context.Context) error {
				_, err := inflight.Gather(ctx, takes(time.Hour, 0, nil), takes(time.Hour, 0, nil))
				return err
			},
			"map": func(ctx context.Context) error {
				_, err := inflight.Map(ctx, []time.Duration{time.Hour, 0}, 1, waits)
				return err
			},
			"promise": func(ctx context.Context) error {
				_, err := inflight.NewPromise[int](ctx).Await(ctx)
				return err
			},
			"limiter": func(ctx context.Context) error { return inflight.NewLimiter(0).Acquire(ctx) },
		}
		for name, work := range works {
			ctx, cancel := context.WithTimeoutCause(s.ctx, time.Second, errOak)
			start := time.Now()
			err := work(ctx)
			cancel()
			if err != errOak || time.Since(start) != time.Second || ctx.Err() != context.DeadlineExceeded {
				s.Errorf("%s: got %v after %v, context %v", name, err, time.Since(start), ctx.Err())
			}

			ctx, d := inflight.WithDeadline(s.ctx, time.Second)
			start = time.Now()
			err = work(ctx)
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
				s.Errorf("%s with a Deadline: got %v after %v", name, err, time.Since(start))
			}
			if err != context.Cause(ctx) || ctx.Err() != context.DeadlineExceeded || !d.Expired() || d.Stop() {
				s.Errorf("%s with a Deadline: got %v, context %v, cause %v, expired %v", name, err, ctx.Err(), context.Cause(ctx), d.Expired())
			}
		}
	})
}

// A Deadline's context says when it ends, and tells those below it.
func TestTO1_deadline_is_known(t *testing.T) {
	underEach(t, func(s *setting) {
		start := time.Now()
		outer, o := inflight.WithDeadline(s.ctx, time.Minute)
		defer o.Stop()
		inner, i := inflight.WithDeadline(outer, time.Hour)
		defer i.Stop()
		below, cancel := context.WithCancel(inner)
		defer cancel()
		for name, ctx := range map[string]context.Context{"outer": outer, "inner": inner, "below": below} {
			at, ok := ctx.Deadline()
			if !ok || at.Sub(start) != time.Minute {
				s.Errorf("%s: deadline %v, %v", name, at.Sub(start), ok)
			}
		}
		o.Reset(2 * time.Hour)
		at, _ := below.Deadline()
		wantEqual(s, "deadline after Reset", at.Sub(start), time.Hour)
		<-below.Done()
		wantEqual(s, "time", time.Since(start), time.Hour)
		wantEqual(s, "error", below.Err(), context.DeadlineExceeded)
		wantEqual(s, "cause", context.Cause(below), context.Cause(inner))
		wantEqual(s, "outer", outer.Err(), nil)
	})
}

// A timeout that does not pass changes nothing, and its timer is gone.
//
// Go has it: context.WithTimeoutCause
func TestTO2_timeout_does_not_pass(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, cancel := context.WithTimeoutCause(s.ctx, time.Minute, errOak)
		v, err := inflight.Gather(ctx, takes(time.Second, 7, nil))
		wantErrs(s, err)
		wantSlice(s, "values", v, 7)
		wantEqual(s, "context", ctx.Err(), nil)
		cancel()
		time.Sleep(time.Hour)
		wantEqual(s, "cause", context.Cause(ctx), context.Canceled)

		ctx, d := inflight.WithDeadline(s.ctx, time.Minute)
		_, err = inflight.Gather(ctx, takes(time.Second, 7, nil))
		wantErrs(s, err)
		wantEqual(s, "context", ctx.Err(), nil)
		wantEqual(s, "expired", d.Expired(), false)
		wantEqual(s, "stopped in time", d.Stop(), true)
		wantEqual(s, "context after Stop", ctx.Err(), context.Canceled)
		time.Sleep(time.Hour)
		wantEqual(s, "stopped in time, again", d.Stop(), true)
		wantEqual(s, "expired", d.Expired(), false)
		wantEqual(s, "cause", context.Cause(ctx), context.Canceled)
		wantEqual(s, "the caller's context", s.ctx.Err(), nil)
	})
}

// Stopping a thousand deadlines leaves no goroutine and no timer that would make
// the clock of the bubble go on.
func TestTO2_nothing_is_left(t *testing.T) {
	underEach(t, func(s *setting) {
		start, before := time.Now(), inBubble()
		for range 1000 {
			_, d := inflight.WithDeadline(s.ctx, time.Hour)
			d.Reset(2 * time.Hour)
			d.Stop()
		}
		synctest.Wait()
		if n := inBubble(); n > before {
			s.Errorf("%d goroutines, %d before", n, before)
		}
		wantEqual(s, "time", time.Since(start), 0)
	})
}

// A deadline of Never does not pass, and is none.
func TestTO3_never(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, d := inflight.WithDeadline(s.ctx, inflight.Never)
		defer d.Stop()
		if at, ok := ctx.Deadline(); ok {
			s.Errorf("it has a deadline at %v", at)
		}
		wantErrs(s, inflight.Sleep(ctx, 1000*time.Hour))
		wantEqual(s, "expired", d.Expired(), false)

		shield, cancel := inflight.Shield(s.ctx, inflight.Never)
		defer cancel()
		if at, ok := shield.Deadline(); ok {
			s.Errorf("the shield has a deadline at %v", at)
		}
		wantErrs(s, inflight.Sleep(shield, 1000*time.Hour))
	})
}

// A deadline of zero, or in the past, has passed at entry: nothing that is started
// under it is called.
//
// Go has it: context.WithTimeoutCause, context.WithDeadlineCause
func TestTO4_zero_or_past(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, d := range []time.Duration{0, -1, -time.Hour} {
			mine, handle := inflight.WithDeadline(s.ctx, d)
			std, cancel := context.WithTimeoutCause(s.ctx, d, errOak)
			past, cancel2 := context.WithDeadlineCause(s.ctx, time.Now().Add(d), errOak)
			for _, ctx := range []context.Context{mine, std, past} {
				never := func(context.Context) (int, error) { s.Error("called"); return 0, nil }
				cause := context.Cause(ctx)
				_, err := inflight.Gather(ctx, never)
				wantErrs(s, err, cause)
				_, err = inflight.Hedge(ctx, 0, never)
				wantErrs(s, err, cause)
				_, err = inflight.Map(ctx, []int{1}, 1, func(ctx context.Context, _ int) (int, error) { return never(ctx) })
				wantErrs(s, err, cause)
				err = inflight.Run(ctx, func(ctx context.Context, _ *inflight.TaskGroup) error { never(ctx); return nil })
				wantErrs(s, err, cause)
				wantErrs(s, inflight.Sleep(ctx, 0), cause)
				wantEqual(s, "context", ctx.Err(), context.DeadlineExceeded)
			}
			wantEqual(s, "expired", handle.Expired(), true)
			wantEqual(s, "Reset", handle.Reset(time.Hour), false)
			wantEqual(s, "Stop", handle.Stop(), false)
			cancel()
			cancel2()
		}
	})
}

// A context that had ended when the deadline was made: it is cancelled, and not
// by the deadline.
func TestTO4_below_an_ended_context(t *testing.T) {
	underEach(t, func(s *setting) {
		s.cancel(errOak)
		for _, d := range []time.Duration{0, time.Second, inflight.Never} {
			ctx, handle := inflight.WithDeadline(s.ctx, d)
			wantEqual(s, "cause", context.Cause(ctx), errOak)
			wantEqual(s, "context", ctx.Err(), context.Canceled)
			wantEqual(s, "Reset", handle.Reset(time.Hour), false)
			wantEqual(s, "expired", handle.Expired(), false)
			wantEqual(s, "Stop", handle.Stop(), true)
		}
	})
}

// [≠] A task that is done is awaited with an ended context: asyncio's wait_for
// with a timeout of 0 returns its value. Here Await fails, because a context that
// has ended always does that; Result and Wait have the value.
func TestTO5_done_and_no_time_left(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		task := inflight.Go(g, takes(time.Second, 7, nil))
		time.Sleep(time.Minute)
		ctx, d := inflight.WithDeadline(s.ctx, 0)
		defer d.Stop()
		_, err := task.Await(ctx)
		if !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("Await: got %v", err)
		}
		v, err := task.Result()
		wantErrs(s, err)
		wantEqual(s, "Result", v, 7)
		done, pending, err := inflight.Wait(ctx, inflight.AllDone, task)
		wantErrs(s, err)
		wantWaited(s, done, pending, awaitables{task}, nil)
	})
}

// Three nested deadlines at the same moment: the outermost one is what is
// reported, in whichever order their timers run.
func TestTO6_timers_in_each_order(t *testing.T) {
	for _, p := range permutations(3) {
		underEach(t, func(s *setting) {
			c := &clock{now: time.Now()}
			defer simulate(c)()
			outer, o := inflight.WithDeadline(s.ctx, time.Second)
			middle, m := inflight.WithDeadline(context.WithValue(outer, t, 1), time.Second)
			inner, i := inflight.WithDeadline(middle, time.Second)
			c.now = c.now.Add(time.Second)
			for _, at := range p {
				c.timers[at].f()
				if err := context.Cause(inner); err == nil || err != context.Cause(outer) || err != context.Cause(middle) {
					s.Errorf("%v: causes %v, %v and %v", p, context.Cause(outer), context.Cause(middle), err)
				}
			}
			for _, d := range []*inflight.Deadline{i, m, o} {
				wantEqual(s, "in time", d.Stop(), false)
				wantEqual(s, "passed", d.Expired(), true)
			}
		})
	}
}

// Of nested deadlines at the same moment the outer one is reported also when a
// context of package context is between them.
func TestTO6_with_another_context_between(t *testing.T) {
	for _, p := range permutations(2) {
		underEach(t, func(s *setting) {
			c := &clock{now: time.Now()}
			defer simulate(c)()
			outer, o := inflight.WithDeadline(s.ctx, time.Second)
			middle, cancel := context.WithCancel(outer)
			defer cancel()
			inner, i := inflight.WithDeadline(middle, time.Second)
			c.now = c.now.Add(time.Second)
			for _, at := range p {
				c.timers[at].f()
				wantEqual(s, fmt.Sprint("cause of the inner one, timers ", p), context.Cause(inner), context.Cause(outer))
			}
			i.Stop()
			o.Stop()
		})
	}
}

// An outer deadline that comes a moment later is not reported by the inner one.
func TestTO6_outer_one_is_later(t *testing.T) {
	underEach(t, func(s *setting) {
		outer, o := inflight.WithDeadline(s.ctx, time.Second+1)
		defer o.Stop()
		inner, i := inflight.WithDeadline(outer, time.Second)
		defer i.Stop()
		<-inner.Done()
		wantEqual(s, "outer", outer.Err(), nil)
		<-outer.Done()
		if context.Cause(inner) == context.Cause(outer) || !i.Expired() || !o.Expired() {
			s.Errorf("causes %v and %v, expired %v and %v", context.Cause(inner), context.Cause(outer), i.Expired(), o.Expired())
		}
	})
}

// Each deadline has a cause of its own, so that two of the same length are told
// from each other.
func TestTO6_causes_differ(t *testing.T) {
	underEach(t, func(s *setting) {
		a, da := inflight.WithDeadline(s.ctx, time.Second)
		defer da.Stop()
		b, db := inflight.WithDeadline(s.ctx, time.Second)
		defer db.Stop()
		inflight.Sleep(s.ctx, time.Minute)
		if context.Cause(a) == context.Cause(b) || context.Cause(a).Error() != context.Cause(b).Error() {
			s.Errorf("causes %v and %v", context.Cause(a), context.Cause(b))
		}
	})
}

// An inner timeout that has passed and was handled leaves what is around it going
// on.
//
// Go has it: context.WithTimeoutCause
func TestTO7_inner_expiry_was_handled(t *testing.T) {
	underEach(t, func(s *setting) {
		outer, o := inflight.WithDeadline(s.ctx, time.Hour)
		defer o.Stop()
		for range 3 {
			inner, i := inflight.WithDeadline(outer, time.Second)
			err := inflight.Sleep(inner, time.Minute)
			wantEqual(s, "error", err, context.Cause(inner))
			wantEqual(s, "expired", i.Expired(), true)
			i.Stop()
			std, cancel := context.WithTimeoutCause(outer, time.Second, errOak)
			wantErrs(s, inflight.Sleep(std, time.Minute), errOak)
			cancel()
		}
		wantErrs(s, inflight.Sleep(outer, time.Minute))
		wantEqual(s, "outer", outer.Err(), nil)
		wantEqual(s, "outer expired", o.Expired(), false)
	})
}

// An inner section that is busy while the outer timeout passes, and even one that
// swallows every cancellation, can't hide it.
//
// Go has it: context.WithTimeoutCause
func TestTO8_busy_inner_section(t *testing.T) {
	underEach(t, func(s *setting) {
		outer, o := inflight.WithDeadline(s.ctx, time.Second)
		defer o.Stop()
		std, cancel := context.WithTimeoutCause(outer, time.Minute, errOak)
		defer cancel()
		inner, i := inflight.WithDeadline(std, 2*time.Second)
		err := inflight.Run(inner, func(ctx context.Context, g *inflight.TaskGroup) error {
			time.Sleep(time.Hour) // deaf to ctx
			return nil
		})
		wantErrs(s, err)
		i.Stop()
		if err := inflight.Sleep(std, 0); err != context.Cause(outer) {
			s.Errorf("the next wait: got %v", err)
		}
		wantEqual(s, "outer", outer.Err(), context.DeadlineExceeded)
		wantEqual(s, "outer expired", o.Expired(), true)
		wantEqual(s, "stopped in time", o.Stop(), false)
	})
}

// A deadline that has passed is found so by Stop, even if its timer had no chance
// to run.
func TestTO8_passed_before_its_timer_ran(t *testing.T) {
	underEach(t, func(s *setting) {
		c := &clock{now: time.Now()}
		defer simulate(c)()
		_, d := inflight.WithDeadline(s.ctx, time.Second)
		_, e := inflight.WithDeadline(s.ctx, time.Second)
		c.now = c.now.Add(999 * time.Millisecond)
		wantEqual(s, "stopped in time", e.Stop(), true)
		wantEqual(s, "expired", e.Expired(), false)
		c.now = c.now.Add(time.Millisecond)
		wantEqual(s, "stopped in time", d.Stop(), false)
		wantEqual(s, "expired", d.Expired(), true)
		for _, timer := range c.timers { // too late
			timer.f()
		}
		wantEqual(s, "expired, of the one stopped in time", e.Expired(), false)
	})
}

// Expired agrees with Stop: a deadline that has passed has, also before its timer
// had a chance to run.
func TestTO8_expired_before_its_timer_ran(t *testing.T) {
	underEach(t, func(s *setting) {
		c := &clock{now: time.Now()}
		defer simulate(c)()
		_, d := inflight.WithDeadline(s.ctx, time.Second)
		c.now = c.now.Add(time.Second)
		wantEqual(s, "expired", d.Expired(), true)
		wantEqual(s, "stopped in time", d.Stop(), false)
	})
}

// A clock is set by hand, and its timers are run by hand. Nobody may wait
// meanwhile.
type clock struct {
	now    time.Time
	asked  func()
	timers []*clockTimer
}

type clockTimer struct {
	f       func()
	stopped bool
}

func (*clock) Point(context.Context, park.Op, *park.Object) {}
func (*clock) Unpark(*park.Waiter)                          {}
func (*clock) Park(context.Context, *park.Waiter, park.Op, *park.Object) error {
	panic("somebody waits")
}

func (c *clock) Now() time.Time {
	if f := c.asked; f != nil {
		c.asked = nil
		f()
	}
	return c.now
}

func (c *clock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	timer := &clockTimer{f: f}
	c.timers = append(c.timers, timer)
	return func() bool {
		was := timer.stopped
		timer.stopped = true
		return !was
	}
}

// An error before the timeout comes out as it is.
//
// Go has it: context.WithTimeoutCause
func TestTO9_error_before_the_timeout(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, d := inflight.WithDeadline(s.ctx, time.Minute)
		defer d.Stop()
		std, cancel := context.WithTimeoutCause(ctx, time.Minute, errElm)
		defer cancel()
		err := inflight.Run(std, func(_ context.Context, g *inflight.TaskGroup) error {
			inflight.Go(g, takes(time.Second, 0, errOak))
			inflight.Go(g, takes(time.Hour, 0, nil))
			return nil
		})
		wantErrs(s, err, errOak)
		wantEqual(s, "expired", d.Expired(), false)
		wantEqual(s, "contexts", std.Err() == nil && ctx.Err() == nil, true)
	})
}

// An error while the timeout passes comes first, and the timeout can still be
// found behind it.
//
// Go has it: context.WithTimeoutCause
func TestTO10_error_during_the_timeout(t *testing.T) {
	underEach(t, func(s *setting) {
		std, cancel := context.WithTimeoutCause(s.ctx, time.Second, errElm)
		defer cancel()
		own, d := inflight.WithDeadline(s.ctx, time.Minute)
		defer d.Stop()
		for _, ctx := range []context.Context{std, own} {
			var said log
			_, err := inflight.Gather(ctx, tidies(time.Second, &said, 0, errOak), takes(time.Hour, 0, nil))
			wantErrs(s, err, errOak, context.Cause(ctx))
			err = inflight.Run(ctx, func(context.Context, *inflight.TaskGroup) error { return nil })
			wantErrs(s, err, context.Cause(ctx))
			wantEqual(s, "context", ctx.Err(), context.DeadlineExceeded)
		}
		wantEqual(s, "expired", d.Expired(), true)
	})
}

// A cancellation from outside is no timeout: not by the cause, not by Expired,
// also when the deadline passes while the work still cleans up.
func TestTO11_cancelled_from_outside(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, d := inflight.WithDeadline(s.ctx, time.Minute)
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		err := inflight.Sleep(ctx, time.Hour)
		wantErrs(s, err, errOak)
		wantEqual(s, "context", ctx.Err(), context.Canceled)
		wantEqual(s, "expired", d.Expired(), false)
		wantEqual(s, "stopped in time", d.Stop(), true)
	})
}

// The deadline passes after the cancellation, during the cleanup: it was missed,
// but the cause remains the cancellation.
func TestTO11_cancelled_and_then_late(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, d := inflight.WithDeadline(s.ctx, time.Minute)
		defer d.Stop()
		var said log
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		_, err := inflight.Gather(ctx, tidies(time.Hour, &said, 0, nil))
		wantErrs(s, err, errOak)
		wantEqual(s, "context", ctx.Err(), context.Canceled)
		wantEqual(s, "cause", context.Cause(ctx), errOak)
	})
}

// Two timeouts and a cancellation, of which one comes first, are told from each
// other by the identity of the cause; nobody is told of a later one.
//
// Go has it: context.Cause
func TestTO12_told_by_their_causes(t *testing.T) {
	underEach(t, func(s *setting) {
		seconds := []time.Duration{1, 2, 3}
		for _, p := range permutations(3) {
			outer, o := inflight.WithDeadline(s.ctx, seconds[p[0]]*time.Second)
			middle, cancel := context.WithCancelCause(outer)
			inner, i := inflight.WithDeadline(middle, seconds[p[1]]*time.Second)
			timer := time.AfterFunc(seconds[p[2]]*time.Second, func() { cancel(errOak) })
			_, err := inflight.Gather(inner, takes(time.Hour, 0, nil))
			want := []error{context.Cause(outer), context.Cause(inner), errOak}[slices.Index(p, 0)]
			if err == nil || err != want {
				s.Errorf("%v: got %v, want %v", p, err, want)
			}
			wantEqual(s, "outer expired", o.Expired(), p[0] == 0)
			wantEqual(s, "inner expired", i.Expired(), p[1] == 0)
			wantEqual(s, "it is a timeout", errors.Is(err, context.DeadlineExceeded), p[2] != 0)
			timer.Stop()
			i.Stop()
			cancel(nil)
			o.Stop()
		}
	})
}

// A function that swallows the expiry and returns a value has succeeded.
//
// Go has it: context.WithTimeoutCause
func TestTO13_swallowed_expiry(t *testing.T) {
	underEach(t, func(s *setting) {
		deaf := func(ctx context.Context) (int, error) { <-ctx.Done(); return 7, nil }
		std, cancel := context.WithTimeoutCause(s.ctx, time.Second, errElm)
		defer cancel()
		values, err := inflight.Gather(std, deaf)
		wantErrs(s, err)
		wantSlice(s, "values", values, 7)
		own, d := inflight.WithDeadline(s.ctx, time.Second)
		defer d.Stop()
		v, err := inflight.Race(own, deaf)
		wantErrs(s, err)
		wantEqual(s, "value", v, 7)
		wantEqual(s, "expired", d.Expired(), true)
	})
}

// The caller goes on when the function has returned, not when the time is over;
// an error that it makes of its cancellation comes out.
//
// Go has it: context.WithTimeoutCause
func TestTO14_returns_after_the_function(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, own := range []error{nil, errOak} {
			std, cancel := context.WithTimeoutCause(s.ctx, time.Second, errElm)
			mine, d := inflight.WithDeadline(s.ctx, 2*time.Minute)
			for _, ctx := range []context.Context{std, mine} {
				var said log
				err := inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
					inflight.Go(g, tidies(time.Minute, &said, 0, own))
					return nil
				})
				wantEqual(s, "cleanups", said.count(), 1)
				if own != nil {
					wantErrs(s, err, own, context.Cause(ctx))
				} else {
					wantErrs(s, err, context.Cause(ctx))
				}
			}
			cancel()
			d.Stop()
		}
	})
}

// To cancel the caller, who waits under a timeout, cancels the work and joins it.
//
// Go has it: context.WithTimeoutCause
func TestTO15_caller_cancelled(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, cancel := context.WithTimeoutCause(s.ctx, time.Hour, errElm)
		defer cancel()
		own, d := inflight.WithDeadline(ctx, time.Hour)
		defer d.Stop()
		var said log
		start := time.Now()
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		_, err := inflight.Gather(own, tidies(time.Minute, &said, 0, nil), takes(time.Hour, 0, nil))
		wantErrs(s, err, errOak)
		wantEqual(s, "cleanups", said.count(), 1)
		wantEqual(s, "time", time.Since(start), time.Minute+time.Second)
	})
}

// The result and the cancellation come at the same moment, in either order, and
// either is noticed: the value is returned, and the next wait finds the
// cancellation.
func TestTO16_result_and_cancellation_at_once(t *testing.T) {
	for _, cancelFirst := range []bool{false, true} {
		for _, notices := range []error{nil, errAsh} {
			underEach(t, func(s *setting) {
				ctx, d := inflight.WithDeadline(s.ctx, time.Hour)
				defer d.Stop()
				promise := inflight.NewPromise[int](s.ctx)
				atPark(s, park.OpAwait, func() error {
					if cancelFirst {
						s.cancel(errOak)
					}
					promise.Resolve(7)
					s.cancel(errOak)
					return notices
				})
				v, err := promise.Await(ctx)
				wantErrs(s, err)
				wantEqual(s, "value", v, 7)
				wantErrs(s, inflight.Sleep(ctx, 0), errOak)
				_, err = promise.Await(ctx)
				wantErrs(s, err, errOak)
			})
		}
	}
}

// The cancellation alone, noticed or not, is the error, and nothing was consumed.
func TestTO16_cancellation_alone(t *testing.T) {
	underEach(t, func(s *setting) {
		promise := inflight.NewPromise[int](s.ctx)
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		_, err := promise.Await(s.ctx)
		wantErrs(s, err, errOak)
		unwatched(s, promise)
		wantEqual(s, "state", promise.State(), inflight.Pending)
		promise.Resolve(7)
		v, err := promise.Result()
		wantErrs(s, err)
		wantEqual(s, "value", v, 7)
	})
}

// Reset moves a living deadline: later, earlier, away, back, and to now.
func TestTO17_reset(t *testing.T) {
	underEach(t, func(s *setting) {
		start := time.Now()
		ctx, d := inflight.WithDeadline(s.ctx, 10*time.Second)
		defer d.Stop()
		moves := []struct {
			after, to time.Duration
		}{
			{9 * time.Second, 20 * time.Second},       // later
			{19 * time.Second, inflight.Never},        // away
			{1000 * time.Hour, time.Hour},             // back
			{59 * time.Minute, time.Second},           // earlier
			{999 * time.Millisecond, 3 * time.Second}, // later again
			{3*time.Second - 1, 3 * time.Second},      // in the last moment
			{2 * time.Second, 1 * time.Second},        // the same moment
			{time.Second - 1, 7 * 24 * time.Hour},     // and once more
			{7*24*time.Hour - 1, 2 * time.Nanosecond}, // a moment
		}
		for _, m := range moves {
			time.Sleep(m.after)
			wantEqual(s, "context", ctx.Err(), nil)
			wantEqual(s, "Reset", d.Reset(m.to), true)
			at, ok := ctx.Deadline()
			if ok != (m.to != inflight.Never) || ok && at != time.Now().Add(m.to) {
				s.Errorf("deadline after Reset(%v): %v, %v", m.to, at.Sub(start), ok)
			}
		}
		began := time.Now()
		<-ctx.Done()
		wantEqual(s, "time", time.Since(began), 2)
		wantEqual(s, "expired", d.Expired(), true)
		wantEqual(s, "Reset after the end", d.Reset(time.Hour), false)
		if at, _ := ctx.Deadline(); at != time.Now() {
			s.Errorf("Reset after the end has moved the deadline to %v", at.Sub(start))
		}
	})
}

// Reset to zero or less ends the context at once.
func TestTO17_reset_to_now(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, to := range []time.Duration{0, -time.Second} {
			for _, from := range []time.Duration{time.Hour, inflight.Never} {
				ctx, d := inflight.WithDeadline(s.ctx, from)
				wantEqual(s, "Reset", d.Reset(to), true)
				wantEqual(s, "context", ctx.Err(), context.DeadlineExceeded)
				wantEqual(s, "expired", d.Expired(), true)
				wantEqual(s, "Reset after", d.Reset(time.Hour), false)
				wantEqual(s, "stopped in time", d.Stop(), false)
			}
		}
	})
}

// What package context derives from a deadline leaves an earlier moment to it, and moves
// along; a deadline below it has its own.
func TestTO17_reset_and_what_is_derived(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, d := inflight.WithDeadline(s.ctx, time.Second)
		defer d.Stop()
		derived, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		own, e := inflight.WithDeadline(ctx, 2*time.Second)
		defer e.Stop()
		d.Reset(time.Hour)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		wantEqual(s, "one of its own", own.Err(), context.DeadlineExceeded)
		wantErrs(s, derived.Err())
		time.Sleep(time.Hour)
		synctest.Wait()
		wantErrs(s, derived.Err(), context.DeadlineExceeded)
	})
}

// Reset after Stop, and after the context was ended by others, reports false and
// does nothing.
func TestTO17_reset_after_the_end(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, d := inflight.WithDeadline(s.ctx, time.Hour)
		wantEqual(s, "stopped in time", d.Stop(), true)
		wantEqual(s, "Reset after Stop", d.Reset(time.Second), false)
		cancelled, e := inflight.WithDeadline(s.ctx, time.Hour)
		s.cancel(errOak)
		wantEqual(s, "Reset after the cancellation", e.Reset(time.Second), false)
		time.Sleep(2 * time.Hour)
		wantEqual(s, "cause", context.Cause(ctx), context.Canceled)
		wantEqual(s, "cause", context.Cause(cancelled), errOak)
		wantEqual(s, "expired", d.Expired(), false)
		wantEqual(s, "Stop", d.Stop(), true)
		e.Stop()
	})
}

// A timer of before a Reset that comes late does nothing.
func TestTO17_late_timer(t *testing.T) {
	underEach(t, func(s *setting) {
		c := &clock{now: time.Now()}
		defer simulate(c)()
		ctx, d := inflight.WithDeadline(s.ctx, time.Second)
		wantEqual(s, "Reset", d.Reset(time.Minute), true)
		wantEqual(s, "the first timer was stopped", c.timers[0].stopped, true)
		c.now = c.now.Add(time.Second)
		c.timers[0].f()
		wantEqual(s, "context", ctx.Err(), nil)
		c.now = c.now.Add(time.Minute)
		c.timers[1].f()
		wantEqual(s, "context", ctx.Err(), context.DeadlineExceeded)
		d.Stop()
	})
}

// Reset that reports true has moved the deadline, also when the timer has fired
// and is on its way.
func TestTO17_reset_while_the_timer_fires(t *testing.T) {
	underEach(t, func(s *setting) {
		c := &clock{now: time.Now()}
		defer simulate(c)()
		outer, o := inflight.WithDeadline(s.ctx, time.Hour)
		inner, i := inflight.WithDeadline(outer, time.Second)
		c.now = c.now.Add(time.Second)
		moved := false
		c.asked = func() { moved = i.Reset(time.Minute) } // when it looks at the outer one
		c.timers[1].f()
		if moved && (inner.Err() != nil || i.Expired()) {
			s.Errorf("Reset reported true, and the context ended with %v", inner.Err())
		}
		i.Stop()
		o.Stop()
	})
}

// Cleaning up after a timeout can have time of its own, with the values of the
// context; a cancellation does not interrupt it.
func TestTO18_cleanup_with_its_own_time(t *testing.T) {
	type key struct{}
	underEach(t, func(s *setting) {
		values := context.WithValue(s.ctx, key{}, 7)
		ctx, d := inflight.WithDeadline(values, time.Second)
		defer d.Stop()
		cleaned, late := false, error(nil)
		_, err := inflight.Gather(ctx, func(ctx context.Context) (_ int, err error) {
			defer func() {
				ctx, cancel := inflight.Shield(ctx, time.Minute)
				defer cancel()
				wantEqual(s, "value", ctx.Value(key{}), any(7))
				cleaned = inflight.Sleep(ctx, 59*time.Second) == nil
				late = inflight.Sleep(ctx, time.Hour)
			}()
			return 0, inflight.Sleep(ctx, time.Hour)
		})
		wantEqual(s, "error", err, context.Cause(ctx))
		wantEqual(s, "cleaned up", cleaned, true)
		if !errors.Is(late, context.DeadlineExceeded) || late == err {
			s.Errorf("the cleanup ended with %v", late)
		}
	})
}

// A deadline over a group leaves the children's own errors what they are, before
// it passes and while it does.
//
// Go has it: context.WithTimeoutCause
func TestTO19_deadline_over_a_group(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		ctx, d := inflight.WithDeadline(s.ctx, 2*time.Second)
		defer d.Stop()
		err := inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
			inflight.Go(g, takes(time.Second, 0, errOak))
			inflight.Go(g, tidies(time.Second, &said, 0, errElm))
			inflight.Go(g, takes(time.Hour, 0, nil))
			return nil
		}, inflight.Supervise())
		wantErrs(s, err, errOak, errElm, context.Cause(ctx))
	})
}

// Sleep waits for its time, and a time of zero or less is none.
func TestTO2_sleep(t *testing.T) {
	underEach(t, func(s *setting) {
		start := time.Now()
		wantErrs(s, inflight.Sleep(s.ctx, time.Hour))
		wantEqual(s, "time", time.Since(start), time.Hour)
		wantErrs(s, inflight.Sleep(s.ctx, 0))
		wantErrs(s, inflight.Sleep(s.ctx, -time.Hour))
		wantErrs(s, inflight.Sleep(context.Background(), time.Second))
		wantEqual(s, "time", time.Since(start), time.Hour+time.Second)
	})
}

// The end of its context ends Sleep with the cause, at once, and the next one does
// not begin; the same task can sleep again under another context.
func TestTO15_sleep_cancelled(t *testing.T) {
	underEach(t, func(s *setting) {
		start := time.Now()
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		wantErrs(s, inflight.Sleep(s.ctx, time.Hour), errOak)
		wantEqual(s, "time", time.Since(start), time.Second)
		wantErrs(s, inflight.Sleep(s.ctx, time.Hour), errOak)
		wantErrs(s, inflight.Sleep(s.ctx, 0), errOak)
		wantEqual(s, "time", time.Since(start), time.Second)
		shield, cancel := inflight.Shield(s.ctx, inflight.Never)
		defer cancel()
		wantErrs(s, inflight.Sleep(shield, time.Hour))
		wantEqual(s, "time", time.Since(start), time.Hour+time.Second)
	})
}

// The cancellation comes in the very moment in which the sleep is over: it is one
// of the two, and the clock is right.
func TestTO16_sleep_cancelled_in_the_last_moment(t *testing.T) {
	for range 20 {
		underEach(t, func(s *setting) {
			start := time.Now()
			time.AfterFunc(time.Second, func() { s.cancel(errOak) })
			if err := inflight.Sleep(s.ctx, time.Second); err != nil && err != errOak {
				s.Errorf("got %v", err)
			}
			wantEqual(s, "time", time.Since(start), time.Second)
		})
	}
}

// Sleepers by the thousand, half of them cancelled halfway.
func TestTO15_many_sleepers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			for i := range 5000 {
				task := g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) })
				if i%2 == 0 {
					time.AfterFunc(time.Minute, func() { task.Cancel(errOak) })
				}
			}
		})
		wantEqual(t, "time", time.Since(start), time.Hour)
	})
}

// Who waits for a task is cancelled; the task goes on.
func TestSH1_task_goes_on_without_its_waiter(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		task := inflight.Go(g, takes(time.Hour, 7, nil))
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		_, err := task.Await(s.ctx)
		wantErrs(s, err, errOak)
		wantEqual(s, "state", task.State(), inflight.Running)
		v, err := task.Await(s.T.Context())
		wantErrs(s, err)
		wantEqual(s, "value", v, 7)
	})
}

// What a shielded wait brings is what the task brought: value, error, cause of its
// own cancellation.
func TestSH2_result_passes_through(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		shield, cancel := inflight.Shield(s.ctx, inflight.Never)
		defer cancel()
		good := inflight.Go(g, takes(time.Second, 7, nil))
		bad := inflight.Go(g, takes(2*time.Second, 8, errElm))
		gone := inflight.Go(g, takes(time.Hour, 9, nil))
		time.AfterFunc(3*time.Second, func() { gone.Cancel(errAsh) })
		s.cancel(errOak)
		v, err := good.Await(shield)
		wantErrs(s, err)
		wantEqual(s, "value", v, 7)
		v, err = bad.Await(shield)
		wantErrs(s, err, errElm)
		wantEqual(s, "value", v, 8)
		_, err = gone.Await(shield)
		wantErrs(s, err, errAsh)
	})
}

// A task that fails after its waiter has left: its group reports that, once.
func TestSH3_failure_after_the_waiter_left(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := inflight.Run(t.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
			task := inflight.Go(g, takes(time.Hour, 0, errOak))
			for range 3 {
				ctx, d := inflight.WithDeadline(t.Context(), time.Second)
				defer d.Stop()
				if _, err := task.Await(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			}
			return nil
		})
		wantErrs(t, err, errOak)
	})
}

// What works behind a shield still belongs to its group, which can be seen in the
// tree, though nobody holds on to it and the group was cancelled.
func TestSH4_shielded_work_belongs_to_its_group(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finished := false
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			g.Go(func(ctx context.Context) error {
				ctx, cancel := inflight.Shield(ctx, inflight.Never)
				defer cancel()
				_, err := inflight.Gather(ctx, takes(time.Hour, 0, nil), takes(time.Minute, 0, nil))
				finished = err == nil
				return err
			}, inflight.Name("behind a shield"))
			time.Sleep(time.Second)
			g.Cancel()
			runtime.GC()
			time.Sleep(time.Second)
			var shown []string
			for _, info := range inflight.Tasks() {
				if info.Name == "behind a shield" && info.Cancelled {
					shown = append(shown, info.Name)
				}
			}
			wantEqual(t, "seen in the tree", len(shown), 1)
		})
		wantEqual(t, "finished", finished, true)
	})
}

// A shield keeps the values, ignores the end of its parent, and ends by itself
// after its grace, or when it is cancelled.
func TestSH5_shield(t *testing.T) {
	type key struct{}
	underEach(t, func(s *setting) {
		parent := context.WithValue(s.ctx, key{}, 7)
		start := time.Now()
		shield, cancel := inflight.Shield(parent, time.Minute)
		defer cancel()
		other, cancelOther := inflight.Shield(parent, time.Minute)
		s.cancel(errOak)
		wantEqual(s, "value", shield.Value(key{}), any(7))
		wantEqual(s, "shield", shield.Err(), nil)
		wantEqual(s, "cause", context.Cause(shield), nil)
		at, ok := shield.Deadline()
		wantEqual(s, "it has a deadline", ok, true)
		wantEqual(s, "deadline", at.Sub(start), time.Minute)
		cancelOther()
		wantEqual(s, "the cancelled one", other.Err(), context.Canceled)
		err := inflight.Sleep(shield, time.Hour)
		wantEqual(s, "time", time.Since(start), time.Minute)
		wantEqual(s, "shield", shield.Err(), context.DeadlineExceeded)
		if err == nil || err != context.Cause(shield) || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errOak) {
			s.Errorf("error: got %v, cause %v", err, context.Cause(shield))
		}
	})
}

// A shield below an ended context begins alive; one without grace has none.
func TestSH5_below_an_ended_context(t *testing.T) {
	underEach(t, func(s *setting) {
		s.cancel(errOak)
		shield, cancel := inflight.Shield(s.ctx, time.Second)
		defer cancel()
		wantErrs(s, inflight.Sleep(shield, 999*time.Millisecond))
		for _, grace := range []time.Duration{0, -time.Second} {
			none, cancel := inflight.Shield(s.ctx, grace)
			wantEqual(s, "shield without grace", none.Err(), context.DeadlineExceeded)
			cancel()
		}
	})
}

// Shields may be nested, and each counts for itself: the inner one outlives the
// grace, and the cancel, of the outer one, or ends before it.
func TestSH5_nested(t *testing.T) {
	underEach(t, func(s *setting) {
		start := time.Now()
		outer, cancelOuter := inflight.Shield(s.ctx, time.Minute)
		defer cancelOuter()
		long, cancelLong := inflight.Shield(outer, time.Hour)
		defer cancelLong()
		short, cancelShort := inflight.Shield(outer, time.Second)
		defer cancelShort()
		under, d := inflight.WithDeadline(outer, 2*time.Hour)
		defer d.Stop()
		s.cancel(errOak)
		for _, end := range []struct {
			ctx   context.Context
			after time.Duration
		}{{short, time.Second}, {outer, time.Minute}, {under, time.Minute}, {long, time.Hour}} {
			<-end.ctx.Done()
			wantEqual(s, "ended after", time.Since(start), end.after)
			wantEqual(s, "error", end.ctx.Err(), context.DeadlineExceeded)
		}
		wantEqual(s, "the deadline below the shield", d.Expired(), false)
	})
}

// Everything works behind a shield in a task that was cancelled: groups, waits,
// locks and combinators do not see the cancellation.
func TestSH5_whole_scopes_behind_a_shield(t *testing.T) {
	underEach(t, func(s *setting) {
		s.cancel(errOak)
		ctx, cancel := inflight.Shield(s.ctx, time.Hour)
		defer cancel()
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task := inflight.Go(g, takes(time.Second, 1, nil))
			if _, err := task.Await(ctx); err != nil {
				return err
			}
			for i, r := range inflight.Each(ctx, numbers(5).all, 2, itself) {
				wantEqual(s, "result", r, inflight.Result[int]{Value: i})
			}
			_, err := inflight.Hedge(ctx, time.Second, takes(time.Minute, 1, nil), takes(time.Hour, 2, nil))
			return err
		})
		wantErrs(s, err)
		limiter := inflight.NewLimiter(1)
		wantErrs(s, limiter.Acquire(ctx))
		err = limiter.Acquire(ctx)
		if err == nil || err != context.Cause(ctx) {
			s.Errorf("got %v", err)
		}
	})
}

// A group does not return while a shielded section of one of its tasks runs.
func TestSH6_group_waits_for_shielded_sections(t *testing.T) {
	underEach(t, func(s *setting) {
		start := time.Now()
		time.AfterFunc(time.Second, func() { s.cancel(errOak) })
		err := inflight.Run(s.ctx, func(_ context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				<-ctx.Done()
				shield, cancel := inflight.Shield(ctx, time.Hour)
				defer cancel()
				if err := inflight.Sleep(shield, time.Minute); err != nil {
					s.Errorf("the shielded section ended with %v", err)
				}
				return context.Cause(ctx)
			})
			return nil
		})
		wantErrs(s, err, errOak)
		wantEqual(s, "time", time.Since(start), time.Minute+time.Second)
	})
}

// Two nested deadlines at the same moment: the outer one is what is reported, in
// whichever order their timers were set, with scopes and values in between.
func TestTO6_nested_at_the_same_moment(t *testing.T) {
	between := map[string]func(ctx context.Context, body func(context.Context) error) error{
		"nothing": func(ctx context.Context, body func(context.Context) error) error { return body(ctx) },
		"a value": func(ctx context.Context, body func(context.Context) error) error {
			return body(context.WithValue(ctx, t, 1))
		},
		"a group": func(ctx context.Context, body func(context.Context) error) error {
			return inflight.Run(ctx, func(ctx context.Context, _ *inflight.TaskGroup) error { return body(ctx) })
		},
		"a task": func(ctx context.Context, body func(context.Context) error) error {
			return inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error { g.Go(body); return nil })
		},
		"a function": func(ctx context.Context, body func(context.Context) error) error {
			_, err := inflight.Gather(ctx, func(ctx context.Context) (int, error) { return 0, body(ctx) })
			return err
		},
		"a deadline": func(ctx context.Context, body func(context.Context) error) error {
			ctx, d := inflight.WithDeadline(ctx, time.Second)
			defer d.Stop()
			return body(ctx)
		},
	}
	for name, wrap := range between {
		for _, innerFirst := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", inner timer first: ", innerFirst), func(t *testing.T) {
				underEach(t, func(s *setting) {
					outer, o := inflight.WithDeadline(s.ctx, time.Second)
					err := wrap(outer, func(ctx context.Context) error {
						inner, i := inflight.WithDeadline(ctx, time.Second)
						if innerFirst {
							o.Reset(time.Second)
						}
						err := inflight.Sleep(inner, time.Hour)
						wantEqual(s, "the inner cause", context.Cause(inner), context.Cause(outer))
						wantEqual(s, "the inner one was in time", i.Stop(), false)
						wantEqual(s, "the inner one passed", i.Expired(), true)
						return err
					})
					wantEqual(s, "error", err, context.Cause(outer))
					wantEqual(s, "the outer one was in time", o.Stop(), false)
					wantEqual(s, "the outer one passed", o.Expired(), true)
				})
			})
		}
	}
}

// Two nested deadlines whose timers run at once, many times: the outer one is
// reported.
func TestTO6_timers_at_once(t *testing.T) {
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			outer, o := inflight.WithDeadline(t.Context(), time.Second)
			inner, i := inflight.WithDeadline(outer, time.Second)
			<-inner.Done()
			<-outer.Done()
			if context.Cause(inner) != context.Cause(outer) {
				t.Error("the inner deadline was reported")
			}
			i.Stop()
			o.Stop()
		})
	}
}
