// Command gather asks two services for different things at the same time.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	ctx := context.Background()
	degrees, wind, err := inflight.Gather2(ctx,
		func(ctx context.Context) (int, error) { return temperature(ctx, "Oslo") },
		func(ctx context.Context) (string, error) { return windOf(ctx, "Oslo") },
	)
	fmt.Println(degrees, wind, err)
}

// temperature and windOf stand for requests to two services.
func temperature(ctx context.Context, city string) (int, error) {
	return len(city), inflight.Sleep(ctx, time.Second)
}

func windOf(ctx context.Context, city string) (string, error) {
	return "from the north", inflight.Sleep(ctx, time.Second)
}
