package permit_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/permit"
)

var errStop = errors.New("stop") // the cause of the cancellations in these tests

const op = park.OpSemaphore

// bubble runs a test in a synctest bubble with a pool of the given size, which
// nobody may use when the test is over.
func bubble(t *testing.T, size int64, test func(t *testing.T, p *permit.Pool)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := new(permit.Pool)
		p.Init(size)
		test(t, p)
		synctest.Wait()
		uses(t, p, 0, 0)
	})
}

// An asker is a goroutine that calls Acquire.
type asker struct {
	n      int64
	cancel func(error)
	err    error // both are read when the bubble has settled
	ended  bool
}

// ask starts an Acquire of n, and waits until it has returned or waits.
func ask(t *testing.T, p *permit.Pool, n int64) *asker {
	ctx, cancel := context.WithCancelCause(t.Context())
	return askUnder(ctx, cancel, p, n)
}

func askUnder(ctx context.Context, cancel func(error), p *permit.Pool, n int64) *asker {
	a := &asker{n: n, cancel: cancel}
	go func() {
		a.err = p.Acquire(ctx, n, op)
		a.ended = true
	}()
	synctest.Wait()
	return a
}

// waits checks that the askers have not returned.
func waits(t *testing.T, askers ...*asker) {
	t.Helper()
	synctest.Wait()
	for i, a := range askers {
		if a.ended {
			t.Errorf("asker %d for %d returned %v, want it to wait", i, a.n, a.err)
		}
	}
}

// returned checks that the askers have returned just this error.
func returned(t *testing.T, want error, askers ...*asker) {
	t.Helper()
	synctest.Wait()
	for i, a := range askers {
		if !a.ended || a.err != want {
			t.Errorf("asker %d for %d: ended=%t with %v, want it to have returned %v", i, a.n, a.ended, a.err, want)
		}
	}
}

// uses checks the statistics.
func uses(t *testing.T, p *permit.Pool, used int64, waiters int) {
	t.Helper()
	if u, w := p.Stats(); u != used || w != waiters {
		t.Errorf("%d in use and %d waiting, want %d and %d", u, w, used, waiters)
	}
	if u, waited := p.InUse(); u != used || waited != (waiters > 0) {
		t.Errorf("InUse: %d, waited %v; want %d and %d waiters", u, waited, used, waiters)
	}
}

// tries checks what TryAcquire answers.
func tries(t *testing.T, p *permit.Pool, n int64, want bool) {
	t.Helper()
	if got := p.TryAcquire(n); got != want {
		t.Errorf("TryAcquire(%d) = %t, want %t", n, got, want)
	}
}

// releases checks what Release answers.
func releases(t *testing.T, p *permit.Pool, n int64, want bool) {
	t.Helper()
	if got := p.Release(n); got != want {
		t.Errorf("Release(%d) = %t, want %t", n, got, want)
	}
}

// The zero pool has one permit, and works without Init.
func TestZeroPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p permit.Pool
		if p.Size() != 1 {
			t.Errorf("size %d, want 1", p.Size())
		}
		uses(t, &p, 0, 0)
		tries(t, &p, 2, false)
		tries(t, &p, 1, true)
		tries(t, &p, 1, false)
		releases(t, &p, 1, true)
		uses(t, &p, 0, 0)
	})
}

// Init sets the size, which may be 0: then there is nothing to be had but 0.
func TestInit(t *testing.T) {
	for _, size := range []int64{0, 1, 2, 1 << 40} {
		bubble(t, size, func(t *testing.T, p *permit.Pool) {
			if p.Size() != size {
				t.Errorf("size %d, want %d", p.Size(), size)
			}
			tries(t, p, size+1, false)
			tries(t, p, size, true)
			uses(t, p, size, 0)
			tries(t, p, 1, false)
			tries(t, p, 0, true)
			releases(t, p, size, true)
		})
	}
}

// TryAcquire takes all or none, and nothing while somebody waits, not even what
// is free.
func TestTryAcquire(t *testing.T) {
	bubble(t, 5, func(t *testing.T, p *permit.Pool) {
		tries(t, p, 3, true)
		tries(t, p, 3, false)
		uses(t, p, 3, 0)
		large := ask(t, p, 4)
		tries(t, p, 1, false)
		tries(t, p, 0, false)
		uses(t, p, 3, 1)
		releases(t, p, 3, true)
		returned(t, nil, large)
		tries(t, p, 1, true)
		tries(t, p, 1, false)
		releases(t, p, 5, true)
	})
}

// Acquire of what is free does not wait.
func TestAcquire_free(t *testing.T) {
	bubble(t, 3, func(t *testing.T, p *permit.Pool) {
		returned(t, nil, ask(t, p, 1), ask(t, p, 2), ask(t, p, 0))
		uses(t, p, 3, 0)
		releases(t, p, 3, true)
	})
}

// Those who wait are served in the order of asking, one for each permit that is
// given back, and between two owners the permit is never free.
func TestAcquire_first_come_first_served(t *testing.T) {
	bubble(t, 1, func(t *testing.T, p *permit.Pool) {
		tries(t, p, 1, true)
		var queue []*asker
		for range 5 {
			queue = append(queue, ask(t, p, 1))
		}
		for len(queue) > 0 {
			uses(t, p, 1, len(queue))
			releases(t, p, 1, true)
			tries(t, p, 1, false) // handed over, although the new owner may not have run
			uses(t, p, 1, len(queue)-1)
			returned(t, nil, queue[0])
			queue = queue[1:]
			waits(t, queue...)
		}
		releases(t, p, 1, true)
	})
}

// A small number waits behind a large one, even if enough for it is free.
func TestAcquire_nobody_barges(t *testing.T) {
	bubble(t, 4, func(t *testing.T, p *permit.Pool) {
		tries(t, p, 3, true)
		large, small, none := ask(t, p, 3), ask(t, p, 1), ask(t, p, 0)
		waits(t, large, small, none)
		releases(t, p, 1, true)
		waits(t, large, small, none)
		uses(t, p, 2, 3)
		releases(t, p, 1, true)
		returned(t, nil, large)
		waits(t, small, none)
		uses(t, p, 4, 2)
		releases(t, p, 1, true)
		returned(t, nil, small, none)
		releases(t, p, 4, true)
	})
}

// One Release serves as many as fit, and no more.
func TestRelease_serves_all_that_fit(t *testing.T) {
	bubble(t, 5, func(t *testing.T, p *permit.Pool) {
		tries(t, p, 5, true)
		a, b, c, d := ask(t, p, 1), ask(t, p, 2), ask(t, p, 3), ask(t, p, 1)
		releases(t, p, 5, true)
		returned(t, nil, a, b)
		waits(t, c, d)
		uses(t, p, 3, 2)
		releases(t, p, 3, true)
		returned(t, nil, c, d)
		uses(t, p, 4, 0)
		releases(t, p, 4, true)
	})
}

// When the first in line gives up, those behind it that fit are served at once.
func TestAcquire_cancelled_head(t *testing.T) {
	bubble(t, 4, func(t *testing.T, p *permit.Pool) {
		tries(t, p, 2, true)
		head, a, b, c := ask(t, p, 4), ask(t, p, 1), ask(t, p, 1), ask(t, p, 1)
		waits(t, head, a, b, c)
		head.cancel(errStop)
		returned(t, errStop, head)
		returned(t, nil, a, b)
		waits(t, c)
		uses(t, p, 4, 1)
		c.cancel(errStop)
		returned(t, errStop, c)
		uses(t, p, 4, 0)
		releases(t, p, 1, true)
		tries(t, p, 1, true) // nobody waits any more, and nothing was lost
		releases(t, p, 4, true)
	})
}

// One in the middle that gives up changes nothing for the others.
func TestAcquire_cancelled_in_the_middle(t *testing.T) {
	bubble(t, 1, func(t *testing.T, p *permit.Pool) {
		tries(t, p, 1, true)
		a, b, c := ask(t, p, 1), ask(t, p, 1), ask(t, p, 1)
		b.cancel(errStop)
		returned(t, errStop, b)
		waits(t, a, c)
		uses(t, p, 1, 2)
		releases(t, p, 1, true)
		returned(t, nil, a)
		waits(t, c)
		releases(t, p, 1, true)
		returned(t, nil, c)
		releases(t, p, 1, true)
	})
}

// Who was granted the permit before its context ended has it, whichever of the
// two it sees first. That is for the runtime to choose, so it is done often.
func TestAcquire_granted_then_cancelled(t *testing.T) {
	for range 50 {
		bubble(t, 1, func(t *testing.T, p *permit.Pool) {
			tries(t, p, 1, true)
			a, b := ask(t, p, 1), ask(t, p, 1)
			releases(t, p, 1, true)
			a.cancel(errStop)
			returned(t, nil, a)
			waits(t, b)
			uses(t, p, 1, 1)
			releases(t, p, 1, true)
			returned(t, nil, b)
			releases(t, p, 1, true)
		})
	}
}

// A lookedAt context calls look once, when after its end somebody asks it for
// something.
type lookedAt struct {
	context.Context
	look func()
	once *sync.Once
}

func (c lookedAt) Value(key any) any {
	if c.Err() != nil {
		c.once.Do(c.look)
	}
	return c.Context.Value(key)
}

// Who is granted the permit after its context has ended, and after it has seen
// that, but before it has left the line, has it too.
func TestAcquire_cancelled_then_granted(t *testing.T) {
	bubble(t, 1, func(t *testing.T, p *permit.Pool) {
		tries(t, p, 1, true)
		ctx, cancel := context.WithCancelCause(t.Context())
		looked := false
		a := askUnder(lookedAt{ctx, func() {
			looked = true
			releases(t, p, 1, true)
		}, new(sync.Once)}, cancel, p, 1)
		b := ask(t, p, 1)
		a.cancel(errStop)
		returned(t, nil, a)
		waits(t, b)
		if !looked {
			t.Error("the permit was not released in between")
		}
		uses(t, p, 1, 1)
		releases(t, p, 1, true)
		returned(t, nil, b)
		releases(t, p, 1, true)
	})
}

// A context that had ended before the call makes it fail, also with permits free
// and for none at all.
func TestAcquire_ended_context(t *testing.T) {
	bubble(t, 2, func(t *testing.T, p *permit.Pool) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errStop)
		for _, n := range []int64{0, 1, 2, 3} {
			if err := p.Acquire(ctx, n, op); err != errStop {
				t.Errorf("Acquire(%d): %v, want %v", n, err, errStop)
			}
		}
		uses(t, p, 0, 0)
		tries(t, p, 2, true)
		releases(t, p, 2, true)
	})
}

// enqueue lines a waiter up and returns it.
func enqueue(t *testing.T, p *permit.Pool, n int64) *park.Waiter {
	w := park.NewWaiter(t.Context())
	p.Enqueue(w, n)
	return w
}

// granted checks whether a waiter was granted its permits.
func granted(t *testing.T, w *park.Waiter, want bool) {
	t.Helper()
	if w.Granted() != want {
		t.Errorf("granted: %t, want %t", w.Granted(), want)
	}
}

// Enqueue grants what is free at once.
func TestEnqueue_free(t *testing.T) {
	bubble(t, 2, func(t *testing.T, p *permit.Pool) {
		granted(t, enqueue(t, p, 2), true)
		uses(t, p, 2, 0)
		tries(t, p, 0, true) // the pool knows that nobody waits
		releases(t, p, 2, true)
	})
}

// Who was lined up by Enqueue waits in the same line as those who acquire, and is
// woken when it is its turn.
func TestEnqueue_waits_in_line(t *testing.T) {
	bubble(t, 1, func(t *testing.T, p *permit.Pool) {
		tries(t, p, 1, true)
		first := ask(t, p, 1)
		w := enqueue(t, p, 1)
		last := ask(t, p, 1)
		woken := false
		go func() {
			if err := w.Park(t.Context(), op, &p.Obj); err != nil {
				t.Errorf("Park: %v", err)
			}
			woken = true
		}()
		waits(t, first, last)
		uses(t, p, 1, 3)
		releases(t, p, 1, true)
		returned(t, nil, first)
		granted(t, w, false)
		releases(t, p, 1, true)
		waits(t, last)
		granted(t, w, true)
		if !woken {
			t.Error("granted and not woken")
		}
		releases(t, p, 1, true)
		returned(t, nil, last)
		releases(t, p, 1, true)
	})
}

// Enqueue does not barge: not even for less than is free.
func TestEnqueue_nobody_barges(t *testing.T) {
	bubble(t, 2, func(t *testing.T, p *permit.Pool) {
		tries(t, p, 1, true)
		large := ask(t, p, 2)
		w := enqueue(t, p, 1)
		granted(t, w, false)
		large.cancel(errStop)
		returned(t, errStop, large)
		granted(t, w, true)
		releases(t, p, 2, true)
	})
}

// Release of more than is in use says so and does nothing, with nobody waiting
// and with somebody who does.
func TestRelease_too_many(t *testing.T) {
	bubble(t, 3, func(t *testing.T, p *permit.Pool) {
		releases(t, p, 1, false)
		uses(t, p, 0, 0)
		tries(t, p, 2, true)
		releases(t, p, 3, false)
		uses(t, p, 2, 0)
		a := ask(t, p, 2)
		releases(t, p, 3, false)
		waits(t, a)
		uses(t, p, 2, 1)
		releases(t, p, 2, true)
		returned(t, nil, a)
		releases(t, p, 2, true)
		releases(t, p, 0, true)
		releases(t, p, 1, false)
	})
}

// More permits are handed out at once, in order, to as many as fit.
func TestResize_up(t *testing.T) {
	bubble(t, 0, func(t *testing.T, p *permit.Pool) {
		a, b, c := ask(t, p, 1), ask(t, p, 2), ask(t, p, 1)
		waits(t, a, b, c)
		p.Resize(2)
		returned(t, nil, a)
		waits(t, b, c)
		uses(t, p, 1, 2)
		p.Resize(9)
		returned(t, nil, b, c)
		uses(t, p, 4, 0)
		tries(t, p, 6, false)
		tries(t, p, 5, true)
		releases(t, p, 9, true)
		if p.Size() != 9 {
			t.Errorf("size %d, want 9", p.Size())
		}
	})
}

// With fewer permits than are in use those in use drain: nobody gets one before
// fewer than the new number are in use.
func TestResize_down(t *testing.T) {
	bubble(t, 4, func(t *testing.T, p *permit.Pool) {
		tries(t, p, 4, true)
		p.Resize(2)
		uses(t, p, 4, 0)
		tries(t, p, 1, false)
		a, b := ask(t, p, 1), ask(t, p, 1)
		for range 2 {
			releases(t, p, 1, true)
			waits(t, a, b)
		}
		uses(t, p, 2, 2)
		releases(t, p, 1, true)
		returned(t, nil, a)
		waits(t, b)
		uses(t, p, 2, 1)
		p.Resize(0)
		releases(t, p, 2, true)
		waits(t, b)
		p.Resize(1)
		returned(t, nil, b)
		releases(t, p, 1, true)
	})
}

// Stats says how many are in use and how many wait, by calls and not by permits.
func TestStats(t *testing.T) {
	bubble(t, 4, func(t *testing.T, p *permit.Pool) {
		uses(t, p, 0, 0)
		tries(t, p, 3, true)
		uses(t, p, 3, 0)
		a, b := ask(t, p, 2), ask(t, p, 4)
		uses(t, p, 3, 2)
		a.cancel(errStop)
		b.cancel(errStop)
		returned(t, errStop, a, b)
		uses(t, p, 3, 0)
		releases(t, p, 3, true)
	})
}

// Many come and go and give up, on one pool of a changing size: never more inside
// than the largest size, and in the end nobody waits and nothing is in use.
func TestMany(t *testing.T) {
	bubble(t, 3, func(t *testing.T, p *permit.Pool) {
		var all sync.WaitGroup
		for i := range int64(40) {
			ctx, cancel := context.WithCancelCause(t.Context())
			all.Go(func() {
				for range 20 {
					if p.Acquire(ctx, i%3, op) != nil {
						return
					}
					if used, _ := p.Stats(); used > 5 {
						t.Errorf("%d in use", used)
					}
					releases(t, p, i%3, true)
				}
			})
			all.Go(func() {
				p.Resize(3 + i%3)
				if i%4 == 0 {
					cancel(errStop)
				}
			})
		}
		all.Wait()
	})
}
