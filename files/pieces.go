package files

import (
	"bytes"
	"context"
	"io"
	"iter"
)

// pieceSize is how much of what is unpacked is given to a fold at once.
const pieceSize = 1 << 20

// pieces unpacks a file in one goroutine and cuts it behind ends of lines, so that others
// can look at the lines meanwhile.
func (r *ranges) pieces(ctx context.Context) iter.Seq[part] {
	return func(yield func(part) bool) {
		content, err := r.in.content(ctx)
		if err != nil {
			yield(part{err: err})
			return
		}
		defer content.Close()
		c := cutter{r: r, from: content}
		for c.err == nil {
			if p := c.next(); p.text != nil && !yield(p) {
				return
			}
		}
		if c.err != io.EOF {
			yield(part{err: c.err})
		}
	}
}

// A cutter cuts what it reads.
type cutter struct {
	r    *ranges
	from io.Reader
	rest []byte // the beginning of a line, in the buffer of the last piece
	off  int64  // where the next piece begins
	line int64  // how many lines are before that
	err  error
	// behind: the end of a line that is too long has to be found.
	behind bool
}

// next returns the next piece. It has no text if there was only an end, or an error.
func (c *cutter) next() part {
	buf := c.r.buffer()
	if len(c.rest) >= len(buf) {
		buf = c.r.o.grown(c.rest)
	}
	n := copy(buf, c.rest)
	for {
		m, err := io.ReadFull(c.from, buf[n:])
		if err == io.ErrUnexpectedEOF { // exactly: that of a file which is cut says more
			err = io.EOF
		}
		c.err = err
		n += m
		if c.behind {
			n = c.pass(buf, n)
			if c.behind && err == nil {
				continue
			}
		}
		if c.off < binaryHead && !c.r.o.binary {
			if c.err = c.text(buf[:n], err); c.err != err {
				return part{}
			}
		}
		end := bytes.LastIndexByte(buf[:n], '\n') + 1
		switch {
		case err == io.EOF:
			end = n
		case n-end-1 > c.r.o.max: // the last one is too long already
			c.behind = true
			end = n
		case end == 0 && err == nil:
			if n == len(buf) {
				buf = c.r.o.grown(buf)
			}
			continue
		}
		c.rest = buf[end:n]
		return c.piece(buf[:end])
	}
}

// piece is a part with that text.
func (c *cutter) piece(text []byte) part {
	if len(text) == 0 {
		return part{}
	}
	p := part{from: c.off, text: text, line: c.line}
	c.off += int64(len(text))
	c.line += int64(bytes.Count(text, []byte("\n")))
	return p
}

// pass takes the end of a line that is too long out of buf, and returns what is left.
func (c *cutter) pass(buf []byte, n int) int {
	i := bytes.IndexByte(buf[:n], '\n')
	if i < 0 {
		c.off += int64(n)
		return 0
	}
	c.behind = false
	c.off += int64(i + 1)
	c.line++
	return copy(buf, buf[i+1:n])
}

// text returns ErrBinary for what does not begin as text does, and otherwise err.
func (c *cutter) text(start []byte, err error) error {
	s := newScanner(c.r.o, c.r.in.path, start)
	s.base, s.line = c.off, c.line
	s.got(len(start), err)
	return s.err
}
