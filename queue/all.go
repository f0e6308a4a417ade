package queue

import (
	"context"
	"iter"
)

// All returns the items as they come, for a range statement: it gets one, and when
// the body is through with it, also by break, return or panic, calls TaskDone. The
// range ends when ctx ends, which ctx.Err then says, or the queue is shut down and
// empty.
//
// Several goroutines may range at once, over one sequence or over several: each
// item goes to one of them.
func (q *Queue[T]) All(ctx context.Context) iter.Seq[T] {
	return func(yield func(T) bool) {
		busy := false // an item is in the body
		defer func() {
			if busy {
				q.TaskDone()
			}
		}()
		for {
			v, err := q.next(ctx, &busy)
			if err != nil {
				return
			}
			busy = true
			if !yield(v) {
				return
			}
		}
	}
}

// next is Get, with the TaskDone for the item before it where there is one.
func (q *Queue[T]) next(ctx context.Context, busy *bool) (T, error) {
	if *busy {
		*busy = false
		q.TaskDone()
	}
	return q.Get(ctx)
}
