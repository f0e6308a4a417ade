// Shield charges a card and writes that down, whatever happens to the request that asked
// for it; and it waits for a report without owning it. In asyncio both are shield: the
// task goes on when the one who waits is cancelled, and has to be held on to. Here
// Await owns nothing, and Shield is a context for a piece of work that must be finished,
// with a limit of time.
//
//	go run ./examples/shield
//
// Output:
//
//	the request: the client has hung up
//	charged and booked
//	not booked: the grace period is over
//	given up waiting, the report goes on
//	the report is whole
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

var errHungUp = errors.New("the client has hung up")

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	request, hangUp := context.WithCancelCause(ctx)
	time.AfterFunc(150*time.Millisecond, func() { hangUp(errHungUp) })
	if err := pay(request, 300*time.Millisecond, 5*time.Second); err != nil {
		return err
	}
	fmt.Println("charged and booked")

	if err := pay(ctx, time.Hour, 50*time.Millisecond); errors.Is(err, context.DeadlineExceeded) {
		fmt.Println("not booked: the grace period is over")
	}

	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		report := inflight.Go(g, func(ctx context.Context) (string, error) {
			return "the report is whole", inflight.Sleep(ctx, 300*time.Millisecond)
		})
		impatient, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		if _, err := report.Await(impatient); err != nil {
			fmt.Println("given up waiting, the report goes on")
		}
		text, err := report.Await(ctx)
		fmt.Println(text)
		return err
	})
}

// pay charges a card, and what was charged has to be booked.
func pay(ctx context.Context, booking, grace time.Duration) error {
	if err := inflight.Sleep(ctx, 10*time.Millisecond); err != nil { // the card
		return err
	}
	must, cancel := inflight.Shield(ctx, grace)
	defer cancel()
	err := inflight.Sleep(must, booking)
	if ctx.Err() != nil {
		fmt.Println("the request:", context.Cause(ctx))
	}
	return err
}
