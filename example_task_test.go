package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/inflight-go/inflight"
)

func ExampleTask() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		tasks := make(map[string]*inflight.Task[int])
		for _, item := range []string{"tea", "bread"} {
			tasks[item] = inflight.Go(g, func(ctx context.Context) (int, error) {
				return fetchPrice(ctx, item)
			})
		}
		tea, err := tasks["tea"].Await(ctx)
		if err != nil {
			return err
		}
		bread, err := tasks["bread"].Await(ctx)
		fmt.Println(tea, bread)
		return err
	})
	fmt.Println(err)
	// Output:
	// 300 250
	// <nil>
}

// A wait that is given up leaves the task running.
func ExampleTask_Await() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		file := inflight.Go(g, func(ctx context.Context) (string, error) {
			return download(ctx, "far")
		})
		brief, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		_, err := file.Await(brief)
		fmt.Println(err)
		fmt.Println(file.Err()) // the task's own
		file.Cancel(nil)
		return nil
	})
	fmt.Println(err)
	// Output:
	// context deadline exceeded
	// inflight: no result yet
	// <nil>
}

func ExampleTask_Result() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		price := inflight.Go(g, func(ctx context.Context) (int, error) {
			return fetchPrice(ctx, "tea")
		})
		if _, err := price.Await(ctx); err != nil {
			return err
		}
		fmt.Println(price.Result()) // it is there: no waiting
		return nil
	})
	fmt.Println(err)
	// Output:
	// 300 <nil>
	// <nil>
}

// A task that is cancelled on its own is no failure of the group.
func ExampleTask_Cancel() {
	ctx := context.Background()
	errNotNeeded := errors.New("not needed any more")
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		file := inflight.Go(g, func(ctx context.Context) (string, error) {
			return download(ctx, "far")
		})
		file.Cancel(errNotNeeded)
		_, err := file.Await(ctx)
		fmt.Println(err, file.State())
		return nil
	})
	fmt.Println(err)
	// Output:
	// not needed any more cancelled
	// <nil>
}

func ExampleTask_Done() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		file := inflight.Go(g, func(ctx context.Context) (string, error) {
			return download(ctx, "near")
		})
		impatient := time.NewTicker(time.Minute)
		defer impatient.Stop()
		for {
			select {
			case <-file.Done():
				fmt.Println(file.Result())
				return nil
			case <-impatient.C:
				fmt.Println("still waiting")
			}
		}
	})
	fmt.Println(err)
	// Output:
	// file from near <nil>
	// <nil>
}

func ExampleTask_Err() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		file := inflight.Go(g, func(ctx context.Context) (string, error) {
			return download(ctx, "down")
		})
		<-file.Done()
		fmt.Println("task:", file.Err())
		return nil
	})
	fmt.Println("group:", err) // whoever has looked at it
	// Output:
	// task: down: mirror is down
	// group: down: mirror is down
}

func ExampleTask_Name() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		task := g.Go(func(ctx context.Context) error {
			self, _ := inflight.Current(ctx)
			fmt.Println("in it:", self.Name)
			return nil
		}, inflight.Name("refresh"))
		task.Await(ctx)
		fmt.Println("at its handle:", task.Name())
		return nil
	})
	fmt.Println(err)
	// Output:
	// in it: refresh
	// at its handle: refresh
	// <nil>
}

func ExampleTask_OnDone() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		file := inflight.Go(g, func(ctx context.Context) (string, error) {
			return download(ctx, "near")
		})
		file.OnDone(func() { fmt.Println("download", file.State()) })
		return nil
	})
	fmt.Println(err)
	// Output:
	// download succeeded
	// <nil>
}

func ExampleTask_State() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for _, mirror := range []string{"near", "down"} {
			file := inflight.Go(g, func(ctx context.Context) (string, error) {
				return download(ctx, mirror)
			})
			<-file.Done()
			fmt.Println(mirror, file.State())
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// near succeeded
	// down failed
	// down: mirror is down
}

func ExampleTask_String() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		task := g.Go(func(ctx context.Context) error { return nil }, inflight.Name("refresh"))
		<-task.Done()
		fmt.Println(task)
		return nil
	})
	fmt.Println(err)
	// Output:
	// refresh [succeeded]
	// <nil>
}

func ExampleState() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		file := inflight.Go(g, func(ctx context.Context) (string, error) {
			return download(ctx, "down")
		})
		<-file.Done()
		switch file.State() {
		case inflight.Succeeded:
			fmt.Println("unpack it")
		case inflight.Cancelled, inflight.Refused:
			fmt.Println("nobody wants it")
		case inflight.Failed, inflight.Panicked:
			fmt.Println("try another mirror")
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// try another mirror
	// down: mirror is down
}

func ExampleState_String() {
	fmt.Println(inflight.Pending, inflight.Running, inflight.Succeeded)
	// Output: pending running succeeded
}

// The files in the order in which they come.
func ExampleCompleted() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		var files []*inflight.Task[string]
		for _, mirror := range []string{"far", "near", "far"} {
			files = append(files, inflight.Go(g, func(ctx context.Context) (string, error) {
				return download(ctx, mirror)
			}))
		}
		for file := range inflight.Completed(ctx, files...) {
			fmt.Println(file.Result())
			fmt.Println("it was number", slices.Index(files, file))
			break // one will do
		}
		g.Cancel()
		return nil
	})
	fmt.Println(err)
	// Output:
	// file from near <nil>
	// it was number 1
	// <nil>
}

// What is there after a while is used, and the rest runs on.
func ExampleWait() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		near := inflight.Go(g, func(ctx context.Context) (string, error) { return download(ctx, "near") })
		far := inflight.Go(g, func(ctx context.Context) (string, error) { return download(ctx, "far") })
		done, pending, err := inflight.Wait(ctx, inflight.FirstDone, near, far)
		fmt.Println(len(done), "done,", len(pending), "pending,", err)

		brief, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		done, pending, err = inflight.Wait(brief, inflight.AllDone, near, far)
		fmt.Println(len(done), "done,", len(pending), "pending,", err) // a timeout is no error
		g.Cancel()
		return nil
	})
	fmt.Println(err)
	// Output:
	// 1 done, 1 pending, <nil>
	// 1 done, 1 pending, <nil>
	// <nil>
}

func ExampleWhen() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		far := inflight.Go(g, func(ctx context.Context) (string, error) { return download(ctx, "far") })
		down := inflight.Go(g, func(ctx context.Context) (string, error) { return download(ctx, "down") })
		done, _, err := inflight.Wait(ctx, inflight.FirstFailed, far, down)
		fmt.Println(len(done), "done:", done[0].Err(), err)
		g.Cancel()
		return nil
	}, inflight.Supervise()) // otherwise the failure had ended the wait
	fmt.Println(err)
	// Output:
	// 1 done: down: mirror is down <nil>
	// down: mirror is down
}

// Tasks and promises of any type can be waited for together.
func ExampleAwaitable() {
	ctx := context.Background()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		price := inflight.Go(g, func(ctx context.Context) (int, error) { return fetchPrice(ctx, "tea") })
		user := inflight.Go(g, func(ctx context.Context) (string, error) { return fetchUser(ctx, 7) })
		all := []inflight.Awaitable{price, user}
		if _, _, err := inflight.Wait(ctx, inflight.AllDone, all...); err != nil {
			return err
		}
		for _, a := range all {
			fmt.Println(a.State(), a.Err())
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// succeeded <nil>
	// succeeded <nil>
	// <nil>
}
