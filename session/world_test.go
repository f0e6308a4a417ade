package session_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/session"
)

// A world is a network in memory: names of hosts, each with a server, for use in a
// bubble, where its time is that of the bubble.
type world struct {
	t     *testing.T
	std   bool // exchanges are made by net/http
	hosts map[string]func(net.Conn)
	mu    sync.Mutex
	dials int
	log   []string // a line for each request to a handler
}

// bubble calls test in a bubble with a world, once for exchanges of our own and once
// for those of net/http, and checks by its end that nothing is left behind.
func bubble(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, std := range map[string]bool{"own": false, "net/http": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test(t, &world{t: t, std: std, hosts: make(map[string]func(net.Conn))})
			})
		})
	}
}

// open returns a session in the world that is closed at the end.
func (w *world) open(o session.Options) *session.Session {
	w.t.Helper()
	if o.Dial == nil {
		o.Dial = w.dial
	}
	o.NetHTTP = w.std
	s, err := session.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Close() })
	return s
}

func (w *world) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dials++
	serve := w.hosts[strings.ToLower(addr)]
	if serve == nil {
		return nil, errors.New("connection refused by " + addr)
	}
	client, server := net.Pipe()
	go serve(server)
	return client, nil
}

// handle makes a host of a handler. The host has its port: "a.example:80".
func (w *world) handle(addr string, h http.HandlerFunc) {
	l := &listener{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.log = append(w.log, r.Method+" "+r.Host+r.URL.String())
		w.mu.Unlock()
		h(rw, r)
	})}
	go server.Serve(l)
	w.t.Cleanup(func() { server.Close() })
	w.hosts[addr] = func(c net.Conn) {
		select {
		case l.conns <- c:
		case <-l.done:
			c.Close()
		}
	}
}

// raw makes a host that answers each request with what send writes, and closes the
// connection then.
func (w *world) raw(addr string, send func(c net.Conn)) {
	w.hosts[addr] = func(c net.Conn) {
		defer c.Close()
		req, err := http.ReadRequest(newReader(c))
		if err != nil {
			return
		}
		io.Copy(io.Discard, req.Body)
		send(c)
	}
}

func (w *world) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log
}

type listener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *listener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }

// clock returns how much time has passed since it was made.
func clock() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}
