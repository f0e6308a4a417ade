package source

import (
	"context"
	"errors"
	"io"
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
