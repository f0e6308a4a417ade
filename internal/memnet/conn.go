package memnet

import (
	"io"
	"net"
	"syscall"
	"time"
)

// A Conn is one end of a connection in memory: it reads from one pipe and writes into
// another. Make both ends with NewConns.
type Conn struct {
	in, out       *pipe
	local, remote Addr
}

// NewConns returns the two ends of a connection between two addresses.
func NewConns(local, remote Addr, link Link) (near, far *Conn) {
	a, b := newPipe(link), newPipe(link)
	return &Conn{a, b, local, remote}, &Conn{b, a, remote, local}
}

// Read reads what has arrived, or waits for it.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, c.opError("read", err)
}

// Write sends p. It waits while too much is under way.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	return n, c.opError("write", err)
}

// opError wraps what net.Conn wraps. EOF and net.ErrClosed stay as they are.
func (c *Conn) opError(op string, err error) error {
	if err == nil || err == io.EOF || err == net.ErrClosed {
		return err
	}
	return &net.OpError{Op: op, Net: Network, Source: c.local, Addr: c.remote, Err: err}
}

// Close ends both directions: the other end reads what is there, and then EOF.
func (c *Conn) Close() error {
	c.End(io.EOF)
	return nil
}

// End is Close with an error that the other end gets instead of EOF.
func (c *Conn) End(err error) {
	c.in.shut(net.ErrClosed, true)
	c.out.shut(err, false)
}

// CloseWrite ends the direction that goes from here.
func (c *Conn) CloseWrite() error {
	c.out.shut(io.EOF, false)
	return nil
}

// SetLinger is as that of a TCPConn: with 0, the other end is reset by Close, and
// does not get what it has not read yet.
func (c *Conn) SetLinger(sec int) error {
	if sec == 0 {
		c.out.shut(syscall.ECONNRESET, true)
	}
	return nil
}

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the other end.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.reader, t)
	c.out.setDeadline(&c.out.writer, t)
	return nil
}

// SetReadDeadline sets until when Read waits. The zero time means for ever.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.reader, t)
	return nil
}

// SetWriteDeadline sets until when Write waits. The zero time means for ever.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(&c.out.writer, t)
	return nil
}
