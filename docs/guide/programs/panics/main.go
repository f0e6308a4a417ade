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
			fmt.Printf("recovered in main: %v, in task %s\n", p.Value, p.Task)
		}
	}()
	_ = inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			defer fmt.Println("the other one has cleaned up")
			return inflight.Sleep(ctx, time.Hour)
		})
		g.Go(func(context.Context) error {
			panic("the thermometer is broken")
		}, inflight.Name("lima"))
		return nil
	})
}
