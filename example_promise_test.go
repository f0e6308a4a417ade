package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/inflight-go/inflight"
)

// A bus calls back. A promise makes that a result to await.
func ExamplePromise() {
	ctx := context.Background()
	publish := func(message string, acknowledged func(id int, err error)) {
		go acknowledged(len(message), nil) // as some client of a message bus may do
	}
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		ack := inflight.NewPromise[int](ctx)
		publish("hello", func(id int, err error) {
			if err != nil {
				ack.Reject(err)
				return
			}
			ack.Resolve(id)
		})
		id, err := ack.Await(ctx)
		fmt.Println("message", id)
		return err
	})
	fmt.Println(err)
	// Output:
	// message 5
	// <nil>
}

func ExampleNewPromise() {
	ctx := context.Background()
	ready := inflight.NewPromise[string](ctx)
	ready.Resolve("127.0.0.1:8080")
	fmt.Println(ready.Await(ctx))
	// Output: 127.0.0.1:8080 <nil>
}

func ExamplePromise_Await() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		config := inflight.NewPromise[string](ctx)
		for range 3 { // all of them wait for the one
			g.Go(func(ctx context.Context) error {
				level, err := config.Await(ctx)
				fmt.Println("worker logs", level)
				return err
			})
		}
		config.Resolve("warnings")
		return nil
	})
	fmt.Println(err)
	// Output:
	// worker logs warnings
	// worker logs warnings
	// worker logs warnings
	// <nil>
}

// The first result counts.
func ExamplePromise_Resolve() {
	ctx := context.Background()
	leader := inflight.NewPromise[string](ctx)
	fmt.Println(leader.Resolve("node 1"))
	fmt.Println(leader.Resolve("node 2"))
	fmt.Println(leader.Await(ctx))
	// Output:
	// true
	// false
	// node 1 <nil>
}

// A rejection that nobody asks for is not lost: it comes out of the scope.
func ExamplePromise_Reject() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		file := inflight.NewPromise[string](ctx)
		file.Reject(errDown)
		return nil
	})
	fmt.Println(errors.Is(err, errDown))
	// Output: true
}

func ExamplePromise_Result() {
	ctx := context.Background()
	price := inflight.NewPromise[int](ctx)
	_, err := price.Result()
	fmt.Println(errors.Is(err, inflight.ErrPending))
	price.Resolve(300)
	fmt.Println(price.Result())
	// Output:
	// true
	// 300 <nil>
}

func ExamplePromise_Done() {
	ctx := context.Background()
	price := inflight.NewPromise[int](ctx)
	go price.Resolve(300)
	select {
	case <-price.Done():
		fmt.Println(price.Result())
	case <-ctx.Done():
		fmt.Println(context.Cause(ctx))
	}
	// Output: 300 <nil>
}

func ExamplePromise_Err() {
	ctx := context.Background()
	file := inflight.NewPromise[string](ctx)
	fmt.Println(file.Err())
	file.Reject(errDown)
	fmt.Println(file.Err())
	// Output:
	// inflight: no result yet
	// mirror is down
}

func ExamplePromise_State() {
	ctx := context.Background()
	file := inflight.NewPromise[string](ctx)
	fmt.Println(file.State())
	file.Reject(errDown)
	fmt.Println(file.State())
	// Output:
	// pending
	// failed
}

// A cache drops what could not be loaded, and keeps the rest.
func ExamplePromise_OnDone() {
	ctx := context.Background()
	cache := make(map[string]*inflight.Promise[int])
	price := inflight.NewPromise[int](ctx)
	cache["gold"] = price
	price.OnDone(func() {
		if price.Err() != nil {
			delete(cache, "gold")
		}
	})
	price.Reject(errNoItem)
	fmt.Println(len(cache))
	// Output: 0
}

func ExamplePromise_String() {
	answer := inflight.NewPromise[int](context.Background())
	text := answer.String() // such as "promise-17 [pending]"
	fmt.Println(text[strings.Index(text, "["):])
	answer.Resolve(42)
	text = answer.String()
	fmt.Println(text[strings.Index(text, "["):])
	// Output:
	// [pending]
	// [succeeded]
}
