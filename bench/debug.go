package main

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/queue"
)

// looking is what introspection costs: those who run, at each level, and those who
// are looked at.
func looking() []*bench {
	const one, two = "level 1", "level 2"
	return []*bench{{
		name: "debug levels", n: 10_000, unit: "trivial task, more than at level 0",
		contenders: []contender{
			{name: one, kind: ours, probe: moreThanLevel0(1)},
			{name: two, kind: ours, probe: moreThanLevel0(2)},
		},
		targets: []target{atMost(100, one, more, 1), atMost(5000, two, more, 1)},
	}, {
		name: "debug snapshot", n: 100_000, unit: "snapshot of so many waiting tasks, best of five",
		procs: []int{2}, alone: true, rounds: 3,
		contenders: []contender{{name: "Take", kind: ours, probe: snapshot}},
		targets:    []target{atMost(100, "Take", look, 2), atMost(5, "Take", stall, 2)},
	}}
}

// moreThanLevel0 measures what a task costs more at a level than at level 0: the two
// take turns, and the least of each counts.
func moreThanLevel0(level int) func(n int) sample {
	return func(n int) sample {
		defer inflight.SetDebug(0)
		least := [2]float64{math.Inf(1), math.Inf(1)}
		for turn := range 40 {
			at := turn % 2
			inflight.SetDebug(at * level)
			began := time.Now()
			spawnTrivial(n)
			least[at] = min(least[at], float64(time.Since(began).Nanoseconds())/float64(n))
		}
		return sample{more: max(0, least[1]-least[0])}
	}
}

func spawnTrivial(n int) {
	must(inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		fn := func(context.Context) error { return nil }
		for range n {
			g.Go(fn)
		}
		return nil
	}))
}

// snapshot measures how long it takes to look at n waiting tasks, and the longest that
// the start of one more task took meanwhile, which needs the lock of the same group.
func snapshot(n int) sample {
	var looks, stalls []float64
	must(inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		q := queue.New[int](1)
		for range n {
			g.Go(func(ctx context.Context) error { _, err := q.Get(ctx); return err })
		}
		for waiting := 0; waiting < n; _, waiting = debug.Take().Running() {
			time.Sleep(10 * time.Millisecond)
		}
		for range 5 {
			var over atomic.Bool
			worst := make(chan float64)
			go func() {
				longest := time.Duration(0)
				for !over.Load() {
					began := time.Now()
					g.Go(func(context.Context) error { return nil })
					longest = max(longest, time.Since(began))
					time.Sleep(100 * time.Microsecond)
				}
				worst <- float64(longest) / float64(time.Millisecond)
			}()
			looks = append(looks, float64(debug.Take().Took)/float64(time.Millisecond))
			over.Store(true)
			stalls = append(stalls, <-worst)
		}
		g.Cancel()
		return nil
	}))
	return sample{look: slices.Min(looks), stall: slices.Min(stalls)}
}
