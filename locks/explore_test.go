package locks_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
)

// These are the promises of the locks in one interleaving after the other, with
// somebody who is cancelled meanwhile.

// hurried starts fn, and a task that cancels it.
func hurried(g *inflight.TaskGroup, fn func(context.Context) error) *inflight.Task[struct{}] {
	task := g.Go(fn, inflight.Name("hurried"))
	g.Go(func(context.Context) error {
		task.Cancel(nil)
		return nil
	}, inflight.Name("canceller"))
	return task
}

// joined waits for all of them, whatever comes of them.
func joined(ctx context.Context, tasks ...*inflight.Task[struct{}]) {
	inflight.Wait(ctx, inflight.AllDone, tasks...)
}

func TestExploreMutex(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 500}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var m locks.Mutex
		inside := 0
		use := func(ctx context.Context) error {
			if err := m.Lock(ctx); err != nil {
				return err
			}
			if inside++; inside != 1 {
				t.Errorf("%d are inside", inside)
			}
			err := inflight.Point(ctx, "inside")
			inside--
			m.Unlock()
			return err
		}
		joined(ctx, hurried(g, use), g.Go(use), g.Go(use), g.Go(func(ctx context.Context) error {
			if m.TryLock() {
				defer m.Unlock()
				if inside != 0 {
					t.Error("TryLock has succeeded with somebody inside")
				}
			}
			return nil
		}))
		if s := m.Stats(); s.Locked || s.Waiting != 0 {
			t.Errorf("in the end: %+v", s)
		}
	})
}

func TestExploreSemaphore(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 500}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		s := locks.NewSemaphore(3)
		var used atomic.Int64
		use := func(n int64) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				if err := s.Acquire(ctx, n); err != nil {
					return err
				}
				if u := used.Add(n); u > 3 {
					t.Errorf("%d of 3 are in use", u)
				}
				err := inflight.Point(ctx, "inside")
				used.Add(-n)
				s.Release(n)
				return err
			}
		}
		joined(ctx, g.Go(use(2)), hurried(g, use(3)), g.Go(use(1)), g.Go(use(2)))
		if x := s.Stats(); x.InUse != 0 || x.Waiting != 0 {
			t.Errorf("in the end: %+v", x)
		}
	})
}

// The first in line is served first, also when those behind it would have enough,
// and those behind are served when it gives up.
func TestExploreSemaphoreOrder(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		s := locks.NewSemaphore(2)
		s.Acquire(ctx, 2)
		var order []int64
		line := func(n int64) *inflight.Task[struct{}] {
			task := g.Go(func(ctx context.Context) error {
				if err := s.Acquire(ctx, n); err != nil {
					return err
				}
				order = append(order, n)
				return nil
			})
			inflighttest.Settle() // it stands in line
			return task
		}
		large, small := line(2), line(1)
		s.Release(1)
		inflighttest.Settle()
		if s.TryAcquire(1) || len(order) > 0 {
			t.Errorf("somebody has overtaken: %v", order)
		}
		giveUp := g.Go(func(context.Context) error {
			large.Cancel(nil)
			return nil
		})
		release := g.Go(func(context.Context) error {
			s.Release(1)
			return nil
		})
		joined(ctx, giveUp, release)
		inflighttest.Settle()
		if large.Err() == nil {
			if !slices.Equal(order, []int64{2}) {
				t.Errorf("served: %v", order)
			}
			s.Release(2)
		}
		if joined(ctx, small); order[len(order)-1] != 1 {
			t.Errorf("served: %v", order)
		}
	})
}

// One release serves all whom it suffices for.
func TestExploreSemaphoreServesAll(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		s := locks.NewSemaphore(3)
		s.Acquire(ctx, 3)
		var inside atomic.Int64
		var leave locks.Event
		for range 3 {
			g.Go(func(ctx context.Context) error {
				if err := s.Acquire(ctx, 1); err != nil {
					return err
				}
				inside.Add(1)
				defer s.Release(1)
				return leave.Wait(ctx)
			})
		}
		inflight.Point(ctx, "some of them are in line")
		s.Release(3)
		inflighttest.Settle()
		if n := inside.Load(); n != 3 {
			t.Errorf("%d of 3 are inside", n)
		}
		leave.Set()
	})
}

// So many are notified as were asked for, and each has the mutex when it runs.
func TestExploreCond(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var l locks.Mutex
		c := locks.NewCond(&l)
		woken, inside := 0, 0
		wait := func(ctx context.Context) error {
			if err := l.Lock(ctx); err != nil {
				return err
			}
			defer l.Unlock()
			err := c.Wait(ctx)
			if inside++; inside != 1 {
				t.Errorf("%d have the mutex", inside)
			}
			inflight.Point(ctx, "inside")
			inside--
			if err == nil {
				woken++
			}
			return err
		}
		var waiters []*inflight.Task[struct{}]
		for range 3 {
			waiters = append(waiters, g.Go(wait))
		}
		inflighttest.Settle()
		cancel := g.Go(func(context.Context) error {
			waiters[0].Cancel(nil)
			return nil
		})
		l.Lock(ctx)
		c.Notify(2)
		l.Unlock()
		joined(ctx, cancel)
		inflighttest.Settle()
		if woken != 2 {
			t.Errorf("%d of 2 were notified", woken)
		}
		l.Lock(ctx)
		c.NotifyAll()
		l.Unlock()
		joined(ctx, waiters...)
	})
}

// Who waits is let go by Set, however soon Clear follows; who comes later is not.
func TestExploreEvent(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var e locks.Event
		early := []*inflight.Task[struct{}]{g.Go(e.Wait), g.Go(e.Wait)}
		inflighttest.Settle()
		done := e.Done()
		pulse := g.Go(func(context.Context) error {
			e.Set()
			e.Clear()
			return nil
		})
		hurry := hurried(g, e.Wait)
		joined(ctx, append(early, pulse, hurry)...)
		select {
		case <-done:
		default:
			t.Error("the channel of before Set is not closed")
		}
		late := g.Go(e.Wait)
		inflighttest.Settle()
		if late.State().String() == "succeeded" || e.IsSet() {
			t.Error("it is set still")
		}
		e.Set()
		joined(ctx, late)
	})
}

// Each cohort has as many as it should, with an index each, and nobody passes
// before the last has come.
func TestExploreBarrier(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 500}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		const parties = 2
		b := locks.NewBarrier(parties)
		var come atomic.Int64
		var indices [parties]atomic.Int64
		wait := func(ctx context.Context) error {
			come.Add(1)
			i, err := b.Wait(ctx)
			if err != nil {
				come.Add(-1)
				return err
			}
			if n := come.Load(); n < parties {
				t.Errorf("open for %d", n)
			}
			indices[i].Add(1)
			return nil
		}
		hurry := hurried(g, wait)
		tasks := []*inflight.Task[struct{}]{g.Go(wait), g.Go(wait), g.Go(wait)}
		joined(ctx, hurry)
		if hurry.Err() != nil { // then it takes another one
			tasks = append(tasks, g.Go(wait))
		}
		joined(ctx, tasks...)
		if x, y := indices[0].Load(), indices[1].Load(); x != 2 || y != 2 {
			t.Errorf("%d were the first, %d the last of 2 cohorts", x, y)
		}
	})
}

func TestExploreBarrierBreaks(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		b := locks.NewBarrier(2)
		var passed atomic.Int64
		wait := func(ctx context.Context) error {
			if _, err := b.Wait(ctx); err == nil {
				passed.Add(1)
			} else if err != locks.ErrBroken {
				return err
			}
			return nil
		}
		joined(ctx, g.Go(wait), g.Go(wait), g.Go(func(context.Context) error {
			b.Abort()
			return nil
		}))
		if n := passed.Load(); n == 1 || !b.Broken() {
			t.Errorf("%d have passed; broken: %v", n, b.Broken())
		}
	})
}
