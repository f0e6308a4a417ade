package inflight

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/inflight-go/inflight/internal/park"
)

// An EachOption changes how Each works.
type EachOption func(*eachOptions)

type eachOptions struct{ ordered bool }

// Ordered makes Each yield in the order of the input. Without it results come in
// the order in which they are completed.
func Ordered() EachOption { return func(o *eachOptions) { o.ordered = true } }

// Each calls fn for the items of in, at most limit at once, and yields each item
// with its result, as they come. A limit below 1 panics; Unlimited has to be
// spelled.
//
// It is lazy: nothing happens before the loop begins, and in, which may be
// endless, is pulled by one goroutine only while fewer than two times limit items
// are pulled and not yet yielded. So a slow loop slows everything.
//
// A failure cancels nobody; the loop sees it and may break. When the loop ends
// early, in whatever way, the rest is cancelled, and the statement after it runs
// when all calls, and in itself, have returned. (So an in that blocks must end
// with a context, as the All of a queue does: cancel that one before the break.)
// When ctx ends, items that were pulled are still yielded, with their errors; if
// anything was cut short, the last pair is a zero item with an error that is
// ErrCut and wraps the cause.
//
// A panic of fn or in is raised again by the loop as a *PanicError. To range over
// the sequence again pulls in again; to do so at the same time yields
// ErrConcurrentUse.
func Each[I, O any](ctx context.Context, in iter.Seq[I], limit int, fn func(context.Context, I) (O, error), opts ...EachOption) iter.Seq2[I, Result[O]] {
	mustLimit("Each", limit)
	if in == nil || fn == nil {
		panic("inflight: Each called with a nil function")
	}
	var o eachOptions
	for _, opt := range opts {
		opt(&o)
	}
	var inUse atomic.Bool
	return func(yield func(I, Result[O]) bool) {
		var zero I
		if !inUse.CompareAndSwap(false, true) {
			yield(zero, Result[O]{Err: ErrConcurrentUse})
			return
		}
		defer inUse.Store(false)
		if ctx.Err() != nil {
			yield(zero, Result[O]{Err: &cutError{park.Cause(ctx)}})
			return
		}
		s := newStream(in, limit, fn, o.ordered)
		s.open(ctx, park.KindEach, limit, entry(fn))
		defer s.finish(ctx)
		s.begin()
		if s.yieldAll(ctx, yield) {
			if err := s.cause(); err != nil {
				yield(zero, Result[O]{Err: &cutError{err}})
			}
		}
	}
}

// begin starts the feeder.
func (s *stream[I, O]) begin() {
	s.n.Lock()
	s.active++
	s.n.Unlock()
	go s.feed()
}

// feed pulls the input.
func (s *stream[I, O]) feed() {
	returned := false
	defer func() {
		if !returned {
			if v := recover(); v != nil {
				s.panicked(newPanic(v, s.n.Name()))
			} else {
				s.fail(fmt.Errorf("%w (the input of %s)", ErrGoexit, s.n.Name()))
			}
		}
		s.n.Lock()
		s.fed = true
		consumer := s.readyLocked()
		s.leave()
		consumer.wake()
	}()
	for v := range s.in {
		if !s.put(v) {
			break
		}
	}
	returned = true
	if s.n.Err() != nil { // an input that ends with ctx looks like one that is over
		s.cut()
	}
}

// yieldAll hands results to the loop until there are no more (true) or the loop
// has ended (false).
func (s *stream[I, O]) yieldAll(ctx context.Context, yield func(I, Result[O]) bool) bool {
	var batch []pair[I, O]
	for {
		batch = s.collect(ctx, batch[:0])
		if len(batch) == 0 {
			return true
		}
		for i := range batch {
			p := &batch[i]
			s.yielded()
			if !yield(p.in, p.r) {
				return false
			}
			*p = pair[I, O]{}
		}
	}
}

// cause returns why the stream ended early, nil if it did not.
func (s *stream[I, O]) cause() error {
	s.n.Lock()
	defer s.n.Unlock()
	if s.out.hasPanicked() {
		return nil // finish raises it
	}
	return s.out.result(&s.n.Node)
}

// finish ends everything and waits for it. It raises a panic again.
func (s *stream[I, O]) finish(ctx context.Context) {
	s.n.Lock()
	s.stopped = true
	s.todo = fifo[job[I]]{}
	feeder := s.feederLocked()
	s.n.Unlock()
	feeder.wake()
	s.n.Cancel(errDone)
	s.join(ctx)
	s.close()
	if s.out.hasPanicked() {
		panic(s.out.panic())
	}
}
