// Command settle takes what it can get, and says what it can't.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	results, err := inflight.Settle(context.Background(),
		ask("Lima", 19, nil),
		ask("Atlantis", 0, errors.New("there is no such city")),
		ask("Oslo", 4, nil),
	)
	for _, r := range results {
		fmt.Println(r.Value, r.Err)
	}
	fmt.Println("Settle returns", err)
}

// ask returns a request that takes a while and ends as it is told.
func ask(city string, degrees int, fails error) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		if err := inflight.Sleep(ctx, 100*time.Millisecond); err != nil {
			return 0, err
		}
		return degrees, fails
	}
}
