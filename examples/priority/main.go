// Priority hands out what matters most first, and of equal things the one that came
// first. In asyncio that is PriorityQueue, with pairs of priority and item, which
// compares the items when two priorities are equal, and fails where items can't be
// compared. Here the order is a function, and the last in first out of LifoQueue is
// NewStack.
//
//	go run ./examples/priority
//
// Output:
//
//	1 put out the fire
//	2 call the insurance
//	2 call the landlord
//	5 water the plants
//	the last in first: c b a
package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/queue"
)

type job struct {
	priority int // the lowest first
	what     string
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	jobs := queue.NewPriority(10, func(a, b job) int { return cmp.Compare(a.priority, b.priority) })
	_, err := jobs.PutAll(ctx, []job{
		{5, "water the plants"},
		{2, "call the insurance"},
		{1, "put out the fire"},
		{2, "call the landlord"},
	})
	if err != nil {
		return err
	}
	jobs.Shutdown() // takes no more; what is in it can still be got
	for j := range jobs.All(ctx) {
		fmt.Println(j.priority, j.what)
	}

	pile := queue.NewStack[string](10)
	if _, err := pile.PutAll(ctx, []string{"a", "b", "c"}); err != nil {
		return err
	}
	pile.Shutdown()
	fmt.Print("the last in first:")
	for s := range pile.All(ctx) {
		fmt.Print(" ", s)
	}
	fmt.Println()
	return ctx.Err()
}
