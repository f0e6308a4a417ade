package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// The floors: programs of the least work that does what ours does. They keep what
// makes it dear, the locks, the list of children and the sizes, and leave out what
// it is for: errors, cancellation from above, panics, introspection, simulation. They
// are nobody's rivals; they say what could be reached at best.
const leastName = "floor: the least that could do it"

// A leastScope starts children as a group does: those that are not yet started stand
// in the list of children, and one goroutine at a time is on its way to them.
type leastScope struct {
	mu      sync.Mutex
	newest  *leastTask
	oldest  *leastTask // not yet started
	live    int
	seeking bool
	work    func()
	joined  sync.WaitGroup
	_       [192]byte // as long as a group
}

// A leastTask is a handle. It is settled by one compare-and-swap, and awaited by one.
type leastTask struct {
	newer, older *leastTask
	fn           func(context.Context) (int, error)
	value        int
	err          error
	waiter       atomic.Pointer[leastWaiter]
	ended        atomic.Uint32
	_            [48]byte // as long as a task
}

// A leastWaiter is kept by who waits, and used again.
type leastWaiter struct {
	phase atomic.Uint32 // 1 while parked, 2 when granted
	wake  chan struct{}
	v     int
	next  *leastWaiter
}

var leastDone leastWaiter

func newLeastScope() *leastScope {
	s := new(leastScope)
	s.work = s.worker
	return s
}

func (s *leastScope) start(fn func(context.Context) (int, error)) *leastTask {
	t := &leastTask{fn: fn}
	s.mu.Lock()
	if t.older = s.newest; t.older != nil {
		t.older.newer = t
	}
	s.newest = t
	s.live++
	if s.oldest == nil {
		s.oldest = t
	}
	seek := !s.seeking
	s.seeking = true
	s.mu.Unlock()
	if seek {
		go s.work()
	}
	return t
}

func (s *leastScope) worker() {
	s.mu.Lock()
	t := s.take()
	s.seeking = s.oldest != nil
	more := s.seeking
	s.mu.Unlock()
	if more {
		go s.work()
	}
	for t != nil {
		t.run()
		t = s.next(t)
	}
}

func (s *leastScope) take() *leastTask {
	t := s.oldest
	if t != nil {
		s.oldest = t.newer
	}
	return t
}

func (t *leastTask) run() {
	t.value, t.err = t.fn(context.Background())
	if w := t.waiter.Swap(&leastDone); w != nil {
		w.grant()
	}
	t.ended.Or(1)
}

// next takes t off and takes the next one.
func (s *leastScope) next(t *leastTask) *leastTask {
	s.mu.Lock()
	next := s.take()
	if t.newer == nil {
		s.newest = t.older
	} else {
		t.newer.older = t.older
	}
	if t.older != nil {
		t.older.newer = t.newer
	}
	s.live--
	last := s.live == 0
	s.mu.Unlock()
	if last {
		s.joined.Done()
	}
	return next
}

// run has body start children, and joins them.
func leastRun(body func(s *leastScope)) {
	s := newLeastScope()
	s.live = 1
	s.joined.Add(1)
	body(s)
	s.mu.Lock()
	s.live--
	last := s.live == 0
	s.mu.Unlock()
	if !last {
		s.joined.Wait()
	}
}

func (w *leastWaiter) grant() {
	w.phase.Store(2)
	w.wake <- struct{}{}
}

func (w *leastWaiter) wait() {
	<-w.wake
	w.phase.Store(0)
}

func (t *leastTask) await(w *leastWaiter) (int, error) {
	w.phase.CompareAndSwap(0, 1)
	if t.waiter.CompareAndSwap(nil, w) {
		w.wait()
	} else {
		w.phase.Store(0)
	}
	return t.value, t.err
}

func leastAwait(n int) (total int64) {
	w := &leastWaiter{wake: make(chan struct{}, 1)}
	leastRun(func(s *leastScope) {
		for i := range n {
			v, err := s.start(returns(i)).await(w)
			must(err)
			total += int64(v)
		}
	})
	return total
}

func leastSpawn(n int) int64 {
	out := make([]int, n)
	leastRun(func(s *leastScope) {
		for i := range n {
			s.start(func(context.Context) (int, error) { out[i] = i; return 0, nil })
		}
	})
	return sum(out)
}

// leastSleep has a handle for each sleeper, and a channel by which it alone can be
// cancelled.
func leastSleep(ctx context.Context, n int, before func(i int) time.Duration, after func(i int)) {
	leastRun(func(s *leastScope) {
		for i := range n {
			s.start(func(context.Context) (int, error) {
				w := &leastWaiter{wake: make(chan struct{}, 1)}
				t := time.NewTimer(before(i))
				select {
				case <-t.C:
				case <-w.wake:
				}
				after(i)
				return 0, nil
			})
		}
	})
}

// A leastSlot is a queue of capacity 1 that hands over to who waits.
type leastSlot struct {
	mu             sync.Mutex
	full           bool
	v              int
	putter, getter *leastWaiter // one to one: there is never a second
}

func (q *leastSlot) put(w *leastWaiter, v int) {
	q.mu.Lock()
	switch g := q.getter; {
	case g != nil:
		q.getter, g.v = nil, v
		q.mu.Unlock()
		g.grant()
	case !q.full:
		q.full, q.v = true, v
		q.mu.Unlock()
	default:
		w.v, q.putter = v, w
		q.mu.Unlock()
		w.wait()
	}
}

func (q *leastSlot) get(w *leastWaiter) int {
	q.mu.Lock()
	if !q.full {
		q.getter = w
		q.mu.Unlock()
		w.wait()
		return w.v
	}
	v, p := q.v, q.putter
	if q.full = p != nil; p != nil {
		q.v, q.putter = p.v, nil
	}
	q.mu.Unlock()
	if p != nil {
		p.grant()
	}
	return v
}

func leastPipe(n int) (total int64) {
	q := new(leastSlot)
	var both sync.WaitGroup
	both.Go(func() {
		w := &leastWaiter{wake: make(chan struct{}, 1)}
		for i := range n {
			q.put(w, i)
		}
	})
	both.Go(func() {
		w := &leastWaiter{wake: make(chan struct{}, 1)}
		for range n {
			total += int64(q.get(w))
		}
	})
	both.Wait()
	return total
}
