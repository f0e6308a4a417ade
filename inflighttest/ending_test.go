package inflighttest_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
)

type (
	plan = inflighttest.Plan
	body = inflighttest.Body
)

// However a body ends, the run that it ends is told, with its seed and in places
// of the test.
func TestExplore_ways_to_end_a_body(t *testing.T) {
	for name, c := range map[string]struct {
		body body
		says []string
	}{
		"Goexit": {func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) { runtime.Goexit() },
			[]string{"failed, found in run 1", "the body has called runtime.Goexit", "INFLIGHT_SEED=steady"}},
		"cleanup": {func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			t.Cleanup(func() { panic("while it cleans up") })
		}, []string{"panic, found in run 1", "while it cleans up", "INFLIGHT_SEED=steady"}},
		"error": {func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			g.Go(func(context.Context) error { return errBoom })
		}, []string{"failed, found in run 1\n            a task failed: boom\n", "1  body    task.start     ending_test.go:"}},
		"goroutine": {func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			go func() { inflight.Point(ctx, "work"); select {} }()
		}, []string{"leak, found in run 1", "1  body         task.start    ending_test.go:", `2  goroutine 2  point "work"`}},
		"deadlock": {func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			g.Go(func(ctx context.Context) error { <-ctx.Done(); return nil })
		}, []string{"deadlock, found in run 1", "body waits for group.join", "[chan receive] inflighttest_test."}},
	} {
		t.Run(name, func(t *testing.T) {
			output := fails(t, func(t *testing.T) { inflighttest.Explore(t, plan{}, c.body) })
			says(t, output, c.says...)
			saysNot(t, output, " run.go:", "] explore.(*Sim)")
		})
	}
}

// A body that fails the t around it is told of, and ends the search.
func TestExplore_a_failure_of_the_outer_test(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		t.Run("explore", func(outer *testing.T) {
			inflighttest.Explore(outer, plan{}, func(_ testing.TB, ctx context.Context, g *inflight.TaskGroup) { outer.Fatal("wrong t") })
		})
		t.Run("chaos", func(outer *testing.T) {
			inflighttest.Chaos(outer, plan{}, func(_ testing.TB, ctx context.Context, g *inflight.TaskGroup) { outer.Error("wrong t") })
		})
	})
	says(t, output, "wrong t", "failed outside, found in run 1", "use the t that the body is given", "INFLIGHT_SEED=steady",
		"wrong t", "failed outside, found in run 1", "--- FAIL:")
	if n := strings.Count(output, "wrong t\n"); n > 3 { // a run of each, and the one that the steps are from
		t.Errorf("%d runs were made", n)
	}
}

// The reason of a skipped test is told, what runs write to the output of a test
// that passes is not, and the command that repeats a run is one that a shell takes.
func TestExplore_tells_the_test_around_it(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		t.Run("skipped", func(t *testing.T) {
			inflighttest.Explore(t, plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) { t.Skip("for want of a moon") })
		})
		t.Run("chaos", func(t *testing.T) {
			inflighttest.Chaos(t, plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) { t.Skip("for want of a sun") })
		})
		t.Run("output", func(t *testing.T) {
			inflighttest.Explore(t, plan{Runs: 3}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) { fmt.Fprintln(t.Output(), "noise") })
		})
		t.Run("1+1 isn't|3", func(t *testing.T) {
			inflighttest.Explore(t, plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
				fmt.Fprintln(t.Output(), "what it was like")
				t.Fail()
			})
		})
		t.Run("seed", func(t *testing.T) { inflighttest.Explore(t, plan{Replay: "radnom.1"}, lostUpdate) })
	})
	says(t, output, "for want of a moon", "for want of a sun", "what it was like", `-run '^TestExplore_tells_the_test_around_it$/^1\+1_isn'\''t\|3$'`, `"radnom.1" is no seed`)
	saysNot(t, output, "noise", "found in run 0")
}

// A ticker is told from a deadlock, as far as that can be.
func TestDeadlock_that_may_be_a_ticker(t *testing.T) {
	decades := func(ctx context.Context) error {
		ticker := time.NewTicker(10 * 365 * 24 * time.Hour)
		defer ticker.Stop()
		for ctx.Err() == nil {
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
		}
		return nil
	}
	for name, c := range map[string]struct {
		fn    func(context.Context) error
		hints int
	}{
		"ticker": {decades, 2},
		"event":  {func(ctx context.Context) error { _, err := inflight.NewPromise[int](ctx).Await(ctx); return err }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			output := fails(t, func(t *testing.T) {
				t.Run("run", func(t *testing.T) {
					inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) { g.Go(c.fn) })
				})
				t.Run("explore", func(t *testing.T) {
					inflighttest.Explore(t, plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) { g.Go(c.fn) })
				})
			})
			says(t, output, "deadlock: everything in", "[group.join] ending_test.go:", "deadlock, found in run 1")
			if n := strings.Count(output, "A timer fires again and again perhaps"); n != c.hints {
				t.Errorf("it was said %d times, want %d:\n%s", n, c.hints, output)
			}
		})
	}
}

// A plan that is wrong in itself panics, and says what is wrong.
func TestPlan_that_is_wrong(t *testing.T) {
	for want, p := range map[string]plan{
		"Plan with Runs -1, ":               {Runs: -1},
		"For -1s ":                          {For: -time.Second},
		"Steps -1: ":                        {Steps: -1},
		`PointFault with Point ""`:          {Faults: []inflighttest.PointFault{{Err: errBoom}}},
		`PointFault with Point "x", Nth -1`: {Faults: []inflighttest.PointFault{{Point: "x", Nth: -1}}},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "inflight/inflighttest: ") || !strings.Contains(got, want) {
					t.Errorf("panicked with %q, want %q", got, want)
				}
			}()
			inflighttest.Explore(t, p, lostUpdate)
		}()
	}
	// A watchdog of less than zero is none, as that of Run.
	inflighttest.Chaos(t, plan{Watchdog: -1, Runs: 1}, func(testing.TB, context.Context, *inflight.TaskGroup) { time.Sleep(time.Millisecond) })
}
