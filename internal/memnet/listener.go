package memnet

import (
	"context"
	"net"
	"sync"
	"time"
)

// Network is the name of what is no network.
const Network = "memory"

// An Addr is the address of somebody in memory, such as "origin" or "a.example:80".
type Addr string

// Network returns the constant of this name.
func (Addr) Network() string { return Network }

// String returns the address.
func (a Addr) String() string { return string(a) }

// A Link is what a connection is like. The zero Link takes no time.
type Link struct {
	Latency   time.Duration // how long a byte is under way
	Bandwidth int64         // bytes a second, in each direction; zero means any number
}

// A Listener hands the far ends of connections to a server. Make one with Listen.
type Listener struct {
	addr   Addr
	conns  chan *Conn
	closed chan struct{}
	once   sync.Once
}

// Listen returns a listener at an address that nobody but it knows.
func Listen(addr Addr) *Listener {
	return &Listener{addr: addr, conns: make(chan *Conn), closed: make(chan struct{})}
}

// Dial connects to l by a link. From is the address of the caller, and to that by
// which it knows l. To connect takes as long as a message there and one back. Dial
// fails with the cause of a ctx that ends, and by net.ErrClosed once l is closed.
func (l *Listener) Dial(ctx context.Context, from, to Addr, link Link) (net.Conn, error) {
	if err := RoundTrip(ctx, link); err != nil {
		return nil, err
	}
	near, far := NewConns(from, to, link)
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: Network, Addr: to, Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// RoundTrip waits as long as a message there and one back are under way. It returns
// the cause if ctx ends first, or had ended before.
func RoundTrip(ctx context.Context, link Link) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if link.Latency <= 0 {
		return nil
	}
	timer := time.NewTimer(2 * link.Latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Accept waits for the next connection. It fails by net.ErrClosed once l is closed.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close makes Accept and Dial fail. The connections that are there stay.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr returns the address of l.
func (l *Listener) Addr() net.Addr { return l.addr }
