// Session asks a shop that fails now and then, and then asks to be left alone for a
// second. In asyncio that is aiohttp's ClientSession, with tenacity or a loop of one's
// own for the retries, and each task finds out for itself that the host has had enough.
// Here the session has the connections, the limits and the retries, and a host that
// answers 429 is left alone by all.
//
//	go run ./examples/session
//
// Output:
//
//	names: [ann bob cid dan], 2 at once at most
//	GET /news: 503 503 200
//	POST /orders: 503, inflight/session: not retried, the method is not idempotent
//	POST /orders: 503 201
//	GET /busy: 429, left alone for a second, 200
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// A shop answers with one status after the other, path by path.
type shop struct {
	mu       sync.Mutex
	statuses map[string][]int
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if next := s.statuses[r.URL.Path]; len(next) > 0 {
		s.statuses[r.URL.Path] = next[1:]
		if next[0] == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(next[0])
		return
	}
	json.NewEncoder(w).Encode(map[string]string{"name": r.FormValue("user")})
}

func main() { inflight.Main(run) }

func run(ctx context.Context) error {
	server := httptest.NewServer(&shop{statuses: map[string][]int{
		"/news":   {503, 503, 200},
		"/orders": {503, 503, 201},
		"/busy":   {429, 200},
	}})
	defer server.Close()
	s, err := session.New(session.Options{
		PerHost: 2,
		Backoff: retry.Policy{Retries: 3, Base: 10 * time.Millisecond},
		Timeout: 5 * time.Second, // of each attempt
	})
	if err != nil {
		return err
	}
	defer s.Close()

	type user struct{ Name string }
	users, err := inflight.Map(ctx, []string{"ann", "bob", "cid", "dan"}, 100, func(ctx context.Context, name string) (string, error) {
		u, err := session.JSON[user](ctx, s, server.URL+"/users?user="+name)
		return u.Name, err
	})
	if err != nil {
		return err
	}
	fmt.Printf("names: %v, 2 at once at most\n", users)

	for _, r := range []*session.Request{
		{Method: "GET", URL: server.URL + "/news"},
		{Method: "POST", URL: server.URL + "/orders"}, // the order may have been taken
		{Method: "POST", URL: server.URL + "/orders", IdempotencyKey: "order 1"},
		{Method: "GET", URL: server.URL + "/busy"},
	} {
		answer, err := s.Do(ctx, r)
		if err != nil {
			return err
		}
		fmt.Printf("%s %s:", r.Method, strings.TrimPrefix(r.URL, server.URL))
		for _, a := range answer.Attempts {
			if a.Wait > time.Second/2 {
				fmt.Print(", left alone for a second,")
			}
			fmt.Print(" ", a.Status)
		}
		if answer.GaveUp != nil {
			fmt.Print(", ", answer.GaveUp)
		}
		fmt.Println()
	}
	return nil
}
