package main

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/inflight-go/inflight"
)

// blocking has children that give a goroutine something to wait for: what
// goroutines that are reused must not lose.
func blocking() []*bench {
	return []*bench{
		blocked("children that sleep 1 ms", 1_000, func() { time.Sleep(time.Millisecond) }),
		blocked("children that yield once", 10_000, runtime.Gosched),
		blocked("children that compute for 1 µs", 10_000, func() { spin(time.Microsecond) }),
	}
}

// blocked sets Run and Gather beside plain goroutines whose children do do.
func blocked(name string, n int, do func()) *bench {
	const raw = "go + WaitGroup"
	return &bench{
		name: name, n: n, unit: "child",
		want: sumTo,
		contenders: []contender{
			{name: "Run", kind: ours, open: once(func(n int) int64 {
				out := make([]int, n)
				must(inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
					for i := range n {
						g.Go(func(context.Context) error { do(); out[i] = i; return nil })
					}
					return nil
				}))
				return sum(out)
			})},
			{name: "Gather", kind: ours, open: once(func(n int) int64 {
				fns := make([]func(context.Context) (int, error), n)
				for i := range fns {
					fns[i] = func(context.Context) (int, error) { do(); return i, nil }
				}
				out, err := inflight.Gather(context.Background(), fns...)
				must(err)
				return sum(out)
			})},
			{name: raw, kind: hand, open: once(func(n int) int64 {
				out := make([]int, n)
				var wg sync.WaitGroup
				for i := range n {
					wg.Go(func() { do(); out[i] = i })
				}
				wg.Wait()
				return sum(out)
			})},
		},
		targets: []target{
			beside("Run", wall, 0, raw),
			beside("Gather", wall, 0, raw),
		},
	}
}

// spin computes for about d. It asks the clock seldom, because a case of many
// children would measure the clock.
func spin(d time.Duration) {
	x := uint64(1)
	for range int(d/time.Nanosecond) * turnsPerMicrosecond / 1000 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	if x == 0 {
		panic("xorshift reached zero")
	}
}

// turnsPerMicrosecond is found when the program starts, so that a microsecond is
// one on every machine, and the same for all contenders.
var turnsPerMicrosecond = func() int {
	const turns = 200_000
	best := time.Hour
	for range 5 {
		start := time.Now()
		x := uint64(1)
		for range turns {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
		if x != 0 {
			best = min(best, time.Since(start))
		}
	}
	return max(1, int(turns*time.Microsecond/best))
}()
