// Ascompleted asks four search engines at once and shows each answer when it is there.
// In asyncio that is as_completed, whose items before Python 3.13 are not the tasks that
// were given, so that one can't tell whose answer came; here each answer comes with its
// engine, and a failure ends nobody else. To leave the loop cancels the rest.
//
//	go run ./examples/ascompleted
//
// Output:
//
//	quick: 3 hits
//	crooked: overloaded
//	fair: 12 hits
//	thorough: 90 hits
//
//	the first good answer: quick
//
//	tasks that run already: quick, fair
package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inflight-go/inflight"
)

// An engine answers after a while.
type engine struct {
	name string
	d    time.Duration
	hits int
	err  error
}

var (
	thorough = engine{name: "thorough", d: 650 * time.Millisecond, hits: 90}
	fair     = engine{name: "fair", d: 450 * time.Millisecond, hits: 12}
	crooked  = engine{name: "crooked", d: 250 * time.Millisecond, err: errors.New("overloaded")}
	quick    = engine{name: "quick", d: 50 * time.Millisecond, hits: 3}
	engines  = []engine{thorough, fair, crooked, quick}
)

func search(ctx context.Context, e engine) (int, error) {
	if err := inflight.Sleep(ctx, e.d); err != nil {
		return 0, err
	}
	return e.hits, e.err
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	for e, r := range inflight.Each(ctx, slices.Values(engines), inflight.Unlimited, search) {
		if r.Err != nil {
			fmt.Printf("%s: %v\n", e.name, r.Err)
			continue
		}
		fmt.Printf("%s: %d hits\n", e.name, r.Value)
	}

	for e, r := range inflight.Each(ctx, slices.Values(engines), inflight.Unlimited, search) {
		if r.Err == nil {
			fmt.Printf("\nthe first good answer: %s\n", e.name)
			break // the others are cancelled, and have returned when the loop is over; Any is short for this
		}
	}

	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		var tasks []*inflight.Task[int]
		for _, e := range []engine{fair, quick} {
			tasks = append(tasks, inflight.Go(g, func(ctx context.Context) (int, error) { return search(ctx, e) }, inflight.Name(e.name)))
		}
		var names []string
		for t := range inflight.Completed(ctx, tasks...) {
			names = append(names, t.Name())
		}
		fmt.Printf("\ntasks that run already: %s\n", strings.Join(names, ", "))
		return ctx.Err()
	})
}
