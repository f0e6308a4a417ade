package queue

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
)

// Put brings v in, waiting for room if it must. It returns the cause of ctx when
// that ends first, or has ended before, and ErrShutdown when the queue is shut
// down, before the call or while it waits; then v is not in the queue.
func (q *Queue[T]) Put(ctx context.Context, v T) error {
	park.Point(ctx, park.OpPut, &q.obj)
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	return q.put(ctx, v)
}

func (q *Queue[T]) put(ctx context.Context, v T) error {
	woke, err := q.tryPut(v)
	if err == ErrFull {
		return q.waitPut(ctx, v)
	}
	if woke {
		park.Point(ctx, park.OpPut, &q.obj)
	}
	return err
}

// PutNow is Put for those who can't wait. It returns ErrFull when there is no
// room, or somebody waits for it already.
func (q *Queue[T]) PutNow(v T) error {
	ctx := context.Background()
	park.Point(ctx, park.OpPut, &q.obj)
	woke, err := q.tryPut(v)
	if woke {
		park.Point(ctx, park.OpPut, &q.obj)
	}
	return err
}

// PutAll puts the items one after the other, as Put does, and is faster than as
// many calls. It returns how many of them it has put, all if the error is nil;
// others may put theirs in between.
func (q *Queue[T]) PutAll(ctx context.Context, vs []T) (n int, err error) {
	park.Point(ctx, park.OpPut, &q.obj)
	for {
		if ctx.Err() != nil {
			return n, park.Cause(ctx)
		}
		if n == len(vs) {
			return n, nil
		}
		k, woke, err := q.tryPutAll(vs[n:])
		n += k
		if woke {
			park.Point(ctx, park.OpPut, &q.obj)
		}
		if n == len(vs) {
			return n, nil
		}
		if err == ErrFull {
			err = q.waitPut(ctx, vs[n])
		}
		if err != nil {
			return n, err
		}
		n++
	}
}

// tryPut puts v if that can be done at once, and returns ErrFull otherwise. woke
// says that somebody was waiting for it.
func (q *Queue[T]) tryPut(v T) (woke bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.offer(v)
}

// tryPutAll is tryPut for the first n items of vs.
func (q *Queue[T]) tryPutAll(vs []T) (n int, woke bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, v := range vs {
		w, err := q.offer(v)
		if err != nil {
			return n, woke, err
		}
		woke = woke || w
		n++
	}
	return n, woke, nil
}

// offer is tryPut for a caller who holds the lock.
func (q *Queue[T]) offer(v T) (woke bool, err error) {
	if q.shut {
		return false, ErrShutdown
	}
	if w := q.getters.Front(); w != nil {
		*w.Slot.(*T) = v
		q.unfinished++
		q.getters.Grant(w)
		w.Unpark()
		return true, nil
	}
	if !q.room() {
		return false, ErrFull
	}
	q.items.push(v)
	q.unfinished++
	return false, nil
}

// room reports whether one more item may wait. Those who wait to put have taken
// what room there is.
func (q *Queue[T]) room() bool { return q.items.len() < q.cap && q.putters.Len() == 0 }

// waitPut waits for its turn to put v.
func (q *Queue[T]) waitPut(ctx context.Context, v T) error {
	w := park.NewWaiter(ctx)
	defer w.Free()
	w.Slot = &v
	for {
		q.mu.Lock()
		if !q.shut && q.getters.Len() == 0 && !q.room() {
			break
		}
		q.mu.Unlock() // not held by offer without a defer, because of cmp
		woke, err := q.tryPut(v)
		if woke {
			park.Point(ctx, park.OpPut, &q.obj)
		}
		if err != ErrFull {
			return err
		}
	}
	err := q.putters.Wait(ctx, &q.mu, w, park.OpPut, &q.obj)
	if err == nil && w.N == refused {
		return ErrShutdown
	}
	return err
}
