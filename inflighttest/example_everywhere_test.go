package inflighttest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// visits is a body: three tasks go through a door for one.
func visits(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
	door := inflight.NewLimiter(1)
	for range 3 {
		g.Go(func(ctx context.Context) error {
			return door.Do(ctx, func(ctx context.Context) error {
				return inflight.Sleep(ctx, time.Millisecond)
			})
		})
	}
	t.Cleanup(func() { // when all have returned, in whatever way
		if n := door.Stats().InUse; n != 0 {
			t.Errorf("%d are still inside", n)
		}
	})
}

// Whoever is cancelled, and wherever that is: nobody stays inside.
func ExampleCancelEverywhere() {
	TestVisits := func(t *testing.T) {
		inflighttest.CancelEverywhere(t, inflighttest.Plan{Runs: 200}, visits)
	}
	runTest(TestVisits)
	// Output:
}

// On goroutines, with chaos, explored, and cancelled everywhere.
func ExampleModes() {
	TestVisits := func(t *testing.T) {
		inflighttest.Modes(t, inflighttest.Plan{Runs: 50}, visits)
	}
	runTest(TestVisits)
	// Output:
}

// In real time, with a little disorder.
func ExampleChaos() {
	TestVisits := func(t *testing.T) {
		inflighttest.Chaos(t, inflighttest.Plan{Runs: 10}, visits)
	}
	runTest(TestVisits)
	// Output:
}

// All ways in which two tasks can go through the door with two preemptions.
func ExampleExhaustive() {
	TestDoor := func(t *testing.T) {
		inflighttest.Exhaustive(t, inflighttest.Plan{Preemptions: 2}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			var door locks.Mutex
			for range 2 {
				g.Go(func(ctx context.Context) error {
					return door.Do(ctx, func(context.Context) error { return nil })
				})
			}
		})
	}
	runTest(TestDoor)
	// Output:
}

// go test -fuzz=FuzzVisits chooses the interleavings by what they cover.
func ExampleFuzz() {
	FuzzVisits := func(f *testing.F) {
		inflighttest.Fuzz(f, inflighttest.Plan{}, visits)
	}
	_ = FuzzVisits
	// Output:
}

// Each Point fails once: the file is closed all the same.
func ExampleFailEverywhere() {
	TestSave := func(t *testing.T) {
		inflighttest.FailEverywhere(t, inflighttest.Plan{Runs: 50}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			open := false
			save := func(ctx context.Context) error {
				if err := inflight.Point(ctx, "file.open"); err != nil {
					return err
				}
				open = true
				defer func() { open = false }()
				return inflight.Point(ctx, "file.write")
			}
			if err := save(ctx); err != nil && !errors.Is(err, inflighttest.ErrInjected) {
				t.Error(err)
			}
			if open {
				t.Error("the file is still open")
			}
		})
	}
	runTest(TestSave)
	// Output:
}

// The reader waits for the queue, and for nothing else.
func ExampleAssertBlocked() {
	TestReader := func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			lines := queue.New[string](1)
			reader := inflight.Go(g, lines.Get)
			inflighttest.AssertBlocked(t, reader, "queue.get")
			lines.Put(ctx, "hello")
			fmt.Println(reader.Await(ctx))
		})
	}
	runTest(TestReader)
	// Output: hello <nil>
}

// A wait of one's own ends when its context does.
func ExampleAssertCancellable() {
	TestPoll := func(t *testing.T) {
		inflighttest.AssertCancellable(t, func(ctx context.Context) error {
			for {
				if err := inflight.Sleep(ctx, time.Second); err != nil {
					return err
				}
			}
		})
	}
	runTest(TestPoll)
	// Output:
}
