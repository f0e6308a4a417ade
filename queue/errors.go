package queue

import "errors"

// The errors that this package makes. Test for them with errors.Is.
var (
	// ErrFull is returned by PutNow when the item would have to wait for room, and
	// with capacity 0 for somebody who gets it.
	ErrFull = errors.New("inflight/queue: the queue is full")
	// ErrEmpty is returned by GetNow when there is nothing to get yet.
	ErrEmpty = errors.New("inflight/queue: the queue is empty")
	// ErrShutdown is returned by those who put into a queue that is shut down, and
	// by those who get from one that is shut down and empty.
	ErrShutdown = errors.New("inflight/queue: the queue is shut down")
	// ErrClosed is returned by the methods of a Producer that was closed.
	ErrClosed = errors.New("inflight/queue: the producer is closed")
)
