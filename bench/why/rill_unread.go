package main

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"

	"github.com/destel/rill"

	"github.com/inflight-go/inflight"
)

// A pipeline is built, and then something goes wrong before it is read.
func rillUnread() {
	before := runtime.NumGoroutine()
	var users <-chan rill.Try[string]
	build := func() error {
		users = rill.Map(rill.FromSlice(files(), nil), 4, user)
		return configure()
	}
	fmt.Println(build())
	fmt.Println("goroutines left behind:", left(before))
	_ = users
}

func user(n int) (string, error) { return fmt.Sprint("user ", n), nil }

func oursUnread() {
	before := runtime.NumGoroutine()
	var users iter.Seq2[int, inflight.Result[string]]
	build := func() error {
		users = inflight.Each(context.Background(), slices.Values(files()), 4, func(_ context.Context, n int) (string, error) { return user(n) })
		return configure()
	}
	fmt.Println(build())
	fmt.Println("goroutines left behind:", left(before))
	_ = users
}
