// Command tasks starts two tasks, and awaits their results where they are needed.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	start := time.Now()
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		lima := inflight.Go(g, ask("Lima", 19))
		oslo := inflight.Go(g, ask("Oslo", 4)) // both are under way from here on

		l, err := lima.Await(ctx)
		if err != nil {
			return err
		}
		o, err := oslo.Await(ctx)
		if err != nil {
			return err
		}
		fmt.Println("Lima is", l-o, "degrees warmer")
		return nil
	})
	fmt.Println(err, "after", time.Since(start).Round(100*time.Millisecond))
}

// ask returns a request that takes half a second.
func ask(city string, degrees int) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		return degrees, inflight.Sleep(ctx, 500*time.Millisecond)
	}
}
