// Command first asks three mirrors, and needs one of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	ctx := context.Background()
	start := time.Now()
	east := mirror("east", 10*time.Millisecond, errors.New("east is closed"))
	north := mirror("north", 10*time.Second, nil)
	south := mirror("south", 100*time.Millisecond, nil)

	winner, err := inflight.Any(ctx, east, north, south)
	fmt.Println(winner, err, time.Since(start).Round(100*time.Millisecond))

	winner, err = inflight.Hedge(ctx, 300*time.Millisecond, north, south)
	fmt.Println(winner, err, time.Since(start).Round(100*time.Millisecond))
}

// mirror returns a download that takes so long and ends as it is told.
func mirror(name string, takes time.Duration, fails error) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if err := inflight.Sleep(ctx, takes); err != nil {
			return "", err
		}
		return name, fails
	}
}
