// Command cleanup is cancelled in the middle of its work, and cleans up all the same.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	fmt.Println(work(ctx))
}

func work(ctx context.Context) (err error) {
	var s inflight.Stack
	defer s.Close(ctx, &err)
	station, err := inflight.Enter(ctx, &s, connect)
	if err != nil {
		return err
	}
	s.Defer(func(ctx context.Context) error {
		fmt.Println("says goodbye to", station)
		return inflight.Sleep(ctx, 50*time.Millisecond) // a request of its own
	})
	return inflight.Sleep(ctx, time.Hour) // measures, until it is cancelled
}

// connect opens something, and returns how it is closed beside it.
func connect(context.Context) (station string, closing func(context.Context) error, err error) {
	return "station 7", func(ctx context.Context) error {
		fmt.Println("closes the line, with a context that goes on:", ctx.Err() == nil)
		return nil
	}, nil
}
