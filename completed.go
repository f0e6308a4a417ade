package inflight

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/inflight-go/inflight/internal/park"
)

// Completed yields the tasks as they are done: the very tasks that were given,
// each once. The sequence ends after the last one, or when ctx ends; ctx.Err
// tells which. The tasks are not its own: those that are not done run on. Of two
// that are done at almost the same time either may come first, also where one has
// awaited the other. A task that is among its own ts waits for itself in the end.
//
// A loop that was left can be taken up again by ranging over the same sequence,
// and several goroutines may range over it at once: each task goes to one of
// them. Nothing is waited for before the first range.
func Completed[T any](ctx context.Context, ts ...*Task[T]) iter.Seq[*Task[T]] {
	for _, t := range ts {
		if t == nil {
			panic("inflight: Completed called with a nil task")
		}
	}
	c := &completed[T]{ts: slices.Clone(ts)}
	return func(yield func(*Task[T]) bool) {
		c.begin()
		for {
			t, ok := c.next(ctx)
			if !ok && ctx.Err() != nil {
				c.stop()
			}
			if !ok || !yield(t) {
				return
			}
		}
	}
}

type completed[T any] struct {
	mu    sync.Mutex
	ts    []*Task[T] // nil once they are watched
	ready []*Task[T] // done, and not yielded
	open  int        // not done
	stops []func() bool
	list  park.List

	targets *park.Targets // for introspection
}

// begin watches the tasks.
func (c *completed[T]) begin() {
	c.mu.Lock()
	ts := c.ts
	c.ts = nil
	c.targets = cmp.Or(c.targets, new(park.Targets))
	seen := make(map[*Task[T]]bool, len(ts))
	for i, t := range ts {
		if seen[t] {
			ts[i] = nil
			continue
		}
		seen[t] = true
		c.targets.IDs = append(c.targets.IDs, t.n.ID())
		c.open++
	}
	c.mu.Unlock()
	for _, t := range ts {
		if t != nil {
			stop := t.OnDone(func() { c.done(t) })
			c.mu.Lock()
			c.stops = append(c.stops, stop)
			c.mu.Unlock()
		}
	}
}

// stop takes the watch off the tasks: the sequence is over, because ctx is.
func (c *completed[T]) stop() {
	c.mu.Lock()
	stops := c.stops
	c.stops = nil
	c.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
}

func (c *completed[T]) done(t *Task[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	if w := c.list.Front(); w != nil {
		*w.Slot.(**Task[T]) = t
		c.list.Grant(w)
		w.Unpark()
	} else {
		c.ready = append(c.ready, t)
	}
	if c.open == 0 {
		c.list.GrantAll() // with nothing: it is over
	}
}

func (c *completed[T]) next(ctx context.Context) (t *Task[T], ok bool) {
	park.Point(ctx, park.OpCompleted, nil)
	if ctx.Err() != nil {
		return nil, false
	}
	w := park.NewWaiter(ctx)
	defer w.Free()
	c.mu.Lock()
	if len(c.ready) > 0 {
		t, c.ready = c.ready[0], c.ready[1:]
		c.mu.Unlock()
		return t, true
	}
	if c.open == 0 {
		c.mu.Unlock()
		return nil, false
	}
	w.Slot = &t
	w.WaitsFor(c.targets)
	defer w.WaitsFor(nil)
	err := c.list.Wait(ctx, &c.mu, w, park.OpCompleted, nil)
	w.Slot = nil
	return t, err == nil && t != nil
}
