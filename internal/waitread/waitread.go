// Package waitread reads from what may keep a reader waiting for ever, in waits that can
// be given up.
package waitread

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
)

// ErrEnded is what a read fails with when its ctx ends.
var ErrEnded = errors.New("the wait for input ended")

// A Reader reads from a pipe or a terminal, which may keep it waiting for ever, in a
// goroutine of its own, so that the wait can be given up. Nothing that was read is lost:
// the next read gets it. The goroutine ends after the Read in which it was when the
// Reader was closed: nothing can end that one.
type Reader struct {
	in     io.Reader
	ctx    context.Context // of the read to come
	once   sync.Once
	chunks chan chunk
	free   chan []byte
	closed chan struct{}
	rest   []byte // of whole
	whole  []byte
	err    error
}

// A File is a pipe that is opened by the first Read, which may wait for its writer.
type File struct {
	name   string
	mu     sync.Mutex
	file   *os.File
	closed bool
}

// Open returns the file of that name. It opens nothing yet.
func Open(name string) *File { return &File{name: name} }

// Read opens the file, if that was not done, and reads from it.
func (l *File) Read(p []byte) (int, error) {
	l.mu.Lock()
	file := l.file
	l.mu.Unlock()
	if file == nil {
		opened, err := os.Open(l.name)
		if err != nil {
			return 0, err
		}
		if file = opened; !l.keep(file) {
			return 0, errors.Join(os.ErrClosed, file.Close())
		}
	}
	return file.Read(p)
}

// keep keeps the open file, unless it was closed before that.
func (l *File) keep(file *os.File) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.file = file
	}
	return !l.closed
}

// Close closes the file, or keeps it from being opened. It may be called while a Read
// waits.
func (l *File) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

type chunk struct {
	data []byte
	err  error
}

// New returns a reader of in. Close it: that does not close in.
func New(in io.Reader) *Reader {
	w := &Reader{in: in, ctx: context.Background(), chunks: make(chan chunk), free: make(chan []byte, 2), closed: make(chan struct{})}
	w.free <- make([]byte, bufferSize)
	w.free <- make([]byte, bufferSize)
	return w
}

// bufferSize is how much is read at once.
const bufferSize = 64 << 10

// Until says how long the reads to come may wait.
func (w *Reader) Until(ctx context.Context) { w.ctx = ctx }

// Read reads, or fails with ErrEnded.
func (w *Reader) Read(p []byte) (int, error) {
	w.once.Do(func() { go w.run() })
	for len(w.rest) == 0 {
		if w.whole != nil {
			w.free <- w.whole // there is room: it came from there
			w.whole = nil
		}
		if w.err != nil {
			return 0, w.err
		}
		select {
		case c := <-w.chunks:
			w.rest, w.whole, w.err = c.data, c.data[:cap(c.data)], c.err
		case <-w.ctx.Done():
			return 0, ErrEnded
		}
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

func (w *Reader) run() {
	for {
		var buf []byte
		select {
		case buf = <-w.free:
		case <-w.closed:
			return
		}
		n, err := w.in.Read(buf)
		select {
		case w.chunks <- chunk{buf[:n], err}:
		case <-w.closed:
			return
		}
		if err != nil {
			return
		}
	}
}

// Close lets the goroutine end.
func (w *Reader) Close() error {
	close(w.closed)
	return nil
}
