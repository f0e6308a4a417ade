package inflight

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/permit"
)

// Unlimited is the limit of those who want none, in Map, Each and NewLimiter.
const Unlimited = math.MaxInt

// A TaskGroup is the scope that tasks run in. Run makes one; there is no other
// way, so that a task never outlives the function that started it. Its methods
// may be called by any goroutine.
type TaskGroup struct {
	n        park.Scope // the scope's context; its lock guards all that follows
	oldest   *park.Node // of the children that are not yet started; the others are behind it in the list of children
	out      outcome
	live     int   // ordinary children and the body, until they have ended
	serving  int32 // services that have not ended
	seeking  bool  // a goroutine is on its way to take the next child
	finished bool  // everything is joined; for Run alone

	supervise bool
	limit     *permit.Pool               // nil for none
	work      func()                     // g.worker, made once
	anchor    *anchor                    // of a root
	unseen    atomic.Pointer[[]rejected] // promises that failed, and that nobody has looked at; changed under the lock
}

// An Option changes how a scope works. Run takes them.
type Option func(*options)

type options struct {
	limit     *permit.Pool
	supervise bool
	kind      park.Kind
	name      string
	offloads  int
}

// Limit makes TaskGroup.Go wait while n children are running. It panics for an n
// below 1.
//
// A child that starts another in the same group holds its own slot while it waits
// for one: with all slots held by such children nobody goes on. Let them use TryGo,
// or a Run of their own.
func Limit(n int) Option {
	if n < 1 {
		panic(fmt.Sprintf("inflight: Limit(%d): at least one task must be able to run", n))
	}
	return func(o *options) {
		o.limit = new(permit.Pool)
		o.limit.Init(int64(n))
	}
}

// LimitBy is Limit with a limiter that other groups, and other code, share.
func LimitBy(l *Limiter) Option {
	if l == nil {
		panic("inflight: LimitBy called with a nil Limiter")
	}
	return func(o *options) { o.limit = &l.pool }
}

// Supervise keeps a child's failure from cancelling its siblings and the body.
// All failures are still returned by Run, joined. A panic cancels all the same,
// and so do the body's error and the end of the caller's context.
func Supervise() Option { return func(o *options) { o.supervise = true } }

// Label names a scope, for the tree of tasks.
func Label(name string) Option { return func(o *options) { o.name = name } }

func gather(opts []Option) options {
	o := options{kind: park.KindGroup}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// Run opens a scope, calls body with it, and returns when body and every task
// that was started in the scope have returned.
//
// The first failure, of the body or a task, cancels the context of all of them
// (unless Supervise says otherwise). Run returns it as it is; if there were more,
// all of them by errors.Join, the first failure first. What a task returns
// because it was cancelled is not a failure. If ctx ended meanwhile and something was
// cut short by that, or failed, Run returns its cause, joined behind the failures.
//
// A panic cancels too, and is raised again by Run as a *PanicError when all have
// returned. If ctx has ended before, Run returns its cause and calls nothing.
//
// The context that body gets ends when Run returns.
func Run(ctx context.Context, body func(ctx context.Context, g *TaskGroup) error, opts ...Option) error {
	if body == nil {
		panic("inflight: Run called with a nil function")
	}
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	g := new(TaskGroup)
	g.init(ctx, opts, entry(body))
	defer g.leave(ctx)
	g.live = 1
	g.body(body)
	return g.finish(ctx)
}

func (g *TaskGroup) init(ctx context.Context, opts []Option, pc uintptr) {
	o := options{kind: park.KindGroup}
	if len(opts) > 0 {
		o = gather(opts)
		g.limit, g.supervise = o.limit, o.supervise
	}
	g.n.InitScope(ctx, g, o.kind, o.name, pc)
	g.anchor = register(&g.n.Node)
	if o.offloads > 0 {
		g.n.Shared(func() any { return newOffloadPool(&g.n.Node, o.offloads) })
	}
}

// finish joins everything and returns what went wrong, or panics with it.
func (g *TaskGroup) finish(ctx context.Context) error {
	g.join(ctx)
	g.finished = true
	g.reportUnseen()
	err := g.out.result(&g.n.Node)
	g.out.failures = nil // a handle that is kept leads here
	return err
}

// leave is deferred by Run. It has something to do beyond taking the scope off
// the tree when the body has called runtime.Goexit: before the goroutine goes,
// the children are cancelled and joined.
func (g *TaskGroup) leave(ctx context.Context) {
	defer g.anchor.release()
	defer g.n.EndScope()
	if !g.finished {
		g.n.Cancel(ErrGoexit)
		g.finish(ctx)
	}
}

// body calls the body and takes down how it ended.
func (g *TaskGroup) body(body func(ctx context.Context, g *TaskGroup) error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			g.bodyPanicked(newPanic(v, ""))
		}
	}()
	if err := body(&g.n.Node, g); err != nil {
		g.bodyFailed(err)
	}
	returned = true // the methods of an error may panic too
}

func (g *TaskGroup) bodyFailed(err error) {
	if cancelled(&g.n.Node, err) {
		g.n.Lock()
		g.out.cut = g.out.cut || g.n.Inherited()
		g.n.Unlock()
		return
	}
	whole := make(errorSet)
	whole.addTree(err)
	g.n.Lock()
	g.out.failBody(err, whole)
	finish := g.n.CancelLocked(&siblingError{err})
	g.n.Unlock()
	finish()
}

func (g *TaskGroup) bodyPanicked(p *PanicError) {
	g.n.Lock()
	g.out.panics(p)
	finish := g.n.CancelLocked(&siblingError{p})
	g.n.Unlock()
	finish()
}

// join waits until nothing runs in the scope any more. It can't be cancelled.
func (g *TaskGroup) join(caller context.Context) {
	g.n.Lock()
	g.live--
	finish := nothing
	if g.live == 0 {
		finish = g.endServices()
	}
	if g.idle() {
		g.n.Unlock()
		return
	}
	g.n.BeginJoin(caller)
	g.n.Unlock()
	finish()
	g.n.Join()
}

// idle reports whether nothing runs in the scope any more. The caller holds the
// lock.
func (g *TaskGroup) idle() bool { return g.live == 0 && g.serving == 0 }

// endServices closes the group once its ordinary work is done, and tells its
// services to end. The caller holds the lock, and calls finish without it.
func (g *TaskGroup) endServices() (finish func()) {
	if g.serving == 0 {
		return nothing
	}
	return g.n.CancelLocked(errDone)
}

func nothing() {}

// Go starts fn in the group and returns its handle. Under Limit it waits for its
// turn, first come first served; that wait ends with the group's context, and then
// the task is refused.
//
// A group that is finished or cancelled refuses: fn is not called, and the task
// that is returned is done, with an error that is ErrGroupClosed and wraps the
// cause; State says Refused. So whoever hands something to fn knows at once who
// has to close it. A task that was admitted is called exactly once.
//
// The call of Go happens before the call of fn.
func (g *TaskGroup) Go(fn func(context.Context) error, opts ...TaskOption) *Task[struct{}] {
	if fn == nil {
		panic("inflight: TaskGroup.Go called with a nil function")
	}
	t := newPlainTask(fn)
	g.start((*plainTask)(t), entry(fn), 0, opts)
	return t
}

// TryGo is Go for those who can't wait: it reports false, and does not call fn,
// when that would have to wait for its turn (the task's error is ErrNoRoom) or the
// group takes no more (ErrGroupClosed).
func (g *TaskGroup) TryGo(fn func(context.Context) error, opts ...TaskOption) (*Task[struct{}], bool) {
	if fn == nil {
		panic("inflight: TaskGroup.TryGo called with a nil function")
	}
	t := newPlainTask(fn)
	for _, opt := range opts {
		opt(&t.child)
	}
	park.Point(&g.n.Node, park.OpGo, &g.n.Obj)
	if g.n.Err() != nil {
		g.refuse((*plainTask)(t))
		return t, false
	}
	if g.limit != nil && !g.limit.TryAcquire(1) {
		t.fn = nil
		t.refuse(ErrNoRoom)
		return t, false
	}
	return t, g.admit((*plainTask)(t), entry(fn), 0)
}

// Service starts fn as a service of the other tasks: it does not keep the group
// open. When the body and all ordinary tasks have returned, its context is
// cancelled, and Run returns when it has returned too. A service may start tasks;
// it does not count for Limit. If it fails before, that is a failure like any
// other.
func (g *TaskGroup) Service(fn func(context.Context) error, opts ...TaskOption) *Task[struct{}] {
	if fn == nil {
		panic("inflight: TaskGroup.Service called with a nil function")
	}
	t := newPlainTask(fn)
	g.start((*plainTask)(t), entry(fn), park.IsService, opts)
	return t
}

// Go starts fn in g and returns its handle, as TaskGroup.Go does, for functions
// that return a value.
func Go[T any](g *TaskGroup, fn func(context.Context) (T, error), opts ...TaskOption) *Task[T] {
	if fn == nil {
		panic("inflight: Go called with a nil function")
	}
	t := &Task[T]{fn: fn}
	g.start(t, entry(fn), 0, opts)
	return t
}

// Cancel ends the scope early: the context of the body and all tasks is
// cancelled, and no more are taken. Without a cause that is no error, and Run
// returns nil if nothing else went wrong. With causes, Run returns them, and the
// first is the contexts' cause. Cancel may be called at any time, by anyone, any
// number of times; only the first call on a living scope counts.
func (g *TaskGroup) Cancel(cause ...error) {
	cause = slices.DeleteFunc(slices.Clone(cause), func(err error) bool { return err == nil })
	why := error(context.Canceled)
	if len(cause) > 0 {
		why = cause[0]
	}
	g.n.Lock()
	if g.live == 0 { // it is over, and Run may be reading the outcome
		g.n.Unlock()
		return
	}
	if !g.n.Cancelled() {
		for _, err := range cause {
			g.out.fail(err)
		}
	}
	finish := g.n.CancelLocked(why)
	g.n.Unlock()
	finish()
	park.Point(&g.n.Node, park.OpCancel, &g.n.Obj)
}

// start waits for a slot, and admits t or refuses it.
func (g *TaskGroup) start(t runner, pc uintptr, flags uint32, opts []TaskOption) {
	c := t.core()
	for _, opt := range opts {
		opt(c)
	}
	if g.limit != nil && flags&park.IsService == 0 {
		if err := g.limit.Acquire(&g.n.Node, 1, park.OpSlot); err != nil {
			g.refuse(t)
			return
		}
	} else {
		park.Point(&g.n.Node, park.OpGo, &g.n.Obj)
	}
	g.admit(t, pc, flags)
}

// admit takes t in, unless the group is closed. The slot is t's then.
func (g *TaskGroup) admit(t runner, pc uintptr, flags uint32) bool {
	c := t.core()
	labels := goroutine.Current()
	if park.Level.Load() > 0 {
		labels = c.observe(labels, pc)
	}
	if labels != nil {
		t = &labelled{t, labels}
	}
	limit := g.limit
	if flags&park.IsService != 0 {
		limit = nil
	}
	g.n.Err() // sees what has happened above
	g.n.Lock()
	if g.live == 0 || g.n.Cause() != nil {
		g.n.Unlock()
		if limit != nil {
			limit.Release(1)
		}
		g.refuse(t)
		return false
	}
	c.n.InitChild(&g.n.Node, pc, flags)
	if flags&park.IsService != 0 {
		g.serving++
	} else {
		g.live++
	}
	if goroutine.Unordered && park.Simulated() == nil {
		g.n.Unlock()
		go g.runUnordered(t)
		return true
	}
	*c.pending() = t
	if g.oldest == nil {
		g.oldest = &c.n
	}
	seek := !g.seeking
	g.seeking = true
	if g.work == nil {
		g.work = g.worker
	}
	g.n.Unlock()
	if seek {
		go g.work()
	}
	return true
}

// refuse settles a task that the group does not take. Where that is because of
// what happened above, work was cut short.
func (g *TaskGroup) refuse(t runner) {
	t.forget()
	c := t.core()
	g.n.Lock()
	if g.live > 0 {
		g.out.cut = g.out.cut || g.n.Inherited()
	}
	cause := g.n.Cause()
	g.n.Unlock()
	if cause == nil || cause == park.ErrEnded || cause == errDone {
		c.refuse(ErrGroupClosed)
		return
	}
	c.refuse(&refusedError{cause})
}

func (c *child) refuse(err error) { c.settleAlone(Refused, err) }
