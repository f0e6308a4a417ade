package queue

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
)

// Unfinished returns for how many of the items that were put TaskDone was not
// called yet.
func (q *Queue[T]) Unfinished() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.unfinished
}

// TaskDone says that the work for one item that was got is done. It panics when it
// is called more often than items were put.
func (q *Queue[T]) TaskDone() {
	ctx := context.Background()
	park.Point(ctx, park.OpTaskDone, &q.obj)
	q.mu.Lock()
	if q.unfinished == 0 {
		q.mu.Unlock()
		panic("inflight/queue: TaskDone called more often than items were put (a range over All calls it by itself)")
	}
	woke := q.finish(1)
	q.mu.Unlock()
	if woke {
		park.Point(ctx, park.OpTaskDone, &q.obj)
	}
}

// finish counts n items as done. The caller holds the lock.
func (q *Queue[T]) finish(n int) (woke bool) {
	q.unfinished -= n
	if q.unfinished > 0 || q.joiners.Len() == 0 {
		return false
	}
	q.joiners.GrantAll()
	return true
}

// Join waits until no item is unfinished: as many were done as were put. If that is
// so already it returns at once. It returns the cause of ctx when that ends first,
// or has ended before. Items that are put afterwards count for the next Join, and a
// shutdown changes nothing: what is being worked on is waited for.
func (q *Queue[T]) Join(ctx context.Context) error {
	park.Point(ctx, park.OpQueueJoin, &q.obj)
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	if q.Unfinished() == 0 {
		return nil
	}
	w := park.NewWaiter(ctx)
	defer w.Free()
	q.mu.Lock()
	if q.unfinished == 0 {
		q.mu.Unlock()
		return nil
	}
	return q.joiners.Wait(ctx, &q.mu, w, park.OpQueueJoin, &q.obj)
}
