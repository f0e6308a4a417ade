package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
)

// A referee is the scenario server: it answers "right" to those who keep to the
// rules. What it judges by is nothing of inflight.
type referee struct {
	second time.Duration // how long a second of the course is
	racers int           // of scenario 3

	running   atomic.Int64 // requests that have not ended
	mu        sync.Mutex
	resources map[string]chan struct{} // of scenario 8, while they are open
	blockers  map[string]*blocker      // of scenario 10
}

func newReferee(second time.Duration, racers int) *referee {
	return &referee{
		second:    second,
		racers:    racers,
		resources: make(map[string]chan struct{}),
		blockers:  make(map[string]*blocker),
	}
}

// serve runs the server at a port of the loopback interface until ctx ends, and
// calls ready with its URL. When it returns, all requests have ended.
func (s *referee) serve(ctx context.Context, ready func(url string)) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           s.count(s.paths()),
		ReadHeaderTimeout: time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Service(func(ctx context.Context) error {
			<-ctx.Done()
			ctx, cancel := inflight.Shield(ctx, 10*time.Second)
			defer cancel()
			return server.Shutdown(ctx)
		})
		ready("http://" + listener.Addr().String())
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
}

// count counts the requests to h that have not ended.
func (s *referee) count(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.running.Add(1)
		defer s.running.Add(-1)
		h.ServeHTTP(w, req)
	})
}

func (s *referee) paths() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.clear)
	mux.Handle("GET /1", &race{starts: 2, rule: places(s.right(0), never)})
	mux.Handle("GET /2", &race{starts: 2, rule: places(s.right(1), hangUp)})
	mux.Handle("GET /3", &race{starts: s.racers, rule: s.lastWins})
	mux.Handle("GET /4", &race{starts: 2, givenUp: true, rule: places(s.right(0), s.right(0))})
	mux.Handle("GET /5", &race{starts: 2, rule: places(wrong, s.right(1))})
	mux.Handle("GET /6", &race{starts: 3, rule: places(wrong, s.right(1), never)})
	mux.Handle("GET /7", &race{starts: 2, rule: places(s.rightIfLate, never)})
	mux.HandleFunc("GET /8", s.resource(&race{starts: 2, rule: places(wrong, s.rightIfClosed)}))
	mux.Handle("GET /9", &race{starts: 10, byLot: true, rule: places(
		s.after(0, "r"), s.after(1, "i"), s.after(2, "g"), s.after(3, "h"), s.after(4, "t"),
		wrong, wrong, wrong, wrong, wrong)})
	mux.HandleFunc("GET /10", s.load)
	mux.Handle("GET /11", &race{starts: 3, rule: places(wrong, wrong, s.right(1))})
	mux.Handle("GET /both", &race{starts: 2, rule: places(s.right(0), s.right(0))})
	mux.Handle("GET /none", &race{starts: 2, rule: places(wrong, wrong)})
	return mux
}

// clear answers when no other request is running: the losers of a race take a
// moment to go.
func (s *referee) clear(w http.ResponseWriter, req *http.Request) {
	for s.running.Load() > 1 && req.Context().Err() == nil {
		time.Sleep(time.Millisecond)
	}
	answer{http.StatusOK, "clear"}.write(w)
}

// places is the rule that has a rule for each place, and none for those who come
// too late.
func places(rules ...rule) rule {
	return func(ctx context.Context, place int, first []arrival) answer {
		if place > len(rules) {
			return never(ctx, place, first)
		}
		return rules[place-1](ctx, place, first)
	}
}

// right is the rule to win after some seconds.
func (s *referee) right(seconds int) rule { return s.after(seconds, "right") }

// after is the rule to get a text after some seconds.
func (s *referee) after(seconds int, text string) rule {
	return func(ctx context.Context, _ int, _ []arrival) answer {
		select {
		case <-time.After(time.Duration(seconds) * s.second):
			return answer{http.StatusOK, text}
		case <-ctx.Done():
			return answer{}
		}
	}
}

// wrong is the rule to fail at once.
func wrong(context.Context, int, []arrival) answer {
	return answer{http.StatusInternalServerError, "wrong"}
}

// never is the rule to get no answer: it waits until the client has gone.
func never(ctx context.Context, _ int, _ []arrival) answer {
	<-ctx.Done()
	return answer{}
}

// hangUp is the rule to have the connection closed.
func hangUp(context.Context, int, []arrival) answer { panic(http.ErrAbortHandler) }

// lastWins is the rule of scenario 3.
func (s *referee) lastWins(ctx context.Context, place int, first []arrival) answer {
	if place == s.racers {
		return answer{http.StatusOK, "right"}
	}
	return never(ctx, place, first)
}

// rightIfLate is the rule to win if the second request came well after the first.
func (s *referee) rightIfLate(_ context.Context, _ int, first []arrival) answer {
	if first[1].at.Sub(first[0].at) < 2*s.second {
		return answer{http.StatusOK, "wrong"}
	}
	return answer{http.StatusOK, "right"}
}

// rightIfClosed is the rule to win once the loser has closed what it had opened,
// if the winner has not.
func (s *referee) rightIfClosed(ctx context.Context, place int, first []arrival) answer {
	s.mu.Lock()
	loser, loserOpen := s.resources[first[0].id]
	winner, winnerOpen := s.resources[first[1].id]
	s.mu.Unlock()
	switch {
	case !winnerOpen || first[0].id == first[1].id:
		return wrong(ctx, place, first)
	case !loserOpen:
		return answer{http.StatusOK, "right"}
	}
	select {
	case <-loser:
		return answer{http.StatusOK, "right"}
	case <-winner:
		return wrong(ctx, place, first)
	case <-ctx.Done():
		return answer{}
	}
}

// resource opens, uses and closes what scenario 8 uses.
func (s *referee) resource(use http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		query := req.URL.Query()
		switch {
		case query.Has("open"):
			id := strconv.FormatUint(rand.Uint64(), 36)
			s.mu.Lock()
			s.resources[id] = make(chan struct{})
			s.mu.Unlock()
			answer{http.StatusOK, id}.write(w)
		case query.Has("close"):
			s.mu.Lock()
			closed, ok := s.resources[query.Get("close")]
			delete(s.resources, query.Get("close"))
			s.mu.Unlock()
			if !ok {
				answer{http.StatusNotFound, "not open"}.write(w)
				return
			}
			close(closed)
			answer{http.StatusOK, "closed"}.write(w)
		case query.Has("use"):
			use.ServeHTTP(w, req)
		default:
			answer{http.StatusNotAcceptable, "open, use or close?"}.write(w)
		}
	}
}

// A blocker is a request of scenario 10 that is held open while its client
// computes.
type blocker struct {
	until    time.Time
	enough   int // reports that its client must have sent by then
	readings []float64
}

// load is scenario 10: a query that is a name alone blocks for some seconds, and
// one that gives the name a value reports the load of the client.
func (s *referee) load(w http.ResponseWriter, req *http.Request) {
	for id, value := range req.URL.Query() {
		if value[0] == "" {
			s.block(req.Context(), id).write(w)
			return
		}
		load, err := strconv.ParseFloat(value[0], 64)
		if err != nil {
			answer{http.StatusBadRequest, "the load is no number"}.write(w)
			return
		}
		s.report(id, load).write(w)
		return
	}
	answer{http.StatusBadRequest, "whose load?"}.write(w)
}

func (s *referee) block(ctx context.Context, id string) answer {
	seconds := 5 + rand.IntN(3)
	length := time.Duration(seconds) * s.second
	enough := max(1, int(length/time.Second)-2) // real seconds, for short ones may well be missed
	s.mu.Lock()
	s.blockers[id] = &blocker{until: time.Now().Add(length), enough: enough}
	s.mu.Unlock()
	return s.after(seconds, "")(ctx, 0, nil)
}

// report takes down a load while the blocker blocks, and judges when it is over:
// a processor must have been busy, and must not be any more.
func (s *referee) report(id string, load float64) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blockers[id]
	switch {
	case b == nil: // it has not come yet
		return answer{http.StatusFound, "go on"}
	case time.Now().Before(b.until):
		b.readings = append(b.readings, load)
		return answer{http.StatusFound, "go on"}
	case len(b.readings) < b.enough:
		return answer{http.StatusBadRequest, "too few reports"}
	case load > 0.3:
		return answer{http.StatusFound, fmt.Sprintf("still computing: %.2f", load)}
	case mean(b.readings) < 0.8:
		return answer{http.StatusBadRequest, fmt.Sprintf("not computing: %.2f", mean(b.readings))}
	}
	return answer{http.StatusOK, "right"}
}

func mean(readings []float64) float64 {
	sum := 0.0
	for _, r := range readings {
		sum += r
	}
	return sum / float64(len(readings))
}
