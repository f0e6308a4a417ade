// Command toolate is the answer to the exercise of chapter 2.
package main

import (
	"context"
	"fmt"

	"github.com/inflight-go/inflight"
)

func main() {
	var kept *inflight.TaskGroup
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		kept = g
		return nil
	})
	fmt.Println("Run returns", err)

	task := kept.Go(func(context.Context) error {
		fmt.Println("nobody waits for me")
		return nil
	})
	fmt.Println(task.State(), task.Err())
}
