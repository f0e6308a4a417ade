package queue

import (
	"context"
	"fmt"
	"slices"

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
	return q.get(ctx, 0)
}

// get is Get, and before that TaskDone for so many items, in one go.
func (q *Queue[T]) get(ctx context.Context, finished int) (T, error) {
	v, woke, err := q.tryGet(finished)
	q.after(ctx, park.OpGet, woke)
	if err == ErrEmpty {
		return q.waitGet(ctx)
	}
	return v, err
}

// GetNow is Get for those who can't wait. It returns ErrEmpty when there is
// nothing to get.
func (q *Queue[T]) GetNow() (T, error) {
	ctx := context.Background()
	park.Point(ctx, park.OpGet, &q.obj)
	v, woke, err := q.tryGet(0)
	q.after(ctx, park.OpGet, woke)
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
	q.after(ctx, park.OpGet, woke)
	return vs, err
}

// tryGet counts so many items as done, and takes the next one if there is one. It
// returns ErrEmpty or ErrShutdown otherwise.
func (q *Queue[T]) tryGet(finished int) (v T, woke bool, err error) {
	if q.store != nil {
		q.lock()
	} else {
		q.head.Lock()
		if q.taken < len(q.out) && !q.waiters && q.known-q.done > finished {
			q.done += finished
			v = q.shift()
			q.head.Unlock()
			return v, false, nil
		}
		q.tail.Lock()
	}
	defer q.unlock()
	joined := q.finish(finished)
	v, woke, ok := q.take()
	if !ok {
		err = q.nothing()
	}
	return v, woke || joined, err
}

// tryGetUpTo appends what can be got at once to vs, up to n in all.
func (q *Queue[T]) tryGetUpTo(vs []T, n int) (_ []T, woke bool, err error) {
	q.lock()
	defer q.unlock()
	vs = slices.Grow(vs, min(n-len(vs), q.len()))
	for len(vs) < n {
		v, w, ok := q.take()
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

// take takes the next item if there is one, and lets in who has waited longest to
// put. The caller has the whole queue.
func (q *Queue[T]) take() (v T, woke, ok bool) {
	w := q.putters.Front()
	if q.len() > 0 {
		v = q.pop()
		if w != nil {
			q.push(*w.Slot.(*T))
			serve(&q.putters)
		}
		return v, w != nil, true
	}
	if w != nil { // a rendezvous
		v = *w.Slot.(*T)
		q.puts++
		serve(&q.putters)
	}
	return v, w != nil, w != nil
}

// waitGet waits for its turn to get an item.
func (q *Queue[T]) waitGet(ctx context.Context) (T, error) {
	w := park.NewWaiter(ctx)
	defer w.Free()
	for {
		q.lock()
		if !q.shut && q.len() == 0 && q.putters.Empty() {
			if q.store == nil {
				q.swap() // for the sake of what a burst has left
			}
			slot := slotOf[T](w)
			err := q.wait(ctx, &q.getters, w, park.OpGet)
			return takeOut(slot), err
		}
		q.unlock() // tryGet may panic, in cmp
		v, woke, err := q.tryGet(0)
		q.after(ctx, park.OpGet, woke)
		if err != ErrEmpty {
			return v, err
		}
	}
}
