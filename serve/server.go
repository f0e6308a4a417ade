package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
)

// DefaultGrace is how long what is under way has to end, unless Options say.
const DefaultGrace = 20 * time.Second

// farewell is how long what is cut off has for its last words before its connection
// is closed.
const farewell = time.Second

var (
	// ErrCut is what Run returns, and the cause of the context of what was under way,
	// when that has not ended within the grace.
	ErrCut = errors.New("inflight/serve: cut off by the end of the server")

	// ErrRunning is returned by a second call of Run or Listen.
	ErrRunning = errors.New("inflight/serve: the server runs already, or has run")
)

// Options are what a server needs to know. The zero value is fine.
type Options struct {
	// Grace is how long what is under way has to end once the listeners are closed.
	// Zero means DefaultGrace, less than zero not at all.
	Grace time.Duration

	// Notice is for how long the probe for readiness says no before the listeners
	// are closed. Zero means that they are closed at once.
	Notice time.Duration

	// Log is told what the server does, of each request and of each connection that
	// fails. Nil means nobody is, and that Run panics in the end if a handler has.
	Log *slog.Logger

	// Listen opens the listeners. Nil means net.ListenConfig.Listen.
	Listen func(ctx context.Context, network, address string) (net.Listener, error)
}

// A Server serves on any number of listeners. Make one with New, say what it
// serves, and call Run.
type Server struct {
	// Health answers the probes. It is ready when the server listens and its checks
	// say so, until the server drains.
	Health *Health

	opts      Options
	listeners []*Listener
	hooks     []hook
	state     atomic.Int32  // listening, running
	drain     chan struct{} // closed when it begins to drain
	failed    chan error    // of a listener

	silent   bool // there is no log
	panicked atomic.Pointer[inflight.PanicError]
}

const (
	idle = iota
	listening
	running
)

// A hook is a function of OnDrain.
type hook struct {
	name string
	call func(context.Context) error
}

// New returns a server without listeners.
func New(opts Options) *Server {
	if opts.Grace == 0 {
		opts.Grace = DefaultGrace
	}
	silent := opts.Log == nil
	if silent {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Listen == nil {
		opts.Listen = new(net.ListenConfig).Listen
	}
	s := &Server{opts: opts, Health: new(Health), drain: make(chan struct{}), failed: make(chan error, 1), silent: silent}
	s.Health.gate(errNotListening)
	return s
}

// HTTP adds a listener whose requests h answers; nil means http.DefaultServeMux. The
// address is "host:port", or "unix:" and a path. It panics once the server listens.
//
// Each request is a task with its method and path as the name, and has an id, see
// RequestID. When h panics, the request gets a status of 500 if nothing was written,
// and its connection is closed.
func (s *Server) HTTP(address string, h http.Handler) *Listener {
	if h == nil {
		h = http.DefaultServeMux
	}
	l := s.add("http", address)
	l.Server = newHTTPServer(h)
	return l
}

// Admin is HTTP for those who look after the program: its probes, metrics, and what
// package debug shows. It is closed last, and what is under way there is cut off
// without grace. A nil handler means Health.
func (s *Server) Admin(address string, h http.Handler) *Listener {
	if h == nil {
		h = s.Health
	}
	l := s.add("admin", address)
	l.admin = true
	l.Server = newHTTPServer(h)
	return l
}

// Conns adds a listener that calls handle for each connection, as a task; the
// address is as that of HTTP. The connection is closed when handle returns. An error
// or a panic of handle ends that connection and is logged; that it was cancelled is
// not. It panics for a nil function, and once the server listens.
func (s *Server) Conns(address string, handle func(context.Context, net.Conn) error) *Listener {
	if handle == nil {
		panic("inflight/serve: Conns called with a nil function")
	}
	l := s.add("conns", address)
	l.handle = handle
	return l
}

// note keeps the first panic of a handler that nobody is told of.
func (s *Server) note(p *inflight.PanicError) {
	if s.silent {
		s.panicked.CompareAndSwap(nil, p)
	}
}

func (s *Server) add(kind, address string) *Listener {
	if s.state.Load() != idle {
		panic("inflight/serve: a listener was added to a server that listens")
	}
	l := &Listener{Name: kind + " " + address, address: address, s: s}
	s.listeners = append(s.listeners, l)
	return l
}

// OnDrain adds a function that is called when the server has closed its listeners,
// for what it can't see: connections that were hijacked, jobs in the background. The
// functions are called at the same time; their context ends with the grace, and the
// server waits for them. Their errors are among those of Run. It panics for a nil
// function, and once the server runs.
func (s *Server) OnDrain(name string, f func(context.Context) error) {
	if f == nil {
		panic("inflight/serve: OnDrain called with a nil function")
	}
	if s.state.Load() == running {
		panic("inflight/serve: OnDrain called of a server that runs")
	}
	s.hooks = append(s.hooks, hook{name, f})
}
