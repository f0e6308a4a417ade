package inflighttest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/queue"
)

// A test of a timeout: the minute takes no time, and it is a minute.
func ExampleRun() {
	TestTimeout := func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			replies := queue.New[string](1) // that nobody puts anything into
			begin := time.Now()
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			if _, err := replies.Get(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Get returned %v", err)
			}
			fmt.Println("gave up after", time.Since(begin))
		})
	}
	runTest(TestTimeout)
	// Output: gave up after 1m0s
}

// Settle shows that a Put waits while the queue is full.
func ExampleSettle() {
	TestPut := func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			q := queue.New[int](1)
			put := g.Go(func(ctx context.Context) error {
				_, err := q.PutAll(ctx, []int{1, 2})
				return err
			})
			inflighttest.Settle()
			fmt.Println(put.State())
			q.Get(ctx)
			inflighttest.Settle()
			fmt.Println(put.State())
		})
	}
	runTest(TestPut)
	// Output:
	// running
	// succeeded
}

// The reader looks before the writer has written, and again when it has.
func ExampleSequencer() {
	TestStale := func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			s := inflighttest.NewSequencer(t)
			value := "old"
			g.Go(func(ctx context.Context) error { // the writer
				return s.Do(ctx, 1, func() { value = "new" })
			})
			s.Do(ctx, 0, func() { fmt.Println(value) })
			s.Do(ctx, 2, func() { fmt.Println(value) })
		})
	}
	runTest(TestStale)
	// Output:
	// old
	// new
}

// The second task goes on only when the first has come to its point.
func ExampleNewSequencer() {
	TestOrder := func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			s := inflighttest.NewSequencer(t)
			g.Go(func(ctx context.Context) error {
				defer fmt.Println("second")
				return s.At(ctx, 1)
			})
			fmt.Println("first")
			s.At(ctx, 0)
		})
	}
	runTest(TestOrder)
	// Output:
	// first
	// second
}

// A test that computes for long gets more time than others.
func ExampleWatchdog() {
	TestAll := func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			fmt.Println("computing")
		}, inflighttest.Watchdog(10*time.Minute))
	}
	runTest(TestAll)
	// Output: computing
}
