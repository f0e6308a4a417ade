package locks_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
)

// What must hold in every interleaving, whoever is cancelled and wherever: one
// source for goroutines as they are, with chaos, explored, and cancelled
// everywhere. make explore does so for long.
func modes(t *testing.T, body inflighttest.Body) {
	inflighttest.Modes(t, inflighttest.Plan{Runs: 300, For: 300 * time.Millisecond}, body)
}

// inside counts how many are somewhere at once.
type inside struct{ now, top atomic.Int64 }

func (i *inside) visit(ctx context.Context, weight int64) {
	n := i.now.Add(weight)
	for top := i.top.Load(); n > top && !i.top.CompareAndSwap(top, n); top = i.top.Load() {
	}
	inflight.Point(ctx, "inside")
	i.now.Add(-weight)
}

func TestModes_Mutex(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var mu locks.Mutex
		var in inside
		n, locked := 0, new(atomic.Int64)
		for i := range 4 {
			g.Go(func(ctx context.Context) error {
				if i == 3 {
					if !mu.TryLock() {
						return nil
					}
				} else if err := mu.Lock(ctx); err != nil {
					return err
				}
				defer mu.Unlock()
				locked.Add(1)
				n++
				in.visit(ctx, 1)
				return nil
			})
		}
		t.Cleanup(func() {
			if s := mu.Stats(); s.Locked || s.Waiting > 0 || in.top.Load() > 1 || int64(n) != locked.Load() {
				t.Errorf("%v, at most %d inside, n is %d after %d", &mu, in.top.Load(), n, locked.Load())
			}
		})
	})
}

func TestModes_Event(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var event locks.Event
		var set atomic.Bool
		for range 3 {
			g.Go(func(ctx context.Context) error {
				err := event.Wait(ctx)
				if err == nil && !set.Load() {
					t.Error("it was let go before the event")
				}
				return err
			})
		}
		g.Go(func(ctx context.Context) error {
			inflight.Point(ctx, "before")
			set.Store(true)
			event.Set()
			event.Clear() // those who waited are let go all the same
			event.Set()
			return nil
		})
	})
}

// Two fill a buffer of one and two empty it, until the first of them ends.
func TestModes_Cond(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var mu locks.Mutex
		cond := locks.NewCond(&mu)
		full, put, got, over := 0, 0, 0, false
		var called atomic.Int64
		part := func(from, to int, count *int) func(context.Context) error {
			return func(ctx context.Context) (err error) {
				called.Add(1)
				defer func() {
					if mu.Lock(context.WithoutCancel(ctx)) == nil {
						over = over || err != nil
						cond.NotifyAll()
						mu.Unlock()
					}
				}()
				for range 2 {
					if err := mu.Lock(ctx); err != nil {
						return err
					}
					err := cond.WaitFor(ctx, func() bool { return full == from || over })
					if err == nil && !over {
						full = to
						*count++
						cond.Notify(2)
					}
					end := err != nil || over
					mu.Unlock()
					if end {
						return err
					}
				}
				return nil
			}
		}
		for range 2 {
			g.Go(part(0, 1, &put))
			g.Go(part(1, 0, &got))
		}
		t.Cleanup(func() {
			if put != got+full || !over && called.Load() == 4 && put != 4 || mu.Stats().Locked || mu.Stats().Waiting > 0 {
				t.Errorf("put %d, got %d, %d left, %v", put, got, full, &mu)
			}
		})
	})
}

func TestModes_Semaphore(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		sem := locks.NewSemaphore(2)
		var in inside
		for _, n := range []int64{1, 2, 1, 1} {
			g.Go(func(ctx context.Context) error {
				return sem.Do(ctx, n, func(ctx context.Context) error {
					in.visit(ctx, n)
					return nil
				})
			})
		}
		t.Cleanup(func() {
			if s := sem.Stats(); s.InUse != 0 || s.Waiting != 0 || in.top.Load() > 2 {
				t.Errorf("%v, at most %d inside", sem, in.top.Load())
			}
		})
	})
}

// Two cohorts of three. One that is short of somebody is let go by Abort.
func TestModes_Barrier(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		b := locks.NewBarrier(3)
		var passed [3][2]int
		for i := range 3 {
			g.Go(func(ctx context.Context) error {
				for round := range 2 {
					index, err := b.Wait(ctx)
					passed[i][round] = index + 1
					if err != nil {
						b.Abort()
						if errors.Is(err, locks.ErrBroken) {
							return nil
						}
						return err
					}
				}
				return nil
			})
		}
		t.Cleanup(func() {
			for round := range 2 {
				indices := []int{passed[0][round], passed[1][round], passed[2][round]}
				slices.Sort(indices)
				if !slices.Equal(indices, []int{1, 2, 3}) && !slices.Equal(indices, []int{0, 0, 0}) {
					t.Errorf("round %d was passed with the indices %v", round, indices)
				}
			}
			if b.Waiting() != 0 {
				t.Error(b)
			}
		})
	})
}
