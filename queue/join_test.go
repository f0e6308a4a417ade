package queue_test

import (
	"context"
	"math"
	"strings"
	"testing"
)

// Join returns at once when nothing is unfinished, and otherwise when the last item
// is done: for all who wait, and again for items that come later.
func TestQ11_join(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5)
		expectErr(t, "Join of an unused queue", q.Join(t.Context()), nil)
		for range 2 {
			put(t, q, 1, 2)
			a, b := startJoin(t, q), startJoin(t, q)
			drain(q)
			a.waits(t)
			q.TaskDone()
			a.waits(t)
			b.waits(t)
			q.TaskDone()
			a.returns(t, nil)
			b.returns(t, nil)
			expectErr(t, "Join of a finished queue", q.Join(t.Context()), nil)
		}
	})
}

// Join counts what is put while it waits, by whichever way it comes in.
func TestQ11_join_waits_for_what_comes_meanwhile(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1, 1)
		p := startPut(t, q, 2)
		j := startJoin(t, q)
		q.GetNow()
		p.returns(t, nil)
		q.TaskDone()
		j.waits(t)
		q.GetNow()
		g := startGet(t, q)
		put(t, q, 3)
		brings(t, g, 3)
		q.TaskDone()
		j.waits(t)
		q.TaskDone()
		j.returns(t, nil)
	})
}

// A Join that is cancelled returns the cause, and the others go on waiting.
func TestQ11_cancelled_join(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5, 1)
		a, b := startJoin(t, q), startJoin(t, q)
		a.cancel()
		a.returns(t, context.Canceled)
		b.waits(t)
		drain(q)
		q.TaskDone()
		b.returns(t, nil)
	})
}

// A Join that was let through and cancelled at the same moment has succeeded.
func TestQ11_done_and_cancelled_at_once(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			q := o.make(1)
			put(t, q, 1)
			ctx, cancel := context.WithCancelCause(t.Context())
			whileParked(t, func() error {
				cancel(errGone)
				q.TaskDone()
				return errGone
			})
			expectErr(t, "Join", q.Join(ctx), nil)
		})
	}
}

// An item is unfinished from its Put on: also while it waits, not while its putter
// does, and when it went straight to somebody who waited for it.
func TestQ12_unfinished_counts_at_put(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1)
		expect(t, "before", q.Unfinished(), 0)
		put(t, q, 1)
		expect(t, "after a put", q.Unfinished(), 1)
		p := startPut(t, q, 2)
		expect(t, "with a blocked putter", q.Unfinished(), 1)
		q.GetNow()
		p.returns(t, nil)
		expect(t, "after it was let in", q.Unfinished(), 2)
		q.GetNow()
		expect(t, "after a get", q.Unfinished(), 2)
		g := startGet(t, q)
		put(t, q, 3)
		brings(t, g, 3)
		expect(t, "after a hand-over", q.Unfinished(), 3)
		for range 3 {
			q.TaskDone()
		}
		expect(t, "in the end", q.Unfinished(), 0)
	})
}

// TaskDone more often than items were put is a fault of the program, and panics as
// it does with sync.WaitGroup [≠: an exception there, as all errors]. The queue
// works on.
func TestQ13_task_done_too_often(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5)
		tooOften := func() {
			t.Helper()
			msg := panics(t, q.TaskDone)
			if !strings.HasPrefix(msg, "inflight/queue: TaskDone called more often") {
				t.Errorf("panic %q", msg)
			}
		}
		tooOften()
		put(t, q, 1, 2)
		q.TaskDone() // before the get: it counts all the same
		q.TaskDone()
		tooOften()
		put(t, q, 3)
		expect(t, "Unfinished", q.Unfinished(), 1)
		drain(q)
		q.TaskDone()
		tooOften()
		expectErr(t, "Join", q.Join(t.Context()), nil)
	})
}

// TaskDone counts for whichever item: a range whose body calls it too comes to zero
// early, and to a panic when it goes on like that.
func TestQ11_Q13_task_done_before_its_time(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5, 1, 2, 3)
		j := startJoin(t, q)
		n := 0
		msg := panics(t, func() {
			for range q.All(t.Context()) {
				switch n++; n {
				case 1:
					q.TaskDone()
					j.waits(t)
				case 2: // one by the body, one by the range, one by the body
					q.TaskDone()
					j.returns(t, nil)
				}
			}
		})
		expect(t, "bodies", n, 2)
		expect(t, "panic", msg[:strings.Index(msg, " called")], "inflight/queue: TaskDone")
		expect(t, "Unfinished", q.Unfinished(), 0)
		drain(q)
	})
}

// Counters that go round keep their meaning.
func TestQ11_counters_wrap(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(9)
		q.Counted(math.MaxInt - 2)
		for range 3 {
			put(t, q, 1, 2, 3)
			j := startJoin(t, q)
			expect(t, "Unfinished", q.Unfinished(), 3)
			n := 0
			for range q.All(t.Context()) {
				j.waits(t)
				if n++; n == 3 {
					break
				}
			}
			j.returns(t, nil)
			panics(t, q.TaskDone)
		}
	})
}
