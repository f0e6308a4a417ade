package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// An answer is what a request gets. The zero answer is none.
type answer struct {
	status int
	text   string
}

func (a answer) write(w http.ResponseWriter) {
	if a != (answer{}) {
		w.WriteHeader(a.status)
		w.Write([]byte(a.text))
	}
}

// A race is what a path of the server lets its requests run.
type race struct {
	starts  int  // how many must have come before anybody gets an answer
	givenUp bool // and one of them must have been given up
	byLot   bool // places are given by lot, not in the order of coming
	rule    rule

	mu    sync.Mutex
	here  int // requests that have not ended
	round *round
}

// A rule says what the request at a place gets once the race has begun; first
// are those that it waited for.
type rule func(ctx context.Context, place int, first []arrival) answer

// A round is the requests of a race that overlap in time. When the last one has
// gone, the next one to come opens a new round.
type round struct {
	came  []arrival // no more than the race starts with
	count int
	lots  []int
	begin chan struct{} // closed when the race begins
}

// An arrival is a request that has come.
type arrival struct {
	at time.Time
	id string // of the resource that it uses, if any
}

// ServeHTTP takes one request from its coming to its answer.
func (r *race) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ctx := req.Context()
	place, now := r.enter(arrival{time.Now(), req.URL.Query().Get("use")})
	defer func() { r.leave(ctx.Err() != nil) }()
	select {
	case <-now.begin:
		r.rule(ctx, place, now.came).write(w)
	case <-ctx.Done():
	}
}

// enter adds a request to the round, and gives it a place, from 1.
func (r *race) enter(a arrival) (place int, now *round) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.here == 0 {
		r.round = &round{begin: make(chan struct{}), lots: rand.Perm(r.starts)}
	}
	r.here++
	now = r.round
	now.count++
	if now.count > r.starts {
		return now.count, now
	}
	now.came = append(now.came, a)
	if now.count == r.starts && !r.givenUp {
		close(now.begin)
	}
	if r.byLot {
		return now.lots[now.count-1] + 1, now
	}
	return now.count, now
}

// leave takes a request out of the round.
func (r *race) leave(gaveUp bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.here--
	if r.givenUp && gaveUp && r.round.count >= r.starts {
		select {
		case <-r.round.begin:
		default:
			close(r.round.begin)
		}
	}
}
