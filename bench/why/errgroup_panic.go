package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/inflight-go/inflight"
)

// A task has a bug. What its caller has to put right is not put right.
func errgroupPanic() {
	defer restock()
	var g errgroup.Group
	g.Go(func() error {
		reserve(nil)
		return nil
	})
	g.Wait()
}

// reserve has a bug: it takes for granted that there is stock.
func reserve(stock map[string]int) { stock["tea"]-- }

// restock takes a moment, as what goes to a disk or a database does.
func restock() {
	time.Sleep(200 * time.Millisecond)
	fmt.Println("what was reserved is back on the shelf")
}

func oursPanic() {
	defer func() {
		p := recover().(*inflight.PanicError)
		fmt.Println("recovered:", p.Value)
	}()
	defer restock()
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(context.Context) error {
			reserve(nil)
			return nil
		})
		return nil
	})
	fmt.Println(err)
}
