// Command timeout gives a group half a second.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

var errTooSlow = errors.New("the weather took too long")

func main() {
	ctx, cancel := context.WithTimeoutCause(context.Background(), 500*time.Millisecond, errTooSlow)
	defer cancel()
	start := time.Now()
	degrees, err := inflight.Map(ctx, []string{"Lima", "Oslo", "Cairo"}, 10, ask)
	fmt.Println(degrees, err, "after", time.Since(start).Round(100*time.Millisecond))
	fmt.Println(errors.Is(err, errTooSlow), ctx.Err())
}

// ask stands for a request to a service that is slow today.
func ask(ctx context.Context, city string) (int, error) {
	return len(city), inflight.Sleep(ctx, time.Hour)
}
