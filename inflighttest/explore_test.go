package inflighttest_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
)

// account is the classic of lost updates: Transfer waits between reading and
// writing.
func lostUpdate(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
	var mu locks.Mutex
	balance := 0
	deposit := func(ctx context.Context) error {
		read := balance
		if err := mu.Do(ctx, func(context.Context) error { return nil }); err != nil {
			return err
		}
		balance = read + 1
		return nil
	}
	first, second := g.Go(deposit, inflight.Name("first")), g.Go(deposit, inflight.Name("second"))
	first.Await(ctx)
	second.Await(ctx)
	if balance != 2 {
		t.Errorf("the balance is %d", balance)
	}
}

// A failing run is told with what went wrong, the seed, and the steps; the seed
// and the tape repeat it.
func TestExplore_tells_and_repeats(t *testing.T) {
	if raceEnabled {
		t.Skip("it is a data race too")
	}
	out := fails(t, func(t *testing.T) { inflighttest.Explore(t, inflighttest.Plan{}, lostUpdate) })
	says(t, out, "failed, found in run", "the balance is 1", "INFLIGHT_SEED=", "-run '^TestExplore_tells_and_repeats$'",
		"shortest:", "INFLIGHT_SEED=tape.", "steps:", "first", "mutex.lock #", "explore_test.go:")
	saysNot(t, out, "another way")
	for _, line := range strings.Split(out, "\n") {
		_, seed, ok := strings.Cut(line, "INFLIGHT_SEED=")
		if !ok {
			continue
		}
		seed = strings.Fields(seed)[0]
		t.Setenv("INFLIGHT_SEED", seed)
		says(t, fails(t, func(t *testing.T) { inflighttest.Explore(t, inflighttest.Plan{}, lostUpdate) }),
			"failed, found in run 1\n", "the balance is 1", "steps:")
	}
}

// What is not under control is flagged.
func TestExplore_flags_what_does_not_repeat(t *testing.T) {
	runs := 0
	out := fails(t, func(t *testing.T) {
		inflighttest.Explore(t, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			if runs++; runs == 3 {
				t.Error("the third one")
			}
		})
	})
	says(t, out, "found in run 3", "the third one", "The run went another way when it was repeated")
}

func TestExplore_deadlock(t *testing.T) {
	out := fails(t, func(t *testing.T) {
		inflighttest.Explore(t, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			var a, b locks.Mutex
			both := func(first, second *locks.Mutex) func(ctx context.Context) error {
				return func(ctx context.Context) error {
					return first.Do(ctx, func(ctx context.Context) error {
						return second.Do(ctx, func(context.Context) error { return nil })
					})
				}
			}
			g.Go(both(&a, &b), inflight.Name("ab"))
			g.Go(both(&b, &a), inflight.Name("ba"))
		})
	})
	says(t, out, "deadlock, found in run", "everybody is blocked", "ab waits for mutex.lock #", "ba waits for mutex.lock #", "steps:")
}

// A deadlock of raw goroutines is told by their stacks.
func TestExplore_deadlock_of_channels(t *testing.T) {
	out := fails(t, func(t *testing.T) {
		inflighttest.Explore(t, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			<-make(chan int)
		})
	})
	says(t, out, "deadlock, found in run 1", "[chan receive] inflighttest_test", "explore_test.go:")
}

func TestExplore_mutex_across_a_wait(t *testing.T) {
	out := fails(t, func(t *testing.T) {
		inflighttest.Explore(t, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			var mu sync.Mutex
			var event locks.Event
			for range 2 {
				g.Go(func(ctx context.Context) error {
					mu.Lock()
					defer mu.Unlock()
					event.Set()
					return nil
				})
			}
		})
	})
	says(t, out, "hang, found in run", "[sync.Mutex.Lock]", "explore_test.go:", "A sync.Mutex is held across a wait")
}

func TestExplore_data_race(t *testing.T) {
	if !raceEnabled {
		t.Skip("without the race detector")
	}
	// In some interleavings a lock orders the two, in others it does not.
	racy := func(t *testing.T) {
		inflighttest.Explore(t, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			var mu locks.Mutex
			n := 0
			g.Go(func(ctx context.Context) error {
				n++
				return mu.Do(ctx, func(context.Context) error { return nil })
			})
			g.Go(func(ctx context.Context) error {
				if err := mu.Do(ctx, func(context.Context) error { return nil }); err != nil {
					return err
				}
				n++
				return nil
			})
		})
	}
	out := fails(t, racy)
	says(t, out, "DATA RACE", "data race, found in run", "INFLIGHT_SEED=", "go test -race -run ")
	_, seed, _ := strings.Cut(out, "INFLIGHT_SEED=")
	t.Setenv("INFLIGHT_SEED", strings.Fields(seed)[0])
	says(t, fails(t, racy), "DATA RACE", "explore_test.go:", "data race, found in run 1\n")
}

func TestExplore_panic_leak_and_endless(t *testing.T) {
	for name, body := range map[string]inflighttest.Body{
		"panic": func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			g.Go(func(context.Context) error { panic("oh") })
		},
		"leak": func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			var event locks.Event
			go event.Wait(context.Background())
			inflighttest.Settle()
		},
		"no end": func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			for {
				inflight.Sleep(ctx, 0)
			}
		},
		"failed": func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			g.Go(func(context.Context) error { runtime.Goexit(); return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			out := fails(t, func(t *testing.T) { inflighttest.Explore(t, inflighttest.Plan{}, body) })
			says(t, out, name+", found in run 1")
		})
	}
}

func TestExplore_skip(t *testing.T) {
	skipped := false
	t.Run("inner", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		inflighttest.Explore(t, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) { t.Skip("no") })
	})
	if !skipped {
		t.Error("the test was not skipped")
	}
}
