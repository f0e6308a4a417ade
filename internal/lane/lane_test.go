package lane_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/lane"
)

var errGone = errors.New("gone")

// holder is a context that looks after its exchanges.
type holder struct {
	context.Context
	mu   sync.Mutex
	held lane.Aborter
	over bool
}

func newHolder(ctx context.Context) *holder {
	h := &holder{Context: ctx}
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.over = true
		if h.held != nil {
			h.held.Abort()
		}
	})
	return h
}

func (h *holder) Hold(a lane.Aborter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held != nil {
		panic("held twice")
	}
	h.held = a
	if h.over {
		a.Abort()
	}
}

func (h *holder) Drop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = nil
}

// Whatever an exchange waits for, the end of its context ends it, with the cause.
func TestCancellation(t *testing.T) {
	header := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
	says := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			http.ReadRequest(bufio.NewReader(c))
			io.WriteString(c, text)
			io.Copy(io.Discard, c)
		}
	}
	for name, serve := range map[string]func(net.Conn){
		"before":  says(""),
		"dial":    nil,
		"write":   func(c net.Conn) { c.Read(make([]byte, 1)); time.Sleep(time.Hour) },
		"header":  says(""),
		"half":    says(header),
		"100":     says("HTTP/1.1 100 Continue\r\n\r\n"),
		"body":    says(header + "\r\nhel"),
		"chunks":  says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"),
		"the end": says("HTTP/1.1 200 OK\r\n\r\nhel"),
	} {
		for _, hold := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				bubble(t, nil, func(t *testing.T, s *server, l *lane.Lane) {
					s.serve = serve
					if name == "dial" {
						l.Dial = func(context.Context, string, string) (net.Conn, error) { // deaf, and late
							time.Sleep(time.Hour)
							a, b := net.Pipe()
							go io.Copy(io.Discard, b)
							return a, nil
						}
					}
					ctx, cancel := context.WithCancelCause(t.Context())
					if name == "before" {
						cancel(errGone)
					}
					if hold {
						ctx = newHolder(ctx)
					}
					time.AfterFunc(time.Second, func() { cancel(errGone) })
					began := time.Now()
					_, err := get(ctx, l, "GET")
					took := time.Since(began)
					if !errors.Is(err, errGone) || took != time.Second && name != "before" || lane.Idle(l) != 0 {
						t.Errorf("%v after %v, %d idle", err, took, lane.Idle(l))
					}
					time.Sleep(time.Hour)
				})
			})
		}
	}
}

// An exchange that is over is not touched by the end of its context any more, and
// neither is the connection.
func TestCancellationComesTooLate(t *testing.T) {
	for _, hold := range []bool{false, true} {
		bubble(t, []string{fine, fine, fine}, func(t *testing.T, s *server, l *lane.Lane) {
			for range 3 {
				ctx, cancel := context.WithCancel(t.Context())
				if hold {
					ctx = newHolder(ctx)
				}
				if body, err := get(ctx, l, "GET"); body != "fine" || err != nil {
					t.Errorf("%q, %v", body, err)
				}
				cancel()
				synctest.Wait()
			}
			if s.dials != 1 || lane.Idle(l) != 1 {
				t.Errorf("%d connections were made, %d are idle", s.dials, lane.Idle(l))
			}
		})
	}
}

// A body that is closed before its end takes its connection with it.
func TestBodyClosedEarly(t *testing.T) {
	bubble(t, []string{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", fine}, func(t *testing.T, s *server, l *lane.Lane) {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", "http://a.example/", nil)
		resp, err := l.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Read(make([]byte, 2))
		resp.Body.Close()
		resp.Body.Close()
		if n, err := resp.Body.Read(make([]byte, 2)); n != 0 || !errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Errorf("%d, %v", n, err)
		}
		if body, err := get(t.Context(), l, "GET"); body != "fine" || err != nil || s.dials != 2 {
			t.Errorf("%q, %v, %d connections", body, err, s.dials)
		}
	})
}

// When the server hangs up on an idle connection at the moment of the next request,
// that is sent once more if it may be.
func TestHangUpOnTheNextRequest(t *testing.T) {
	for method, want := range map[string]struct {
		body string
		got  int
	}{"GET": {"fine", 3}, "HEAD": {"", 3}, "OPTIONS": {"fine", 3}, "POST": {"", 2}, "DELETE": {"", 2}} {
		bubble(t, []string{fine, hangUp, fine}, func(t *testing.T, s *server, l *lane.Lane) {
			get(t.Context(), l, "GET")
			body, err := get(t.Context(), l, method)
			if body != want.body || len(s.got) != want.got || (err == nil) != (want.got == 3) || err != nil && !errors.Is(err, io.EOF) {
				t.Errorf("%s: %q, %v after %d requests", method, body, err, len(s.got))
			}
		})
	}
	bubble(t, []string{fine, hangUp, hangUp, fine}, func(t *testing.T, s *server, l *lane.Lane) {
		get(t.Context(), l, "GET")
		if body, err := get(t.Context(), l, "GET"); err == nil || len(s.got) != 3 {
			t.Errorf("%q, %v after %d requests", body, err, len(s.got))
		}
	})
	bubble(t, []string{fine, "H" + hangUp, fine}, func(t *testing.T, s *server, l *lane.Lane) {
		get(t.Context(), l, "GET")
		if body, err := get(t.Context(), l, "GET"); err == nil || len(s.got) != 2 {
			t.Errorf("after one byte: %q, %v after %d requests", body, err, len(s.got))
		}
	})
	bubble(t, []string{fine, hangUp, fine}, func(t *testing.T, s *server, l *lane.Lane) {
		get(t.Context(), l, "GET")
		req, _ := http.NewRequestWithContext(t.Context(), "POST", "http://a.example/", nil)
		req.Header["Idempotency-Key"] = []string{"k"}
		if got := outcome(l, req); !strings.Contains(got, "fine") {
			t.Errorf("with a key: %s", got)
		}
	})
}

// A connection that was closed while it was idle is not used, whatever the method.
func TestHangUpWhileIdle(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		bubble(t, []string{fine + hangUp, fine}, func(t *testing.T, s *server, l *lane.Lane) {
			for range 2 {
				if body, err := get(t.Context(), l, method); body != "fine" || err != nil {
					t.Errorf("%q, %v", body, err)
				}
				synctest.Wait()
			}
		})
	}
}

// A connection on which something was said while it was idle is not used.
func TestSaidWhileIdle(t *testing.T) {
	const evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
	for _, secure := range []bool{false, true} {
		said := make(chan bool)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(c, fine)
			if r.URL.Path == "/later" {
				<-said
			}
			io.WriteString(c, evil)
			said <- true
		}))
		server.Start()
		l := &lane.Lane{Next: http.DefaultTransport, Dial: new(net.Dialer).DialContext, MaxHeader: maxHeader, IdlePerHost: 4, Idle: 8, IdleTimeout: time.Minute}
		u := server.URL
		if secure {
			server.Close()
			server = httptest.NewUnstartedServer(server.Config.Handler)
			server.StartTLS()
			u = server.URL
			l.DialTLS = func(ctx context.Context, network, addr string) (net.Conn, error) {
				d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
				return d.DialContext(ctx, network, addr)
			}
		}
		for _, path := range []string{"/", "/later", "/later"} {
			req, _ := http.NewRequestWithContext(t.Context(), "GET", u+path, nil)
			if got := outcome(l, req); !strings.Contains(got, "fine") || strings.Contains(got, "evil") {
				t.Fatalf("TLS %v: %s", secure, got)
			}
			if path == "/later" {
				said <- true
			}
			<-said
		}
		l.CloseIdleConnections()
		server.Close()
	}
}

// What was said together with the answer is found behind TLS too, where it has been
// read already.
func TestSaidWithTheAnswerBehindTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		at := c.(*tls.Conn).NetConn().(*corked)
		at.cork = true
		io.WriteString(c, fine)
		io.WriteString(c, strings.Replace(fine, "fine", "evil", 1))
		at.Conn.Write(at.held)
	}))
	server.Listener = corking{server.Listener}
	server.StartTLS()
	defer server.Close()
	l := &lane.Lane{MaxHeader: maxHeader, IdlePerHost: 4, Idle: 8, IdleTimeout: time.Minute}
	defer l.CloseIdleConnections()
	l.DialTLS = func(ctx context.Context, network, addr string) (net.Conn, error) {
		d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
		return d.DialContext(ctx, network, addr)
	}
	for range 2 {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
		if got := outcome(l, req); !strings.Contains(got, "fine") {
			t.Error(got)
		}
	}
}

// corked is a connection that can hold back what is written.
type corked struct {
	net.Conn
	cork bool
	held []byte
}

func (c *corked) Write(p []byte) (int, error) {
	if !c.cork {
		return c.Conn.Write(p)
	}
	c.held = append(c.held, p...)
	return len(p), nil
}

type corking struct{ net.Listener }

func (l corking) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &corked{Conn: c}, err
}

func TestIdleConnections(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *server, l *lane.Lane) {
		for range 100 {
			s.answers = append(s.answers, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
		}
		open := func(host string, n int) (bodies []io.ReadCloser) {
			for range n {
				req, _ := http.NewRequestWithContext(t.Context(), "GET", "http://"+host+"/", nil)
				resp, err := l.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				bodies = append(bodies, resp.Body)
			}
			return bodies
		}
		read := func(bodies []io.ReadCloser) {
			for _, b := range bodies {
				io.Copy(io.Discard, b)
			}
		}
		idle := func(want int) {
			t.Helper()
			if n := lane.Idle(l); n != want {
				t.Errorf("%d are idle, want %d", n, want)
			}
		}
		read(open("a.example", 6))
		idle(4) // of one host
		time.Sleep(30 * time.Second)
		read(open("b.example", 4))
		idle(8)
		read(open("c.example", 3)) // in the place of three of a
		idle(8)
		dials := s.dials
		read(open("b.example", 4))
		read(open("a.example", 1))
		if s.dials != dials {
			t.Errorf("%d connections were made again", s.dials-dials)
		}
		time.Sleep(45 * time.Second)
		read(open("c.example", 1))
		time.Sleep(16 * time.Second)
		idle(1) // the others are too old
		time.Sleep(60 * time.Second)
		idle(0)
		bodies := open("a.example", 2)
		read(bodies[:1])
		idle(1)
		l.CloseIdleConnections()
		read(bodies[1:])
		idle(0)
		read(open("a.example", 1))
		idle(1)
	})
}

// What a Proxy is for, and what has no dialler, is left to Next.
func TestNext(t *testing.T) {
	next := tripper(func(r *http.Request) (*http.Response, error) { return nil, errors.New("next") })
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("own") }
	proxy := func(r *http.Request) (*url.URL, error) {
		if r.URL.Path == "/proxy" {
			return url.Parse("http://p.example")
		}
		return nil, nil
	}
	for _, c := range []struct {
		l    *lane.Lane
		url  string
		want string
	}{
		{&lane.Lane{Next: next, Dial: dial}, "http://a.example/", "own"},
		{&lane.Lane{Next: next, Dial: dial}, "https://a.example/", "next"},
		{&lane.Lane{Next: next, Dial: dial, DialTLS: dial}, "https://a.example/", "own"},
		{&lane.Lane{Next: next, DialTLS: dial}, "http://a.example/", "next"},
		{&lane.Lane{Next: next, Dial: dial, Proxy: proxy}, "http://a.example/proxy", "next"},
		{&lane.Lane{Next: next, Dial: dial, Proxy: proxy}, "http://a.example/", "own"},
	} {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", c.url, nil)
		if _, err := c.l.RoundTrip(req); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.url, err, c.want)
		}
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTrace(t *testing.T) {
	bubble(t, []string{fine, fine}, func(t *testing.T, s *server, l *lane.Lane) {
		l.Trace = true
		var reused []bool
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
			reused = append(reused, i.Reused && i.Conn != nil)
		}})
		get(ctx, l, "GET")
		get(ctx, l, "GET")
		if len(reused) != 2 || reused[0] || !reused[1] {
			t.Errorf("%v", reused)
		}
	})
}

// A server that answers before it has read the request, and hangs up, has answered.
func TestAnswerBeforeTheEndOfTheRequest(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *server, l *lane.Lane) {
		s.serve = func(c net.Conn) {
			c.Read(make([]byte, 10))
			go io.Copy(io.Discard, io.LimitReader(c, 20))
			io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\n")
			io.WriteString(c, "big")
		}
		l.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := s.dial(ctx, network, addr)
			return &impatient{Conn: c}, err
		}
		body := strings.Repeat("x", 10_000)
		req, _ := http.NewRequestWithContext(t.Context(), "POST", "http://a.example/", strings.NewReader(body))
		if got := outcome(l, req); !strings.HasPrefix(got, `"413 Too Large"`) || !strings.Contains(got, `"big"`) || lane.Idle(l) != 0 {
			t.Errorf("%s, %d idle", got, lane.Idle(l))
		}
	})
}

// impatient is a connection whose writes fail after 20 bytes.
type impatient struct{ net.Conn }

func (c *impatient) Write(p []byte) (int, error) {
	n, _ := c.Conn.Write(p[:20])
	return n, io.ErrClosedPipe
}
