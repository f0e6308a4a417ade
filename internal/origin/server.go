package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/inflight-go/inflight/internal/memnet"
)

// ErrNotLoopback is returned by Listen for an address that others could reach.
var ErrNotLoopback = errors.New("inflight/origin: not an address of the loopback interface")

// A Server serves an Origin, on a port or in memory. Make one with Listen or InMemory.
type Server struct {
	// Origin is what is served.
	Origin *Origin

	http   http.Server
	ln     net.Listener
	dial   func(ctx context.Context) (net.Conn, error)
	stop   func() bool
	served chan struct{}
	once   sync.Once
	err    error
}

// Listen serves o, on a TCP port of the loopback interface, until ctx ends or the
// server is closed. An empty host means 127.0.0.1, port 0 a free one. An address that
// others could reach is refused by ErrNotLoopback: an origin does what strangers ask.
func Listen(ctx context.Context, addr string, o *Origin) (*Server, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w; want host:port, such as 127.0.0.1:8080", addr, err)
	}
	if host == "" || host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%w: %q; want 127.0.0.1 or localhost", ErrNotLoopback, addr)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	dialer := new(net.Dialer)
	return serve(ctx, o, ln, func(ctx context.Context) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", ln.Addr().String())
	}), nil
}

// InMemory serves o in memory, without a port, until ctx ends or the server is closed:
// the only way in is DialContext. It works within a synctest bubble.
func InMemory(ctx context.Context, o *Origin) *Server {
	ln := memnet.Listen("origin")
	return serve(ctx, o, ln, func(ctx context.Context) (net.Conn, error) {
		return ln.Dial(ctx, "origin", "origin", memnet.Link{})
	})
}

func serve(ctx context.Context, o *Origin, ln net.Listener, dial func(context.Context) (net.Conn, error)) *Server {
	// A client that neither sends nor reads is not waited for much longer than any answer
	// may take.
	patience := o.opts.MaxTime + 30*time.Second
	s := &Server{Origin: o, ln: ln, dial: dial, served: make(chan struct{})}
	s.http = http.Server{
		Handler: o, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: patience, WriteTimeout: patience,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: stdlog.New(io.Discard, "", 0), // bad requests are what an origin is for
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(ln) // always ErrServerClosed or the listener's end
	}()
	s.stop = context.AfterFunc(ctx, func() { _ = s.close() })
	return s
}

// URL is where the server is, without a slash at the end: http://127.0.0.1:8080, or
// demo://origin in memory, which is http over DialContext.
func (s *Server) URL() string {
	if s.ln.Addr().Network() == memnet.Network {
		return "demo://" + s.ln.Addr().String()
	}
	return "http://" + s.ln.Addr().String()
}

// Addr is the address of the server.
func (s *Server) Addr() net.Addr {
	return s.ln.Addr()
}

// DialContext connects to the server, whatever network and address say: it is the
// DialContext of an http.Transport all of whose requests go here. It fails with the
// cause of a ctx that ended, and with net.ErrClosed once the server is closed.
func (s *Server) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return s.dial(ctx)
}

// Close ends the server and all its connections at once, and waits until it no longer
// accepts. It may be called more than once.
func (s *Server) Close() error {
	s.stop()
	return s.close()
}

func (s *Server) close() error {
	s.once.Do(func() { s.err = s.http.Close() })
	<-s.served
	return s.err
}

// Wait waits until the server was closed or its ctx ended.
func (s *Server) Wait() {
	<-s.served
}
