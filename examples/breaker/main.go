// Breaker stops asking a service that fails, and asks again later. In asyncio that is a
// package of somebody else, or a class of one's own with a counter and a time. Here it
// is package breaker, for each key by itself; a session has one for each host by
// Options.Breaker.
//
//	go run ./examples/breaker
//
// Output:
//
//	mail: down
//	mail: down
//	mail is now open
//	mail: down
//	mail: not asked
//	sms: delivered
//	mail is now half-open
//	mail is now closed
//	mail: delivered
//	the services were asked 5 times
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/retry/breaker"
)

// A sender sends by services that may be down.
type sender struct {
	breaker *breaker.Breaker
	down    map[string]bool
	asked   int
}

// send asks a service unless its breaker is open, and says what came of it.
func (s *sender) send(ctx context.Context, service string) {
	err := s.breaker.Do(ctx, service, func(context.Context) error {
		s.asked++
		if s.down[service] {
			return errors.New("down")
		}
		return nil
	})
	switch {
	case errors.Is(err, breaker.ErrOpen):
		fmt.Printf("%s: not asked\n", service)
	case err != nil:
		fmt.Printf("%s: %v\n", service, err)
	default:
		fmt.Printf("%s: delivered\n", service)
	}
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	s := &sender{down: map[string]bool{"mail": true}, breaker: breaker.New(breaker.Options{
		Share:    0.5, // of the calls have failed,
		Samples:  3,   // of at least three
		Open:     500 * time.Millisecond,
		OnChange: func(service, state string) { fmt.Println(service, "is now", state) },
	})}
	for _, service := range []string{"mail", "mail", "mail", "mail", "sms"} {
		s.send(ctx, service)
	}

	s.down["mail"] = false
	until, _ := s.breaker.Open("mail")
	if err := inflight.Sleep(ctx, time.Until(until)+time.Millisecond); err != nil {
		return err
	}
	s.send(ctx, "mail")
	fmt.Println("the services were asked", s.asked, "times")
	return nil
}
