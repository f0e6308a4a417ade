// Command deadlock never ends: of two transfers each holds the account that the
// other needs. Run it, and ask why:
//
//	INFLIGHT_ATTACH=1 go run ./examples/stuck/deadlock &
//	inflight tree
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/locks"
)

// An account is locked while money goes in or out.
type account struct {
	locks.Mutex
	cents int
}

// transfer locks both accounts, the one that pays first. That is the bug: two
// transfers in opposite directions lock them in opposite orders.
func transfer(ctx context.Context, from, to *account, cents int) error {
	return from.Do(ctx, func(ctx context.Context) error {
		if err := inflight.Sleep(ctx, 10*time.Millisecond); err != nil { // asks the bank
			return err
		}
		return to.Do(ctx, func(context.Context) error {
			from.cents -= cents
			to.cents += cents
			return nil
		})
	})
}

func main() {
	stop := debug.Start(os.Stderr)
	defer stop()
	tea, rent := &account{cents: 500}, &account{cents: 900}
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error { return transfer(ctx, tea, rent, 300) }, inflight.Name("tea pays rent"))
		g.Go(func(ctx context.Context) error { return transfer(ctx, rent, tea, 200) }, inflight.Name("rent pays tea"))
		return nil
	}, inflight.Label("bank"))
	fmt.Println(err)
}
