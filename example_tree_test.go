package inflight_test

import (
	"context"
	"fmt"

	"github.com/inflight-go/inflight"
)

// logger writes lines that begin with the name of the task they come from.
func logger(ctx context.Context, args ...any) {
	name := "main"
	if task, ok := inflight.Current(ctx); ok {
		name = task.Name
	}
	fmt.Print(name, ": ", fmt.Sprintln(args...))
}

func ExampleCurrent() {
	ctx := context.Background()
	logger(ctx, "begin")
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			cents, err := fetchPrice(ctx, "tea")
			logger(ctx, cents, err)
			return err
		}, inflight.Name("price"))
		return nil
	})
	logger(ctx, err)
	// Output:
	// main: begin
	// price: 300 <nil>
	// main: <nil>
}

// A task looks at what runs beside it.
func ExampleTasks() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		scope, _ := inflight.Current(ctx)
		g.Go(func(ctx context.Context) error {
			<-ctx.Done()
			return nil
		}, inflight.Name("listen"))
		g.Go(func(ctx context.Context) error {
			for _, task := range inflight.Tasks() {
				if task.Parent == scope.ID {
					fmt.Println(task.Kind, task.Name)
				}
			}
			g.Cancel()
			return nil
		}, inflight.Name("inspect"))
		return nil
	}, inflight.Label("server"))
	fmt.Println(err)
	// Output:
	// task listen
	// task inspect
	// <nil>
}

func ExampleInfo() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		scope, _ := inflight.Current(ctx)
		g.Go(func(ctx context.Context) error {
			task, _ := inflight.Current(ctx)
			fmt.Println(task.Kind, task.Name, task.State, task.Parent == scope.ID)
			return nil
		}, inflight.Name("price"))
		return nil
	})
	fmt.Println(err)
	// Output:
	// task price running true
	// <nil>
}

func ExampleInfo_String() {
	task := inflight.Info{
		Name: "price", State: inflight.Running,
		Waiting: "queue.get", On: 3,
		File: "/home/me/shop/main.go", Line: 12,
	}
	fmt.Println(task)
	// Output: price [queue.get #3] main.go:12
}

// From then on it is recorded when tasks were started.
func ExampleSetDebug() {
	inflight.SetDebug(1)
	defer inflight.SetDebug(0)
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			task, _ := inflight.Current(ctx)
			fmt.Println(!task.Started.IsZero())
			return nil
		})
		return nil
	})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}
