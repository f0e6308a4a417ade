package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/inflight-go/inflight"
)

var errConfig = errors.New("bad configuration")

// A function returns between Go and Wait.
func errgroupReturn() {
	before := runtime.NumGoroutine()
	serve := func(ctx context.Context) error {
		g, ctx := errgroup.WithContext(ctx)
		for range 3 {
			g.Go(func() error { return watch(ctx) })
		}
		if err := configure(); err != nil {
			return err
		}
		return g.Wait()
	}
	fmt.Println(serve(context.Background()))
	fmt.Println("still running:", left(before))
}

// watch works until it is told to end.
func watch(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func configure() error { return errConfig }

func oursReturn() {
	before := runtime.NumGoroutine()
	serve := func(ctx context.Context) error {
		return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 3 {
				g.Go(watch)
			}
			return configure()
		})
	}
	fmt.Println(serve(context.Background()))
	fmt.Println("still running:", left(before))
}
