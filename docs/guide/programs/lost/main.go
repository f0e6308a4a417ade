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
	ctx := context.Background()
	three := make([]int64, 3) // deposits
	for i := range three {
		three[i] = 10
	}

	var careless account
	inflight.Map(ctx, three, 10, careless.deposit)
	fmt.Println("without a lock:", careless.balance.Load())

	var careful account
	var mu locks.Mutex
	inflight.Map(ctx, three, 10, func(ctx context.Context, amount int64) (after int64, err error) {
		err = mu.Do(ctx, func(ctx context.Context) error {
			after, err = careful.deposit(ctx, amount)
			return err
		})
		return after, err
	})
	fmt.Println("with a lock:", careful.balance.Load())
}

// An account is kept by a service: to read the balance, and to write it, is a request.
type account struct{ balance atomic.Int64 }

func (a *account) deposit(ctx context.Context, amount int64) (after int64, err error) {
	before := a.balance.Load()
	if err := inflight.Sleep(ctx, 100*time.Millisecond); err != nil { // asks the bank
		return 0, err
	}
	a.balance.Store(before + amount)
	return before + amount, nil
}
