package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/sourcegraph/conc/pool"

	"github.com/inflight-go/inflight"
)

// One of a hundred tasks fails, and the others are cancelled. What comes out is a
// hundred errors, or, with WithFirstError, one even where two have failed.
func concNoise() {
	p := pool.New().WithContext(context.Background()).WithCancelOnError()
	for range 99 {
		p.Go(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
	}
	p.Go(func(context.Context) error { return errDatabase })
	fmt.Println("errors:", count(p.Wait()))

	p = pool.New().WithContext(context.Background()).WithCancelOnError().WithFirstError()
	p.Go(func(ctx context.Context) error {
		<-ctx.Done()
		return errRefund
	})
	p.Go(func(context.Context) error { return errDatabase })
	fmt.Println("the refund that failed is told:", errors.Is(p.Wait(), errRefund))
}

// count returns how many errors are joined in err.
func count(err error) (n int) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return 1
	}
	for _, e := range joined.Unwrap() {
		n += count(e)
	}
	return n
}

func oursNoise() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for range 99 {
			g.Go(func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			})
		}
		g.Go(func(context.Context) error { return errDatabase })
		return nil
	})
	fmt.Println("errors:", count(err))

	err = inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			<-ctx.Done()
			return errRefund
		})
		g.Go(func(context.Context) error { return errDatabase })
		return nil
	})
	fmt.Println("the refund that failed is told:", errors.Is(err, errRefund))
}
