package corpus

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/inflight-go/inflight/locks"
)

// deep are bugs that chance alone hardly comes to: one task must do many steps
// without another, two must meet in one step of many, or many times in a row.
var deep = []Bug{
	{"late-subscriber", "the whole of a long start is over before another task begins (PCT, figure 5)", lateSubscriber(false), lateSubscriber(true)},
	{"one-step-of-forty", "a look in the one wrong moment, while four others make noise", oneStepOfForty(apart), oneStepOfForty(locked)},
	{"four-looks", "who looks four times at a long job has room for three phases", fourLooks(3), fourLooks(4)},
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

// fourLooks has a job of four phases, and somebody who looks at it four times and
// keeps what is new.
func fourLooks(room int) Program {
	return func(ctx context.Context) error {
		var phase atomic.Int64
		return together(ctx, func(ctx context.Context) error { // the job
			for range 4 {
				phase.Add(1)
				if err := steps(ctx, 15); err != nil {
					return err
				}
			}
			return nil
		}, func(ctx context.Context) error {
			seen := make(map[int64]bool)
			for range 4 {
				if err := step(ctx); err != nil {
					return err
				}
				if seen[max(1, phase.Load())] = true; len(seen) > room {
					return fmt.Errorf("%d phases, and room for %d", len(seen), room)
				}
			}
			return nil
		})
	}
}
