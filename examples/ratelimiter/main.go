// Ratelimiter never starts more than five requests in any 200 milliseconds, and never
// more than two to one host. In asyncio there is nothing for that; people take
// aiolimiter, a leaky bucket, which after a pause lets nearly twice as many through in
// one period. Here a rate is a promise about every window: start it where you like, it
// holds no more than so many.
//
//	go run ./examples/ratelimiter
//
// Output:
//
//	15 requests, 5 in any 200ms, take no less than 400ms: true
//	at most 5 were counted in a window: true
//	one gave up waiting, and has used up nothing: no time
//	4 requests to each of 3 hosts, 2 in any 200ms, take no less than 200ms: true
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/limit"
)

const period = 200 * time.Millisecond

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	n, per, err := limit.ParseRate("5/200ms") // as people write it in a configuration
	if err != nil {
		return err
	}
	rate := limit.NewRate(n, per, limit.Burst(n)) // without Burst they are spaced evenly
	begin := time.Now()
	counted := true
	for range 15 {
		if err := rate.Wait(ctx); err != nil {
			return err
		}
		counted = counted && rate.Stats().Recent <= n
	}
	fmt.Printf("15 requests, 5 in any %v, take no less than %v: %t\n", per, 2*period, time.Since(begin) >= 2*period)
	fmt.Println("at most 5 were counted in a window:", counted)
	hasty, cancel := context.WithTimeoutCause(ctx, 10*time.Millisecond, errors.New("no time"))
	defer cancel()
	fmt.Println("one gave up waiting, and has used up nothing:", rate.Wait(hasty))

	hosts := limit.NewKeyed(1000, func(string) *limit.Rate { return limit.NewRate(2, period, limit.Burst(2)) })
	begin = time.Now()
	err = inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
		for range 4 {
			for _, host := range []string{"a.example", "b.example", "c.example"} {
				g.Go(func(ctx context.Context) error {
					rate, done := hosts.Use(host)
					defer done()
					return rate.Wait(ctx)
				})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Printf("4 requests to each of %d hosts, 2 in any %v, take no less than %[2]v: %[3]t\n", hosts.Len(), period, time.Since(begin) >= period)
	return nil
}
