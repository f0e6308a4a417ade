// Settle asks several services at once and takes what it can get: a failure ends
// nobody else. In asyncio that is gather with return_exceptions=True, after which each
// result has to be looked at for its type; here each is a value or an error. A deadline
// cuts off who is late, and keeps what was there in time.
//
//	go run ./examples/settle
//
// Output:
//
//	mail: 2 new
//	calendar: no connection
//	weather: sunny
//
//	mail: 2 new
//	archive: the page is rendered now
//	complete: false
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
)

var errRender = errors.New("the page is rendered now")

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	services := []string{"mail", "calendar", "weather"}
	results, err := inflight.Settle(ctx, ask("2 new", nil), ask("", errors.New("no connection")), ask("sunny", nil))
	if err != nil {
		return err // ctx ended
	}
	show(services, results)
	fmt.Println()

	within, cancel := context.WithTimeoutCause(ctx, 200*time.Millisecond, errRender)
	defer cancel()
	results, err = inflight.Settle(within, ask("2 new", nil), archive)
	show([]string{"mail", "archive"}, results)
	fmt.Println("complete:", err == nil)
	return nil
}

func show(services []string, results []inflight.Result[string]) {
	for i, r := range results {
		if r.Err != nil {
			fmt.Printf("%s: %v\n", services[i], r.Err)
			continue
		}
		fmt.Printf("%s: %s\n", services[i], r.Value)
	}
}

// ask returns a request that is answered soon.
func ask(answer string, err error) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		return answer, errors.Join(err, inflight.Sleep(ctx, 10*time.Millisecond))
	}
}

// archive takes longer than anybody waits.
func archive(ctx context.Context) (string, error) {
	return "40 000 letters", inflight.Sleep(ctx, time.Hour)
}
