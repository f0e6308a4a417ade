package main

import (
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/alitto/pond/v2"
	"github.com/creachadair/taskgroup"
	"github.com/destel/rill"
	"github.com/panjf2000/ants/v2"
	conciter "github.com/sourcegraph/conc/iter"
	"github.com/sourcegraph/conc/pool"
	"golang.org/x/sync/errgroup"

	"github.com/inflight-go/inflight"
)

// mapLimit is how many items are worked on at once.
const mapLimit = 100

// mapping applies a function to each item of a slice, at most mapLimit at once.
func mapping() []*bench {
	const workers = "workers on an atomic index"
	const ordered, unordered = "Each, ordered", "Each, unordered"
	all := []contender{
		{name: "Map", kind: ours, open: once(mapMap)},
		{name: ordered, kind: ours, open: once(mapEachOrdered)},
		{name: unordered, kind: ours, open: once(mapEach)},
		{name: leastName, kind: least, open: once(leastMap)},
		{name: workers, kind: hand, open: once(mapWorkers)},
		{name: "errgroup with context, SetLimit", kind: peer, open: once(mapErrgroup)},
		{name: "conc result pool", kind: peer, open: once(mapConcPool)},
		{name: "pond result group", kind: peer, open: mapPond},
		{name: "taskgroup with limit", kind: peer, open: once(mapTaskgroup)},
		{name: "ants + WaitGroup", kind: part, open: mapAnts},
		{name: "conc iter.MapErr, no ctx", kind: part, open: once(mapConcIter)},
		{name: "rill OrderedMap, no ctx", kind: part, open: once(mapRill)},
	}
	return []*bench{{
		name: "map 100 000", n: 100_000, unit: "trivial item, limit 100",
		want:       sumTo,
		contenders: all,
		targets: []target{
			within(2, "Map", wall, 2, workers), beside("Map", wall, 1, workers),
			ahead(8, "Map", wall, 2, anyPeer), ahead(8, "Map", wall, 1, anyPeer),
			within(4, ordered, wall, 2, workers), beside(ordered, wall, 1, workers), beside(ordered, wall, 0, leastName),
			within(4, unordered, wall, 2, workers), beside(unordered, wall, 1, workers),
			beside("Map", cpu, 0, workers),
		},
	}, {
		name: "map 10", n: 10, unit: "trivial item, limit 100",
		want:       sumTo,
		contenders: all,
		targets: []target{
			within(1, "Map", wall, 2, anybody), beside("Map", wall, 1, anybody),
			beside(ordered, wall, 0, workers),
			beside(unordered, wall, 0, workers),
		},
	}}
}

// items is the input. It is made once for a length, like the data that a user
// has already.
var items = func() func(n int) []int {
	var in []int
	return func(n int) []int {
		if len(in) != n {
			in = make([]int, n)
			for i := range in {
				in[i] = i
			}
		}
		return in
	}
}()

// same is the function, in the shape that ours have.
func same(_ context.Context, v int) (int, error) { return v, nil }

func mapMap(n int) int64 {
	out, err := inflight.Map(context.Background(), items(n), mapLimit, same)
	must(err)
	return sum(out)
}

func mapEach(n int) int64 {
	return drain(inflight.Each(context.Background(), slices.Values(items(n)), mapLimit, same))
}

func mapEachOrdered(n int) int64 {
	return drain(inflight.Each(context.Background(), slices.Values(items(n)), mapLimit, same, inflight.Ordered()))
}

func drain(pairs iter.Seq2[int, inflight.Result[int]]) (total int64) {
	for _, r := range pairs {
		must(r.Err)
		total += int64(r.Value)
	}
	return total
}

// mapWorkers is the floor: no context, no error, nobody catches a panic. The
// function is called as a value, as in all others.
func mapWorkers(n int) int64 {
	in, out, fn := items(n), make([]int, n), same
	ctx := context.Background()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(mapLimit, n) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(in) {
					return
				}
				out[i], _ = fn(ctx, in[i])
			}
		})
	}
	wg.Wait()
	return sum(out)
}

func mapErrgroup(n int) int64 {
	out := make([]int, n)
	g, ctx := errgroup.WithContext(context.Background())
	g.SetLimit(mapLimit)
	for i, v := range items(n) {
		g.Go(func() (err error) {
			out[i], err = same(ctx, v)
			return err
		})
	}
	must(g.Wait())
	return sum(out)
}

func mapConcPool(n int) int64 {
	p := pool.NewWithResults[int]().WithErrors().WithContext(context.Background()).
		WithCancelOnError().WithMaxGoroutines(mapLimit)
	for _, v := range items(n) {
		p.Go(func(ctx context.Context) (int, error) { return same(ctx, v) })
	}
	out, err := p.Wait()
	must(err)
	return sum(out)
}

func mapConcIter(n int) int64 {
	m := conciter.Mapper[int, int]{MaxGoroutines: mapLimit}
	out, err := m.MapErr(items(n), func(v *int) (int, error) { return same(context.Background(), *v) })
	must(err)
	return sum(out)
}

func mapRill(n int) int64 {
	out, err := rill.ToSlice(rill.OrderedMap(rill.FromSlice(items(n), nil), mapLimit, func(v int) (int, error) {
		return same(context.Background(), v)
	}))
	must(err)
	return sum(out)
}

func mapPond() (func(n int) int64, func()) {
	p := pond.NewResultPool[int](mapLimit)
	return func(n int) int64 {
		ctx := context.Background()
		g := p.NewGroupContext(ctx)
		for _, v := range items(n) {
			g.SubmitErr(func() (int, error) { return same(ctx, v) })
		}
		out, err := g.Wait()
		must(err)
		return sum(out)
	}, p.StopAndWait
}

func mapTaskgroup(n int) int64 {
	out := make([]int, n)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g, start := taskgroup.New(cancel).Limit(mapLimit)
	for i, v := range items(n) {
		start.Go(func() (err error) {
			out[i], err = same(ctx, v)
			return err
		})
	}
	must(g.Wait())
	return sum(out)
}

func mapAnts() (func(n int) int64, func()) {
	p, err := ants.NewPool(mapLimit)
	must(err)
	return func(n int) int64 {
		out := make([]int, n)
		var wg sync.WaitGroup
		wg.Add(n)
		for i, v := range items(n) {
			must(p.Submit(func() {
				defer wg.Done()
				out[i], _ = same(context.Background(), v)
			}))
		}
		wg.Wait()
		return sum(out)
	}, p.Release
}
