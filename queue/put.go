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
	if q.quickPut(v) {
		return nil
	}
	woke, err := q.tryPut(v)
	if err == ErrFull {
		return q.waitPut(ctx, v)
	}
	q.after(ctx, park.OpPut, woke)
	return err
}

// PutNow is Put for those who can't wait. It returns ErrFull when there is no
// room, or somebody waits for it already.
func (q *Queue[T]) PutNow(v T) error {
	ctx := context.Background()
	park.Point(ctx, park.OpPut, &q.obj)
	if q.quickPut(v) {
		return nil
	}
	woke, err := q.tryPut(v)
	q.after(ctx, park.OpPut, woke)
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
		k, err := q.putSome(ctx, vs[n:])
		if n += k; err != nil || n == len(vs) {
			return n, err
		}
	}
}

// putSome puts what there is room for, or waits and puts one.
func (q *Queue[T]) putSome(ctx context.Context, vs []T) (n int, err error) {
	if n = q.quickPutAll(vs); n == len(vs) {
		return n, nil
	}
	k, woke, err := q.tryPutAll(vs[n:])
	n += k
	q.after(ctx, park.OpPut, woke)
	if err != ErrFull {
		return n, err
	}
	if err = q.waitPut(ctx, vs[n]); err == nil {
		n++
	}
	return n, err
}

// quickPut puts v if there is room for certain and nobody waits.
func (q *Queue[T]) quickPut(v T) bool {
	if q.store != nil {
		return false
	}
	q.tail.Lock()
	if q.room == 0 {
		q.tail.Unlock()
		return false
	}
	q.room--
	q.puts++
	q.in = append(q.in, v)
	q.tail.Unlock()
	return true
}

// quickPutAll is quickPut for the first n items of vs.
func (q *Queue[T]) quickPutAll(vs []T) (n int) {
	if q.store != nil {
		return 0
	}
	q.tail.Lock()
	n = min(q.room, len(vs))
	q.room -= n
	q.puts += n
	q.in = append(q.in, vs[:n]...)
	q.tail.Unlock()
	return n
}

// tryPut puts v if that can be done at once, and returns ErrFull otherwise.
func (q *Queue[T]) tryPut(v T) (woke bool, err error) {
	q.lock()
	defer q.unlock()
	return q.offer(v)
}

// tryPutAll is tryPut for the first n items of vs.
func (q *Queue[T]) tryPutAll(vs []T) (n int, woke bool, err error) {
	q.lock()
	defer q.unlock()
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

// offer is tryPut for a caller who has the whole queue.
func (q *Queue[T]) offer(v T) (woke bool, err error) {
	if q.shut {
		return false, ErrShutdown
	}
	if w := q.getters.Front(); w != nil {
		*w.Slot.(*T) = v
		q.puts++
		serve(&q.getters)
		return true, nil
	}
	if q.len() >= q.cap {
		return false, ErrFull
	}
	q.push(v)
	return false, nil
}

// waitPut waits for its turn to put v.
func (q *Queue[T]) waitPut(ctx context.Context, v T) error {
	w := park.NewWaiter(ctx)
	defer w.Free()
	for {
		q.lock()
		if !q.shut && q.getters.Empty() && q.len() >= q.cap {
			slot := slotOf[T](w)
			*slot = v
			err := q.wait(ctx, &q.putters, w, park.OpPut)
			takeOut(slot)
			return err
		}
		q.unlock() // tryPut may panic, in cmp
		woke, err := q.tryPut(v)
		q.after(ctx, park.OpPut, woke)
		if err != ErrFull {
			return err
		}
	}
}
