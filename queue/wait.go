package queue

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
)

// What Waiter.N says to those who were woken.
const (
	served  = iota // from the start
	refused        // by a shutdown
)

// wait puts w into l, unlocks, and parks. It returns nil when w was served.
func (q *Queue[T]) wait(ctx context.Context, l *park.List, w *park.Waiter, op park.Op) error {
	q.room, q.waiters = 0, true // neither end may overlook w
	if q.store == nil {
		q.head.Unlock()
	}
	err := l.Wait(ctx, &q.tail, w, op, &q.obj)
	if err == nil && w.N == refused {
		return ErrShutdown
	}
	return err
}

// slotOf returns where the item of w is, or will be. It stays with w, empty, for
// the next wait of the same task.
func slotOf[T any](w *park.Waiter) *T {
	slot, ok := w.Slot.(*T)
	if !ok {
		slot = new(T)
		w.Slot = slot
	}
	return slot
}

// takeOut empties the slot, and returns what was in it.
func takeOut[T any](slot *T) (v T) {
	v, *slot = *slot, v
	return v
}

// serve lets the first of those who wait in l go. What it gets, or brings, has
// changed hands before.
func serve(l *park.List) {
	w := l.Front()
	l.Grant(w)
	w.Unpark()
}

// letGo lets all who wait in l go, and tells them how.
func letGo(l *park.List, how int64) (woke bool) {
	for w := l.Front(); w != nil; w = l.Front() {
		w.N = how
		serve(l)
		woke = true
	}
	return woke
}

// after is the end of each operation that may have woken somebody.
func (q *Queue[T]) after(ctx context.Context, op park.Op, woke bool) {
	if woke {
		park.Point(ctx, op, &q.obj)
	}
}
