package files

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"math"
)

// Lines returns the lines of a file, one after the other, without their ends. A line is
// good until the next one. The file is opened when the loop begins, unpacked if it is
// compressed, and closed when the loop ends.
//
// An error comes with a nil line. Behind one that is ErrLineTooLong the loop may go on; any
// other is the last: that of a file that can't be read, that is cut in the middle of what
// it is packed in, that is no text, or that has changed; and the cause of ctx.
func Lines(ctx context.Context, path string, opts ...LineOption) iter.Seq2[[]byte, error] {
	o := lineOptionsOf(opts)
	return func(yield func([]byte, error) bool) {
		in, err := openInput(ctx, path, chunk)
		if err != nil {
			yield(nil, err)
			return
		}
		defer in.close()
		s, done, err := in.scanner(ctx, o)
		if err != nil {
			yield(nil, err)
			return
		}
		defer done()
		s.lines(yield)
	}
}

// LinesOf returns the lines of what r has left, as Lines does. It reads ahead. The errors of
// r are returned as they are.
func LinesOf(r io.Reader, opts ...LineOption) iter.Seq2[[]byte, error] {
	if r == nil {
		panic("inflight/files: LinesOf called with a nil reader")
	}
	o := lineOptionsOf(opts)
	return func(yield func([]byte, error) bool) {
		s := newScanner(o, "", make([]byte, 64<<10))
		s.read = func(p []byte, _ int64) (int, error) { return r.Read(p) }
		s.lines(yield)
	}
}

// scanner returns a scanner of all lines of the file.
func (in *input) scanner(ctx context.Context, o lineOptions) (s *scanner, done func(), err error) {
	if in.plain() {
		s = newScanner(o, in.path, in.head)
		if err = nil; int64(len(in.head)) == in.size {
			err = in.end(ctx)
		}
		s.got(len(in.head), err)
		s.read = func(p []byte, off int64) (int, error) {
			n, err := in.readAt(ctx, p, off)
			if err == io.EOF {
				err = in.end(ctx)
			}
			return n, err
		}
		return s, func() {}, nil
	}
	c, err := in.content(ctx)
	if err != nil {
		return nil, nil, err
	}
	s = newScanner(o, in.path, make([]byte, chunk))
	s.read = func(p []byte, _ int64) (int, error) { return c.Read(p) }
	return s, func() { _ = c.Close() }, nil
}

// A scanner finds lines.
type scanner struct {
	lineOptions
	path string
	// read reads more, which stands at off. When it fails p is not used again.
	read func(p []byte, off int64) (int, error)
	stop int64 // a line that begins there, or behind it, is not ours

	buf     []byte
	at, end int   // buf[at:end] is read and not returned
	base    int64 // where buf[0] stands
	err     error // comes when everything in buf is returned
	failed  error // what was returned in the end
	line    int64 // the number of the last line
	number  bool  // whether that is known
	behind  bool  // the end of a line has to be found, which is not returned
}

func newScanner(o lineOptions, path string, buf []byte) *scanner {
	return &scanner{lineOptions: o, path: path, buf: buf, stop: math.MaxInt64, number: true}
}

// lines returns what is there.
func (s *scanner) lines(yield func([]byte, error) bool) {
	for {
		if n := bytes.IndexByte(s.buf[s.at:s.end], '\n'); n >= 0 && s.easy(n) { // nearly always
			if !yield(s.take(n, n+1), nil) {
				return
			}
			continue
		}
		line, err := s.next()
		if err == io.EOF {
			return
		}
		last := err != nil && !s.behind
		if last {
			s.failed = err
		}
		if !yield(line, err) || last {
			return
		}
	}
}

// next returns the next line. It fails with io.EOF after the last one. After another error
// it may be called again only if behind is set.
func (s *scanner) next() ([]byte, error) {
	if s.behind {
		if err := s.pass(); err != nil {
			return nil, err
		}
	}
	if s.base+int64(s.at) >= s.stop {
		return nil, io.EOF
	}
	searched := 0
	for {
		have := s.buf[s.at:s.end]
		if i := bytes.IndexByte(have[searched:], '\n'); i >= 0 {
			return s.checked(searched+i, searched+i+1)
		}
		searched = len(have)
		switch {
		case searched-1 > s.max: // longer even if it ends in a carriage return
			return nil, s.tooLong(have)
		case s.err == io.EOF && searched > 0:
			return s.checked(searched, searched)
		case s.err != nil:
			return nil, s.err
		}
		s.fill()
	}
}

// easy reports whether the next n bytes are a line of ours that is not too long.
func (s *scanner) easy(n int) bool {
	return !s.behind && n <= s.max && s.base+int64(s.at) < s.stop
}

// take returns the next n bytes, without a carriage return, and goes on behind size.
func (s *scanner) take(n, size int) []byte {
	line := s.buf[s.at : s.at+n : s.at+n]
	s.at += size
	s.line++
	if n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

// checked takes a line that may be too long.
func (s *scanner) checked(n, size int) ([]byte, error) {
	if line := s.buf[s.at : s.at+n]; len(bytes.TrimSuffix(line, []byte("\r"))) > s.max {
		return nil, s.tooLong(line)
	}
	return s.take(n, size), nil
}

// tooLong is the error of the line that is next, which is passed over.
func (s *scanner) tooLong(line []byte) error {
	s.behind = true
	return s.fault(s.at, line, fmt.Sprintf("the line is longer than %d bytes (MaxLine)", s.max), ErrLineTooLong)
}

// fault is an error of the line that begins at buf[at].
func (s *scanner) fault(at int, line []byte, why string, err error) error {
	e := &LineError{Path: s.path, Offset: s.base + int64(at), Text: string(line[:min(len(line), excerpt)]), Why: why, Err: err}
	if s.number {
		e.Line = s.line + 1
	}
	return e
}

// excerpt is how much of a line an error shows.
const excerpt = 40

// pass goes on behind the next end of a line, if that is where a line of ours may begin.
func (s *scanner) pass() error {
	for {
		if i := bytes.IndexByte(s.buf[s.at:s.end], '\n'); i >= 0 {
			s.at += i + 1
			s.line++
			s.behind = false
			return nil
		}
		s.at = s.end
		switch {
		case s.base+int64(s.at) >= s.stop:
			return io.EOF
		case s.err != nil:
			s.behind = false
			return s.err
		}
		s.fill()
	}
}

// fill reads more, behind what is there.
func (s *scanner) fill() {
	if s.at > 0 {
		s.base += int64(s.at)
		s.end = copy(s.buf, s.buf[s.at:s.end])
		s.at = 0
	}
	if s.end == len(s.buf) {
		s.buf = s.grown(s.buf)
	}
	for range 100 {
		n, err := s.read(s.buf[s.end:], s.base+int64(s.end))
		if n > 0 || err != nil {
			s.got(n, err)
			return
		}
	}
	s.err = io.ErrNoProgress
}

// grown returns a larger buffer with the same content: it has room for a line that is just
// too long, at most.
func (o *lineOptions) grown(buf []byte) []byte {
	size := max(2*len(buf), 4<<10)
	if size-2 > o.max {
		size = max(o.max+2, len(buf)+1)
	}
	larger := make([]byte, size)
	copy(larger, buf)
	return larger
}

// got takes in what was read. A zero byte ends it, where those are looked for.
func (s *scanner) got(n int, err error) {
	from := s.end
	s.end, s.err = from+n, err
	if s.binary || s.base+int64(from) >= binaryHead {
		return
	}
	if i := bytes.IndexByte(s.buf[from:min(int64(s.end), binaryHead-s.base)], 0); i >= 0 {
		s.end = s.at
		s.err = s.notText(s.buf[s.at:from+n], from+i)
	}
}

// binaryHead is where zero bytes are looked for.
const binaryHead = 8000

// notText is the error of a zero byte at buf[zero].
func (s *scanner) notText(have []byte, zero int) error {
	why := fmt.Sprintf("there is a zero byte at byte %d, so it is no text (Binary takes it all the same)", s.base+int64(zero))
	if s.base == 0 && (bytes.HasPrefix(have, []byte("\xff\xfe")) || bytes.HasPrefix(have, []byte("\xfe\xff"))) {
		why = "it is UTF-16; convert it to UTF-8"
	}
	return s.fault(s.at, have, why, ErrBinary)
}
