package inflight

import (
	"context"
	"sync/atomic"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
)

// A crew is the goroutines that run the items of a combinator: one after the
// other each, all under one scope. They are hired one by one, each before the
// one that hires it runs its item, so that a short input never pays for more
// than it needs, and an item that blocks holds up nobody.
type crew struct {
	n      park.Scope // the scope; its lock guards out and active
	out    outcome
	active int // workers, and other goroutines, that have not ended

	max     int64        // how many may be hired at once
	hired   atomic.Int64 // changed under the lock
	seeking atomic.Bool  // one is on its way to its first item; changed under the lock
	labels  goroutine.Labels
	anchor  *anchor

	work  func() // c.worker, made once
	items items
}

// items are what a crew has to do.
type items interface {
	// step takes an item and runs it; it reports false when there was none. In
	// between it calls arrived, sees that somebody is hired for the next, and
	// calls took; it resets w.busy after.
	step(w *worker) bool
	// left reports whether there is an item to take.
	left() bool
	// broke is told that the item of w did not return: it panicked or, with a
	// nil p, called runtime.Goexit.
	broke(w *worker, p *PanicError)
}

// A worker is one goroutine of a crew. Its node is the context of its items.
type worker struct {
	n     park.Node
	item  int
	busy  bool // its item has not returned
	fresh bool // it has not taken an item yet
	given bool // item is its first, and it need not take one
	job   any  // of a stream, once it is broken
}

// open opens the crew's scope.
func (c *crew) open(ctx context.Context, kind park.Kind, limit int, pc uintptr) {
	c.max = int64(limit)
	c.work = c.worker
	c.labels = goroutine.Current()
	c.n.InitScope(ctx, nil, kind, "", pc)
	c.anchor = register(&c.n.Node)
}

// close ends the scope, in which nothing runs any more.
func (c *crew) close() {
	c.n.EndScope()
	c.anchor.release()
}

// hire starts a worker if there is an item to take, nobody is on the way to it,
// and the limit allows one.
func (c *crew) hire() {
	if c.seeking.Load() || c.hired.Load() >= c.max || !c.items.left() {
		return
	}
	c.n.Lock()
	start := c.hireLocked()
	c.n.Unlock()
	if start {
		go c.work()
	}
}

func (c *crew) hireLocked() bool {
	if c.seeking.Load() || c.hired.Load() >= c.max || !c.items.left() {
		return false
	}
	c.seeking.Store(true)
	c.hired.Add(1)
	c.active++
	return true
}

// took is called by step between taking an item and running it.
func (c *crew) took(w *worker, item int) {
	w.item, w.busy = item, true
	w.n.SetItem(item)
	goroutine.Fresh(c.labels)
	park.Point(&w.n, park.OpStart, &w.n.Obj)
}

// arrived is called when w takes an item, before somebody else is hired.
func (c *crew) arrived(w *worker) {
	if w.fresh {
		w.fresh = false
		c.seeking.Store(false)
	}
}

// worker is the life of a worker.
func (c *crew) worker() {
	w := &worker{fresh: true}
	c.n.Lock()
	w.n.InitWorker(&c.n.Node)
	c.n.Unlock()
	c.employ(w)
}

func (c *crew) employ(w *worker) {
	defer c.dismiss(w) // also when an item has called runtime.Goexit
	for c.runItems(w) {
	}
}

// dismiss takes w off, and hires another in its place if it could not go on.
func (c *crew) dismiss(w *worker) {
	c.n.Lock()
	c.n.Retire(&w.n)
	if w.fresh {
		c.seeking.Store(false)
	}
	c.hired.Add(-1)
	start := c.hireLocked()
	c.leave()
	if start {
		go c.work()
	}
}

// leave takes one goroutine off; the last one wakes the joiner. The caller holds
// the lock, which leave releases.
func (c *crew) leave() {
	c.active--
	joined := c.n.Joining() && c.active == 0
	c.n.Unlock()
	if joined {
		c.n.Joined()
	}
}

// runItems runs one item after the other until there are none, or the goroutine
// must not be used again (false), or one has panicked (true).
func (c *crew) runItems(w *worker) (again bool) {
	defer func() {
		if !w.busy {
			return
		}
		w.busy = false
		v := recover()
		if v == nil {
			c.items.broke(w, nil)
			return
		}
		c.items.broke(w, newPanic(v, w.n.Name()))
		again = goroutine.Reusable()
	}()
	for c.items.step(w) && goroutine.Reusable() {
	}
	return false
}

// join waits until no goroutine of the crew is left. It can't be cancelled.
func (c *crew) join(ctx context.Context) {
	c.n.Lock()
	if c.active == 0 {
		c.n.Unlock()
		return
	}
	c.n.BeginJoin(ctx)
	c.n.Unlock()
	c.n.Join()
}

// panicked records a panic and cancels everything.
func (c *crew) panicked(p *PanicError) {
	c.n.Lock()
	c.out.panics(p)
	c.n.Unlock()
	c.n.Cancel(&siblingError{p})
}

// fail records a failure and cancels everything.
func (c *crew) fail(err error) {
	c.n.Lock()
	c.out.fail(err)
	c.n.Unlock()
	c.n.Cancel(&siblingError{err})
}

// cut takes down that something ended early because of what happened above.
func (c *crew) cut() {
	c.n.Lock()
	c.out.cut = c.out.cut || c.n.Inherited()
	c.n.Unlock()
}
