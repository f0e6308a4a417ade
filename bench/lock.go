package main

import (
	"context"
	"runtime"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
)

// count is what a run returns that has nothing to add up but itself.
func count(n int) int64 { return int64(n) }

// semaphores acquires and releases permits, free and fought over.
func semaphores() []*bench {
	const rival = "x/sync semaphore"
	const own, foreign = "Semaphore", "Semaphore, ctx of the standard library"
	return []*bench{{
		name: "semaphore, free", n: 100_000, unit: "acquire and release",
		want: count,
		contenders: []contender{
			{name: own, kind: ours, open: once(semaphoreFree(inTask))},
			{name: foreign, kind: ours, open: once(semaphoreFree(inContext))},
			{name: rival, kind: peer, open: once(weightedFree)},
			{name: "channel, select on ctx", kind: hand, open: once(channelFree)},
		},
		targets: []target{
			ahead(2, own, wall, 2, rival), beside(own, wall, 1, rival),
			ahead(2, foreign, wall, 2, rival), beside(foreign, wall, 1, rival),
			atMost(0.01, own, allocs, 2),
		},
	}, {
		name: "semaphore, 100 over 10", n: 100_000, unit: "acquire, yield and release",
		want: count,
		contenders: []contender{
			{name: own, kind: ours, open: once(semaphoreFought)},
			{name: foreign, kind: ours, open: once(semaphoreFoughtPlain)},
			{name: rival, kind: peer, open: once(weightedFought)},
			{name: "channel, select on ctx", kind: hand, open: once(channelFought)},
		},
		targets: []target{
			within(1, own, wall, 2, rival), beside(own, wall, 1, rival),
			within(1, foreign, wall, 2, rival), beside(foreign, wall, 1, rival),
			atMost(0.01, own, allocs, 0),
		},
	}}
}

// mutexes locks a mutex that nobody else wants.
func mutexes() []*bench {
	const rival = "sync.Mutex"
	return []*bench{{
		name: "mutex, free", n: 100_000, unit: "lock and unlock",
		want: count,
		contenders: []contender{
			{name: "Mutex", kind: ours, open: once(mutexFree(inTask))},
			{name: "Mutex, ctx of the standard library", kind: ours, open: once(mutexFree(inContext))},
			{name: rival, kind: hand, open: once(mutexStandard)},
			{name: "x/sync semaphore of 1", kind: peer, open: once(weightedMutex)},
		},
		targets: []target{
			within(3, "Mutex", wall, 2, rival), beside("Mutex", wall, 1, rival),
			within(3, "Mutex, ctx of the standard library", wall, 2, rival), beside("Mutex, ctx of the standard library", wall, 1, rival),
			atMost(0.01, "Mutex", allocs, 2),
		},
	}}
}

// inTask calls f with the context of a task.
func inTask(f func(ctx context.Context)) {
	must(inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error { f(ctx); return nil })
		return nil
	}))
}

// inContext calls f with a context of the standard library that can be cancelled.
func inContext(f func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	f(ctx)
}

func semaphoreFree(in func(func(context.Context))) func(n int) int64 {
	return func(n int) (done int64) {
		s := locks.NewSemaphore(10)
		in(func(ctx context.Context) {
			for range n {
				must(s.Acquire(ctx, 1))
				done++
				s.Release(1)
			}
		})
		return done
	}
}

func weightedFree(n int) (done int64) {
	s := semaphore.NewWeighted(10)
	inContext(func(ctx context.Context) {
		for range n {
			must(s.Acquire(ctx, 1))
			done++
			s.Release(1)
		}
	})
	return done
}

func channelFree(n int) (done int64) {
	c := make(chan struct{}, 10)
	inContext(func(ctx context.Context) {
		for range n {
			select {
			case c <- struct{}{}:
			case <-ctx.Done():
			}
			done++
			<-c
		}
	})
	return done
}

// fighters are so many; what one does while it has a permit is to yield, or the
// permits would be enough for all.
const fighters = 100

// share is the part of n that fighter i has.
func share(n, i int) int { return (i+1)*n/fighters - i*n/fighters }

func semaphoreFought(n int) int64 {
	s := locks.NewSemaphore(10)
	done := make([]int64, fighters)
	must(inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range done {
			g.Go(func(ctx context.Context) error {
				for range share(n, i) {
					must(s.Acquire(ctx, 1))
					runtime.Gosched()
					s.Release(1)
					done[i]++
				}
				return nil
			})
		}
		return nil
	}))
	return total(done)
}

// fight is the same among plain goroutines, for any semaphore.
func fight(n int, acquire func(ctx context.Context) error, release func()) int64 {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make([]int64, fighters)
	var wg sync.WaitGroup
	for i := range done {
		wg.Go(func() {
			for range share(n, i) {
				must(acquire(ctx))
				runtime.Gosched()
				release()
				done[i]++
			}
		})
	}
	wg.Wait()
	return total(done)
}

func semaphoreFoughtPlain(n int) int64 {
	s := locks.NewSemaphore(10)
	return fight(n, func(ctx context.Context) error { return s.Acquire(ctx, 1) }, func() { s.Release(1) })
}

func weightedFought(n int) int64 {
	s := semaphore.NewWeighted(10)
	return fight(n, func(ctx context.Context) error { return s.Acquire(ctx, 1) }, func() { s.Release(1) })
}

func channelFought(n int) int64 {
	c := make(chan struct{}, 10)
	return fight(n, func(ctx context.Context) error {
		select {
		case c <- struct{}{}:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}, func() { <-c })
}

func mutexFree(in func(func(context.Context))) func(n int) int64 {
	return func(n int) (done int64) {
		var m locks.Mutex
		in(func(ctx context.Context) {
			for range n {
				must(m.Lock(ctx))
				done++
				m.Unlock()
			}
		})
		return done
	}
}

func mutexStandard(n int) (done int64) {
	var m sync.Mutex
	inContext(func(context.Context) {
		for range n {
			m.Lock()
			done++
			m.Unlock()
		}
	})
	return done
}

func weightedMutex(n int) (done int64) {
	s := semaphore.NewWeighted(1)
	inContext(func(ctx context.Context) {
		for range n {
			must(s.Acquire(ctx, 1))
			done++
			s.Release(1)
		}
	})
	return done
}
