package queue

import (
	"fmt"
	"math"
	"sync"

	"github.com/inflight-go/inflight/internal/park"
)

// Unbounded is the capacity of a queue that is never full. Nothing slows its
// producers down but memory.
const Unbounded = math.MaxInt

// A Queue passes items from those who put them to those who get them. Make one
// with New, NewPriority or NewStack; it must not be copied. Its methods may be
// called by any number of goroutines at once.
type Queue[T any] struct {
	cap int
	obj park.Object

	mu         sync.Mutex
	items      store[T]
	getters    park.List // not empty only while there is nothing to get
	putters    park.List // not empty only while there is no room
	joiners    park.List // not empty only while unfinished > 0
	unfinished int
	producers  int // handles that are open
	shut       bool
}

// New returns a queue in which the item that was put first is got first. The
// capacity is how many items may wait: 0 makes each Put wait for its Get, and a
// queue without a limit has to be asked for by Unbounded. New panics for a
// negative capacity.
func New[T any](capacity int) *Queue[T] {
	return newQueue("New", capacity, store[T](new(fifo[T])))
}

// NewPriority is New for a queue in which the lowest item is got first, and of
// equal ones the one that was put first. cmp returns a negative number when a is
// lower than b, zero when they are equal, a positive one when b is lower, as
// cmp.Compare does. It is called while the queue is locked: it must not use the
// queue. NewPriority panics for a nil cmp.
//
// The order is among the items that wait. Those who wait to put are still let in
// in the order in which they came.
func NewPriority[T any](capacity int, cmp func(a, b T) int) *Queue[T] {
	if cmp == nil {
		panic("inflight/queue: NewPriority called with a nil function")
	}
	return newQueue("NewPriority", capacity, store[T](&heap[T]{cmp: cmp}))
}

// NewStack is New for a queue in which the item that was put last is got first.
func NewStack[T any](capacity int) *Queue[T] {
	return newQueue("NewStack", capacity, store[T](new(stack[T])))
}

func newQueue[T any](name string, capacity int, items store[T]) *Queue[T] {
	if capacity < 0 {
		panic(fmt.Sprintf("inflight/queue: %s(%d): negative capacity", name, capacity))
	}
	return &Queue[T]{cap: capacity, items: items}
}

// refused is Waiter.N of those whom a shutdown woke.
const refused = 1

// Len returns how many items wait to be got. The items of those who wait to put
// are not among them.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.items.len()
}

// Cap returns the capacity.
func (q *Queue[T]) Cap() int { return q.cap }

// Full reports whether as many items wait as the capacity allows. With capacity 0
// that is always so.
func (q *Queue[T]) Full() bool { return q.Len() >= q.cap }

// Empty reports whether no item waits. With capacity 0 that is always so.
func (q *Queue[T]) Empty() bool { return q.Len() == 0 }
