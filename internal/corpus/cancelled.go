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

// cancelled are bugs of programs, a part of which is cancelled.
var cancelled = []Bug{
	{"item-in-hand", "an item was taken, and its worker cancelled before it was done", itemInHand(false), itemInHand(true)},
	{"single-flight", "the first caller is cancelled, and the others get its cancellation", singleFlight(false), singleFlight(true)},
	{"release-twice", "the one who gave up gives back what it did not get", releaseTwice(false), releaseTwice(true)},
	{"barrier-cancel", "who left the barrier is counted still", barrierCancel(newCountingBarrier), barrierCancel(newBarrier)},
}

// hurried runs fn as a task that is cancelled meanwhile, together with others.
func hurried(ctx context.Context, fn func(context.Context) error, others ...func(context.Context) error) error {
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		first := g.Go(fn, inflight.Name("hurried"))
		for _, other := range others {
			g.Go(other)
		}
		g.Go(func(context.Context) error {
			first.Cancel(nil)
			return nil
		}, inflight.Name("canceller"))
		return nil
	})
}

func itemInHand(givesBack bool) Program {
	return func(ctx context.Context) error {
		q := queue.New[int](1)
		if err := q.Put(ctx, 1); err != nil {
			return err
		}
		var done atomic.Int64
		err := hurried(ctx, func(ctx context.Context) error {
			item, err := q.Get(ctx)
			if err != nil {
				return err
			}
			if err := step(ctx); err != nil { // the work
				if givesBack {
					return errors.Join(err, q.PutNow(item))
				}
				return err
			}
			done.Add(1)
			return nil
		})
		if n := done.Load() + int64(q.Len()); err == nil && n != 1 {
			return errors.New("the item is neither done nor in the queue")
		}
		return err
	}
}

// singleFlight shares the work of the first caller with those who come meanwhile.
func singleFlight(detached bool) Program {
	return func(ctx context.Context) error {
		var l locks.Mutex
		var running *inflight.Promise[int]
		load := func(caller context.Context) (int, error) {
			if err := l.Lock(caller); err != nil {
				return 0, err
			}
			p, first := running, running == nil
			if first {
				p = inflight.NewPromise[int](ctx)
				running = p
			}
			l.Unlock()
			if first {
				work := caller
				if detached {
					work = ctx
				}
				if err := steps(work, 2); err != nil {
					p.Reject(err)
				}
				p.Resolve(42)
			}
			return p.Await(caller)
		}
		call := func(ctx context.Context) error {
			_, err := load(ctx)
			return err
		}
		return hurried(ctx, call, func(ctx context.Context) error {
			if err := call(ctx); err != nil {
				return fmt.Errorf("a caller whom nobody cancelled: %v", err)
			}
			return nil
		})
	}
}

func releaseTwice(looks bool) Program {
	return func(ctx context.Context) error {
		const limit = 1
		s := locks.NewSemaphore(limit)
		var inside atomic.Int64
		work := func(ctx context.Context) error {
			err := s.Acquire(ctx, 1)
			if err == nil || !looks {
				defer s.Release(1)
			}
			if err != nil {
				return err
			}
			defer inside.Add(-1)
			if n := inside.Add(1); n > limit {
				return fmt.Errorf("%d are inside, the limit is %d", n, limit)
			}
			return step(ctx)
		}
		return hurried(ctx, work, work, work)
	}
}

// A barrier lets two through together.
type barrier interface {
	Wait(ctx context.Context) (index int, err error)
}

func newBarrier() barrier { return locks.NewBarrier(2) }

// A countingBarrier counts who comes. It is for one use.
type countingBarrier struct {
	come atomic.Int64
	all  locks.Event
}

func newCountingBarrier() barrier { return new(countingBarrier) }

func (b *countingBarrier) Wait(ctx context.Context) (int, error) {
	if err := step(ctx); err != nil {
		return 0, err
	}
	n := int(b.come.Add(1))
	if n == 2 {
		b.all.Set()
	}
	return n - 1, b.all.Wait(ctx)
}

func barrierCancel(makeBarrier func() barrier) Program {
	return func(ctx context.Context) error {
		b := makeBarrier()
		err := hurried(ctx, func(ctx context.Context) error {
			_, err := b.Wait(ctx)
			return err
		})
		if err != nil {
			return err
		}
		var come atomic.Int64
		return twice(ctx, func(ctx context.Context) error {
			come.Add(1)
			if _, err := b.Wait(ctx); err != nil {
				return err
			}
			if n := come.Load(); n != 2 {
				return fmt.Errorf("%d of 2 have come, and it is open", n)
			}
			return nil
		})
	}
}
