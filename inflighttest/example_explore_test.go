package inflighttest_test

import (
	"context"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
)

// Two transfers in opposite directions, in some hundred interleavings.
func ExampleExplore() {
	TestTransfer := func(t *testing.T) {
		inflighttest.Explore(t, inflighttest.Plan{Runs: 200}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			var mu locks.Mutex
			a, b := 100, 100
			transfer := func(from, to *int) func(context.Context) error {
				return func(ctx context.Context) error {
					return mu.Do(ctx, func(context.Context) error {
						*from, *to = *from-30, *to+30
						return nil
					})
				}
			}
			ab, ba := g.Go(transfer(&a, &b)), g.Go(transfer(&b, &a))
			ab.Await(ctx)
			ba.Await(ctx)
			if a != 100 || b != 100 {
				t.Errorf("there are %d and %d", a, b)
			}
		})
	}
	runTest(TestTransfer)
	// Output:
}

// After a minute the request is given up: Advance lets it pass.
func ExampleAdvance() {
	TestTimeout := func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			task := g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Minute) })
			inflighttest.Advance(59 * time.Second)
			if task.State() != inflight.Running {
				t.Error("too early")
			}
			inflighttest.Advance(time.Second)
			if task.State() != inflight.Succeeded {
				t.Error("too late")
			}
		})
	}
	runTest(TestTimeout)
	// Output:
}

// Retries after random pauses: each run has other pauses, and the seed of one that
// fails repeats them.
func ExampleRand() {
	TestRetry := func(t *testing.T) {
		inflighttest.Explore(t, inflighttest.Plan{Runs: 200}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			random := inflighttest.Rand(t)
			began := time.Now()
			for range 3 {
				inflight.Sleep(ctx, time.Duration(random.Int64N(int64(time.Second))))
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	runTest(TestRetry)
	// Output:
}
