package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
)

func ExampleRun() {
	ctx := context.Background()
	var total atomic.Int64
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for _, item := range []string{"tea", "bread", "milk"} {
			g.Go(func(ctx context.Context) error {
				price, err := fetchPrice(ctx, item)
				total.Add(int64(price))
				return err
			})
		}
		return nil // Run waits for the tasks
	})
	fmt.Println(total.Load(), err)
	// Output: 670 <nil>
}

// The first failure cancels the others and the body, and comes out as it is.
func ExampleRun_failure() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			_, err := download(ctx, "far")
			return err // cancelled: not a failure
		})
		g.Go(func(ctx context.Context) error {
			_, err := download(ctx, "down")
			return err
		})
		<-ctx.Done()
		fmt.Println("because of:", errors.Is(context.Cause(ctx), errDown))
		return ctx.Err() // neither is this
	})
	fmt.Println(err)
	// Output:
	// because of: true
	// down: mirror is down
}

// A task may start more tasks in its group.
func ExampleTaskGroup() {
	ctx := context.Background()
	links := map[string][]string{"/": {"/a", "/b"}, "/a": {"/a/1", "/a/2"}}
	var pages atomic.Int64
	var visit func(g *inflight.TaskGroup, page string)
	visit = func(g *inflight.TaskGroup, page string) {
		g.Go(func(ctx context.Context) error {
			pages.Add(1)
			for _, link := range links[page] {
				visit(g, link)
			}
			return nil
		})
	}
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		visit(g, "/")
		return nil
	})
	fmt.Println(pages.Load(), err)
	// Output: 5 <nil>
}

func ExampleTaskGroup_Go() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		saved := g.Go(func(ctx context.Context) error {
			fmt.Println("saving")
			return nil
		})
		if _, err := saved.Await(ctx); err != nil {
			return err
		}
		fmt.Println("saved")
		return nil
	})
	fmt.Println(err)
	// Output:
	// saving
	// saved
	// <nil>
}

// A group that is cancelled refuses: the function is never called, and who
// wanted to hand it a connection knows that it is still theirs to close.
func ExampleTaskGroup_Go_refused() {
	ctx := context.Background()
	errClosing := errors.New("closing time")
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Cancel(errClosing)
		task := g.Go(func(ctx context.Context) error { return nil })
		if task.State() == inflight.Refused {
			fmt.Println("closing the connection:", errors.Is(task.Err(), inflight.ErrGroupClosed))
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// closing the connection: true
	// closing time
}

// Who can't wait for a turn does something else instead.
func ExampleTaskGroup_TryGo() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		job := func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) }
		for n := 1; ; n++ {
			if _, ok := g.TryGo(job); !ok {
				fmt.Println("no room for job", n)
				break
			}
		}
		g.Cancel()
		return nil
	}, inflight.Limit(2))
	fmt.Println(err)
	// Output:
	// no room for job 3
	// <nil>
}

// A service runs for as long as there is other work in the group.
func ExampleTaskGroup_Service() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Service(func(ctx context.Context) error {
			for inflight.Sleep(ctx, time.Millisecond) == nil {
				// report progress
			}
			fmt.Println("progress: all done")
			return nil
		})
		g.Go(func(ctx context.Context) error {
			_, err := download(ctx, "near")
			fmt.Println("downloaded")
			return err
		})
		return nil
	})
	fmt.Println(err)
	// Output:
	// downloaded
	// progress: all done
	// <nil>
}

// A search ends when one task has found what all are looking for.
func ExampleTaskGroup_Cancel() {
	ctx := context.Background()
	var found atomic.Pointer[string]
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for _, mirror := range []string{"far", "near", "far"} {
			g.Go(func(ctx context.Context) error {
				file, err := download(ctx, mirror)
				if err == nil {
					found.Store(&file)
					g.Cancel() // no error: the others are not needed any more
				}
				return err
			})
		}
		return nil
	})
	fmt.Println(*found.Load(), err)
	// Output: file from near <nil>
}

func ExampleGo() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		price := inflight.Go(g, func(ctx context.Context) (int, error) {
			return fetchPrice(ctx, "tea")
		})
		name, err := fetchUser(ctx, 7) // at the same time
		if err != nil {
			return err
		}
		cents, err := price.Await(ctx)
		if err != nil {
			return err
		}
		fmt.Println(name, "pays", cents)
		return nil
	})
	fmt.Println(err)
	// Output:
	// user 7 pays 300
	// <nil>
}

// A server is of use once it listens, and then runs beside everything else.
func ExampleStart() {
	ctx := context.Background()
	serve := func(ctx context.Context, ready func(addr string)) error {
		ready("127.0.0.1:8080") // it listens
		<-ctx.Done()
		fmt.Println("server stopped")
		return nil
	}
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		defer g.Cancel() // stops the server
		addr, err := inflight.Start(g, serve)
		if err != nil {
			return err // it does not listen
		}
		fmt.Println("listening on", addr)
		return nil
	})
	fmt.Println(err)
	// Output:
	// listening on 127.0.0.1:8080
	// server stopped
	// <nil>
}

// Ten users, of which no more than three are fetched at once.
func ExampleLimit() {
	ctx := context.Background()
	var running, users atomic.Int64
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for id := range 10 {
			g.Go(func(ctx context.Context) error { // waits for its turn
				if running.Add(1) > 3 {
					return errors.New("more than three at once")
				}
				defer running.Add(-1)
				_, err := fetchUser(ctx, id+1)
				users.Add(1)
				return err
			})
		}
		return nil
	}, inflight.Limit(3))
	fmt.Println(users.Load(), err)
	// Output: 10 <nil>
}

// Two groups share what the service allows.
func ExampleLimitBy() {
	ctx := context.Background()
	service := inflight.NewLimiter(2)
	users := func(ctx context.Context) (n int64, err error) {
		var fetched atomic.Int64
		err = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for id := range 5 {
				g.Go(func(ctx context.Context) error {
					_, err := fetchUser(ctx, id+1)
					fetched.Add(1)
					return err
				})
			}
			return nil
		}, inflight.LimitBy(service))
		return fetched.Load(), err
	}
	fmt.Println(inflight.Gather(ctx, users, users))
	// Output: [5 5] <nil>
}

// A failure does not stop the others here. All failures come out together.
func ExampleSupervise() {
	ctx := context.Background()
	var total atomic.Int64
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for _, item := range []string{"tea", "gold", "milk"} {
			g.Go(func(ctx context.Context) error {
				price, err := fetchPrice(ctx, item)
				total.Add(int64(price))
				return err
			})
		}
		return nil
	}, inflight.Supervise())
	fmt.Println(total.Load(), err)
	// Output: 420 gold: no such item
}

func ExampleLabel() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		scope, _ := inflight.Current(ctx)
		fmt.Println(scope.Name, scope.Kind)
		return nil
	}, inflight.Label("checkout"))
	fmt.Println(err)
	// Output:
	// checkout group
	// <nil>
}

func ExampleOption() {
	ctx := context.Background()
	opts := []inflight.Option{inflight.Label("import"), inflight.Limit(4)}
	bestEffort := true
	if bestEffort {
		opts = append(opts, inflight.Supervise())
	}
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error { return nil })
		return nil
	}, opts...)
	fmt.Println(err)
	// Output: <nil>
}

func ExampleName() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		task := g.Go(func(ctx context.Context) error { return nil }, inflight.Name("refresh"))
		fmt.Println(task.Name())
		return nil
	})
	fmt.Println(err)
	// Output:
	// refresh
	// <nil>
}

// A function of a program's own can pass the options of a task on.
func ExampleTaskOption() {
	price := func(g *inflight.TaskGroup, item string, opts ...inflight.TaskOption) *inflight.Task[int] {
		return inflight.Go(g, func(ctx context.Context) (int, error) {
			return fetchPrice(ctx, item)
		}, opts...)
	}
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		tea := price(g, "tea", inflight.Name("price of tea"))
		cents, err := tea.Await(ctx)
		fmt.Println(tea.Name(), cents)
		return err
	})
	fmt.Println(err)
	// Output:
	// price of tea 300
	// <nil>
}
