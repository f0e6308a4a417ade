// Locks keeps ten requests from each renewing the same token. In asyncio that is Lock,
// which is held across an await. Here a lock that is held across a wait takes a context:
// whoever has no time gives up waiting. For a few lines that do not wait there is
// sync.Mutex.
//
//	go run ./examples/locks
//
// Output:
//
//	10 requests, 1 renewal, token 1
//	while somebody holds the lock: the user has gone
//	later: token 1
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
)

// A source of tokens asks for a new one when the old one has expired.
type source struct {
	mu       locks.Mutex
	token    string
	expires  time.Time
	renewals int
}

// get returns a token that is valid. The first who finds it expired renews it, and the
// others wait for that.
func (s *source) get(ctx context.Context) (string, error) {
	if err := s.mu.Lock(ctx); err != nil {
		return "", err
	}
	defer s.mu.Unlock()
	if time.Now().Before(s.expires) {
		return s.token, nil
	}
	if err := inflight.Sleep(ctx, 200*time.Millisecond); err != nil { // the server of tokens
		return "", err
	}
	s.renewals++
	s.token, s.expires = fmt.Sprint("token ", s.renewals), time.Now().Add(time.Hour)
	return s.token, nil
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	var s source
	tokens, err := inflight.Map(ctx, make([]int, 10), inflight.Unlimited, func(ctx context.Context, _ int) (string, error) {
		return s.get(ctx)
	})
	if err != nil {
		return err
	}
	fmt.Printf("%d requests, %d renewal, %s\n", len(tokens), s.renewals, tokens[9])

	// Somebody else holds the lock, for longer than a user waits.
	if err := s.mu.Lock(ctx); err != nil {
		return err
	}
	user, cancel := context.WithTimeoutCause(ctx, 10*time.Millisecond, errors.New("the user has gone"))
	defer cancel()
	_, err = s.get(user)
	fmt.Println("while somebody holds the lock:", err)
	s.mu.Unlock()

	token, err := s.get(ctx) // the one who has given up is not in the way
	fmt.Println("later:", token)
	return err
}
