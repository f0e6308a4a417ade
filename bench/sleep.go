package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
)

// sleepers has many tasks asleep at once: what each of them holds of memory, and
// how late they wake.
func sleepers() []*bench {
	const ours1, ours2 = "Run, Sleep", "Gather, Sleep"
	const raw, sel = "go, time.Sleep", "go, select on timer and ctx"
	return []*bench{{
		name: "100 000 sleepers", n: 100_000, unit: "sleeping task, all included",
		procs: []int{2}, alone: true, rounds: 3,
		contenders: []contender{
			{name: ours1, kind: ours, probe: asleep(sleepRun)},
			{name: ours2, kind: ours, probe: asleep(sleepGather)},
			{name: raw, kind: hand, probe: asleep(sleepPlain(sleepTime))},
			{name: sel, kind: hand, probe: asleep(sleepPlain(sleepSelect))},
			{name: leastName, kind: least, probe: asleep(leastSleep)},
		},
		targets: []target{
			atMost(3.2*1024, ours1, held, 2),
			atMost(3.2*1024, ours2, held, 2),
			beside(ours1, held, 2, raw),
			beside(ours1, held, 2, sel),
			beside(ours1, held, 2, leastName),
			beside(ours1, sys, 2, sel),
		},
	}, {
		name: "2 000 wake-ups over 2 s", n: 2_000, unit: "sleeper, lateness",
		procs: []int{2}, rounds: 3,
		contenders: []contender{
			{name: ours1, kind: ours, probe: lateness(sleepRun)},
			{name: raw, kind: hand, probe: lateness(sleepPlain(sleepTime))},
			{name: sel, kind: hand, probe: lateness(sleepPlain(sleepSelect))},
		},
		targets: []target{
			beside(ours1, p50, 2, raw),
			beside(ours1, p99, 2, raw),
		},
	}}
}

// A sleeper starts n tasks, which call before, sleep as long as that says, and
// call after. It returns when all have ended; the context ends their sleep, if
// they have ears for it.
type sleeper func(ctx context.Context, n int, before func(i int) time.Duration, after func(i int))

func sleepRun(ctx context.Context, n int, before func(i int) time.Duration, after func(i int)) {
	inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range n {
			g.Go(func(ctx context.Context) error {
				err := inflight.Sleep(ctx, before(i))
				after(i)
				return err
			})
		}
		return nil
	})
}

func sleepGather(ctx context.Context, n int, before func(i int) time.Duration, after func(i int)) {
	fns := make([]func(context.Context) (struct{}, error), n)
	for i := range fns {
		fns[i] = func(ctx context.Context) (struct{}, error) {
			err := inflight.Sleep(ctx, before(i))
			after(i)
			return struct{}{}, err
		}
	}
	inflight.Gather(ctx, fns...)
}

func sleepPlain(sleep func(context.Context, time.Duration)) sleeper {
	return func(ctx context.Context, n int, before func(i int) time.Duration, after func(i int)) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				sleep(ctx, before(i))
				after(i)
			})
		}
		wg.Wait()
	}
}

func sleepTime(_ context.Context, d time.Duration) { time.Sleep(d) }

func sleepSelect(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// asleep measures what n sleepers hold once all of them sleep: the heap and the
// stacks that are in use after a collection, and what the runtime has asked the
// system for. What a dead goroutine leaves behind stays with the process, so it
// takes a new one for each measure; and the end of that process ends the sleepers,
// which are not waited for, because some have no ears for the context.
func asleep(s sleeper) func(n int) sample {
	return func(n int) sample {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var began, woke atomic.Int64
		m0 := memory()
		go s(ctx, n, func(int) time.Duration { began.Add(1); return time.Minute }, func(int) { woke.Add(1) })
		for began.Load() < int64(n) {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond) // the last one is on its way to bed
		m1 := memory()
		if k := woke.Load(); k > 0 {
			panic(fmt.Sprintf("%d of %d had woken before their memory was measured", k, n))
		}
		return sample{
			held: float64(inUse(m1)-inUse(m0)) / float64(n),
			sys:  float64(m1.Sys-m0.Sys) / float64(n),
		}
	}
}

// memory collects twice: the first collection may have begun before the last
// stack was done with.
func memory() *runtime.MemStats {
	runtime.GC()
	runtime.GC()
	m := new(runtime.MemStats)
	runtime.ReadMemStats(m)
	return m
}

func inUse(m *runtime.MemStats) int64 { return int64(m.HeapInuse + m.StackInuse) }

// lateness measures how long after its time each of n sleepers runs again, when
// one is due every millisecond.
func lateness(s sleeper) func(n int) sample {
	return func(n int) sample {
		late := make([]time.Duration, n)
		start := time.Now().Add(20 * time.Millisecond) // by then all are started
		due := func(i int) time.Time { return start.Add(time.Duration(i) * time.Millisecond) }
		s(context.Background(), n,
			func(i int) time.Duration { return time.Until(due(i)) },
			func(i int) { late[i] = time.Since(due(i)) })
		slices.Sort(late)
		at := func(q float64) float64 { return float64(late[int(q*float64(n-1))]) / float64(time.Microsecond) }
		return sample{p50: at(0.5), p99: at(0.99)}
	}
}
