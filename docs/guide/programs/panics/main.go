// Command panics shows where a panic of a task comes out.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	defer func() {
		if p, ok := recover().(*inflight.PanicError); ok {
			fmt.Println("recovered in main:", p.Value, "in task", p.Task)
		}
	}()
	inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			defer fmt.Println("the other one has cleaned up")
			return inflight.Sleep(ctx, time.Hour)
		})
		g.Go(func(context.Context) error {
			var degrees map[string]int
			degrees["Lima"] = 19 // panics: the map was not made
			return nil
		}, inflight.Name("lima"))
		return nil
	})
}
