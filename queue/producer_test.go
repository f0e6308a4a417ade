package queue_test

import (
	"context"
	"testing"

	"github.com/inflight-go/inflight/queue"
)

// The queue is shut down when the last open handle is closed, and not before; what
// was put can still be got.
func TestQ20_last_handle_shuts_down(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(9)
		a, b := q.Producer(), q.Producer()
		expectErr(t, "Put", a.Put(t.Context(), 1), nil)
		expectErr(t, "PutNow", b.PutNow(2), nil)
		n, err := b.PutAll(t.Context(), []int{3, 4})
		expectErr(t, "PutAll", err, nil)
		expect(t, "PutAll", n, 2)
		a.Close()
		c := q.Producer()
		b.Close()
		expectErr(t, "Put", c.Put(t.Context(), 5), nil)
		c.Close()
		expectErr(t, "PutNow", q.PutNow(6), queue.ErrShutdown)
		expect(t, "items", drain(q), t.sorted(1, 2, 3, 4, 5))
		_, err = q.Get(t.Context())
		expectErr(t, "Get", err, queue.ErrShutdown)
	})
}

// A handle that is closed puts nothing more, while the others go on. Closing it
// twice counts once.
func TestQ20_closed_handle(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(9)
		a, b := q.Producer(), q.Producer()
		a.Close()
		a.Close()
		expectErr(t, "Put", a.Put(t.Context(), 1), queue.ErrClosed)
		expectErr(t, "PutNow", a.PutNow(1), queue.ErrClosed)
		n, err := a.PutAll(t.Context(), []int{1})
		expect(t, "PutAll", n, 0)
		expectErr(t, "PutAll", err, queue.ErrClosed)
		expectErr(t, "Put by the other", b.PutNow(2), nil)
		expect(t, "items", drain(q), []int{2})
		b.Close()
		b.Close()
		expectErr(t, "Put", a.PutNow(1), queue.ErrClosed)
	})
}

// Consumers that wait end when the last handle is closed.
func TestQ20_last_close_wakes_getters(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1)
		a, b := q.Producer(), q.Producer()
		g := startGet(t, q)
		a.Close()
		g.waits(t)
		b.Close()
		g.returns(t, queue.ErrShutdown)
	})
}

// A Put that waits goes on when its handle is closed beside it, unless that was the
// last one.
func TestQ20_close_beside_a_waiting_put(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1, 0)
		a, b := q.Producer(), q.Producer()
		pa := start(t, func(ctx context.Context) (int, error) { return 1, a.Put(ctx, 1) })
		pb := start(t, func(ctx context.Context) (int, error) { return 2, b.Put(ctx, 2) })
		a.Close()
		pa.waits(t)
		q.GetNow()
		pa.returns(t, nil)
		b.Close()
		pb.returns(t, queue.ErrShutdown)
		expect(t, "items", drain(q), []int{1})
	})
}

// On a queue that is shut down a handle is of no use, and closing it harmless. The
// queue's own Put needs no handle.
func TestQ20_handles_and_shutdown(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(9, 1)
		a := q.Producer()
		q.Shutdown()
		expectErr(t, "Put", a.PutNow(2), queue.ErrShutdown)
		b := q.Producer()
		expectErr(t, "Put", b.Put(t.Context(), 2), queue.ErrShutdown)
		a.Close()
		b.Close()
		expect(t, "items", drain(q), []int{1})
	})
}

// Many producers and one range: it brings all, and ends by itself.
func TestQ20_range_ends_with_the_producers(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(2)
		for range 5 {
			p := q.Producer()
			go func() {
				defer p.Close()
				for v := range 20 {
					p.Put(t.Context(), v)
				}
			}()
		}
		n := 0
		for range q.All(t.Context()) {
			n++
		}
		expect(t, "items", n, 100)
		expectErr(t, "ctx", t.Context().Err(), nil)
	})
}
