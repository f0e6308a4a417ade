// Package permit is the one counting engine of the library: a resizable number
// of permits, handed out in the order of asking. Mutex, Semaphore, Limiter, the
// limit of a group and the pool of Offload are made of it.
package permit

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/inflight-go/inflight/internal/park"
)

// A Pool hands out permits. The zero Pool has one; Init and Resize change that.
// It must not be copied.
//
// Nobody barges: while somebody waits, everybody who comes later waits behind
// them, also for a smaller number. Releasing gives the permits straight to those
// who wait, so that between two owners a permit is never free.
type Pool struct {
	// state is the number of permits in use, and the bit waiting, which is set
	// exactly while list is not empty; with it set, all changes happen under mu.
	state atomic.Uint64
	extra atomic.Int64 // permits beyond the first, so that the zero Pool has one
	mu    sync.Mutex
	list  park.List
	Obj   park.Object
	Owner atomic.Pointer[park.Node] // of a mutex, nil while nobody known holds it
}

const waiting = 1 << 63

// Init sets the number of permits, which is not negative, before the pool is used.
func (p *Pool) Init(size int64) { p.extra.Store(size - 1) }

// TryAcquire takes n permits if they are free and nobody waits.
func (p *Pool) TryAcquire(n int64) bool {
	for {
		s := p.state.Load()
		if s&waiting != 0 || n > p.Size()-int64(s) {
			return false
		}
		if p.state.CompareAndSwap(s, s+uint64(n)) {
			return true
		}
	}
}

// Acquire takes n permits, waiting for them if it must. It returns the cause of
// ctx when that ends first, or has ended already; then no permit was taken.
func (p *Pool) Acquire(ctx context.Context, n int64, op park.Op) error {
	park.Point(ctx, op, &p.Obj)
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	if p.TryAcquire(n) {
		return nil
	}
	return p.wait(ctx, n, op)
}

func (p *Pool) wait(ctx context.Context, n int64, op park.Op) error {
	w := park.NewWaiter(ctx)
	defer w.Free()
	w.N = n
	p.mu.Lock()
	used := p.hold()
	if p.list.Empty() && p.fits(used, n) {
		p.state.Store(uint64(used + n))
		p.mu.Unlock()
		return nil
	}
	if op == park.OpLock {
		w.HeldBy(&p.Owner)
	}
	err := p.list.Wait(ctx, &p.mu, w, op, &p.Obj)
	if err != nil { // the one behind may fit where this one did not
		p.mu.Lock()
		p.serve(p.hold())
		p.mu.Unlock()
	}
	return err
}

// Enqueue lines w, which is in no list, up for n permits: it is granted and
// unparked when it is its turn, which may be at once. There is no giving up.
func (p *Pool) Enqueue(w *park.Waiter, n int64) {
	w.N = n
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list.Push(w)
	p.serve(p.hold())
}

// hold sets waiting, so that nobody without mu changes state, and returns the
// number of permits in use. mu is held.
func (p *Pool) hold() (used int64) {
	s := p.state.Load()
	if s&waiting == 0 {
		s = p.state.Or(waiting)
	}
	return int64(s &^ waiting)
}

// fits reports whether n permits are free when so many are in use.
func (p *Pool) fits(used, n int64) bool { return n <= p.Size()-used }

// serve hands what is free to those who wait, first come first served, and writes
// down how many are in use then. mu is held, and hold was called.
func (p *Pool) serve(used int64) {
	for w := p.list.Front(); w != nil && p.fits(used, w.N); w = p.list.Front() {
		used += w.N
		p.list.Grant(w)
		w.Unpark()
	}
	s := uint64(used)
	if !p.list.Empty() {
		s |= waiting
	}
	p.state.Store(s)
}

// Release gives n permits back. It reports false, and does nothing, when fewer
// than n are in use.
func (p *Pool) Release(n int64) bool {
	for {
		s := p.state.Load()
		if s&waiting != 0 {
			return p.releaseWaiting(n)
		}
		if uint64(n) > s {
			return false
		}
		if p.state.CompareAndSwap(s, s-uint64(n)) {
			return true
		}
	}
}

func (p *Pool) releaseWaiting(n int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	used := p.hold() // those who waited may be gone by now
	ok := n <= used
	if ok {
		used -= n
	}
	p.serve(used)
	return ok
}

// Resize changes the number of permits. More are handed out at once; when there
// are fewer than are in use, those in use drain.
func (p *Pool) Resize(size int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	used := p.hold()
	p.extra.Store(size - 1)
	p.serve(used)
}

// Size returns the number of permits, free or not.
func (p *Pool) Size() int64 { return p.extra.Load() + 1 }

// InUse returns how many permits are in use, and whether somebody may be waiting for
// some. It takes no lock, and does not count those who wait.
func (p *Pool) InUse() (used int64, waited bool) {
	s := p.state.Load()
	return int64(s &^ waiting), s&waiting != 0
}

// Stats returns how many permits are in use and how many wait for some.
func (p *Pool) Stats() (used int64, waiters int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return int64(p.state.Load() &^ waiting), p.list.Len()
}
