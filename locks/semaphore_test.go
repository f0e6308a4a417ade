package locks_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
)

// semaphore returns a semaphore of size permits of which used are in use.
func semaphore(b *bubble, size, used int64) *locks.Semaphore {
	s := locks.NewSemaphore(size)
	b.watch(s)
	same(b, "TryAcquire of a new semaphore", s.TryAcquire(used), true)
	return s
}

// acquire starts a call of Acquire.
func acquire(b *bubble, s *locks.Semaphore, n int64) *call {
	return b.start(fmt.Sprint("acquire ", n), func(ctx context.Context) error { return s.Acquire(ctx, n) })
}

func stats(b *bubble, s *locks.Semaphore, used int64, waiting int) {
	b.Helper()
	b.settle()
	same(b, "stats", s.Stats(), locks.SemaphoreStats{InUse: used, Capacity: s.Stats().Capacity, Waiting: waiting})
}

// A negative number of permits is a panic, as the size of a new semaphore and in
// every method; none at all is allowed, and lets an Acquire of 0 through.
func TestSE1_negative_panics_and_zero_is_allowed(t *testing.T) {
	bubbles(t, func(b *bubble) {
		panics(b, "NewSemaphore(-1): negative", func() { locks.NewSemaphore(-1) })
		s := semaphore(b, 0, 0)
		panics(b, "Acquire(-2): negative", func() { s.Acquire(b.Context(), -2) })
		panics(b, "TryAcquire(-3): negative", func() { s.TryAcquire(-3) })
		panics(b, "Release(-4): negative", func() { s.Release(-4) })
		panics(b, "Acquire(-5): negative", func() {
			s.Do(b.Context(), -5, func(context.Context) error { return nil })
		})
		same(b, "TryAcquire of one of none", s.TryAcquire(1), false)
		same(b, "Acquire of none", s.Acquire(b.Context(), 0), nil)
		s.Release(0)
		stats(b, s, 0, 0)
	})
}

// Those who wait get their permits in the order in which they came.
func TestSE2_first_come_first_served(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 1, 1)
		var order []int
		for i := range 5 {
			b.start(fmt.Sprint(i), func(ctx context.Context) error {
				defer s.Release(1)
				err := s.Acquire(ctx, 1)
				order = append(order, i)
				return err
			})
		}
		s.Release(1)
		b.returned(nil, b.calls...)
		if want := []int{0, 1, 2, 3, 4}; !slices.Equal(order, want) {
			b.Errorf("order %v, want %v", order, want)
		}
	})
}

// While somebody waits for more than is free, one who comes later for as much as
// is free waits behind.
func TestSE2_free_permits_and_others_queued(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 3, 2)
		large := acquire(b, s, 2)
		small := acquire(b, s, 1)
		b.waits(large, small)
		same(b, "TryAcquire", s.TryAcquire(1), false)
		stats(b, s, 2, 2)
		s.Release(1)
		b.returned(nil, large)
		b.waits(small)
		s.Release(1)
		b.returned(nil, small)
		s.Release(3)
	})
}

// A head of the queue that gives up hands on what it was first in line for,
// whether it was granted already or not.
func TestSE3_cancelled_head_hands_on(t *testing.T) {
	orders := map[string]func(s *locks.Semaphore, c *call){
		"cancel first":  func(s *locks.Semaphore, c *call) { c.cancel(errStop); s.Release(1) },
		"release first": func(s *locks.Semaphore, c *call) { s.Release(1); c.cancel(errStop) },
	}
	for name, both := range orders {
		t.Run(name, func(t *testing.T) {
			gated(t, func(b *bubble, g *gate) {
				s := semaphore(b, 1, 1)
				head, next := acquire(b, s, 1), acquire(b, s, 1)
				g.hold(park.OpSemaphore)
				both(s, head)
				b.waits(head, next)
				stats(b, s, 1, 1)
				g.let(park.OpSemaphore)
				b.returned(nil, head) // it was granted: it has the permit
				b.waits(next)
				s.Release(1)
				b.returned(nil, next)
				s.Release(1)
			})
		})
	}
}

// When some of those who wait give up, exactly the others are served.
func TestSE3_cancelled_waiters_are_skipped(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 1, 1)
		var q []*call
		for range 4 {
			q = append(q, acquire(b, s, 1))
		}
		q[0].cancel(errStop)
		q[2].cancel(errStop)
		s.Release(1)
		b.settle()
		if q[0].err == nil { // the release was faster
			s.Release(1)
		} else {
			b.returned(errStop, q[0])
		}
		b.returned(errStop, q[2])
		b.returned(nil, q[1])
		b.waits(q[3])
		s.Release(1)
		b.returned(nil, q[3])
		stats(b, s, 1, 0)
		s.Release(1)
	})
}

// k releases wake k waiters, one release of k permits too, and no more.
func TestSE4_k_releases_wake_k(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 6, 6)
		var q []*call
		for range 6 {
			q = append(q, acquire(b, s, 1))
		}
		s.Release(1)
		s.Release(1)
		b.returned(nil, q[:2]...)
		b.waits(q[2:]...)
		s.Release(3)
		b.returned(nil, q[:5]...)
		b.waits(q[5])
		stats(b, s, 6, 1)
		s.Release(1)
		b.returned(nil, q[5])
		s.Release(6)
	})
}

// Giving back more than is in use panics, also while somebody waits, and changes
// nothing. It is an error in asyncio's BoundedSemaphore; golang.org/x/sync panics.
func TestSE5_over_release_panics(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 3, 0)
		panics(b, "Release(1): more than are in use", func() { s.Release(1) })
		s.TryAcquire(2)
		panics(b, "Release(3): more than are in use", func() { s.Release(3) })
		panics(b, "more than are in use", func() { s.Release(math.MaxInt64) })
		stats(b, s, 2, 0)
		c := acquire(b, s, 2)
		panics(b, "Release(3): more than are in use", func() { s.Release(3) })
		b.waits(c)
		stats(b, s, 2, 1)
		s.Release(2)
		b.returned(nil, c)
		s.Release(2)
	})
}

// TryAcquire finds nothing free between a Release and the moment when the waiter
// that it woke runs.
func TestSE6_TryAcquire_does_not_oversubscribe(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		s := semaphore(b, 2, 2)
		c := acquire(b, s, 1)
		g.hold(park.OpSemaphore)
		s.Release(1)
		same(b, "TryAcquire", s.TryAcquire(1), false)
		stats(b, s, 2, 0)
		g.let(park.OpSemaphore)
		b.returned(nil, c)
		s.Release(2)
		same(b, "TryAcquire of all", s.TryAcquire(2), true)
		s.Release(2)
	})
}

// A waiter for many that gives up lets those behind it through for which there is
// room, in their order, and no others.
func TestSE7_cancelled_large_head_lets_small_ones_through(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 10, 7)
		large := acquire(b, s, 10)
		one, two, four, last := acquire(b, s, 1), acquire(b, s, 2), acquire(b, s, 4), acquire(b, s, 1)
		b.waits(large, one, two, four, last)
		large.cancel(errStop)
		b.returned(errStop, large)
		b.returned(nil, one, two)
		b.waits(four, last) // last would fit, were it not behind four
		stats(b, s, 10, 2)
		s.Release(7)
		b.returned(nil, four, last)
		stats(b, s, 8, 0)
		s.Release(8)
	})
}

// Permits that are given back are kept for the large one at the head, until there
// are enough.
func TestSE7_large_head_is_not_starved(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 3, 3)
		large, small := acquire(b, s, 3), acquire(b, s, 1)
		for range 2 {
			s.Release(1)
			b.waits(large, small)
		}
		stats(b, s, 1, 2)
		s.Release(1)
		b.returned(nil, large)
		b.waits(small)
		s.Release(3)
		b.returned(nil, small)
		s.Release(1)
	})
}

// More than the capacity fails at once, in Acquire and Do, whether the semaphore
// is free or not; as much as the capacity does not.
func TestSE8_more_than_the_capacity_fails_at_once(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 3, 0)
		for _, n := range []int64{4, math.MaxInt64} {
			if err := s.Acquire(b.Context(), n); !errors.Is(err, locks.ErrTooMany) {
				b.Errorf("Acquire(%d): %v, want ErrTooMany", n, err)
			}
			same(b, "TryAcquire", s.TryAcquire(n), false)
		}
		same(b, "Acquire of all", s.Acquire(b.Context(), 3), nil)
		if err := s.Do(b.Context(), 4, func(context.Context) error { b.Error("fn was called"); return nil }); !errors.Is(err, locks.ErrTooMany) {
			b.Errorf("Do: %v, want ErrTooMany", err)
		}
		stats(b, s, 3, 0)
		s.Release(3)
	})
}

// An ended context fails an Acquire that would not have had to wait.
func TestSE9_ended_context_fails_on_free_permits(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 1, 0)
		same(b, "Acquire", s.Acquire(ended(b), 1), errStop)
		same(b, "Acquire of none", s.Acquire(ended(b), 0), errStop)
		same(b, "Do", s.Do(ended(b), 1, func(context.Context) error { b.Error("fn was called"); return nil }), errStop)
		stats(b, s, 0, 0)
	})
}

// Do has its permits while fn runs, gives them back however fn ends, and passes
// its error on.
func TestSE10_Do_releases_on_error_panic_and_Goexit(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 3, 0)
		errMine := errors.New("mine")
		ends := map[string]func() error{
			"error":  func() error { return errMine },
			"panic":  func() error { panic(errMine) },
			"goexit": func() error { runtime.Goexit(); return nil },
		}
		for name, end := range ends {
			var inside locks.SemaphoreStats
			var err error
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { recover() }()
				err = s.Do(b.Context(), 2, func(context.Context) error {
					inside = s.Stats()
					return end()
				})
			}()
			<-done
			same(b, name+": inside", inside, locks.SemaphoreStats{InUse: 2, Capacity: 3})
			stats(b, s, 0, 0)
			if name == "error" {
				same(b, name, err, errMine)
			}
		}
		panics(b, "Semaphore.Do called with a nil function", func() { s.Do(b.Context(), 1, nil) })
	})
}

// Stats and String count permits in use, all permits, and calls that wait.
func TestSE11_statistics(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 10, 7)
		c := acquire(b, s, 5)
		same(b, "stats", s.Stats(), locks.SemaphoreStats{InUse: 7, Capacity: 10, Waiting: 1})
		same(b, "string", s.String(), "semaphore [7/10, waiters:1]")
		s.Release(7)
		b.returned(nil, c)
		same(b, "string", s.String(), "semaphore [5/10]")
		s.Release(5)
	})
}

// The limit is reached and never passed: of ten workers exactly three work at
// any moment until the work is done.
func TestSE4_limit_is_reached_and_kept(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 3, 0)
		for i := range 10 {
			b.startNow(fmt.Sprint(i), func(ctx context.Context) error {
				return s.Do(ctx, 1, func(ctx context.Context) error { return inflight.Sleep(ctx, time.Minute) })
			})
		}
		for round := range 3 { // three are done each minute; then there is one
			stats(b, s, 3, 7-3*round)
			time.Sleep(time.Minute)
		}
		stats(b, s, 1, 0)
		time.Sleep(time.Minute)
		b.returned(nil, b.calls...)
	})
}

// Acquire and Release of free permits allocate nothing.
func TestSemaphoreWithoutAllocation(t *testing.T) {
	bubbles(t, func(b *bubble) {
		s := semaphore(b, 3, 0)
		b.start("worker", func(ctx context.Context) error {
			same(b, "allocations", testing.AllocsPerRun(100, func() {
				if s.Acquire(ctx, 2) == nil {
					s.Release(2)
				}
			}), 0)
			return nil
		})
	})
}
