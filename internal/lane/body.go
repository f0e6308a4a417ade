package lane

import (
	"context"
	"io"
	"net/http"
)

// finish gives the answer its body, or ends the exchange if there is none.
func (c *conn) finish(ctx context.Context, resp *http.Response, reuse bool) {
	if resp.Body == nil { // of a known length, and parsed here
		if resp.ContentLength > 0 {
			resp.Body = &body{c: c, ctx: ctx, left: resp.ContentLength, reuse: reuse}
			return
		}
		resp.Body = http.NoBody
	}
	if resp.Body == http.NoBody {
		c.end(reuse)
		return
	}
	resp.Body = &body{c: c, ctx: ctx, src: resp.Body, reuse: reuse}
}

// A body is the body of an answer. At its end, or when it is closed, the exchange is
// over.
type body struct {
	c     *conn // nil when the exchange is over
	ctx   context.Context
	src   io.Reader // what http.ReadResponse has made; nil for the next left bytes
	left  int64
	reuse bool
	err   error // of the exchange that is over
}

func (b *body) Read(p []byte) (n int, err error) {
	if b.c == nil {
		return 0, b.err
	}
	if b.src != nil {
		n, err = b.src.Read(p)
	} else {
		n, err = b.read(p)
	}
	if err != nil {
		b.over(err)
		err = b.err
	}
	return n, err
}

// read reads of what is left.
func (b *body) read(p []byte) (int, error) {
	n, err := b.c.br.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case b.left == 0:
		return n, io.EOF
	case err == io.EOF:
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// over ends the exchange, by err.
func (b *body) over(err error) {
	b.c.end(err == io.EOF && b.reuse)
	if err != io.EOF && b.ctx.Err() != nil {
		err = context.Cause(b.ctx)
	}
	b.c, b.err = nil, err
}

// Close ends the exchange. What was not read of the body is not waited for, and the
// connection is not used again.
func (b *body) Close() error {
	if b.c != nil {
		b.over(http.ErrBodyReadAfterClose)
	}
	return nil
}
