package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/alitto/pond/v2"

	"github.com/inflight-go/inflight"
)

// A pool for the whole life of a program, and a group for each request.
func pondGroups() {
	pool := pond.NewPool(10)
	held := growth(func() {
		group := pool.NewGroup()
		group.Submit(func() {})
		group.Wait()
	})
	fmt.Println("kept of each request that is over:", held)
	pool.StopAndWait()
}

// growth returns how much of the memory of many calls is still held after them.
func growth(request func()) string {
	const calls = 20_000
	request()
	before := inUse()
	for range calls {
		request()
	}
	if held := (inUse() - before) / calls; held >= 64 {
		return "64 bytes or more"
	}
	return "nothing"
}

func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func oursScopes() {
	held := growth(func() {
		inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(context.Context) error { return nil })
			return nil
		}, inflight.Limit(10))
	})
	fmt.Println("kept of each request that is over:", held)
}
