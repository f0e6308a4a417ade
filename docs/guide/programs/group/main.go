// Command group shows when a scope ends: when everything in it has.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for i, city := range []string{"Lima", "Oslo", "Cairo"} {
			g.Go(func(ctx context.Context) error {
				err := inflight.Sleep(ctx, time.Duration(i+1)*100*time.Millisecond)
				fmt.Println(city, "has answered")
				return err
			})
		}
		fmt.Println("the body returns")
		return nil
	})
	fmt.Println("Run returns", err)
}
