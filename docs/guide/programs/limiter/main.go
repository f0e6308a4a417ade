// Command limiter has two groups share one limit.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	upstream := inflight.NewLimiter(3) // as many as the service bears
	start := time.Now()
	ask := func(ctx context.Context, city string) (string, error) {
		err := upstream.Do(ctx, func(ctx context.Context) error {
			return inflight.Sleep(ctx, 100*time.Millisecond)
		})
		return city, err
	}
	a, b, err := inflight.Gather2(context.Background(),
		func(ctx context.Context) ([]string, error) {
			return inflight.Map(ctx, []string{"Lima", "Quito", "Cusco"}, 10, ask)
		},
		func(ctx context.Context) ([]string, error) {
			return inflight.Map(ctx, []string{"Oslo", "Turin", "Porto"}, 10, ask)
		},
	)
	fmt.Println(a, b, err)
	fmt.Println("it took", time.Since(start).Round(100*time.Millisecond))
}
