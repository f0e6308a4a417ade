package inflight_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
)

// wantStats checks how a limiter is used.
func wantStats(t testing.TB, l *inflight.Limiter, limit, inUse, waiting int) {
	t.Helper()
	wantEqual(t, "stats", l.Stats(), inflight.LimiterStats{Limit: limit, InUse: inUse, Waiting: waiting})
}

// queueUp lets n goroutines acquire l, one after the other, and say so.
func queueUp(ctx context.Context, l *inflight.Limiter, n int, said *log) *sync.WaitGroup {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := l.Acquire(ctx); err != nil {
				said.add(i, " ", err)
			} else {
				said.add(i)
			}
		})
		synctest.Wait()
	}
	return &all
}

// A higher limit lets those who wait through at once, as many as there is room
// for, in their order.
func TestCL1_higher(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(1)
		wantErrs(s, l.Acquire(s.ctx))
		var said log
		all := queueUp(s.ctx, l, 5, &said)
		wantStats(s, l, 1, 1, 5)
		l.SetLimit(3)
		synctest.Wait()
		wantSlice(s, "through", slices.Sorted(slices.Values(said.said())), "0", "1")
		wantStats(s, l, 3, 3, 3)
		l.SetLimit(3)
		synctest.Wait()
		wantStats(s, l, 3, 3, 3)
		l.SetLimit(inflight.Unlimited)
		all.Wait()
		wantSlice(s, "through", slices.Sorted(slices.Values(said.said()[2:])), "2", "3", "4")
		wantStats(s, l, inflight.Unlimited, 6, 0)
	})
}

// A lower limit interrupts nobody: those inside drain, and nobody gets in before
// there are fewer than the limit.
func TestCL1_lower(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(4)
		for range 4 {
			wantErrs(s, l.Acquire(s.ctx))
		}
		var said log
		all := queueUp(s.ctx, l, 2, &said)
		l.SetLimit(2)
		wantStats(s, l, 2, 4, 2)
		for inUse := 3; inUse >= 2; inUse-- {
			l.Release()
			synctest.Wait()
			wantStats(s, l, 2, inUse, 2)
		}
		wantEqual(s, "TryAcquire", l.TryAcquire(), false)
		l.Release()
		synctest.Wait()
		wantSlice(s, "through", said.said(), "0")
		wantStats(s, l, 2, 2, 1)
		l.Release()
		all.Wait()
		l.Release()
		wantStats(s, l, 2, 1, 0)
		wantEqual(s, "TryAcquire", l.TryAcquire(), true)
	})
}

// Up and down while many come and go: never more inside than the highest limit of
// that time, everybody gets in, and in the end all is given back.
func TestCL1_changed_all_the_time(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(1)
		var g gauge
		go func() {
			for i := range 100 {
				l.SetLimit(i * 7 % 6)
				time.Sleep(time.Second)
			}
			l.SetLimit(2)
		}()
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				time.Sleep(time.Duration(i%10) * 700 * time.Millisecond)
				err := l.Do(s.ctx, func(ctx context.Context) error {
					g.enter()
					defer g.leave()
					return inflight.Sleep(ctx, time.Duration(i%4)*500*time.Millisecond)
				})
				wantErrs(s, err)
			})
		}
		all.Wait()
		time.Sleep(time.Hour)
		_, top, entered := g.read()
		wantEqual(s, "at most", top, 5)
		wantEqual(s, "in all", entered, 100)
		wantStats(s, l, 2, 0, 0)
	})
}

// A limit of zero lets nobody through until it is raised; Unlimited everybody. A
// negative one is a panic.
func TestCL2_zero_and_unlimited(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(0)
		wantEqual(s, "TryAcquire", l.TryAcquire(), false)
		ctx, d := inflight.WithDeadline(s.ctx, time.Hour)
		defer d.Stop()
		wantEqual(s, "Acquire", l.Acquire(ctx), context.Cause(ctx))
		wantStats(s, l, 0, 0, 0)
		time.AfterFunc(time.Second, func() { l.SetLimit(1) })
		wantErrs(s, l.Acquire(s.ctx))
		l.SetLimit(0)
		l.Release()
		wantEqual(s, "TryAcquire", l.TryAcquire(), false)

		l = inflight.NewLimiter(inflight.Unlimited)
		for range 1000 {
			wantErrs(s, l.Acquire(s.ctx))
			wantEqual(s, "TryAcquire", l.TryAcquire(), true)
		}
		wantStats(s, l, inflight.Unlimited, 2000, 0)
	})
	for name, call := range map[string]func(){
		"NewLimiter": func() { inflight.NewLimiter(-1) },
		"SetLimit":   func() { inflight.NewLimiter(1).SetLimit(-1) },
	} {
		if v, _ := raisedBy(call).(string); !strings.HasPrefix(v, "inflight: "+name+"(-1)") {
			t.Errorf("%s: got %q", name, v)
		}
	}
}

// [≠] A permit is not tied to a task, so that one may acquire twice: that waits,
// like anybody, for a permit that is free. trio and anyio know the borrower and
// refuse.
func TestCL3_the_same_task_twice(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(2)
		wantErrs(s, l.Acquire(s.ctx))
		wantErrs(s, l.Acquire(s.ctx))
		ctx, d := inflight.WithDeadline(s.ctx, time.Second)
		defer d.Stop()
		wantEqual(s, "a third time", l.Acquire(ctx), context.Cause(ctx))
		wantStats(s, l, 2, 2, 0)
		l.Release()
		l.Release()
		wantStats(s, l, 2, 0, 0)
	})
}

// [≠] A permit is not tied to a task, so that another may release it. What can be
// known is known: a release when nothing is in use is a panic, and changes
// nothing, also while somebody waits.
func TestCL4_release_by_somebody_else(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(1)
		wantErrs(s, l.Acquire(s.ctx))
		done := make(chan struct{})
		go func() { defer close(done); l.Release() }()
		<-done
		tooOften := func() {
			s.Helper()
			if v, _ := raisedBy(l.Release).(string); !strings.HasPrefix(v, "inflight: Release ") {
				s.Errorf("panic: got %q", v)
			}
		}
		tooOften()
		wantStats(s, l, 1, 0, 0)
		wantEqual(s, "TryAcquire", l.TryAcquire(), true)
		wantEqual(s, "TryAcquire", l.TryAcquire(), false)
		l.Release()

		l.SetLimit(0)
		var said log
		all := queueUp(s.ctx, l, 1, &said)
		tooOften()
		wantStats(s, l, 0, 0, 1)
		l.SetLimit(1)
		all.Wait()
		wantStats(s, l, 1, 1, 0)
	})
}

// Those who wait are served in the order in which they came, and nobody barges:
// not TryAcquire, not one who comes as a permit is given back.
func TestCL5_first_come_first_served(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(1)
		wantErrs(s, l.Acquire(s.ctx))
		var said log
		all := queueUp(s.ctx, l, 10, &said)
		for i := range 10 {
			l.Release()
			wantEqual(s, "TryAcquire just after", l.TryAcquire(), false)
			synctest.Wait()
			wantEqual(s, "through", said.count(), i+1)
		}
		all.Wait()
		for i, line := range said.said() {
			wantEqual(s, "who", line, fmt.Sprint(i))
		}
		l.Release()
		wantEqual(s, "TryAcquire when nobody waits", l.TryAcquire(), true)
	})
}

// One who gives up leaves the line, and the ones behind move up; the permit that
// was on its way to them is nobody's loss.
func TestCL5_who_gives_up_leaves_the_line(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(1)
		wantErrs(s, l.Acquire(s.T.Context()))
		var said log
		first := queueUp(s.T.Context(), l, 1, &said)
		given := queueUp(s.ctx, l, 2, &said)
		last := queueUp(s.T.Context(), l, 1, &said)
		wantStats(s, l, 1, 1, 4)
		s.cancel(errOak)
		given.Wait()
		wantStats(s, l, 1, 1, 2)
		l.Release()
		first.Wait()
		l.Release()
		last.Wait()
		lines := said.said()
		wantEqual(s, "those who gave up", strings.HasSuffix(lines[0], " oak") && strings.HasSuffix(lines[1], " oak"), true)
		wantSlice(s, "the others", lines[2:], "0", "0")
		l.Release()
		wantStats(s, l, 1, 0, 0)
	})
}

// The permit and the cancellation come at the same moment, in either order, and
// either is noticed: who was granted has it.
func TestCL5_granted_and_cancelled_at_once(t *testing.T) {
	for _, cancelFirst := range []bool{false, true} {
		for _, notices := range []error{nil, errAsh} {
			underEach(t, func(s *setting) {
				l := inflight.NewLimiter(1)
				wantErrs(s, l.Acquire(s.ctx))
				atPark(s, park.OpLimiter, func() error {
					if cancelFirst {
						s.cancel(errOak)
					}
					l.Release()
					s.cancel(errOak)
					return notices
				})
				wantErrs(s, l.Acquire(s.ctx))
				wantStats(s, l, 1, 1, 0)
				l.Release()
				wantErrs(s, l.Acquire(s.ctx), errOak)
				wantStats(s, l, 1, 0, 0)
			})
		}
	}
}

// A context that had ended takes nothing, though there is room.
func TestCL5_ended_before(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(1)
		s.cancel(errOak)
		wantErrs(s, l.Acquire(s.ctx), errOak)
		err := l.Do(s.ctx, func(context.Context) error { s.Error("called"); return nil })
		wantErrs(s, err, errOak)
		wantStats(s, l, 1, 0, 0)
	})
}

// Do gives the permit back however its function ends, and returns what that
// returned.
func TestCL5_do(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(1)
		inside := func(end func() error) error {
			return l.Do(s.ctx, func(ctx context.Context) error {
				wantStats(s, l, 1, 1, 0)
				wantEqual(s, "context", ctx, s.ctx)
				return end()
			})
		}
		wantErrs(s, inside(func() error { return nil }))
		wantErrs(s, inside(func() error { return errElm }), errElm)
		wantStats(s, l, 1, 0, 0)
		v := raisedBy(func() { inside(func() error { panic(errAsh) }) })
		wantEqual(s, "panic", v, any(errAsh))
		wantStats(s, l, 1, 0, 0)
		done := make(chan struct{})
		go func() {
			defer close(done)
			inside(func() error { runtime.Goexit(); return nil })
		}()
		<-done
		wantStats(s, l, 1, 0, 0)
	})
}

// Do without a function is a panic, at once, and not when its turn comes.
func TestCL5_do_nothing(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(1)
		wantErrs(s, l.Acquire(s.ctx))
		v, _ := raisedBy(func() { l.Do(s.ctx, nil) }).(string)
		if !strings.HasPrefix(v, "inflight: Limiter.Do ") {
			s.Errorf("panic: got %q", v)
		}
	})
}

// Several groups, and code outside of them, share one limiter: never more than its
// limit in all, and each group still joins its own.
func TestCL6_shared_by_groups(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(3)
		var g gauge
		inside := func(ctx context.Context) error {
			g.enter()
			defer g.leave()
			return inflight.Sleep(ctx, time.Second)
		}
		group := func(n int) func(ctx context.Context) (int, error) {
			return func(ctx context.Context) (int, error) {
				return n, inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
					for range n {
						g.Go(inside)
					}
					return nil
				}, inflight.LimitBy(l))
			}
		}
		start := time.Now()
		_, err := inflight.Gather(s.ctx, group(10), group(7), func(ctx context.Context) (int, error) {
			for range 4 {
				if err := l.Do(ctx, inside); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
		wantErrs(s, err)
		_, top, entered := g.read()
		wantEqual(s, "at most", top, 3)
		wantEqual(s, "in all", entered, 21)
		wantEqual(s, "time", time.Since(start), 7*time.Second)
		wantStats(s, l, 3, 0, 0)
	})
}

// A group that fails lets go of its place in line and of its permits, for the
// others.
func TestCL6_a_group_fails(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(1)
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(context.Context) error { return inflight.Sleep(ctx, time.Second) })
			time.AfterFunc(500*time.Millisecond, func() { g.Cancel(errOak) })
			refused := g.Go(func(context.Context) error { s.Error("called"); return nil })
			wantEqual(s, "state", refused.State(), inflight.Refused)
			return nil
		}, inflight.LimitBy(l))
		wantErrs(s, err, errOak)
		synctest.Wait()
		wantStats(s, l, 1, 0, 0)
		_, err = inflight.Gather(s.ctx, func(ctx context.Context) (int, error) { return 1, l.Acquire(ctx) })
		wantErrs(s, err)
		l.Release()
	})
}
