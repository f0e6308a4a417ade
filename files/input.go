package files

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/packed"
	"github.com/inflight-go/inflight/internal/waitread"
)

// chunk is how much is read or written at once. It makes the way over the pool a few
// percent of the reading.
const chunk = 256 << 10

// An input is a file that is open for reading.
type input struct {
	path string
	file *os.File // nil for what may keep a reader waiting for ever
	pipe *waitread.Reader
	late *waitread.File // that pipe reads from
	// size is what it was when the file was opened, -1 if the file does not say.
	size int64
	mode fs.FileMode
	head []byte // what it begins with
	// looked: head is all, and found is what unchanged returns.
	looked bool
	found  error
	// uncached: readCached does not work for this file.
	uncached atomic.Bool
	closed   bool
}

// openInput opens a file, and reads up to headSize bytes of a regular one.
func openInput(ctx context.Context, path string, headSize int) (*input, error) {
	in, err := decide(ctx, func(begin func() bool) (*input, error) {
		in, err := openNow(path, headSize)
		if err == nil && !begin() {
			in.close()
			return nil, errGone
		}
		return in, err
	})
	return in, atPath("open", path, err)
}

func openNow(path string, headSize int) (*input, error) {
	info, err := os.Stat(path) // first: to open a pipe may take for ever
	if err != nil {
		return nil, err
	}
	in := &input{path: path, size: -1, mode: info.Mode()}
	switch {
	case info.IsDir():
		return nil, &fs.PathError{Op: "read", Path: path, Err: syscall.EISDIR}
	case !info.Mode().IsRegular():
		in.late = waitread.Open(path)
		in.pipe = waitread.New(in.late)
		return in, nil
	}
	if in.file, err = os.Open(path); err != nil {
		return nil, err
	}
	if err := in.look(headSize); err != nil {
		in.close()
		return nil, err
	}
	return in, nil
}

// look finds out how large the file is, and reads its beginning.
func (in *input) look(headSize int) error {
	info, err := in.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return nil // it is empty, or made up when it is read, as in /proc
	}
	in.size = info.Size()
	in.head = make([]byte, min(int64(headSize), in.size))
	n, err := in.file.ReadAt(in.head, 0)
	if err == io.EOF {
		return in.cut()
	}
	in.head = in.head[:n]
	if int64(n) == in.size {
		in.looked, in.found = true, in.changed()
	}
	return err
}

// plain reports whether the file can be read at any place.
func (in *input) plain() bool {
	return in.size >= 0 && packed.Format(in.head[:min(len(in.head), packed.Peek)]) == ""
}

func (in *input) close() {
	if in.closed {
		return
	}
	in.closed = true
	if in.pipe != nil {
		_ = in.pipe.Close()
		_ = in.late.Close()
		return
	}
	_ = in.file.Close() // it was only read
}

// changed returns an error if the file is of another size than it was.
func (in *input) changed() error {
	info, err := in.file.Stat()
	if err != nil || info.Size() == in.size {
		return err
	}
	return &changed{in.path, in.size, info.Size()}
}

// cut is the error of a file that has ended early.
func (in *input) cut() error {
	if err := in.changed(); err != nil {
		return err
	}
	return &fs.PathError{Op: "read", Path: in.path, Err: io.ErrUnexpectedEOF} // it is longer again
}

// unchanged does that on the pool.
func (in *input) unchanged(ctx context.Context) error {
	if in.size < 0 || in.looked {
		return in.found
	}
	_, err := inflight.Offload(ctx, func() (struct{}, error) { return struct{}{}, in.changed() })
	return atPath("read", in.path, err)
}

// readAt reads what stands at off, all that p has room for unless the file ends. Of what
// does not say its size it reads what comes next. After an error p must not be used
// again: the system may still write to it.
func (in *input) readAt(ctx context.Context, p []byte, off int64) (n int, err error) {
	switch {
	case in.pipe != nil:
		in.pipe.Until(ctx)
		n, err = in.pipe.Read(p)
		if errors.Is(err, waitread.ErrEnded) {
			err = context.Cause(ctx)
		}
	case in.size < 0:
		n, err = inflight.Offload(ctx, func() (int, error) { return in.file.Read(p) })
	case off >= in.size:
		return 0, io.EOF
	default:
		p = p[:min(int64(len(p)), in.size-off)]
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if n := in.readCached(p, off); n > 0 {
			return n, nil
		}
		n, err = inflight.Offload(ctx, func() (int, error) {
			n, err := in.file.ReadAt(p, off)
			if err == io.EOF {
				err = in.cut()
			}
			return n, err
		})
	}
	return n, atPath("read", in.path, err)
}

// atPath names the file in an error that does not, or names another one, as that which is
// to replace it. A cause is returned as it is.
func atPath(op, path string, err error) error {
	other, ok := errors.AsType[*fs.PathError](err)
	if errors.Is(err, inflight.ErrAbandoned) || ok && other.Path != path {
		return fmt.Errorf("%s %s: %w", op, path, err)
	}
	return err
}

// A stream reads a file from its beginning, as it is.
type stream struct {
	ctx  context.Context
	in   *input
	buf  []byte
	rest []byte // of what is read
	off  int64
	err  error
}

func (in *input) stream(ctx context.Context) *stream {
	return &stream{ctx: ctx, in: in, rest: in.head, off: int64(len(in.head))}
}

// Read copies, so that p is left alone by a read that is abandoned.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.rest) == 0 && s.err == nil {
		if s.off == s.in.size {
			s.err = s.in.end(s.ctx)
			break
		}
		if s.buf == nil {
			s.buf = make([]byte, chunk)
		}
		n, err := s.in.readAt(s.ctx, s.buf, s.off)
		s.off += int64(n)
		s.rest = s.buf[:n]
		if s.err = err; err != nil && err != io.EOF {
			s.rest, s.buf = nil, nil
		}
	}
	if len(s.rest) == 0 {
		return 0, s.err
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// end is what comes after the last byte: io.EOF, unless the file was changed.
func (in *input) end(ctx context.Context) error {
	if err := in.unchanged(ctx); err != nil {
		return err
	}
	return io.EOF
}

// content is what the file holds, unpacked.
type content struct {
	z      io.ReadCloser
	from   *stream
	format string
	err    error // that a read has ended with, but io.EOF
}

func (in *input) content(ctx context.Context) (*content, error) {
	c := &content{from: in.stream(ctx)}
	if in.plain() {
		c.z = io.NopCloser(c.from)
		return c, nil
	}
	var err error
	if c.z, c.format, err = packed.Open(bufio.NewReaderSize(c.from, 64<<10)); err != nil {
		return nil, c.explain(err)
	}
	return c, nil
}

func (c *content) Read(p []byte) (int, error) {
	n, err := c.z.Read(p)
	if err != nil && err != io.EOF {
		err = c.explain(err)
		c.err = err
	}
	return n, err
}

// Close lets go of what is in memory.
func (c *content) Close() error { return c.z.Close() }

// explain says what is wrong: with the file, or else with the way in which it is packed.
func (c *content) explain(err error) error {
	switch {
	case c.from.err != nil && c.from.err != io.EOF:
		return c.from.err
	case c.format == "":
		return err
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: it is cut: the %s data does not end within the %d bytes of the file: %w", c.from.in.path, c.format, c.from.off, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("%s: the %s data is damaged, within the first %d bytes of the file: %w", c.from.in.path, c.format, c.from.off, err)
}
