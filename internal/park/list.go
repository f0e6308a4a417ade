package park

import (
	"context"
	"sync"
)

// A List is a FIFO of waiters. The zero value is empty. Its methods are called
// with the mutex of the primitive that it belongs to held.
type List struct{ head *Waiter } // a ring: head.prev is the last

// Empty reports whether nobody is waiting.
func (l *List) Empty() bool { return l.head == nil }

// Len counts those who are waiting.
func (l *List) Len() (n int) {
	if l.head == nil {
		return 0
	}
	for w := l.head; ; w = w.next {
		n++
		if w.next == l.head {
			return n
		}
	}
}

// Front returns the one that has waited longest, or nil.
func (l *List) Front() *Waiter { return l.head }

// Push puts w at the end.
func (l *List) Push(w *Waiter) {
	if l.head == nil {
		l.head, w.next, w.prev = w, w, w
		return
	}
	w.next, w.prev = l.head, l.head.prev
	w.prev.next, w.next.prev = w, w
}

// Remove takes w, which is in the list, out.
func (l *List) Remove(w *Waiter) {
	if w.next == w {
		l.head = nil
	} else {
		w.prev.next, w.next.prev = w.next, w.prev
		if l.head == w {
			l.head = w.next
		}
	}
	w.next, w.prev = nil, nil
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
