// Partial loads the pages of customers, some of which can't be had, and goes on as long as
// that is good enough. In asyncio that is gather with return_exceptions=True, and, when
// all is over, a list of results and exceptions to sort. Here each failure comes with its
// customer, when it happens; too many end the work, and what is left is cancelled.
//
//	go run ./examples/partial
//
// Output:
//
//	8 pages of 10, for want of
//	customer 3: no such customer
//	customer 7: the page took too long
//	stopped: 3 failures are too many
//	of 1000 customers a few were asked for: true
package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
)

var errTooMany = errors.New("3 failures are too many")

// load returns the pages of customers, and beside them the failures: two are borne, the
// third ends it.
func load(ctx context.Context, customers []int, page func(context.Context, int) (string, error)) (pages []string, err error) {
	var failures []error
	for c, r := range inflight.Each(ctx, slices.Values(customers), 4, page, inflight.Ordered()) {
		if r.Err == nil {
			pages = append(pages, r.Value)
			continue
		}
		failures = append(failures, fmt.Errorf("customer %d: %w", c, r.Err))
		if len(failures) == 3 {
			return pages, errTooMany // the others are cancelled, and have returned
		}
	}
	return pages, errors.Join(failures...)
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	ten := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	pages, err := load(ctx, ten, page)
	fmt.Printf("%d pages of %d, for want of\n%v\n", len(pages), len(ten), err)

	var asked atomic.Int64
	_, err = load(ctx, make([]int, 1000), func(ctx context.Context, _ int) (string, error) {
		asked.Add(1)
		return page(ctx, 3)
	})
	fmt.Println("stopped:", err)
	fmt.Println("of 1000 customers a few were asked for:", asked.Load() < 20)
	return nil
}

// page is the page of a customer, and has a fifth of a second for that.
func page(ctx context.Context, customer int) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 200*time.Millisecond, errors.New("the page took too long"))
	defer cancel()
	switch customer {
	case 3:
		return "", errors.New("no such customer")
	case 7:
		return "", inflight.Sleep(ctx, time.Hour)
	}
	return "a page", inflight.Sleep(ctx, 10*time.Millisecond)
}
