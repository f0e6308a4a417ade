// Command rate starts no more than ten requests in any second.
package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/limit"
)

func main() {
	rate := limit.NewRate(10, time.Second)
	start := time.Now()
	started, err := inflight.Map(context.Background(), []int{1, 2, 3, 4, 5, 6}, inflight.Unlimited,
		func(ctx context.Context, id int) (time.Duration, error) {
			if err := rate.Wait(ctx); err != nil {
				return 0, err
			}
			began := time.Since(start).Round(100 * time.Millisecond)
			return began, inflight.Sleep(ctx, time.Second) // the request
		})
	slices.Sort(started)
	fmt.Println(started, err)
}
