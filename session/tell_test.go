package session_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/retry/breaker"
	"github.com/inflight-go/inflight/session"
)

// Whoever asks is told of each hold once, of each attempt that another one follows, and
// before each exchange.
func TestTells(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var n atomic.Int32
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			switch n.Add(1) {
			case 1:
				rw.WriteHeader(500)
			case 2:
				rw.Header().Set("Retry-After", "7")
				rw.WriteHeader(429)
			case 3:
				http.Redirect(rw, r, "/there", http.StatusFound)
			}
		})
		var told []string
		began := time.Now()
		note := func(format string, args ...any) {
			told = append(told, fmt.Sprintf("%v: %s", time.Since(began).Round(time.Second), fmt.Sprintf(format, args...)))
		}
		s := w.open(session.Options{
			Backoff: retry.Policy{Base: time.Second, Rand: whole},
			OnHold:  func(h session.Hold) { note("hold %s for %v", h.Host, time.Until(h.Until)) },
		})
		r, err := s.Do(t.Context(), &session.Request{
			URL:      "http://a.example/",
			Starting: func() error { note("start"); return nil },
			OnRetry:  func(a session.Attempt) { note("after %d", a.Status) },
		})
		if err != nil || r.Status != 200 {
			t.Fatalf("%+v, %v", r, err)
		}
		want := []string{"0s: start", "1s: after 500", "1s: start", "1s: hold a.example for 7s", "1s: after 429", "8s: start", "9s: start"} // a hold is followed by a slow start
		if !slices.Equal(told, want) {
			t.Errorf("%q, want %q", told, want)
		}
	})
}

// What may not start is not sent.
func TestStartingRefuses(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(0, 0))
		why := errors.New("no room")
		_, err := w.open(session.Options{PerHost: 1}).Do(t.Context(), &session.Request{
			URL: "http://a.example/", Starting: func() error { return why },
		})
		e, ok := errors.AsType[*session.Error](err)
		if !ok || !errors.Is(err, why) || e.Class != retry.ClassSave || len(e.Attempts) != 1 || len(w.requests()) != 0 {
			t.Errorf("%#v; %q", err, w.requests())
		}
	})
}

// The changes of a host's breaker are told.
func TestTellsOfBreakers(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(2, 500))
		var told []string
		s := w.open(session.Options{
			Backoff: retry.Policy{Base: time.Second, Rand: whole},
			Breaker: &breaker.Options{Samples: 2, Open: time.Minute, Wait: true,
				OnChange: func(key, state string) { told = append(told, key+" "+state) }},
		})
		if _, err := s.Get(t.Context(), "http://a.example/"); err != nil {
			t.Fatal(err)
		}
		if want := []string{"a.example open", "a.example half-open", "a.example closed"}; !slices.Equal(told, want) {
			t.Errorf("%q, want %q", told, want)
		}
	})
}
