// Offload does what asyncio needs run_in_executor, to_thread and a ProcessPoolExecutor
// for. Here no code holds up another: to compute on all processors is to call Map, and
// the arguments are not pickled. Offload is for a call that knows no context, of a
// library in C for example: so many at once as there is room for, and to wait for it can
// be given up.
//
//	go run ./examples/offload
//	go run ./examples/offload -scale    # how it scales over the processors
//
// Output:
//
//	78498 primes below a million
//	a lookup that can't be stopped: the user has gone
//	it is left behind, and says so: true
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"time"

	"github.com/inflight-go/inflight"
)

func main() {
	scale := flag.Bool("scale", false, "measure how the work scales over the processors")
	flag.Parse()
	if *scale {
		inflight.Main(measure)
	} else {
		inflight.Main(run)
	}
}

func run(ctx context.Context) error {
	n, err := primes(ctx, 1_000_000, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	fmt.Println(n, "primes below a million")

	user, cancel := context.WithTimeoutCause(ctx, 50*time.Millisecond, errors.New("the user has gone"))
	defer cancel()
	err = inflight.Run(user, func(ctx context.Context, _ *inflight.TaskGroup) error {
		_, err := inflight.Offload(ctx, lookup)
		return err
	}, inflight.OffloadLimit(4))
	fmt.Println("a lookup that can't be stopped:", context.Cause(user))
	fmt.Println("it is left behind, and says so:", errors.Is(err, inflight.ErrAbandoned))
	return nil
}

// lookup stands for a call that blocks, and knows nothing of contexts.
func lookup() (string, error) {
	time.Sleep(300 * time.Millisecond)
	return "192.0.2.1", nil
}

// primes counts the primes below n, in a hundred parts, on so many processors at once.
func primes(ctx context.Context, n, processors int) (int, error) {
	parts := make([]int, 100)
	for i := range parts {
		parts[i] = i * n / len(parts)
	}
	counts, err := inflight.Map(ctx, parts, processors, func(ctx context.Context, from int) (int, error) {
		count := 0
		for i := max(from, 2); i < from+n/len(parts); i++ {
			if isPrime(i) {
				count++
			}
		}
		return count, ctx.Err()
	})
	sum := 0
	for _, c := range counts {
		sum += c
	}
	return sum, err
}

func isPrime(n int) bool {
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return true
}

// measure shows how long it takes on one processor, two, and so on.
func measure(ctx context.Context) error {
	var alone time.Duration
	for p := 1; p <= runtime.NumCPU(); p *= 2 {
		begin := time.Now()
		if _, err := primes(ctx, 3_000_000, p); err != nil {
			return err
		}
		took := time.Since(begin)
		if p == 1 {
			alone = took
		}
		fmt.Printf("%3d at once: %6v, %4.1f times as fast\n", p, took.Round(time.Millisecond), alone.Seconds()/took.Seconds())
	}
	return nil
}
