package inflight_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/inflight-go/inflight"
)

// openAccount returns a function that opens an account, and says how to close it.
func openAccount(id int) func(context.Context) (string, func(context.Context) error, error) {
	return func(ctx context.Context) (string, func(context.Context) error, error) {
		name, err := fetchUser(ctx, id)
		return name, func(context.Context) error {
			fmt.Println("closed", name)
			return nil
		}, err
	}
}

// Of two accounts the second can't be opened; the first is closed.
func ExampleStack() {
	transfer := func(ctx context.Context, from, to int) (err error) {
		var s inflight.Stack
		defer s.Close(ctx, &err)
		for _, id := range []int{from, to} {
			if _, err := inflight.Enter(ctx, &s, openAccount(id)); err != nil {
				return err
			}
		}
		return nil
	}
	fmt.Println(transfer(context.Background(), 7, -1))
	// Output:
	// closed user 7
	// user -1: no such user
}

func ExampleEnter() {
	work := func(ctx context.Context) (err error) {
		var s inflight.Stack
		defer s.Close(ctx, &err)
		name, err := inflight.Enter(ctx, &s, openAccount(7))
		if err != nil {
			return err
		}
		fmt.Println("working with", name)
		return nil
	}
	fmt.Println(work(context.Background()))
	// Output:
	// working with user 7
	// closed user 7
	// <nil>
}

// A failed cleanup is not lost, and stops no other.
func ExampleStack_Defer() {
	work := func(ctx context.Context) (err error) {
		var s inflight.Stack
		defer s.Close(ctx, &err)
		s.Defer(func(ctx context.Context) error {
			fmt.Println("remove the directory")
			return nil
		})
		s.Defer(func(ctx context.Context) error {
			return errors.New("can't close the file")
		})
		_, err = download(ctx, "down")
		return err
	}
	fmt.Println(work(context.Background()))
	// Output:
	// remove the directory
	// down: mirror is down
	// can't close the file
}

// A transaction is committed or rolled back, by how the work has ended.
func ExampleStack_Push() {
	buy := func(ctx context.Context, item string) (err error) {
		var s inflight.Stack
		defer s.Close(ctx, &err)
		s.Push(func(ctx context.Context, err error) error {
			if err != nil {
				fmt.Println("roll back")
				return err
			}
			fmt.Println("commit")
			return nil
		})
		_, err = fetchPrice(ctx, item)
		return err
	}
	ctx := context.Background()
	fmt.Println(buy(ctx, "tea"))
	fmt.Println(buy(ctx, "gold"))
	// Output:
	// commit
	// <nil>
	// roll back
	// gold: no such item
}

// The cleanups run, the last one first, although the work was cancelled.
func ExampleStack_Close() {
	ctx, cancel := context.WithCancel(context.Background())
	work := func(ctx context.Context) (err error) {
		var s inflight.Stack
		defer s.Close(ctx, &err)
		for _, what := range []string{"first", "second"} {
			s.Defer(func(ctx context.Context) error {
				fmt.Println("clean up", what, "-", ctx.Err())
				return nil
			})
		}
		cancel()
		_, err = download(ctx, "far")
		return err
	}
	fmt.Println(work(ctx))
	// Output:
	// clean up second - <nil>
	// clean up first - <nil>
	// context canceled
}

// What a function opens for its caller is closed by the function if it fails,
// and by the caller if it does not.
func ExampleStack_Move() {
	open := func(ctx context.Context, ids ...int) (accounts *inflight.Stack, err error) {
		var s inflight.Stack
		defer s.Close(ctx, &err) // finds nothing to do after Move
		for _, id := range ids {
			if _, err := inflight.Enter(ctx, &s, openAccount(id)); err != nil {
				return nil, err
			}
		}
		return s.Move(), nil
	}
	ctx := context.Background()
	accounts, err := open(ctx, 1, 2)
	fmt.Println("open:", err)
	accounts.Close(ctx, &err)
	// Output:
	// open: <nil>
	// closed user 2
	// closed user 1
}
