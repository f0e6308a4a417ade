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

func ExampleQueue() {
	ctx := context.Background()
	show := func(q *queue.Queue[int]) { // whichever order it has
		q.PutAll(ctx, []int{2, 3, 1})
		fmt.Println(q.ShutdownNow())
	}
	show(queue.New[int](3))
	show(queue.NewPriority(3, cmp.Compare[int]))
	show(queue.NewStack[int](3))
	// Output:
	// [2 3 1]
	// [1 2 3]
	// [1 3 2]
}

func ExampleQueue_PutNow() {
	q := queue.New[string](1)
	fmt.Println(q.PutNow("a"))
	if err := q.PutNow("b"); errors.Is(err, queue.ErrFull) {
		fmt.Println("dropped")
	}
	// Output:
	// <nil>
	// dropped
}

func ExampleQueue_GetNow() {
	q := queue.New[string](1)
	q.PutNow("a")
	fmt.Println(q.GetNow())
	_, err := q.GetNow()
	fmt.Println(errors.Is(err, queue.ErrEmpty))
	// Output:
	// a <nil>
	// true
}

func ExampleQueue_TaskDone() {
	q := queue.New[string](1)
	q.PutNow("a")
	v, _ := q.GetNow()
	fmt.Println(v, q.Unfinished())
	q.TaskDone()
	fmt.Println(q.Unfinished())
	// Output:
	// a 1
	// 0
}

func ExampleQueue_Unfinished() {
	q := queue.New[string](5)
	q.PutAll(context.Background(), []string{"a", "b"})
	q.GetNow()
	fmt.Println(q.Len(), "waiting,", q.Unfinished(), "unfinished")
	// Output: 1 waiting, 2 unfinished
}

func ExampleQueue_Len() {
	q := queue.New[string](5)
	q.PutAll(context.Background(), []string{"a", "b"})
	fmt.Println(q.Len())
	// Output: 2
}

func ExampleQueue_Cap() {
	fmt.Println(queue.New[string](5).Cap(), queue.New[string](queue.Unbounded).Cap() == queue.Unbounded)
	// Output: 5 true
}

func ExampleQueue_Full() {
	q := queue.New[string](1)
	fmt.Println(q.Full())
	q.PutNow("a")
	fmt.Println(q.Full())
	// Output:
	// false
	// true
}

func ExampleQueue_Empty() {
	q := queue.New[string](1)
	fmt.Println(q.Empty())
	q.PutNow("a")
	fmt.Println(q.Empty())
	// Output:
	// true
	// false
}

func ExampleProducer() {
	ctx := context.Background()
	q := queue.New[string](5)
	a, b := q.Producer(), q.Producer()
	a.Put(ctx, "from a")
	a.Close()
	b.Put(ctx, "from b")
	b.Close() // the last one
	for v := range q.All(ctx) {
		fmt.Println(v)
	}
	// Output:
	// from a
	// from b
}

func ExampleProducer_Put() {
	ctx := context.Background()
	p := queue.New[int](1).Producer()
	fmt.Println(p.Put(ctx, 1))
	p.Close()
	fmt.Println(p.Put(ctx, 2))
	// Output:
	// <nil>
	// inflight/queue: the producer is closed
}

func ExampleProducer_PutNow() {
	p := queue.New[int](1).Producer()
	fmt.Println(p.PutNow(1), p.PutNow(2))
	// Output: <nil> inflight/queue: the queue is full
}

func ExampleProducer_PutAll() {
	p := queue.New[int](5).Producer()
	fmt.Println(p.PutAll(context.Background(), []int{1, 2, 3}))
	// Output: 3 <nil>
}

func ExampleProducer_Close() {
	q := queue.New[int](5)
	q.Producer().Close() // the only one
	fmt.Println(q.GetNow())
	// Output: 0 inflight/queue: the queue is shut down
}
