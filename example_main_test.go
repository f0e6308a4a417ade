package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/inflight-go/inflight"
)

// What stands here is the whole of a program's function main: an interrupt
// cancels ctx, and the exit code follows from the error.
func ExampleMain() {
	inflight.Main(func(ctx context.Context) error {
		users, err := inflight.Map(ctx, []int{1, 2, 3}, 10, fetchUser)
		fmt.Println(users)
		return err
	})
}

func ExampleMainOption() {
	opts := []inflight.MainOption{inflight.Grace(10 * time.Second)}
	if os.Getenv("VERBOSE") != "" {
		opts = append(opts, inflight.Debug(1))
	}
	inflight.Main(func(ctx context.Context) error {
		_, err := download(ctx, "near")
		return err
	}, opts...)
}

// Whatever hangs, the process ends five seconds after an interrupt.
func ExampleGrace() {
	inflight.Main(func(ctx context.Context) error {
		_, err := download(ctx, "far")
		return err
	}, inflight.Grace(5*time.Second))
}

// Since when each task waits is in the tree that Main writes when tasks do not
// end.
func ExampleDebug() {
	inflight.Main(func(ctx context.Context) error {
		_, err := download(ctx, "far")
		return err
	}, inflight.Debug(1))
}

// On an interrupt no more downloads are begun; those under way have ten seconds
// before they are cancelled.
func ExampleDrain() {
	inflight.Main(func(ctx context.Context) error {
		return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for {
				select {
				case <-inflight.Stopping(ctx):
					return nil // Run waits for the downloads
				case <-time.After(time.Second):
					g.Go(func(ctx context.Context) error {
						_, err := download(ctx, "near")
						return err
					})
				}
			}
		})
	}, inflight.Drain(10*time.Second))
}

func ExampleStopping() {
	ctx := context.Background() // in Main it is another
	for id := range 3 {
		select {
		case <-inflight.Stopping(ctx):
			return
		default:
			fmt.Println(fetchUser(ctx, id+1))
		}
	}
	// Output:
	// user 1 <nil>
	// user 2 <nil>
	// user 3 <nil>
}

// A program may say why it was cancelled.
func ExampleSignalError() {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(&inflight.SignalError{Signal: os.Interrupt}) // as Main does
	_, err := download(ctx, "far")
	if signal, ok := errors.AsType[*inflight.SignalError](err); ok {
		fmt.Println("ended by", signal.Signal)
	}
	// Output: ended by interrupt
}

func ExampleSignalError_Error() {
	fmt.Println(&inflight.SignalError{Signal: syscall.SIGTERM})
	// Output: signal: terminated
}

func ExampleSignalError_ExitCode() {
	fmt.Println((&inflight.SignalError{Signal: os.Interrupt}).ExitCode())
	fmt.Println((&inflight.SignalError{Signal: syscall.SIGTERM}).ExitCode())
	// Output:
	// 130
	// 143
}

func ExampleSignalError_Unwrap() {
	err := error(&inflight.SignalError{Signal: os.Interrupt})
	fmt.Println(errors.Is(err, context.Canceled))
	// Output: true
}
