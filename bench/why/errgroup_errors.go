package main

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/inflight-go/inflight"
)

var (
	errShipping = errors.New("nothing can be shipped")
	errRefund   = errors.New("the refund failed")
)

// One task fails. The other one hears of it, takes back what it has done, and that
// goes wrong too.
func errgroupErrors() {
	g, ctx := errgroup.WithContext(context.Background())
	g.Go(func() error {
		<-ctx.Done()
		return errRefund
	})
	g.Go(func() error { return errShipping })
	err := g.Wait()
	fmt.Println("shipping:", errors.Is(err, errShipping), "refund:", errors.Is(err, errRefund))
}

func oursErrors() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			<-ctx.Done()
			return errRefund
		})
		g.Go(func(context.Context) error { return errShipping })
		return nil
	})
	fmt.Println("shipping:", errors.Is(err, errShipping), "refund:", errors.Is(err, errRefund))
}
