package locks_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
)

// A room is a mutex with a condition, and the order in which those who waited for
// the condition have come out.
type room struct {
	mu   locks.Mutex
	cond *locks.Cond
	out  []string // guarded by mu
}

func newRoom(b *bubble) *room {
	r := new(room)
	r.cond = locks.NewCond(&r.mu)
	b.watch(&r.mu, r.cond)
	return r
}

// waiter starts a call that waits for the condition, and checks that it holds the
// lock when Wait returns.
func (r *room) waiter(b *bubble, name string) *call {
	return b.start(name, func(ctx context.Context) error {
		if err := r.mu.Lock(ctx); err != nil {
			return err
		}
		defer r.mu.Unlock() // panics where Wait has not locked
		err := r.cond.Wait(ctx)
		same(b, "TryLock after Wait", r.mu.TryLock(), false)
		r.out = append(r.out, name)
		return err
	})
}

func (r *room) waiters(b *bubble, n int) (calls []*call) {
	for i := range n {
		calls = append(calls, r.waiter(b, fmt.Sprint(i)))
	}
	b.waits(calls...)
	return calls
}

// notify calls f with the lock.
func (r *room) locked(b *bubble, f func() error) {
	b.Helper()
	same(b, "Lock", r.mu.Lock(b.Context()), nil)
	same(b, "the call with the lock", f(), nil)
	r.mu.Unlock()
}

func (r *room) notify(b *bubble, n int) {
	b.Helper()
	r.locked(b, func() error { return r.cond.Notify(n) })
}

func (r *room) waiting(b *bubble, n int) {
	b.Helper()
	b.settle()
	want := "cond [unlocked]"
	if n > 0 {
		want = fmt.Sprintf("cond [unlocked, waiters:%d]", n)
	}
	same(b, "cond", r.cond.String(), want)
}

func (r *room) order(b *bubble, want ...string) {
	b.Helper()
	b.settle()
	if !slices.Equal(r.out, want) {
		b.Errorf("came out: %v, want %v", r.out, want)
	}
}

// Wait and WaitFor without the lock are errors, and leave it unlocked; pred is not
// called.
func TestCV1_wait_requires_the_lock(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		same(b, "Wait", r.cond.Wait(b.Context()), locks.ErrNotLocked)
		same(b, "WaitFor", r.cond.WaitFor(b.Context(), func() bool {
			b.Error("pred was called")
			return true
		}), locks.ErrNotLocked)
		b.returned(locks.ErrNotLocked, b.start("task", r.cond.Wait))
		same(b, "cond", r.cond.String(), "cond [unlocked]")
	})
}

// Notify and NotifyAll without the lock are errors, and wake nobody.
func TestCV2_notify_requires_the_lock(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		q := r.waiters(b, 1)
		same(b, "Notify", r.cond.Notify(1), locks.ErrNotLocked)
		same(b, "NotifyAll", r.cond.NotifyAll(), locks.ErrNotLocked)
		b.waits(q...)
		r.notify(b, 1)
		b.returned(nil, q...)
	})
}

// Wait gives the lock up while it waits, and has it again when it returns, as the
// notified one and as the cancelled one; the room checks that.
func TestCV3_lock_is_held_again(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		q := r.waiters(b, 2)
		same(b, "the lock is free meanwhile", r.mu.Stats().Locked, false)
		q[0].cancel(errStop)
		b.returned(errStop, q[0])
		r.waiting(b, 1)
		r.notify(b, 1)
		b.returned(nil, q[1])
	})
}

// The one who comes out of Wait is the owner again, notified or cancelled.
func TestCV3_owner_again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tasks(t, func(b *bubble) {
			r := newRoom(b)
			for _, name := range []string{"notified", "cancelled"} {
				c := b.start(name, func(ctx context.Context) error {
					if err := r.mu.Lock(ctx); err != nil {
						return err
					}
					defer r.mu.Unlock()
					err := r.cond.Wait(ctx)
					same(b, "mutex", r.mu.String(), "mutex [locked by "+name+"]")
					return err
				})
				if name == "cancelled" {
					c.cancel(errStop)
					b.returned(errStop, c)
				} else {
					r.notify(b, 1)
					b.returned(nil, c)
				}
			}
		})
	})
}

// A cancelled waiter can't return before the lock is free, however long that
// takes; the second cancellation, of its wait for the lock, does not count.
func TestCV3_cancelled_waiter_waits_for_the_lock(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		q := r.waiters(b, 1)
		same(b, "Lock", r.mu.Lock(b.Context()), nil)
		q[0].cancel(errStop)
		time.Sleep(time.Hour)
		b.waits(q...)
		same(b, "mutex", r.mu.Stats().Waiting, 1)
		r.mu.Unlock()
		b.returned(errStop, q...)
	})
}

// An ended context fails Wait with the lock held throughout: nobody else gets it.
func TestCV3_ended_context_keeps_the_lock(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		same(b, "Lock", r.mu.Lock(b.Context()), nil)
		c := b.start("other", r.mu.Lock)
		same(b, "Wait", r.cond.Wait(ended(b)), errStop)
		same(b, "WaitFor", r.cond.WaitFor(ended(b), func() bool { return true }), errStop)
		b.waits(c)
		r.mu.Unlock()
		b.returned(nil, c)
		r.mu.Unlock()
	})
}

// Notify(n) wakes the n who have waited longest, all where n is more, and nobody
// where n is not positive.
func TestCV4_notify_n_in_order(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		q := r.waiters(b, 6)
		r.notify(b, 0)
		r.notify(b, -1)
		r.order(b)
		r.notify(b, 1)
		r.order(b, "0")
		r.notify(b, 2)
		r.order(b, "0", "1", "2")
		b.waits(q[3:]...)
		r.notify(b, 100)
		r.order(b, "0", "1", "2", "3", "4", "5")
		b.returned(nil, q...)
	})
}

// A notification is for those who wait; it is not kept for one who comes later.
func TestCV4_notification_is_not_kept(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		r.notify(b, 3)
		q := r.waiters(b, 1)
		r.notify(b, 1)
		b.returned(nil, q...)
	})
}

// NotifyAll wakes everybody.
func TestCV5_notify_all(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		q := r.waiters(b, 4)
		r.locked(b, r.cond.NotifyAll)
		b.returned(nil, q...)
		r.order(b, "0", "1", "2", "3")
	})
}

// A waiter that is notified and cancelled at once returns the cause, and the next
// one gets the notification; it is neither lost nor doubled. This is where Cond
// differs from the rule that a grant wins.
func TestCV6_notification_is_passed_on(t *testing.T) {
	orders := map[string]func(b *bubble, r *room, c *call){
		"cancel first": func(b *bubble, r *room, c *call) { c.cancel(errStop); r.notify(b, 1) },
		"notify first": func(b *bubble, r *room, c *call) { r.notify(b, 1); c.cancel(errStop) },
	}
	for name, both := range orders {
		t.Run(name, func(t *testing.T) {
			gated(t, func(b *bubble, g *gate) {
				r := newRoom(b)
				q := r.waiters(b, 3)
				g.hold(park.OpCond)
				both(b, r, q[0])
				b.waits(q...)
				g.let(park.OpCond)
				b.returned(errStop, q[0])
				b.returned(nil, q[1])
				b.waits(q[2])
				r.waiting(b, 1)
				r.notify(b, 1)
				b.returned(nil, q[2])
			})
		})
	}
}

// A notification that was passed on to one that is cancelled too is passed on
// again; with nobody left it is gone.
func TestCV6_passed_on_along_the_queue(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		r := newRoom(b)
		q := r.waiters(b, 4)
		g.hold(park.OpCond)
		r.notify(b, 2)
		for _, c := range q[:3] {
			c.cancel(errStop)
		}
		g.let(park.OpCond)
		b.returned(errStop, q[:3]...)
		b.returned(nil, q[3])
		r.waiting(b, 0)
	})
}

// One that was cancelled without having been notified passes nothing on.
func TestCV6_no_notification_no_passing_on(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		r := newRoom(b)
		q := r.waiters(b, 2)
		q[0].cancel(errStop)
		b.returned(errStop, q[0])
		b.waits(q[1])
		r.notify(b, 1)
		b.returned(nil, q[1])
	})
}

// A cancellation that comes while the notified waiter waits for the lock is
// remembered, and returned when it has the lock; the notification goes on.
func TestCV7_cancelled_while_locking_again(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		q := r.waiters(b, 2)
		same(b, "Lock", r.mu.Lock(b.Context()), nil)
		same(b, "Notify", r.cond.Notify(1), nil)
		b.settle() // it waits for the lock now
		q[0].cancel(errStop)
		b.waits(q...)
		same(b, "mutex", r.mu.Stats(), locks.MutexStats{Locked: true, Waiting: 1})
		r.mu.Unlock()
		b.returned(errStop, q[0])
		b.returned(nil, q[1])
	})
}

// WaitFor returns at once where the predicate is true, without giving the lock
// up.
func TestCV8_predicate_true_at_entry(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		same(b, "Lock", r.mu.Lock(b.Context()), nil)
		other := b.start("other", r.mu.Lock)
		calls := 0
		same(b, "WaitFor", r.cond.WaitFor(b.Context(), func() bool { calls++; return true }), nil)
		same(b, "calls of the predicate", calls, 1)
		b.waits(other)
		r.mu.Unlock()
		b.returned(nil, other)
		r.mu.Unlock()
		panics(b, "Cond.WaitFor called with a nil function", func() { r.cond.WaitFor(b.Context(), nil) })
		panics(b, "NewCond called with a nil Mutex", func() { locks.NewCond(nil) })
	})
}

// WaitFor looks again after each notification, until the predicate is true.
func TestCV8_predicate_is_asked_again(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		n := 0
		c := b.start("waiter", func(ctx context.Context) error {
			defer r.mu.Unlock()
			if err := r.mu.Lock(ctx); err != nil {
				return err
			}
			return r.cond.WaitFor(ctx, func() bool { return n == 3 })
		})
		for range 3 {
			b.waits(c)
			r.locked(b, func() error { n++; return r.cond.Notify(1) })
		}
		b.returned(nil, c)
	})
}

// A cancelled WaitFor returns the cause with the lock held.
func TestCV8_cancelled_WaitFor(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		c := b.start("waiter", func(ctx context.Context) error {
			defer r.mu.Unlock()
			if err := r.mu.Lock(ctx); err != nil {
				return err
			}
			return r.cond.WaitFor(ctx, func() bool { return false })
		})
		b.waits(c)
		c.cancel(errStop)
		b.returned(errStop, c)
	})
}

// Two conditions share a lock, which callers use too, and a notification of one
// is none of the other.
func TestCV9_shared_lock(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		other := locks.NewCond(&r.mu)
		b.watch(other)
		q := r.waiters(b, 1)
		r.locked(b, other.NotifyAll)
		b.waits(q...)
		r.notify(b, 1)
		b.returned(nil, q...)
	})
}

// A Wait that runs into its time limit has the lock, once: one Unlock frees it.
func TestCV10_timeout_leaves_the_lock_held_once(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		c := b.startNow("waiter", func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			if err := r.mu.Lock(ctx); err != nil {
				return err
			}
			err := r.cond.Wait(ctx)
			same(b, "stats", r.mu.Stats().Locked, true)
			r.mu.Unlock()
			same(b, "stats", r.mu.Stats().Locked, false)
			panics(b, "unlocked", r.mu.Unlock)
			return err
		})
		time.Sleep(time.Minute)
		b.returned(context.DeadlineExceeded, c)
	})
}

// A cancellation that falls between the look at the predicate and the wait is
// seen: here the predicate itself cancels.
func TestCV11_cancelled_between_check_and_wait(t *testing.T) {
	bubbles(t, func(b *bubble) {
		r := newRoom(b)
		var c *call
		ready := make(chan struct{})
		c = b.startNow("waiter", func(ctx context.Context) error {
			<-ready
			defer r.mu.Unlock()
			if err := r.mu.Lock(ctx); err != nil {
				return err
			}
			return r.cond.WaitFor(ctx, func() bool { c.cancel(errStop); return false })
		})
		close(ready)
		b.returned(errStop, c)
	})
}

// A cancellation that falls between the start of Wait and its parking is seen: it
// comes from the one that the lock is handed to.
func TestCV11_cancelled_between_unlock_and_park(t *testing.T) {
	bubbles(t, func(b *bubble) {
		for range 100 {
			r := newRoom(b)
			same(b, "Lock", r.mu.Lock(b.Context()), nil)
			c := b.start("waiter", func(ctx context.Context) error {
				defer r.mu.Unlock()
				if err := r.mu.Lock(ctx); err != nil {
					return err
				}
				return r.cond.Wait(ctx)
			})
			canceller := b.start("canceller", func(ctx context.Context) error {
				defer r.mu.Unlock()
				err := r.mu.Lock(ctx)
				c.cancel(errStop)
				return err
			})
			r.mu.Unlock()
			b.returned(nil, canceller)
			b.returned(errStop, c)
		}
	})
}

// At the moment when Wait hands the lock over to somebody else, it stands in the
// queue of the condition already; so whatever the other one notifies reaches it.
func TestCV11_in_line_before_the_lock_is_given_up(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		r := newRoom(b)
		same(b, "Lock", r.mu.Lock(b.Context()), nil)
		next := b.start("next", r.mu.Lock)
		handovers := 0
		g.unparked = func() {
			handovers++
			same(b, "in line for a notification", r.cond.Queued(), 1)
		}
		c := b.startNow("waiter", r.cond.Wait)
		b.returned(nil, next)
		same(b, "handovers", handovers, 1)
		g.unparked = nil
		same(b, "Notify", r.cond.Notify(1), nil)
		r.mu.Unlock()
		b.returned(nil, c)
		r.mu.Unlock()
	})
}

// No notification is missed that is made as soon as Wait has given the lock up.
func TestCV11_notified_between_unlock_and_park(t *testing.T) {
	bubbles(t, func(b *bubble) {
		for range 100 {
			r := newRoom(b)
			same(b, "Lock", r.mu.Lock(b.Context()), nil)
			c := r.waiter(b, "waiter") // waits for the lock
			notifier := b.start("notifier", func(ctx context.Context) error {
				defer r.mu.Unlock()
				if err := r.mu.Lock(ctx); err != nil {
					return err
				}
				return r.cond.Notify(1)
			})
			r.mu.Unlock()
			b.returned(nil, notifier, c)
		}
	})
}
