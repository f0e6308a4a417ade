package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

// Whatever calls the service, it never gets more than two requests at once.
func ExampleLimiter() {
	ctx := context.Background()
	service := inflight.NewLimiter(2)
	price := func(ctx context.Context, item string) (cents int, err error) {
		err = service.Do(ctx, func(ctx context.Context) error {
			cents, err = fetchPrice(ctx, item)
			return err
		})
		return cents, err
	}
	items := []string{"tea", "bread", "milk", "tea"}
	fmt.Println(inflight.Map(ctx, items, inflight.Unlimited, price))
	// Output: [300 250 120 300] <nil>
}

// A limit of zero holds everybody back until SetLimit.
func ExampleNewLimiter() {
	ctx := context.Background()
	gate := inflight.NewLimiter(0)
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for range 3 {
			g.Go(func(ctx context.Context) error {
				return gate.Do(ctx, func(ctx context.Context) error {
					fmt.Println("go")
					return nil
				})
			})
		}
		fmt.Println("on your marks")
		gate.SetLimit(inflight.Unlimited)
		return nil
	})
	fmt.Println(err)
	// Output:
	// on your marks
	// go
	// go
	// go
	// <nil>
}

func ExampleLimiter_Acquire() {
	ctx := context.Background()
	service := inflight.NewLimiter(1)
	if err := service.Acquire(ctx); err != nil {
		fmt.Println(err)
		return
	}
	defer service.Release()

	brief, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	err := service.Acquire(brief) // there is no room for another
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

func ExampleLimiter_Do() {
	ctx := context.Background()
	service := inflight.NewLimiter(2)
	err := service.Do(ctx, func(ctx context.Context) error {
		file, err := download(ctx, "near")
		fmt.Println(file)
		return err
	})
	fmt.Println(err, service.Stats().InUse)
	// Output:
	// file from near
	// <nil> 0
}

func ExampleLimiter_Release() {
	ctx := context.Background()
	service := inflight.NewLimiter(1)
	for _, item := range []string{"tea", "milk"} {
		if err := service.Acquire(ctx); err != nil {
			fmt.Println(err)
			return
		}
		cents, err := fetchPrice(ctx, item)
		service.Release() // as soon as the service is not in use; Do can't forget it
		fmt.Println(cents, err)
	}
	// Output:
	// 300 <nil>
	// 120 <nil>
}

func ExampleLimiter_TryAcquire() {
	service := inflight.NewLimiter(1)
	for range 2 {
		if !service.TryAcquire() {
			fmt.Println("busy, please try again later")
			continue
		}
		fmt.Println("at your service")
	}
	// Output:
	// at your service
	// busy, please try again later
}

// The service asks for less.
func ExampleLimiter_SetLimit() {
	service := inflight.NewLimiter(10)
	service.TryAcquire()
	service.SetLimit(1)
	fmt.Println(service.TryAcquire())
	// Output: false
}

func ExampleLimiter_Stats() {
	service := inflight.NewLimiter(10)
	service.TryAcquire()
	service.TryAcquire()
	stats := service.Stats()
	fmt.Println(stats.InUse, "of", stats.Limit)
	// Output: 2 of 10
}

func ExampleLimiterStats() {
	service := inflight.NewLimiter(3)
	service.TryAcquire()
	service.SetLimit(0) // lets nobody in any more
	fmt.Printf("%+v\n", service.Stats())
	// Output: {Limit:0 InUse:1 Waiting:0}
}
