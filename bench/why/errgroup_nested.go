package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/inflight-go/inflight"
)

// A task starts another in its own group, which is full. That is a mistake in both; the
// timeout ends one of them.
func errgroupNested() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(1)
	g.Go(func() error {
		g.Go(func() error { return ctx.Err() })
		return ctx.Err()
	})
	fmt.Println(g.Wait())
}

func oursNested() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			g.Go(func(ctx context.Context) error { return ctx.Err() })
			return ctx.Err()
		})
		return nil
	}, inflight.Limit(1))
	fmt.Println(err)
}
