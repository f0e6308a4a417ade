package queue_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/inflight-go/inflight/queue"
)

// Workers range over a queue; when all that was put is done, it is shut down, and
// the workers end.
func Example() {
	ctx := context.Background()
	q := queue.New[string](10)
	var workers sync.WaitGroup
	for range 3 {
		workers.Go(func() {
			for page := range q.All(ctx) {
				if page == "index" {
					q.PutAll(ctx, []string{"one", "two", "three"})
				}
			}
		})
	}
	q.Put(ctx, "index")
	fmt.Println(q.Join(ctx), q.Unfinished())
	q.Shutdown()
	workers.Wait()
	// Output: <nil> 0
}

func ExampleNew() {
	q := queue.New[int](2)
	fmt.Println(q.PutNow(1), q.PutNow(2))
	fmt.Println(q.PutNow(3))
	v, _ := q.GetNow()
	fmt.Println(v, q.Len(), q.Cap(), q.Full(), q.Empty())
	// Output:
	// <nil> <nil>
	// inflight/queue: the queue is full
	// 1 1 2 false false
}

func ExampleNewPriority() {
	type job struct {
		urgency int
		name    string
	}
	q := queue.NewPriority(queue.Unbounded, func(a, b job) int { return cmp.Compare(a.urgency, b.urgency) })
	for _, j := range []job{{2, "tidy"}, {1, "mend"}, {2, "paint"}} {
		q.PutNow(j)
	}
	for _, j := range q.ShutdownNow() {
		fmt.Println(j.name)
	}
	// Output:
	// mend
	// tidy
	// paint
}

func ExampleNewStack() {
	q := queue.NewStack[string](5)
	q.PutNow("first")
	q.PutNow("last")
	v, _ := q.GetNow()
	fmt.Println(v)
	// Output: last
}

func ExampleQueue_Put() {
	q := queue.New[int](1)
	ctx, cancel := context.WithCancelCause(context.Background())
	fmt.Println(q.Put(ctx, 1))
	go cancel(errors.New("no more time"))
	fmt.Println(q.Put(ctx, 2)) // waits: there is no room
	fmt.Println(q.Len())
	// Output:
	// <nil>
	// no more time
	// 1
}

func ExampleQueue_PutAll() {
	q := queue.New[int](5)
	n, err := q.PutAll(context.Background(), []int{1, 2, 3})
	fmt.Println(n, err, q.Len())
	// Output: 3 <nil> 3
}

func ExampleQueue_Get() {
	ctx := context.Background()
	q := queue.New[string](0) // a rendezvous
	go q.Put(ctx, "hello")
	fmt.Println(q.Get(ctx))
	// Output: hello <nil>
}

func ExampleQueue_GetUpTo() {
	ctx := context.Background()
	q := queue.New[int](10)
	q.PutAll(ctx, []int{1, 2, 3, 4, 5})
	for !q.Empty() {
		batch, _ := q.GetUpTo(ctx, 2)
		fmt.Println(batch)
	}
	// Output:
	// [1 2]
	// [3 4]
	// [5]
}

func ExampleQueue_All() {
	ctx := context.Background()
	q := queue.New[int](10)
	q.PutAll(ctx, []int{1, 2, 3})
	q.Shutdown()
	for v := range q.All(ctx) {
		fmt.Println(v, q.Unfinished())
	}
	fmt.Println(ctx.Err(), q.Unfinished())
	// Output:
	// 1 3
	// 2 2
	// 3 1
	// <nil> 0
}

func ExampleQueue_Join() {
	ctx := context.Background()
	q := queue.New[int](10)
	q.PutAll(ctx, []int{1, 2, 3})
	go func() {
		for {
			if _, err := q.Get(ctx); err != nil {
				return
			}
			q.TaskDone()
		}
	}()
	fmt.Println(q.Join(ctx))
	q.Shutdown()
	// Output: <nil>
}

func ExampleQueue_Shutdown() {
	q := queue.New[int](10)
	q.PutNow(1)
	q.Shutdown()
	fmt.Println(q.PutNow(2))
	fmt.Println(q.GetNow())
	fmt.Println(q.GetNow())
	// Output:
	// inflight/queue: the queue is shut down
	// 1 <nil>
	// 0 inflight/queue: the queue is shut down
}

func ExampleQueue_ShutdownNow() {
	q := queue.New[int](10)
	q.PutAll(context.Background(), []int{1, 2, 3})
	q.GetNow() // is being worked on
	fmt.Println(q.ShutdownNow(), q.Unfinished())
	// Output: [2 3] 1
}

func ExampleQueue_Producer() {
	ctx := context.Background()
	q := queue.New[int](2)
	own := q.Producer() // keeps the queue open until all the others are made
	for i := range 3 {
		p := q.Producer()
		go func() {
			defer p.Close()
			p.Put(ctx, 10*i)
			p.Put(ctx, 10*i+1)
		}()
	}
	own.Close()
	sum := 0
	for v := range q.All(ctx) { // ends when all are closed
		sum += v
	}
	fmt.Println(sum)
	// Output: 63
}
