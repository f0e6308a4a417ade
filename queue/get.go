package queue

import (
	"context"
	"fmt"

	"github.com/inflight-go/inflight/internal/park"
)

// Get takes the next item out, waiting for one if it must. It returns the cause of
// ctx when that ends first, or has ended before, and ErrShutdown when the queue is
// shut down and no item is left; then it has taken nothing.
func (q *Queue[T]) Get(ctx context.Context) (T, error) {
	park.Point(ctx, park.OpGet, &q.obj)
	if ctx.Err() != nil {
		var none T
		return none, park.Cause(ctx)
	}
	v, woke, err := q.tryGet()
	if err == ErrEmpty {
		return q.waitGet(ctx)
	}
	if woke {
		park.Point(ctx, park.OpGet, &q.obj)
	}
	return v, err
}

// GetNow is Get for those who can't wait. It returns ErrEmpty when there is
// nothing to get.
func (q *Queue[T]) GetNow() (T, error) {
	ctx := context.Background()
	park.Point(ctx, park.OpGet, &q.obj)
	v, woke, err := q.tryGet()
	if woke {
		park.Point(ctx, park.OpGet, &q.obj)
	}
	return v, err
}

// GetUpTo waits for an item as Get does, and takes those that can be had without
// waiting along with it, n in all at most. It returns at least one item or an
// error. GetUpTo panics for an n below 1.
func (q *Queue[T]) GetUpTo(ctx context.Context, n int) ([]T, error) {
	if n < 1 {
		panic(fmt.Sprintf("inflight/queue: GetUpTo(%d): there must be room for one item", n))
	}
	park.Point(ctx, park.OpGet, &q.obj)
	if ctx.Err() != nil {
		return nil, park.Cause(ctx)
	}
	vs, woke, err := q.tryGetUpTo(nil, n)
	if err == ErrEmpty {
		var v T
		if v, err = q.waitGet(ctx); err != nil {
			return nil, err
		}
		vs, woke, _ = q.tryGetUpTo([]T{v}, n)
	}
	if woke {
		park.Point(ctx, park.OpGet, &q.obj)
	}
	return vs, err
}

// tryGet takes the next item if there is one, and returns ErrEmpty or ErrShutdown
// otherwise. woke says that somebody was waiting for the room.
func (q *Queue[T]) tryGet() (v T, woke bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	v, ok, woke := q.take()
	if !ok {
		err = q.nothing()
	}
	return v, woke, err
}

// tryGetUpTo appends what can be got at once to vs, up to n in all.
func (q *Queue[T]) tryGetUpTo(vs []T, n int) (_ []T, woke bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(vs) < n {
		v, ok, w := q.take()
		if !ok {
			break
		}
		vs = append(vs, v)
		woke = woke || w
	}
	if len(vs) == 0 {
		err = q.nothing()
	}
	return vs, woke, err
}

// nothing is the error of those who find nothing.
func (q *Queue[T]) nothing() error {
	if q.shut {
		return ErrShutdown
	}
	return ErrEmpty
}

// take takes the next item if there is one. The caller holds the lock.
func (q *Queue[T]) take() (v T, ok, woke bool) {
	if q.items.len() > 0 {
		return q.pop(), true, q.admit()
	}
	w := q.putters.Front()
	if w == nil {
		return v, false, false
	}
	v = *w.Slot.(*T) // a rendezvous
	q.unfinished++
	q.putters.Grant(w)
	w.Unpark()
	return v, true, true
}

func (q *Queue[T]) pop() T { return q.items.pop() }

// admit lets in those who wait to put, as far as there is room.
func (q *Queue[T]) admit() (woke bool) {
	for q.items.len() < q.cap {
		w := q.putters.Front()
		if w == nil {
			break
		}
		q.items.push(*w.Slot.(*T))
		q.unfinished++
		q.putters.Grant(w)
		w.Unpark()
		woke = true
	}
	return woke
}

// waitGet waits for its turn to get an item.
func (q *Queue[T]) waitGet(ctx context.Context) (T, error) {
	var none T
	w := park.NewWaiter(ctx)
	defer w.Free()
	for {
		q.mu.Lock()
		if !q.shut && q.items.len() == 0 && q.putters.Len() == 0 {
			break
		}
		q.mu.Unlock()
		v, woke, err := q.tryGet()
		if woke {
			park.Point(ctx, park.OpGet, &q.obj)
		}
		if err != ErrEmpty {
			return v, err
		}
	}
	slot := new(T)
	w.Slot = slot
	if err := q.getters.Wait(ctx, &q.mu, w, park.OpGet, &q.obj); err != nil {
		return none, err
	}
	if w.N == refused {
		return none, ErrShutdown
	}
	return *slot, nil
}
