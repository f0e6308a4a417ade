// Command stuck never ends by itself: of two cooks each holds what the other needs.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/locks"
)

func main() {
	var pan, knife locks.Mutex
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(cook(&pan, &knife), inflight.Name("ann"))
		g.Go(cook(&knife, &pan), inflight.Name("bob"))

		if err := inflight.Sleep(ctx, time.Second); err != nil {
			return err
		}
		defer g.Cancel() // no error: only the end
		return debug.Dump(os.Stdout)
	}, inflight.Label("kitchen"))
	fmt.Println(err)
}

// cook takes one thing, and then the other.
func cook(first, second *locks.Mutex) func(context.Context) error {
	return func(ctx context.Context) error {
		return first.Do(ctx, func(ctx context.Context) error {
			if err := inflight.Sleep(ctx, 100*time.Millisecond); err != nil {
				return err
			}
			return second.Do(ctx, func(context.Context) error { return nil })
		})
	}
}
