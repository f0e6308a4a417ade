package main

import (
	"context"
	"math/bits"
	"runtime"
	"sync"
)

// A leastStream is the least of an ordered Each: a feeder that stays within a
// window, workers up to a limit, results that are put back in order, and a consumer
// that takes what is in order at once. One lock guards it all.
type leastStream struct {
	mu     sync.Mutex
	fn     func(context.Context, int) (int, error)
	window int

	todo    leastRing // pulled, and not taken
	taken   int
	pulled  int
	done    leastRing // and not yielded
	yields  int
	hired   int
	seeking bool // a worker is on its way

	feeder, consumer *leastWaiter // while they wait
	left             sync.WaitGroup
}

type leastJob struct {
	k, in, out int
	err        error
	full       bool
}

// A leastRing has jobs by their numbers.
type leastRing []leastJob

func newLeastRing(room int) leastRing { return make(leastRing, 1<<bits.Len(uint(room-1))) }

func (r leastRing) at(k int) *leastJob { return &r[k&(len(r)-1)] }

// leastEach yields in to the loop, in order. The rings are as long as the window,
// so nothing grows.
func leastEach(in []int, limit int, fn func(context.Context, int) (int, error), yield func(int, int, error)) {
	s := &leastStream{fn: fn, window: 2 * limit, todo: newLeastRing(2 * limit), done: newLeastRing(2 * limit)}
	s.left.Go(func() { s.feed(in, limit) })
	w := &leastWaiter{wake: make(chan struct{}, 1)}
	var batch []leastJob
	for at := 0; at < len(in); {
		batch = s.collect(w, at, batch[:0])
		for _, j := range batch {
			yield(j.in, j.out, j.err)
		}
		at += len(batch)
		s.yielded(at, limit)
	}
	s.left.Wait()
}

func (s *leastStream) feed(in []int, limit int) {
	w := &leastWaiter{wake: make(chan struct{}, 1)}
	for k, v := range in {
		s.mu.Lock()
		*s.todo.at(k) = leastJob{k: k, in: v}
		s.pulled++
		s.hireLocked(limit)
		full := s.pulled-s.yields >= s.window
		if full {
			s.feeder = w
		}
		s.mu.Unlock()
		if full {
			w.wait()
		}
	}
}

func (s *leastStream) hireLocked(limit int) {
	if s.seeking || s.hired == limit || s.taken == s.pulled {
		return
	}
	s.seeking = true
	s.hired++
	s.left.Go(func() { s.worker(limit) })
}

func (s *leastStream) worker(limit int) {
	fresh, patience := true, 2
	s.mu.Lock()
	for {
		if s.taken == s.pulled {
			if patience--; patience < 0 || fresh {
				break
			}
			s.mu.Unlock()
			runtime.Gosched()
			s.mu.Lock()
			continue
		}
		j := *s.todo.at(s.taken)
		s.taken++
		if fresh {
			fresh, s.seeking = false, false
		}
		s.hireLocked(limit)
		s.mu.Unlock()
		j.out, j.err = s.fn(context.Background(), j.in)
		j.full = true
		s.mu.Lock()
		*s.done.at(j.k) = j
		if w := s.consumer; w != nil && s.done.at(s.yields).full {
			s.consumer = nil
			s.mu.Unlock()
			w.grant()
			s.mu.Lock()
		}
		patience = 2
	}
	s.hired--
	s.seeking = s.seeking && !fresh
	s.mu.Unlock()
}

// collect takes what is in order from number at on, and waits for it.
func (s *leastStream) collect(w *leastWaiter, at int, batch []leastJob) []leastJob {
	for patience := 2; ; patience-- {
		s.mu.Lock()
		for j := s.done.at(at); j.full; j = s.done.at(at) {
			batch = append(batch, *j)
			j.full = false
			at++
		}
		if len(batch) > 0 {
			s.mu.Unlock()
			return batch
		}
		if patience <= 0 {
			s.consumer = w
		}
		s.mu.Unlock()
		if patience <= 0 {
			w.wait()
		} else {
			runtime.Gosched()
		}
	}
}

// yielded makes room.
func (s *leastStream) yielded(at, limit int) {
	s.mu.Lock()
	s.yields = at
	w := s.feeder
	if w != nil && s.pulled-s.yields <= s.window-limit/4 {
		s.feeder = nil
	} else {
		w = nil
	}
	s.mu.Unlock()
	if w != nil {
		w.grant()
	}
}

func leastMap(n int) (total int64) {
	leastEach(items(n), mapLimit, same, func(_, out int, err error) {
		must(err)
		total += int64(out)
	})
	return total
}
