package main

import (
	"context"

	"github.com/alitto/pond/v2"
	"github.com/creachadair/taskgroup"
	"github.com/sourcegraph/conc/pool"
	"golang.org/x/sync/errgroup"

	"github.com/inflight-go/inflight"
)

// tasks starts one task, waits for its result, and starts the next.
func tasks() []*bench {
	const byHand = "channel by hand"
	return []*bench{{
		name: "one task, start and await", n: 10_000, unit: "task with a result, one scope for all",
		want: sumTo,
		contenders: []contender{
			{name: "Go[T], Await", kind: ours, open: once(taskAwait)},
			{name: byHand, kind: hand, open: once(taskChannel)},
			{name: "channel by hand, select on ctx", kind: hand, open: once(taskChannelSelect)},
			{name: leastName, kind: least, open: once(leastAwait)},
			{name: "errgroup", kind: part, open: once(taskErrgroup)},
			{name: "taskgroup.Call", kind: peer, open: once(taskCall)},
			{name: "conc result pool", kind: peer, open: once(taskConc)},
			{name: "pond result pool", kind: peer, open: taskPond},
		},
		targets: []target{
			within(1.2, "Go[T], Await", wall, 1, byHand),
			within(1.2, "Go[T], Await", wall, 2, byHand),
			within(1.2, "Go[T], Await", cpu, 1, byHand),
			atMost(2.01, "Go[T], Await", allocs, 2),
			beside("Go[T], Await", wall, 0, leastName),
		},
	}}
}

func taskAwait(n int) (total int64) {
	must(inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range n {
			v, err := inflight.Go(g, returns(i)).Await(ctx)
			must(err)
			total += int64(v)
		}
		return nil
	}))
	return total
}

// A reply is what a channel has to carry to be worth a task.
type reply struct {
	v   int
	err error
}

func taskChannel(n int) (total int64) {
	for i := range n {
		c := make(chan reply, 1)
		go func() { c <- reply{v: i} }()
		r := <-c
		must(r.err)
		total += int64(r.v)
	}
	return total
}

func taskChannelSelect(n int) (total int64) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for i := range n {
		c := make(chan reply, 1)
		go func() { c <- reply{v: i} }()
		select {
		case r := <-c:
			must(r.err)
			total += int64(r.v)
		case <-ctx.Done():
			must(ctx.Err())
		}
	}
	return total
}

func taskErrgroup(n int) (total int64) {
	for i := range n {
		var g errgroup.Group
		v := 0
		g.Go(func() error { v = i; return nil })
		must(g.Wait())
		total += int64(v)
	}
	return total
}

func taskCall(n int) (total int64) {
	for i := range n {
		v, err := taskgroup.Call(func() (int, error) { return i, nil }).Wait().Get()
		must(err)
		total += int64(v)
	}
	return total
}

func taskConc(n int) (total int64) {
	for i := range n {
		p := pool.NewWithResults[int]().WithErrors()
		p.Go(func() (int, error) { return i, nil })
		out, err := p.Wait()
		must(err)
		total += int64(out[0])
	}
	return total
}

func taskPond() (func(n int) int64, func()) {
	p := pond.NewResultPool[int](0)
	return func(n int) (total int64) {
		for i := range n {
			v, err := p.SubmitErr(func() (int, error) { return i, nil }).Wait()
			must(err)
			total += int64(v)
		}
		return total
	}, p.StopAndWait
}
