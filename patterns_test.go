package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// The code of docs/patterns.md and of the README. Each block there stands here, and runs.

// shopAPI is a service that the examples call.
type shopAPI struct {
	busy *meter // of Price, nil for none
}

var errNoSuchItem = errors.New("no such item")

// Price takes a while, and much longer for some.
func (api shopAPI) Price(ctx context.Context, item string) (int, error) {
	if api.busy != nil {
		defer api.busy.in()()
	}
	took := time.Millisecond
	switch item {
	case "unicorn":
		return 0, errNoSuchItem
	case "bread":
		took = 100 * time.Millisecond
	case "caviar":
		took = time.Hour
	}
	return 2 * len(item), inflight.Sleep(ctx, took)
}

func (api shopAPI) User(ctx context.Context) (string, error) {
	return "gopher", inflight.Sleep(ctx, time.Millisecond)
}

func (api shopAPI) Cart(ctx context.Context) ([]string, error) {
	return []string{"tea", "bread"}, inflight.Sleep(ctx, time.Millisecond)
}

// From is the mirror of a name; the one in the north is slow.
func (api shopAPI) From(mirror string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		switch mirror {
		case "north":
			return mirror, inflight.Sleep(ctx, time.Hour)
		case "east":
			return "", fmt.Errorf("%s is closed", mirror)
		}
		return mirror, inflight.Sleep(ctx, time.Millisecond)
	}
}

// Open opens something that Close has to be called for.
func (api shopAPI) Open(context.Context) (string, func(context.Context) error, error) {
	return "order 12", func(ctx context.Context) error {
		fmt.Println("closed, though the caller is gone:", ctx.Err() == nil)
		return nil
	}, nil
}

func (api shopAPI) Slow(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) }

func Example_readme() {
	var api shopAPI
	ctx := context.Background()
	items := []string{"tea", "milk"}
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		user := inflight.Go(g, api.User)                       // runs from here on
		prices, err := inflight.Map(ctx, items, 10, api.Price) // ten at once, in order; the first failure cancels the rest
		if err != nil {
			return err // the user is cancelled and joined
		}
		name, err := user.Await(ctx)
		fmt.Println(name, prices)
		return err
	})
	fmt.Println(err)
	// Output:
	// gopher [6 8]
	// <nil>
}

func Example_allOrNothing() {
	var api shopAPI
	ctx := context.Background()
	user, cart, err := inflight.Gather2(ctx, api.User, api.Cart)
	fmt.Println(user, cart, err)

	prices, err := inflight.Map(ctx, []string{"tea", "unicorn", "bread"}, 10, api.Price)
	fmt.Println(prices, err, errors.Is(err, errNoSuchItem))
	// Output:
	// gopher [tea bread] <nil>
	// [] item 1: no such item true
}

func Example_partialFailures() {
	var api shopAPI
	ctx := context.Background()
	prices, err := inflight.Settle(ctx,
		func(ctx context.Context) (int, error) { return api.Price(ctx, "tea") },
		func(ctx context.Context) (int, error) { return api.Price(ctx, "unicorn") },
	)
	for _, p := range prices {
		fmt.Println(p.Value, p.Err)
	}
	fmt.Println(err) // only for the end of ctx
	// Output:
	// 6 <nil>
	// 0 no such item
	// <nil>
}

func Example_limit() {
	api := shopAPI{busy: new(meter)}
	ctx := context.Background()
	items := slices.Repeat([]string{"tea"}, 20)
	upstream := inflight.NewLimiter(3)
	price := func(ctx context.Context, item string) (price int, err error) {
		err = upstream.Do(ctx, func(ctx context.Context) error {
			price, err = api.Price(ctx, item)
			return err
		})
		return price, err
	}
	prices, err := inflight.Map(ctx, items, 10, price)
	fmt.Println(len(prices), err, "at most", api.busy.most, "at once")
	// Output: 20 <nil> at most 3 at once
}

// A meter counts how many are in at once, at most.
type meter struct {
	mu        sync.Mutex
	now, most int
}

func (m *meter) in() (out func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now++
	m.most = max(m.most, m.now)
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.now--
	}
}

func Example_firstOfMany() {
	var api shopAPI
	ctx := context.Background()
	mirror, err := inflight.Any(ctx, api.From("north"), api.From("east"), api.From("south"))
	fmt.Println(mirror, err)

	mirror, err = inflight.Hedge(ctx, 10*time.Millisecond, api.From("north"), api.From("south"))
	fmt.Println(mirror, err)
	// Output:
	// south <nil>
	// south <nil>
}

func Example_asTheyCome() {
	var api shopAPI
	ctx := context.Background()
	catalogue := slices.Values([]string{"caviar", "tea", "unicorn", "bread"})
	for item, price := range inflight.Each(ctx, catalogue, 10, api.Price) {
		if errors.Is(price.Err, errNoSuchItem) {
			continue
		}
		fmt.Println(item, price.Value)
		if item == "bread" {
			break // what still runs is cancelled, and joined before the next line
		}
	}
	// Output:
	// tea 6
	// bread 10
}

func Example_producerAndConsumers() {
	var api shopAPI
	ctx := context.Background()
	var sum atomic.Int64
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		q := queue.New[string](10)
		for range 3 {
			g.Go(func(ctx context.Context) error {
				for item := range q.All(ctx) {
					price, err := api.Price(ctx, item)
					if err != nil {
						return err // ends the other consumers, and the producer
					}
					sum.Add(int64(price))
				}
				return ctx.Err()
			})
		}
		for _, item := range []string{"tea", "bread", "tea", "milk"} {
			if err := q.Put(ctx, item); err != nil {
				return err
			}
		}
		q.Shutdown() // the consumers drain it, and end
		return nil
	})
	fmt.Println(sum.Load(), err)
	// Output: 30 <nil>
}

func Example_timeout() {
	var api shopAPI
	ctx := context.Background()
	errTooSlow := errors.New("the shop took too long")
	ctx, cancel := context.WithTimeoutCause(ctx, 5*time.Millisecond, errTooSlow)
	defer cancel()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(api.Slow)
		return api.Slow(ctx)
	})
	fmt.Println(err, ctx.Err())
	// Output: the shop took too long context deadline exceeded
}

func Example_cleanup() {
	var api shopAPI
	ctx, cancel := context.WithCancel(context.Background())
	order := func(ctx context.Context) (err error) {
		var s inflight.Stack
		defer s.Close(ctx, &err) // in reverse order, all of them, errors joined
		order, err := inflight.Enter(ctx, &s, api.Open)
		if err != nil {
			return err
		}
		s.Defer(func(ctx context.Context) error {
			fmt.Println("cancelling", order)
			return nil
		})
		cancel()
		return api.Slow(ctx)
	}
	fmt.Println(order(ctx))
	// Output:
	// cancelling order 12
	// closed, though the caller is gone: true
	// context canceled
}

func Example_whyIsItStuck() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		q := queue.New[string](10)
		consumer := func(ctx context.Context) error {
			_, err := q.Get(ctx)
			return err
		}
		g.Go(consumer, inflight.Name("consumer"))
		waitUntilStuck(ctx, "consumer")
		for _, task := range inflight.Tasks() {
			if task.Waiting != "" {
				fmt.Println(task.Name, "waits for", task.Waiting)
			}
		}
		return q.Put(ctx, "")
	}, inflight.Label("shop"))
	fmt.Println(err)
	// Output:
	// consumer waits for queue.get
	// <nil>
}

// waitUntilStuck returns when a task of that name waits for something.
func waitUntilStuck(ctx context.Context, name string) {
	for {
		for _, task := range inflight.Tasks() {
			if strings.HasPrefix(task.Name, name) && task.Waiting != "" {
				return
			}
		}
		inflight.Sleep(ctx, time.Millisecond)
	}
}

func Example_locks() {
	ctx := context.Background()
	var mu locks.Mutex
	fmt.Println(mu.Lock(ctx))
	brief, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	fmt.Println(mu.Lock(brief))
	mu.Unlock()
	// Output:
	// <nil>
	// context deadline exceeded
}

func Example_panics() {
	ctx := context.Background()
	defer func() {
		p := recover().(*inflight.PanicError)
		fmt.Println(p.Task, p.Value, len(p.Stack) > 0)
	}()
	inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(context.Context) error { panic("boom") }, inflight.Name("fetch"))
		return nil
	})
	// Output: fetch boom true
}

func Example_errors() {
	ctx := context.Background()
	var errDisk error = &fs.PathError{Op: "open", Path: "a", Err: fs.ErrNotExist}
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(context.Context) error { return errDisk })
		g.Go(func(ctx context.Context) error {
			return inflight.Sleep(ctx, time.Hour) // is cancelled: no error of its own
		})
		<-ctx.Done()
		return ctx.Err() // neither is this
	})
	fmt.Println(err == errDisk)
	// Output: true
}
