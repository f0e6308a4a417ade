package serve

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/inflight-go/inflight/internal/accept"
)

// A gate is a listener that keeps to the limits of connections, survives what the
// system says when it is short of something, and knows what is open.
type gate struct {
	net.Listener
	l      *Listener
	slots  chan struct{} // nil for any number
	closed chan struct{}
	once   sync.Once

	mu       sync.Mutex
	open     map[net.Conn]bool
	hosts    map[netip.Addr]int
	accepted int64
	refused  int64
	errors   int64
	reads    bool // have ended
}

func newGate(opened net.Listener, l *Listener) *gate {
	g := &gate{Listener: opened, l: l, closed: make(chan struct{}), open: map[net.Conn]bool{}, hosts: map[netip.Addr]int{}}
	if l.MaxConns > 0 {
		g.slots = make(chan struct{}, l.MaxConns)
	}
	return g
}

// Accept returns the next connection that the limits let in.
func (g *gate) Accept() (net.Conn, error) {
	if g.slots != nil {
		select {
		case g.slots <- struct{}{}:
		case <-g.closed:
			return nil, net.ErrClosed
		}
	}
	for {
		c, err := accept.Next(g.Listener, g.failed)
		if err != nil {
			g.free()
			if g.isClosed() {
				err = net.ErrClosed
			}
			return nil, err
		}
		if c, ok := g.admit(c); ok {
			return c, nil
		}
	}
}

// failed waits, after an error that passes, unless the gate is closed.
func (g *gate) failed(err error, wait time.Duration) bool {
	if g.isClosed() {
		return false
	}
	g.mu.Lock()
	g.errors++
	g.mu.Unlock()
	g.l.s.opts.Log.Warn("accept", "listener", g.l.Name, "error", err, "again in", wait)
	return pause(wait, g.closed)
}

// admit takes a connection in, or closes it.
func (g *gate) admit(c net.Conn) (net.Conn, bool) {
	host := hostOf(c.RemoteAddr())
	g.mu.Lock()
	if most := g.l.MaxPerHost; most > 0 && host.IsValid() && g.hosts[host] >= most {
		g.refused++
		g.mu.Unlock()
		_ = c.Close()
		return nil, false
	}
	defer g.mu.Unlock()
	g.accepted++
	if host.IsValid() {
		g.hosts[host]++
	}
	place := &place{g: g, host: host}
	if tcp, ok := c.(*net.TCPConn); ok {
		c = &tcpConn{tcp, place}
	} else {
		c = &conn{c, place}
	}
	g.open[c] = true
	if g.reads {
		_ = c.SetReadDeadline(past)
	}
	return c, true
}

// hostOf returns what MaxPerHost counts by; it is not valid for what has no address.
func hostOf(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	host := tcp.AddrPort().Addr().Unmap().WithZone("")
	if host.Is6() {
		network, _ := host.Prefix(64)
		return network.Addr()
	}
	return host
}

// A place is that of a connection among those that are open.
type place struct {
	g    *gate
	host netip.Addr
	once sync.Once
}

// leave makes room for another connection.
func (p *place) leave(c net.Conn) {
	p.once.Do(func() {
		p.g.mu.Lock()
		delete(p.g.open, c)
		if p.host.IsValid() {
			if p.g.hosts[p.host]--; p.g.hosts[p.host] == 0 {
				delete(p.g.hosts, p.host)
			}
		}
		p.g.mu.Unlock()
		p.g.free()
	})
}

// A conn leaves its place when it is closed.
type conn struct {
	net.Conn
	place *place
}

// Plain returns the connection below. To read from it and to write to it is the same as
// here, which a hub makes use of; to close it is not.
func (c *conn) Plain() net.Conn { return c.Conn }

// Close closes the connection.
func (c *conn) Close() error {
	defer c.place.leave(c)
	return c.Conn.Close()
}

// A tcpConn is a conn with all that a TCP connection can do.
type tcpConn struct {
	*net.TCPConn
	place *place
}

// Plain is that of conn.
func (c *tcpConn) Plain() net.Conn { return c.TCPConn }

// Close closes the connection.
func (c *tcpConn) Close() error {
	defer c.place.leave(c)
	return c.TCPConn.Close()
}

func (g *gate) free() {
	if g.slots != nil {
		<-g.slots
	}
}

// Close closes the listener, not its connections.
func (g *gate) Close() error {
	var err error
	g.once.Do(func() {
		close(g.closed)
		err = g.Listener.Close()
	})
	return err
}

func (g *gate) isClosed() bool {
	select {
	case <-g.closed:
		return true
	default:
		return false
	}
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// endReads ends all reads, and leaves it to who reads to say why by writing.
func (g *gate) endReads() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reads = true
	for c := range g.open {
		_ = c.SetReadDeadline(past)
	}
}

func (g *gate) closeAll() {
	g.mu.Lock()
	open := make([]net.Conn, 0, len(g.open))
	for c := range g.open {
		open = append(open, c)
	}
	g.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
}

func (g *gate) count(s *Stats) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.Accepted, s.Refused, s.AcceptErrors, s.Open = g.accepted, g.refused, g.errors, len(g.open)
}
