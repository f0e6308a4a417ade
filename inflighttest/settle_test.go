package inflighttest_test

import (
	"context"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
)

// Settle returns when everybody waits, has happened after what they did, and has
// not let time pass.
func TestTK4_settle(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		begin := time.Now()
		var e locks.Event
		came := 0 // not atomic: Settle orders the accesses
		for range 10 {
			g.Go(func(ctx context.Context) error {
				came++
				if err := e.Wait(ctx); err != nil {
					return err
				}
				return inflight.Sleep(ctx, time.Second)
			}, inflight.Name("waiter"))
			inflighttest.Settle()
		}
		if came != 10 {
			t.Errorf("%d of 10 tasks have come to the event", came)
		}
		e.Set()
		inflighttest.Settle()
		for _, i := range inflight.Tasks() {
			if i.Name == "waiter" && i.Waiting != "sleep" {
				t.Errorf("%v, want all to sleep", i)
			}
		}
		if !time.Now().Equal(begin) {
			t.Error("the clock has moved")
		}
	})
}
