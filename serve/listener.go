package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
)

// A Listener is one address at which a Server serves, and what stands behind it. Its
// fields may be changed until the server listens.
type Listener struct {
	// Name is that of its task, and stands in logs.
	Name string

	// MaxConns is how many connections may be open at a time; more wait in the
	// system's queue. Zero means any number.
	MaxConns int

	// MaxPerHost is how many connections may be open at a time from one address, or
	// from one network of 64 bits of IPv6; more are closed at once. Behind a proxy
	// all come from that. Zero means any number.
	MaxPerHost int

	// TLS is for a listener that speaks TLS, and HTTP/2 to those who want it. Nil
	// means none.
	TLS *tls.Config

	// Server is what speaks HTTP, nil for a listener of Conns. It has ten seconds for
	// the head of a request, two minutes for a connection that waits for the next
	// one, and 64 KiB for a head. Its Handler, TLSConfig, BaseContext and ErrorLog are
	// set by Run.
	Server *http.Server

	s        *Server
	address  string
	admin    bool
	handle   func(context.Context, net.Conn) error // of Conns
	listener *gate
	tally    tally
	requests atomic.Int64
	failed   atomic.Int64
	over     context.Context // of what is under way; ends when that is cut off
	cancel   context.CancelCauseFunc
}

// Stats are counts of a Listener, since it was opened.
type Stats struct {
	Accepted     int64 // connections
	Refused      int64 // connections that were closed for MaxPerHost
	AcceptErrors int64
	Open         int   // connections that are open
	UnderWay     int   // requests, or functions of Conns, that have not returned
	Served       int64 // requests, or functions of Conns, that have returned
	Failed       int64 // of those, that panicked, or returned an error
}

// Stats returns the counts at this moment. They are zero before the server listens.
func (l *Listener) Stats() Stats {
	stats := Stats{UnderWay: l.tally.count(), Served: l.requests.Load(), Failed: l.failed.Load()}
	if l.listener != nil {
		l.listener.count(&stats)
	}
	return stats
}

// Addr returns the address, nil before the server listens.
func (l *Listener) Addr() net.Addr {
	if l.listener == nil {
		return nil
	}
	return l.listener.Addr()
}

func (l *Listener) open(ctx context.Context) error {
	if l.MaxConns < 0 || l.MaxPerHost < 0 {
		return fmt.Errorf("serve: %s: a limit is less than zero", l.Name)
	}
	network, address := "tcp", l.address
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", path
	}
	opened, err := l.s.opts.Listen(ctx, network, address)
	if err != nil {
		return fmt.Errorf("serve: %s: %w", l.Name, err)
	}
	l.listener = newGate(opened, l)
	l.over, l.cancel = context.WithCancelCause(context.Background())
	return nil
}

// serve returns when the listener is closed and all that was under way has returned.
func (l *Listener) serve(ctx context.Context) error {
	var err error
	if l.Server != nil {
		err = l.serveHTTP(ctx)
	} else {
		err = l.serveConns(ctx)
	}
	if err != nil {
		select {
		case l.s.failed <- fmt.Errorf("serve: %s: %w", l.Name, err):
		default: // one is enough to end the server
		}
	}
	<-l.tally.ended()
	return nil
}

func newHTTPServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
}

func (l *Listener) serveHTTP(ctx context.Context) error {
	srv, base := l.Server, &work{l.over, ctx}
	srv.Handler = &requests{l, srv.Handler}
	srv.BaseContext = func(net.Listener) context.Context { return base }
	srv.ErrorLog = slog.NewLogLogger(l.s.opts.Log.With("listener", l.Name).Handler(), slog.LevelWarn)
	var err error
	if l.TLS != nil {
		srv.TLSConfig = l.TLS
		err = srv.ServeTLS(l.listener, "", "")
	} else {
		err = srv.Serve(l.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (l *Listener) serveConns(ctx context.Context) error {
	accept := net.Listener(l.listener)
	if l.TLS != nil {
		accept = tls.NewListener(accept, l.TLS)
	}
	return inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
		for {
			c, err := accept.Accept()
			if err != nil {
				if errors.Is(err, net.ErrClosed) {
					return nil
				}
				return err
			}
			if !l.tally.enter() {
				_ = c.Close()
				continue
			}
			g.Go(func(ctx context.Context) error {
				defer l.tally.leave()
				l.call(ctx, c)
				return nil
			}, inflight.Name(c.RemoteAddr().String()))
		}
	}, inflight.Supervise())
}

// call calls the function of Conns, whatever that does.
func (l *Listener) call(ctx context.Context, c net.Conn) {
	defer c.Close()
	defer l.requests.Add(1)
	ctx = &work{l.over, ctx}
	// A scope of its own is what turns a panic, or a Goexit, into something that
	// ends this connection alone.
	err := attempt(ctx, func(ctx context.Context) error { return l.handle(ctx, c) })
	if p, ok := errors.AsType[*inflight.PanicError](err); ok {
		l.s.note(p)
	} else if err == nil || ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) || errors.Is(err, context.Canceled) {
		return
	}
	l.failed.Add(1)
	l.s.opts.Log.WarnContext(ctx, "connection failed", "listener", l.Name, "remote", c.RemoteAddr().String(), "error", err)
}

// attempt calls f in a scope, and returns its panic as an error.
func attempt(ctx context.Context, f func(context.Context) error, opts ...inflight.Option) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *inflight.PanicError:
			err = p
		default:
			panic(p)
		}
	}()
	return inflight.Run(ctx, func(ctx context.Context, _ *inflight.TaskGroup) error { return f(ctx) }, opts...)
}

// work is the context of what is under way: it ends when that is cut off, and has the
// values of the task that it belongs to.
type work struct {
	context.Context
	task context.Context
}

func (w *work) Value(key any) any {
	if v := w.Context.Value(key); v != nil {
		return v
	}
	return w.task.Value(key)
}

// drain closes the listener and the connections that wait for a next request, and
// returns when nothing is under way, though ctx may end before.
func (l *Listener) drain(ctx context.Context) {
	_ = l.listener.Close()
	if l.Server != nil {
		_ = l.Server.Shutdown(ctx)
	}
	l.tally.close()
	<-l.tally.ended()
	if l.Server != nil && ctx.Err() != nil { // what handlers wrote last may not be sent yet
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		_ = l.Server.Shutdown(last)
	}
}

// cut cancels what is under way, and ends what it waits for to read.
func (l *Listener) cut() {
	l.cancel(ErrCut)
	if l.Server == nil { // net/http would take it for the client's end
		l.listener.endReads()
	}
}

// close closes the listener and its connections.
func (l *Listener) close() {
	_ = l.listener.Close()
	if l.Server != nil {
		_ = l.Server.Close()
	}
	l.tally.close()
	l.listener.closeAll()
}
