package queue_test

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/inflight-go/inflight/queue"
)

// A contender is one way of passing ints on, under a context.
type contender struct {
	name string
	// make returns what each producer, each consumer does for n items, and what is
	// to be done when all has been produced.
	make func(capacity int) (produce, consume func(ctx context.Context, n int), end func())
}

const batchSize = 64

var contenders = []contender{
	{"chan+select", func(capacity int) (_, _ func(context.Context, int), _ func()) {
		ch := make(chan int, capacity)
		produce := func(ctx context.Context, n int) {
			for v := range n {
				select {
				case ch <- v:
				case <-ctx.Done():
					return
				}
			}
		}
		consume := func(ctx context.Context, n int) {
			for range n {
				select {
				case <-ch:
				case <-ctx.Done():
					return
				}
			}
		}
		return produce, consume, func() {}
	}},
	{"Put,Get", func(capacity int) (_, _ func(context.Context, int), _ func()) {
		q := queue.New[int](capacity)
		return putEach(q), getEach(q), func() {}
	}},
	{"Put,All", func(capacity int) (_, _ func(context.Context, int), _ func()) {
		q := queue.New[int](capacity)
		return putEach(q), rangeAll(q), q.Shutdown
	}},
	{"PutAll,All", func(capacity int) (_, _ func(context.Context, int), _ func()) {
		q := queue.New[int](capacity)
		return putBatches(q), rangeAll(q), q.Shutdown
	}},
	{"PutAll,GetUpTo", func(capacity int) (_, _ func(context.Context, int), _ func()) {
		q := queue.New[int](capacity)
		return putBatches(q), getBatches(q), q.Shutdown
	}},
}

func putEach(q *queue.Queue[int]) func(context.Context, int) {
	return func(ctx context.Context, n int) {
		for v := range n {
			if q.Put(ctx, v) != nil {
				return
			}
		}
	}
}

func putBatches(q *queue.Queue[int]) func(context.Context, int) {
	return func(ctx context.Context, n int) {
		var vs [batchSize]int
		for ; n > 0; n -= batchSize {
			if _, err := q.PutAll(ctx, vs[:min(n, batchSize)]); err != nil {
				return
			}
		}
	}
}

func getEach(q *queue.Queue[int]) func(context.Context, int) {
	return func(ctx context.Context, n int) {
		for range n {
			if _, err := q.Get(ctx); err != nil {
				return
			}
		}
	}
}

func getBatches(q *queue.Queue[int]) func(context.Context, int) {
	return func(ctx context.Context, _ int) {
		for {
			if _, err := q.GetUpTo(ctx, batchSize); err != nil {
				return
			}
		}
	}
}

func rangeAll(q *queue.Queue[int]) func(context.Context, int) {
	return func(ctx context.Context, _ int) {
		for range q.All(ctx) {
		}
	}
}

// BenchmarkPass is the cost of passing one item on, put and got, by so many
// producers to so many consumers.
func BenchmarkPass(b *testing.B) {
	for _, size := range []struct{ procs, capacity int }{{1, 1024}, {4, 1024}, {1, 1}, {4, 1}} {
		for _, c := range contenders {
			b.Run(fmt.Sprintf("%dto%d/cap%d/%s", size.procs, size.procs, size.capacity, c.name), func(b *testing.B) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				b.ReportAllocs()
				pass(ctx, b.N, size.procs, size.capacity, c)
			})
		}
	}
}

func pass(ctx context.Context, n, procs, capacity int, c contender) {
	produce, consume, end := c.make(capacity)
	var producers, consumers sync.WaitGroup
	for i := range procs {
		share := n / procs
		if i == 0 {
			share += n % procs
		}
		producers.Go(func() { produce(ctx, share) })
		consumers.Go(func() { consume(ctx, share) })
	}
	producers.Wait()
	end()
	consumers.Wait()
}

// BenchmarkUncontended is a put and a get of one goroutine.
func BenchmarkUncontended(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.Run("chan+select", func(b *testing.B) {
		b.ReportAllocs()
		ch := make(chan int, 16)
		for b.Loop() {
			select {
			case ch <- 1:
			case <-ctx.Done():
			}
			select {
			case <-ch:
			case <-ctx.Done():
			}
		}
	})
	for _, o := range []struct {
		name string
		q    *queue.Queue[int]
	}{
		{"fifo", queue.New[int](16)},
		{"priority", queue.NewPriority(16, cmp.Compare[int])},
		{"stack", queue.NewStack[int](16)},
	} {
		b.Run(o.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				o.q.Put(ctx, 1)
				o.q.Get(ctx)
			}
		})
	}
}
