package locks_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
)

// underTask calls fn with the context of a task.
func underTask(b *testing.B, fn func(context.Context) error) {
	err := inflight.Run(b.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
		g.Go(fn)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// The rivals of BenchmarkMutex: the floor, and what others write for a lock whose
// wait can be cancelled.
func BenchmarkMutexRivals(b *testing.B) {
	b.Run("sync.Mutex", func(b *testing.B) {
		b.ReportAllocs()
		var mu sync.Mutex
		for b.Loop() {
			mu.Lock()
			//lint:ignore SA2001 there is nothing to guard
			mu.Unlock()
		}
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		ctx := b.Context()
		ch := make(chan struct{}, 1)
		for b.Loop() {
			select {
			case ch <- struct{}{}:
			case <-ctx.Done():
				b.Fatal("cancelled")
			}
			<-ch
		}
	})
}

// Lock and Unlock of a free mutex, under the contexts that there are.
func BenchmarkMutex(b *testing.B) {
	lockUnlock := func(b *testing.B, ctx context.Context) {
		b.ReportAllocs()
		var mu locks.Mutex
		for b.Loop() {
			if err := mu.Lock(ctx); err != nil {
				b.Fatal(err)
			}
			mu.Unlock()
		}
	}
	b.Run("background", func(b *testing.B) { lockUnlock(b, context.Background()) })
	b.Run("cancellable", func(b *testing.B) { lockUnlock(b, b.Context()) })
	b.Run("task", func(b *testing.B) {
		underTask(b, func(ctx context.Context) error { lockUnlock(b, ctx); return nil })
	})
	b.Run("below-task", func(b *testing.B) {
		underTask(b, func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			lockUnlock(b, ctx)
			return nil
		})
	})
}

// Acquire and Release of a free permit.
func BenchmarkSemaphore(b *testing.B) {
	b.Run("free", func(b *testing.B) {
		b.ReportAllocs()
		ctx, s := b.Context(), locks.NewSemaphore(10)
		for b.Loop() {
			if err := s.Acquire(ctx, 1); err != nil {
				b.Fatal(err)
			}
			s.Release(1)
		}
	})
	b.Run("100-over-10", func(b *testing.B) {
		b.ReportAllocs()
		s := locks.NewSemaphore(10)
		crowd(b, func(ctx context.Context) error { return s.Acquire(ctx, 1) }, func() { s.Release(1) })
	})
}

// The rivals of BenchmarkSemaphore: a channel as a semaphore.
func BenchmarkSemaphoreRivals(b *testing.B) {
	acquire := func(ch chan struct{}) func(context.Context) error {
		return func(ctx context.Context) error {
			select {
			case ch <- struct{}{}:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	b.Run("free", func(b *testing.B) {
		b.ReportAllocs()
		ch := make(chan struct{}, 10)
		ctx, acquire := b.Context(), acquire(ch)
		for b.Loop() {
			if err := acquire(ctx); err != nil {
				b.Fatal(err)
			}
			<-ch
		}
	})
	b.Run("100-over-10", func(b *testing.B) {
		b.ReportAllocs()
		ch := make(chan struct{}, 10)
		crowd(b, acquire(ch), func() { <-ch })
	})
}

// crowd has 100 tasks acquire and release, b.N times in all.
func crowd(b *testing.B, acquire func(context.Context) error, release func()) {
	err := inflight.Run(b.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
		var left atomic.Int64
		left.Store(int64(b.N))
		for range 100 {
			g.Go(func(ctx context.Context) error {
				for left.Add(-1) >= 0 {
					if err := acquire(ctx); err != nil {
						return err
					}
					runtime.Gosched() // so that the permits are held across something
					release()
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// A cohort of eight, each time.
func BenchmarkBarrier(b *testing.B) {
	b.ReportAllocs()
	const parties = 8
	bar := locks.NewBarrier(parties)
	err := inflight.Run(b.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
		for range parties {
			g.Go(func(ctx context.Context) error {
				for range b.N {
					if _, err := bar.Wait(ctx); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// A value that goes to and fro: two notifications, and two waits.
func BenchmarkCond(b *testing.B) {
	b.ReportAllocs()
	var mu locks.Mutex
	changed := locks.NewCond(&mu)
	turn := 0
	player := func(me int) func(context.Context) error {
		return func(ctx context.Context) error {
			return mu.Do(ctx, func(ctx context.Context) error {
				for range b.N {
					if err := changed.WaitFor(ctx, func() bool { return turn == me }); err != nil {
						return err
					}
					turn = 1 - me
					changed.Notify(1)
				}
				return nil
			})
		}
	}
	err := inflight.Run(b.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
		g.Go(player(0))
		g.Go(player(1))
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
