package main

import (
	"context"
	"sync"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/queue"
)

// queues hands items from producers to consumers, each of whom could be
// cancelled at any time.
func queues() []*bench {
	const sel = "channel, select on ctx"
	const get, foreign, all, both = "queue", "queue, ctx of the standard library", "queue, range over All", "queue, PutAll of 64 and All"
	pipe := func(name string, capacity, pairs int, targets ...target) *bench {
		return &bench{
			name: name, n: 100_000, unit: "item put and got",
			want: sumTo,
			contenders: []contender{
				{name: get, kind: ours, open: once(queueRun(capacity, pairs, putEach, getEach))},
				{name: foreign, kind: ours, open: once(queuePlain(capacity, pairs))},
				{name: all, kind: ours, open: once(queueRun(capacity, pairs, putEach, getAll))},
				{name: both, kind: ours, open: once(queueRun(capacity, pairs, putBatches, getAll))},
				{name: sel, kind: hand, open: once(channelSelect(capacity, pairs))},
				{name: "channel, no ctx", kind: hand, open: once(channelPlain(capacity, pairs))},
			},
			targets: append(targets,
				beside(foreign, wall, 0, sel),
				beside(both, wall, 0, sel),
			),
		}
	}
	narrow := pipe("queue 1, one to one", 1, 1, within(1, get, wall, 2, sel), beside(get, wall, 1, sel), beside(all, wall, 0, sel),
		beside(get, wall, 0, leastName))
	narrow.contenders = append(narrow.contenders, contender{name: leastName, kind: least, open: once(leastPipe)})
	return []*bench{
		pipe("queue 1 024, one to one", 1024, 1, ahead(5, get, wall, 2, sel), beside(get, wall, 1, sel), ahead(10, all, wall, 2, sel), beside(all, wall, 1, sel)),
		pipe("queue 1 024, four to four", 1024, 4, ahead(2, get, wall, 2, sel), beside(get, wall, 1, sel), beside(all, wall, 0, sel)),
		narrow,
	}
}

type (
	putter func(ctx context.Context, q *queue.Queue[int], from, to int)
	getter func(ctx context.Context, q *queue.Queue[int]) int64
)

func putEach(ctx context.Context, q *queue.Queue[int], from, to int) {
	for i := from; i < to; i++ {
		must(q.Put(ctx, i))
	}
}

// putBatches puts 64 at a time, as one who reads them from somewhere in blocks.
func putBatches(ctx context.Context, q *queue.Queue[int], from, to int) {
	var batch [64]int
	for from < to {
		k := min(len(batch), to-from)
		for j := range k {
			batch[j] = from + j
		}
		_, err := q.PutAll(ctx, batch[:k])
		must(err)
		from += k
	}
}

func getEach(ctx context.Context, q *queue.Queue[int]) (total int64) {
	for {
		v, err := q.Get(ctx)
		if err != nil {
			return total // shut down, and empty
		}
		total += int64(v)
	}
}

func getAll(ctx context.Context, q *queue.Queue[int]) (total int64) {
	for v := range q.All(ctx) {
		total += int64(v)
	}
	return total
}

// queueRun has tasks of one scope put and get, each with the context that is its
// own.
func queueRun(capacity, pairs int, put putter, get getter) func(n int) int64 {
	return func(n int) int64 {
		q := queue.New[int](capacity)
		sums := make([]int64, pairs)
		must(inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
			for i := range sums {
				g.Go(func(ctx context.Context) error { sums[i] = get(ctx, q); return nil })
			}
			must(inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				for i := range pairs {
					g.Go(func(ctx context.Context) error { put(ctx, q, i*n/pairs, (i+1)*n/pairs); return nil })
				}
				return nil
			}))
			q.Shutdown()
			return nil
		}))
		return total(sums)
	}
}

func total(sums []int64) (all int64) {
	for _, s := range sums {
		all += s
	}
	return all
}

// plainPipe has plain goroutines put and get under a context that can be
// cancelled; shut is called when everything was put.
func plainPipe(n, pairs int, put func(ctx context.Context, from, to int), shut func(), get func(ctx context.Context) int64) int64 {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	sums := make([]int64, pairs)
	var putting, getting sync.WaitGroup
	for i := range pairs {
		getting.Go(func() { sums[i] = get(ctx) })
		putting.Go(func() { put(ctx, i*n/pairs, (i+1)*n/pairs) })
	}
	putting.Wait()
	shut()
	getting.Wait()
	return total(sums)
}

func queuePlain(capacity, pairs int) func(n int) int64 {
	return func(n int) int64 {
		q := queue.New[int](capacity)
		return plainPipe(n, pairs,
			func(ctx context.Context, from, to int) { putEach(ctx, q, from, to) },
			q.Shutdown,
			func(ctx context.Context) int64 { return getEach(ctx, q) })
	}
}

func channelSelect(capacity, pairs int) func(n int) int64 {
	return func(n int) int64 {
		c := make(chan int, capacity)
		return plainPipe(n, pairs,
			func(ctx context.Context, from, to int) {
				for i := from; i < to; i++ {
					select {
					case c <- i:
					case <-ctx.Done():
						return
					}
				}
			},
			func() { close(c) },
			func(ctx context.Context) (total int64) {
				for {
					select {
					case v, ok := <-c:
						if !ok {
							return total
						}
						total += int64(v)
					case <-ctx.Done():
						return total
					}
				}
			})
	}
}

func channelPlain(capacity, pairs int) func(n int) int64 {
	return func(n int) int64 {
		c := make(chan int, capacity)
		return plainPipe(n, pairs,
			func(_ context.Context, from, to int) {
				for i := from; i < to; i++ {
					c <- i
				}
			},
			func() { close(c) },
			func(context.Context) (total int64) {
				for v := range c {
					total += int64(v)
				}
				return total
			})
	}
}
