package limit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/limit"
)

// A hundred starts a second, whatever the number of workers.
func Example() {
	rate := limit.NewRate(100, time.Second)
	pages := []string{"/1", "/2", "/3"}
	sizes, err := inflight.Map(context.Background(), pages, 10, func(ctx context.Context, page string) (int, error) {
		if err := rate.Wait(ctx); err != nil {
			return 0, err
		}
		return len(page), nil // the request
	})
	fmt.Println(sizes, err, rate)
	// Output: [2 2 2] <nil> rate [100/s]
}

func ExampleRate() {
	rate := limit.NewRate(2, time.Hour, limit.Burst(2))
	fmt.Println(rate.Try(), rate.Try(), rate.Try())

	ctx, cancel := context.WithTimeoutCause(context.Background(), time.Millisecond, errors.New("too late"))
	defer cancel()
	fmt.Println(rate.Wait(ctx))

	rate.Set(10, time.Hour)
	fmt.Println(rate)
	// Output:
	// true true false
	// too late
	// rate [10/h]
}

func ExampleRate_Stats() {
	rate := limit.NewRate(5, time.Second, limit.Burst(3))
	rate.Try()
	s := rate.Stats()
	fmt.Printf("%d of %d in %v, %d at once, %d waiting\n", s.Recent, s.N, s.Per, s.Burst, s.Waiting)
	// Output: 1 of 5 in 1s, 3 at once, 0 waiting
}

func ExampleBurst() {
	rate := limit.NewRate(5, time.Hour, limit.Burst(3))
	for range 4 {
		fmt.Println(rate.Try())
	}
	// Output:
	// true
	// true
	// true
	// false
}

func ExampleParseRate() {
	for _, s := range []string{"5000/1m", "1.5/s", "100 per second"} {
		n, per, err := limit.ParseRate(s)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(n, per)
	}
	// Output:
	// 5000 1m0s
	// 3 2s
	// rate "100 per second": want a number, a slash and a period, as in "100/s" or "5000/1m"
}

func ExampleFormatRate() {
	fmt.Println(limit.FormatRate(100, time.Second), limit.FormatRate(5000, 5*time.Minute))
	// Output: 100/s 5000/5m
}

// A host that has said when to come back is left alone until then.
func ExampleGate() {
	var gate limit.Gate
	ctx := context.Background()
	fmt.Println(&gate, gate.Wait(ctx))

	fmt.Println(gate.CloseUntil(time.Now().Add(30*time.Millisecond)), gate.CloseUntil(time.Now()))
	_, closed := gate.Closed()
	fmt.Println(closed, gate.Wait(ctx))
	// Output:
	// gate [open] <nil>
	// true false
	// true <nil>
}

// Tokens in a minute: what was reserved too much comes back at once.
func ExampleBudget() {
	tokens := limit.NewBudget(10_000, time.Minute)
	ctx := context.Background()

	r, err := tokens.Reserve(ctx, 6000)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Cancel() // if there is no answer
	fmt.Println(tokens)
	r.Settle(1500) // what the answer says
	fmt.Println(tokens)

	_, err = tokens.Reserve(ctx, 20_000)
	fmt.Println(errors.Is(err, limit.ErrTooMuch), err)
	// Output:
	// budget [6000 of 10000/m]
	// budget [1500 of 10000/m]
	// true inflight/limit: more than the whole budget: 20000 of 10000
}

// A rate for each host, of which a thousand are remembered.
func ExampleKeyed() {
	hosts := limit.NewKeyed(1000, func(host string) *limit.Rate { return limit.NewRate(10, time.Second) })

	rate, done := hosts.Use("a.example.com")
	defer done()
	fmt.Println(rate.Wait(context.Background()))

	for host, rate := range hosts.All() {
		fmt.Println(host, rate)
	}
	fmt.Println(hosts.Len())
	// Output:
	// <nil>
	// a.example.com rate [10/s]
	// 1
}

// As many at once as the server can take.
func ExampleAdaptive() {
	limiter := limit.NewAdaptive(10, 100)
	ctx := context.Background()
	for range 3 {
		if err := limiter.Acquire(ctx); err != nil {
			fmt.Println(err)
			return
		}
		began := time.Now()
		status := http.StatusTooManyRequests // the request
		limiter.Release(limit.Outcome{
			Latency:   time.Since(began),
			Congested: status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable,
			Ignore:    ctx.Err() != nil,
		})
	}
	fmt.Println(limiter.Limit(), limiter.Stats().InUse)
	// Output: 10 0
}

func ExampleLearn() {
	header := make(http.Header)
	header.Set("RateLimit-Policy", `"burst";q=100;w=60`)
	header.Set("RateLimit", `"burst";r=50;t=30`)
	header.Set("X-RateLimit-Limit-Tokens", "150000")
	header.Set("X-RateLimit-Remaining-Tokens", "0")
	header.Set("X-RateLimit-Reset-Tokens", "6m0s")

	now := time.Now()
	for _, q := range limit.Learn(header, now) {
		fmt.Printf("%s: %d of %d left, anew in %v\n", q.Name, q.Remaining, q.Limit, q.Reset.Sub(now))
	}
	// Output:
	// burst: 50 of 100 left, anew in 30s
	// tokens: 0 of 150000 left, anew in 6m0s
}

// A server that has said that two are left for 20 ms is asked twice in them.
func ExampleLearned() {
	l := limit.NewLearned(time.Minute)
	began := time.Now()
	for left := int64(2); left >= 0; left-- {
		if err := l.Wait(context.Background()); err != nil {
			fmt.Println(err)
			return
		}
		l.Answered([]limit.Quota{{Limit: -1, Remaining: left, Reset: began.Add(20 * time.Millisecond)}})
	}
	err := l.Wait(context.Background())
	fmt.Println(time.Since(began) >= 20*time.Millisecond, err)
	// Output: true <nil>
}
