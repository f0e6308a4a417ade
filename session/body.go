package session

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"sync"

	"github.com/inflight-go/inflight/retry"
)

// A body is the body of an answer as it comes from the connection. It tells the
// watch that it moves, and ends at its cap.
type body struct {
	c     *call
	rc    io.ReadCloser
	left  int64 // of the cap for what comes from the connection
	whole bool  // all has come from the connection
}

func (b *body) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	if len(p) == 0 {
		return 0, &classError{retry.ClassBodyTooLarge, fmt.Errorf("%w as it was sent", ErrBodyTooLarge)}
	}
	n, err := b.rc.Read(p)
	b.left -= int64(n)
	if n > 0 {
		b.c.f.moved.Store(b.c.f.watch.now())
	}
	switch {
	case err == io.EOF:
		b.whole = true
	case err != nil:
		err = b.c.cause(err)
	}
	return n, err
}

// unlimited is the cap of those who want none.
const unlimited = 1 << 62

// sent is the cap for what comes from the connection, of a body that has one.
func sent(longest int64) int64 { return longest + longest/8 + 64<<10 }

// receive reads the body of the answer, which is the last of an attempt.
func (c *call) receive(h *hop, r *http.Response) (err error) {
	defer func() {
		if e := r.Body.Close(); e != nil && err == nil && c.f.Err() != nil {
			err = c.cause(e)
		}
	}()
	out := c.out
	out.Status, out.Proto, out.Header, out.URL, out.Sent, out.TLS = r.StatusCode, r.Proto, r.Header, withoutUser(h.url), h.header, r.TLS
	c.tracer.note(out)
	longest := or(c.r.MaxBody, c.s.opts.MaxBody)
	if longest == 0 {
		longest = unlimited
	}
	c.body = body{c: c, rc: r.Body, left: sent(longest)}
	var from io.Reader = &c.body
	if encodings := r.Header["Content-Encoding"]; encodings != nil && c.decode && r.Body != http.NoBody {
		decoded, release, err := c.s.decoders.open(from, encodings)
		if err != nil {
			return c.ended(c.cause(err))
		}
		defer release()
		if decoded != nil {
			from = decoded
			r.Header.Del("Content-Encoding")
			r.Header.Del("Content-Length")
			r.ContentLength, r.Uncompressed = -1, true
		}
	}
	return c.store(r, from, longest)
}

// store puts the body where it belongs.
func (c *call) store(r *http.Response, from io.Reader, longest int64) error {
	var to io.WriteCloser
	if c.r.Save != nil && !c.unsaved() {
		var err error
		if to, err = c.r.Save(r); err != nil {
			return &classError{retry.ClassSave, fmt.Errorf("body of %s: %w", c.out.URL, err)}
		}
	}
	if w, ok := to.(interface{ MaxBody() int64 }); ok && w.MaxBody() > longest {
		longest = w.MaxBody()
		c.body.left = sent(longest)
	}
	var err error
	if to == nil {
		err = c.load(from, r.ContentLength, longest)
	} else {
		err = c.save(from, to, longest)
	}
	if err == nil && c.out.Truncated && c.s.opts.FailTooLarge {
		err = &classError{retry.ClassBodyTooLarge, fmt.Errorf("%w: more than %d bytes", ErrBodyTooLarge, longest)}
	}
	return err
}

// unsaved reports whether the answer is one to try again after.
func (c *call) unsaved() bool {
	if c.refused && !c.renewed {
		return true
	}
	more := c.retries < c.s.opts.Backoff.Limit() || c.held
	unsaved := more && c.s.statuses[c.status] && c.wanted(nil)
	c.out.GaveUp = nil
	return unsaved
}

// load reads the body into memory. Nobody is believed about how long it will be.
func (c *call) load(from io.Reader, expected, longest int64) error {
	out := c.out
	size := int64(512)
	if expected >= 0 {
		size = min(expected, 256<<10, longest)
	}
	var err error
	buf := make([]byte, 0, size)
	for err == nil {
		room := buf[len(buf):cap(buf)]
		if len(room) == 0 {
			// Full: if this is the end, no room need be made.
			var n int
			if n, err = from.Read(c.more[:]); n == 0 {
				continue
			}
			if int64(len(buf)) == longest {
				out.Truncated = true
				break
			}
			buf = append(buf, c.more[0])
			continue
		}
		var n int
		n, err = from.Read(room[:min(int64(len(room)), max(longest-int64(len(buf)), 1))])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > longest {
			buf, out.Truncated = buf[:longest], true
			break
		}
	}
	out.Body, out.Bytes = buf, int64(len(buf))
	if c.s.opts.SHA256 {
		out.SHA256 = sha256.Sum256(buf)
	}
	return c.ended(err)
}

// ended returns the error that reading the body ended with, if it is one.
func (c *call) ended(err error) error {
	if err == io.EOF || err == nil {
		return nil
	}
	c.out.Truncated = true
	if c.body.whole && errors.Is(err, io.ErrUnexpectedEOF) {
		return &classError{retry.ClassProtocol, errors.New("the body came whole, but what is compressed in it is cut")}
	}
	return err
}

var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// save copies the body to the writer, and closes that.
func (c *call) save(from io.Reader, to io.WriteCloser, longest int64) (err error) {
	closed := false
	defer func() {
		if !closed { // a failure, or a panic
			abandon(to, err)
		}
	}()
	var sum hash.Hash
	if c.s.opts.SHA256 {
		sum = sha256.New()
	}
	if err := c.copy(from, to, sum, longest); err != nil {
		return err
	}
	if sum != nil {
		sum.Sum(c.out.SHA256[:0])
	}
	closed = true
	if err := to.Close(); err != nil {
		return &classError{retry.ClassSave, fmt.Errorf("body of %s: %w", c.out.URL, err)}
	}
	return nil
}

func (c *call) copy(from io.Reader, to io.Writer, sum hash.Hash, longest int64) error {
	out := c.out
	buf := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buf)
	for {
		n, err := from.Read(buf[:])
		if over := out.Bytes + int64(n) - longest; over > 0 {
			n -= int(over)
			out.Truncated = true
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return &classError{retry.ClassSave, fmt.Errorf("body of %s: %w", out.URL, err)}
			}
			c.f.moved.Store(c.f.watch.now()) // a slow disk is no idle server
			if sum != nil {
				sum.Write(buf[:n])
			}
			out.Bytes += int64(n)
		}
		if err != nil || out.Truncated {
			return c.ended(err)
		}
	}
}

// abandon closes a writer that has not got the whole body.
func abandon(to io.WriteCloser, err error) {
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	if w, ok := to.(interface{ CloseWithError(error) error }); ok {
		w.CloseWithError(err)
		return
	}
	to.Close()
}

// discard reads the rest of a short body, so that its connection can be used again.
func discard(rc io.ReadCloser) {
	io.CopyN(io.Discard, rc, 4<<10)
	rc.Close()
}
