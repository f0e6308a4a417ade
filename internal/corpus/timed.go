package corpus

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/queue"
)

// timed are bugs that need two things at one moment.
var timed = []Bug{
	{"retry-doubles", "the answer comes as the patience ends, and it is ordered again", retryDoubles(false), retryDoubles(true)},
	{"double-delivery", "done as its lease ends, and so delivered again", doubleDelivery(false), doubleDelivery(true)},
	{"abandoned-reply", "who asked has gone, and who answers waits for ever", abandonedReply(0), abandonedReply(1)},
}

const moment = 10 * time.Millisecond

// retryDoubles orders once, and again if there was no answer in time.
func retryDoubles(byKey bool) Program {
	return func(ctx context.Context) error {
		var orders atomic.Int64
		var known atomic.Bool // the key of the order
		order := func(ctx context.Context) error {
			if err := inflight.Sleep(ctx, moment); err != nil { // on the way
				return err
			}
			if !byKey || !known.Swap(true) {
				orders.Add(1)
			}
			return step(ctx) // on the way back
		}
		for range 2 {
			attempt, cancel := context.WithTimeout(ctx, moment)
			err := order(attempt)
			cancel()
			if err == nil {
				break
			}
		}
		if n := orders.Load(); n > 1 {
			return fmt.Errorf("%d orders", n)
		}
		return nil
	}
}

// doubleDelivery has a job that its worker owns for a moment.
func doubleDelivery(fenced bool) Program {
	return func(ctx context.Context) error {
		var lease, done atomic.Int64
		lease.Store(1)
		var finished atomic.Bool
		finish := func(mine int64) {
			if !fenced || lease.CompareAndSwap(mine, -1) {
				done.Add(1)
			}
			finished.Store(true)
		}
		err := together(ctx, func(ctx context.Context) error { // the first worker
			err := inflight.Sleep(ctx, moment)
			if err == nil {
				finish(1)
			}
			return err
		}, func(ctx context.Context) error { // who delivers again, and the second worker
			if err := inflight.Sleep(ctx, moment); err != nil {
				return err
			}
			if finished.Load() || !lease.CompareAndSwap(1, 2) {
				return nil
			}
			err := step(ctx)
			if err == nil {
				finish(2)
			}
			return err
		})
		if n := done.Load(); err == nil && n != 1 {
			return fmt.Errorf("done %d times", n)
		}
		return err
	}
}

// abandonedReply asks, and waits for a moment. The channel for the reply has so much
// room.
func abandonedReply(room int) Program {
	return func(ctx context.Context) error {
		reply := queue.New[int](room)
		return together(ctx, func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, moment)
			defer cancel()
			if _, err := reply.Get(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				return err
			}
			return nil
		}, func(ctx context.Context) error {
			if err := inflight.Sleep(ctx, moment); err != nil { // the work
				return err
			}
			return reply.Put(ctx, 42)
		})
	}
}
