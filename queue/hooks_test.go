package queue_test

import (
	"context"
	"maps"
	"testing"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/queue"
)

// A witness counts which operations passed the hooks; a wait ends at once, as
// cancelled.
type witness struct {
	parked
	points, parks map[park.Op]int
}

func (w *witness) Point(_ context.Context, op park.Op, obj *park.Object) { w.points[op]++ }

func (w *witness) Park(_ context.Context, _ *park.Waiter, op park.Op, obj *park.Object) error {
	w.parks[op]++
	return errGone
}

// Each operation passes the point at its entry, and each wait is parked: an
// exploring scheduler sees all of them.
func TestHooks(t *testing.T) {
	ctx := t.Context()
	full, empty := queue.New[int](1), queue.New[int](1)
	put(t, full, 1)
	for _, c := range []struct {
		name  string
		op    park.Op
		waits bool
		f     func()
	}{
		{"Put", park.OpPut, true, func() { full.Put(ctx, 2) }},
		{"PutNow", park.OpPut, false, func() { full.PutNow(2) }},
		{"PutAll", park.OpPut, true, func() { full.PutAll(ctx, []int{2}) }},
		{"Get", park.OpGet, true, func() { empty.Get(ctx) }},
		{"GetNow", park.OpGet, false, func() { empty.GetNow() }},
		{"GetUpTo", park.OpGet, true, func() { empty.GetUpTo(ctx, 2) }},
		{"All", park.OpGet, true, func() {
			for range empty.All(ctx) {
			}
		}},
		{"Join", park.OpQueueJoin, true, func() { full.Join(ctx) }},
		{"TaskDone", park.OpTaskDone, false, full.TaskDone},
		{"Shutdown", park.OpShutdown, false, full.Shutdown},
		{"ShutdownNow", park.OpShutdown, false, func() { full.ShutdownNow() }},
		{"Producer.Close", park.OpShutdown, false, full.Producer().Close},
	} {
		w := &witness{points: make(map[park.Op]int), parks: make(map[park.Op]int)}
		restore := park.Simulate(w)
		c.f()
		restore()
		want := map[park.Op]int{}
		if c.waits {
			want[c.op] = 1
		}
		if w.points[c.op] != 1 || len(w.points) != 1 || !maps.Equal(w.parks, want) {
			t.Errorf("%s: points %v, waits %v", c.name, w.points, w.parks)
		}
	}
}

// Each operation that wakes somebody passes a second point.
func TestHooks_after_waking(t *testing.T) {
	ctx := context.Background()
	waitPut := func(q *queue.Queue[int]) { q.Put(ctx, 0) }
	waitGet := func(q *queue.Queue[int]) { q.Get(ctx) }
	waitJoin := func(q *queue.Queue[int]) { q.Join(ctx) }
	for _, c := range []struct {
		name  string
		items int
		waits func(q *queue.Queue[int])
		wakes func(q *queue.Queue[int])
		op    park.Op
	}{
		{"Put", 0, waitGet, func(q *queue.Queue[int]) { q.Put(ctx, 1) }, park.OpPut},
		{"PutNow", 0, waitGet, func(q *queue.Queue[int]) { q.PutNow(1) }, park.OpPut},
		{"PutAll", 0, waitGet, func(q *queue.Queue[int]) { q.PutAll(ctx, []int{1}) }, park.OpPut},
		{"Get", 1, waitPut, func(q *queue.Queue[int]) { q.Get(ctx) }, park.OpGet},
		{"GetNow", 1, waitPut, func(q *queue.Queue[int]) { q.GetNow() }, park.OpGet},
		{"GetUpTo", 1, waitPut, func(q *queue.Queue[int]) { q.GetUpTo(ctx, 1) }, park.OpGet},
		{"TaskDone", 1, waitJoin, func(q *queue.Queue[int]) { q.TaskDone() }, park.OpTaskDone},
		{"Shutdown", 1, waitPut, func(q *queue.Queue[int]) { q.Shutdown() }, park.OpShutdown},
		{"ShutdownNow", 1, waitJoin, func(q *queue.Queue[int]) { q.ShutdownNow() }, park.OpShutdown},
		{"Close", 0, waitGet, func(q *queue.Queue[int]) { q.Producer().Close() }, park.OpShutdown},
	} {
		q := queue.New[int](1)
		for i := range c.items {
			put(t, q, i)
		}
		w := &witness{points: make(map[park.Op]int), parks: make(map[park.Op]int)}
		inner := &waker{witness: w, f: func() { c.wakes(q) }}
		restore := park.Simulate(inner)
		c.waits(q)
		restore()
		if w.points[c.op] < 2 {
			t.Errorf("%s: %d points, want one at the entry and one after waking", c.name, w.points[c.op])
		}
	}
}

// A waker lets something happen while somebody is parked.
type waker struct {
	*witness
	f func()
}

func (w *waker) Park(context.Context, *park.Waiter, park.Op, *park.Object) error {
	clear(w.points)
	w.f()
	return nil
}
