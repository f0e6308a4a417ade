package queue

import (
	"context"
	"sync/atomic"
)

// A Producer is the right to put into a queue. When the last open one of a queue is
// closed, the queue is shut down, so that its consumers end by themselves once they
// have got everything. Make one with Queue.Producer for each producing task, all of
// them before the first may be closed, or keep one of your own open meanwhile.
//
// Its methods may be called by any number of goroutines at once. The queue's own
// methods still work beside it.
type Producer[T any] struct {
	q      *Queue[T]
	closed atomic.Bool
}

// Producer returns a new handle. On a queue that is shut down already it is of no
// use: its methods return ErrShutdown.
func (q *Queue[T]) Producer() *Producer[T] {
	q.lock()
	defer q.unlock()
	q.producers++
	return &Producer[T]{q: q}
}

// Put is Queue.Put; after Close it returns ErrClosed.
func (p *Producer[T]) Put(ctx context.Context, v T) error {
	if p.closed.Load() {
		return ErrClosed
	}
	return p.q.Put(ctx, v)
}

// PutNow is Queue.PutNow; after Close it returns ErrClosed.
func (p *Producer[T]) PutNow(v T) error {
	if p.closed.Load() {
		return ErrClosed
	}
	return p.q.PutNow(v)
}

// PutAll is Queue.PutAll; after Close it returns ErrClosed.
func (p *Producer[T]) PutAll(ctx context.Context, vs []T) (n int, err error) {
	if p.closed.Load() {
		return 0, ErrClosed
	}
	return p.q.PutAll(ctx, vs)
}

// Close gives the right back; calling it again does nothing. The last one shuts the
// queue down, as Shutdown does. Close does not wait for a Put that another
// goroutine has begun through the same handle: it goes on if it was not the last
// one, and gets ErrShutdown if it was.
func (p *Producer[T]) Close() {
	if !p.closed.Swap(true) {
		p.q.end(1, false)
	}
}
