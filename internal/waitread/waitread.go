package source

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
)

// errWaitEnded is what a read from a waiter fails with when its ctx ends.
var errWaitEnded = errors.New("the wait for input ended")

// waiter reads from a pipe or a terminal, which may keep it waiting for ever, in a
// goroutine of its own, so that the wait can be given up. Nothing that was read is lost:
// the next read gets it. The goroutine ends after the Read in which it was when the
// waiter was closed: nothing can end that one.
type waiter struct {
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

// lateFile is a pipe that is opened by the first Read, which may wait for its writer.
type lateFile struct {
	name   string
	mu     sync.Mutex
	file   *os.File
	closed bool
}

func (l *lateFile) Read(p []byte) (int, error) {
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
func (l *lateFile) keep(file *os.File) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.file = file
	}
	return !l.closed
}

func (l *lateFile) Close() error {
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

func newWaiter(in io.Reader) *waiter {
	w := &waiter{in: in, ctx: context.Background(), chunks: make(chan chunk), free: make(chan []byte, 2), closed: make(chan struct{})}
	w.free <- make([]byte, firstBuffer)
	w.free <- make([]byte, firstBuffer)
	return w
}

func (w *waiter) Read(p []byte) (int, error) {
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
			return 0, errWaitEnded
		}
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

func (w *waiter) run() {
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

func (w *waiter) Close() error {
	close(w.closed)
	return nil
}
