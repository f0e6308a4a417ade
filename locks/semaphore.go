package locks

import (
	"context"
	"fmt"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/permit"
)

// A Semaphore hands out a fixed number of permits, one or more at a time. Make
// one with NewSemaphore.
//
// Those who wait are served in the order in which they came: while the first in
// line waits for many permits, nobody behind it gets one, even if enough for them
// are free; else a stream of small ones could keep a large one waiting for ever.
// When the first gives up, those behind it are served at once.
//
// For a limit that changes while it is in use, take inflight.Limiter.
type Semaphore struct{ pool permit.Pool }

// NewSemaphore returns a semaphore of n permits, all free. There may be 0: then
// only an Acquire of 0 succeeds. It panics for a negative n.
func NewSemaphore(n int64) *Semaphore {
	if n < 0 {
		panic(fmt.Sprintf("inflight/locks: NewSemaphore(%d): negative number of permits", n))
	}
	s := new(Semaphore)
	s.pool.Init(n)
	return s
}

// Acquire waits for n permits and takes them, all or none. If ctx ends first, or
// had ended before, it returns the cause. For more than the semaphore has it
// returns ErrTooMany at once. Acquiring 0 takes nothing, and waits its turn. It
// panics for a negative n.
//
// What Acquire took must be given back by Release; a Release happens before the
// return of the Acquire that it lets through.
func (s *Semaphore) Acquire(ctx context.Context, n int64) error {
	if c := s.pool.Size(); uint64(n) > uint64(c) { // or negative
		return tooMany(n, c)
	}
	return s.pool.Acquire(ctx, n, park.OpSemaphore)
}

// TryAcquire takes n permits if they are free and nobody waits, and reports
// whether it did. It panics for a negative n.
func (s *Semaphore) TryAcquire(n int64) bool {
	check("TryAcquire", n)
	park.Point(context.Background(), park.OpSemaphore, &s.pool.Obj)
	return s.pool.TryAcquire(n)
}

// Release gives n permits back, to those who wait first. It panics, and gives
// nothing back, for a negative n and for more than are in use.
func (s *Semaphore) Release(n int64) {
	check("Release", n)
	park.Point(context.Background(), park.OpRelease, &s.pool.Obj)
	if !s.pool.Release(n) {
		overReleased(n)
	}
	park.Point(context.Background(), park.OpRelease, &s.pool.Obj)
}

func check(method string, n int64) {
	if n < 0 {
		negative(method, n)
	}
}

// What makes a message stays out of line: its frame would be that of every call.

//go:noinline
func negative(method string, n int64) {
	panic(fmt.Sprintf("inflight/locks: Semaphore.%s(%d): negative number of permits", method, n))
}

//go:noinline
func overReleased(n int64) {
	panic(fmt.Sprintf("inflight/locks: Semaphore.Release(%d): more than are in use", n))
}

//go:noinline
func tooMany(n, c int64) error {
	check("Acquire", n)
	return fmt.Errorf("%w: %d of %d", ErrTooMany, n, c)
}

// Do calls fn with n permits, and gives them back however fn ends, be it by a
// panic or by runtime.Goexit. It returns what fn returned, or the error of
// Acquire; then fn is not called.
func (s *Semaphore) Do(ctx context.Context, n int64, fn func(context.Context) error) error {
	if fn == nil {
		panic("inflight/locks: Semaphore.Do called with a nil function")
	}
	if err := s.Acquire(ctx, n); err != nil {
		return err
	}
	defer s.Release(n)
	return fn(ctx)
}

// SemaphoreStats says how a semaphore is used at one moment.
type SemaphoreStats struct {
	InUse    int64 // permits
	Capacity int64 // permits, free or not
	Waiting  int   // calls of Acquire
}

// Stats returns how the semaphore is used at this moment.
func (s *Semaphore) Stats() SemaphoreStats {
	used, waiting := s.pool.Stats()
	return SemaphoreStats{InUse: used, Capacity: s.pool.Size(), Waiting: waiting}
}

// String names the permits in use, the capacity and how many wait: "semaphore
// [3/10, waiters:2]".
func (s *Semaphore) String() string {
	x := s.Stats()
	return describe("semaphore", fmt.Sprintf("%d/%d", x.InUse, x.Capacity), x.Waiting)
}
