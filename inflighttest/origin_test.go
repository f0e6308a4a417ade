package inflighttest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

const hello = "hello, world"

// greet answers by 12 bytes.
func greet(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, hello) }

// greetAtLength says how long its answer is.
func greetAtLength(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "12")
	io.WriteString(w, hello)
}

// fetch returns what came of the body, and the error, of whatever.
func fetch(ctx context.Context, o *inflighttest.Origin, method string) (body string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, o.URL()+"/", nil)
	if err != nil {
		return "", err
	}
	resp, err := o.Client().Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return string(data), err
}

// bubble is a test in a bubble with an origin.
func bubble(t *testing.T, h http.HandlerFunc, test func(t *testing.T, ctx context.Context, o *inflighttest.Origin)) {
	t.Helper()
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		test(t, ctx, inflighttest.NewOrigin(t, h))
	})
}

func TestOriginFaults(t *testing.T) {
	log.SetOutput(io.Discard) // net/http says something about what is longer than its length
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	for _, c := range []struct {
		name    string
		fault   inflighttest.Fault
		handler http.HandlerFunc
		body    string
		err     error
	}{
		{"none", nil, greet, hello, nil},
		{"reset", inflighttest.Reset, greet, "", syscall.ECONNRESET},
		{"reset in the body", inflighttest.ResetAfter(5), greet, "hello", syscall.ECONNRESET},
		{"reset in a body of known length", inflighttest.ResetAfter(5), greetAtLength, "hello", syscall.ECONNRESET},
		{"reset after the header", inflighttest.ResetAfter(0), greet, "", syscall.ECONNRESET},
		{"reset before the end", inflighttest.ResetAfter(12), greet, hello, syscall.ECONNRESET},
		{"truncated", inflighttest.Truncate(5), greet, "hello", io.ErrUnexpectedEOF},
		{"truncated body of known length", inflighttest.Truncate(5), greetAtLength, "hello", io.ErrUnexpectedEOF},
		{"truncated after the header", inflighttest.Truncate(0), greet, "", io.ErrUnexpectedEOF},
		{"without its end", inflighttest.Truncate(100), greet, hello, io.ErrUnexpectedEOF},
		{"closed by half", inflighttest.HalfClose, greet, hello, nil},
		{"length too short", inflighttest.ContentLength(5), greet, "hello", nil},
		{"length as it is", inflighttest.ContentLength(12), greetAtLength, hello, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, c.handler, func(t *testing.T, ctx context.Context, o *inflighttest.Origin) {
				o.Next(c.fault)
				if body, err := fetch(ctx, o, "GET"); body != c.body || !errors.Is(err, c.err) {
					t.Errorf("%q, %v; want %q, %v", body, err, c.body, c.err)
				}
				if n := o.Requests(); n != 1 {
					t.Errorf("%d requests", n)
				}
				inflighttest.Settle()
				if body, err := fetch(ctx, o, "GET"); body != hello || err != nil {
					t.Errorf("the next one: %q, %v", body, err)
				}
			})
		})
	}
}

func TestFaultsThatOnlyTheClientEnds(t *testing.T) {
	for name, c := range map[string]struct {
		fault inflighttest.Fault
		body  string
	}{
		"hang":            {inflighttest.Hang, ""},
		"length too long": {inflighttest.ContentLength(1000), hello},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, greet, func(t *testing.T, ctx context.Context, o *inflighttest.Origin) {
				o.Next(c.fault)
				start := time.Now()
				ctx, cancel := context.WithTimeout(ctx, time.Hour)
				defer cancel()
				body, err := fetch(ctx, o, "GET")
				if body != c.body || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Hour {
					t.Errorf("%q, %v after %v", body, err, time.Since(start))
				}
			})
		})
	}
}

func TestContentLengthOfNoBody(t *testing.T) {
	bubble(t, greet, func(t *testing.T, ctx context.Context, o *inflighttest.Origin) {
		o.Next(inflighttest.ContentLength(1000))
		resp, err := o.Client().Head(o.URL())
		if err != nil || resp.ContentLength != 1000 {
			t.Errorf("%v, %v", resp, err)
		}
	})
}

// The connection is kept by the client, and what it sends there next is lost.
func TestHalfCloseMeetsTheNextRequest(t *testing.T) {
	bubble(t, greet, func(t *testing.T, ctx context.Context, o *inflighttest.Origin) {
		o.SetLink(inflighttest.Link{Latency: time.Second})
		o.Next(inflighttest.HalfClose)
		conn, err := o.Dial(ctx, "tcp", "a.example:80")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		const request = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
		fmt.Fprint(conn, request)
		data, err := io.ReadAll(conn)
		if n := strings.Count(string(data), hello); n != 1 || err != nil {
			t.Errorf("%d answers, %v", n, err)
		}
		if _, err := fmt.Fprint(conn, request); err != nil {
			t.Errorf("the direction to the server: %v", err)
		}
		time.Sleep(time.Minute)
		if n := o.Requests(); n != 2 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestRefuse(t *testing.T) {
	bubble(t, greet, func(t *testing.T, ctx context.Context, o *inflighttest.Origin) {
		o.SetLink(inflighttest.Link{Latency: time.Second})
		o.Refuse(2)
		for i := range 2 {
			start := time.Now()
			if _, err := fetch(ctx, o, "GET"); !errors.Is(err, syscall.ECONNREFUSED) || time.Since(start) != 2*time.Second {
				t.Errorf("%d: %v after %v", i, err, time.Since(start))
			}
		}
		if body, err := fetch(ctx, o, "GET"); body != hello || err != nil {
			t.Errorf("%q, %v", body, err)
		}
		o.Refuse(-1)
		if body, err := fetch(ctx, o, "GET"); body != hello || err != nil {
			t.Errorf("by the connection that is there: %q, %v", body, err)
		}
		o.Client().CloseIdleConnections()
		for range 3 {
			if _, err := fetch(ctx, o, "GET"); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Error(err)
			}
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := o.Dial(short, "tcp", "a.example:80"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		o.Refuse(0)
		if body, err := fetch(ctx, o, "GET"); body != hello || err != nil {
			t.Errorf("%q, %v", body, err)
		}
		if n := o.Dials(); n != 8 {
			t.Errorf("%d dials", n)
		}
	})
}

func TestLinkTakesItsTime(t *testing.T) {
	long := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "50000")
		w.Write(make([]byte, 50_000))
	}
	bubble(t, long, func(t *testing.T, ctx context.Context, o *inflighttest.Origin) {
		o.SetLink(inflighttest.Link{Latency: 50 * time.Millisecond, Bandwidth: 10_000})
		for i, least := range []time.Duration{5200 * time.Millisecond, 5100 * time.Millisecond} { // the second has a connection
			start := time.Now()
			body, err := fetch(ctx, o, "GET")
			if took := time.Since(start); len(body) != 50_000 || err != nil || took < least || took > least+100*time.Millisecond {
				t.Errorf("%d: %d bytes, %v after %v", i, len(body), err, took)
			}
		}
	})
}

func TestRequestsMeetTheirFaultsInOrder(t *testing.T) {
	bubble(t, greet, func(t *testing.T, ctx context.Context, o *inflighttest.Origin) {
		status := func(code int) inflighttest.Fault {
			return func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
			}
		}
		o.Next(status(500), nil)
		o.Next(status(404))
		var codes []int
		for range 4 {
			resp, err := o.Client().Get(o.URL())
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			codes = append(codes, resp.StatusCode)
		}
		if got := fmt.Sprint(codes); got != "[500 200 404 200]" {
			t.Error(got)
		}
	})
}

// A session gets through all of it, in as much of the bubble's time as it takes.
func TestSessionGetsThrough(t *testing.T) {
	for name, link := range map[string]inflighttest.Link{"at once": {}, "slow": {Latency: 40 * time.Millisecond, Bandwidth: 1 << 20}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, greet, func(t *testing.T, ctx context.Context, o *inflighttest.Origin) {
				o.SetLink(link)
				o.Refuse(1)
				o.Next(inflighttest.Reset, inflighttest.Truncate(3), inflighttest.ResetAfter(0), inflighttest.Hang, inflighttest.ContentLength(13))
				s, err := session.New(session.Options{Dial: o.Dial, IdleTimeout: time.Minute, HeaderTimeout: time.Minute, Timeout: time.Hour,
					Backoff: retry.Policy{Retries: 6}})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				resp, err := s.Get(ctx, "http://a.example/")
				if err != nil {
					t.Fatal(err)
				}
				if string(resp.Body) != hello || o.Requests() != 6 {
					t.Errorf("%q after %d requests", resp.Body, o.Requests())
				}
			})
		})
	}
}

func TestHandlersEndWithTheTest(t *testing.T) {
	var ended atomic.Int32
	t.Run("it", func(t *testing.T) {
		o := inflighttest.NewOrigin(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			time.Sleep(50 * time.Millisecond) // there is an end to wait for
			ended.Add(1)
		}))
		for range 3 {
			conn, err := o.Dial(t.Context(), "tcp", "a.example:80")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
		}
		for o.Requests() < 3 {
			time.Sleep(time.Millisecond)
		}
		go func() {
			for o.Client() != nil {
				if _, err := o.Client().Get(o.URL()); err != nil {
					return // it is closed
				}
			}
		}()
	})
	if n := ended.Load(); n < 3 {
		t.Errorf("%d handlers have ended", n)
	}
	var left string
	for range 1000 {
		var s strings.Builder
		pprof.Lookup("goroutine").WriteTo(&s, 2)
		if left = s.String(); !strings.Contains(left, "net/http.") && !strings.Contains(left, "memnet") {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("left behind:\n%s", left)
}

func TestDialAfterTheTest(t *testing.T) {
	var o *inflighttest.Origin
	t.Run("it", func(t *testing.T) { o = inflighttest.NewOrigin(t, http.HandlerFunc(greet)) })
	if _, err := o.Dial(t.Context(), "tcp", "a.example:80"); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestAPanicOfTheHandlerFailsTheTest(t *testing.T) {
	out := fails(t, func(t *testing.T) {
		bubble(t, func(http.ResponseWriter, *http.Request) { panic("by the handler") },
			func(t *testing.T, ctx context.Context, o *inflighttest.Origin) {
				if _, err := fetch(ctx, o, "GET"); err != nil {
					fmt.Fprintln(os.Stderr, "the client saw an error")
				}
			})
	})
	says(t, out, "panic in the handler of GET /: by the handler", "origin_test.go")
	says(t, out, "the client saw an error")
}

func TestWhatIsWrongWithAnOriginPanics(t *testing.T) {
	o := inflighttest.NewOrigin(t, http.HandlerFunc(greet))
	for name, wrong := range map[string]func(){
		"NewOrigin called with a nil handler":     func() { inflighttest.NewOrigin(t, nil) },
		"SetLink with a negative number":          func() { o.SetLink(inflighttest.Link{Latency: -1}) },
		"SetLink with a negative number: {Laten":  func() { o.SetLink(inflighttest.Link{Bandwidth: -1}) },
		"Truncate(-1): negative length":           func() { inflighttest.Truncate(-1) },
		"ResetAfter(-1): negative length":         func() { inflighttest.ResetAfter(-1) },
		"ContentLength(-1): negative length":      func() { inflighttest.ContentLength(-1) },
		"a Fault in a handler that no Origin ser": func() { inflighttest.Reset(nil).ServeHTTP(nil, httptest.NewRequest("GET", "/", nil)) },
	} {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.Contains(p, name) {
					t.Errorf("want %q, got %q", name, p)
				}
			}()
			wrong()
		}()
	}
}
