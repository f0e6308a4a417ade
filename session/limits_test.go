package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/retry/breaker"
	"github.com/inflight-go/inflight/session"
)

// A gauge is a handler that takes a second, and knows its peak and its starts.
type gauge struct {
	mu        sync.Mutex
	now, peak int
	starts    []time.Time
}

func (g *gauge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.now++
	g.peak = max(g.peak, g.now)
	g.starts = append(g.starts, time.Now())
	g.mu.Unlock()
	time.Sleep(time.Second)
	g.mu.Lock()
	g.now--
	g.mu.Unlock()
}

// getAll gets each URL at once and returns how long that took.
func getAll(t *testing.T, s *session.Session, urls ...string) time.Duration {
	took := clock()
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Go(func() {
			if r, err := s.Get(t.Context(), url); err != nil || r.Status != 200 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	wg.Wait()
	return took()
}

func times(n int, url string) (urls []string) {
	for range n {
		urls = append(urls, url)
	}
	return urls
}

func TestPerHost(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var a, b gauge
		w.handle("a.example:80", a.ServeHTTP)
		w.handle("b.example:80", b.ServeHTTP)
		s := w.open(session.Options{PerHost: 3})
		took := getAll(t, s, append(times(9, "http://a.example/"), times(3, "http://b.example/")...)...)
		if took != 3*time.Second || a.peak != 3 || b.peak != 3 {
			t.Errorf("took %v, at most %d and %d at once, want 3", took, a.peak, b.peak)
		}
		if w.dials != 6 {
			t.Errorf("%d connections for 12 requests, want 6", w.dials)
		}
	})
}

func TestAdaptive(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var a gauge
		w.handle("a.example:80", a.ServeHTTP)
		s := w.open(session.Options{Adaptive: true, PerHost: 8})
		getAll(t, s, times(200, "http://a.example/")...)
		if a.peak != 8 {
			t.Errorf("at most %d at once, want it to grow to 8", a.peak)
		}
	})
}

func TestRates(t *testing.T) {
	for name, c := range map[string]struct {
		o    session.Options
		want time.Duration // from the first to the last start
	}{
		"of the session": {session.Options{Rate: session.Rate{N: 2, Per: time.Second}}, 4500 * time.Millisecond},
		"of each host":   {session.Options{RateHost: session.Rate{N: 2, Per: time.Second}}, 2 * time.Second},
		"in bursts":      {session.Options{Rate: session.Rate{N: 5, Per: 10 * time.Second, Burst: 5}}, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				var g gauge
				w.handle("a.example:80", g.ServeHTTP)
				w.handle("b.example:80", g.ServeHTTP)
				s := w.open(c.o)
				getAll(t, s, append(times(5, "http://a.example/"), times(5, "http://b.example/")...)...)
				if got := g.starts[9].Sub(g.starts[0]).Round(10 * time.Millisecond); got != c.want {
					t.Errorf("10 starts in %v, want %v", got, c.want)
				}
				r, err := s.Get(t.Context(), "http://a.example/")
				if err != nil || r.Timings.Queue != 0 || c.o.Rate.Burst == 0 && r.Timings.Rate != 0 {
					t.Errorf("%+v, %v", r, err)
				}
			})
		})
	}
}

func TestWaitsAreRecorded(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var g gauge
		w.handle("a.example:80", g.ServeHTTP)
		s := w.open(session.Options{PerHost: 1, Rate: session.Rate{N: 1, Per: 3 * time.Second}})
		s.Get(t.Context(), "http://a.example/")
		r, err := s.Get(t.Context(), "http://a.example/")
		if err != nil || r.Timings.Rate != 2*time.Second || r.Timings.TTFB != time.Second || r.Timings.Total != 3*time.Second || r.Attempts[0].Wait != 2*time.Second {
			t.Errorf("%+v, %v", r, err)
		}
		s = w.open(session.Options{PerHost: 1})
		go s.Get(t.Context(), "http://a.example/")
		time.Sleep(400 * time.Millisecond)
		r, err = s.Get(t.Context(), "http://a.example/")
		if err != nil || r.Timings.Queue != 600*time.Millisecond || r.Attempts[0].Wait != 600*time.Millisecond {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// A server that lets 10 requests a second through, in windows. Without the slow
// begin after a hold, those who wait would all come at once each second.
func TestAfterAHoldTheHostIsBegunWithSlowly(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var mu sync.Mutex
		var window time.Time
		var used, refused int
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if now := time.Now().Truncate(time.Second); now != window {
				window, used = now, 0
			}
			if used++; used > 10 {
				refused++
				rw.Header().Set("Retry-After", "1")
				rw.WriteHeader(429)
			}
		})
		s := w.open(session.Options{Backoff: retry.Policy{Retries: 4}})
		took := getAll(t, s, times(100, "http://a.example/")...)
		t.Logf("100 requests in %v, %d refused", took, refused)
		if refused > 95 || took > 13*time.Second {
			t.Errorf("%d answers 429 for 100 requests, in %v", refused, took)
		}
	})
}

func TestHoldWithoutRetryAfter(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(3, 429))
		r, err := w.open(session.Options{}).Get(t.Context(), "http://a.example/")
		if err != nil || r.Status != 200 || r.Timings.Total < 3500*time.Millisecond || r.Timings.Backoff != 0 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// Ten answers at once are one hold.
func TestHoldsAtOnceCountOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var n atomic.Int32
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Millisecond)
			if n.Add(1) <= 10 {
				time.Sleep(time.Duration(n.Load()) * time.Millisecond)
				rw.WriteHeader(429)
			}
		})
		s := w.open(session.Options{})
		first := make(chan time.Duration, 10)
		took := clock()
		for range 10 {
			go func() { s.Get(t.Context(), "http://a.example/"); first <- took() }()
		}
		if d := <-first; d > 700*time.Millisecond {
			t.Errorf("the first comes through after %v", d)
		}
		for range 9 {
			<-first
		}
	})
}

// A probe that never came to be sent does not keep the breaker half-open.
func TestBreakerAndAWaitThatIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(1, 500))
		s := w.open(session.Options{Backoff: none, Rate: session.Rate{N: 1, Per: time.Minute}, Breaker: &breaker.Options{Samples: 1, Open: time.Second}})
		s.Get(t.Context(), "http://a.example/")
		time.Sleep(2 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Get(ctx, "http://a.example/"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if r, err := s.Get(t.Context(), "http://a.example/"); err != nil || r.Status != 200 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestRetryAfterModes(t *testing.T) {
	for mode, want := range map[session.RetryAfter]time.Duration{session.HoldRequest: 10 * time.Second, session.HoldNothing: 500 * time.Millisecond} {
		bubble(t, func(t *testing.T, w *world) {
			w.handle("a.example:80", failing(1, 503, "Retry-After", "10"))
			s := w.open(session.Options{RetryAfter: mode, Backoff: retry.Policy{Rand: whole}})
			go func() {
				time.Sleep(time.Millisecond)
				if r, err := s.Get(t.Context(), "http://a.example/"); err != nil || r.Timings.Total != 0 {
					t.Errorf("another request is held too: %+v, %v", r, err)
				}
			}()
			if r, err := s.Get(t.Context(), "http://a.example/"); err != nil || r.Timings.Total != want {
				t.Errorf("mode %d: %+v, %v", mode, r, err)
			}
		})
	}
}

// Holds do not use up the retries, but there is an end to them.
func TestHoldsHaveAnEnd(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(1000, 429, "Retry-After", "1"))
		r, err := w.open(session.Options{Backoff: retry.Policy{Retries: 2}}).Get(t.Context(), "http://a.example/")
		if err != nil || r.Status != 429 || len(r.Attempts) != 1+2*4+2 || r.GaveUp != session.ErrRetries {
			t.Errorf("%d attempts: %+v, %v", len(r.Attempts), r, err)
		}
		r, err = w.open(session.Options{Backoff: none}).Get(t.Context(), "http://a.example/")
		if err != nil || len(r.Attempts) != 1 {
			t.Errorf("%+v, %v", r, err)
		}
		w.handle("b.example:80", failing(1000, 429, "Retry-After", "0"))
		took := clock()
		r, err = w.open(session.Options{Backoff: retry.Policy{Rand: whole}}).Get(t.Context(), "http://b.example/")
		if err != nil || len(r.Attempts) != 5 || took() != 7500*time.Millisecond {
			t.Errorf("Retry-After 0: %d attempts in %v, %v", len(r.Attempts), took(), err)
		}
	})
}

func TestLearnLimitsHolds(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("X-RateLimit-Limit", "1")
			rw.Header().Set("X-RateLimit-Remaining", "0")
			rw.Header().Set("X-RateLimit-Reset", "30")
		})
		s := w.open(session.Options{LearnLimits: true})
		s.Get(t.Context(), "http://a.example/")
		if r, err := s.Get(t.Context(), "http://a.example/"); err != nil || r.Timings.Queue != 30*time.Second {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// A quota answers with what is left of n requests in a minute, which begins when the
// world does, and refuses more.
type quota struct {
	mu            sync.Mutex
	n, used       int
	began         time.Time
	starts        []time.Time
	refused, lost int
}

func (q *quota) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if q.began.IsZero() || now.Sub(q.began) >= time.Minute {
		q.began, q.used = now.Truncate(time.Minute), 0
	}
	q.starts = append(q.starts, now)
	if q.lost++; q.lost%7 == 0 && r.URL.Path == "/lossy" {
		q.used++
		panic(http.ErrAbortHandler)
	}
	reset := q.began.Add(time.Minute).Sub(now)
	if q.used == q.n {
		q.refused++
		rw.Header().Set("Retry-After", fmt.Sprint(int(reset.Seconds())+1))
		rw.WriteHeader(429)
		return
	}
	q.used++
	rw.Header().Set("RateLimit-Policy", fmt.Sprintf(`"minute";q=%d;w=60`, q.n))
	rw.Header().Set("RateLimit", fmt.Sprintf(`"minute";r=%d;t=%d`, q.n-q.used, int(reset.Seconds())+1))
}

// What is left is spread over the time that it is for, nothing is refused, and nearly
// all of it is used; an own rate that is lower counts, one that is higher does not.
func TestLearnLimitsSpreads(t *testing.T) {
	for name, c := range map[string]struct {
		o    session.Options
		path string
		most time.Duration // for 300 requests, 60 in a minute
	}{
		"learned":                {session.Options{}, "", 5*time.Minute + 30*time.Second},
		"a higher rate":          {session.Options{Rate: session.Rate{N: 100, Per: time.Second}}, "", 5*time.Minute + 30*time.Second},
		"a lower rate":           {session.Options{RateHost: session.Rate{N: 1, Per: 2 * time.Second}}, "", 10*time.Minute + 5*time.Second},
		"with a limit, and lost": {session.Options{PerHost: 3}, "lossy", 6*time.Minute + 30*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				q := &quota{n: 60}
				w.handle("a.example:80", q.ServeHTTP)
				c.o.LearnLimits = true
				s := w.open(c.o)
				took := getAll(t, s, times(300, "http://a.example/"+c.path)...)
				if q.refused > 0 || took > c.most || name == "a lower rate" && took < 9*time.Minute+50*time.Second {
					t.Errorf("%d refused, took %v", q.refused, took)
				}
				for i := 15; i < len(q.starts) && c.path == ""; i++ {
					if d := q.starts[i].Sub(q.starts[i-15]); d < 8*time.Second {
						t.Errorf("15 starts in %v", d)
					}
				}
			})
		})
	}
}

// A start that is given up takes nothing away from the others.
func TestLearnLimitsAndWaitsThatAreGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		q := &quota{n: 60}
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			q.ServeHTTP(rw, r)
			time.Sleep(5 * time.Second)
		})
		s := w.open(session.Options{LearnLimits: true, PerHost: 1})
		s.Get(t.Context(), "http://a.example/")
		var wg sync.WaitGroup
		for range 50 { // they start, and wait for their place in vain
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
				defer cancel()
				s.Get(ctx, "http://a.example/")
			})
		}
		wg.Wait()
		if took := getAll(t, s, "http://a.example/"); took > 12*time.Second {
			t.Errorf("took %v", took)
		}
		time.Sleep(5 * time.Second)
	})
}

func TestBreaker(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(3, 500))
		w.handle("b.example:80", failing(0, 0))
		o := session.Options{Backoff: none, Breaker: &breaker.Options{Samples: 3, Open: time.Minute}}
		s := w.open(o)
		for range 3 {
			s.Get(t.Context(), "http://a.example/")
		}
		_, err := s.Get(t.Context(), "http://a.example/")
		if e, ok := errors.AsType[*session.Error](err); !ok || e.Class != retry.ClassBreakerOpen || !errors.Is(err, breaker.ErrOpen) || len(e.Attempts) != 1 {
			t.Fatalf("%#v", err)
		}
		if r, err := s.Get(t.Context(), "http://b.example/"); err != nil || r.Status != 200 {
			t.Errorf("another host: %+v, %v", r, err)
		}
		if len(w.requests()) != 4 {
			t.Errorf("%q", w.requests())
		}
		time.Sleep(time.Minute + 1)
		if r, err := s.Get(t.Context(), "http://a.example/"); err != nil || r.Status != 200 {
			t.Errorf("%+v, %v", r, err)
		}
		w.handle("c.example:80", failing(3, 500))
		o.Breaker.Wait = true
		s = w.open(o)
		for range 3 {
			s.Get(t.Context(), "http://c.example/")
		}
		if r, err := s.Get(t.Context(), "http://c.example/"); err != nil || r.Status != 200 || r.Timings.Queue.Round(time.Millisecond) != time.Minute {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestManyHostsAreForgotten(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.open(session.Options{Hosts: 10, PerHost: 1, Breaker: new(breaker.Options)})
		for i := range 100 {
			w.handle(fmt.Sprintf("h%d.example:80", i), failing(0, 0))
			s.Get(t.Context(), fmt.Sprintf("http://h%d.example/", i))
		}
		if n := session.Hosts(s); n != 10 {
			t.Errorf("%d hosts are remembered", n)
		}
	})
}
