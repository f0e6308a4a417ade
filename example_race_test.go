package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

// The first file that arrives is enough: the mirror that fails is no winner, and
// the slow one is cancelled.
func ExampleAny() {
	ctx := context.Background()
	file, err := inflight.Any(ctx,
		func(ctx context.Context) (string, error) { return download(ctx, "down") },
		func(ctx context.Context) (string, error) { return download(ctx, "far") },
		func(ctx context.Context) (string, error) { return download(ctx, "near") },
	)
	fmt.Println(file, err)
	// Output: file from near <nil>
}

// When all fail, all their errors come out.
func ExampleAny_failure() {
	ctx := context.Background()
	_, err := inflight.Any(ctx,
		func(ctx context.Context) (string, error) { return download(ctx, "down") },
		func(ctx context.Context) (string, error) { return fetchUser(ctx, -1) },
	)
	fmt.Println(errors.Is(err, errDown), errors.Is(err, errNoUser))
	// Output: true true
}

// The first to end decides, whatever it returns.
func ExampleRace() {
	ctx := context.Background()
	file, err := inflight.Race(ctx,
		func(ctx context.Context) (string, error) { return download(ctx, "far") },
		func(ctx context.Context) (string, error) { return download(ctx, "down") },
	)
	fmt.Printf("%q %v\n", file, err)
	// Output: "" down: mirror is down
}

// The first mirror takes too long, so the next one is asked, too.
func ExampleHedge() {
	ctx := context.Background()
	file, err := inflight.Hedge(ctx, 2*time.Millisecond,
		func(ctx context.Context) (string, error) { return download(ctx, "far") },
		func(ctx context.Context) (string, error) { return download(ctx, "near") },
	)
	fmt.Println(file, err)
	// Output: file from near <nil>
}
