package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// The patterns that people learn asyncio by.

// Both requests are under way before the first result is awaited.
func Example_createAndAwaitTasks() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		name := inflight.Go(g, func(ctx context.Context) (string, error) { return fetchUser(ctx, 7) })
		price := inflight.Go(g, func(ctx context.Context) (int, error) { return fetchPrice(ctx, "tea") })

		who, err := name.Await(ctx)
		if err != nil {
			return err // price is cancelled
		}
		cents, err := price.Await(ctx)
		if err != nil {
			return err
		}
		fmt.Println(who, "pays", cents)
		return nil
	})
	fmt.Println(err)
	// Output:
	// user 7 pays 300
	// <nil>
}

// All of them, or an error.
func Example_gather() {
	ctx := context.Background()
	prices, err := inflight.Gather(ctx,
		func(ctx context.Context) (int, error) { return fetchPrice(ctx, "tea") },
		func(ctx context.Context) (int, error) { return fetchPrice(ctx, "bread") },
	)
	fmt.Println(prices, err)
	// Output: [300 250] <nil>
}

// What can be had, and what went wrong with the rest.
func Example_settleWithPartialFailures() {
	ctx := context.Background()
	mirrors := []string{"near", "down"}
	var fetch []func(context.Context) (string, error)
	for _, mirror := range mirrors {
		fetch = append(fetch, func(ctx context.Context) (string, error) { return download(ctx, mirror) })
	}
	files, err := inflight.Settle(ctx, fetch...)
	for i, file := range files {
		if file.Err != nil {
			fmt.Println("without", mirrors[i], "because", file.Err)
			continue
		}
		fmt.Println(file.Value)
	}
	fmt.Println(err)
	// Output:
	// file from near
	// without down because down: mirror is down
	// <nil>
}

// Tasks that are started as the need arises, and joined in any case.
func Example_taskGroup() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for id := range 3 {
			g.Go(func(ctx context.Context) error {
				_, err := fetchUser(ctx, id)
				if err != nil {
					return err // the first failure cancels the rest
				}
				_, err = download(ctx, "far")
				return err
			})
		}
		return nil
	})
	fmt.Println(err)
	// Output: user 0: no such user
}

// Whatever is started under a context that ends, ends with it.
func Example_timeoutWithDefault() {
	ctx := context.Background()
	errSlow := errors.New("slower than the user waits")
	within, cancel := context.WithTimeoutCause(ctx, 2*time.Millisecond, errSlow)
	defer cancel()
	files, err := inflight.Gather(within,
		func(ctx context.Context) (string, error) { return download(ctx, "near") },
		func(ctx context.Context) (string, error) { return download(ctx, "far") },
	)
	if errors.Is(err, errSlow) {
		files = []string{"an older file"}
	}
	fmt.Println(files)
	// Output: [an older file]
}

// Many users, and a service that bears four requests at once.
func Example_semaphore() {
	ctx := context.Background()
	service := locks.NewSemaphore(4)
	var requests atomic.Int64
	user := func(ctx context.Context, id int) (name string, err error) {
		err = service.Do(ctx, 1, func(ctx context.Context) error {
			if requests.Add(1) > 4 {
				return errors.New("too many requests")
			}
			defer requests.Add(-1)
			name, err = fetchUser(ctx, id)
			return err
		})
		return name, err
	}
	ids := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	users, err := inflight.Map(ctx, ids, inflight.Unlimited, user)
	fmt.Println(len(users), err)
	// Output: 12 <nil>
}

// One producer, three consumers, and a queue that makes the producer wait when
// they do not keep up. They end when it has closed its side.
func Example_producerAndConsumersWithAQueue() {
	ctx := context.Background()
	var total atomic.Int64
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		items := queue.New[string](2)
		producer := items.Producer()
		g.Go(func(ctx context.Context) error {
			defer producer.Close()
			for range 5 {
				if _, err := producer.PutAll(ctx, []string{"tea", "milk"}); err != nil {
					return err
				}
			}
			return nil
		})
		for range 3 {
			g.Go(func(ctx context.Context) error {
				for item := range items.All(ctx) {
					price, err := fetchPrice(ctx, item)
					if err != nil {
						return err
					}
					total.Add(int64(price))
				}
				return ctx.Err()
			})
		}
		return nil
	})
	fmt.Println(total.Load(), err)
	// Output: 2100 <nil>
}

// The token is refreshed by the first who needs it, and the others wait for
// that: a lock that is held across a request takes a context.
func Example_lockAroundSharedState() {
	ctx := context.Background()
	var mu locks.Mutex
	var token string
	refreshes := 0
	login := func(ctx context.Context) (string, error) {
		if err := mu.Lock(ctx); err != nil {
			return "", err
		}
		defer mu.Unlock()
		if token == "" {
			refreshes++
			name, err := fetchUser(ctx, 7)
			if err != nil {
				return "", err
			}
			token = "token of " + name
		}
		return token, nil
	}
	tokens, err := inflight.Gather(ctx, login, login, login)
	fmt.Println(tokens[2], "after", refreshes, "refresh,", err)
	// Output: token of user 7 after 1 refresh, <nil>
}

// The mirror that answers first is the one to use, and the others are told to
// stop, and have stopped.
func Example_firstAnswer() {
	ctx := context.Background()
	var running atomic.Int64
	ask := func(mirror string) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			running.Add(1)
			defer running.Add(-1)
			return download(ctx, mirror)
		}
	}
	file, err := inflight.Any(ctx, ask("down"), ask("near"), ask("far"))
	fmt.Println(file, err, running.Load())
	// Output: file from near <nil> 0
}

// What was reserved is given back, although the user has gone.
func Example_cleanupThatSurvivesCancellation() {
	ctx, leave := context.WithCancelCause(context.Background())
	order := func(ctx context.Context) (err error) {
		var s inflight.Stack
		defer s.Close(ctx, &err)
		s.Defer(func(ctx context.Context) error { // this ctx has not ended
			name, err := fetchUser(ctx, 7)
			fmt.Println("given back for", name)
			return err
		})
		leave(errors.New("the user has gone"))
		_, err = download(ctx, "far")
		return err
	}
	fmt.Println(order(ctx))
	// Output:
	// given back for user 7
	// the user has gone
}
