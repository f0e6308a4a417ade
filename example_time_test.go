package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

func ExampleSleep() {
	ctx, cancel := context.WithTimeoutCause(context.Background(), 5*time.Millisecond, errors.New("out of patience"))
	defer cancel()
	for {
		// poll something
		if err := inflight.Sleep(ctx, time.Millisecond); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output: out of patience
}

// The connection is closed properly, though the work was cancelled.
func ExampleShield() {
	ctx, cancel := context.WithCancel(context.Background())
	work := func(ctx context.Context) error {
		defer func() {
			ctx, done := inflight.Shield(ctx, time.Second)
			defer done()
			_, err := fetchUser(ctx, 7) // some request that says goodbye
			fmt.Println("closed:", err)
		}()
		cancel()
		_, err := download(ctx, "far")
		return err
	}
	fmt.Println(work(ctx))
	// Output:
	// closed: <nil>
	// context canceled
}

// The deadline moves with each piece that arrives: it ends a silence, however
// long the whole takes.
func ExampleWithDeadline() {
	ctx := context.Background()
	pieces := make(chan string, 3)
	pieces <- "once "
	pieces <- "upon "
	pieces <- "a time"

	const silence = 50 * time.Millisecond
	ctx, deadline := inflight.WithDeadline(ctx, silence)
	defer deadline.Stop()
	for {
		select {
		case piece := <-pieces:
			deadline.Reset(silence)
			fmt.Print(piece)
		case <-ctx.Done():
			fmt.Println(" -", context.Cause(ctx))
			return
		}
	}
	// Output: once upon a time - inflight: the deadline of 50ms has passed
}

// Some time is for the request, and more is given once it is accepted.
func ExampleDeadline() {
	ctx, deadline := inflight.WithDeadline(context.Background(), time.Minute)
	defer deadline.Stop()
	if _, err := fetchUser(ctx, 7); err != nil {
		fmt.Println(err)
		return
	}
	deadline.Reset(time.Hour)
	file, err := download(ctx, "near")
	fmt.Println(file, err, deadline.Expired())
	// Output: file from near <nil> false
}

// It can be taken away, and it can't be brought back.
func ExampleDeadline_Reset() {
	ctx, deadline := inflight.WithDeadline(context.Background(), time.Minute)
	defer deadline.Stop()
	fmt.Println(deadline.Reset(inflight.Never), ctx.Err())
	fmt.Println(deadline.Reset(0), ctx.Err())
	fmt.Println(deadline.Reset(time.Minute), ctx.Err())
	// Output:
	// true <nil>
	// true context deadline exceeded
	// false context deadline exceeded
}

func ExampleDeadline_Stop() {
	ctx, deadline := inflight.WithDeadline(context.Background(), time.Minute)
	name, err := fetchUser(ctx, 7)
	inTime := deadline.Stop()
	fmt.Println(name, err, inTime)
	// Output: user 7 <nil> true
}

// The handle tells its own deadline from one that the caller has set.
func ExampleDeadline_Expired() {
	ctx, deadline := inflight.WithDeadline(context.Background(), time.Millisecond)
	defer deadline.Stop()
	_, err := download(ctx, "far")
	fmt.Println(errors.Is(err, context.DeadlineExceeded), deadline.Expired())
	// Output: true true
}
