package inflight

import (
	"context"
	"fmt"
	"iter"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
)

// A stream is the engine of Each: one goroutine feeds, a crew works, the ranging
// goroutine collects. All but the counters is guarded by the lock of the crew's
// scope.
type stream[I, O any] struct {
	crew
	in     iter.Seq[I]
	fn     func(context.Context, I) (O, error)
	window int64 // how many may be pulled and not yet yielded
	resume int64 // the feeder goes on when there are no more than that

	todo    fifo[job[I]] // pulled, and not taken by a worker
	ready   []pair[I, O] // done, and not collected; by completion
	order   *reorder[pair[I, O]]
	pulled  int64 // how many jobs there were
	working int64 // pulled, and not done
	seen    int64 // how many were yielded when the feeder last looked
	fed     bool  // there is no more input
	stopped bool  // the loop has ended

	feeder   *park.Waiter
	consumer *park.Waiter

	_      [64]byte     // what follows is of the loop, and not of those who hold the lock
	yields atomic.Int64 // how many were yielded
	wanted atomic.Int64 // how many the feeder waits for; not any, mostly
	_      [48]byte
}

// nobody is what is wanted while the feeder does not wait.
const nobody = math.MaxInt64

type job[I any] struct {
	seq int64
	in  I
}

type pair[I, O any] struct {
	in I
	r  Result[O]
}

func newStream[I, O any](in iter.Seq[I], limit int, fn func(context.Context, I) (O, error), ordered bool) *stream[I, O] {
	s := &stream[I, O]{in: in, fn: fn, window: Unlimited, resume: Unlimited}
	if limit < Unlimited/2 {
		s.window = 2 * int64(limit)
		s.resume = s.window - max(1, int64(limit)/4)
	}
	if ordered {
		s.order = new(reorder[pair[I, O]])
	}
	s.wanted.Store(nobody)
	s.items = s
	return s
}

func (s *stream[I, O]) left() bool { return s.todo.n > 0 }

// put takes one item in and waits until there is room for the next. It reports
// false when no more is wanted.
func (s *stream[I, O]) put(v I) bool {
	ended := s.n.Err() != nil
	if ended {
		s.cut()
	}
	s.n.Lock()
	if s.stopped {
		s.n.Unlock()
		return false
	}
	s.todo.push(job[I]{s.pulled, v})
	s.pulled++
	s.working++
	if s.pulled-s.seen >= s.window {
		s.seen = s.yields.Load()
	}
	full := s.pulled-s.seen >= s.window
	start := s.hireLocked()
	s.n.Unlock()
	if start {
		go s.work()
	}
	if full && !ended {
		return s.waitForRoom()
	}
	return !ended // what was pulled is yielded all the same
}

func (s *stream[I, O]) waitForRoom() bool {
	w := park.NewWaiter(&s.n.Node)
	defer w.Free()
	s.n.Lock()
	s.wanted.Store(s.pulled - s.resume) // before the look: either this or yielded sees the other
	if s.yields.Load() >= s.pulled-s.resume || s.stopped {
		s.wanted.Store(nobody)
		defer s.n.Unlock()
		return !s.stopped
	}
	s.feeder = w
	s.n.Unlock()
	err := w.Park(&s.n.Node, park.OpFeed, nil)
	s.n.Lock()
	s.feeder = nil
	s.wanted.Store(nobody)
	stopped := s.stopped
	s.n.Unlock()
	if err != nil && !stopped {
		s.cut()
	}
	return err == nil && !stopped
}

// yielded makes room for one more.
func (s *stream[I, O]) yielded() {
	if s.yields.Add(1) < s.wanted.Load() {
		return
	}
	s.n.Lock()
	var feeder granted
	if s.yields.Load() >= s.wanted.Load() { // it may wait for others by now
		feeder = s.feederLocked()
	}
	s.n.Unlock()
	feeder.wake()
}

// feederLocked and readyLocked take the one to wake, if there is one.
func (s *stream[I, O]) feederLocked() granted {
	w := s.feeder
	s.feeder = nil
	s.wanted.Store(nobody)
	return grant(w)
}

func (s *stream[I, O]) readyLocked() granted {
	if s.consumer == nil || !s.collectable() && !s.finished() && !s.out.hasPanicked() {
		return granted{}
	}
	w := s.consumer
	s.consumer = nil
	return grant(w)
}

// granted is a waiter to wake when the lock is released, or nobody.
type granted struct{ w *park.Waiter }

func grant(w *park.Waiter) granted {
	if w != nil {
		w.Grant()
	}
	return granted{w}
}

func (g granted) wake() {
	if g.w != nil {
		g.w.Unpark()
	}
}

func (s *stream[I, O]) collectable() bool {
	if s.order != nil {
		return s.order.ready()
	}
	return len(s.ready) > 0
}

func (s *stream[I, O]) finished() bool { return s.fed && s.working == 0 }

// collect waits for results and appends them to batch; none means that it is
// over.
func (s *stream[I, O]) collect(ctx context.Context, batch []pair[I, O]) []pair[I, O] {
	for patience := idleRounds; ; patience-- {
		s.n.Lock()
		if s.collectable() {
			if s.order != nil {
				batch = s.order.take(batch)
			} else {
				batch, s.ready = s.ready, batch
			}
			s.n.Unlock()
			return batch
		}
		if s.finished() || s.out.hasPanicked() {
			s.n.Unlock()
			return nil
		}
		if patience > 0 {
			s.n.Unlock()
			runtime.Gosched()
			continue
		}
		w := park.NewWaiter(ctx)
		s.consumer = w
		s.n.Unlock()
		w.Park(context.Background(), park.OpEach, &s.n.Obj)
		w.Free()
	}
}

// idleRounds is how often somebody with nothing to do lets others run before
// they park or end: cheaper than to be started again at once.
const idleRounds = 2

// step is a worker's share: jobs one after the other.
func (s *stream[I, O]) step(w *worker) bool {
	s.n.Lock()
	for patience := idleRounds; ; {
		j, ok := s.todo.pop()
		if !ok {
			s.n.Unlock()
			if patience--; patience < 0 || w.fresh {
				return false
			}
			runtime.Gosched()
			s.n.Lock()
			continue
		}
		s.arrived(w)
		start := s.hireLocked()
		s.n.Unlock()
		if start {
			go s.work()
		}
		r := s.run(w, j)
		reusable := goroutine.Reusable()
		s.n.Lock()
		consumer := s.doneLocked(j, r)
		if !reusable || consumer.w != nil {
			s.n.Unlock()
			consumer.wake()
			if !reusable {
				return true
			}
			s.n.Lock()
		}
		patience = idleRounds
	}
}

func (s *stream[I, O]) run(w *worker, j job[I]) (r Result[O]) {
	defer func() {
		if w.busy { // fn did not return; broke will want to know
			w.job = j
		}
	}()
	s.took(w, int(j.seq))
	if s.n.Err() != nil {
		r.Err = s.n.Cause()
	} else {
		r.Value, r.Err = s.fn(&w.n, j.in)
	}
	if r.Err != nil && s.n.Err() != nil && cancelled(&w.n, r.Err) {
		s.cut()
	}
	w.busy = false // the methods of an error may panic too
	return r
}

func (s *stream[I, O]) doneLocked(j job[I], r Result[O]) granted {
	s.working--
	if s.order != nil {
		s.order.put(j.seq, pair[I, O]{j.in, r})
	} else {
		s.ready = append(s.ready, pair[I, O]{j.in, r})
	}
	return s.readyLocked()
}

func (s *stream[I, O]) broke(w *worker, p *PanicError) {
	j := w.job.(job[I])
	var r Result[O]
	if p != nil {
		s.panicked(p)
		r.Err = p
	} else {
		r.Err = fmt.Errorf("%w (%s)", ErrGoexit, w.n.Name())
	}
	s.n.Lock()
	consumer := s.doneLocked(j, r)
	s.n.Unlock()
	consumer.wake()
}
