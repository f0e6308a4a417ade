package session_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/retry/breaker"
	"github.com/inflight-go/inflight/session"
)

// What waits when the session is drained ends at that moment, wherever it waits.
func TestDrainEndsWaits(t *testing.T) {
	never := session.Rate{N: 1, Per: time.Hour}
	for name, o := range map[string]session.Options{
		"hold":          {},
		"hold request":  {RetryAfter: session.HoldRequest},
		"backoff":       {RetryAfter: session.HoldNothing, Backoff: retry.Policy{Base: time.Hour, Max: time.Hour, Rand: whole}},
		"rate":          {Rate: never, Backoff: none},
		"rate per host": {RateHost: never, Backoff: none},
		"limit":         {PerHost: 1},
		"breaker":       {Backoff: none, RetryAfter: session.HoldNothing, Breaker: &breaker.Options{Samples: 1, Open: time.Hour, Wait: true}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/slow" {
						time.Sleep(2 * time.Minute)
					}
					rw.Header().Set("Retry-After", "300")
					rw.WriteHeader(503)
				})
				o.Timeout = -1
				s := w.open(o)
				path := "first"
				if name == "limit" {
					path = "slow"
				}
				var first, second error
				var wg sync.WaitGroup
				wg.Go(func() { _, first = s.Get(t.Context(), "http://a.example/"+path) })
				time.Sleep(time.Second)
				wg.Go(func() { _, second = s.Get(t.Context(), "http://a.example/second") })
				time.Sleep(time.Minute)
				began := len(w.requests())
				took := clock()
				s.Drain()
				wg.Wait()
				if name == "limit" { // the first is under way, and ends with its answer
					if took() != 59*time.Second {
						t.Errorf("took %v", took())
					}
				} else if took() != 0 {
					t.Errorf("took %v", took())
				}
				e, ok := errors.AsType[*session.Error](second)
				if !ok || !errors.Is(second, session.ErrDraining) || e.Class != retry.ClassClosed {
					t.Errorf("%v", second)
				}
				if o.Backoff.Retries == 0 && !errors.Is(first, session.ErrDraining) {
					t.Errorf("the first, which is to be tried again: %v", first)
				}
				if n := len(w.requests()); n != began {
					t.Errorf("%d requests were sent after that", n-began)
				}
				if _, err := s.Get(t.Context(), "http://a.example/late"); !errors.Is(err, session.ErrDraining) {
					t.Errorf("a late one: %v", err)
				}
				if n := session.Flights(s); n != 0 {
					t.Errorf("%d flights are left", n)
				}
			})
		})
	}
}

// What is under way is answered, also where a redirect leads, unless all of it can be
// sent again.
func TestDrainAndWhatIsUnderWay(t *testing.T) {
	for _, c := range []struct {
		method, key string
		dropped     bool
	}{{"GET", "", true}, {"POST", "", false}, {"POST", "key", true}} {
		bubble(t, func(t *testing.T, w *world) {
			w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/plain":
					time.Sleep(time.Second)
				case "/redirect":
					http.Redirect(rw, r, "http://b.example/", http.StatusSeeOther)
				}
			})
			w.handle("b.example:80", failing(0, 0))
			s := w.open(session.Options{RateHost: session.Rate{N: 1, Per: time.Minute}})
			s.Get(t.Context(), "http://b.example/") // the next has to wait
			var wg sync.WaitGroup
			wg.Go(func() {
				if r, err := s.Get(t.Context(), "http://a.example/plain"); err != nil || r.Status != 200 {
					t.Errorf("%+v, %v", r, err)
				}
			})
			time.Sleep(500 * time.Millisecond)
			s.Drain()
			wg.Wait()

			s = w.open(session.Options{RateHost: session.Rate{N: 1, Per: time.Minute}})
			s.Get(t.Context(), "http://b.example/")
			wg.Go(func() {
				r, err := s.Do(t.Context(), &session.Request{Method: c.method, URL: "http://a.example/redirect", IdempotencyKey: c.key})
				if c.dropped != errors.Is(err, session.ErrDraining) || !c.dropped && (err != nil || r.Status != 200) {
					t.Errorf("%+v: %+v, %v", c, r, err)
				}
			})
			time.Sleep(500 * time.Millisecond)
			s.Drain()
			wg.Wait()
		})
	}
}

// Whenever the session is drained, a request is either answered or was never sent, and
// nobody waits for longer than an answer takes.
func TestDrainAtAnyMoment(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			w := &world{t: t, hosts: make(map[string]func(net.Conn))}
			var served atomic.Int32
			w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
				time.Sleep(time.Duration(1+rand.IntN(3)) * time.Millisecond)
				served.Add(1)
			})
			s := w.open(session.Options{PerHost: 1 + rnd.IntN(4), Rate: session.Rate{N: 1000, Per: time.Second}})
			var answered, dropped atomic.Int32
			var wg sync.WaitGroup
			for i := range 40 {
				wg.Go(func() {
					_, err := s.Get(t.Context(), fmt.Sprintf("http://a.example/%d", i))
					switch {
					case err == nil:
						answered.Add(1)
					case errors.Is(err, session.ErrDraining):
						dropped.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			time.Sleep(time.Duration(rnd.IntN(40_000)) * time.Microsecond)
			took := clock()
			s.Drain()
			wg.Wait()
			if answered.Load() != served.Load() || answered.Load()+dropped.Load() != 40 || took() > 4*time.Millisecond {
				t.Errorf("seed %d: %d answered of %d, %d dropped, in %v", seed, answered.Load(), served.Load(), dropped.Load(), took())
			}
		})
	}
}
