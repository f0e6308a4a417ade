package inflight

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/inflight-go/inflight/internal/park"
)

// A Promise is a result that somebody will bring by hand: the bridge from
// callbacks. Make one with NewPromise. Any number of goroutines may use it at
// once. A Resolve or Reject happens before the return of what reports it.
type Promise[T any] struct {
	future
	crowd crowd
	obj   park.Object
	node  *park.Node // the innermost one that it belongs to, nil for none
	group *TaskGroup // that reports a rejection nobody sees; nil for none
	seen  *atomic.Bool
	value T
}

// NewPromise returns a promise that belongs to the scope of ctx. If it is
// rejected and nobody asks for its result, the error is returned by the Run of
// that scope, once, with the place of the rejection, so that it is not lost; but not
// if it says only that the task or scope of ctx was cancelled. To ask is Await, Result
// or Err; Done, State and Wait are not. Outside of any Run there is nobody to tell.
func NewPromise[T any](ctx context.Context) *Promise[T] {
	p := &Promise[T]{seen: new(atomic.Bool), node: park.Of(ctx)}
	p.many.Store(&p.crowd)
	for n := p.node; n != nil && p.group == nil; n = n.Parent() {
		if n.Kind() != park.KindHedge.String() { // whose Run is nobody's
			p.group, _ = n.Owner().(*TaskGroup)
		}
	}
	return p
}

// Resolve brings the value. It reports false if there was a result already.
func (p *Promise[T]) Resolve(v T) bool {
	park.Point(context.Background(), park.OpResolve, &p.obj)
	c := p.lock()
	if p.future.State().final() {
		c.mu.Unlock()
		return false
	}
	p.value = v
	p.leave()
	p.settleLocked(c, Succeeded, nil)
	c.mu.Unlock()
	p.notify()
	park.Point(context.Background(), park.OpResolve, &p.obj)
	return true
}

// Reject brings an error. It reports false if there was a result already, and
// panics for nil.
func (p *Promise[T]) Reject(err error) bool {
	if err == nil {
		panic("inflight: Promise.Reject called with a nil error")
	}
	park.Point(context.Background(), park.OpResolve, &p.obj)
	c := p.lock()
	if p.future.State().final() {
		c.mu.Unlock()
		return false
	}
	if !c.list.Empty() { // those get it
		p.seen.Store(true)
	}
	node, group := p.leave()
	p.settleLocked(c, Failed, err)
	c.mu.Unlock()
	defer func() { // also when a method of err panics
		p.notify()
		park.Point(context.Background(), park.OpResolve, &p.obj)
	}()
	if group != nil && !p.seen.Load() && !cancelledBelow(group, node, err) {
		_, file, line, _ := runtime.Caller(1)
		group.keep(rejected{err, fmt.Sprintf("%s:%d", filepath.Base(file), line), p.seen})
	}
	return true
}

// leave lets go of what the promise belongs to, for who keeps it when it is settled. The
// caller holds the lock.
func (p *Promise[T]) leave() (node *park.Node, group *TaskGroup) {
	node, group = p.node, p.group
	p.node, p.group = nil, nil
	return node, group
}

// Await waits for the result and returns it. When ctx ends first, or has ended
// before, it returns the cause, and the promise stays as it is.
func (p *Promise[T]) Await(ctx context.Context) (T, error) {
	if err := p.await(ctx, park.OpAwait, &p.obj, nil); err != nil {
		var zero T
		return zero, err
	}
	p.seen.Store(true)
	return p.value, p.err
}

// Result returns what Await would, without waiting: ErrPending while there is no
// result.
func (p *Promise[T]) Result() (T, error) {
	if !p.State().final() {
		var zero T
		return zero, ErrPending
	}
	p.seen.Store(true)
	return p.value, p.err
}

// Err returns the error of the result: nil for success, ErrPending while there
// is no result.
func (p *Promise[T]) Err() error {
	_, err := p.Result()
	return err
}

// String returns the promise's number, which introspection shows too, and its
// state.
func (p *Promise[T]) String() string {
	return fmt.Sprintf("promise-%d [%s]", p.obj.ID(), p.future.State())
}

// rejected is a rejection that somebody has to hear of.
type rejected struct {
	err  error
	site string
	seen *atomic.Bool
}

// cancelledBelow reports whether err says nothing but that n, or what it is in below g,
// was cancelled. A deadline that has passed is more than that.
func cancelledBelow(g *TaskGroup, n *park.Node, err error) bool {
	for ; n != &g.n.Node; n = n.Parent() {
		if isDeadline(n) {
			continue
		}
		if ctxErr := n.Err(); n.Cancelled() && onlyCancelled(err, ctxErr, n.Cause()) {
			return true
		}
	}
	return false
}

func (g *TaskGroup) keep(r rejected) {
	g.n.Lock()
	defer g.n.Unlock()
	var kept []rejected
	if old := g.unseen.Load(); old != nil {
		kept = *old
	}
	if len(kept) == cap(kept) { // seldom: to look at all of them each time would take too long
		kept = slices.DeleteFunc(kept, func(r rejected) bool { return r.seen.Load() })
		kept = slices.Grow(kept, len(kept)+1)
	}
	kept = append(kept, r)
	g.unseen.Store(&kept)
}

// reportUnseen makes failures of the rejections that nobody has looked at.
func (g *TaskGroup) reportUnseen() {
	if g.unseen.Load() == nil {
		return
	}
	g.n.Lock()
	unseen := g.unseen.Swap(nil)
	g.n.Unlock()
	for _, r := range *unseen {
		if !r.seen.Load() && !cancelled(&g.n.Node, r.err) {
			g.out.fail(fmt.Errorf("promise rejected at %s, and nobody asked for its result: %w", r.site, r.err))
		}
	}
}
