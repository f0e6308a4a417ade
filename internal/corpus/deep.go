package corpus

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/inflight-go/inflight/locks"
)

// deep are bugs that chance alone hardly comes to: one task must do many steps
// without another, or two must meet in one step of many.
var deep = []Bug{
	{"late-subscriber", "the whole of a long start is over before another task begins (PCT, figure 5)", lateSubscriber(false), lateSubscriber(true)},
	{"one-step-of-forty", "a look in the one wrong moment, while four others make noise", oneStepOfForty(apart), oneStepOfForty(locked)},
}

func lateSubscriber(awaited bool) Program {
	return func(ctx context.Context) error {
		var published atomic.Bool
		var subscribed locks.Event
		return together(ctx, func(context.Context) error {
			if published.Load() {
				return errors.New("it was published before there was a subscriber")
			}
			subscribed.Set()
			return nil
		}, func(ctx context.Context) error {
			if err := steps(ctx, 20); err != nil { // the start
				return err
			}
			if awaited {
				if err := subscribed.Wait(ctx); err != nil {
					return err
				}
			}
			published.Store(true)
			return nil
		})
	}
}

func oneStepOfForty(by section) Program {
	return func(ctx context.Context) error {
		const half = 20
		var dirty atomic.Bool
		do := by()
		// work does something in the middle of its steps.
		work := func(fn func(context.Context) error) func(context.Context) error {
			return func(ctx context.Context) error {
				if err := steps(ctx, half); err != nil {
					return err
				}
				if err := do(ctx, fn); err != nil {
					return err
				}
				return steps(ctx, half)
			}
		}
		noise := func(ctx context.Context) error { return steps(ctx, 2*half) }
		return together(ctx, work(func(ctx context.Context) error {
			dirty.Store(true)
			defer dirty.Store(false)
			return step(ctx)
		}), work(func(context.Context) error {
			if dirty.Load() {
				return errors.New("it looked in the middle of a change")
			}
			return nil
		}), noise, noise, noise, noise)
	}
}
