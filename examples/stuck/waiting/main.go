// Command waiting has workers that wait for work that never comes: who should have
// shut the queue down has forgotten it. Run it, and ask why:
//
//	INFLIGHT_ATTACH=1 INFLIGHT_DEBUG=1 go run ./examples/stuck/waiting &
//	inflight tree --old 5s
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/queue"
)

func main() {
	stop := debug.Start(os.Stderr)
	defer stop()
	jobs := queue.New[int](10)
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range 50 {
			g.Go(func(ctx context.Context) error { return work(ctx, jobs) }, inflight.Name(fmt.Sprintf("worker-%d", i)))
		}
		g.Service(beat, inflight.Name("heartbeat"))
		for job := range 1000 {
			if err := jobs.Put(ctx, job); err != nil {
				return err
			}
		}
		return nil // and that is the bug: jobs.Shutdown() is missing
	}, inflight.Label("pool"))
	fmt.Println(err)
}

// beat is what makes it look alive.
func beat(ctx context.Context) error {
	for {
		if err := inflight.Sleep(ctx, 100*time.Millisecond); err != nil {
			return nil
		}
	}
}

// work takes jobs until the queue is shut down.
func work(ctx context.Context, jobs *queue.Queue[int]) error {
	for {
		if _, err := jobs.Get(ctx); err != nil {
			return err
		}
	}
}
