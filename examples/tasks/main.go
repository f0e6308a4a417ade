// Tasks starts two requests in the background and awaits both. In asyncio that is
// create_task for each and await for each, with a variable to hold the task, because
// one that nobody holds may be collected while it runs. Here a task belongs to a scope,
// which is over when all its tasks are; a failure that nobody awaits comes out of it.
//
//	go run ./examples/tasks
//
// Output:
//
//	ann has 3 orders
//	a result that is there can be asked for again: 3
//	not delivered: the mailbox of ann is full
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		user := inflight.Go(g, func(ctx context.Context) (string, error) { return fetchUser(ctx, 7) })
		orders := inflight.Go(g, func(ctx context.Context) (int, error) { return countOrders(ctx, 7) }) // at the same time

		name, err := user.Await(ctx)
		if err != nil {
			return err
		}
		n, err := orders.Await(ctx)
		if err != nil {
			return err
		}
		fmt.Println(name, "has", n, "orders")

		n, err = orders.Result()
		if err != nil {
			return err
		}
		fmt.Println("a result that is there can be asked for again:", n)

		g.Go(func(ctx context.Context) error { return mail(ctx, name) }) // nobody awaits this one
		return nil
	})
	fmt.Println("not delivered:", err)
	return nil
}

func fetchUser(ctx context.Context, id int) (string, error) {
	return "ann", inflight.Sleep(ctx, 20*time.Millisecond)
}

func countOrders(ctx context.Context, user int) (int, error) {
	return 3, inflight.Sleep(ctx, 30*time.Millisecond)
}

func mail(ctx context.Context, to string) error {
	if err := inflight.Sleep(ctx, 10*time.Millisecond); err != nil {
		return err
	}
	return fmt.Errorf("the mailbox of %s is full", to)
}
