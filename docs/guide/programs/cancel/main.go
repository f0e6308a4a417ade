// Command cancel starts a task, and changes its mind.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

var errNotNeeded = errors.New("nobody asks for Oslo any more")

func main() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		oslo := inflight.Go(g, func(ctx context.Context) (int, error) {
			return 4, inflight.Sleep(ctx, time.Hour)
		})
		if err := inflight.Sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
		oslo.Cancel(errNotNeeded)
		_, err := oslo.Await(ctx)
		fmt.Println("Await:", err)
		fmt.Println("State:", oslo.State())
		return nil
	})
	fmt.Println("Run:", err)
}
