package queue_test

import (
	"context"
	"testing"

	"github.com/inflight-go/inflight/queue"
)

// After Shutdown nothing can be put, and what waits can still be got; then there is
// ErrShutdown.
func TestQ14_shutdown(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5, 1, 2, 3)
		q.Shutdown()
		expectErr(t, "Put", q.Put(t.Context(), 4), queue.ErrShutdown)
		expectErr(t, "PutNow", q.PutNow(4), queue.ErrShutdown)
		n, err := q.PutAll(t.Context(), []int{4, 5})
		expect(t, "PutAll", n, 0)
		expectErr(t, "PutAll", err, queue.ErrShutdown)
		expect(t, "Len", q.Len(), 3)

		want := t.sorted(1, 2, 3)
		v, err := q.Get(t.Context())
		expectErr(t, "Get", err, nil)
		expect(t, "Get", v, want[0])
		vs, err := q.GetUpTo(t.Context(), 9)
		expectErr(t, "GetUpTo", err, nil)
		expect(t, "GetUpTo", vs, want[1:])

		_, err = q.Get(t.Context())
		expectErr(t, "Get", err, queue.ErrShutdown)
		_, err = q.GetNow()
		expectErr(t, "GetNow", err, queue.ErrShutdown)
		vs, err = q.GetUpTo(t.Context(), 9)
		expectErr(t, "GetUpTo", err, queue.ErrShutdown)
		expect(t, "GetUpTo", len(vs), 0)
		_, err = q.Get(ended())
		expectErr(t, "Get with an ended context", err, errGone)
	})
}

// Those who wait for an item when the queue is shut down get ErrShutdown.
func TestQ14_shutdown_wakes_getters(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5)
		a, b := startGet(t, q), startGet(t, q)
		batch := start(t, func(ctx context.Context) ([]int, error) { return q.GetUpTo(ctx, 3) })
		q.Shutdown()
		expect(t, "Get", a.returns(t, queue.ErrShutdown), 0)
		b.returns(t, queue.ErrShutdown)
		batch.returns(t, queue.ErrShutdown)
	})
}

// Those who wait to put when the queue is shut down get ErrShutdown, and their
// items are not in it, also not when room is made afterwards.
func TestQ14_shutdown_wakes_putters(t *testing.T) {
	inEach(t, func(t *bench) {
		for _, capacity := range []int{0, 2} {
			q := t.queue(capacity)
			for i := range capacity {
				put(t, q, i)
			}
			a, b := startPut(t, q, 8), startPut(t, q, 9)
			all := start(t, func(ctx context.Context) (int, error) { return q.PutAll(ctx, []int{5, 6}) })
			q.Shutdown()
			a.returns(t, queue.ErrShutdown)
			b.returns(t, queue.ErrShutdown)
			expect(t, "PutAll", all.returns(t, queue.ErrShutdown), 0)
			expect(t, "items", drain(q), t.sorted([]int{0, 1}[:capacity]...))
			expect(t, "Unfinished", q.Unfinished(), capacity)
		}
	})
}

// A shutdown at the moment of a cancellation: one of the two is the error, and
// nothing was put or taken.
func TestQ14_shutdown_and_cancelled_at_once(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			full, empty := o.make(1), o.make(1)
			put(t, full, 1)
			cut := func(q *queue.Queue[int]) context.Context {
				ctx, cancel := context.WithCancelCause(t.Context())
				whileParked(t, func() error {
					q.Shutdown()
					cancel(errGone)
					return errGone
				})
				return ctx
			}
			expectErr(t, "Put", full.Put(cut(full), 2), queue.ErrShutdown)
			expect(t, "items", drain(full), []int{1})
			_, err := empty.Get(cut(empty))
			expectErr(t, "Get", err, queue.ErrShutdown)
		})
	}
}

// Join waits after Shutdown too, for what waits and for what is being worked on.
func TestQ15_join_after_shutdown(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5, 1, 2)
		q.GetNow()
		before := startJoin(t, q)
		q.Shutdown()
		after := startJoin(t, q)
		q.TaskDone()
		before.waits(t)
		after.waits(t)
		q.GetNow()
		after.waits(t)
		q.TaskDone()
		before.returns(t, nil)
		after.returns(t, nil)
	})
}

// ShutdownNow counts as done what it took out, and no more: Join still waits for
// what is being worked on.
func TestQ16_shutdown_now_with_work_in_hand(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5, 1, 2, 3)
		q.GetNow()
		j := startJoin(t, q)
		expect(t, "drained", len(q.ShutdownNow()), 2)
		expect(t, "Unfinished", q.Unfinished(), 1)
		expect(t, "Len", q.Len(), 0)
		j.waits(t)
		q.TaskDone()
		j.returns(t, nil)
	})
}

// What was declared done while it waited is not counted again when it is drained.
func TestQ16_shutdown_now_after_task_done(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5, 1, 2, 3)
		q.TaskDone()
		q.TaskDone()
		j := startJoin(t, q)
		expect(t, "drained", len(q.ShutdownNow()), 3)
		expect(t, "Unfinished", q.Unfinished(), 0)
		j.returns(t, nil)
	})
}

// ShutdownNow lets Join through when nothing is being worked on, and wakes all who
// wait to put or get.
func TestQ16_shutdown_now_with_nothing_in_hand(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(2, 1, 2)
		j, p := startJoin(t, q), startPut(t, q, 3)
		empty := t.queue(2)
		g := startGet(t, empty)
		expect(t, "drained", len(q.ShutdownNow()), 2)
		expect(t, "drained", len(empty.ShutdownNow()), 0)
		j.returns(t, nil)
		p.returns(t, queue.ErrShutdown)
		g.returns(t, queue.ErrShutdown)
		expect(t, "Unfinished", q.Unfinished(), 0)
		_, err := q.Get(t.Context())
		expectErr(t, "Get", err, queue.ErrShutdown)
		expectErr(t, "Put", q.Put(t.Context(), 1), queue.ErrShutdown)
	})
}

// A second shutdown of the same kind does nothing, and Shutdown after ShutdownNow
// neither.
func TestQ17_shutdown_is_idempotent(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5, 1, 2)
		q.Shutdown()
		q.Shutdown()
		expect(t, "items", drain(q), t.sorted(1, 2))

		q = t.queue(5, 1, 2)
		expect(t, "drained", len(q.ShutdownNow()), 2)
		expect(t, "drained again", len(q.ShutdownNow()), 0)
		q.Shutdown()
		expect(t, "Unfinished", q.Unfinished(), 0)
	})
}

// ShutdownNow after Shutdown takes out what is left.
func TestQ17_shutdown_is_upgradable(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5, 1, 2, 3)
		q.Shutdown()
		q.GetNow()
		j := startJoin(t, q)
		expect(t, "drained", q.ShutdownNow(), t.sorted(1, 2, 3)[1:])
		j.waits(t)
		q.TaskDone()
		j.returns(t, nil)
		_, err := q.GetNow()
		expectErr(t, "GetNow", err, queue.ErrShutdown)
	})
}

// ShutdownNow returns what it took out, in the order of Get, without the items of
// those who waited to put.
func TestQ18_shutdown_now_returns_the_items(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(3, 3, 1, 2)
		p := startPut(t, q, 0)
		expect(t, "drained", q.ShutdownNow(), t.sorted(3, 1, 2))
		p.returns(t, queue.ErrShutdown)
	})
}
