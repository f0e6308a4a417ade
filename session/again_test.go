package session_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// refusing is a host that can't be connected to the first n times.
func (w *world) refusing(addr string, n int) {
	serve := w.hosts[addr]
	w.hosts[addr] = nil
	go func() {
		for range n {
			time.Sleep(400 * time.Millisecond)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.hosts[addr] = serve
	}()
}

func TestWhichMethodsAreRetried(t *testing.T) {
	reset := func(c net.Conn) {}
	after := func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome") }
	for _, c := range []struct {
		method, key string
		all         bool
		fail        any // a status, or how a connection ends
		header      string
		again       bool
	}{
		{"GET", "", false, 500, "", true},
		{"GET", "", false, 408, "", true},
		{"GET", "", false, 400, "", false},
		{"GET", "", false, 501, "", false},
		{"GET", "", false, reset, "", true},
		{"GET", "", false, after, "", true},
		{"PUT", "", false, 500, "", true},
		{"DELETE", "", false, 500, "", true},
		{"POST", "", false, 500, "", false},
		{"POST", "", false, reset, "", false},
		{"POST", "", false, after, "", false},
		{"POST", "k", false, 500, "", true},
		{"POST", "k", false, reset, "", true},
		{"POST", "", true, 500, "", true},
		{"POST", "", false, 429, "", true},
		{"POST", "", false, 425, "", true},
		{"POST", "", false, 503, "", false},
		{"POST", "", false, 503, "1", true},
		{"POST", "", false, "refused", "", true},
		{"PATCH", "", false, 500, "", false},
	} {
		bubble(t, func(t *testing.T, w *world) {
			var handler http.HandlerFunc
			failed := false
			if status, ok := c.fail.(int); ok {
				handler = failing(1, status, "Retry-After", c.header)
			} else {
				handler = failing(0, 0)
			}
			w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Idempotency-Key") != c.key {
					t.Errorf("key %q", r.Header.Get("Idempotency-Key"))
				}
				if body, _ := io.ReadAll(r.Body); string(body) != "data" {
					t.Errorf("body %q", body)
				}
				handler(rw, r)
			})
			if send, ok := c.fail.(func(net.Conn)); ok {
				serve := w.hosts["a.example:80"]
				w.raw("a.example:80", send)
				bad := w.hosts["a.example:80"]
				w.hosts["a.example:80"] = func(conn net.Conn) {
					if failed {
						serve(conn)
						return
					}
					failed = true
					bad(conn)
				}
			} else if c.fail == "refused" {
				w.refusing("a.example:80", 1)
			}
			s := w.open(session.Options{RetryAll: c.all, Backoff: retry.Policy{Rand: whole}})
			r, err := s.Do(t.Context(), &session.Request{Method: c.method, URL: "http://a.example/", Body: []byte("data"), IdempotencyKey: c.key})
			if again := err == nil && r.Status == 200; again != c.again {
				t.Errorf("%+v: again is %v: %+v, %v", c, again, r, err)
			}
			if r != nil && r.Status >= 500 && r.Status != 501 && r.GaveUp != session.ErrMethod {
				t.Errorf("%+v: gave up: %v", c, r.GaveUp)
			}
		})
	}
}

func TestRetryOn(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(1, 404))
		w.handle("b.example:80", failing(1, 500))
		s := w.open(session.Options{RetryOn: []string{"404", "dns"}})
		if r, err := s.Get(t.Context(), "http://a.example/"); err != nil || r.Status != 200 {
			t.Errorf("%+v, %v", r, err)
		}
		if r, err := s.Get(t.Context(), "http://b.example/"); err != nil || r.Status != 500 || r.GaveUp != nil {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err := s.Get(t.Context(), "http://nobody.example/"); len(err.(*session.Error).Attempts) != 1 {
			t.Errorf("%+v", err)
		}
		s = w.open(session.Options{RetryOn: []string{}})
		if _, err := s.Get(t.Context(), "http://nobody.example/"); len(err.(*session.Error).Attempts) != 1 {
			t.Errorf("%+v", err)
		}
	})
}

func TestRetryHooks(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		n := 0
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			if n++; n < 3 {
				io.WriteString(rw, "pending")
				return
			}
			io.WriteString(rw, "ready")
		})
		pending := func(r *session.Response, err error) bool { return err == nil && string(r.Body) == "pending" }
		s := w.open(session.Options{Retry: pending})
		r, err := s.Get(t.Context(), "http://a.example/")
		if err != nil || string(r.Body) != "ready" || len(r.Attempts) != 3 {
			t.Errorf("%+v, %v", r, err)
		}
		asked := 0
		s = w.open(session.Options{Backoff: retry.Policy{Retries: 2}, RetryOn: []string{}})
		_, err = s.Do(t.Context(), &session.Request{URL: "http://nobody.example/", Retry: func(r *session.Response, err error) bool {
			asked++
			e, ok := errors.AsType[*session.Error](err)
			return r == nil && ok && e.Class == retry.ClassConnect
		}})
		if asked != 3 || len(err.(*session.Error).Attempts) != 3 {
			t.Errorf("asked %d times: %v", asked, err)
		}
	})
}

func TestErrorsOfConnecting(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		_, err := w.open(session.Options{Backoff: none}).Get(t.Context(), "http://u:secret@nobody.example/x?q=1")
		e, ok := errors.AsType[*session.Error](err)
		if !ok || e.Class != retry.ClassConnect || e.Status != 0 || e.Response != nil || e.Method != "GET" || e.URL != "http://nobody.example/x?q=1" {
			t.Errorf("%#v", err)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("tells the password: %v", err)
		}
	})
}

func TestBadRequests(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.open(session.Options{})
		for _, r := range []session.Request{
			{}, {URL: "a.example"}, {URL: "/x"}, {URL: "ftp://a.example/"}, {URL: "http://"}, {URL: "http:///x"},
			{URL: "http://u:secret@[::1"}, {URL: "http://u:secret@a b/"}, {URL: "http://a.example/", Method: "GE T"},
			{URL: "http://a.example/", Header: http.Header{"X": {"a\nb"}}}, {URL: "secret\x00://u:secret@x"},
		} {
			_, err := s.Do(t.Context(), &r)
			if e, ok := errors.AsType[*session.Error](err); !ok || e.Class != retry.ClassRequest {
				t.Errorf("%+v: %#v", r, err)
			} else if strings.Contains(err.Error(), "secret") {
				t.Errorf("tells the password: %v", err)
			}
		}
		if w.dials != 0 {
			t.Errorf("%d connections", w.dials)
		}
	})
}

// The budget is for the session as a whole.
func TestRetryBudget(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(1000000, 500))
		for budget, most := range map[float64]int{0: 100 + 100 + 20 + 80, -1: 500} {
			w.log = nil
			s := w.open(session.Options{RetryBudget: budget})
			done := make(chan bool)
			for range 100 {
				go func() { s.Get(t.Context(), "http://a.example/"); done <- true }()
			}
			for range 100 {
				<-done
			}
			if n := len(w.requests()); n > most || budget < 0 && n != most {
				t.Errorf("budget %v: %d requests, want %d", budget, n, most)
			}
		}
	})
}

// A few hundred requests at once, of which a tenth fails twice: the budget is not for
// those.
func TestRetryBudgetOfAFew(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var seen sync.Map
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			if n, _ := seen.LoadOrStore(r.URL.Path, new(atomic.Int32)); strings.HasSuffix(r.URL.Path, "3") && n.(*atomic.Int32).Add(1) <= 2 {
				rw.WriteHeader(500)
			}
		})
		s := w.open(session.Options{})
		var wg sync.WaitGroup
		for i := range 300 {
			wg.Go(func() {
				if r, err := s.Get(t.Context(), fmt.Sprintf("http://a.example/%d", i)); err != nil || r.Status != 200 {
					t.Errorf("%+v, %v", r, err)
				}
			})
		}
		wg.Wait()
	})
}
