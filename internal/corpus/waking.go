package corpus

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/inflight-go/inflight/locks"
)

// waking are bugs of who wakes whom.
var waking = []Bug{
	{"lost-wake-up", "the notification comes between the check and the wait", lostWakeUp(false), lostWakeUp(true)},
	{"notify-one", "the one who is notified is a producer, and there was room already", boundedBuffer(false), boundedBuffer(true)},
	{"forgotten-broadcast", "all may go on, and one is told", forgottenBroadcast(false), forgottenBroadcast(true)},
	{"if-instead-of-for", "another has taken the item before the one who was notified runs", ifInsteadOfFor(false), ifInsteadOfFor(true)},
	{"cleared-too-late", "an event is set between the look at the items and its Clear", clearedTooLate(false), clearedTooLate(true)},
}

func lostWakeUp(underLock bool) Program {
	return func(ctx context.Context) error {
		var ready atomic.Bool
		var l locks.Mutex
		changed := locks.NewCond(&l)
		return together(ctx, func(ctx context.Context) error {
			if underLock {
				return l.Do(ctx, func(ctx context.Context) error { return changed.WaitFor(ctx, ready.Load) })
			}
			if ready.Load() {
				return nil
			}
			return l.Do(ctx, changed.Wait)
		}, func(ctx context.Context) error {
			return l.Do(ctx, func(context.Context) error {
				ready.Store(true)
				return changed.NotifyAll()
			})
		})
	}
}

// boundedBuffer has room for one item and one condition for everybody.
func boundedBuffer(notifyAll bool) Program {
	return func(ctx context.Context) error {
		var items atomic.Int64
		var l locks.Mutex
		changed := locks.NewCond(&l)
		// move waits until the buffer has so many items, and changes that.
		move := func(ctx context.Context, from, to int64) error {
			return l.Do(ctx, func(ctx context.Context) error {
				if err := changed.WaitFor(ctx, func() bool { return items.Load() == from }); err != nil {
					return err
				}
				items.Store(to)
				if notifyAll {
					return changed.NotifyAll()
				}
				return changed.Notify(1)
			})
		}
		put := func(ctx context.Context) error { return move(ctx, 0, 1) }
		get := func(ctx context.Context) error { return move(ctx, 1, 0) }
		return together(ctx, get, get, put, put)
	}
}

func forgottenBroadcast(notifyAll bool) Program {
	return func(ctx context.Context) error {
		var open atomic.Bool
		var l locks.Mutex
		changed := locks.NewCond(&l)
		wait := func(ctx context.Context) error {
			return l.Do(ctx, func(ctx context.Context) error { return changed.WaitFor(ctx, open.Load) })
		}
		return together(ctx, wait, wait, func(ctx context.Context) error {
			return l.Do(ctx, func(context.Context) error {
				open.Store(true)
				if notifyAll {
					return changed.NotifyAll()
				}
				return changed.Notify(1)
			})
		})
	}
}

func ifInsteadOfFor(again bool) Program {
	return func(ctx context.Context) error {
		var items atomic.Int64
		var l locks.Mutex
		more := locks.NewCond(&l)
		take := func(ctx context.Context) error {
			return l.Do(ctx, func(ctx context.Context) error {
				for items.Load() == 0 {
					if err := more.Wait(ctx); err != nil {
						return err
					}
					if !again {
						break
					}
				}
				if items.Add(-1) < 0 {
					return fmt.Errorf("an item was taken where there was none")
				}
				return nil
			})
		}
		add := func(ctx context.Context) error {
			return l.Do(ctx, func(context.Context) error {
				items.Add(1)
				return more.Notify(1)
			})
		}
		return together(ctx, take, take, add, add)
	}
}

// clearedTooLate is told by an event that there are items.
func clearedTooLate(clearFirst bool) Program {
	return func(ctx context.Context) error {
		const all = 2
		var items atomic.Int64
		var some locks.Event
		add := func(context.Context) error {
			items.Add(1)
			some.Set()
			return nil
		}
		return together(ctx, add, add, func(ctx context.Context) error {
			for got := int64(0); ; {
				if clearFirst {
					some.Clear()
				}
				if got += items.Swap(0); got == all {
					return nil
				}
				if !clearFirst {
					some.Clear()
				}
				if err := some.Wait(ctx); err != nil {
					return err
				}
			}
		})
	}
}
