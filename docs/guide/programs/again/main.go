// Command again asks a service that is busy twice, and one that says no for good.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight/retry"
)

var errBusy = errors.New("busy")

func main() {
	ctx := context.Background()
	policy := retry.Policy{Retries: 5, Base: 100 * time.Millisecond}

	degrees, err := retry.Do(ctx, policy, func(ctx context.Context, attempt int) (int, error) {
		fmt.Println("attempt", attempt)
		if attempt < 3 {
			return 0, errBusy
		}
		return 19, nil
	})
	fmt.Println(degrees, err)

	_, err = retry.Do(ctx, policy, func(context.Context, int) (int, error) { return 0, errBusy })
	fmt.Println(err, errors.Is(err, errBusy))
}
