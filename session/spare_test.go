package session_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/inflight-go/inflight/session"
)

// listContext is a context that can't be compared.
type listContext struct {
	context.Context
	_ []int
}

type key struct{}

func TestRequestsUnderOneContextShareFlights(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				<-r.Context().Done()
			}
		})
		s := w.open(session.Options{Backoff: none})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		get := func(ctx context.Context, path string) error {
			_, err := s.Get(ctx, "http://a.example"+path)
			return err
		}
		for range 5 {
			if err := get(ctx, "/"); err != nil {
				t.Fatal(err)
			}
		}
		if n := session.Spares(s); n != 1 {
			t.Errorf("%d flights are kept after 5 requests one after the other", n)
		}
		if err := get(ctx, "/slow"); err == nil {
			t.Error("no timeout")
		}
		if n := session.Spares(s); n > 1 {
			t.Errorf("%d flights are kept, one that was late among them", n)
		}
		for range 3 {
			if err := get(ctx, "/"); err != nil {
				t.Fatal(err)
			}
		}
		for range 5 { // contexts that are used once
			once, cancel := context.WithCancel(t.Context())
			if err := get(once, "/"); err != nil {
				t.Fatal(err)
			}
			cancel()
		}
		for range 3 {
			if err := get(listContext{Context: t.Context()}, "/"); err != nil {
				t.Fatal(err)
			}
			if err := get(context.Background(), "/"); err != nil {
				t.Fatal(err)
			}
		}
		if n := session.Spares(s); n > 2 {
			t.Errorf("%d flights are kept", n)
		}
		cancel()
		if err := get(ctx, "/"); !errors.Is(err, context.Canceled) {
			t.Errorf("after its end: %v", err)
		}
		s.Close()
		if session.Spares(s) != 0 || session.Flights(s) != 0 {
			t.Error("something is left after Close")
		}
	})
}

// wideContext is large: the addresses of many have their low bits in common.
type wideContext struct {
	context.Context
	_ [496]byte
}

func TestManyContextsHaveTheirFlights(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", failing(0, 0))
		s := w.open(session.Options{})
		contexts := make([]*wideContext, 64)
		for i := range contexts {
			contexts[i] = &wideContext{Context: t.Context()}
		}
		for range 3 {
			for _, ctx := range contexts {
				if _, err := s.Get(ctx, "http://a.example/"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := session.Spares(s); n < len(contexts)*3/4 {
			t.Errorf("%d flights are kept for %d contexts", n, len(contexts))
		}
	})
}

// Requests under a few contexts, many of them late or cancelled: none has the end of
// another.
func TestFlightsAreNotMixedUp(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				<-r.Context().Done()
			}
			time.Sleep(time.Millisecond)
		})
		s := w.open(session.Options{Backoff: none, Timeout: time.Second})
		gone := errors.New("gone")
		var wg sync.WaitGroup
		for i := range 20 {
			ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, i))
			for j := range 5 {
				wg.Go(func() {
					for k := range 20 {
						path := "/"
						if (j+k)%7 == 0 {
							path = "/slow"
						}
						_, err := s.Get(ctx, "http://a.example"+path)
						_, late := errors.AsType[*session.TimeoutError](err)
						if errors.Is(err, gone) {
							if i%2 != 0 {
								t.Error("cancelled with another")
							}
							return
						}
						if late != (path == "/slow") || (err != nil) != late {
							t.Errorf("%s: %v", path, err)
						}
					}
				})
			}
			if i%2 == 0 {
				time.AfterFunc(time.Duration(i)*100*time.Millisecond, func() { cancel(gone) })
			} else {
				defer cancel(nil)
			}
		}
		wg.Wait()
		if n := session.Flights(s); n != 0 {
			t.Errorf("%d flights are left", n)
		}
		time.Sleep(time.Second) // for the handlers
	})
}
