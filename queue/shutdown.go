package queue

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
)

// Shutdown ends the queue: from now on nothing can be put, and those who wait to
// put get ErrShutdown and keep their items. What waits can still be got; when
// nothing is left, Get returns ErrShutdown, and those who wait for an item do so at
// once. Calling it again does nothing.
func (q *Queue[T]) Shutdown() { q.end(0, false) }

// ShutdownNow is Shutdown that also takes out the items that wait, and returns them
// in the order in which they would have been got. They count as done; those that
// are being worked on do not, and Join still waits for them. After Shutdown it
// takes out what is left, after ShutdownNow there is nothing.
func (q *Queue[T]) ShutdownNow() []T { return q.end(0, true) }

// end shuts the queue down, unless a handle was closed for that and others are open.
func (q *Queue[T]) end(closed int, now bool) []T {
	ctx := context.Background()
	park.Point(ctx, park.OpShutdown, &q.obj)
	drained, woke := q.tryEnd(closed, now)
	q.after(ctx, park.OpShutdown, woke)
	return drained
}

func (q *Queue[T]) tryEnd(closed int, now bool) (drained []T, woke bool) {
	q.lock()
	defer q.unlock()
	q.producers -= closed
	if closed > 0 && q.producers > 0 {
		return nil, false
	}
	q.shut = true
	for _, l := range []*park.List{&q.putters, &q.getters} {
		woke = letGo(l, refused) || woke
	}
	for now && q.len() > 0 {
		drained = append(drained, q.pop())
	}
	undone := min(len(drained), q.puts-q.done) // TaskDone may have come before its time
	return drained, q.finish(undone) || woke
}
