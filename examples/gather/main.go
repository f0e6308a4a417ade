// Gather asks three shops at once and has their answers in the order in which they were
// asked, in the time of the slowest. In asyncio that is gather. When one of them fails,
// asyncio's gather raises and leaves the others running; here they are told to stop,
// and have stopped when Gather returns.
//
//	go run ./examples/gather
//
// Output:
//
//	[310 280 300] in 300ms
//	ann has 3 orders
//	west was told to stop
//	without prices: south is closed
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

const answer = 300 * time.Millisecond // is what each request takes

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	begin := time.Now()
	prices, err := inflight.Gather(ctx, price("north", 310), price("south", 280), price("west", 300))
	if err != nil {
		return err
	}
	fmt.Println(prices, "in", time.Since(begin).Truncate(answer)) // one after the other: 900ms

	name, orders, err := inflight.Gather2(ctx, user, countOrders) // of two types
	if err != nil {
		return err
	}
	fmt.Println(name, "has", orders, "orders")

	_, err = inflight.Gather(ctx, closed("south"), price("west", 300))
	fmt.Println("without prices:", err)
	return nil
}

// price returns a request to a shop.
func price(shop string, cents int) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		err := inflight.Sleep(ctx, answer)
		if err != nil {
			fmt.Println(shop, "was told to stop")
		}
		return cents, err
	}
}

func closed(shop string) func(context.Context) (int, error) {
	return func(context.Context) (int, error) { return 0, errors.New(shop + " is closed") }
}

func user(ctx context.Context) (string, error)     { return "ann", inflight.Sleep(ctx, answer) }
func countOrders(ctx context.Context) (int, error) { return 3, inflight.Sleep(ctx, answer) }
