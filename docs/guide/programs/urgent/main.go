// Command urgent is the answer to the exercise of chapter 5.
package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/queue"
)

type ticket struct {
	priority int // 1 is the most urgent
	text     string
}

func main() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		tickets := queue.NewPriority(10, func(a, b ticket) int { return cmp.Compare(a.priority, b.priority) })
		for _, t := range []ticket{{3, "a typo"}, {1, "fire"}, {2, "no tea"}, {1, "flood"}} {
			if err := tickets.Put(ctx, t); err != nil {
				return err
			}
		}
		tickets.Shutdown()
		g.Go(func(ctx context.Context) error {
			for t := range tickets.All(ctx) {
				fmt.Println(t.priority, t.text)
			}
			return ctx.Err()
		})
		return nil
	})
	fmt.Println(err)
}
