// Command sessions asks a server that is busy at first for three users.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

type user struct {
	ID   int
	Name string
}

func main() {
	requests, url := serve()
	s, err := session.New(session.Options{
		PerHost: 4,                                          // exchanges with one host at once
		Rate:    session.Rate{N: 100, Per: time.Second},     // starts in any second
		Backoff: retry.Policy{Base: 100 * time.Millisecond}, // before it tries again
		Timeout: 5 * time.Second,                            // of one attempt
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	users, err := inflight.Map(context.Background(), []int{1, 2, 3}, 10, func(ctx context.Context, id int) (user, error) {
		return session.JSON[user](ctx, s, fmt.Sprint(url, "/users/", id))
	})
	fmt.Println(users, err)
	fmt.Println(requests.Load(), "requests for 3 users")
}

// serve serves users on loopback. Its first two answers are that it is busy.
func serve() (requests *atomic.Int32, url string) {
	requests = new(atomic.Int32)
	return requests, httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) <= 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var id int
		fmt.Sscanf(r.URL.Path, "/users/%d", &id)
		fmt.Fprintf(w, `{"id": %d, "name": "user %d"}`, id, id)
	})).URL
}
