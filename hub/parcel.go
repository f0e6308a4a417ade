package hub

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// A parcel is what a writer writes at once.
type parcel struct {
	frames   [][]byte
	bytes    int
	messages int
	buf      []byte // where the connection can't write several
	vec      vector
}

var parcels = sync.Pool{New: func() any { return new(parcel) }}

func (p *parcel) room() bool { return len(p.frames) < maxBatch && p.bytes < maxBatchBytes }

func (p *parcel) add(frame []byte, message bool) {
	p.frames = append(p.frames, frame)
	p.bytes += len(frame)
	if message {
		p.messages++
	}
}

func (p *parcel) clear() {
	clear(p.frames)
	p.frames, p.bytes, p.messages = p.frames[:0], 0, 0
}

// piece is how much is written by one call where no more is known of a connection than
// that it can be written to: a record of TLS, and what has to be taken within
// Options.WriteTimeout.
const piece = 16 << 10

// write writes the frames. The connection has WriteTimeout for each step.
func (p *parcel) write(c *Client) error {
	if c.raw != nil {
		return p.writeDirectly(c)
	}
	p.buf = p.buf[:0]
	for _, f := range p.frames {
		for len(f) > 0 {
			n := min(len(f), piece-len(p.buf))
			p.buf = append(p.buf, f[:n]...)
			f = f[n:]
			if len(p.buf) == piece {
				if err := p.flush(c); err != nil {
					return err
				}
			}
		}
	}
	return p.flush(c)
}

func (p *parcel) flush(c *Client) error {
	c.conn.SetWriteDeadline(time.Now().Add(c.hub.opts.WriteTimeout))
	_, err := c.conn.Write(p.buf)
	p.buf = p.buf[:0]
	return err
}

// writeFailed ends a client that can't be written to.
func (c *Client) writeFailed(err error) {
	why := &CloseError{Code: Abnormal, Err: err}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		why = &CloseError{Code: Policy, Reason: "too slow", Err: fmt.Errorf("nothing was taken for %v", c.hub.opts.WriteTimeout)}
		c.mu.Lock()
		if c.why == nil {
			c.hub.counts.kicked.Add(1)
		}
		c.mu.Unlock()
	}
	c.mu.Lock()
	c.out.writing = false
	c.mu.Unlock()
	c.fail(why)
}
