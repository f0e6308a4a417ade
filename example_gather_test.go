package inflight_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/inflight-go/inflight"
)

func ExampleGather() {
	ctx := context.Background()
	users, err := inflight.Gather(ctx,
		func(ctx context.Context) (string, error) { return fetchUser(ctx, 1) },
		func(ctx context.Context) (string, error) { return fetchUser(ctx, 2) },
	)
	fmt.Println(users, err)
	// Output: [user 1 user 2] <nil>
}

// The first failure cancels the others, here a download of an hour.
func ExampleGather_failure() {
	ctx := context.Background()
	files, err := inflight.Gather(ctx,
		func(ctx context.Context) (string, error) { return download(ctx, "far") },
		func(ctx context.Context) (string, error) { return download(ctx, "down") },
	)
	fmt.Println(files, err, errors.Is(err, errDown))
	// Output: [] down: mirror is down true
}

// Tasks that run already are gathered by their Await methods.
func ExampleGather_tasks() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		first := inflight.Go(g, func(ctx context.Context) (string, error) { return fetchUser(ctx, 1) })
		second := inflight.Go(g, func(ctx context.Context) (string, error) { return fetchUser(ctx, 2) })
		users, err := inflight.Gather(ctx, first.Await, second.Await)
		fmt.Println(users)
		return err
	})
	fmt.Println(err)
	// Output:
	// [user 1 user 2]
	// <nil>
}

func ExampleGather2() {
	ctx := context.Background()
	name, price, err := inflight.Gather2(ctx,
		func(ctx context.Context) (string, error) { return fetchUser(ctx, 7) },
		func(ctx context.Context) (int, error) { return fetchPrice(ctx, "tea") },
	)
	fmt.Println(name, price, err)
	// Output: user 7 300 <nil>
}

func ExampleGather3() {
	ctx := context.Background()
	name, price, file, err := inflight.Gather3(ctx,
		func(ctx context.Context) (string, error) { return fetchUser(ctx, 7) },
		func(ctx context.Context) (int, error) { return fetchPrice(ctx, "tea") },
		func(ctx context.Context) ([]byte, error) {
			file, err := download(ctx, "near")
			return []byte(file), err
		},
	)
	fmt.Println(name, price, len(file), err)
	// Output: user 7 300 14 <nil>
}

func ExampleGather4() {
	ctx := context.Background()
	type basket map[string]int
	name, price, basketOf7, premium, err := inflight.Gather4(ctx,
		func(ctx context.Context) (string, error) { return fetchUser(ctx, 7) },
		func(ctx context.Context) (int, error) { return fetchPrice(ctx, "tea") },
		func(ctx context.Context) (basket, error) { return basket{"tea": 2}, nil },
		func(ctx context.Context) (bool, error) { return true, nil },
	)
	fmt.Println(name, price*basketOf7["tea"], premium, err)
	// Output: user 7 600 true <nil>
}

// Nothing is cancelled because something else has failed; each comes with its
// error.
func ExampleSettle() {
	ctx := context.Background()
	results, err := inflight.Settle(ctx,
		func(ctx context.Context) (int, error) { return fetchPrice(ctx, "tea") },
		func(ctx context.Context) (int, error) { return fetchPrice(ctx, "gold") },
		func(ctx context.Context) (int, error) { return fetchPrice(ctx, "milk") },
	)
	for _, r := range results {
		fmt.Println(r.Value, r.Err)
	}
	fmt.Println(err)
	// Output:
	// 300 <nil>
	// 0 gold: no such item
	// 120 <nil>
	// <nil>
}

func ExampleResult() {
	ctx := context.Background()
	total := 0
	add := func(item string, price inflight.Result[int]) {
		if price.Err != nil {
			fmt.Println("not for sale:", item)
			return
		}
		total += price.Value
	}
	prices, _ := inflight.Settle(ctx,
		func(ctx context.Context) (int, error) { return fetchPrice(ctx, "tea") },
		func(ctx context.Context) (int, error) { return fetchPrice(ctx, "gold") },
	)
	add("tea", prices[0])
	add("gold", prices[1])
	fmt.Println(total)
	// Output:
	// not for sale: gold
	// 300
}
