package hooktest_test

import (
	"context"
	"testing/synctest"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
)

// lockRows are the operations of package locks.
var lockRows = []blocking{
	{name: "Mutex.Lock", op: park.OpLock, setup: func(e *env) (func(context.Context) error, func()) {
		mu := lockedMutex()
		return mu.Lock, mu.Unlock
	}},
	{name: "Mutex.Do", op: park.OpLock, setup: func(e *env) (func(context.Context) error, func()) {
		mu := lockedMutex()
		return func(ctx context.Context) error { return mu.Do(ctx, nothing) }, mu.Unlock
	}},
	{name: "Event.Wait", op: park.OpEvent, setup: func(e *env) (func(context.Context) error, func()) {
		var ev locks.Event
		return ev.Wait, ev.Set
	}},
	{name: "Cond.Wait", op: park.OpCond, loses: true, setup: func(e *env) (func(context.Context) error, func()) {
		mu := lockedMutex()
		c := locks.NewCond(mu)
		return c.Wait, func() { notify(mu, c) }
	}},
	{name: "Cond.WaitFor", op: park.OpCond, loses: true, setup: func(e *env) (func(context.Context) error, func()) {
		mu := lockedMutex()
		c := locks.NewCond(mu)
		so := false
		return func(ctx context.Context) error { return c.WaitFor(ctx, func() bool { return so }) }, func() {
			so = true
			notify(mu, c)
		}
	}},
	{name: "Semaphore.Acquire", op: park.OpSemaphore, setup: func(e *env) (func(context.Context) error, func()) {
		s := locks.NewSemaphore(2)
		s.TryAcquire(1)
		return func(ctx context.Context) error { return s.Acquire(ctx, 2) }, func() { s.Release(1) }
	}},
	{name: "Semaphore.Do", op: park.OpSemaphore, setup: func(e *env) (func(context.Context) error, func()) {
		s := locks.NewSemaphore(1)
		s.TryAcquire(1)
		return func(ctx context.Context) error { return s.Do(ctx, 1, nothing) }, func() { s.Release(1) }
	}},
	{name: "Barrier.Wait", op: park.OpBarrier, setup: func(e *env) (func(context.Context) error, func()) {
		b := locks.NewBarrier(2)
		return func(ctx context.Context) error { _, err := b.Wait(ctx); return err }, func() {
			if b.Waiting() > 0 {
				b.Wait(e.ctx)
			}
		}
	}},
}

func nothing(context.Context) error { return nil }

func lockedMutex() *locks.Mutex {
	mu := new(locks.Mutex)
	mu.TryLock()
	return mu
}

// notify wakes those who wait for c, if the mutex is free, which it is while they
// wait.
func notify(mu *locks.Mutex, c *locks.Cond) {
	if mu.TryLock() {
		c.NotifyAll()
		mu.Unlock()
	}
	synctest.Wait()
}
