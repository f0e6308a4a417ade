package explore_test

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/explore"
	"github.com/inflight-go/inflight/queue"
)

// Interleavings of three tasks at a queue of two. steps/op says how many turns
// were handed over in each: the time per step is what the machinery costs.
func BenchmarkExplore(b *testing.B) {
	bench(b, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		q := queue.New[int](2)
		for range 2 {
			g.Go(func(ctx context.Context) error {
				for i := range 3 {
					if err := q.Put(ctx, i); err != nil {
						return err
					}
				}
				return nil
			})
		}
		g.Go(func(ctx context.Context) error {
			for range 6 {
				if _, err := q.Get(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// Three tasks of twenty decisions each: the shape by which explorers are compared.
func BenchmarkExploreThreeTasksOfTwenty(b *testing.B) {
	bench(b, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		for range 3 {
			g.Go(func(ctx context.Context) error {
				for range 20 {
					inflight.Point(ctx, "decision")
				}
				return nil
			})
		}
	})
}

func bench(b *testing.B, body explore.Program) {
	flag.Set("test.v", "false")
	inTest(func(t *testing.T) {
		b.ReportAllocs()
		b.ResetTimer()
		o := explore.Explore(t, explore.Options{Runs: b.N, For: time.Hour}, body)
		b.StopTimer()
		if o.Failure != nil {
			b.Fatal(o.Failure.Tell(""))
		}
		b.ReportMetric(float64(o.Steps)/float64(o.Runs), "steps/op")
		b.ReportMetric(float64(o.Runs)/b.Elapsed().Seconds(), "interleavings/s")
	})
}

// inTest calls f with a t, which a benchmark has none of.
func inTest(f func(t *testing.T)) {
	all := func(string, string) (bool, error) { return true, nil }
	done := false
	testing.RunTests(all, []testing.InternalTest{{Name: "T", F: func(t *testing.T) {
		if !done {
			done = true
			f(t)
		}
	}}})
}
