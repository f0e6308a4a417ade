package corpus

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// primitives are bugs that were in primitives. The right ones are this library's.
var primitives = []Bug{
	{"asyncio-lock", "who was woken is cancelled, and wakes nobody (bpo-27585)", lockHandedOn(newLock2016), lockHandedOn(newMutex)},
	{"anyio-lock", "who was cancelled stands in line still, and who comes queues up behind it (anyio #1145, 2026)", lockHandedOn(newLock2026), lockHandedOn(newMutex)},
	{"lock-kept", "who was given the lock is cancelled, and keeps it", lockHandedOn(newLockHandedOver), lockHandedOn(newMutex)},
	{"asyncio-semaphore", "a wake-up is on its way for ever (cpython #90155, 2022)", permitHandedOn(newSemaphore2022), permitHandedOn(newSemaphore)},
	{"permit-lost", "who was given the permit is cancelled, and does not give it back", permitHandedOn(newSemaphoreHandedOver), permitHandedOn(newSemaphore)},
	{"asyncio-queue", "the getter that was woken is cancelled, the next one sleeps on (python/asyncio #269, 2015)", oneGets(newMailbox2015), oneGets(newMailbox)},
	{"item-lost-on-cancel", "who was handed the item is cancelled", nothingLost(newMailboxHandedOver), nothingLost(newMailbox)},
	{"item-lost-on-timeout", "who was handed the item times out at that moment", nothingLate(newMailboxHandedOver), nothingLate(newMailbox)},
	{"asyncio-condition", "who was notified is cancelled, and the notification with it (cpython #112202, 2023)", oneIsNotified(newCondition2023), oneIsNotified(newCond)},
}

// A waiting is what the primitives below have in common: those who wait.
type waiting struct {
	mu   sync.Mutex
	list park.List
}

// enter locks mu, as each operation does at its beginning.
func (q *waiting) enter(ctx context.Context) {
	park.Point(ctx, park.OpNone, nil)
	q.mu.Lock()
}

// push lines somebody up, for a value. mu is locked.
func (q *waiting) push(ctx context.Context, slot *int) *park.Waiter {
	w := park.NewWaiter(ctx)
	w.Slot = slot
	q.list.Push(w)
	return w
}

// park waits for a grant. It begins without mu and ends with it; who was woken and
// cancelled may get either.
func (q *waiting) park(ctx context.Context, w *park.Waiter) error {
	defer w.Free()
	err := w.Park(ctx, park.OpNone, nil)
	q.mu.Lock()
	if !w.Granted() {
		q.list.Remove(w)
	}
	return err
}

// wait is push and park, with mu locked before and after.
func (q *waiting) wait(ctx context.Context, slot *int) error {
	w := q.push(ctx, slot)
	q.mu.Unlock()
	return q.park(ctx, w)
}

// wake wakes the first, if there is one, with a value, and unlocks mu.
func (q *waiting) wake(value int) {
	w := q.list.Front()
	if w == nil {
		q.mu.Unlock()
		return
	}
	if to := w.Slot.(*int); to != nil {
		*to = value
	}
	q.list.Grant(w)
	q.mu.Unlock()
	w.Unpark()
	park.Point(context.Background(), park.OpNone, nil)
}

type mutex interface {
	Lock(ctx context.Context) error
	Unlock()
}

func newMutex() mutex { return new(locks.Mutex) }

// lockHandedOn has three who lock, one of whom is cancelled.
func lockHandedOn(makeMutex func() mutex) Program {
	return func(ctx context.Context) error {
		l := makeMutex()
		use := func(ctx context.Context) error {
			err := l.Lock(ctx)
			if err == nil {
				l.Unlock()
			}
			return err
		}
		if err := l.Lock(ctx); err != nil {
			return err
		}
		err := hurried(ctx, use, use, func(context.Context) error {
			l.Unlock()
			return nil
		})
		if err != nil {
			return err
		}
		return use(ctx)
	}
}

// A lock2016 wakes the next one, who then takes it.
type lock2016 struct {
	waiting
	locked bool
}

func newLock2016() mutex { return new(lock2016) }

func (l *lock2016) Lock(ctx context.Context) error {
	l.enter(ctx)
	defer l.mu.Unlock()
	for l.locked {
		if err := l.wait(ctx, nil); err != nil {
			return err // and nobody else is woken
		}
	}
	l.locked = true
	return nil
}

func (l *lock2016) Unlock() {
	l.enter(context.Background())
	l.locked = false
	l.wake(0)
}

// A lockHandedOver is never free while somebody waits.
type lockHandedOver struct {
	waiting
	locked bool
}

func newLockHandedOver() mutex { return new(lockHandedOver) }

func (l *lockHandedOver) Lock(ctx context.Context) error {
	l.enter(ctx)
	defer l.mu.Unlock()
	if l.locked {
		return l.wait(ctx, nil) // with an error it may be the caller's all the same
	}
	l.locked = true
	return nil
}

func (l *lockHandedOver) Unlock() {
	l.enter(context.Background())
	l.locked = !l.list.Empty()
	l.wake(0)
}

// A lock2026 is free only if nobody is in its line.
type lock2026 struct {
	waiting
	locked bool
}

func newLock2026() mutex { return new(lock2026) }

func (l *lock2026) Lock(ctx context.Context) error {
	l.enter(ctx)
	defer l.mu.Unlock()
	if !l.locked && l.list.Empty() {
		l.locked = true
		return nil
	}
	w := l.push(ctx, nil)
	defer w.Free()
	w.Slot = ctx
	l.mu.Unlock()
	err := w.Park(ctx, park.OpNone, nil)
	l.mu.Lock()
	if w.Granted() {
		return nil
	}
	l.list.Remove(w) // and who stands behind it stays there
	return err
}

func (l *lock2026) Unlock() {
	l.enter(context.Background())
	w := l.list.Front()
	if w == nil || w.Slot.(context.Context).Err() != nil {
		l.locked = false
		l.mu.Unlock()
		return
	}
	l.list.Grant(w)
	l.mu.Unlock()
	w.Unpark()
	park.Point(context.Background(), park.OpNone, nil)
}

type semaphore interface {
	Acquire(ctx context.Context, n int64) error
	Release(n int64)
}

func newSemaphore() semaphore { return locks.NewSemaphore(1) }

// permitHandedOn has one permit, and one who waits for it and is cancelled.
func permitHandedOn(makeSemaphore func() semaphore) Program {
	return func(ctx context.Context) error {
		s := makeSemaphore()
		use := func(ctx context.Context) error {
			err := s.Acquire(ctx, 1)
			if err == nil {
				s.Release(1)
			}
			return err
		}
		if err := s.Acquire(ctx, 1); err != nil {
			return err
		}
		err := hurried(ctx, use, func(context.Context) error {
			s.Release(1)
			return nil
		})
		if err != nil {
			return err
		}
		return use(ctx)
	}
}

// A semaphore2022 lets nobody in while one who was woken is on the way.
type semaphore2022 struct {
	waiting
	used, onTheWay bool
}

func newSemaphore2022() semaphore { return new(semaphore2022) }

func (s *semaphore2022) Acquire(ctx context.Context, _ int64) error {
	s.enter(ctx)
	for s.used || s.onTheWay {
		if err := s.wait(ctx, nil); err != nil {
			s.wake(0) // if there is nobody, onTheWay stays
			return err
		}
		s.onTheWay = false
	}
	s.used = true
	s.mu.Unlock()
	return nil
}

func (s *semaphore2022) Release(int64) {
	s.enter(context.Background())
	s.used = false
	s.onTheWay = !s.list.Empty()
	s.wake(0)
}

// A semaphoreHandedOver gives its permit to who waits.
type semaphoreHandedOver struct{ l lockHandedOver }

func newSemaphoreHandedOver() semaphore { return new(semaphoreHandedOver) }

func (s *semaphoreHandedOver) Acquire(ctx context.Context, _ int64) error { return s.l.Lock(ctx) }
func (s *semaphoreHandedOver) Release(int64)                              { s.l.Unlock() }

type mailbox interface {
	Put(ctx context.Context, v int) error
	Get(ctx context.Context) (int, error)
	GetNow() (int, error)
}

func newMailbox() mailbox { return queue.New[int](queue.Unbounded) }

// oneGets has an item for one of two, of whom the first is cancelled, or puts it
// back.
func oneGets(makeMailbox func() mailbox) Program {
	return func(ctx context.Context) error {
		m := makeMailbox()
		return hurried(ctx, func(ctx context.Context) error {
			item, err := m.Get(ctx)
			if err != nil {
				return err
			}
			return m.Put(context.WithoutCancel(ctx), item)
		}, func(ctx context.Context) error {
			_, err := m.Get(ctx)
			return err
		}, func(ctx context.Context) error { return m.Put(ctx, 1) })
	}
}

// nothingLost has an item for one who is cancelled.
func nothingLost(makeMailbox func() mailbox) Program {
	return func(ctx context.Context) error {
		m := makeMailbox()
		got := 0
		err := hurried(ctx, func(ctx context.Context) error {
			_, err := m.Get(ctx)
			if err == nil {
				got++
			}
			return err
		}, func(ctx context.Context) error { return m.Put(ctx, 1) })
		return cmp.Or(err, accountFor(got, m))
	}
}

// nothingLate has an item that comes when the patience of its getter ends.
func nothingLate(makeMailbox func() mailbox) Program {
	return func(ctx context.Context) error {
		m := makeMailbox()
		got := 0
		err := together(ctx, func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			if _, err := m.Get(ctx); err == nil {
				got++
			}
			return nil
		}, func(ctx context.Context) error {
			if err := inflight.Sleep(ctx, time.Millisecond); err != nil {
				return err
			}
			return m.Put(ctx, 1)
		})
		return cmp.Or(err, accountFor(got, m))
	}
}

// accountFor looks for the one item that there was.
func accountFor(got int, m mailbox) error {
	if _, err := m.GetNow(); err == nil {
		got++
	}
	if got != 1 {
		return fmt.Errorf("the item is there %d times", got)
	}
	return nil
}

// A mailbox2015 wakes a getter, who then looks for itself.
type mailbox2015 struct {
	waiting
	items []int
}

func newMailbox2015() mailbox { return new(mailbox2015) }

func (m *mailbox2015) Put(ctx context.Context, v int) error {
	m.enter(ctx)
	m.items = append(m.items, v)
	m.wake(0)
	return nil
}

func (m *mailbox2015) Get(ctx context.Context) (int, error) {
	m.enter(ctx)
	defer m.mu.Unlock()
	for len(m.items) == 0 {
		if err := m.wait(ctx, nil); err != nil {
			return 0, err // and nobody else is woken
		}
	}
	return m.take(), nil
}

func (m *mailbox2015) GetNow() (int, error) {
	m.enter(context.Background())
	defer m.mu.Unlock()
	if len(m.items) == 0 {
		return 0, queue.ErrEmpty
	}
	return m.take(), nil
}

func (m *mailbox2015) take() int {
	v := m.items[0]
	m.items = m.items[1:]
	return v
}

// A mailboxHandedOver gives an item to who waits.
type mailboxHandedOver struct{ mailbox2015 }

func newMailboxHandedOver() mailbox { return new(mailboxHandedOver) }

func (m *mailboxHandedOver) Put(ctx context.Context, v int) error {
	m.enter(ctx)
	if m.list.Empty() {
		m.items = append(m.items, v)
	}
	m.wake(v)
	return nil
}

func (m *mailboxHandedOver) Get(ctx context.Context) (v int, err error) {
	m.enter(ctx)
	defer m.mu.Unlock()
	if len(m.items) > 0 {
		return m.take(), nil
	}
	err = m.wait(ctx, &v)
	return v, err // with an error it is lost, if it was there
}

type condition interface {
	Wait(ctx context.Context) error
	Notify(n int) error
}

func newCond(l *locks.Mutex) condition { return locks.NewCond(l) }

// oneIsNotified has a thing for one of two, of whom the first is cancelled, or
// brings it back.
func oneIsNotified(makeCondition func(*locks.Mutex) condition) Program {
	return func(ctx context.Context) error {
		var l locks.Mutex
		c := makeCondition(&l)
		things := 0
		take := func(ctx context.Context) error {
			return l.Do(ctx, func(ctx context.Context) error {
				for things == 0 {
					if err := c.Wait(ctx); err != nil {
						return err
					}
				}
				things--
				return nil
			})
		}
		bring := func(ctx context.Context) error {
			return l.Do(ctx, func(context.Context) error {
				things++
				return c.Notify(1)
			})
		}
		return hurried(ctx, func(ctx context.Context) error {
			if err := take(ctx); err != nil {
				return err
			}
			return bring(context.WithoutCancel(ctx))
		}, take, bring)
	}
}

type condition2023 struct {
	waiting
	l *locks.Mutex
}

func newCondition2023(l *locks.Mutex) condition { return &condition2023{l: l} }

func (c *condition2023) Wait(ctx context.Context) error {
	c.enter(ctx)
	w := c.push(ctx, nil)
	c.mu.Unlock()
	c.l.Unlock()
	err := c.park(ctx, w) // with an error the notification is lost, if there was one
	c.mu.Unlock()
	return cmp.Or(c.l.Lock(context.WithoutCancel(ctx)), err)
}

func (c *condition2023) Notify(int) error {
	c.enter(context.Background())
	c.wake(0)
	return nil
}
