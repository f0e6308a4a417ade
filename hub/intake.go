package hub

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/inflight-go/inflight/internal/ws"
	"github.com/inflight-go/inflight/limit"
)

// An input finds messages in bytes: a ws.Decoder, or lines.
type input interface {
	Next(b []byte) (ev ws.Event, n int, err error)
	Idle() bool  // there is none under way, and no memory is held
	Frames() int // how many frames or lines have begun
}

// A chunk is what is read at once. It is held only while there is something in it,
// where the system can say that there is.
type chunk [8 << 10]byte

var chunks = sync.Pool{New: func() any { return new(chunk) }}

// An intake is the bytes of a client that came.
type intake struct {
	dec      input
	buf      *chunk // nil while there is nothing
	from, to int
	early    []byte // what came with the request, and did not fit
	rate     *limit.Rate
	counted  int  // frames that the rate knows of
	broken   bool // nothing that comes can be understood any more
	call     func(fd uintptr) bool
	err      error // of the last call
}

func (in *intake) preset(early []byte) {
	if len(early) > 0 {
		in.early = append([]byte(nil), early...)
	}
}

// release lets go of the buffer.
func (in *intake) release() {
	if in.buf != nil {
		chunks.Put(in.buf)
		in.buf = nil
	}
	in.from, in.to = 0, 0
}

// room makes room in the buffer behind what is left in it.
func (in *intake) room() []byte {
	if in.buf == nil {
		in.buf = chunks.Get().(*chunk)
	}
	if in.from > 0 {
		in.to = copy(in.buf[:], in.buf[in.from:in.to])
		in.from = 0
	}
	return in.buf[in.to:]
}

// rest lets go of what is not needed while nothing comes.
func (in *intake) rest() {
	if in.from == in.to {
		in.release()
		in.dec.Idle()
	}
}

// fill reads some bytes, at least one.
func (c *Client) fill() error {
	in := &c.in
	if len(in.early) > 0 {
		n := copy(in.room(), in.early)
		in.to += n
		in.early = in.early[n:]
		return nil
	}
	in.early = nil
	if c.raw != nil {
		return c.fillDirectly()
	}
	in.rest()
	n, err := c.conn.Read(in.room())
	in.to += n
	if n > 0 {
		return nil
	}
	return err
}

// found returns the next thing that the client has sent.
func (c *Client) found() (ws.Event, error) {
	in := &c.in
	for {
		if in.from < in.to {
			ev, n, err := in.dec.Next(in.buf[in.from:in.to])
			in.from += n
			if err == nil {
				err = c.pace()
			}
			if err != nil || ev.Op != ws.Continuation {
				return ev, err
			}
		}
		if err := c.fill(); err != nil {
			if l, ok := in.dec.(*lines); ok && err == io.EOF {
				return l.last(err)
			}
			return ws.Event{}, err
		}
		c.heard.Store(c.hub.clock.Load())
	}
}

// pace returns an error if the client sends more than it may.
func (c *Client) pace() error {
	in := &c.in
	if in.rate == nil {
		return nil
	}
	for ; in.counted < in.dec.Frames(); in.counted++ {
		if !in.rate.Try() {
			return &ws.Error{Code: Policy, Text: "too many messages"}
		}
	}
	return nil
}

// read returns the next message, and answers to what stands between. It reports false
// when there is none.
func (c *Client) read(ctx context.Context) (Message, bool) {
	c.listens.Store(true)
	defer c.listens.Store(false)
	for c.Err() == nil && ctx.Err() == nil {
		ev, err := c.found()
		if err != nil {
			c.readFailed(err)
			continue
		}
		switch ev.Op {
		case ws.Text, ws.Binary:
			c.hub.counts.received.Add(1)
			return Message{Data: ev.Data, Binary: ev.Op == ws.Binary}, true
		case ws.Ping:
			c.answer(ev.Data)
		case ws.Close:
			c.end(&CloseError{Code: ev.Code, Reason: string(ev.Data), Remote: true})
		}
	}
	return Message{}, false
}

// readFailed notes why nothing more can be read. If it is because somebody has called
// wake, the next read waits again.
func (c *Client) readFailed(err error) {
	wrong, isOurs := errors.AsType[*ws.Error](err)
	switch {
	case isOurs:
		c.in.broken = true
		c.end(&CloseError{Code: wrong.Code, Reason: wrong.Text})
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.mu.Lock()
		if c.why == nil {
			c.conn.SetReadDeadline(time.Time{})
		}
		c.mu.Unlock()
	case err == io.EOF && c.form == line:
		c.end(&CloseError{Code: Normal, Remote: true})
	case err == io.EOF:
		c.end(&CloseError{Code: Abnormal, Remote: true, Err: io.ErrUnexpectedEOF})
	default:
		c.end(&CloseError{Code: Abnormal, Err: err})
	}
}

// hangUp is the end of the conversation: the other side is given the time to take what
// was sent to it, and to close.
func (c *Client) hangUp() {
	c.mu.Lock()
	why, dead := c.why, c.out.dead
	if !dead {
		c.conn.SetReadDeadline(time.Now().Add(c.hub.opts.CloseTimeout))
	}
	c.mu.Unlock()
	if dead || why.Remote || why.Code == Abnormal {
		return
	}
	for c.form != line && !c.in.broken {
		ev, err := c.found()
		if ev.Op == ws.Close {
			return
		}
		if _, ok := errors.AsType[*ws.Error](err); err != nil && !ok {
			return
		}
		c.in.broken = err != nil
	}
	c.discard()
}

// maxDiscard is how much is still read from a client that is to go, so that what was
// sent to it is not lost on the way: a connection that is closed with something
// unread is reset.
const maxDiscard = 4 << 20

// linger is how long nothing may come before that is taken for all.
const linger = 500 * time.Millisecond

func (c *Client) discard() {
	w, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || w.CloseWrite() != nil {
		return
	}
	c.in.release()
	b := c.in.room()
	for n := 0; n < maxDiscard; {
		c.conn.SetReadDeadline(time.Now().Add(linger))
		m, err := c.conn.Read(b)
		if err != nil {
			return
		}
		n += m
	}
}
