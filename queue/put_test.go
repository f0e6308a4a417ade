package queue_test

import (
	"context"
	"testing"

	"github.com/inflight-go/inflight/queue"
)

// Put waits while there is no room, and those who wait are let in in the order in
// which they came, one for each item that is got.
func TestQ3_put_waits_while_full(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1, 0)
		a, b, c := startPut(t, q, 1), startPut(t, q, 2), startPut(t, q, 3)
		for i, next := range []*call[int]{a, b, c} {
			next.waits(t)
			v, err := q.GetNow()
			expectErr(t, "GetNow", err, nil)
			expect(t, "GetNow", v, i)
			next.returns(t, nil)
		}
		c.returns(t, nil)
		expect(t, "items", drain(q), []int{3})
	})
}

// Whoever waits is let in at the next get, whatever the two ends know of each other
// by then.
func TestQ3_let_in_at_the_next_get(t *testing.T) {
	inEach(t, func(t *bench) {
		for n := range 5 {
			q := t.queue(4, 0, 0, 0, 0)
			for range n { // what is left was put before the last get, or after it
				q.GetNow()
			}
			for range n {
				put(t, q, 0)
			}
			p := startPut(t, q, 1)
			p.waits(t)
			q.GetNow()
			p.returns(t, nil)
			expectErr(t, "PutNow", q.PutNow(2), queue.ErrFull)
			drain(q)
		}
	})
}

// A Put that finds room while nobody waits for it does not wait.
func TestQ3_put_with_room_returns(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(3)
		for i := range 3 {
			expectErr(t, "Put", q.Put(t.Context(), i), nil)
		}
		p := startPut(t, q, 3)
		p.waits(t)
		p.cancel()
		p.returns(t, context.Canceled)
		q.GetNow()
		expectErr(t, "Put", q.Put(t.Context(), 4), nil)
	})
}

// PutNow and GetNow never wait: they say that the queue is full, or empty.
func TestQ4_full_and_empty_are_errors(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(2, 1, 2)
		expectErr(t, "PutNow", q.PutNow(3), queue.ErrFull)
		expect(t, "items", drain(q), t.sorted(1, 2))
		v, err := q.GetNow()
		expectErr(t, "GetNow", err, queue.ErrEmpty)
		expect(t, "GetNow", v, 0)
		put(t, q, 4, 5)
		expect(t, "Unfinished", q.Unfinished(), 4)
	})
}

// A putter that is cancelled has put nothing, and the one behind it gets its turn.
func TestQ6_cancelled_putter_puts_nothing(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1, 0)
		a, b := startPut(t, q, 1), startPut(t, q, 2)
		a.cancel()
		a.returns(t, context.Canceled)
		b.waits(t)
		expect(t, "Unfinished", q.Unfinished(), 1)
		q.GetNow()
		b.returns(t, nil)
		expect(t, "items", drain(q), []int{2})
		expect(t, "Unfinished", q.Unfinished(), 2)
	})
}

// A putter that is let in and cancelled at the same moment has put its item,
// whichever of the two was first and whichever it notices.
func TestQ6_let_in_and_cancelled_at_once(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			for _, notices := range []error{nil, errGone} {
				for _, grantFirst := range []bool{true, false} {
					q := o.make(1)
					put(t, q, 1)
					ctx, cancel := context.WithCancelCause(t.Context())
					whileParked(t, func() error {
						if !grantFirst {
							cancel(errGone)
						}
						q.GetNow()
						cancel(errGone)
						return notices
					})
					expectErr(t, "Put", q.Put(ctx, 2), nil)
					expect(t, "items", drain(q), []int{2})
					expectWaiting(t, q, 0, 0, 0)
				}
			}
		})
	}
}

// A putter that has noticed its cancellation, and is let in before it could leave
// the list, has put its item.
func TestQ6_let_in_after_noticing_the_cancellation(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1, 1)
		ctx := newTardy()
		p := start(t, func(context.Context) (int, error) { return 0, q.Put(ctx, 2) })
		p.waits(t)
		ctx.end(func() { q.GetNow() })
		p.returns(t, nil)
		expect(t, "items", drain(q), []int{2})
	})
}

// Of a putter that is cancelled and then room is made, nothing is put.
func TestQ6_cancelled_before_room_is_made(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1, 1)
		p := startPut(t, q, 2)
		p.cancel()
		p.returns(t, context.Canceled)
		expect(t, "items", drain(q), []int{1})
		expectErr(t, "PutNow", q.PutNow(3), nil)
	})
}

// Of many blocked putters each gets in, when the queue is emptied item by item, all
// at once, or when somebody in between gives up.
func TestQ8_blocked_putters_all_progress(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(3, 0, 0, 0)
		var puts []*call[int]
		for i := range 9 {
			puts = append(puts, startPut(t, q, i))
		}
		puts[4].cancel()
		puts[4].returns(t, context.Canceled)
		got := drain(q)
		for i, p := range puts {
			if i != 4 {
				p.returns(t, nil)
			}
		}
		expect(t, "items", len(append(got, drain(q)...)), 3+8)
	})
}

// Room that is made is for those who wait: a late Put or PutNow stays behind them,
// before they have come to run.
func TestQ9_late_putter_cannot_barge(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1, 0)
		a := startPut(t, q, 1)
		q.GetNow() // lets a in
		expectErr(t, "PutNow", q.PutNow(9), queue.ErrFull)
		brings(t, a, 1)
		b := startPut(t, q, 2)
		late := startPut(t, q, 3)
		q.GetNow()
		b.returns(t, nil)
		late.waits(t)
		late.cancel()
		late.returns(t, context.Canceled)
	})
}

// PutAll puts what there is room for, waits for the rest, and says how far it got
// when it is cut short.
func TestQ3_put_all(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(2)
		p := start(t, func(ctx context.Context) (int, error) { return q.PutAll(ctx, []int{1, 2, 3, 4, 5}) })
		p.waits(t)
		expect(t, "Len", q.Len(), 2)
		q.GetNow()
		p.waits(t)
		p.cancel()
		expect(t, "PutAll", p.returns(t, context.Canceled), 3)
		expect(t, "Len", q.Len(), 2)
		expect(t, "Unfinished", q.Unfinished(), 3)
		drain(q)

		n, err := q.PutAll(t.Context(), []int{6, 7})
		expectErr(t, "PutAll", err, nil)
		expect(t, "PutAll", n, 2)
		expect(t, "items", drain(q), t.sorted(6, 7))
		n, err = q.PutAll(t.Context(), nil)
		expectErr(t, "PutAll of nothing", err, nil)
		expect(t, "PutAll of nothing", n, 0)
	})
}

// PutAll serves those who wait for an item first, one each, in their order.
func TestQ9_put_all_serves_waiting_getters(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(2)
		a, b := startGet(t, q), startGet(t, q)
		n, err := q.PutAll(t.Context(), []int{1, 2, 3, 4})
		expectErr(t, "PutAll", err, nil)
		expect(t, "PutAll", n, 4)
		brings(t, a, 1)
		brings(t, b, 2)
		expect(t, "items", drain(q), t.sorted(3, 4))
	})
}

// PutAll that is let in with one item and cancelled at once counts that item. If it
// was the last, all is well.
func TestQ6_put_all_counts_what_was_let_in(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			for length, want := range map[int]error{2: nil, 3: errGone} {
				q := o.make(1)
				ctx, cancel := context.WithCancelCause(t.Context())
				whileParked(t, func() error {
					cancel(errGone)
					q.GetNow()
					return errGone
				})
				n, err := q.PutAll(ctx, []int{1, 2, 3}[:length])
				expectErr(t, "PutAll", err, want)
				expect(t, "PutAll", n, 2)
				expect(t, "items", drain(q), []int{2})
				expect(t, "Unfinished", q.Unfinished(), 2)
			}
		})
	}
}
