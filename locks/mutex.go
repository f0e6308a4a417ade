package locks

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/permit"
)

// A Mutex is a lock that may be held across waits. The zero Mutex is unlocked.
//
// Unlock hands it straight to the one who has waited longest: with somebody
// waiting it is never free, and nobody who comes later gets in between. It
// belongs to no goroutine: one may lock it and another unlock it.
type Mutex struct {
	pool permit.Pool // of one permit
}

// Lock waits until the mutex is free, and locks it. If ctx ends first, or had
// ended before, it returns the cause and the mutex is not the caller's. Each Lock
// that returns nil needs an Unlock; the Unlock happens before the return of the
// Lock that follows.
func (m *Mutex) Lock(ctx context.Context) error {
	if err := m.pool.Acquire(ctx, 1, park.OpLock); err != nil {
		return err
	}
	if n := park.Of(ctx); n != nil {
		m.pool.Owner.Store(n)
	}
	return nil
}

// held reports whether anybody holds the mutex.
func (m *Mutex) held() bool {
	used, _ := m.pool.InUse()
	return used > 0
}

// TryLock locks the mutex if it is free and nobody waits for it, and reports
// whether it did. It does not know which task calls it, so the mutex has no known
// owner then.
func (m *Mutex) TryLock() bool {
	park.Point(context.Background(), park.OpLock, &m.pool.Obj)
	return m.pool.TryAcquire(1)
}

// Unlock hands the mutex to the one who has waited longest, or makes it free if
// nobody waits. It panics if the mutex is not locked.
func (m *Mutex) Unlock() {
	park.Point(context.Background(), park.OpUnlock, &m.pool.Obj)
	if !m.release() {
		panic("inflight/locks: Unlock of an unlocked Mutex")
	}
	park.Point(context.Background(), park.OpUnlock, &m.pool.Obj)
}

// release is Unlock without the hooks, for a caller who holds a mutex of its own.
func (m *Mutex) release() bool {
	if m.pool.Owner.Load() != nil { // a load is cheaper than a store
		m.pool.Owner.Store(nil)
	}
	return m.pool.Release(1)
}

// Do calls fn with the mutex locked, and unlocks it however fn ends, be it by a
// panic or by runtime.Goexit. It returns what fn returned, or the cause of ctx if
// that ended before the mutex was locked; then fn is not called.
func (m *Mutex) Do(ctx context.Context, fn func(context.Context) error) error {
	if fn == nil {
		panic("inflight/locks: Mutex.Do called with a nil function")
	}
	if err := m.Lock(ctx); err != nil {
		return err
	}
	defer m.Unlock()
	return fn(ctx)
}

// MutexStats says how a mutex is used at one moment.
type MutexStats struct {
	Locked  bool
	Waiting int    // for Lock, and to lock it again in Cond.Wait
	Owner   string // the name of the task that holds it, "" where that is unknown
}

// Stats returns how the mutex is used at this moment. The owner is known when the
// context of its Lock belongs to a task, and the new owner has returned from Lock.
func (m *Mutex) Stats() MutexStats {
	used, waiting := m.pool.Stats()
	s := MutexStats{Locked: used > 0, Waiting: waiting}
	if owner := m.pool.Owner.Load(); s.Locked && owner != nil {
		s.Owner = owner.Name()
	}
	return s
}

// String names the state, the owner and how many wait: "mutex [locked by fetch,
// waiters:2]".
func (m *Mutex) String() string {
	s := m.Stats()
	state := "unlocked"
	if s.Locked {
		state = "locked"
	}
	if s.Owner != "" {
		state += " by " + s.Owner
	}
	return describe("mutex", state, s.Waiting)
}
