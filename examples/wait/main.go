// Wait waits for the first of three downloads, then for a moment longer, and then gives
// up the rest. In asyncio that is wait with FIRST_COMPLETED, FIRST_EXCEPTION or
// ALL_COMPLETED and perhaps a timeout. As there, waiting cancels nothing: those that are
// pending run on until they are cancelled. They come in the order in which they were
// given, and not as sets.
//
//	go run ./examples/wait
//
// Output:
//
//	first: [small], pending: [medium large]
//	a moment later: [medium], pending: [large]
//	large was cancelled: nobody wants it any more
//	until one has failed: no route to host
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

var errUnwanted = errors.New("nobody wants it any more")

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		download := func(name string, d time.Duration) *inflight.Task[string] {
			return inflight.Go(g, func(ctx context.Context) (string, error) { return name, inflight.Sleep(ctx, d) }, inflight.Name(name))
		}
		small := download("small", 50*time.Millisecond)
		medium := download("medium", 250*time.Millisecond)
		large := download("large", time.Hour)

		done, pending, err := inflight.Wait(ctx, inflight.FirstDone, small, medium, large)
		if err != nil {
			return err
		}
		fmt.Printf("first: %v, pending: %v\n", names(done), names(pending))

		moment, cancel := context.WithTimeout(ctx, 400*time.Millisecond)
		defer cancel()
		done, pending, err = inflight.Wait(moment, inflight.AllDone, pending...) // that time is over is no error
		if err != nil {
			return err
		}
		fmt.Printf("a moment later: %v, pending: %v\n", names(done), names(pending))

		for _, t := range pending {
			t.Cancel(errUnwanted)
		}
		_, err = large.Await(ctx)
		fmt.Println("large was cancelled:", err)

		callback := inflight.NewPromise[int](ctx) // tasks and promises of all types can be waited for together
		time.AfterFunc(50*time.Millisecond, func() { callback.Reject(errors.New("no route to host")) })
		endless := download("endless", time.Hour)
		failed, _, err := inflight.Wait[inflight.Awaitable](ctx, inflight.FirstFailed, endless, callback)
		if err != nil {
			return err
		}
		fmt.Println("until one has failed:", failed[0].Err())
		endless.Cancel(errUnwanted)
		return nil
	})
}

func names(ts []*inflight.Task[string]) []string {
	var names []string
	for _, t := range ts {
		names = append(names, t.Name())
	}
	return names
}
