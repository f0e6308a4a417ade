package hooktest_test

import (
	"cmp"
	"context"
	"slices"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/queue"
)

// queueRows are the operations of package queue, for each order.
var queueRows = slices.Concat(
	queueOps("New", queue.New[int]),
	queueOps("NewStack", queue.NewStack[int]),
	queueOps("NewPriority", func(capacity int) *queue.Queue[int] { return queue.NewPriority(capacity, cmp.Compare[int]) }),
)

// queueOps are the operations on a queue with room for one item.
func queueOps(kind string, make func(capacity int) *queue.Queue[int]) []blocking {
	put := func(name string, capacity int, call func(*queue.Queue[int], context.Context) error) blocking {
		return blocking{name: kind + ", " + name, op: park.OpPut, setup: func(e *env) (func(context.Context) error, func()) {
			q := make(capacity)
			for range capacity {
				q.PutNow(0)
			}
			return func(ctx context.Context) error { return call(q, ctx) }, func() { q.GetNow() }
		}}
	}
	get := func(name string, capacity int, call func(*queue.Queue[int], context.Context) error) blocking {
		return blocking{name: kind + ", " + name, op: park.OpGet, setup: func(e *env) (func(context.Context) error, func()) {
			q := make(capacity)
			return func(ctx context.Context) error { return call(q, ctx) }, func() { q.PutNow(1) }
		}}
	}
	return []blocking{
		put("Put", 1, func(q *queue.Queue[int], ctx context.Context) error { return q.Put(ctx, 1) }),
		put("Put, rendezvous", 0, func(q *queue.Queue[int], ctx context.Context) error { return q.Put(ctx, 1) }),
		put("Put, large", 100, func(q *queue.Queue[int], ctx context.Context) error { return q.Put(ctx, 1) }),
		put("PutAll", 1, func(q *queue.Queue[int], ctx context.Context) error {
			n, err := q.PutAll(ctx, []int{1})
			if n == 1 {
				return nil
			}
			return err
		}),
		put("Producer.Put", 1, func(q *queue.Queue[int], ctx context.Context) error { return q.Producer().Put(ctx, 1) }),
		put("Producer.PutAll", 1, func(q *queue.Queue[int], ctx context.Context) error {
			n, err := q.Producer().PutAll(ctx, []int{1})
			if n == 1 {
				return nil
			}
			return err
		}),
		get("Get", 1, func(q *queue.Queue[int], ctx context.Context) error { _, err := q.Get(ctx); return err }),
		get("Get, rendezvous", 0, func(q *queue.Queue[int], ctx context.Context) error { _, err := q.Get(ctx); return err }),
		get("Get, large", 100, func(q *queue.Queue[int], ctx context.Context) error { _, err := q.Get(ctx); return err }),
		get("GetUpTo", 1, func(q *queue.Queue[int], ctx context.Context) error { _, err := q.GetUpTo(ctx, 2); return err }),
		get("All", 1, func(q *queue.Queue[int], ctx context.Context) error {
			for range q.All(ctx) {
				return nil
			}
			return context.Cause(ctx)
		}),
		{name: kind + ", Join", op: park.OpQueueJoin, setup: func(e *env) (func(context.Context) error, func()) {
			q := make(1)
			q.PutNow(1)
			q.GetNow()
			return q.Join, q.TaskDone
		}},
		{name: kind + ", Get, shut down", op: park.OpGet, setup: func(e *env) (func(context.Context) error, func()) {
			q := make(1)
			return func(ctx context.Context) error {
				_, err := q.Get(ctx)
				if err == queue.ErrShutdown {
					return nil
				}
				return err
			}, q.Shutdown
		}},
	}
}
