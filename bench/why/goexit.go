package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/alitto/pond/v2"
	"github.com/sourcegraph/conc/stream"
	"golang.org/x/sync/errgroup"

	"github.com/inflight-go/inflight"
)

// require is what a check of a test does that fails: t.FailNow, and all that is built
// upon it, ends the goroutine by runtime.Goexit.
func require(ok bool) {
	if !ok {
		runtime.Goexit()
	}
}

// A check fails in a task.
func errgroupGoexit() {
	var g errgroup.Group
	g.Go(func() error {
		require(2+2 == 5)
		return nil
	})
	fmt.Println("the group returned", g.Wait())
}

// A check fails in a task of a stream.
func concGoexit() {
	s := stream.New()
	s.Go(func() stream.Callback {
		require(2+2 == 5)
		return func() {}
	})
	s.Wait()
	fmt.Println("the stream is done")
}

// A check fails in a task of a pool.
func pondGoexit() {
	pool := pond.NewPool(1)
	task := pool.SubmitErr(func() error {
		require(2+2 == 5)
		return nil
	})
	fmt.Println("the task returned", task.Wait())
}

func oursGoexit() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(context.Context) error {
			require(2+2 == 5)
			return nil
		})
		return nil
	})
	fmt.Println(err)
}
