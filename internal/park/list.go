package park

import (
	"context"
	"sync"
)

// A List is a FIFO of waiters. The zero value is empty. Its methods are called
// with the mutex of the primitive that it belongs to held.
type List struct {
	head, tail *Waiter
	n          int
}

// Len returns how many are waiting.
func (l *List) Len() int { return l.n }

// Front returns the one that has waited longest, or nil.
func (l *List) Front() *Waiter { return l.head }

// Push puts w at the end.
func (l *List) Push(w *Waiter) {
	w.prev, w.next = l.tail, nil
	if l.tail == nil {
		l.head = w
	} else {
		l.tail.next = w
	}
	l.tail = w
	w.list = l
	l.n++
}

// Remove takes w out, if it is in.
func (l *List) Remove(w *Waiter) {
	if w.list != l {
		return
	}
	if w.prev == nil {
		l.head = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.tail = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.next, w.prev, w.list = nil, nil, nil
	l.n--
}

// Grant takes w out and gives it what it waits for; nothing can take that away
// again. The caller calls w.Unpark once the value is where w.Slot points.
func (l *List) Grant(w *Waiter) {
	l.Remove(w)
	w.Grant()
}

// GrantAll grants and unparks everybody.
func (l *List) GrantAll() {
	for w := l.head; w != nil; w = l.head {
		l.Grant(w)
		w.Unpark()
	}
}

// Wait pushes w, releases mu, and parks. It returns nil when w was granted;
// otherwise w has been taken out and the error is the cause of ctx. mu is held
// when Wait is called and not held when it returns.
//
// What a primitive must do when a waiter gives up (let the next one through,
// say) it does after Wait has returned the error, under mu again.
func (l *List) Wait(ctx context.Context, mu *sync.Mutex, w *Waiter, op Op, obj *Object) error {
	l.Push(w)
	mu.Unlock()
	err := w.Park(ctx, op, obj)
	if err == nil {
		return nil
	}
	mu.Lock()
	if w.Granted() {
		err = nil
	} else {
		l.Remove(w)
	}
	mu.Unlock()
	return err
}
