// Command event has three tasks wait for one thing to happen.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
)

func main() {
	start := time.Now()
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		var open locks.Event
		for range 3 {
			g.Go(func(ctx context.Context) error {
				if err := open.Wait(ctx); err != nil {
					return err
				}
				fmt.Println("in, after", time.Since(start).Round(100*time.Millisecond))
				return nil
			})
		}
		if err := inflight.Sleep(ctx, 300*time.Millisecond); err != nil {
			return err
		}
		fmt.Println(&open)
		open.Set()
		return nil
	})
	fmt.Println(err)
}
