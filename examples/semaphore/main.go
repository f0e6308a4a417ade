// Semaphore sends twenty requests to a service that bears three at once. In asyncio that
// is a Semaphore, taken by each of twenty tasks. That is here too, with permits that may
// be taken several at a time; but a limit on what a group runs is an option of the group,
// as it is an argument of Map and Each, and one that groups share and that changes is a
// Limiter.
//
//	go run ./examples/semaphore
//
// Output:
//
//	semaphore: 20 requests, 3 at once
//	one that takes all permits is alone: true
//	option: 20 requests, 3 at once
//	limiter: 10 requests, 3 at once
//	limiter, raised: 20 requests, 5 at once
package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
)

// A service counts its requests, and how many there were at once.
type service struct {
	mu                  sync.Mutex
	requests, now, most int
}

func (s *service) request(ctx context.Context) error {
	s.add(1)
	defer s.add(-1)
	return inflight.Sleep(ctx, 20*time.Millisecond)
}

func (s *service) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests += max(n, 0)
	s.now += n
	s.most = max(s.most, s.now)
}

func (s *service) String() string {
	return fmt.Sprintf("%d requests, %d at once", s.requests, s.most)
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	var a service
	permits := locks.NewSemaphore(3)
	err := send(ctx, 20, func(ctx context.Context) error { return permits.Do(ctx, 1, a.request) })
	if err != nil {
		return err
	}
	fmt.Println("semaphore:", &a)
	err = permits.Do(ctx, 3, func(context.Context) error {
		fmt.Println("one that takes all permits is alone:", !permits.TryAcquire(1))
		return nil
	})
	if err != nil {
		return err
	}

	var b service
	if err := send(ctx, 20, b.request, inflight.Limit(3)); err != nil {
		return err
	}
	fmt.Println("option:", &b)

	var c service
	limiter := inflight.NewLimiter(3)
	if err := send(ctx, 10, c.request, inflight.LimitBy(limiter)); err != nil {
		return err
	}
	fmt.Println("limiter:", &c)
	limiter.SetLimit(5)
	if err := send(ctx, 10, c.request, inflight.LimitBy(limiter)); err != nil {
		return err
	}
	fmt.Println("limiter, raised:", &c)
	return nil
}

// send makes n requests, as many at once as the options allow.
func send(ctx context.Context, n int, request func(context.Context) error, opts ...inflight.Option) error {
	return inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
		for range n {
			g.Go(request)
		}
		return nil
	}, opts...)
}
