package corpus

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// endings are bugs of beginning and ending.
var endings = []Bug{
	{"double-close", "two close it, and both find it open", doubleClose(false), doubleClose(true)},
	{"use-after-shutdown", "it was open when somebody looked", useAfterShutdown(false), useAfterShutdown(true)},
	{"last-item-dropped", "nothing to do, and told to stop: but not in this order", lastItem(false), lastItem(true)},
	{"once-before-done", "the second caller goes on before the first is done", once(onceByFlag), once(onceByLock)},
	{"join-before-add", "a task counts itself, and nobody waited for it", joinBeforeAdd(false), joinBeforeAdd(true)},
	{"ready-too-early", "it says that it is ready, and then sets itself up", readyTooEarly(false), readyTooEarly(true)},
}

func doubleClose(swaps bool) Program {
	return func(ctx context.Context) error {
		var closed atomic.Bool
		var closes atomic.Int64
		shut := func(ctx context.Context) error {
			if swaps && closed.Swap(true) || closed.Load() && !swaps {
				return nil
			}
			if err := step(ctx); err != nil { // for what is written to be on its way
				return err
			}
			closed.Store(true)
			if closes.Add(1) > 1 {
				return errors.New("closed twice")
			}
			return nil
		}
		return twice(ctx, shut)
	}
}

// useAfterShutdown has two users of something, and one who closes it.
func useAfterShutdown(counted bool) Program {
	return func(ctx context.Context) error {
		var shut, gone atomic.Bool
		users := locks.NewSemaphore(2)
		use := func(ctx context.Context) error {
			if counted {
				if err := users.Acquire(ctx, 1); err != nil {
					return err
				}
				defer users.Release(1)
			}
			if shut.Load() {
				return nil
			}
			if err := step(ctx); err != nil { // the request is made up
				return err
			}
			if gone.Load() {
				return errors.New("used after the shutdown")
			}
			return nil
		}
		return together(ctx, use, use, func(ctx context.Context) error {
			shut.Store(true)
			if counted {
				if err := users.Acquire(ctx, 2); err != nil {
					return err
				}
				defer users.Release(2)
			}
			gone.Store(true)
			return nil
		})
	}
}

// lastItem has a worker that ends when there is nothing to do and it was told to.
func lastItem(looksAgain bool) Program {
	return func(ctx context.Context) error {
		var stop locks.Event
		var done int
		q := queue.New[int](queue.Unbounded)
		err := together(ctx, func(ctx context.Context) error {
			for {
				stopped := stop.IsSet()
				switch _, err := q.GetNow(); {
				case err == nil:
					done++
				case looksAgain && stopped, !looksAgain && stop.IsSet():
					return nil
				default:
					if err := yield(ctx); err != nil {
						return err
					}
				}
			}
		}, func(ctx context.Context) error {
			err := q.Put(ctx, 1)
			stop.Set()
			return err
		})
		if err == nil && done != 1 {
			return errors.New("the last item was not done")
		}
		return err
	}
}

// A first makes something at the first call.
type first func() func(ctx context.Context, make func(context.Context) error) error

func onceByFlag() func(context.Context, func(context.Context) error) error {
	var called atomic.Bool
	return func(ctx context.Context, make func(context.Context) error) error {
		if called.Swap(true) {
			return nil
		}
		return make(ctx)
	}
}

func onceByLock() func(context.Context, func(context.Context) error) error {
	var l locks.Mutex
	made := false
	return func(ctx context.Context, make func(context.Context) error) error {
		return l.Do(ctx, func(ctx context.Context) error {
			if made {
				return nil
			}
			made = true
			return make(ctx)
		})
	}
}

func once(by first) Program {
	return func(ctx context.Context) error {
		var config atomic.Int64
		do := by()
		return twice(ctx, func(ctx context.Context) error {
			err := do(ctx, func(ctx context.Context) error {
				err := step(ctx) // it is read from a file
				config.Store(8080)
				return err
			})
			if err == nil && config.Load() == 0 {
				return errors.New("used before it was made")
			}
			return err
		})
	}
}

// joinBeforeAdd waits until none of its tasks is counted.
func joinBeforeAdd(countsFirst bool) Program {
	return func(ctx context.Context) error {
		return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			var running, done atomic.Int64
			for range 2 {
				if countsFirst {
					running.Add(1)
				}
				g.Go(func(ctx context.Context) error {
					if !countsFirst {
						running.Add(1)
					}
					defer running.Add(-1)
					err := step(ctx)
					done.Add(1)
					return err
				})
			}
			for first := true; first || running.Load() > 0; first = false {
				if err := yield(ctx); err != nil {
					return err
				}
			}
			if n := done.Load(); n != 2 {
				return fmt.Errorf("all are done, it seems, and %d of 2 are", n)
			}
			return nil
		})
	}
}

// readyTooEarly starts a service and calls it.
func readyTooEarly(setsUpFirst bool) Program {
	return func(ctx context.Context) error {
		var listening atomic.Bool
		var ready locks.Event
		return together(ctx, func(ctx context.Context) error {
			if !setsUpFirst {
				ready.Set()
			}
			listening.Store(true)
			ready.Set()
			return nil
		}, func(ctx context.Context) error {
			if err := ready.Wait(ctx); err != nil {
				return err
			}
			if !listening.Load() {
				return errors.New("called before it listens")
			}
			return nil
		})
	}
}
