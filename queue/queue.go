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
	// What New makes, unless it is small, has two ends with a lock each, so that
	// producers and consumers rarely meet: items are appended to in, under the lock of
	// the tail, and taken from out, under the lock of the head, and when out is used up
	// the two are swapped. Whoever needs more than that takes both locks, the head's
	// first, and then has the whole queue to himself: the rules stand there, as if there
	// were one lock. Before it is given back, settle works out how far each end may go
	// alone. All other queues have a store, and the tail's lock for everything.

	cap   int
	store store[T] // nil for one with two ends
	obj   park.Object
	_     [64]byte // no two of the three parts share a cache line

	tail sync.Mutex
	in   []T
	room int // how many can be put without a look at the head
	puts int // how many were put

	stored    int       // how many items are in store
	getters   park.List // not empty only while there is nothing to get
	putters   park.List // not empty only while there is no room: none is left unused
	joiners   park.List // not empty only while something is unfinished
	producers int       // handles that are open
	shut      bool
	_         [64]byte

	head    sync.Mutex
	out     []T
	taken   int  // how many of out are gone
	done    int  // how many of those that were put are done
	known   int  // puts, or what it was a while ago
	waiters bool // whether somebody waits for room
	_       [64]byte
}

// small is the capacity up to which two ends are not worth their second lock: those
// who use the queue wait for each other most of the time.
const small = 16

// New returns a queue in which the item that was put first is got first. The
// capacity is how many items may wait: 0 makes each Put wait for its Get, and a
// queue without a limit has to be asked for by Unbounded. New panics for a
// negative capacity.
func New[T any](capacity int) *Queue[T] {
	if capacity < 0 || capacity > small {
		return newQueue[T]("New", capacity, nil)
	}
	return newQueue("New", capacity, store[T](&ring[T]{items: make([]T, capacity)}))
}

// NewPriority is New for a queue in which the lowest item is got first, and of
// equal ones the one that was put first. cmp returns a negative number when a is
// lower than b, zero when they are equal, a positive one when b is lower, as
// cmp.Compare does. It is called while the queue is locked: it must not use the
// queue. If it panics, so does the operation that called it, and may lose its own
// items; the queue can still be used. NewPriority panics for a nil cmp.
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
	return &Queue[T]{cap: capacity, store: items}
}

// lock gives the caller the whole queue.
func (q *Queue[T]) lock() {
	if q.store == nil {
		q.head.Lock()
	}
	q.tail.Lock()
}

func (q *Queue[T]) unlock() {
	if q.store != nil {
		q.tail.Unlock()
		return
	}
	q.settle()
	q.tail.Unlock()
	q.head.Unlock()
}

// settle works out what each of two ends may do alone. The caller holds both locks.
func (q *Queue[T]) settle() {
	q.room = 0
	if !q.shut && q.getters.Empty() {
		q.room = q.cap - q.len()
	}
	q.waiters = !q.putters.Empty()
	q.known = q.puts
}

// len, push and pop are for callers who have the whole queue.
func (q *Queue[T]) len() int {
	if q.store != nil {
		return q.stored
	}
	return len(q.in) + len(q.out) - q.taken
}

func (q *Queue[T]) push(v T) {
	if q.store == nil {
		q.in = append(q.in, v)
	} else {
		q.store.push(v) // may panic, in cmp
		q.stored++
	}
	q.puts++
}

func (q *Queue[T]) pop() T {
	if q.store == nil {
		if q.taken == len(q.out) {
			q.swap()
		}
		return q.shift()
	}
	v := q.store.pop()
	q.stored--
	return v
}

// shift takes the next item from out. The head's lock is enough.
func (q *Queue[T]) shift() T {
	var none T
	v := q.out[q.taken]
	q.out[q.taken] = none
	q.taken++
	return v
}

// swap turns in into out, which is used up.
func (q *Queue[T]) swap() {
	q.in, q.out, q.taken = roomFor(len(q.in), q.out[:0]), q.in, 0
}

// Len returns how many items wait to be got. The items of those who wait to put
// are not among them.
func (q *Queue[T]) Len() int {
	q.lock()
	defer q.unlock()
	return q.len()
}

// Cap returns the capacity.
func (q *Queue[T]) Cap() int { return q.cap }

// Full reports whether as many items wait as the capacity allows. With capacity 0
// that is always so.
func (q *Queue[T]) Full() bool { return q.Len() >= q.cap }

// Empty reports whether no item waits. With capacity 0 that is always so.
func (q *Queue[T]) Empty() bool { return q.Len() == 0 }
