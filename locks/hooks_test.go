package locks_test

import (
	"context"
	"slices"
	"testing"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
)

// Each operation passes the hook when it begins, and each that may wake somebody
// also when it is done, so that a scheduler can step in. What only reports does
// not.
func TestEveryOperationPassesTheHooks(t *testing.T) {
	var (
		mu   locks.Mutex
		e    locks.Event
		cond = locks.NewCond(&mu)
		s    = locks.NewSemaphore(2)
		bar  = locks.NewBarrier(1)
		ctx  = t.Context()
	)
	nothing := func(context.Context) error { return nil }
	rows := []struct {
		name string
		do   func()
		want []park.Op
	}{
		{"Mutex.Lock", func() { mu.Lock(ctx) }, []park.Op{park.OpLock}},
		{"Cond.Notify", func() { cond.Notify(1) }, []park.Op{park.OpNotify, park.OpNotify}},
		{"Cond.NotifyAll", func() { cond.NotifyAll() }, []park.Op{park.OpNotify, park.OpNotify}},
		{"Cond.Wait", func() { cond.Wait(ended(t)) }, []park.Op{park.OpCond}},
		{"Mutex.Unlock", mu.Unlock, []park.Op{park.OpUnlock, park.OpUnlock}},
		{"Mutex.TryLock", func() { mu.TryLock() }, []park.Op{park.OpLock}},
		{"Mutex.Unlock", mu.Unlock, []park.Op{park.OpUnlock, park.OpUnlock}},
		{"Mutex.Do", func() { mu.Do(ctx, nothing) }, []park.Op{park.OpLock, park.OpUnlock, park.OpUnlock}},
		{"Event.IsSet", func() { e.IsSet() }, []park.Op{park.OpEvent}},
		{"Event.Set", e.Set, []park.Op{park.OpSet, park.OpSet}},
		{"Event.Wait", func() { e.Wait(ctx) }, []park.Op{park.OpEvent}},
		{"Event.Clear", e.Clear, []park.Op{park.OpSet}},
		{"Semaphore.Acquire", func() { s.Acquire(ctx, 1) }, []park.Op{park.OpSemaphore}},
		{"Semaphore.TryAcquire", func() { s.TryAcquire(1) }, []park.Op{park.OpSemaphore}},
		{"Semaphore.Release", func() { s.Release(2) }, []park.Op{park.OpRelease, park.OpRelease}},
		{"Semaphore.Do", func() { s.Do(ctx, 1, nothing) }, []park.Op{park.OpSemaphore, park.OpRelease, park.OpRelease}},
		{"Barrier.Wait", func() { bar.Wait(ctx) }, []park.Op{park.OpBarrier, park.OpBarrier}},
		{"Barrier.Abort", bar.Abort, []park.Op{park.OpBarrier, park.OpBarrier}},
		{"Barrier.Reset", bar.Reset, []park.Op{park.OpBarrier, park.OpBarrier}},
		{"reports", func() {
			mu.Stats()
			s.Stats()
			_, _, _ = bar.Parties(), bar.Waiting(), bar.Broken()
			e.Done()
			for _, l := range []interface{ String() string }{&mu, &e, cond, s, bar} {
				_ = l.String()
			}
		}, nil},
	}
	var got []park.Op
	defer park.Simulate(&gate{pointed: func(op park.Op) { got = append(got, op) }})()
	for _, row := range rows {
		got = nil
		row.do()
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: passed %v, want %v", row.name, got, row.want)
		}
	}
}
