package inflight

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/permit"
)

// OffloadLimit sets how many calls of Offload run at once, in the outermost scope
// alone: Offload uses the pool of the outermost Run above it. Without it the
// number is GOMAXPROCS+4, and at most 32. It panics for an n below 1.
func OffloadLimit(n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("inflight: OffloadLimit(%d): at least one must be able to run", n))
	}
	return func(o *options) { o.offloads = n }
}

// Offload calls fn, which blocks or computes and knows nothing of ctx, on the
// bounded pool of the outermost scope, and waits for it.
//
// When ctx ends while it waits for a place, fn is not called and the error is the
// cause. When ctx ends while fn is running, fn can't be stopped: it is abandoned.
// It keeps its place until it returns, it is seen in the tree until then, and its
// result is dropped; the error is ErrAbandoned and wraps the cause, so that a
// scope that leaves something behind says so. A panic of fn is raised again by
// Offload; one of an abandoned fn ends the program, as it would in a goroutine of
// its own.
//
// A call of Offload by a function that is itself offloaded uses the place of that
// one when there is no other, so that a full pool does not wait for itself.
// Outside of any scope there is no pool, and no bound.
func Offload[T any](ctx context.Context, fn func() (T, error)) (T, error) {
	if fn == nil {
		panic("inflight: Offload called with a nil function")
	}
	var zero T
	park.Point(ctx, park.OpOffload, nil)
	if ctx.Err() != nil {
		return zero, park.Cause(ctx)
	}
	pool := poolOf(ctx)
	if pool.nested() {
		return fn()
	}
	if err := pool.enter(ctx); err != nil {
		return zero, err
	}
	if ctx.Err() != nil { // at the same moment
		pool.leave()
		return zero, park.Cause(ctx)
	}
	c := &offloaded[T]{pool: pool, fn: fn}
	pool.show(&c.n, entry(fn))
	go c.run()
	if err := c.wait(ctx); err != nil {
		return zero, err
	}
	if p, ok := c.err.(*PanicError); ok && c.State() == Panicked {
		panic(p)
	}
	return c.value, c.err
}

// offloaded is one call of Offload.
type offloaded[T any] struct {
	future
	n         park.Node
	pool      *offloadPool
	fn        func() (T, error)
	value     T
	abandoned bool // guarded by the lock
}

func (c *offloaded[T]) run() {
	id := goroutine.Key()
	c.pool.began(id)
	returned := false
	defer func() {
		state, err := Failed, error(nil)
		if !returned {
			if v := recover(); v != nil {
				state, err = Panicked, newPanic(v, c.n.Name())
			} else {
				err = fmt.Errorf("%w (%s)", ErrGoexit, c.n.Name())
			}
			c.settle(state, err)
		}
		c.pool.ended(id, &c.n)
		if state == Panicked && c.lost() {
			panic(err)
		}
	}()
	v, err := c.fn()
	returned = true
	c.value = v
	if err != nil {
		c.settle(Failed, err)
	} else {
		c.settle(Succeeded, nil)
	}
}

// wait waits for the result, or abandons it.
func (c *offloaded[T]) wait(ctx context.Context) error {
	err := c.await(ctx, park.OpOffload, &c.n.Obj, nil)
	if err == nil {
		return nil
	}
	many := c.lock()
	defer many.mu.Unlock()
	if c.State().final() {
		return nil
	}
	c.abandoned = true
	return &abandonedError{c.n.Name(), err}
}

// lost reports whether nobody will hear of the result.
func (c *offloaded[T]) lost() bool {
	many := c.lock()
	defer many.mu.Unlock()
	return c.abandoned
}

// abandonedError is ErrAbandoned with its cause.
type abandonedError struct {
	name  string
	cause error
}

func (e *abandonedError) Error() string {
	return fmt.Sprintf("%v: offloaded function %s: %v", ErrAbandoned, e.name, e.cause)
}
func (e *abandonedError) Unwrap() []error { return []error{ErrAbandoned, e.cause} }

// offloadPool is the pool of an outermost scope.
type offloadPool struct {
	places permit.Pool
	root   *park.Node // nil outside of any scope: no bound

	mu      sync.Mutex
	running map[uint64]bool // the goroutines that run a call
}

func poolOf(ctx context.Context) *offloadPool {
	n := park.Of(ctx)
	if n == nil {
		return new(offloadPool)
	}
	if isDeadline(n) && above(n) == nil {
		return new(offloadPool)
	}
	root := outermost(n)
	return root.Shared(func() any {
		return newOffloadPool(root, min(runtime.GOMAXPROCS(0)+4, 32))
	}).(*offloadPool)
}

func newOffloadPool(root *park.Node, size int) *offloadPool {
	p := &offloadPool{root: root, running: make(map[uint64]bool)}
	p.places.Init(int64(size))
	return p
}

// nested reports whether the caller runs on a place of the pool while there is
// no other.
func (p *offloadPool) nested() bool {
	if p.root == nil {
		return false
	}
	if used, waited := p.places.InUse(); used < p.places.Size() && !waited {
		return false
	}
	id := goroutine.Key()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running[id]
}

func (p *offloadPool) enter(ctx context.Context) error {
	if p.root == nil {
		return nil
	}
	return p.places.Acquire(ctx, 1, park.OpOffload)
}

// show puts the call in the tree, below the scope that the pool belongs to.
func (p *offloadPool) show(n *park.Node, pc uintptr) {
	if p.root == nil {
		return
	}
	n.SetKind(park.KindOffload)
	p.root.Lock()
	n.InitChild(p.root, pc, 0)
	n.Start()
	p.root.Unlock()
}

func (p *offloadPool) began(id uint64) {
	if p.root == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running[id] = true
}

func (p *offloadPool) ended(id uint64, n *park.Node) {
	if p.root == nil {
		return
	}
	p.mu.Lock()
	delete(p.running, id)
	p.mu.Unlock()
	p.root.Lock()
	p.root.Unlink(n)
	p.root.Unlock()
	p.leave()
}

func (p *offloadPool) leave() {
	if p.root != nil {
		p.places.Release(1)
	}
}
