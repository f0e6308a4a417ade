package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/inflight-go/inflight"
)

// resize has a bug.
func resize(ctx context.Context, widths []int) error {
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			if len(widths) == 0 {
				panic(errors.New("nothing to resize"))
			}
			return nil
		}, inflight.Name("resize"))
		return nil
	})
}

// A panic in a task comes up where the scope was opened, when everything in the
// scope has returned.
func ExamplePanicError() {
	defer func() {
		if p, ok := recover().(*inflight.PanicError); ok {
			fmt.Println(p.Task, "-", p.Value, "- stack:", len(p.Stack) > 0)
		}
	}()
	resize(context.Background(), nil)
	// Output: resize - nothing to resize - stack: true
}

func ExamplePanicError_Error() {
	defer func() {
		p := recover().(*inflight.PanicError)
		firstLine, stack, _ := strings.Cut(p.Error(), "\n")
		fmt.Println(firstLine)
		fmt.Println("where it happened:", strings.Contains(stack, "example_errors_test.go"))
	}()
	resize(context.Background(), nil)
	// Output:
	// panic in "resize": nothing to resize
	// where it happened: true
}

func ExamplePanicError_Unwrap() {
	errBroken := errors.New("broken")
	defer func() {
		p := recover().(*inflight.PanicError)
		fmt.Println(errors.Is(p, errBroken))
	}()
	inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		panic(errBroken)
	})
	// Output: true
}
