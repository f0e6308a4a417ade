package origin

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// network is the name of what is no network.
const network = "memory"

// addr is the address of everybody in memory.
type addr struct{}

func (addr) Network() string { return network }
func (addr) String() string  { return "origin" }

// listener hands the far ends of connections in memory to a server.
type listener struct {
	conns  chan *conn
	closed chan struct{}
	once   sync.Once
}

func newListener() *listener {
	return &listener{conns: make(chan *conn), closed: make(chan struct{})}
}

func (l *listener) dial(ctx context.Context) (net.Conn, error) {
	near, far := newConns()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: network, Addr: addr{}, Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return addr{} }

// conn is one end of a connection in memory: it reads from one pipe and writes into
// another.
type conn struct {
	in, out *pipe
}

func newConns() (near, far *conn) {
	a, b := newPipe(), newPipe()
	return &conn{a, b}, &conn{b, a}
}

func (c *conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.out.write(p) }

// Close ends both directions: the other end reads what is there, and then EOF.
func (c *conn) Close() error {
	c.in.shut(net.ErrClosed, true)
	c.out.shut(io.EOF, false)
	return nil
}

// SetLinger is as that of a TCPConn: with 0, the other end is reset by Close.
func (c *conn) SetLinger(sec int) error {
	if sec == 0 {
		c.out.shut(syscall.ECONNRESET, true)
	}
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return addr{} }
func (c *conn) RemoteAddr() net.Addr { return addr{} }

func (c *conn) SetDeadline(t time.Time) error {
	c.in.reader.set(c.in, t)
	c.out.writer.set(c.out, t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.reader.set(c.in, t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.writer.set(c.out, t)
	return nil
}

// maxPipe is how much waits in a pipe before its writer does.
const maxPipe = 64 << 10

// pipe is one direction of a connection.
type pipe struct {
	mu             sync.Mutex
	moved          sync.Cond
	buf            []byte
	from           int   // buf[from:] is not read yet
	end            error // what a reader gets once all is read
	reader, writer deadline
}

func newPipe() *pipe {
	p := new(pipe)
	p.moved.L = &p.mu
	return p
}

func (p *pipe) read(to []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.from == len(p.buf) {
		switch {
		case p.end != nil:
			return 0, opError("read", p.end)
		case p.reader.passed:
			return 0, opError("read", os.ErrDeadlineExceeded)
		}
		p.moved.Wait()
	}
	if p.reader.passed {
		return 0, opError("read", os.ErrDeadlineExceeded)
	}
	n := copy(to, p.buf[p.from:])
	if p.from += n; p.from == len(p.buf) {
		p.buf, p.from = p.buf[:0], 0
	}
	p.moved.Broadcast()
	return n, nil
}

func (p *pipe) write(from []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.end != nil:
			return n, opError("write", syscall.EPIPE)
		case p.writer.passed:
			return n, opError("write", os.ErrDeadlineExceeded)
		case len(from) == 0:
			return n, nil
		}
		waiting := len(p.buf) - p.from
		if waiting >= maxPipe {
			p.moved.Wait()
			continue
		}
		if p.from > 0 && len(p.buf)+len(from) > cap(p.buf) {
			p.buf, p.from = p.buf[:copy(p.buf, p.buf[p.from:])], 0
		}
		part := from[:min(len(from), maxPipe-waiting)]
		p.buf = append(p.buf, part...)
		n, from = n+len(part), from[len(part):]
		p.moved.Broadcast()
	}
}

// shut ends the pipe: now, or when all that is in it was read.
func (p *pipe) shut(end error, now bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.end == nil || now && p.end == io.EOF && end == net.ErrClosed {
		p.end = end
	}
	if now {
		p.buf, p.from = nil, 0
	}
	p.reader.stop()
	p.writer.stop()
	p.moved.Broadcast()
}

// deadline is until when one side of a pipe waits. It is guarded by the pipe's lock.
type deadline struct {
	passed bool
	timer  *time.Timer
	round  int
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

func (d *deadline) set(p *pipe, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d.stop()
	d.round++ // a timer that fired meanwhile knows that it is out of date
	d.passed = !t.IsZero() && !t.After(time.Now())
	if !t.IsZero() && !d.passed && p.end == nil {
		mine := d.round
		d.timer = time.AfterFunc(time.Until(t), func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if d.round == mine {
				d.passed = true
				p.moved.Broadcast()
			}
		})
	}
	p.moved.Broadcast()
}

// opError wraps what net.Conn wraps. EOF and net.ErrClosed stay as they are.
func opError(op string, err error) error {
	if err == io.EOF || err == net.ErrClosed {
		return err
	}
	return &net.OpError{Op: op, Net: network, Source: addr{}, Addr: addr{}, Err: err}
}
