package park

import (
	"context"
	"runtime"
	"time"
)

// Sleep waits for d, or until ctx ends; then it returns the cause. A d of zero
// or less yields the processor once.
func Sleep(ctx context.Context, d time.Duration) error {
	Point(ctx, OpSleep, nil)
	if ctx.Err() != nil {
		return Cause(ctx)
	}
	if d <= 0 {
		yield(ctx)
		return nil
	}
	if Simulated() != nil {
		return sleepSimulated(ctx, d)
	}
	w := NewWaiter(ctx)
	defer w.Free()
	t := time.NewTimer(d)
	if n := w.owner; n != nil {
		w.record(ctx, OpSleep, nil)
		if ctx == context.Context(n) && n.flags.Load()&isShared == 0 {
			return w.sleepOwn(n, t)
		}
	}
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		t.Stop()
		return Cause(ctx)
	}
}

func yield(ctx context.Context) {
	if s, ok := Simulated().(Scheduler); ok {
		s.Yield(ctx)
		return
	}
	runtime.Gosched()
}

// sleepOwn sleeps under the task's own context, whose end wakes this waiter, so
// that no Done channel is made. (To set the timer to now instead would save the
// select; but in a bubble a timer fires only when all else is blocked, and a
// cancellation must be seen before that.)
func (w *Waiter) sleepOwn(n *Node, t *time.Timer) error {
	for n.Err() == nil {
		select {
		case <-t.C:
			return nil
		case <-w.ch: // cancelled, or meant for an earlier wait
		}
	}
	t.Stop()
	return n.Cause()
}

func sleepSimulated(ctx context.Context, d time.Duration) error {
	w := freshWaiter(nil) // its own: the clock may grant it late
	stop := AfterFunc(d, func() {
		w.Grant()
		w.Unpark()
	})
	err := w.Park(ctx, OpSleep, nil)
	stop()
	if w.Granted() {
		return nil
	}
	return err
}
