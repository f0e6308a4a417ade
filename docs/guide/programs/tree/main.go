// Command tree runs scopes inside of tasks, and prints what is in what.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
)

func main() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(continent("Lima", "Quito"), inflight.Name("america"))
		g.Go(continent("Oslo", "Turin", "Porto"), inflight.Name("europe"))
		if err := inflight.Sleep(ctx, 500*time.Millisecond); err != nil {
			return err
		}
		return debug.Tree().WriteText(os.Stdout)
	}, inflight.Label("weather"))
	fmt.Println(err)
}

// continent asks for all its cities at once, in a scope of its own.
func continent(cities ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for _, city := range cities {
				g.Go(ask, inflight.Name(city))
			}
			return nil
		}, inflight.Label("cities"))
	}
}

// ask stands for a request to a service that takes a second to answer.
func ask(ctx context.Context) error { return inflight.Sleep(ctx, time.Second) }
