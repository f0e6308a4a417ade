// Command lost has three tasks deposit money at once, without a lock and with one.
package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
)

func main() {
	var careless account
	err := threeTimes(careless.deposit)
	fmt.Println("without a lock:", careless.balance.Load(), err)

	var careful account
	var mu locks.Mutex
	err = threeTimes(func(ctx context.Context, amount int64) error {
		return mu.Do(ctx, func(ctx context.Context) error { return careful.deposit(ctx, amount) })
	})
	fmt.Println("with a lock:", careful.balance.Load(), err)
}

// threeTimes has three tasks deposit 10 each, at once.
func threeTimes(deposit func(ctx context.Context, amount int64) error) error {
	return inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for range 3 {
			g.Go(func(ctx context.Context) error { return deposit(ctx, 10) })
		}
		return nil
	})
}

// An account is kept by a bank: to read the balance, or to write it, is a request.
type account struct{ balance atomic.Int64 }

func (a *account) deposit(ctx context.Context, amount int64) error {
	before := a.balance.Load()
	if err := inflight.Sleep(ctx, 100*time.Millisecond); err != nil { // asks the bank
		return err
	}
	a.balance.Store(before + amount)
	return nil
}
