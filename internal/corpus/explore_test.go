package corpus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/corpus"
	"github.com/inflight-go/inflight/internal/explore"
)

// explored looks for a run of p that fails.
func explored(t *testing.T, p corpus.Program, o explore.Options) explore.Outcome {
	return explore.Explore(t, o, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
		if err := p(ctx); err != nil {
			t.Error(err)
		}
	})
}

// Each bug is found within the runs of the default budget, however long they take, and
// its run is one that can be repeated, as it was and cut short.
func TestExploreFindsEachBug(t *testing.T) {
	for _, bug := range corpus.All() {
		t.Run(bug.Name, func(t *testing.T) {
			f := explored(t, bug.Wrong, explore.Options{For: time.Minute, Jitter: bug.Jitter()}).Failure
			if f == nil {
				t.Fatal("not found")
			}
			if f.Flaky {
				t.Error("the run went another way when it was repeated")
			}
			for _, seed := range []string{f.Seed, f.Tape} {
				again := explored(t, bug.Wrong, explore.Options{Replay: seed, Jitter: bug.Jitter()}).Failure
				switch {
				case again == nil:
					t.Errorf("%s: nothing goes wrong", seed)
				case again.Kind != f.Kind:
					t.Errorf("%s: %s, %s; it was %s, %s", seed, again.Kind, again.Text, f.Kind, f.Text)
				case seed == f.Tape && len(again.Steps) != len(f.Steps):
					t.Errorf("%s: %d steps, and %d before", seed, len(again.Steps), len(f.Steps))
				}
			}
		})
	}
}

// Nothing is found where there is nothing.
func TestExploreFindsNothingInWhatIsRight(t *testing.T) {
	runs := 200
	if testing.Short() {
		runs = 50
	}
	for _, bug := range corpus.All() {
		t.Run(bug.Name, func(t *testing.T) {
			for _, jitter := range []bool{false, true} {
				o := explored(t, bug.Right, explore.Options{Runs: runs, Jitter: jitter})
				if o.Failure != nil {
					t.Error(o.Failure.Tell("go test"))
				}
			}
		})
	}
}

// What takes a clock that hurries is not found by one that does not.
func TestJitterIsNeeded(t *testing.T) {
	for _, bug := range corpus.All() {
		if !bug.Jitter() {
			continue
		}
		if o := explored(t, bug.Wrong, explore.Options{}); o.Failure != nil {
			t.Errorf("%s: %s", bug.Name, o.Failure.Tell("go test"))
		}
	}
}

// Timers of one moment fire in the order that a seed says, each time.
func TestExploreTimersOfOneMoment(t *testing.T) {
	const timers = 6
	program := func(ctx context.Context) error {
		var mu sync.Mutex // of order
		var order []int
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for i := range timers {
				g.Go(func(ctx context.Context) error {
					ctx, deadline := inflight.WithDeadline(ctx, time.Second)
					defer deadline.Stop()
					err := inflight.Sleep(ctx, time.Hour)
					mu.Lock()
					order = append(order, i)
					mu.Unlock()
					if !errors.Is(err, context.DeadlineExceeded) {
						return err
					}
					return nil
				})
			}
			return nil
		})
		if err == nil && !slices.IsSorted(order) {
			err = fmt.Errorf("order %v", order)
		}
		return err
	}
	f := explored(t, program, explore.Options{For: time.Minute}).Failure
	if f == nil || !strings.Contains(f.Text, "order") {
		t.Fatalf("%+v", f)
	}
	for range 30 { // the tape is of the run whose text that is, and the seed of a longer one
		if again := explored(t, program, explore.Options{Replay: f.Tape}).Failure; again == nil || again.Text != f.Text {
			t.Fatalf("%+v, and it was %s", again, f.Text)
		}
	}
}
