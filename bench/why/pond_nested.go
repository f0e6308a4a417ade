package main

import (
	"context"
	"fmt"

	"github.com/alitto/pond/v2"

	"github.com/inflight-go/inflight"
)

// A page is loaded by the pool, and loads its parts by the same pool.
func pondNested() {
	pool := pond.NewPool(2)
	page := func() {
		parts := pool.NewGroup()
		parts.Submit(func() {}, func() {})
		parts.Wait()
	}
	pages := pool.NewGroup()
	for range 10 {
		pages.Submit(page)
	}
	fmt.Println(pages.Wait())
}

// A scope in a scope has a limit of its own.
func oursNestedScopes() {
	part := func(context.Context, int) (string, error) { return "", nil }
	_, err := inflight.Map(context.Background(), make([]string, 10), 2, func(ctx context.Context, page string) ([]string, error) {
		return inflight.Map(ctx, []int{1, 2}, 2, part)
	})
	fmt.Println(err)
}
