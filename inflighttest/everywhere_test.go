package inflighttest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
)

// A permit that is not given back when its holder is cancelled between two waits.
func TestTK6_finds_a_lost_permit(t *testing.T) {
	body := func(safe bool) inflighttest.Body {
		return func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			l := inflight.NewLimiter(1)
			for range 2 {
				g.Go(func(ctx context.Context) error {
					if err := l.Acquire(ctx); err != nil {
						return err
					}
					if safe {
						defer l.Release()
					}
					if err := inflight.Sleep(ctx, time.Second); err != nil {
						return err
					}
					if !safe {
						l.Release()
					}
					return nil
				})
			}
			t.Cleanup(func() {
				if n := l.Stats().InUse; n != 0 {
					t.Errorf("%d permits are lost", n)
				}
			})
		}
	}
	inflighttest.CancelEverywhere(t, inflighttest.Plan{Runs: 500}, body(true))
	inflighttest.Explore(t, inflighttest.Plan{Runs: 500}, body(false)) // nobody is cancelled there
	out := fails(t, func(t *testing.T) { inflighttest.CancelEverywhere(t, inflighttest.Plan{}, body(false)) })
	says(t, out, "failed, found in run", "1 permits are lost", "INFLIGHT_SEED=cancel", ":steady", "cancels ")
}

// Each named point fails once.
func TestFailEverywhere(t *testing.T) {
	failed := make(map[string]bool)
	body := func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		for _, name := range []string{"read", "write", "sync"} {
			if err := inflight.Point(ctx, name); err != nil {
				if !errors.Is(err, inflighttest.ErrInjected) {
					t.Errorf("the error is %v", err)
				}
				failed[name] = true
				return
			}
		}
		if failed["sync"] {
			t.Error("all were tried")
		}
	}
	out := fails(t, func(t *testing.T) { inflighttest.FailEverywhere(t, inflighttest.Plan{}, body) })
	if len(failed) != 0 {
		t.Errorf("%v failed in this process", failed)
	}
	says(t, out, "found in run 5", "all were tried")
}

// What a plan has go wrong goes wrong in each run, at the time it says.
func TestPlan_Faults(t *testing.T) {
	errDisk := errors.New("disk full")
	plan := inflighttest.Plan{Runs: 20, Faults: []inflighttest.PointFault{
		{Point: "write", Nth: 2, Err: errDisk}, {Point: "read", Delay: time.Minute},
	}}
	inflighttest.Explore(t, plan, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		begin := time.Now()
		for i := 1; i <= 3; i++ {
			if err := inflight.Point(ctx, "write"); (err == errDisk) != (i == 2) {
				t.Errorf("time %d: %v", i, err)
			}
		}
		if err := inflight.Point(ctx, "read"); err != nil || time.Since(begin) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}

// Two tasks of two steps each: all interleavings, and how many of them there are.
func TestExhaustive(t *testing.T) {
	seen := make(map[string]int)
	body := func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		order := ""
		for _, name := range []string{"a", "b"} {
			g.Go(func(ctx context.Context) error {
				order += name
				inflight.Point(ctx, name)
				order += name
				return nil
			})
		}
		t.Cleanup(func() { seen[order]++ })
	}
	if raceEnabled {
		t.Skip("order and seen are not guarded")
	}
	inflighttest.Exhaustive(t, inflighttest.Plan{Preemptions: -1}, body)
	for _, order := range []string{"aabb", "abab", "abba", "baab", "baba", "bbaa"} {
		if seen[order] == 0 {
			t.Errorf("%s was not tried", order)
		}
	}
	clear(seen)
	inflighttest.Exhaustive(t, inflighttest.Plan{Preemptions: 1}, body)
	if seen["aabb"] == 0 || seen["abba"] == 0 || seen["abab"] != 0 {
		t.Errorf("with one preemption there were %v", seen)
	}
	says(t, fails(t, func(t *testing.T) { inflighttest.Exhaustive(t, inflighttest.Plan{Runs: 3}, body) }), "there are more than 3 interleavings")
}

func TestExhaustive_finds(t *testing.T) {
	if raceEnabled {
		t.Skip("it is a data race too")
	}
	out := fails(t, func(t *testing.T) { inflighttest.Exhaustive(t, inflighttest.Plan{}, lostUpdate) })
	says(t, out, "the balance is 1", "INFLIGHT_SEED=tape.")
	saysNot(t, out, "another way")
}

func TestChaos(t *testing.T) {
	out := fails(t, func(t *testing.T) {
		inflighttest.Chaos(t, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) { t.Error("no") })
	})
	says(t, out, "failed, found in run 1", "no")
}

func TestChaos_watchdog(t *testing.T) {
	out := fails(t, func(t *testing.T) {
		inflighttest.Chaos(t, inflighttest.Plan{Watchdog: 300 * time.Millisecond}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			new(locks.Event).Wait(ctx)
		})
	})
	says(t, out, "hang, found in run 1", "was not over after 300ms", "tasks:", "body [event.wait", "everywhere_test.go:")
}

func TestChaos_parks_in_real_time(t *testing.T) {
	inflighttest.Chaos(t, inflighttest.Plan{Runs: 10}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		inflight.Gather(ctx, func(ctx context.Context) (int, error) { return 0, inflight.Sleep(ctx, time.Microsecond) })
	})
}

func FuzzInterleavings(f *testing.F) {
	inflighttest.Fuzz(f, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var mu locks.Mutex
		n := 0
		for range 3 {
			g.Go(func(ctx context.Context) error {
				return mu.Do(ctx, func(context.Context) error { n++; return nil })
			})
		}
		t.Cleanup(func() {
			if n != 3 {
				t.Errorf("n is %d", n)
			}
		})
	})
}

func TestModes(t *testing.T) {
	inflighttest.Modes(t, inflighttest.Plan{Runs: 100}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var mu locks.Mutex
		for range 3 {
			g.Go(func(ctx context.Context) error { return mu.Do(ctx, func(context.Context) error { return nil }) })
		}
		t.Cleanup(func() {
			if mu.Stats().Locked {
				t.Error("it is locked")
			}
		})
	})
}
