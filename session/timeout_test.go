package session_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// stalls are hosts that stop at one point each.
func (w *world) stalls() {
	hang := func(c net.Conn) { io.Copy(io.Discard, c) }
	w.raw("header.example:80", hang)
	w.raw("half.example:80", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n"); hang(c) })
	w.raw("body.example:80", func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
		hang(c)
	})
	w.raw("slow.example:80", func(c net.Conn) {
		_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		for err == nil {
			c.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := c.Read(make([]byte, 1)); err == io.EOF {
				return // as long as nobody listens, time does not go on
			}
			_, err = io.WriteString(c, "x")
		}
	})
	w.hosts["tls.example:443"] = hang
}

// stalling is a dialler that hangs for one host.
func (w *world) stalling(ctx context.Context, network, addr string) (net.Conn, error) {
	switch addr {
	case "connect.example:80":
		<-ctx.Done()
		return nil, ctx.Err()
	case "dns.example:80":
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "timeout", IsTimeout: true}}
	}
	return w.dial(ctx, network, addr)
}

func TestTimeoutsSayWhichPhase(t *testing.T) {
	for _, c := range []struct {
		url   string
		o     session.Options
		phase session.Phase
		after time.Duration
	}{
		{"http://connect.example/", session.Options{}, session.PhaseConnect, 5 * time.Second},
		{"http://dns.example/", session.Options{}, session.PhaseDNS, 5 * time.Second},
		{"https://tls.example/", session.Options{}, session.PhaseTLS, 5 * time.Second},
		{"http://header.example/", session.Options{}, session.PhaseHeader, 30 * time.Second},
		{"http://header.example/", session.Options{HeaderTimeout: 7 * time.Second}, session.PhaseHeader, 7 * time.Second},
		{"http://half.example/", session.Options{Timeout: 3 * time.Second}, session.PhaseHeader, 3 * time.Second},
		{"http://body.example/", session.Options{}, session.PhaseIdle, 15 * time.Second},
		{"http://body.example/", session.Options{IdleTimeout: -1}, session.PhaseBody, 30 * time.Second},
		{"http://slow.example/", session.Options{}, session.PhaseBody, 30 * time.Second},
		{"http://slow.example/", session.Options{Timeout: -1, IdleTimeout: 9 * time.Second}, session.PhaseIdle, 9 * time.Second},
	} {
		t.Run(string(c.phase)+" "+c.url, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.stalls()
				c.o.Dial, c.o.Backoff = w.stalling, none
				s := w.open(c.o)
				took := clock()
				_, err := s.Get(t.Context(), c.url)
				e, ok := errors.AsType[*session.Error](err)
				late, isLate := errors.AsType[*session.TimeoutError](err)
				if !ok || !isLate || e.Class != retry.ClassTimeout || !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatalf("%#v", err)
				}
				if late.Phase != c.phase || late.Limit != c.after || took() != c.after {
					t.Errorf("%v after %v, want %s after %v", late, took(), c.phase, c.after)
				}
			})
		})
	}
}

// Each attempt has the whole time, and those after a timeout have it too.
func TestTimeoutIsForOneAttempt(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var n atomic.Int32
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			if n.Add(1) < 4 {
				select {
				case <-time.After(time.Hour):
				case <-r.Context().Done():
				}
			}
		})
		s := w.open(session.Options{Backoff: retry.Policy{Rand: func() float64 { return 0 }}})
		took := clock()
		r, err := s.Get(t.Context(), "http://a.example/")
		if err != nil || len(r.Attempts) != 4 || took() != 90*time.Second || r.Attempts[2].Duration != 30*time.Second || r.Attempts[2].Class != retry.ClassTimeout {
			t.Errorf("after %v: %+v, %v", took(), r, err)
		}
	})
}

// The redirects of an attempt share its time; waiting for a limit is not part of it.
func TestTimeoutCountsExchangesOnly(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		slow := func(rw http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * time.Second)
			if len(r.URL.Path) < 5 {
				http.Redirect(rw, r, r.URL.Path+"x", http.StatusFound)
			}
		}
		w.handle("a.example:80", slow)
		w.handle("b.example:80", func(rw http.ResponseWriter, r *http.Request) { time.Sleep(2 * time.Second) })
		s := w.open(session.Options{Timeout: 5 * time.Second, Backoff: none, PerHost: 1})
		took := clock()
		_, err := s.Get(t.Context(), "http://a.example/")
		if late, ok := errors.AsType[*session.TimeoutError](err); !ok || late.Limit != 5*time.Second || took() != 5*time.Second {
			t.Errorf("%v after %v", err, took())
		}
		errs := make(chan error, 10)
		for range 10 {
			go func() { _, err := s.Get(t.Context(), "http://b.example/"); errs <- err }()
		}
		for range 10 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

// Whatever a request waits for, the end of its context ends it at once, with the
// cause, and nothing is left behind: the bubble would not end.
func TestCancellationAtEachPhase(t *testing.T) {
	gone := errors.New("gone")
	for _, phase := range []string{"connect", "dns", "header", "half", "body", "slow", "tls", "backoff", "hold", "rate", "perhost"} {
		t.Run(phase, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.stalls()
				w.handle("backoff.example:80", failing(9, 500))
				w.handle("hold.example:80", failing(9, 429, "Retry-After", "60"))
				w.handle("rate.example:80", failing(0, 0))
				w.handle("perhost.example:80", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
				o := session.Options{Dial: w.stalling, Backoff: retry.Policy{Base: time.Hour, Max: time.Hour, Rand: whole}}
				url := "http://" + phase + ".example/"
				switch phase {
				case "rate":
					o.Rate = session.Rate{N: 1, Per: time.Hour}
				case "perhost":
					o.PerHost = 1
				case "tls":
					url = "https://tls.example/"
				}
				s := w.open(o)
				ctx, cancel := context.WithCancelCause(t.Context())
				if phase == "rate" {
					s.Get(t.Context(), url)
				}
				if phase == "perhost" {
					go s.Get(ctx, url)
					synctest.Wait()
				}
				took := clock()
				time.AfterFunc(2*time.Second, func() { cancel(gone) })
				_, err := s.Get(ctx, url)
				e, ok := errors.AsType[*session.Error](err)
				if !ok || e.Class != retry.ClassCanceled || !errors.Is(err, gone) || took() != 2*time.Second {
					t.Errorf("%#v after %v", err, took())
				}
				if phase == "backoff" && (e.Response == nil || e.Status != 500) || phase == "hold" && (e.Response == nil || e.Status != 429) {
					t.Errorf("%+v", e)
				}
				if _, err := s.Get(ctx, url); !errors.Is(err, gone) {
					t.Errorf("after its end: %v", err)
				}
			})
		})
	}
}

func TestDeadlineOfTheCaller(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.stalls()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := w.open(session.Options{}).Get(ctx, "http://header.example/")
		if e, ok := errors.AsType[*session.Error](err); !ok || e.Class != retry.ClassDeadline || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%#v", err)
		}
	})
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.stalls()
		w.handle("hold.example:80", failing(9, 429, "Retry-After", "60"))
		s := w.open(session.Options{Dial: w.stalling})
		errs := make(chan error)
		urls := []string{"http://connect.example/", "http://header.example/", "http://body.example/", "http://hold.example/"}
		for _, url := range urls {
			go func() { _, err := s.Get(t.Context(), url); errs <- err }()
		}
		time.Sleep(time.Second)
		took := clock()
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		for range urls {
			err := <-errs
			if e, ok := errors.AsType[*session.Error](err); !ok || e.Class != retry.ClassClosed || !errors.Is(err, session.ErrClosed) {
				t.Errorf("%#v", err)
			}
		}
		if _, err := s.Get(t.Context(), "http://header.example/"); !errors.Is(err, session.ErrClosed) || took() != 0 {
			t.Errorf("%v after %v", err, took())
		}
	})
}

// A body that is sent slower than any timeout of its pieces is no idle one.
func TestBodyThatMovesIsNotIdle(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.handle("a.example:80", func(rw http.ResponseWriter, r *http.Request) {
			for range 20 {
				rw.Write(bytes.Repeat([]byte("x"), 10))
				rw.(http.Flusher).Flush()
				time.Sleep(14 * time.Second)
			}
		})
		r, err := w.open(session.Options{Timeout: -1}).Get(t.Context(), "http://a.example/")
		if err != nil || r.Bytes != 200 || r.Timings.Body != 280*time.Second {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
