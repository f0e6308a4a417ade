package locks_test

import (
	"context"
	"sync"
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
