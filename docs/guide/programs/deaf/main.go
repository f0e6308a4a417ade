// Command deaf calls what knows nothing of contexts, in two ways.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	measure("called", func(ctx context.Context) error {
		_, err := compute()
		return err
	})
	measure("offloaded", func(ctx context.Context) error {
		_, err := inflight.Offload(ctx, compute)
		return err
	})
}

// measure runs fn under a timeout of 100 ms, and says how long it took.
func measure(how string, fn func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(fn)
		return nil
	})
	took := time.Since(start).Round(100 * time.Millisecond)
	fmt.Println(how, took, "left behind:", errors.Is(err, inflight.ErrAbandoned))
}

// compute stands for an old library: it takes a second, and can't be told to stop.
func compute() (int, error) {
	time.Sleep(time.Second)
	return 42, nil
}
