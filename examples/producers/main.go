// Producers has two producers and three consumers at one queue. In asyncio that is Queue,
// with task_done and join to know the end, and consumers that are cancelled then. That
// is here too; easier is to let each producer close its side: the last one ends the
// queue, and the consumers' loops end when it is empty. A queue that is full makes the
// producers wait.
//
//	go run ./examples/producers
//
// Output:
//
//	closed by its producers: 20 orders, 210 cents, never more than 4 waiting
//	with join: 10 orders, 55 cents
package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/queue"
)

// An order is worth some cents.
type order int

// A till adds up orders.
type till struct{ orders, cents atomic.Int64 }

// work takes orders from a queue until that ends, or ctx does.
func (t *till) work(ctx context.Context, orders *queue.Queue[order]) error {
	for o := range orders.All(ctx) { // calls TaskDone behind each
		if err := inflight.Sleep(ctx, 5*time.Millisecond); err != nil {
			return err
		}
		t.orders.Add(1)
		t.cents.Add(int64(o))
	}
	return ctx.Err()
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	var closed till
	orders := queue.New[order](4)
	err := inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
		for first := range 2 {
			side := orders.Producer()
			g.Go(func(ctx context.Context) error {
				defer side.Close()
				for o := first + 1; o <= 20; o += 2 {
					if err := side.Put(ctx, order(o)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		for range 3 {
			g.Go(func(ctx context.Context) error { return closed.work(ctx, orders) })
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Printf("closed by its producers: %d orders, %d cents, never more than %d waiting\n",
		closed.orders.Load(), closed.cents.Load(), orders.Cap())

	var joined till
	orders = queue.New[order](4)
	err = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for range 3 {
			g.Service(func(ctx context.Context) error { return joined.work(ctx, orders) }) // ends with the group
		}
		for o := range 10 {
			if err := orders.Put(ctx, order(o+1)); err != nil {
				return err
			}
		}
		return orders.Join(ctx)
	})
	fmt.Printf("with join: %d orders, %d cents\n", joined.orders.Load(), joined.cents.Load())
	return err
}
