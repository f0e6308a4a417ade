package queue

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
)

// Unfinished returns for how many of the items that were put TaskDone was not
// called yet.
func (q *Queue[T]) Unfinished() int {
	q.lock()
	defer q.unlock()
	return q.puts - q.done
}

// TaskDone says that the work for one item that was got is done. It panics when it
// is called more often than items were put.
func (q *Queue[T]) TaskDone() {
	ctx := context.Background()
	park.Point(ctx, park.OpTaskDone, &q.obj)
	q.after(ctx, park.OpTaskDone, q.tryDone())
}

func (q *Queue[T]) tryDone() (woke bool) {
	if q.store != nil {
		q.lock()
	} else {
		q.head.Lock()
		if q.known-q.done > 1 { // not the last one: nobody can be waiting for it
			q.done++
			q.head.Unlock()
			return false
		}
		q.tail.Lock()
	}
	defer q.unlock()
	return q.finish(1)
}

// finish counts n items as done. The caller has the whole queue.
func (q *Queue[T]) finish(n int) (woke bool) {
	if n > q.puts-q.done {
		panic("inflight/queue: TaskDone called more often than items were put (a range over All calls it by itself)")
	}
	if q.done += n; q.done != q.puts {
		return false
	}
	return letGo(&q.joiners, served)
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
	q.lock()
	if q.done == q.puts {
		q.unlock()
		return nil
	}
	return q.wait(ctx, &q.joiners, w, park.OpQueueJoin)
}
