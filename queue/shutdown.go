package queue

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
)

// Shutdown ends the queue: from now on nothing can be put, and those who wait to
// put get ErrShutdown and keep their items. What waits can still be got; when
// nothing is left, Get returns ErrShutdown, and those who wait for an item do so at
// once. Calling it again does nothing.
func (q *Queue[T]) Shutdown() { q.end(always, false) }

// ShutdownNow is Shutdown that also takes out the items that wait, and returns them
// in the order in which they would have been got. They count as done; those that
// are being worked on do not, and Join still waits for them. After Shutdown it
// takes out what is left, after ShutdownNow there is nothing.
func (q *Queue[T]) ShutdownNow() []T { return q.end(always, true) }

func always() bool { return true }

// end shuts the queue down if, under the lock, due says so.
func (q *Queue[T]) end(due func() bool, now bool) []T {
	ctx := context.Background()
	park.Point(ctx, park.OpShutdown, &q.obj)
	drained, woke := q.tryEnd(due, now)
	if woke {
		park.Point(ctx, park.OpShutdown, &q.obj)
	}
	return drained
}

func (q *Queue[T]) tryEnd(due func() bool, now bool) (drained []T, woke bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !due() {
		return nil, false
	}
	q.shut = true
	woke = refuse(&q.putters) || woke
	woke = refuse(&q.getters) || woke
	for now && q.items.len() > 0 {
		drained = append(drained, q.pop())
	}
	return drained, q.finish(len(drained)) || woke
}

// refuse wakes all who wait in l, and tells them that the queue is shut down.
func refuse(l *park.List) (woke bool) {
	for w := l.Front(); w != nil; w = l.Front() {
		w.N = refused
		l.Grant(w)
		w.Unpark()
		woke = true
	}
	return woke
}
