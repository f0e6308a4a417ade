// Timeouts bounds a request, all requests together, and the silence of a stream. In
// asyncio that is timeout and wait_for, and reschedule for a timeout that moves. All of
// them raise the same TimeoutError there; here each has a cause, which says whose time
// was over.
//
//	go run ./examples/timeouts
//
// Output:
//
//	prices of yesterday, because the shop is slow
//	2 of 5 pages, because nobody waits any longer
//	5 ticks, then silence: the ticker has said nothing for 300ms
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

var (
	errSlow  = errors.New("the shop is slow")
	errUser  = errors.New("nobody waits any longer")
	errQuiet = errors.New("the ticker has said nothing for 300ms")
)

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	fmt.Println(prices(ctx))

	pages, err := book(ctx)
	if !errors.Is(err, errUser) {
		return err
	}
	fmt.Printf("%d of 5 pages, because %v\n", pages, err)

	ticks, err := listen(ctx)
	fmt.Printf("%d ticks, then silence: %v\n", ticks, err)
	return nil
}

// prices has a timeout for one request, and does without its answer.
func prices(ctx context.Context) string {
	ctx, cancel := context.WithTimeoutCause(ctx, 50*time.Millisecond, errSlow)
	defer cancel()
	if err := inflight.Sleep(ctx, time.Hour); err != nil {
		return fmt.Sprintf("prices of yesterday, because %v", err)
	}
	return "prices of today"
}

// book has a second for each page, and half a second for all of them, whichever is over
// first.
func book(ctx context.Context) (pages int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 500*time.Millisecond, errUser)
	defer cancel()
	for range 5 {
		page, cancel := context.WithTimeoutCause(ctx, time.Second, errSlow)
		err := inflight.Sleep(page, 200*time.Millisecond)
		cancel()
		if err != nil {
			return pages, err
		}
		pages++
	}
	return pages, nil
}

// listen has a deadline that moves with each tick.
func listen(ctx context.Context) (ticks int, err error) {
	quiet, deadline := inflight.WithDeadline(ctx, 300*time.Millisecond)
	defer deadline.Stop()
	for {
		pause := 20 * time.Millisecond
		if ticks == 5 {
			pause = time.Hour
		}
		if err := inflight.Sleep(quiet, pause); err != nil {
			if deadline.Expired() {
				return ticks, errQuiet
			}
			return ticks, err
		}
		ticks++
		deadline.Reset(300 * time.Millisecond)
	}
}
