package queue_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/queue"
)

// A getter that is served and cancelled at the same moment has its item,
// whichever of the two was first and whichever it notices.
func TestQ5_served_and_cancelled_at_once(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			for _, notices := range []error{nil, errGone} {
				for _, grantFirst := range []bool{true, false} {
					q := o.make(1)
					ctx, cancel := context.WithCancelCause(t.Context())
					whileParked(t, func() error {
						if !grantFirst {
							cancel(errGone)
						}
						put(t, q, 7)
						cancel(errGone)
						return notices
					})
					v, err := q.Get(ctx)
					expectErr(t, "Get", err, nil)
					expect(t, "Get", v, 7)
					expect(t, "Len", q.Len(), 0)
					expectWaiting(t, q, 0, 0, 0)
				}
			}
		})
	}
}

// Under the context of a task, which keeps its waiter for the next wait, it is the
// same: nothing of one wait is left for the next, and cancelling the task ends it.
func TestQ5_under_a_tasks_own_context(t *testing.T) {
	inEach(t, func(t *bench) {
		q, full := t.queue(1), t.queue(1, 0)
		slot := inflight.NewLimiter(1)
		expectErr(t, "Acquire", slot.Acquire(t.Context()), nil)
		err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			task := inflight.Go(g, func(ctx context.Context) (int, error) {
				if err := slot.Acquire(ctx); err != nil {
					return 0, err
				}
				v, err := q.Get(ctx)
				if err != nil {
					return 0, err
				}
				if err := full.Put(ctx, v); err != nil {
					return 0, err
				}
				_, err = q.Get(ctx)
				return v, err
			})
			synctest.Wait()
			slot.Release()
			synctest.Wait()
			put(t, q, 7)
			synctest.Wait()
			expect(t, "items", drain(full), []int{0, 7})
			synctest.Wait()
			expect(t, "cancelled", task.Cancel(errGone), true)
			v, err := task.Await(ctx)
			expect(t, "task", v, 7)
			expectErr(t, "task", err, errGone)
			return nil
		}, inflight.Supervise())
		expectErr(t, "Run", err, nil)
		drain(full)
	})
}

// A getter that has noticed its cancellation, and is served before it could leave
// the list, has its item.
func TestQ5_served_after_noticing_the_cancellation(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1)
		ctx := newTardy()
		g := start(t, func(context.Context) (int, error) { return q.Get(ctx) })
		g.waits(t)
		ctx.end(func() { put(t, q, 7) })
		brings(t, g, 7)
		expect(t, "Len", q.Len(), 0)
	})
}

// An item that comes after a getter was cancelled goes to the next one, or waits.
func TestQ5_cancelled_getter_takes_nothing(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5)
		a, b, c := startGet(t, q), startGet(t, q), startGet(t, q)
		b.cancel()
		b.returns(t, context.Canceled)
		put(t, q, 1, 2, 3)
		brings(t, a, 1)
		brings(t, c, 2)
		expect(t, "items", drain(q), []int{3})
	})
}

// Many getters that are cancelled while items arrive: what each of them does not
// return is still there, and nothing is there twice.
func TestQ5_many_cancelled_while_items_arrive(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(queue.Unbounded)
		for range 50 {
			var gets []*call[int]
			for range 6 {
				gets = append(gets, startGet(t, q))
			}
			for i, g := range gets { // no pause between the two
				if i%2 == 0 {
					g.cancel()
				}
				put(t, q, i)
				g.cancel()
			}
			synctest.Wait()
			seen := make(map[int]int)
			for _, g := range gets {
				if g.err == nil {
					seen[g.returns(t, nil)]++
				} else {
					g.returns(t, context.Canceled)
				}
			}
			for _, v := range drain(q) {
				seen[v]++
			}
			for i := range gets {
				expect(t, "times that an item was seen", seen[i], 1)
			}
		}
	})
}

// Whoever gives up leaves its list, in the middle, at the front and at the end.
func TestQ7_cancelled_waiters_leave(t *testing.T) {
	inEach(t, func(t *bench) {
		full, empty := t.queue(1, 0), t.queue(1)
		for _, at := range []int{0, 1, 2} {
			var puts, gets []*call[int]
			var joins []*call[bool]
			for i := range 3 {
				puts = append(puts, startPut(t, full, i))
				gets = append(gets, startGet(t, empty))
				joins = append(joins, startJoin(t, full))
			}
			expectWaiting(t, full, 3, 0, 3)
			expectWaiting(t, empty, 0, 3, 0)
			for range 3 {
				puts[at].cancel()
				gets[at].cancel()
				joins[at].cancel()
				puts[at].returns(t, context.Canceled)
				gets[at].returns(t, context.Canceled)
				joins[at].returns(t, context.Canceled)
				at = (at + 1) % 3
			}
			expectWaiting(t, full, 0, 0, 0)
			expectWaiting(t, empty, 0, 0, 0)
		}
		put(t, empty, 5)
		expect(t, "items", drain(empty), []int{5})
		expect(t, "items", drain(full), []int{0})
		expectErr(t, "PutNow", full.PutNow(1), nil)
	})
}

// Of many blocked getters each gets an item, also when somebody in between gives
// up.
func TestQ8_blocked_getters_all_progress(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1)
		var gets []*call[int]
		for range 9 {
			gets = append(gets, startGet(t, q))
		}
		gets[4].cancel()
		gets[4].returns(t, context.Canceled)
		for i := range 8 { // no pause: capacity is for items that nobody waits for
			put(t, q, i)
		}
		for i, g := range gets {
			if i != 4 {
				g.returns(t, nil)
			}
		}
		expect(t, "Len", q.Len(), 0)
	})
}

// Those who wait to get are served in the order in which they came.
func TestQ9_getters_are_served_in_order(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(3)
		var gets []*call[int]
		for range 5 {
			gets = append(gets, startGet(t, q))
		}
		for i, g := range gets {
			g.waits(t)
			put(t, q, i)
			brings(t, g, i)
		}
	})
}

// An item that was put for somebody who waits can't be taken by a later Get or
// GetNow, before the former has come to run.
func TestQ9_late_getter_cannot_barge(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(3)
		a := startGet(t, q)
		put(t, q, 1)
		_, err := q.GetNow()
		expectErr(t, "GetNow", err, queue.ErrEmpty)
		brings(t, a, 1)
		b := startGet(t, q)
		late := startGet(t, q)
		put(t, q, 2)
		brings(t, b, 2)
		late.waits(t)
		put(t, q, 3)
		brings(t, late, 3)
	})
}

// GetUpTo takes what is there, n at most, and lets in those who waited for room.
func TestQ24_get_up_to(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(3, 1, 2, 3)
		vs, err := q.GetUpTo(t.Context(), 2)
		expectErr(t, "GetUpTo", err, nil)
		expect(t, "GetUpTo", vs, t.sorted(1, 2, 3)[:2])
		expect(t, "Len", q.Len(), 1)
		vs, err = q.GetUpTo(t.Context(), 10)
		expectErr(t, "GetUpTo", err, nil)
		expect(t, "GetUpTo", vs, t.sorted(1, 2, 3)[2:])

		put(t, q, 4, 5, 6)
		p7, p8 := startPut(t, q, 7), startPut(t, q, 8)
		vs, err = q.GetUpTo(t.Context(), 4)
		expectErr(t, "GetUpTo", err, nil)
		expect(t, "items", len(vs), 4)
		p7.returns(t, nil)
		p8.returns(t, nil)
		expect(t, "items", len(drain(q)), 1)
		msg := panics(t, func() { q.GetUpTo(t.Context(), 0) })
		expect(t, "panic", msg, "inflight/queue: GetUpTo(0): there must be room for one item")
	})
}

// GetUpTo waits for the first item and not for more, and takes the others that
// came with it along.
func TestQ24_waits_for_one(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5)
		g := start(t, func(ctx context.Context) ([]int, error) { return q.GetUpTo(ctx, 3) })
		g.waits(t)
		put(t, q, 1)
		expect(t, "GetUpTo", g.returns(t, nil), []int{1})

		g = start(t, func(ctx context.Context) ([]int, error) { return q.GetUpTo(ctx, 3) })
		n, err := q.PutAll(t.Context(), []int{2, 3, 4, 5})
		expectErr(t, "PutAll", err, nil)
		expect(t, "PutAll", n, 4)
		vs := g.returns(t, nil)
		expect(t, "items", append(vs, drain(q)...), append(append([]int{2}, t.sorted(3, 4, 5)[:2]...), t.sorted(3, 4, 5)[2:]...))
		expect(t, "items at once", len(vs), 3)
	})
}

// A GetUpTo that is cancelled has lost nothing: it took nothing, or it returns what
// it was served, whichever of the two it notices.
func TestQ24_cancel_loses_nothing(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5)
		g := start(t, func(ctx context.Context) ([]int, error) { return q.GetUpTo(ctx, 3) })
		g.cancel()
		expect(t, "items", len(g.returns(t, context.Canceled)), 0)
		put(t, q, 1, 2)
		expect(t, "Len", q.Len(), 2)
		drain(q)

		ctx := newTardy()
		g = start(t, func(context.Context) ([]int, error) { return q.GetUpTo(ctx, 1) })
		ctx.end(func() { put(t, q, 3, 4) })
		expect(t, "GetUpTo", g.returns(t, nil), []int{3})
		expect(t, "items", drain(q), []int{4})
	})
}

// With capacity 0 GetUpTo takes from as many putters as wait, in their order.
func TestQ24_rendezvous(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(0)
		a, b, c := startPut(t, q, 1), startPut(t, q, 2), startPut(t, q, 3)
		vs, err := q.GetUpTo(t.Context(), 2)
		expectErr(t, "GetUpTo", err, nil)
		expect(t, "GetUpTo", vs, []int{1, 2})
		a.returns(t, nil)
		b.returns(t, nil)
		c.waits(t)
		expect(t, "items", drain(q), []int{3})
	})
}
