package queue

import "fmt"

// NewTwoEnded is New for a queue that has two ends however small it is.
func NewTwoEnded[T any](capacity int) *Queue[T] { return newQueue[T]("New", capacity, nil) }

// look is lock for somebody who must not set anything right: its end leaves room and
// waiters as they were.
func (q *Queue[T]) look() (end func()) {
	q.head.Lock()
	q.tail.Lock()
	return func() {
		q.tail.Unlock()
		q.head.Unlock()
	}
}

// Waiting returns how many wait to put, to get, and to join.
func (q *Queue[T]) Waiting() (putters, getters, joiners int) {
	defer q.look()()
	return q.putters.Len(), q.getters.Len(), q.joiners.Len()
}

// Slots returns for how many items the queue holds memory.
func (q *Queue[T]) Slots() int {
	q.lock()
	defer q.unlock()
	switch s := q.store.(type) {
	case *heap[T]:
		return cap(s.items)
	case *stack[T]:
		return cap(s.items)
	case *ring[T]:
		return cap(s.items)
	}
	return cap(q.in) + cap(q.out)
}

// Counted makes the queue one in which so many items were put and done already.
func (q *Queue[T]) Counted(n int) {
	q.lock()
	defer q.unlock()
	q.puts, q.done = n, n
}

// Check returns what is wrong with the queue's own idea of itself.
func (q *Queue[T]) Check() error {
	defer q.look()()
	n := q.len()
	switch {
	case n > q.cap:
		return fmt.Errorf("%d items in a queue for %d", n, q.cap)
	case q.puts-q.done < 0:
		return fmt.Errorf("%d put, %d done", q.puts, q.done)
	case q.room > q.cap-n, q.room > 0 && (q.store != nil || q.shut || !q.getters.Empty() || !q.putters.Empty()):
		return fmt.Errorf("the tail believes in room for %d", q.room)
	case q.store == nil && !q.waiters && !q.putters.Empty():
		return fmt.Errorf("the head does not know of those who wait")
	case q.store == nil && q.puts-q.known < 0:
		return fmt.Errorf("%d put, %d known", q.puts, q.known)
	case !q.getters.Empty() && (n > 0 || q.shut || !q.putters.Empty()):
		return fmt.Errorf("somebody waits to get, with %d items there", n)
	case !q.putters.Empty() && (n < q.cap || q.shut):
		return fmt.Errorf("somebody waits to put, with %d items there", n)
	case !q.joiners.Empty() && q.puts == q.done:
		return fmt.Errorf("somebody waits to join, with nothing unfinished")
	}
	return nil
}
