package lane

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// readSize is how much is read at once: a header and a short body.
const readSize = 8 << 10

// A conn is a connection. One goroutine uses it at a time, except for Abort.
type conn struct {
	lane    *Lane
	key     key
	nc      net.Conn
	raw     net.Conn             // below TLS
	state   *tls.ConnectionState // nil without TLS
	br      *bufio.Reader        // of the conn itself
	left    int64                // how much may be read
	sent    int                  // of the request
	reused  bool
	aborted atomic.Bool

	holder Holder      // of the exchange under way, or nil
	stop   func() bool // instead of a holder; nil if the context never ends

	idle // between exchanges
	peek peek
}

// idle is what the pool knows of a connection.
type idle struct {
	since        time.Time
	above, below *conn
	older, newer *conn
}

func newConn(l *Lane, at key, nc net.Conn) *conn {
	c := &conn{lane: l, key: at, nc: nc, raw: nc}
	if t, ok := nc.(*tls.Conn); ok {
		c.raw = t.NetConn()
		state := t.ConnectionState()
		c.state = &state
	}
	c.br = bufio.NewReaderSize(reader{c}, readSize)
	c.peek.open(c.raw)
	return c
}

// exchange sends a request and reads the header of its answer. After an error the
// connection is closed.
func (c *conn) exchange(ctx context.Context, req *http.Request, out []byte) (*http.Response, error) {
	c.hold(ctx)
	c.left = c.lane.MaxHeader
	stale, wrong := c.send(out)
	if stale {
		c.end(false)
		return nil, errStale
	}
	// A server that has had enough of a request may have said why.
	resp, reuse, err := c.answer(req)
	if err == nil {
		c.left = math.MaxInt64
		resp.TLS = c.state
		c.finish(ctx, resp, reuse && wrong == nil)
		return resp, nil
	}
	silent := c.left == c.lane.MaxHeader
	over := c.left <= 0
	c.drop()
	c.close()
	switch {
	case over:
		return nil, fmt.Errorf("response headers exceeded %d bytes", c.lane.MaxHeader)
	case silent && wrong != nil:
		return nil, &silentError{wrong}
	case silent:
		return nil, &silentError{err}
	}
	return nil, err
}

// send sends a request, unless the connection is stale.
func (c *conn) send(out []byte) (stale bool, err error) {
	c.sent = 0
	switch {
	case !c.reused:
	case c.peek.works() && c.state == nil:
		c.sent, err = c.peek.ask(out)
		return c.peek.stale, err
	case c.stale():
		return true, nil
	}
	c.sent, err = c.nc.Write(out)
	return false, err
}

// answer reads the header of the answer, and those of status 1xx before it. It
// reports whether there may be another exchange when the body has been read.
func (c *conn) answer(req *http.Request) (resp *http.Response, reuse bool, err error) {
	if _, err := c.br.Peek(1); err != nil {
		return nil, false, err
	}
	for {
		resp, reuse, err := readResponse(c.br, req)
		if err != nil {
			return nil, false, err
		}
		if resp.StatusCode >= 100 && resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		return resp, reuse && resp.StatusCode >= 200, nil
	}
}

// A reader reads from the connection, within what may be read.
type reader struct{ c *conn }

func (r reader) Read(p []byte) (int, error) {
	c := r.c
	if c.left <= 0 {
		return 0, io.ErrShortBuffer // not seen by anybody
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.nc.Read(p)
	c.left -= int64(n)
	return n, err
}

// hold makes the end of ctx abort the exchange.
func (c *conn) hold(ctx context.Context) {
	if h, ok := ctx.(Holder); ok {
		c.holder = h
		h.Hold(c)
	} else if ctx.Done() != nil {
		c.stop = context.AfterFunc(ctx, c.Abort)
	}
}

// drop ends that. It reports whether the connection is whole.
func (c *conn) drop() bool {
	if c.holder != nil {
		c.holder.Drop()
		c.holder = nil
	}
	if c.stop != nil {
		stopped := c.stop()
		c.stop = nil
		return stopped
	}
	return !c.aborted.Load()
}

// Abort makes all reads and writes fail.
func (c *conn) Abort() {
	c.aborted.Store(true)
	c.raw.Close()
}

// end is when the exchange is over, whole or not.
func (c *conn) end(reuse bool) {
	if whole := c.drop(); whole && reuse && c.br.Buffered() == 0 && c.lane.pool.put(c) {
		return
	}
	c.close()
}

func (c *conn) close() { c.nc.Close() }

// past is a deadline by which a read returns what is there.
var past = time.Unix(1, 0)

// stale reports whether the idle connection can't be used: whatever can be read from
// it is either its end or no answer to what will be asked.
func (c *conn) stale() bool {
	if c.peek.works() && c.peek.readable() {
		return true
	}
	// TLS may have read on; a connection in memory has nothing to peek into.
	if c.nc.SetReadDeadline(past) != nil {
		return true
	}
	var one [1]byte
	n, err := c.nc.Read(one[:])
	late, ok := err.(net.Error)
	return n > 0 || !ok || !late.Timeout() || c.nc.SetReadDeadline(time.Time{}) != nil
}
