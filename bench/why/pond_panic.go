package main

import (
	"context"
	"fmt"

	"github.com/alitto/pond/v2"

	"github.com/inflight-go/inflight"
)

// Work that nobody waits for by itself, and that has a bug.
func pondPanic() {
	pool := pond.NewPool(10)
	pool.Go(func() {
		reserve(nil)
	})
	pool.StopAndWait()
	fmt.Println("all is well; the pool has counted failures:", pool.FailedTasks())
}

func oursUnwatched() {
	defer func() {
		p := recover().(*inflight.PanicError)
		fmt.Println("panic:", p.Value)
	}()
	inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(context.Context) error {
			reserve(nil)
			return nil
		})
		return nil
	})
	fmt.Println("all is well")
}
