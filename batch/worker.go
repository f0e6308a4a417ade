package batch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/inflight-go/inflight"
)

// handBack is how long a queue has to take a unit back that was cut short.
const handBack = 5 * time.Second

// worker does one unit after the other. It is the nth; when it has its first unit it
// starts the next one, so that a small job has few.
func (r *run[T]) worker(g *inflight.TaskGroup, n int) func(context.Context) error {
	return func(ctx context.Context) error {
		for first := true; ; first = false {
			u, turn, err := r.lease(ctx)
			if err != nil {
				r.leaseEnded(err)
				return nil
			}
			if first && n < r.o.Concurrency {
				g.Go(r.worker(g, n+1))
			}
			r.unit(ctx, u, turn)
		}
	}
}

// unit does one unit: it has a line, or was given back, when unit returns.
func (r *run[T]) unit(ctx context.Context, u Unit[T], turn int64) {
	r.hold(u.Index)
	for {
		line, err := r.call(ctx, u, turn)
		after, reason, again := isAgain(err)
		switch {
		case err != nil && ctx.Err() != nil:
			r.abandon(ctx, u, err)
		case !again:
			r.deliver(ctx, toLine(u.Index, u.Key, line, err), turn)
		case r.window == nil:
			r.retry(ctx, u, after, reason)
		default:
			if r.pause(u, after, reason) {
				u.Attempt++
				continue
			}
			r.abandon(ctx, u, err)
		}
		return
	}
}

// call calls the work. A panic becomes an error; runtime.Goexit can't be stopped, so
// that the unit's line is delivered on the way out.
func (r *run[T]) call(ctx context.Context, u Unit[T], turn int64) (line []byte, err error) {
	r.o.Progress.inFlight.Add(1)
	returned := false
	defer func() {
		r.o.Progress.inFlight.Add(-1)
		if returned {
			return
		}
		if v := recover(); v != nil {
			line, err = r.panicked(u, v)
			return
		}
		r.stop(fmt.Errorf("inflight/batch: the work of unit %d: %w", u.Index, inflight.ErrGoexit))
		r.deliver(ctx, failureLine(u.Index, u.Key, "goexit", inflight.ErrGoexit.Error()), turn)
	}()
	line, err = r.work(ctx, u)
	returned = true
	return line, err
}

// panicked makes a line of a panic. The line does not depend on the error being
// looked at, so that it is kept also after the grace.
func (r *run[T]) panicked(u Unit[T], v any) ([]byte, error) {
	p := &inflight.PanicError{Value: v, Stack: debug.Stack(), Task: fmt.Sprintf("unit %d", u.Index)}
	r.o.Progress.panicked.Add(1)
	r.o.OnEvent(Event{Kind: EventPanicked, Index: u.Index, Err: p})
	return failureLine(u.Index, u.Key, "panic", fmt.Sprint(v)).Data, nil
}

// deliver hands a line to the one who commits, and waits for room with him.
func (r *run[T]) deliver(ctx context.Context, line Line, turn int64) {
	ctx = context.WithoutCancel(ctx) // what is finished is kept
	r.count(line)
	r.o.Progress.waiting.Add(1)
	size := min(int64(len(line.Data)), lineBytes)
	_ = r.bytes.Acquire(ctx, size)
	if r.finished.Put(ctx, finished{line, turn, size}) != nil {
		// The sink has failed, and nobody commits any more.
		r.bytes.Release(size)
		r.o.Progress.waiting.Add(-1)
		r.drop(line.Index)
	}
}

// count stops the run when too much has failed.
func (r *run[T]) count(line Line) {
	if !line.Failed {
		r.ok.Add(1)
		return
	}
	bad := r.failed.Add(1)
	all := bad + r.ok.Load()
	switch {
	case r.o.FailFast:
		r.stop(&stopError{ErrFailFast, fmt.Sprintf("index %d has failed, and that is to stop the job; it can be resumed", line.Index)})
	case r.o.MaxErrors > 0 && bad >= r.o.MaxErrors:
		r.stop(&stopError{ErrMaxErrors, fmt.Sprintf("%d have failed, as many as may; the job can be resumed", bad)})
	case r.o.MaxErrorShare > 0 && all >= 100 && float64(bad) > r.o.MaxErrorShare*float64(all):
		r.stop(&stopError{ErrMaxErrors, fmt.Sprintf("%d of %d have failed, more than a share of %v; the job can be resumed", bad, all, r.o.MaxErrorShare)})
	}
}

// retry gives the unit back to be leased again.
func (r *run[T]) retry(ctx context.Context, u Unit[T], after time.Duration, err error) {
	r.release(u.Index)
	r.o.Progress.retried.Add(1)
	r.o.OnEvent(Event{Kind: EventRetried, Index: u.Index, Err: err})
	if err := r.queue.Retry(ctx, u, after); err != nil && ctx.Err() == nil && !errors.Is(err, ErrNotLeased) {
		r.stop(err)
	}
}

// pause waits for the time of the next attempt. It reports false when the run stops.
func (r *run[T]) pause(u Unit[T], after time.Duration, err error) bool {
	r.o.Progress.retried.Add(1)
	r.o.OnEvent(Event{Kind: EventRetried, Index: u.Index, Err: err})
	return inflight.Sleep(r.leasing, after) == nil
}

// abandon gives a unit back that was cut short.
func (r *run[T]) abandon(ctx context.Context, u Unit[T], err error) {
	r.drop(u.Index)
	r.o.OnEvent(Event{Kind: EventAbandoned, Index: u.Index, Err: err})
	ctx, cancel := inflight.Shield(ctx, handBack)
	defer cancel()
	_ = r.queue.Retry(ctx, u, 0) // the run is over: there is nobody to tell
}

// drop takes note of a unit that will have no line.
func (r *run[T]) drop(index int64) {
	r.release(index)
	r.o.Progress.abandoned.Add(1)
}
