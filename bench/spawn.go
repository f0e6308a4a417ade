package main

import (
	"context"
	"sync"

	"github.com/alitto/pond/v2"
	"github.com/creachadair/taskgroup"
	"github.com/panjf2000/ants/v2"
	"github.com/sourcegraph/conc/pool"
	"golang.org/x/sync/errgroup"

	"github.com/inflight-go/inflight"
)

// spawning starts very many children that have next to nothing to do, and joins
// them. What a user would write is inside: the closures, the slice of results,
// and the sum that is made of it. Pools that are made to live long are open before.
func spawning() []*bench {
	const raw = "go + WaitGroup"
	const gather, settle, group, handle = "Gather", "Settle", "TaskGroup.Go", "Go[T], handles kept"
	return []*bench{{
		name: "spawn and join 100 000", n: 100_000, unit: "trivial child with a result",
		want: sumTo,
		contenders: []contender{
			{name: gather, kind: ours, open: once(spawnGather)},
			{name: settle, kind: ours, open: once(spawnSettle)},
			{name: group, kind: ours, open: once(spawnTaskGroup)},
			{name: handle, kind: ours, open: once(spawnHandles)},
			{name: raw, kind: hand, open: once(spawnRaw)},
			{name: leastName, kind: least, open: once(leastSpawn)},
			{name: "errgroup with context", kind: peer, open: once(spawnErrgroup)},
			{name: "conc result pool", kind: peer, open: once(spawnConc)},
			{name: "pond result group", kind: peer, open: spawnPond},
			{name: "ants + WaitGroup", kind: part, open: spawnAnts},
			{name: "taskgroup.Gather", kind: peer, open: once(spawnTaskgroup)},
		},
		targets: []target{
			within(0.4, gather, wall, 2, raw),
			within(0.4, settle, wall, 2, raw),
			within(0.8, group, wall, 2, raw),
			within(0.8, handle, wall, 2, raw),
			within(0.2, gather, cpu, 1, raw),
			within(0.2, settle, cpu, 1, raw),
			within(0.5, group, cpu, 1, raw),
			within(0.5, handle, cpu, 1, raw),
			beside(group, wall, 2, leastName),
		},
	}}
}

// sumTo is what the results 0 to n-1 come to.
func sumTo(n int) int64 { return int64(n) * int64(n-1) / 2 }

func sum(xs []int) (total int64) {
	for _, x := range xs {
		total += int64(x)
	}
	return total
}

// returns makes the i-th child, a closure as it would be written in place.
func returns(i int) func(context.Context) (int, error) {
	return func(context.Context) (int, error) { return i, nil }
}

func children(n int) []func(context.Context) (int, error) {
	fns := make([]func(context.Context) (int, error), n)
	for i := range fns {
		fns[i] = returns(i)
	}
	return fns
}

func spawnGather(n int) int64 {
	out, err := inflight.Gather(context.Background(), children(n)...)
	must(err)
	return sum(out)
}

func spawnSettle(n int) (total int64) {
	out, err := inflight.Settle(context.Background(), children(n)...)
	must(err)
	for _, r := range out {
		must(r.Err)
		total += int64(r.Value)
	}
	return total
}

func spawnTaskGroup(n int) int64 {
	out := make([]int, n)
	must(inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range n {
			g.Go(func(context.Context) error { out[i] = i; return nil })
		}
		return nil
	}))
	return sum(out)
}

func spawnHandles(n int) (total int64) {
	ts := make([]*inflight.Task[int], n)
	must(inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range ts {
			ts[i] = inflight.Go(g, returns(i))
		}
		return nil
	}))
	for _, t := range ts {
		v, err := t.Result()
		must(err)
		total += int64(v)
	}
	return total
}

func spawnRaw(n int) int64 {
	out := make([]int, n)
	var wg sync.WaitGroup
	wg.Add(n)
	for i := range n {
		go func() {
			defer wg.Done()
			out[i] = i
		}()
	}
	wg.Wait()
	return sum(out)
}

func spawnErrgroup(n int) int64 {
	out := make([]int, n)
	g, _ := errgroup.WithContext(context.Background())
	for i := range n {
		g.Go(func() error { out[i] = i; return nil })
	}
	must(g.Wait())
	return sum(out)
}

func spawnConc(n int) int64 {
	p := pool.NewWithResults[int]().WithErrors().WithContext(context.Background())
	for i := range n {
		p.Go(returns(i))
	}
	out, err := p.Wait()
	must(err)
	return sum(out)
}

func spawnPond() (func(n int) int64, func()) {
	p := pond.NewResultPool[int](0) // without a limit
	return func(n int) int64 {
		g := p.NewGroupContext(context.Background())
		for i := range n {
			g.SubmitErr(func() (int, error) { return i, nil })
		}
		out, err := g.Wait()
		must(err)
		return sum(out)
	}, p.StopAndWait
}

func spawnAnts() (func(n int) int64, func()) {
	p, err := ants.NewPool(-1) // without a limit
	must(err)
	return func(n int) int64 {
		out := make([]int, n)
		var wg sync.WaitGroup
		wg.Add(n)
		for i := range n {
			must(p.Submit(func() {
				defer wg.Done()
				out[i] = i
			}))
		}
		wg.Wait()
		return sum(out)
	}, p.Release
}

func spawnTaskgroup(n int) int64 {
	out := make([]int, 0, n)
	g := taskgroup.New(nil)
	all := taskgroup.Gather(g.Go, func(v int) { out = append(out, v) })
	for i := range n {
		all.Call(func() (int, error) { return i, nil })
	}
	must(g.Wait())
	return sum(out)
}
