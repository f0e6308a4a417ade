package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/alitto/pond/v2"
	"github.com/creachadair/taskgroup"
	"github.com/sourcegraph/conc/pool"
	"golang.org/x/sync/errgroup"

	"github.com/inflight-go/inflight"
)

// running opens a scope for a few children, the commonest thing of all, and one
// for a thousand of which one fails.
func running() []*bench {
	const errg = "errgroup with context"
	var all []*bench
	for _, n := range []int{1, 10, 100} {
		all = append(all, &bench{
			name: fmt.Sprintf("run %d", n), n: n, unit: "trivial child, scope included",
			want: sumTo,
			contenders: []contender{
				{name: "Run", kind: ours, open: once(spawnTaskGroup)},
				{name: "Gather", kind: ours, open: once(spawnGather)},
				{name: "go + WaitGroup", kind: hand, open: once(spawnRaw)},
				{name: leastName, kind: least, open: once(leastSpawn)},
				{name: errg, kind: peer, open: once(spawnErrgroup)},
				{name: "conc result pool", kind: peer, open: once(spawnConc)},
				{name: "pond result group", kind: peer, open: spawnPond},
				{name: "taskgroup.Gather", kind: peer, open: once(spawnTaskgroup)},
			},
			targets: []target{
				within(1, "Run", wall, 2, errg), beside("Run", wall, 1, errg),
				beside("Gather", wall, 0, errg), beside("Run", wall, 0, leastName),
			},
		})
	}
	return append(all, failing(errg), cutting(errg))
}

var errFailed = errors.New("the one in the middle")

// failing has one child in the middle fail. The others return at once what the
// context says.
func failing(errg string) *bench {
	return &bench{
		name: "run 1 000, one fails", n: 1_000, unit: "child",
		want: func(int) int64 { return 1 },
		contenders: []contender{
			{name: "Run", kind: ours, open: once(failRun)},
			{name: "Gather", kind: ours, open: once(failGather)},
			{name: "go + WaitGroup + Once", kind: hand, open: once(failRaw)},
			{name: errg, kind: peer, open: once(failErrgroup)},
			{name: "conc context pool", kind: peer, open: once(failConc)},
			{name: "pond group", kind: peer, open: failPond},
			{name: "taskgroup", kind: peer, open: once(failTaskgroup)},
		},
		targets: []target{
			within(0.5, "Run", wall, 2, errg), beside("Run", wall, 1, errg),
			within(0.5, "Gather", wall, 2, errg), beside("Gather", wall, 1, errg),
		},
	}
}

// cutting has all but one wait until the failure of that one cancels them, so
// that every child needs a goroutine of its own.
func cutting(errg string) *bench {
	return &bench{
		name: "run 1 000, the last one fails, all others wait", n: 1_000, unit: "child",
		want: func(int) int64 { return 1 },
		contenders: []contender{
			{name: "Run", kind: ours, open: once(cutRun)},
			{name: "Gather", kind: ours, open: once(cutGather)},
			{name: errg, kind: peer, open: once(cutErrgroup)},
			{name: "conc context pool", kind: peer, open: once(cutConc)},
		},
		targets: []target{
			beside("Run", wall, 0, errg),
			beside("Gather", wall, 0, errg),
		},
	}
}

// one is the right result: the failure, and nothing else.
func one(err error) int64 {
	if errors.Is(err, errFailed) {
		return 1
	}
	return 0
}

// middling is the i-th child of n.
func middling(ctx context.Context, i, n int) error {
	if i == n/2 {
		return errFailed
	}
	return ctx.Err()
}

func failRun(n int) int64 {
	return one(inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range n {
			g.Go(func(ctx context.Context) error { return middling(ctx, i, n) })
		}
		return nil
	}))
}

func failGather(n int) int64 {
	fns := make([]func(context.Context) (int, error), n)
	for i := range fns {
		fns[i] = func(ctx context.Context) (int, error) { return i, middling(ctx, i, n) }
	}
	_, err := inflight.Gather(context.Background(), fns...)
	return one(err)
}

func failRaw(n int) int64 {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var wg sync.WaitGroup
	var first sync.Once
	var failed error
	for i := range n {
		wg.Go(func() {
			if err := middling(ctx, i, n); err != nil {
				first.Do(func() {
					failed = err
					cancel()
				})
			}
		})
	}
	wg.Wait()
	return one(failed)
}

func failErrgroup(n int) int64 {
	g, ctx := errgroup.WithContext(context.Background())
	for i := range n {
		g.Go(func() error { return middling(ctx, i, n) })
	}
	return one(g.Wait())
}

func failConc(n int) int64 {
	p := pool.New().WithContext(context.Background()).WithCancelOnError().WithFirstError()
	for i := range n {
		p.Go(func(ctx context.Context) error { return middling(ctx, i, n) })
	}
	return one(p.Wait())
}

func failPond() (func(n int) int64, func()) {
	p := pond.NewPool(0)
	return func(n int) int64 {
		g := p.NewGroupContext(context.Background())
		for i := range n {
			g.SubmitErr(func() error { return middling(g.Context(), i, n) })
		}
		return one(g.Wait())
	}, p.StopAndWait
}

func failTaskgroup(n int) int64 {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g := taskgroup.New(cancel)
	for i := range n {
		g.Go(func() error { return middling(ctx, i, n) })
	}
	return one(g.Wait())
}

// waiting is the i-th child of n.
func waiting(ctx context.Context, i, n int) error {
	if i == n-1 {
		return errFailed
	}
	<-ctx.Done()
	return ctx.Err()
}

func cutRun(n int) int64 {
	return one(inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range n {
			g.Go(func(ctx context.Context) error { return waiting(ctx, i, n) })
		}
		return nil
	}))
}

func cutGather(n int) int64 {
	fns := make([]func(context.Context) (int, error), n)
	for i := range fns {
		fns[i] = func(ctx context.Context) (int, error) { return i, waiting(ctx, i, n) }
	}
	_, err := inflight.Gather(context.Background(), fns...)
	return one(err)
}

func cutErrgroup(n int) int64 {
	g, ctx := errgroup.WithContext(context.Background())
	for i := range n {
		g.Go(func() error { return waiting(ctx, i, n) })
	}
	return one(g.Wait())
}

func cutConc(n int) int64 {
	p := pool.New().WithContext(context.Background()).WithCancelOnError().WithFirstError()
	for i := range n {
		p.Go(func(ctx context.Context) error { return waiting(ctx, i, n) })
	}
	return one(p.Wait())
}
