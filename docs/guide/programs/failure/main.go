// Command failure has one task fail, and shows what becomes of the others.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

var errNoCity = errors.New("there is no such city")

func main() {
	start := time.Now()
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error { return ask(ctx, "Lima", 100*time.Millisecond) })
		g.Go(func(ctx context.Context) error { return ask(ctx, "Atlantis", 200*time.Millisecond) })
		g.Go(func(ctx context.Context) error { return ask(ctx, "Oslo", 10*time.Second) })
		return nil
	})
	fmt.Println("Run returns:", err)
	fmt.Println("the very same error:", err == errNoCity)
	fmt.Println("after", time.Since(start).Round(100*time.Millisecond))
}

// ask stands for a request that takes a while.
func ask(ctx context.Context, city string, takes time.Duration) error {
	if err := inflight.Sleep(ctx, takes); err != nil {
		fmt.Println(city, "gives up:", err)
		return err
	}
	if city == "Atlantis" {
		return errNoCity
	}
	fmt.Println(city, "has answered")
	return nil
}
