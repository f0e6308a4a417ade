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
		runtime.Gosched()
		return nil
	}
	if active.Load() != nil {
		return sleepSimulated(ctx, d)
	}
	w := NewWaiter(ctx)
	defer w.Free()
	t := time.NewTimer(d)
	if n := w.owner; n != nil {
		w.record(OpSleep, nil)
		if ctx == context.Context(n) {
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

// sleepOwn sleeps under the task's own context: a cancellation of the node sets
// the timer to now, so that a sleeper is one receive from one channel.
func (w *Waiter) sleepOwn(n *Node, t *time.Timer) error {
	w.timer.Store(t)
	err := n.Err()
	if err == nil {
		<-t.C
		err = n.Err()
	}
	w.timer.Store(nil)
	if err != nil {
		t.Stop()
		return n.Cause()
	}
	return nil
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
