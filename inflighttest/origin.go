package inflighttest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/memnet"
)

// An Origin is an HTTP server in memory, with nothing between it and its clients
// but a Link: in a bubble all its time is that of the bubble. Make one with
// NewOrigin.
//
// It is every host: what a request is for, its handler reads from the request. It
// speaks HTTP/1.1, without TLS.
type Origin struct {
	t       testing.TB
	handler http.Handler
	ln      *memnet.Listener
	server  http.Server
	client  http.Client
	conns   sync.WaitGroup // those that the server has
	served  chan struct{}  // closed when it takes no more

	requests, dials atomic.Int64

	mu      sync.Mutex
	link    Link
	refused int     // how many dials will be; less than zero for all
	next    []Fault // what is in store for requests
}

// A Link is what the connections to an Origin are like. The zero Link takes no time.
type Link struct {
	// Latency is how long a byte is under way, in either direction. To connect
	// takes twice as long.
	Latency time.Duration
	// Bandwidth is how many bytes a second pass, in each direction of each
	// connection; zero means any number.
	Bandwidth int64
}

// NewOrigin returns a server of handler, which is closed when the test and the
// functions that are called by t.Cleanup later than this are over; that waits for
// the calls of handler. A panic of handler fails the test.
func NewOrigin(t testing.TB, handler http.Handler) *Origin {
	if handler == nil {
		panic("inflight/inflighttest: NewOrigin called with a nil handler")
	}
	o := &Origin{t: t, handler: handler, ln: memnet.Listen("origin"), served: make(chan struct{})}
	o.client.Transport = &http.Transport{DialContext: o.Dial, MaxIdleConnsPerHost: 1 << 10}
	o.server = http.Server{
		Handler:     http.HandlerFunc(o.serve),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
		ConnState:   o.connState,
		ErrorLog:    log.New(io.Discard, "", 0),
	}
	go func() {
		defer close(o.served)
		_ = o.server.Serve(listener{o.ln}) // always ErrServerClosed
	}()
	t.Cleanup(o.close)
	return o
}

// URL is where the origin is, without a slash at the end. It is at any other host
// too.
func (o *Origin) URL() string { return "http://origin.example" }

// Client returns the client whose requests go all to the origin. It is closed with
// it.
func (o *Origin) Client() *http.Client { return &o.client }

// Dial connects to the origin, whatever network and addr say. It suits
// session.Options and http.Transport. It fails with the cause of a ctx that ends,
// or had ended before, as Refuse says, and by net.ErrClosed when the test is over.
func (o *Origin) Dial(ctx context.Context, _, addr string) (net.Conn, error) {
	o.dials.Add(1)
	o.mu.Lock()
	link, refused := memnet.Link(o.link), o.refused != 0
	if o.refused > 0 {
		o.refused--
	}
	o.mu.Unlock()
	if !refused {
		return o.ln.Dial(ctx, "192.0.2.1:1234", memnet.Addr(addr), link)
	}
	if err := memnet.RoundTrip(ctx, link); err != nil {
		return nil, err
	}
	return nil, &net.OpError{Op: "dial", Net: memnet.Network, Addr: memnet.Addr(addr), Err: syscall.ECONNREFUSED}
}

// SetLink sets what connections are like that are made from now on. It panics for a
// negative number.
func (o *Origin) SetLink(link Link) {
	if link.Latency < 0 || link.Bandwidth < 0 {
		panic(fmt.Sprintf("inflight/inflighttest: SetLink with a negative number: %+v", link))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.link = link
}

// Refuse makes the next n connections refused, by an error that is ECONNREFUSED,
// instead of what was said before. Less than zero means all, until the next Refuse.
// Requests by connections that are there are served.
func (o *Origin) Refuse(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refused = n
}

// Next lines up faults for the requests that are to come: each request, in the order
// in which they arrive, meets one. For a nil among them a request is served as
// usual, and so are all that come when none is left.
//
// For requests of a kind wrap their handler: Reset(handler), Truncate(10)(handler).
func (o *Origin) Next(faults ...Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next = append(o.next, faults...)
}

// Requests returns how many requests have arrived.
func (o *Origin) Requests() int { return int(o.requests.Load()) }

// Dials returns how many connections were asked for, refused ones included.
func (o *Origin) Dials() int { return int(o.dials.Load()) }

// serve answers a request, or lets it meet its fault.
func (o *Origin) serve(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			o.t.Errorf("panic in the handler of %s %s: %v\n%s", r.Method, r.URL, p, debug.Stack())
			panic(http.ErrAbortHandler)
		} else if p != nil {
			panic(p)
		}
	}()
	o.requests.Add(1)
	h := o.handler
	o.mu.Lock()
	if len(o.next) > 0 {
		if fault := o.next[0]; fault != nil {
			h = fault(h)
		}
		o.next = o.next[1:]
	}
	o.mu.Unlock()
	h.ServeHTTP(w, r)
}

func (o *Origin) connState(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		o.conns.Add(1)
	case http.StateIdle:
		if c := c.(*conn); c.half.Load() {
			_ = c.CloseWrite()
		}
	case http.StateClosed, http.StateHijacked:
		o.conns.Done()
	}
}

func (o *Origin) close() {
	_ = o.server.Close()
	<-o.served
	_ = o.server.Close() // what was accepted at the last moment
	o.client.CloseIdleConnections()
	o.conns.Wait()
}

// A listener accepts connections that faults can do something to.
type listener struct{ *memnet.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c.(*memnet.Conn)}, nil
}

// A conn is the server's end of a connection.
type conn struct {
	*memnet.Conn
	half atomic.Bool // it is closed by half when it has nothing to do
}

type connKey struct{}
