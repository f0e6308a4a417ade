// Command pipeline has a fast producer, a slow consumer, and a queue of two in between.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/queue"
)

func main() {
	start := time.Now()
	sum := 0
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		jobs := queue.New[int](2)
		g.Go(func(ctx context.Context) error {
			for job := range jobs.All(ctx) {
				if err := inflight.Sleep(ctx, 100*time.Millisecond); err != nil {
					return err
				}
				sum += job
			}
			return ctx.Err()
		})
		for job := 1; job <= 6; job++ {
			if err := jobs.Put(ctx, job); err != nil {
				return err
			}
			fmt.Println("put", job, "after", time.Since(start).Round(100*time.Millisecond))
		}
		jobs.Shutdown() // the consumer takes what is left, and ends
		return nil
	})
	fmt.Println("sum", sum, err)
}
