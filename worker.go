package inflight

import (
	"fmt"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
)

// How a group runs its children. A child that is admitted waits in the queue: those
// of the list of children that are not yet started, which are the youngest.
// While the queue is not empty there is exactly one seeker: a goroutine that was
// started and has not taken a child yet. A seeker that takes a child while more
// are queued starts the next seeker before it runs the child; so a child that
// blocks holds up nobody, each child that needs a goroutine of its own gets one,
// and a burst of short ones is run by a few. A worker that is done with its child
// takes the next if there is one, and ends if there is none.
//
// Under the race detector each child has a goroutine that begins with it. The lock by
// which a seeker finds its child would put the child behind all that were done before,
// which nothing promises, and hide the races between them.

// worker is the life of one goroutine of the group.
func (g *TaskGroup) worker() {
	for t := g.seek(); t != nil && g.runChildren(t); {
		t = g.resume()
	}
}

// runUnordered is the life of a goroutine under the race detector, which does not see
// it take the lock.
func (g *TaskGroup) runUnordered(t runner) {
	g.startUnseen(t.core())
	g.runChildren(t)
}

//go:norace
func (g *TaskGroup) startUnseen(c *child) {
	goroutine.Unseen()
	g.n.Lock()
	c.n.Start()
	g.n.Unlock()
	goroutine.Seen()
}

// runChildren runs t, and one child after the other until there are no more
// (false) or one has panicked (true). A goroutine that a child has ended with
// runtime.Goexit, or locked to its thread, runs no other.
func (g *TaskGroup) runChildren(t runner) (again bool) {
	defer func() {
		if t == nil {
			return
		}
		v := recover()
		again = v != nil && goroutine.Reusable()
		t.forget()
		defer g.drop(t.core()) // also when a callback ends the goroutine
		t.core().broke(v)
	}()
	for ; t != nil; t = g.next(t.core()) {
		goroutine.Fresh(t.labels())
		park.Point(&t.core().n, park.OpStart, &t.core().n.Obj)
		t.run()
	}
	return false
}

// take takes a child off the queue, nil if there is none. The caller holds the
// lock.
func (g *TaskGroup) take() (t runner) {
	n := g.oldest
	if n == nil {
		return nil
	}
	g.oldest = n.NextPending()
	n.Start()
	at := childOf(n).pending()
	t, *at = *at, nil
	return t
}

// seek takes the first child of a goroutine.
func (g *TaskGroup) seek() runner {
	g.n.Lock()
	t := g.take()
	g.seeking = g.oldest != nil
	more := g.seeking
	g.n.Unlock()
	if more {
		go g.work()
	}
	return t
}

// resume takes the next child of a goroutine whose last one has panicked.
func (g *TaskGroup) resume() runner {
	g.n.Lock()
	defer g.n.Unlock()
	return g.take()
}

// next takes c off and takes the next child, nil when there is none.
func (g *TaskGroup) next(c *child) (t runner) {
	g.release(c)
	g.n.Lock()
	if g.oldest != nil && goroutine.Reusable() {
		t = g.take()
	}
	g.dropLocked(c)
	return t
}

// drop takes c off when its goroutine can't go on in the usual way.
func (g *TaskGroup) drop(c *child) {
	g.release(c)
	g.n.Lock()
	g.dropLocked(c)
}

// release ends c's context and gives its slot back.
func (g *TaskGroup) release(c *child) {
	c.n.End()
	if g.limit != nil && !c.n.Flag(park.IsService) {
		g.limit.Release(1)
	}
}

// dropLocked takes c off the group; the last one lets Run return. The caller
// holds the lock, which dropLocked releases.
func (g *TaskGroup) dropLocked(c *child) {
	g.n.Unlink(&c.n)
	finish := nothing
	if c.n.Flag(park.IsService) {
		g.serving--
	} else if g.live--; g.live == 0 {
		finish = g.endServices()
	}
	joined := g.n.Joining() && g.idle()
	g.n.Unlock()
	finish()
	if joined {
		g.n.Joined()
	}
}

// end takes down how the function of c has returned.
func (c *child) end(err error) {
	park.Point(&c.n, park.OpEnd, &c.n.Obj)
	called := true
	switch {
	case err == nil:
		called = c.settleAlone(Succeeded, nil)
	case cancelled(&c.n, err):
		c.cut()
		if cause := c.n.Cause(); cause != nil {
			err = cause
		}
		c.note(Cancelled, err)
		called = c.settleAlone(Cancelled, err)
	default:
		c.fail(Failed, err)
	}
	if called {
		c.callBack()
	}
}

// cut tells the group that c did not finish because of what happened above it.
func (c *child) cut() {
	g := c.group()
	if !c.n.Inherited() || !g.n.Inherited() { // c has it from g, so g knows how it was cancelled
		return
	}
	g.n.Lock()
	g.out.cut = true
	g.n.Unlock()
}

// broke takes down that c did not return: it panicked with v or, where v is nil,
// called runtime.Goexit.
func (c *child) broke(v any) {
	switch {
	case v != nil:
		c.fail(Panicked, newPanic(v, c.Name()))
	case !c.State().final(): // else Start has seen to it
		c.fail(Failed, fmt.Errorf("%w (%s)", ErrGoexit, c.Name()))
	}
	c.callBack()
}

// fail records the failure before anybody can see it, and cancels after, so that
// what others make of the cancellation comes second.
func (c *child) fail(s State, err error) {
	c.note(s, err)
	g := c.group()
	g.n.Lock()
	if p, ok := err.(*PanicError); ok && s == Panicked {
		g.out.panics(p)
	} else {
		g.out.fail(err)
	}
	g.n.Unlock()
	c.settleAlone(s, err)
	if s == Panicked || !g.supervise {
		g.n.Cancel(&siblingError{err})
	}
}

// callBack calls those who wanted to be called when c has a result. What does
// not return there fails as c would have.
func (c *child) callBack() {
	for f := c.subscriber(); f != nil; f = c.subscriber() {
		c.callOne(f)
	}
}

func (c *child) callOne(f func()) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			c.fail(Panicked, newPanic(v, c.Name()))
			return
		}
		c.fail(Failed, fmt.Errorf("%w (in OnDone of %s)", ErrGoexit, c.Name()))
		c.callBack() // the goroutine ends; the others are called before
	}()
	f()
	returned = true
}
