package queue_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// A range brings the items in order, calls TaskDone after each body and not before,
// and ends when the queue is shut down and empty.
func TestQ19_range_ends_at_shutdown(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5, 1, 2, 3)
		q.Shutdown()
		var got []int
		for v := range q.All(t.Context()) {
			expect(t, "Unfinished", q.Unfinished(), 3-len(got))
			got = append(got, v)
		}
		expect(t, "items", got, t.sorted(1, 2, 3))
		expect(t, "Unfinished", q.Unfinished(), 0)
	})
}

// A range waits for items, and a Join waits for its bodies.
func TestQ19_range_waits(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1)
		var got []int
		finish := make(chan struct{})
		r := start(t, func(ctx context.Context) (int, error) {
			for v := range q.All(ctx) {
				got = append(got, v)
				<-finish
			}
			return 0, ctx.Err()
		})
		for v := range 3 {
			put(t, q, v)
			j := startJoin(t, q)
			j.waits(t)
			finish <- struct{}{}
			j.returns(t, nil)
		}
		r.waits(t)
		q.Shutdown()
		r.returns(t, nil)
		expect(t, "items", got, []int{0, 1, 2})
	})
}

// A range ends when its context does, while it waits and before its next item, and
// the last body counts as done.
func TestQ19_range_ends_with_its_context(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(5)
		r := start(t, func(ctx context.Context) (n int, err error) {
			for range q.All(ctx) {
				n++
			}
			return n, ctx.Err()
		})
		put(t, q, 1)
		r.waits(t)
		r.cancel()
		expect(t, "items", r.returns(t, context.Canceled), 1)
		expect(t, "Unfinished", q.Unfinished(), 0)

		put(t, q, 2, 3)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for range q.All(ctx) {
			n++
			cancel()
		}
		expect(t, "items", n, 1)
		expect(t, "Unfinished", q.Unfinished(), 1)
		expect(t, "Len", q.Len(), 1)
	})
}

// A body that is left by break, by return, by a panic or by Goexit counts as done;
// nothing else was taken.
func TestQ19_leaving_the_body_counts_as_done(t *testing.T) {
	inEach(t, func(t *bench) {
		leave := map[string]func(){
			"panic":  func() { panic("body") },
			"goexit": runtime.Goexit,
			"break":  nil,
		}
		for name, f := range leave {
			q := t.queue(5, 1, 2, 3)
			var wg sync.WaitGroup
			wg.Go(func() {
				defer func() { recover() }()
				for range q.All(t.Context()) {
					if f == nil {
						break
					}
					f()
				}
			})
			wg.Wait()
			expect(t, name+": Unfinished", q.Unfinished(), 2)
			expect(t, name+": Len", q.Len(), 2)
		}
	})
}

// Several goroutines range over one sequence at once: each item goes to one of
// them, and each range is on its own when it breaks.
func TestQ19_concurrent_ranges(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(2)
		seq := q.All(t.Context())
		var mu sync.Mutex
		var got []int
		for i := range 4 {
			go func() {
				for v := range seq {
					mu.Lock()
					got = append(got, v)
					mu.Unlock()
					if i == 0 {
						break
					}
				}
			}()
		}
		for i := range 100 {
			expectErr(t, "Put", q.Put(t.Context(), i), nil)
		}
		expectErr(t, "Join", q.Join(t.Context()), nil)
		q.Shutdown()
		synctest.Wait()
		slices.Sort(got)
		for i, v := range got {
			expect(t, "item", v, i)
		}
		expect(t, "items", len(got), 100)
	})
}

// A range that was served and cancelled at the same moment has its item, and ends
// after the body.
func TestQ19_served_and_cancelled_at_once(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			q := o.make(2)
			ctx, cancel := context.WithCancelCause(t.Context())
			whileParked(t, func() error {
				cancel(errGone)
				put(t, q, 1, 2)
				return errGone
			})
			var got []int
			for v := range q.All(ctx) {
				got = append(got, v)
			}
			expect(t, "items", got, []int{1})
			expect(t, "items left", drain(q), []int{2})
			expect(t, "Unfinished", q.Unfinished(), 1)
		})
	}
}

// A range whose body puts more work ends by itself once all is done: a joiner shuts
// the queue down.
func TestQ19_range_that_feeds_itself(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(1000, 8)
		for range 3 {
			go func() {
				for v := range q.All(t.Context()) {
					if v > 0 {
						put(t, q, v-1, v-1)
					}
				}
			}()
		}
		expectErr(t, "Join", q.Join(t.Context()), nil)
		q.Shutdown()
		synctest.Wait()
		expect(t, "Unfinished", q.Unfinished(), 0)
	})
}
