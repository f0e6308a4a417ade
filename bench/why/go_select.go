package main

import (
	"context"
	"fmt"

	"github.com/inflight-go/inflight/queue"
)

// The shop is closed, and orders are still taken: of two cases that are both ready,
// select takes either.
func goSelect() {
	ctx, closeShop := context.WithCancel(context.Background())
	orders := make(chan int, 1000)
	closeShop()
	taken := 0
	for order := range 1000 {
		select {
		case orders <- order:
			taken++
		case <-ctx.Done():
		}
	}
	say(taken)
}

// say prints less than it knows: how many there are is left to chance.
func say(taken int) {
	if taken > 300 {
		fmt.Println("taken after the end: more than 300")
		return
	}
	fmt.Println("taken after the end:", taken)
}

func oursSelect() {
	ctx, closeShop := context.WithCancel(context.Background())
	orders := queue.New[int](1000)
	closeShop()
	taken := 0
	for order := range 1000 {
		if orders.Put(ctx, order) == nil {
			taken++
		}
	}
	say(taken)
}
