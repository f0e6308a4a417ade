package corpus

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// deadlocks are bugs in which each waits for another.
var deadlocks = []Bug{
	{"abba", "two locks, taken in two orders", abba(false), abba(true)},
	{"philosophers", "five of them, each with a fork in the hand", philosophers(false), philosophers(true)},
	{"lock-upgrade", "two readers want to become the writer", upgrade(false), upgrade(true)},
	{"writer-preference", "a reader reads again while a writer waits", readsAgain(2), readsAgain(1)},
	{"nested-permits", "each holds a permit and waits for a second one", nestedPermits(2), nestedPermits(3)},
	{"put-under-lock", "the queue is full, and its consumer needs the lock", putUnderLock(true), putUnderLock(false)},
	{"crawler", "all workers put what they found into their own full queue", crawler(2), crawler(queue.Unbounded)},
}

// hold locks all of them, one after the other.
func hold(ctx context.Context, ls ...*locks.Mutex) error {
	for _, l := range ls {
		if err := l.Lock(ctx); err != nil {
			return err
		}
		defer l.Unlock()
	}
	return nil
}

func abba(ordered bool) Program {
	return func(ctx context.Context) error {
		var a, b locks.Mutex
		return together(ctx, func(ctx context.Context) error {
			return hold(ctx, &a, &b)
		}, func(ctx context.Context) error {
			if ordered {
				return hold(ctx, &a, &b)
			}
			return hold(ctx, &b, &a)
		})
	}
}

func philosophers(ordered bool) Program {
	return func(ctx context.Context) error {
		const n = 5
		var forks [n]locks.Mutex
		var dine []func(context.Context) error
		for i := range n {
			mine := []*locks.Mutex{&forks[i], &forks[(i+1)%n]}
			if ordered && i == n-1 {
				slices.Reverse(mine)
			}
			dine = append(dine, func(ctx context.Context) error { return hold(ctx, mine...) })
		}
		return together(ctx, dine...)
	}
}

// A sharedLock is a lock for many readers or one writer. A writer who waits keeps new
// readers out.
type sharedLock struct {
	l       locks.Mutex
	changed *locks.Cond
	readers atomic.Int64
	writers atomic.Int64 // that wait, or write
}

func newSharedLock() *sharedLock {
	s := new(sharedLock)
	s.changed = locks.NewCond(&s.l)
	return s
}

func (s *sharedLock) read(ctx context.Context) error {
	return s.l.Do(ctx, func(ctx context.Context) error {
		err := s.changed.WaitFor(ctx, func() bool { return s.writers.Load() == 0 })
		if err == nil {
			s.readers.Add(1)
		}
		return err
	})
}

func (s *sharedLock) endRead(ctx context.Context) error {
	return s.l.Do(ctx, func(context.Context) error {
		s.readers.Add(-1)
		return s.changed.NotifyAll()
	})
}

// write calls fn when nobody but so many readers is there.
func (s *sharedLock) write(ctx context.Context, but int64) error {
	return s.l.Do(ctx, func(ctx context.Context) error {
		s.writers.Add(1)
		defer s.changed.NotifyAll()
		defer s.writers.Add(-1)
		return s.changed.WaitFor(ctx, func() bool { return s.readers.Load() == but })
	})
}

func upgrade(lets bool) Program {
	return func(ctx context.Context) error {
		s := newSharedLock()
		return twice(ctx, func(ctx context.Context) error {
			if err := s.read(ctx); err != nil {
				return err
			}
			if lets { // go of it, and look again under the other lock
				if err := s.endRead(ctx); err != nil {
					return err
				}
				return s.write(ctx, 0)
			}
			if err := s.write(ctx, 1); err != nil { // the one reader being me
				return err
			}
			return s.endRead(ctx)
		})
	}
}

func readsAgain(times int) Program {
	return func(ctx context.Context) error {
		s := newSharedLock()
		return together(ctx, func(ctx context.Context) error {
			for range times {
				if err := s.read(ctx); err != nil {
					return err
				}
			}
			for range times {
				if err := s.endRead(ctx); err != nil {
					return err
				}
			}
			return nil
		}, func(ctx context.Context) error { return s.write(ctx, 0) })
	}
}

// nestedPermits are two tasks that do a part of their work under the same limit.
func nestedPermits(limit int64) Program {
	return func(ctx context.Context) error {
		s := locks.NewSemaphore(limit)
		part := func(context.Context) error { return nil }
		return twice(ctx, func(ctx context.Context) error {
			return s.Do(ctx, 1, func(ctx context.Context) error { return s.Do(ctx, 1, part) })
		})
	}
}

func putUnderLock(under bool) Program {
	return func(ctx context.Context) error {
		var l locks.Mutex
		q := queue.New[int](1)
		nothing := func(context.Context) error { return nil }
		return together(ctx, func(ctx context.Context) error {
			for i := range 2 {
				put := func(ctx context.Context) error { return q.Put(ctx, i) }
				var err error
				if under {
					err = l.Do(ctx, put)
				} else if err = l.Do(ctx, nothing); err == nil {
					err = put(ctx)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}, func(ctx context.Context) error {
			for range 2 {
				if err := l.Do(ctx, nothing); err != nil {
					return err
				}
				if _, err := q.Get(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// crawler has two workers and a page that leads to two, each of which leads to two.
func crawler(capacity int) Program {
	return func(ctx context.Context) error {
		links := map[int][]int{1: {2, 3}, 2: {4, 5}, 3: {6, 7}}
		q := queue.New[int](capacity)
		if err := q.Put(ctx, 1); err != nil {
			return err
		}
		work := func(ctx context.Context) error {
			for page := range q.All(ctx) {
				for _, link := range links[page] {
					if err := q.Put(ctx, link); err != nil {
						return err
					}
				}
			}
			return nil
		}
		return together(ctx, work, work, func(ctx context.Context) error {
			defer q.Shutdown()
			return q.Join(ctx)
		})
	}
}
