package queue

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
)

// What Waiter.N says to those who were woken.
const (
	served  = iota
	refused // by a shutdown
)

// wait puts w into l, unlocks, and parks. It returns nil when w was served.
func (q *Queue[T]) wait(ctx context.Context, l *park.List, w *park.Waiter, op park.Op) error {
	w.N = served
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

// wake wakes w, which was granted under the locks, if there is one.
func (q *Queue[T]) wake(ctx context.Context, op park.Op, w *park.Waiter) {
	if w == nil {
		return
	}
	w.Unpark()
	park.Point(ctx, op, &q.obj)
}

// both is for those who have two to wake, or one, or none: it leaves one.
func both(a, b *park.Waiter) *park.Waiter {
	if b == nil {
		return a
	}
	if a != nil {
		a.Unpark()
	}
	return b
}

// grantAll serves all who wait in l.
func grantAll(l *park.List, how int64) (last *park.Waiter) {
	for w := l.Front(); w != nil; w = l.Front() {
		w.N = how
		l.Grant(w)
		last = both(last, w)
	}
	return last
}
