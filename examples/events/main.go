// Events shows the three ways to wait for others: until something has happened, until
// something is so, and until everybody is there. In asyncio these are Event, Condition
// and Barrier. Here each wait takes a context, and a waiter that gives up breaks nothing,
// not even a barrier.
//
//	go run ./examples/events
//
// Output:
//
//	event: 3 workers began when the configuration was there
//	condition: 100 paid, 10 left
//	barrier: phase 1 is over
//	barrier: phase 2 is over
//	barrier: phase 3 is over
package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
)

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	for _, show := range []func(context.Context) error{event, condition, barrier} {
		if err := show(ctx); err != nil {
			return err
		}
	}
	return nil
}

// event has workers wait for a configuration.
func event(ctx context.Context) error {
	var loaded locks.Event
	var config string // written before the event, read after it
	var began atomic.Int64
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for range 3 {
			g.Go(func(ctx context.Context) error {
				if err := loaded.Wait(ctx); err != nil {
					return err
				}
				if config == "production" {
					began.Add(1)
				}
				return nil
			})
		}
		if err := inflight.Sleep(ctx, 20*time.Millisecond); err != nil { // loads it
			return err
		}
		config = "production"
		loaded.Set()
		return nil
	})
	fmt.Printf("event: %d workers began when the configuration was there\n", began.Load())
	return err
}

// condition pays from an account as soon as there is enough.
func condition(ctx context.Context) error {
	var mu locks.Mutex
	changed := locks.NewCond(&mu)
	balance := 0
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			return mu.Do(ctx, func(ctx context.Context) error {
				if err := changed.WaitFor(ctx, func() bool { return balance >= 100 }); err != nil {
					return err
				}
				balance -= 100
				return nil
			})
		})
		for range 11 {
			err := mu.Do(ctx, func(context.Context) error {
				balance += 10
				return changed.NotifyAll()
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	fmt.Printf("condition: 100 paid, %d left\n", balance)
	return err
}

// barrier has three parties go through three phases together.
func barrier(ctx context.Context) error {
	together := locks.NewBarrier(3)
	return inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
		for party := range 3 {
			g.Go(func(ctx context.Context) error {
				for phase := 1; phase <= 3; phase++ {
					if err := inflight.Sleep(ctx, time.Duration(party)*10*time.Millisecond); err != nil {
						return err
					}
					index, err := together.Wait(ctx)
					if err != nil {
						return err
					}
					if index == 0 { // one of them, whichever
						fmt.Printf("barrier: phase %d is over\n", phase)
					}
				}
				return nil
			})
		}
		return nil
	})
}
