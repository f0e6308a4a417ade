package limit_test

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/inflight-go/inflight/limit"
)

// The cost of a call that has not to wait, or is refused. The floor is to read the
// clock.
func BenchmarkRate(b *testing.B) {
	free := func() *limit.Rate { return limit.NewRate(math.MaxInt32, time.Second, limit.Burst(math.MaxInt32)) }
	b.Run("clock", func(b *testing.B) {
		for b.Loop() {
			_ = time.Now()
		}
	})
	b.Run("Try", func(b *testing.B) {
		b.ReportAllocs()
		for r := free(); b.Loop(); {
			r.Try()
		}
	})
	b.Run("Try,refused", func(b *testing.B) {
		b.ReportAllocs()
		r := limit.NewRate(1, time.Hour)
		for r.Try(); b.Loop(); {
			r.Try()
		}
	})
	b.Run("Wait", func(b *testing.B) {
		b.ReportAllocs()
		ctx := b.Context()
		for r := free(); b.Loop(); {
			if err := r.Wait(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Wait,parallel", func(b *testing.B) {
		b.ReportAllocs()
		r := free()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				r.Wait(b.Context())
			}
		})
	})
}

// What one caller gets of the starts that it is allowed, in percent; -benchtime
// is the number of starts: go test -bench Pacing -benchtime 10000x.
func BenchmarkPacing(b *testing.B) {
	for name, perSecond := range map[string]int{"1k": 1000, "10k": 10_000, "100k": 100_000} {
		interval := time.Second / time.Duration(perSecond)
		b.Run(name+"/Rate", func(b *testing.B) {
			r := limit.NewRate(perSecond, time.Second)
			pacing(b, interval, func(ctx context.Context) { r.Wait(ctx) })
		})
		b.Run(name+"/ticker", func(b *testing.B) {
			t := time.NewTicker(interval)
			defer t.Stop()
			pacing(b, interval, func(ctx context.Context) {
				select {
				case <-t.C:
				case <-ctx.Done():
				}
			})
		})
	}
}

func pacing(b *testing.B, interval time.Duration, wait func(context.Context)) {
	b.ReportAllocs()
	ctx := b.Context()
	for b.Loop() {
		wait(ctx)
	}
	b.ReportMetric(100*float64(b.N)*float64(interval)/float64(b.Elapsed()), "%")
}

// Reserve and Settle of a budget that has room.
func BenchmarkBudget(b *testing.B) {
	b.ReportAllocs()
	ctx, budget := b.Context(), limit.NewBudget(1<<50, time.Minute)
	for b.Loop() {
		r, err := budget.Reserve(ctx, 1000)
		if err != nil {
			b.Fatal(err)
		}
		r.Settle(500)
	}
}

// Wait at a gate that is open, beside a mutex.
func BenchmarkGate(b *testing.B) {
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		var g limit.Gate
		for ctx := b.Context(); b.Loop(); {
			g.Wait(ctx)
		}
	})
	b.Run("mutex", func(b *testing.B) {
		var mu sync.Mutex
		for b.Loop() {
			mu.Lock()
			//lint:ignore SA2001 there is nothing to guard
			mu.Unlock()
		}
	})
}

// Use of a key that is there.
func BenchmarkKeyed(b *testing.B) {
	b.ReportAllocs()
	k := limit.NewKeyed(10, func(string) *limit.Gate { return new(limit.Gate) })
	for b.Loop() {
		_, done := k.Use("example.com")
		done()
	}
}

// Acquire and Release with something to learn from.
func BenchmarkAdaptive(b *testing.B) {
	b.ReportAllocs()
	ctx, a := b.Context(), limit.NewAdaptive(1, 100)
	for b.Loop() {
		if err := a.Acquire(ctx); err != nil {
			b.Fatal(err)
		}
		a.Release(limit.Outcome{Latency: time.Millisecond})
	}
}
