package hooktest_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// A waking row is an operation that wakes somebody who is parked.
type waking struct {
	name string
	op   park.Op
	// setup returns what somebody has to wait for, as which op, and the operation
	// that wakes them.
	setup func(e *env) (call func(context.Context) error, waits park.Op, wake func())
	// late: there is no Point at the entry, only one after.
	late bool
}

// Each operation that wakes somebody has a Point at its entry and another after
// the wake-up, so that a scheduler can let the other one run before and after.
func TestWakingOperationsHaveTwoPoints(t *testing.T) {
	for _, row := range wakingRows {
		t.Run(row.name, func(t *testing.T) {
			simulate(t, func(e *env) {
				call, waits, wake := row.setup(e)
				e.g.Go(func(ctx context.Context) error { call(ctx); return nil })
				synctest.Wait()
				w := e.waiting(waits)
				if w == nil {
					t.Fatalf("there was no Park of %q", waits)
				}
				e.hold(w.w)
				e.events()
				wake()
				log := e.events()
				e.hold(nil)
				e.wake(w.w)
				synctest.Wait()

				unpark := slices.IndexFunc(log, func(e event) bool { return e.hook == "unpark" && e.w == w.w })
				if unpark < 0 {
					t.Fatal("nobody has called Unpark")
				}
				if got := points(log[:unpark], row.op); got == row.late {
					t.Errorf("a Point of %q before the Unpark: %t", row.op, got)
				}
				if !points(log[unpark:], row.op) {
					t.Errorf("there is no Point of %q after the Unpark", row.op)
				}
			})
		})
	}
}

// A cancellation is no wake-up: the hooks look at the context. It has a Point
// after it.
func TestCancelHasAPoint(t *testing.T) {
	simulate(t, func(e *env) {
		fn, _ := patient()
		task := e.g.Go(fn)
		synctest.Wait()
		e.events()
		task.Cancel(errStop)
		if !points(e.events(), park.OpCancel) {
			t.Error("Task.Cancel has none")
		}
		synctest.Wait()
		e.events()
		e.g.Cancel()
		if !points(e.events(), park.OpCancel) {
			t.Error("TaskGroup.Cancel has none")
		}
	})
}

// A task has a Point before its function is called and one when it has returned,
// and so has an item of Map; Go has one before it starts the task.
func TestTasksHavePoints(t *testing.T) {
	simulate(t, func(e *env) {
		e.g.Go(func(context.Context) error {
			log := e.events()
			if !points(log, park.OpGo) || !points(log, park.OpStart) || points(log, park.OpEnd) {
				t.Errorf("up to the function there was %v", log)
			}
			return nil
		})
		synctest.Wait()
		if !points(e.events(), park.OpEnd) {
			t.Error("there is none when the function has returned")
		}
		inflight.Map(e.ctx, []int{1}, 1, func(context.Context, int) (int, error) {
			if !points(e.events(), park.OpStart) {
				t.Error("there is none before the function of Map")
			}
			return 0, nil
		})
	})
}

var wakingRows = slices.Concat([]waking{
	{name: "Promise.Resolve", op: park.OpResolve, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		p := inflight.NewPromise[int](e.ctx)
		return func(ctx context.Context) error { _, err := p.Await(ctx); return err }, park.OpAwait, func() { p.Resolve(1) }
	}},
	{name: "Promise.Reject", op: park.OpResolve, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		p := inflight.NewPromise[int](e.ctx)
		return func(ctx context.Context) error { _, err := p.Await(ctx); return err }, park.OpAwait, func() { p.Reject(errors.New("no")) }
	}},
	{name: "Limiter.Release", op: park.OpRelease, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		l := inflight.NewLimiter(1)
		l.TryAcquire()
		return l.Acquire, park.OpLimiter, l.Release
	}},
	{name: "Limiter.SetLimit", op: park.OpRelease, late: true, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		l := inflight.NewLimiter(0)
		return l.Acquire, park.OpLimiter, func() { l.SetLimit(1) }
	}},
	{name: "Mutex.Unlock", op: park.OpUnlock, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		mu := lockedMutex()
		return mu.Lock, park.OpLock, mu.Unlock
	}},
	{name: "Event.Set", op: park.OpSet, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		var ev locks.Event
		return ev.Wait, park.OpEvent, ev.Set
	}},
	{name: "Semaphore.Release", op: park.OpRelease, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		s := locks.NewSemaphore(1)
		s.TryAcquire(1)
		return func(ctx context.Context) error { return s.Acquire(ctx, 1) }, park.OpSemaphore, func() { s.Release(1) }
	}},
	barrierRow("Barrier.Wait", func(b *locks.Barrier, e *env) { b.Wait(e.ctx) }),
	barrierRow("Barrier.Reset", func(b *locks.Barrier, _ *env) { b.Reset() }),
	barrierRow("Barrier.Abort", func(b *locks.Barrier, _ *env) { b.Abort() }),
},
	limitWakes,
	queueWakes("New", queue.New[int]),
	queueWakes("NewStack", queue.NewStack[int]),
	queueWakes("NewPriority", func(capacity int) *queue.Queue[int] { return queue.NewPriority(capacity, cmp.Compare[int]) }),
)

func barrierRow(name string, wake func(*locks.Barrier, *env)) waking {
	return waking{name: name, op: park.OpBarrier, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		b := locks.NewBarrier(2)
		return func(ctx context.Context) error { _, err := b.Wait(ctx); return err }, park.OpBarrier, func() { wake(b, e) }
	}}
}

// queueWakes are the operations of a queue that wake somebody, for a small one
// and for one of the kind that has two ends.
func queueWakes(kind string, make func(capacity int) *queue.Queue[int]) (rows []waking) {
	for _, capacity := range []int{0, 1, 100} {
		row := func(name string, op park.Op, full bool, waiter func(*queue.Queue[int], context.Context) error, waits park.Op, wake func(*queue.Queue[int])) {
			rows = append(rows, waking{name: kind + ", " + name, op: op, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
				q := make(capacity)
				for full && !q.Full() {
					q.PutNow(0)
				}
				return func(ctx context.Context) error { return waiter(q, ctx) }, waits, func() { wake(q) }
			}})
		}
		get := func(q *queue.Queue[int], ctx context.Context) error { _, err := q.Get(ctx); return err }
		put := func(q *queue.Queue[int], ctx context.Context) error { return q.Put(ctx, 1) }
		ctx := context.Background()
		row("Put", park.OpPut, false, get, park.OpGet, func(q *queue.Queue[int]) { q.Put(ctx, 1) })
		row("PutNow", park.OpPut, false, get, park.OpGet, func(q *queue.Queue[int]) { q.PutNow(1) })
		row("PutAll", park.OpPut, false, get, park.OpGet, func(q *queue.Queue[int]) { q.PutAll(ctx, []int{1}) })
		row("Get", park.OpGet, true, put, park.OpPut, func(q *queue.Queue[int]) { q.Get(ctx) })
		row("GetNow", park.OpGet, true, put, park.OpPut, func(q *queue.Queue[int]) { q.GetNow() })
		row("GetUpTo", park.OpGet, true, put, park.OpPut, func(q *queue.Queue[int]) { q.GetUpTo(ctx, 1) })
		row("All", park.OpGet, true, put, park.OpPut, func(q *queue.Queue[int]) {
			for range q.All(ctx) {
				break
			}
		})
		row("Shutdown", park.OpShutdown, false, get, park.OpGet, func(q *queue.Queue[int]) { q.Shutdown() })
		row("ShutdownNow", park.OpShutdown, true, put, park.OpPut, func(q *queue.Queue[int]) { q.ShutdownNow() })
		row("Producer.Close", park.OpShutdown, false, get, park.OpGet, func(q *queue.Queue[int]) { q.Producer().Close() })
		if capacity == 0 {
			continue
		}
		row("TaskDone", park.OpTaskDone, false, func(q *queue.Queue[int], ctx context.Context) error {
			q.PutNow(1)
			q.GetNow()
			return q.Join(ctx)
		}, park.OpQueueJoin, func(q *queue.Queue[int]) { q.TaskDone() })
	}
	return rows
}

// A Notify has its Points, though who is notified is unparked by the Unlock.
func TestNotifyHasTwoPoints(t *testing.T) {
	simulate(t, func(e *env) {
		mu := lockedMutex()
		c := locks.NewCond(mu)
		e.g.Go(c.Wait)
		synctest.Wait()
		mu.TryLock()
		e.events()
		c.Notify(1)
		n := 0
		for _, e := range e.events() {
			if e.hook == "point" && e.op == park.OpNotify {
				n++
			}
		}
		if n != 2 {
			t.Errorf("there are %d Points, want 2", n)
		}
		mu.Unlock()
		synctest.Wait()
		mu.Unlock()
	})
}
