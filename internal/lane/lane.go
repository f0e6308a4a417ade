package lane

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"
)

// A Lane makes exchanges. Its fields must not be changed once it is in use. It may be
// used by any number of goroutines.
type Lane struct {
	// Next makes the exchanges that are not plain.
	Next http.RoundTripper
	// Dial makes connections for http, and DialTLS for https, with the handshake
	// done; where it is nil, Next makes the exchanges of that scheme.
	Dial, DialTLS func(ctx context.Context, network, addr string) (net.Conn, error)
	// Proxy, if it is not nil, is asked for each request; if it returns a URL or an
	// error, the request is for Next.
	Proxy func(*http.Request) (*url.URL, error)
	// MaxHeader is the most bytes of the header of an answer, and those of status 1xx
	// before it together.
	MaxHeader int64
	// IdlePerHost and Idle are how many idle connections are kept, to one host and in
	// all, and IdleTimeout for how long.
	IdlePerHost, Idle int
	IdleTimeout       time.Duration
	// Trace makes the hook GotConn of package httptrace be called.
	Trace bool

	pool pool
}

// A Holder is a context that looks after the exchange which is made under it, so that
// it need not be told of each by context.AfterFunc. It holds one at a time.
type Holder interface {
	context.Context
	// Hold takes an exchange over: when the context ends, be it before, its Abort is
	// called, once.
	Hold(Aborter)
	// Drop is called when the exchange is over. When it returns, Abort is neither
	// called any more nor being called.
	Drop()
}

// An Aborter is what can be aborted. Abort does not wait.
type Aborter interface{ Abort() }

// RoundTrip makes an exchange, or has Next make it. When the context ends, it and
// reads of the body return its cause. The body must be closed, or read to its end, by
// one goroutine.
//
// If an idle connection turns out to be stale the exchange is made once more, with a
// new one, if not one byte of the request was sent, or if not one byte of an answer
// has come and the method is idempotent.
func (l *Lane) RoundTrip(req *http.Request) (*http.Response, error) {
	if !l.takes(req) {
		return l.Next.RoundTrip(req)
	}
	ctx := req.Context()
	if ctx.Err() != nil {
		closeBody(req)
		return nil, context.Cause(ctx)
	}
	out := buffers.Get().(*[]byte)
	defer buffers.Put(out)
	var err error
	if *out, err = appendRequest((*out)[:0], req); err != nil {
		return nil, err
	}
	at := keyOf(req.URL)
	for again := false; ; {
		var c *conn
		if !again {
			c = l.pool.get(at)
		}
		if c == nil {
			if c, err = l.dial(ctx, at, req.URL); err != nil {
				return nil, err
			}
		}
		l.gotConn(ctx, c)
		resp, err := c.exchange(ctx, req, *out)
		switch {
		case err == nil:
			return resp, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err == errStale: // there may be another one
		case c.mayRepeat(req, err):
			again = true
		default:
			return nil, err
		}
	}
}

var errStale = errors.New("the connection is stale")

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// CloseIdleConnections closes the idle connections, and those of exchanges under way
// when they become idle before the next exchange begins. So does Next, if it can.
func (l *Lane) CloseIdleConnections() {
	l.pool.close()
	if next, ok := l.Next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

func (l *Lane) dial(ctx context.Context, at key, u *url.URL) (*conn, error) {
	dial, port := l.Dial, "80"
	if at.tls {
		dial, port = l.DialTLS, "443"
	}
	if p := u.Port(); p != "" {
		port = p
	}
	addr := net.JoinHostPort(u.Hostname(), port)
	type result struct {
		nc  net.Conn
		err error
	}
	made := make(chan result, 1)
	go func() {
		nc, err := dial(ctx, "tcp", addr)
		made <- result{nc, err}
	}()
	select {
	case r := <-made:
		if r.err == nil {
			return newConn(l, at, r.nc), nil
		}
		if ctx.Err() == nil {
			return nil, r.err
		}
	case <-ctx.Done(): // whoever dials may not listen to it
		go func() {
			if r := <-made; r.err == nil {
				r.nc.Close()
			}
		}()
	}
	return nil, context.Cause(ctx)
}

func (l *Lane) gotConn(ctx context.Context, c *conn) {
	if !l.Trace {
		return
	}
	if t := httptrace.ContextClientTrace(ctx); t != nil && t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{Conn: c.nc, Reused: c.reused})
	}
}

// mayRepeat reports whether an exchange that has failed can be made once more.
func (c *conn) mayRepeat(req *http.Request, err error) bool {
	if !c.reused {
		return false
	}
	if c.sent == 0 {
		return true
	}
	_, silent := errors.AsType[*silentError](err)
	return silent && replayable(req)
}

// replayable is what net/http says of a request.
func replayable(req *http.Request) bool {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return req.Header["Idempotency-Key"] != nil || req.Header["X-Idempotency-Key"] != nil
}

// A silentError is the end of a connection before the first byte of an answer.
type silentError struct{ err error }

func (e *silentError) Error() string {
	if e.err == io.EOF {
		return "the server closed the connection without an answer"
	}
	return "no answer: " + e.err.Error()
}

func (e *silentError) Unwrap() error { return e.err }

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}
