package locks_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
)

// locked returns a mutex that the test holds.
func locked(b *bubble) *locks.Mutex {
	mu := new(locks.Mutex)
	b.watch(mu)
	same(b, "TryLock of a new mutex", mu.TryLock(), true)
	return mu
}

// queue starts n calls of Lock, which wait one behind the other.
func queue(b *bubble, mu *locks.Mutex, n int) []*call {
	var calls []*call
	for i := range n {
		calls = append(calls, b.start(fmt.Sprint("waiter ", i), mu.Lock))
	}
	b.waits(calls...)
	return calls
}

// Ten goroutines that hold the lock across a wait are never in at the same time,
// and each gets in as often as it wants.
func TestLK1_one_at_a_time(t *testing.T) {
	bubbles(t, func(b *bubble) {
		var mu locks.Mutex
		b.watch(&mu)
		inside, times := 0, 0 // not atomic: the lock guards them
		for i := range 10 {
			b.startNow(fmt.Sprint("worker ", i), func(ctx context.Context) error {
				for range 10 {
					if err := mu.Lock(ctx); err != nil {
						return err
					}
					inside++
					same(b, "goroutines inside", inside, 1)
					err := inflight.Sleep(ctx, time.Millisecond)
					times++
					inside--
					mu.Unlock()
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
		time.Sleep(time.Minute)
		b.returned(nil, b.calls...)
		same(b, "times", times, 100)
	})
}

// Those who wait get the lock in the order in which they came.
func TestLK2_first_come_first_served(t *testing.T) {
	bubbles(t, func(b *bubble) {
		mu := locked(b)
		var order []int
		for i := range 6 {
			b.start(fmt.Sprint("waiter ", i), func(ctx context.Context) error {
				defer mu.Unlock()
				err := mu.Lock(ctx)
				order = append(order, i)
				return err
			})
		}
		mu.Unlock()
		b.returned(nil, b.calls...)
		if want := []int{0, 1, 2, 3, 4, 5}; !slices.Equal(order, want) {
			b.Errorf("order %v, want %v", order, want)
		}
	})
}

// One who comes when the lock was handed on, but the new owner has not run yet,
// waits behind everybody.
func TestLK2_nobody_barges(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		mu := locked(b)
		q := queue(b, mu, 2)
		g.hold(park.OpLock)
		mu.Unlock()
		late := b.start("late", mu.Lock)
		b.waits(late)
		g.let(park.OpLock)
		b.returned(nil, q[0])
		b.waits(q[1], late)
		mu.Unlock()
		b.returned(nil, q[1])
		b.waits(late)
		mu.Unlock()
		b.returned(nil, late)
		mu.Unlock()
	})
}

// Unlock of an unlocked mutex panics, new or used, and leaves it usable. asyncio
// raises an error; package sync crashes the program.
func TestLK3_unlock_of_unlocked_panics(t *testing.T) {
	bubbles(t, func(b *bubble) {
		var mu locks.Mutex
		b.watch(&mu)
		for range 2 {
			panics(b, "Unlock of an unlocked Mutex", mu.Unlock)
			b.returned(nil, b.start("locker", mu.Lock))
			mu.Unlock()
		}
	})
}

// A waiter whose context ends returns the cause and is gone; the others keep
// their places, and the holder keeps the lock.
func TestLK4_cancelled_waiter_leaves_the_queue(t *testing.T) {
	for _, gone := range []int{0, 1, 2} {
		t.Run(fmt.Sprint("number ", gone), func(t *testing.T) {
			bubbles(t, func(b *bubble) {
				mu := locked(b)
				q := queue(b, mu, 3)
				q[gone].cancel(errStop)
				b.returned(errStop, q[gone])
				same(b, "stats", mu.Stats(), locks.MutexStats{Locked: true, Waiting: 2})
				q = slices.Delete(q, gone, gone+1)
				b.waits(q...)
				mu.Unlock()
				b.returned(nil, q[0])
				b.waits(q[1])
				mu.Unlock()
				b.returned(nil, q[1])
				mu.Unlock()
			})
		})
	}
}

// A waiter that is handed the lock and cancelled before it has run owns the lock,
// whichever came first.
func TestLK5_cancel_and_release_at_once(t *testing.T) {
	orders := map[string]func(mu *locks.Mutex, c *call){
		"cancel first":  func(mu *locks.Mutex, c *call) { c.cancel(errStop); mu.Unlock() },
		"release first": func(mu *locks.Mutex, c *call) { mu.Unlock(); c.cancel(errStop) },
	}
	for name, both := range orders {
		t.Run(name, func(t *testing.T) {
			gated(t, func(b *bubble, g *gate) {
				mu := locked(b)
				q := queue(b, mu, 2)
				g.hold(park.OpLock)
				both(mu, q[0])
				b.waits(q...)
				g.let(park.OpLock)
				b.returned(nil, q[0])
				b.waits(q[1])
				same(b, "waiting", mu.Stats().Waiting, 1)
				mu.Unlock()
				b.returned(nil, q[1])
				mu.Unlock()
			})
		})
	}
}

// When the head of the queue and the one behind it are cancelled before the lock
// is given up, the next living one gets it.
func TestLK5_next_living_waiter_gets_it(t *testing.T) {
	bubbles(t, func(b *bubble) {
		mu := locked(b)
		q := queue(b, mu, 3)
		q[0].cancel(errStop)
		q[1].cancel(errStop)
		b.settle()
		mu.Unlock()
		b.returned(errStop, q[0], q[1])
		b.returned(nil, q[2])
		same(b, "the lock is held by the last", mu.TryLock(), false)
		mu.Unlock()
	})
}

// Without a gate the scheduler decides which of the two the waiter sees; in every
// case there is exactly one owner, and then none.
func TestLK5_cancel_and_release_race(t *testing.T) {
	bubbles(t, func(b *bubble) {
		for round := range 200 {
			mu := new(locks.Mutex)
			mu.TryLock()
			first, second := b.start("first", mu.Lock), b.start("second", mu.Lock)
			if round%2 == 0 {
				first.cancel(errStop)
				mu.Unlock()
			} else {
				mu.Unlock()
				first.cancel(errStop)
			}
			b.settle()
			same(b, "the lock is free", mu.TryLock(), false)
			switch {
			case round%2 == 1 || first.err == nil: // handed over before the cancellation
				b.returned(nil, first)
				b.waits(second)
				mu.Unlock()
			default:
				b.returned(errStop, first)
			}
			b.returned(nil, second)
			mu.Unlock()
			idle(b, mu)
		}
	})
}

// Right after Unlock, with somebody waiting, the lock is held: by the waiter, who
// has not run yet.
func TestLK6_handed_over_directly(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		mu := locked(b)
		q := queue(b, mu, 1)
		g.hold(park.OpLock)
		mu.Unlock()
		same(b, "stats", mu.Stats(), locks.MutexStats{Locked: true})
		same(b, "TryLock", mu.TryLock(), false)
		b.waits(q[0])
		g.let(park.OpLock)
		b.returned(nil, q[0])
		mu.Unlock()
	})
}

// TryLock takes a free lock, and fails on one that is held or waited for.
func TestLK7_TryLock_fails_while_others_wait(t *testing.T) {
	bubbles(t, func(b *bubble) {
		mu := locked(b)
		same(b, "TryLock of a held mutex", mu.TryLock(), false)
		q := queue(b, mu, 1)
		same(b, "TryLock with one waiting", mu.TryLock(), false)
		mu.Unlock()
		b.returned(nil, q[0])
		same(b, "TryLock of a mutex that was handed over", mu.TryLock(), false)
		mu.Unlock()
		same(b, "TryLock of a free mutex", mu.TryLock(), true)
		mu.Unlock()
	})
}

// A context that has ended fails a Lock that would not have had to wait, and the
// lock stays free.
func TestLK8_ended_context_fails_on_a_free_lock(t *testing.T) {
	bubbles(t, func(b *bubble) {
		var mu locks.Mutex
		b.watch(&mu)
		same(b, "Lock", mu.Lock(ended(b)), errStop)
		c := b.startNow("cancelled task", func(ctx context.Context) error {
			<-ctx.Done()
			return mu.Lock(ctx)
		})
		c.cancel(errStop)
		b.returned(errStop, c)
		same(b, "TryLock", mu.TryLock(), true)
		mu.Unlock()
	})
}

// In a bubble a goroutine that waits for the lock lets the clock go on.
func TestLK9_contended_wait_is_durable(t *testing.T) {
	bubbles(t, func(b *bubble) {
		mu := locked(b)
		begun := time.Now()
		c := b.startNow("waiter", func(ctx context.Context) error {
			defer mu.Unlock()
			return mu.Lock(ctx)
		})
		time.Sleep(time.Hour) // never returns where somebody is not durably blocked
		b.waits(c)
		mu.Unlock()
		b.returned(nil, c)
		same(b, "time on the bubble's clock", time.Since(begun), time.Hour)
	})
}

// Lock and Unlock of a free mutex allocate nothing, whatever the context; how
// long they take is in BenchmarkMutex.
func TestLK10_uncontended_without_allocation(t *testing.T) {
	bubbles(t, func(b *bubble) {
		var mu locks.Mutex
		b.watch(&mu)
		b.start("locker", func(ctx context.Context) error {
			same(b, "allocations", testing.AllocsPerRun(100, func() {
				if mu.Lock(ctx) == nil {
					mu.Unlock()
				}
				if mu.TryLock() {
					mu.Unlock()
				}
			}), 0)
			return nil
		})
	})
}

// String and Stats show the state, the task that holds the lock, and how many
// wait.
func TestLK11_owner_and_waiters_are_shown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tasks(t, func(b *bubble) {
			var mu locks.Mutex
			b.watch(&mu)
			same(b, "new", mu.String(), "mutex [unlocked]")
			b.start("fetch", mu.Lock)
			same(b, "held", mu.String(), "mutex [locked by fetch]")
			store := b.start("store", mu.Lock)
			b.start("below", func(ctx context.Context) error {
				ctx, cancel := context.WithTimeout(ctx, time.Hour)
				defer cancel()
				return mu.Lock(ctx)
			})
			same(b, "waited for", mu.String(), "mutex [locked by fetch, waiters:2]")
			same(b, "stats", mu.Stats(), locks.MutexStats{Locked: true, Waiting: 2, Owner: "fetch"})
			mu.Unlock()
			b.returned(nil, store)
			same(b, "handed over", mu.String(), "mutex [locked by store, waiters:1]")
			mu.Unlock()
			b.settle()
			same(b, "a context below the task's", mu.String(), "mutex [locked by below]")
			mu.Unlock()
			same(b, "unlocked", mu.Stats(), locks.MutexStats{})
			mu.TryLock()
			same(b, "owner unknown", mu.String(), "mutex [locked]")
			mu.Unlock()
		})
	})
}

// Between the handing over and the return of Lock there is no owner, least of all
// the one who gave the lock up.
func TestLK11_former_owner_is_not_shown(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		var mu locks.Mutex
		b.watch(&mu)
		b.start("former", mu.Lock)
		b.start("next", mu.Lock)
		g.hold(park.OpLock)
		mu.Unlock()
		same(b, "stats", mu.Stats(), locks.MutexStats{Locked: true})
		g.let(park.OpLock)
		b.settle()
		mu.Unlock()
	})
}

// Do holds the lock while fn runs, gives it up however fn ends, and passes its
// error on; with an ended context it does not call fn.
func TestMutexDo(t *testing.T) {
	bubbles(t, func(b *bubble) {
		var mu locks.Mutex
		b.watch(&mu)
		errMine := errors.New("mine")
		ends := map[string]func() error{
			"error":  func() error { return errMine },
			"panic":  func() error { panic(errMine) },
			"goexit": func() error { runtime.Goexit(); return nil },
		}
		for name, end := range ends {
			called := false
			c := &call{}
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { recover() }()
				c.err = mu.Do(b.Context(), func(context.Context) error {
					called = true
					same(b, "TryLock inside", mu.TryLock(), false)
					return end()
				})
			}()
			<-done
			same(b, name+": called", called, true)
			same(b, name+": locked", mu.Stats().Locked, false)
			if name == "error" {
				same(b, name, c.err, errMine)
			}
		}
		same(b, "ended context", mu.Do(ended(b), func(context.Context) error {
			b.Error("fn was called")
			return nil
		}), errStop)
		panics(b, "Mutex.Do called with a nil function", func() { mu.Do(b.Context(), nil) })
	})
}
