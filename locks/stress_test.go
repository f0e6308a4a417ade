package locks_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/locks"
)

// The tests of this file run on plain goroutines, outside of bubbles, and cancel
// at random. What they check holds in every schedule.

var errStuck = errors.New("stuck: somebody waits for what does not come")

// A worker is one goroutine of a stress test.
type worker struct {
	*testing.T
	id     int
	rand   *rand.Rand
	ctx    context.Context                // ends only when the test is stuck
	cancel atomic.Pointer[func(...error)] // of the attempt that is under way
}

// stress runs n workers, and a goroutine that cancels what they attempt, until
// the workers have returned.
func stress(t *testing.T, n int, work func(w *worker)) {
	ctx, stop := context.WithTimeoutCause(t.Context(), 30*time.Second, errStuck)
	defer stop()
	var workers []*worker
	for id := range n {
		workers = append(workers, &worker{T: t, id: id, rand: rand.New(rand.NewPCG(1, uint64(id))), ctx: ctx})
	}
	var running, canceller sync.WaitGroup
	for _, w := range workers {
		running.Go(func() { work(w) })
	}
	var done atomic.Bool
	canceller.Go(func() {
		for !done.Load() {
			if cancel := workers[rand.IntN(n)].cancel.Load(); cancel != nil {
				(*cancel)(errStop)
			}
			runtime.Gosched()
		}
	})
	running.Wait()
	done.Store(true)
	canceller.Wait()
}

// attempt calls fn with a context that may be cancelled at any moment: one of
// package context, or that of a scope, as the worker's number says. It reports
// whether fn succeeded; else it must have returned the cause.
func (w *worker) attempt(fn func(ctx context.Context) error) bool {
	var err error
	if w.id%2 == 0 {
		ctx, stop := context.WithCancelCause(w.ctx)
		cancel := func(cause ...error) { stop(cause[0]) }
		w.cancel.Store(&cancel)
		err = fn(ctx)
		stop(nil)
	} else {
		inflight.Run(w.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			cancel := g.Cancel
			w.cancel.Store(&cancel)
			err = fn(ctx)
			return nil
		})
	}
	w.cancel.Store(nil)
	if err != nil && err != errStop {
		w.Errorf("worker %d: %v", w.id, err)
		runtime.Goexit()
	}
	return err == nil
}

// pause lets others run, now and then.
func (w *worker) pause() {
	if w.rand.IntN(4) == 0 {
		runtime.Gosched()
	}
}

// One owner at a time, and none in the end.
func TestStressMutex(t *testing.T) {
	const workers, rounds = 8, 2000
	var mu locks.Mutex
	inside, entered := 0, 0 // guarded by mu
	var succeeded atomic.Int64
	stress(t, workers, func(w *worker) {
		for range rounds {
			if w.rand.IntN(8) == 0 {
				if !mu.TryLock() {
					continue
				}
			} else if !w.attempt(mu.Lock) {
				continue
			}
			succeeded.Add(1)
			inside++
			entered++
			same(w, "inside", inside, 1)
			w.pause()
			inside--
			mu.Unlock()
		}
	})
	same(t, "times entered", int64(entered), succeeded.Load())
	idle(t, &mu)
}

// untilWaiting returns when the lock says that n wait.
func untilWaiting(lock fmt.Stringer, n int) {
	for !strings.Contains(lock.String(), fmt.Sprintf("waiters:%d]", n)) {
		runtime.Gosched()
	}
}

// Those who are known to stand in the queue get the lock in the order in which
// they came, whoever tries to barge meanwhile, except for those who gave up.
func TestStressMutexOrder(t *testing.T) {
	const rounds, length = 100, 10
	for range rounds {
		var mu locks.Mutex
		mu.TryLock()
		var order []int // guarded by mu
		var wg sync.WaitGroup
		var cancels []context.CancelCauseFunc
		for i := range length {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancels = append(cancels, cancel)
			wg.Go(func() {
				if mu.Lock(ctx) == nil {
					order = append(order, i)
					mu.Unlock()
				}
			})
			untilWaiting(&mu, i+1)
		}
		for range 2 { // stand behind all the others
			wg.Go(func() {
				mu.Lock(t.Context())
				order = append(order, length)
				mu.Unlock()
			})
		}
		wg.Go(func() {
			for range 20 {
				if mu.TryLock() { // only when all have been served
					order = append(order, length)
					mu.Unlock()
				}
				runtime.Gosched()
			}
		})
		wg.Go(func() { cancels[rand.IntN(length)](errStop) })
		mu.Unlock()
		wg.Wait()
		cancels[0](nil)
		for i := 1; i < len(order); i++ {
			if order[i] < order[i-1] {
				t.Fatalf("order %v", order)
			}
		}
		if len(order) < length-1+2 {
			t.Fatalf("only %v got the lock", order)
		}
		idle(t, &mu)
	}
}

// Never more than the capacity in use, the capacity reached, and all permits back
// in the end.
func TestStressSemaphore(t *testing.T) {
	const workers, rounds, capacity = 8, 2000, 4
	s := locks.NewSemaphore(capacity)
	var used, peak atomic.Int64
	stress(t, workers, func(w *worker) {
		for range rounds {
			n := 1 + w.rand.Int64N(3)
			if w.rand.IntN(8) == 0 {
				if !s.TryAcquire(n) {
					continue
				}
			} else if !w.attempt(func(ctx context.Context) error { return s.Acquire(ctx, n) }) {
				continue
			}
			now := used.Add(n)
			for p := peak.Load(); now > p && !peak.CompareAndSwap(p, now); p = peak.Load() {
			}
			w.pause()
			used.Add(-n)
			s.Release(n)
		}
	})
	same(t, "peak", peak.Load(), capacity)
	same(t, "all can be had at once", s.TryAcquire(capacity), true)
	s.Release(capacity)
	idle(t, s)
}

// A store for two items with a condition for each side. A lost notification would
// leave somebody waiting for ever.
type store struct {
	mu              locks.Mutex
	items           []int
	notFull, notNil *locks.Cond
}

func (s *store) put(ctx context.Context, v int) error {
	return s.mu.Do(ctx, func(ctx context.Context) error {
		if err := s.notFull.WaitFor(ctx, func() bool { return len(s.items) < 2 }); err != nil {
			return err
		}
		s.items = append(s.items, v)
		return s.notNil.Notify(1)
	})
}

func (s *store) take(ctx context.Context) (v int, err error) {
	err = s.mu.Do(ctx, func(ctx context.Context) error {
		if err := s.notNil.WaitFor(ctx, func() bool { return len(s.items) > 0 }); err != nil {
			return err
		}
		v, s.items = s.items[0], s.items[1:]
		return s.notFull.Notify(1)
	})
	return v, err
}

// Every item comes out once, although producers and consumers are cancelled at
// any moment and each notification wakes only one.
func TestStressCond(t *testing.T) {
	const pairs, rounds = 4, 1000
	s := new(store)
	s.notFull, s.notNil = locks.NewCond(&s.mu), locks.NewCond(&s.mu)
	var taken [pairs * rounds]atomic.Int32
	stress(t, 2*pairs, func(w *worker) {
		if w.id < pairs { // both sides have both kinds of context
			for i := range rounds {
				for !w.attempt(func(ctx context.Context) error { return s.put(ctx, w.id*rounds+i) }) {
				}
			}
			return
		}
		for range rounds {
			var v int
			for !w.attempt(func(ctx context.Context) (err error) { v, err = s.take(ctx); return err }) {
			}
			taken[v].Add(1)
		}
	})
	for v := range taken {
		if n := taken[v].Load(); n != 1 {
			t.Fatalf("item %d came out %d times", v, n)
		}
	}
	idle(t, s.notFull)
	idle(t, s.notNil)
	idle(t, &s.mu)
}

// n notifications let exactly n of those who wait return nil, as long as there
// are enough who are not cancelled.
func TestStressCondCount(t *testing.T) {
	const rounds, waiters, notified = 200, 8, 3
	for range rounds {
		var mu locks.Mutex
		cond := locks.NewCond(&mu)
		var woken, gone atomic.Int32
		var wg sync.WaitGroup
		var cancels []context.CancelCauseFunc
		for range waiters {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancels = append(cancels, cancel)
			wg.Go(func() {
				mu.Lock(t.Context())
				defer mu.Unlock()
				if cond.Wait(ctx) == nil {
					woken.Add(1)
				} else {
					gone.Add(1)
				}
			})
		}
		untilWaiting(cond, waiters)
		var cancelled sync.WaitGroup
		for i := range 2 {
			cancelled.Go(func() { cancels[i](errStop) })
		}
		mu.Lock(t.Context())
		cond.Notify(notified)
		mu.Unlock()
		cancelled.Wait()
		// A cancellation may come after its waiter was notified and has gone.
		for {
			left := waiters - woken.Load() - gone.Load()
			if woken.Load() >= notified && strings.Contains(cond.String(), fmt.Sprintf("waiters:%d]", left)) {
				break
			}
			runtime.Gosched()
		}
		same(t, "woken", woken.Load(), notified)
		if n := gone.Load(); n > 2 {
			t.Errorf("%d gave up, 2 were cancelled", n)
		}
		for _, cancel := range cancels {
			cancel(errStop)
		}
		wg.Wait()
		idle(t, cond)
		idle(t, &mu)
	}
}

// A notification that is made as soon as Wait has given the lock up is not missed:
// the one who makes it spins for the lock.
func TestStressCondAtOnce(t *testing.T) {
	const rounds = 3000
	ctx, stop := context.WithTimeoutCause(t.Context(), 30*time.Second, errStuck)
	defer stop()
	var mu locks.Mutex
	cond := locks.NewCond(&mu)
	waiting := false // guarded by mu
	var wg sync.WaitGroup
	wg.Go(func() {
		for range rounds {
			mu.Lock(t.Context())
			waiting = true
			err := cond.Wait(ctx)
			mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for left, spins := rounds, 0; left > 0 && ctx.Err() == nil; spins++ {
		if spins%64 == 0 {
			runtime.Gosched() // there may be one processor
		}
		if !mu.TryLock() {
			continue
		}
		if waiting {
			waiting = false
			cond.Notify(1)
			left--
		}
		mu.Unlock()
	}
	wg.Wait()
	idle(t, cond)
	idle(t, &mu)
}

// A Set that is undone at once lets everybody go who waited, and nobody else.
func TestStressEvent(t *testing.T) {
	const rounds, waiters = 300, 8
	var e locks.Event
	for range rounds {
		var wg sync.WaitGroup
		var released atomic.Int32
		ctx, cancel := context.WithCancelCause(t.Context())
		for i := range waiters {
			ctx := ctx
			if i > 0 {
				ctx = t.Context()
			}
			wg.Go(func() {
				switch err := e.Wait(ctx); {
				case err == nil:
					released.Add(1)
				case i > 0 || err != errStop:
					t.Errorf("waiter %d: %v", i, err)
				}
			})
		}
		untilWaiting(&e, waiters)
		done := e.Done()
		wg.Go(func() { cancel(errStop) })
		e.Set()
		e.Clear()
		wg.Wait()
		<-done
		if n := released.Load(); n < waiters-1 {
			t.Fatalf("%d of %d were let go", n, waiters)
		}
		same(t, "set", e.IsSet(), false)
		idle(t, &e)
	}
}

// With waiters that are cancelled and come again, each cohort is complete, and
// each index is given once in each.
func TestStressBarrier(t *testing.T) {
	const parties, rounds = 5, 500
	bar := locks.NewBarrier(parties)
	var arrived [rounds]atomic.Int32
	var given [rounds][parties]atomic.Int32
	stress(t, parties, func(w *worker) {
		for round := range rounds {
			arrived[round].Add(1)
			var index int
			for !w.attempt(func(ctx context.Context) (err error) { index, err = bar.Wait(ctx); return err }) {
			}
			same(w, "parties that have come to the round", arrived[round].Load(), parties)
			given[round][index].Add(1)
		}
	})
	for round := range given {
		for index := range parties {
			if n := given[round][index].Load(); n != 1 {
				t.Fatalf("round %d: index %d was given %d times", round, index, n)
			}
		}
	}
	idle(t, bar)
}
