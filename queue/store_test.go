package queue_test

import (
	"cmp"
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"weak"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/queue"
)

// A cmp that panics does so in the caller, and the queue can be used afterwards:
// nothing is locked, and no item is lost that was in it.
func TestQ23_cmp_panics(t *testing.T) {
	angry := false
	q := queue.NewPriority(queue.Unbounded, func(a, b int) int {
		if angry {
			panic("cmp")
		}
		return cmp.Compare(a, b)
	})
	put(t, q, 3, 2, 1, 4)
	angry = true
	expect(t, "panic of Put", panics(t, func() { q.PutNow(0) }), "cmp")
	expect(t, "panic of Get", panics(t, func() { q.Get(t.Context()) }), "cmp")
	expect(t, "panic of GetUpTo", panics(t, func() { q.GetUpTo(t.Context(), 2) }), "cmp")
	angry = false
	expect(t, "Unfinished", q.Unfinished(), 4)
	expect(t, "items", drain(q), []int{1, 2, 3, 4})
}

// Whoever was let in before cmp panicked goes on, and whoever was not waits for the
// next.
func TestQ23_cmp_panics_while_others_wait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const bad = 99
		angry := true
		q := queue.NewPriority(2, func(a, b int) int {
			if angry && (a == bad || b == bad) {
				panic("cmp")
			}
			return cmp.Compare(a, b)
		})
		put(t, q, 1, 2)
		let, kept := startPut(t, q, 3), startPut(t, q, bad)
		expect(t, "panic of GetUpTo", panics(t, func() { q.GetUpTo(t.Context(), 2) }), "cmp")
		let.returns(t, nil)
		kept.waits(t)
		angry = false
		expect(t, "items", drain(q), []int{3, bad})
		kept.returns(t, nil)
	})
}

// An item that was got is no longer kept alive by the queue.
func TestQ1_got_items_are_released(t *testing.T) {
	type big [1 << 10]byte
	for _, o := range []struct {
		name string
		q    *queue.Queue[*big]
	}{
		{"fifo", queue.New[*big](8)},
		{"fifo with two ends", queue.NewTwoEnded[*big](8)},
		{"stack", queue.NewStack[*big](8)},
		{"priority", queue.NewPriority(8, func(a, b *big) int { return 0 })},
	} {
		var refs []weak.Pointer[big]
		for range 4 {
			b := new(big)
			refs = append(refs, weak.Make(b))
			expectErr(t, "PutNow", o.q.PutNow(b), nil)
		}
		o.q.GetUpTo(t.Context(), 2)
		o.q.GetNow()
		runtime.GC()
		alive := 0
		for _, ref := range refs {
			if ref.Value() != nil {
				alive++
			}
		}
		expect(t, o.name+": items that are alive", alive, o.q.Len())
	}
}

// What a burst needed is let go of when it is over.
func TestQ21_a_burst_leaves_no_memory(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(queue.Unbounded)
		for range 2 {
			for i := range 20_000 {
				put(t, q, i)
			}
			expect(t, "drained", len(drain(q)), 20_000)
			for range 2 {
				g := startGet(t, q)
				put(t, q, 1)
				brings(t, g, 1)
			}
			if n := q.Slots(); n > 1<<13 {
				t.Fatalf("an empty queue holds %d slots", n)
			}
		}
	})
}

// While there is no need to wait, nothing is allocated.
func TestQ21_uncontended_use_allocates_nothing(t *testing.T) {
	for _, o := range orders {
		q := o.make(100)
		ctx := t.Context()
		use := func() {
			for range 50 {
				q.Put(ctx, 1)
			}
			for range 50 {
				q.Get(ctx)
				q.TaskDone()
			}
			q.PutNow(1)
			q.GetNow()
		}
		use()
		expect(t, o.name+": allocations", testing.AllocsPerRun(100, use), 0.0)
	}
}

// Whoever has waited to get or to put keeps nothing of what went by, although its
// next wait uses the same slot.
func TestWaitsKeepNothing(t *testing.T) {
	type big [1 << 10]byte
	synctest.Test(t, func(t *testing.T) {
		q := queue.New[*big](0)
		enough := make(chan struct{})
		var got, put weak.Pointer[big]
		err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				v, err := q.Get(ctx) // waits
				if err != nil {
					return err
				}
				got = weak.Make(v)
				v = new(big)
				put = weak.Make(v)
				err = q.Put(ctx, v) // waits
				<-enough
				return err
			})
			synctest.Wait()
			err := q.Put(ctx, new(big))
			synctest.Wait()
			if _, more := q.Get(ctx); err == nil {
				err = more
			}
			synctest.Wait()
			runtime.GC()
			if got.Value() != nil || put.Value() != nil {
				t.Errorf("still there: what was got %t, what was put %t", got.Value() != nil, put.Value() != nil)
			}
			close(enough)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
