// Command ignored does not end when it should: one of its tasks does not look at its
// context, and was cancelled in vain. Run it, and ask why:
//
//	INFLIGHT_ATTACH=1 INFLIGHT_DEBUG=1 go run ./examples/stuck/ignored &
//	inflight tree
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
)

// index works through its pages, and that is the bug: it asks nobody whether it should
// go on.
func index(context.Context) error {
	for range 1_000_000 {
		time.Sleep(10 * time.Millisecond) // a page
	}
	return nil
}

// follow does what index should do too.
func follow(ctx context.Context) error {
	for {
		if err := inflight.Sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

func main() {
	stop := debug.Start(os.Stderr)
	defer stop()
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(index, inflight.Name("index"))
		g.Go(follow, inflight.Name("follow"))
		g.Go(func(ctx context.Context) error {
			if err := inflight.Sleep(ctx, 100*time.Millisecond); err != nil {
				return err
			}
			return errors.New("the disk is full")
		}, inflight.Name("store"))
		return nil
	}, inflight.Label("search"))
	fmt.Println(err)
}
