package session_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReader(r) }

// whole makes the backoff its ceiling.
func whole() float64 { return 1 }

func failing(n int32, status int, header ...string) http.HandlerFunc {
	var count atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		if count.Add(1) > n {
			io.WriteString(w, "fine")
			return
		}
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, "busy")
	}
}

func TestGet(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(0, 0))
		r, err := w.open(session.Options{}).Get(t.Context(), "http://a.example/x")
		if err != nil || r.Status != 200 || string(r.Body) != "fine" || r.Bytes != 4 || r.URL != "http://a.example/x" || r.Proto != "HTTP/1.1" {
			t.Fatalf("%+v, %v", r, err)
		}
		if len(r.Attempts) != 1 || r.Attempts[0].Status != 200 || r.Truncated || r.GaveUp != nil {
			t.Errorf("%+v", r)
		}
	})
}

func TestRetriesWithBackoff(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(3, 500))
		s := w.open(session.Options{Backoff: retry.Policy{Rand: whole}})
		took := clock()
		r, err := s.Get(t.Context(), "http://a.example/")
		if err != nil || r.Status != 200 {
			t.Fatalf("%+v, %v", r, err)
		}
		if want := 3500 * time.Millisecond; took() != want || r.Timings.Backoff != want || r.Timings.Total != want {
			t.Errorf("took %v, want %v: %+v", took(), want, r.Timings)
		}
		var waits []time.Duration
		var statuses []int
		for _, a := range r.Attempts {
			waits, statuses = append(waits, a.Wait), append(statuses, a.Status)
		}
		if !slices.Equal(waits, []time.Duration{0, 500e6, 1e9, 2e9}) || !slices.Equal(statuses, []int{500, 500, 500, 200}) {
			t.Errorf("waits %v, statuses %v", waits, statuses)
		}
	})
}

func TestLastAnswerWhenRetriesAreUsedUp(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(9, 503))
		r, err := w.open(session.Options{}).Get(t.Context(), "http://a.example/")
		if err != nil || r.Status != 503 || string(r.Body) != "busy" || len(r.Attempts) != 5 || r.GaveUp != session.ErrRetries {
			t.Fatalf("%+v, %v", r, err)
		}
	})
}

func TestRetryAfterHoldsTheHostForAll(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		began := time.Now()
		var mu sync.Mutex
		var early int
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if time.Since(began) < 10*time.Second {
				early++
				rw.Header().Set("Retry-After", "10")
				rw.WriteHeader(429)
			}
		})
		w.handle("b.example:80", failing(0, 0))
		s := w.open(session.Options{})
		if r, err := s.Get(t.Context(), "http://a.example/"); err != nil || r.Status != 200 || len(r.Attempts) != 2 || r.Attempts[1].Wait != 10*time.Second {
			t.Fatalf("%+v, %v", r, err)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("took %v", took)
		}
		began = time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { s.Get(t.Context(), "http://a.example/first") })
		time.Sleep(time.Second)
		for range 5 {
			wg.Go(func() {
				r, err := s.Get(t.Context(), "http://a.example/")
				if err != nil || r.Status != 200 || r.Attempts[0].Wait < 9*time.Second {
					t.Errorf("%+v, %v", r, err)
				}
			})
		}
		wg.Go(func() {
			if r, err := s.Get(t.Context(), "http://b.example/"); err != nil || r.Timings.Total != 0 {
				t.Errorf("another host: %+v, %v", r, err)
			}
		})
		wg.Wait()
		if early != 2 {
			t.Errorf("%d requests reached a host that was to be left alone, want the first of each time", early)
		}
	})
}

func TestRetryAfterTooLong(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(9, 429, "Retry-After", "3600"))
		took := clock()
		s := w.open(session.Options{})
		_, err := s.Get(t.Context(), "http://a.example/")
		s.Get(t.Context(), "http://a.example/") // is not held
		e, ok := errors.AsType[*session.Error](err)
		if !ok || e.Class != retry.ClassRetryAfterTooLong || e.Status != 429 || e.Response == nil || !errors.Is(err, session.ErrRetryAfter) {
			t.Fatalf("%#v", err)
		}
		if took() != 0 {
			t.Errorf("took %v", took())
		}
	})
}
