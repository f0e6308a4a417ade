package serve_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/serve"
)

var errDown = errors.New("the database is down")

// However many ask, one call answers all of them, and stands for a while.
func TestChecksAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h serve.Health
		var calls atomic.Int32
		h.Add(serve.Readiness, "database", func(context.Context) error {
			calls.Add(1)
			time.Sleep(500 * time.Millisecond)
			return errDown
		})
		var askers sync.WaitGroup
		ask := func(n int) {
			for range n {
				askers.Go(func() {
					if findings, yes := h.Ask(t.Context(), serve.Readiness); yes || findings[0].Err != errDown || findings[0].Took != 500*time.Millisecond {
						t.Errorf("%v", findings)
					}
				})
			}
			askers.Wait()
		}
		ask(10)
		time.Sleep(900 * time.Millisecond)
		ask(10)
		if calls.Load() != 1 {
			t.Errorf("%d calls", calls.Load())
		}
		time.Sleep(200 * time.Millisecond)
		ask(1)
		if calls.Load() != 2 {
			t.Errorf("%d calls once it is stale", calls.Load())
		}
	})
}

// A check that hangs has failed for those who ask, and does not pile up.
func TestACheckThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := serve.Health{Timeout: time.Second}
		var calls atomic.Int32
		h.Add(serve.Liveness, "deaf", func(context.Context) error { calls.Add(1); time.Sleep(time.Minute); return nil })
		h.Add(serve.Liveness, "polite", func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) })
		began := time.Now()
		for range 3 {
			findings, yes := h.Ask(t.Context(), serve.Liveness)
			if yes || findings[0].Err != serve.ErrNoAnswer || findings[1].Err != serve.ErrNoAnswer {
				t.Errorf("%v", findings)
			}
			time.Sleep(time.Second)
		}
		if took := time.Since(began); calls.Load() != 1 || took != 6*time.Second {
			t.Errorf("%d calls, %v", calls.Load(), took)
		}
		time.Sleep(time.Minute)
		if findings, _ := h.Ask(t.Context(), serve.Liveness); findings[0].Err == nil || calls.Load() != 2 {
			t.Errorf("a minute later: %v, %d calls", findings[0], calls.Load())
		}
		time.Sleep(time.Minute)
	})
}

// Who asks need not wait for longer than it likes.
func TestAskEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h serve.Health
		h.Add(serve.Liveness, "slow", func(context.Context) error { time.Sleep(time.Second); return nil })
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, errStop)
		defer cancel()
		if findings, yes := h.Ask(ctx, serve.Liveness); yes || findings[0].Err != errStop {
			t.Errorf("%v", findings)
		}
		if _, yes := h.Ask(t.Context(), serve.Liveness); !yes {
			t.Error("who asked next got the end of the first")
		}
	})
}

// What has started has started; until then nothing is ready.
func TestStartup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h serve.Health
		up := false
		h.Add(serve.Startup, "migrations", func(context.Context) error {
			if !up {
				return errDown
			}
			return nil
		})
		h.Add(serve.Readiness, "cache", func(context.Context) error { return nil })
		if findings, yes := h.Ask(t.Context(), serve.Readiness); yes || len(findings) != 2 || findings[0].Name != "migrations" {
			t.Errorf("%v", findings)
		}
		up = true
		time.Sleep(2 * time.Second)
		if _, yes := h.Ask(t.Context(), serve.Startup); !yes {
			t.Error("it has not started")
		}
		up = false
		time.Sleep(time.Hour)
		if findings, yes := h.Ask(t.Context(), serve.Readiness); !yes {
			t.Errorf("%v", findings)
		}
	})
}

func TestACheckThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h serve.Health
		h.Add(serve.Liveness, "broken", func(context.Context) error { panic("nil map") })
		if findings, yes := h.Ask(t.Context(), serve.Liveness); yes || !strings.Contains(findings[0].Err.Error(), "nil map") {
			t.Errorf("%v", findings)
		}
	})
}

// What is answered to whom.
func TestProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h serve.Health
		h.Add(serve.Readiness, "database", func(context.Context) error { time.Sleep(3 * time.Millisecond); return errDown })
		h.Add(serve.Readiness, "cache", func(context.Context) error { time.Sleep(time.Millisecond); return nil })
		for _, c := range []struct {
			method, target string
			status         int
			body           string
		}{
			{"GET", "/livez", 200, "ok\n"},
			{"GET", "/startupz", 200, "ok\n"},
			{"GET", "/readyz", 503, "failed: database\n"},
			{"GET", "/below/readyz", 503, "failed: database\n"},
			{"GET", "/readyz?verbose", 503, "database: the database is down, 3ms, 3ms ago\ncache: ok, 1ms, 3ms ago\nfailed: database\n"},
			{"HEAD", "/livez", 200, "ok\n"}, // net/http leaves the body out
			{"POST", "/livez", 405, ""},
			{"GET", "/healthz", 404, "the probes are /livez, /readyz and /startupz, each with ?verbose\n"},
		} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(c.method, c.target, nil))
			if w.Code != c.status || w.Body.String() != c.body {
				t.Errorf("%s %s: %d %q", c.method, c.target, w.Code, w.Body)
			}
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s may be kept", c.target)
			}
		}
	})
}

// A server is ready from the moment that it listens.
func TestReadyWhenItListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve.New(serve.Options{})
		findings, yes := s.Health.Ask(t.Context(), serve.Readiness)
		if yes || findings[0].Name != "server" {
			t.Errorf("%v", findings)
		}
		if _, yes := s.Health.Ask(t.Context(), serve.Liveness); !yes {
			t.Error("it is not alive")
		}
	})
}
