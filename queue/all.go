package queue

import (
	"context"
	"iter"

	"github.com/inflight-go/inflight/internal/park"
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
			park.Point(ctx, park.OpGet, &q.obj)
			if ctx.Err() != nil {
				return
			}
			finished := 0
			if busy {
				finished, busy = 1, false
			}
			v, err := q.get(ctx, finished)
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
