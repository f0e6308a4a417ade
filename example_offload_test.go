package inflight_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

// What takes no context and blocks, or computes for long, is offloaded.
func ExampleOffload() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		file, err := download(ctx, "near")
		if err != nil {
			return err
		}
		sum, err := inflight.Offload(ctx, func() ([sha256.Size]byte, error) {
			return sha256.Sum256([]byte(file)), nil
		})
		fmt.Printf("%x...\n", sum[:4])
		return err
	})
	fmt.Println(err)
	// Output:
	// 18d9af49...
	// <nil>
}

// A function that can't be stopped is left behind, and the error says so.
func ExampleOffload_abandoned() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	keyPressed := make(chan string)
	_, err := inflight.Offload(ctx, func() (string, error) {
		return <-keyPressed, nil // blocks, and knows nothing of ctx
	})
	fmt.Println(errors.Is(err, inflight.ErrAbandoned), errors.Is(err, context.DeadlineExceeded))
	close(keyPressed)
	// Output: true true
}

// An old library that can't bear two calls at once gets one at a time.
func ExampleOffloadLimit() {
	ctx := context.Background()
	calls := 0
	old := func() (int, error) {
		calls++
		return calls, nil
	}
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for range 10 {
			g.Go(func(ctx context.Context) error {
				_, err := inflight.Offload(ctx, old)
				return err
			})
		}
		return nil
	}, inflight.OffloadLimit(1))
	fmt.Println(calls, err)
	// Output: 10 <nil>
}
