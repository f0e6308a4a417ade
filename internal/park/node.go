package park

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// ErrEnded is the cause of a node's context once the task or scope it belongs
// to has returned.
var ErrEnded = errors.New("inflight: the task that this context belongs to has returned")

// A Node is a scope or a task, and its context. It must not be copied, and is
// initialised once: by [Scope.InitScope] or, under the lock of its parent, by
// [Node.InitChild].
//
// The lock order is parent before child. Only the node's own fields and those
// of the type that embeds it are touched under its lock.
type Node struct {
	mu     sync.Mutex
	flags  flagSet
	life   uint32 // isStarted, and when it was born; guarded by the parent's lock
	parent *Node  // nil for a root
	prev   *Node  // siblings, guarded by the parent's lock
	next   *Node
	ext    extensionPointer
	waiter atomic.Pointer[Waiter]
	Obj    Object // the node as something to wait for; its number names it
	// pc is the entry of the function that the task runs; of a worker it is the
	// index of its item, and the pc is its scope's.
	pc uintptr
}

// A Scope is a Node that always has its extension.
type Scope struct {
	Node
	x    extension
	join join
}

// extension is what most tasks never need.
type extension struct {
	done signal
	// values is the context that the scope was opened with; nil where the
	// parent node stands for it. Where it can end and the parent is not its
	// source, it is foreign: its end must be watched.
	values context.Context
	stop   func() bool            // ends the watch
	cause  error                  // of a cancellation that is not inherited; written before isCancelled is set
	owner  any                    // what the scope is the node of
	rare   atomic.Pointer[rarity] // made under mu

	// Guarded by mu.
	kids       *Node
	number     uint64 // of the next child
	left, size uint8  // so many numbers are left of a block of that size
	closed     bool   // done is closed
	kind       Kind   // set before the node is shared
	joined     uint32 // when the scope began to wait for what is in it, at level 1; atomic
}

// rarity is what most extensions never need.
type rarity struct {
	name     string
	joiner   *Waiter             // set under mu, by BeginJoin
	afters   map[*after]struct{} // guarded by mu
	deadline atomic.Pointer[time.Time]
	shared   any           // guarded by mu
	asked    atomic.Uint32 // when its own cancellation came, at level 1
	targets  atomic.Pointer[Targets]
	creator  uintptr // who started the task, at level 2; set before the node is shared
}

type after struct{ f func() }

type nodeKey struct{}

// Of returns the node whose task ctx belongs to, or nil.
func Of(ctx context.Context) *Node {
	if n, ok := ctx.(*Node); ok {
		return n
	}
	n, _ := ctx.Value(nodeKey{}).(*Node)
	return n
}

// Cause is context.Cause, faster for a Node.
func Cause(ctx context.Context) error {
	if n, ok := ctx.(*Node); ok {
		return n.Cause()
	}
	return context.Cause(ctx)
}

// InitScope makes n a scope under ctx: linked below the node that ctx belongs to
// where there is one, and ended when ctx ends. Call EndScope when it is over.
//
// owner is what Owner returns: what the scope is the node of. kind says what opened
// the scope, for its name where none was given; pc is the entry of the function
// that runs in it, 0 if there is none.
func (n *Scope) InitScope(ctx context.Context, owner any, kind Kind, name string, pc uintptr) {
	n.pc = pc
	if Level.Load() > 0 {
		n.Born()
	}
	ext := &n.x
	ext.owner = owner
	ext.kind = kind
	n.ext.preset(ext)
	if name != "" {
		n.SetName(name)
	}
	p, direct := ctx.(*Node)
	if !direct {
		ext.values = ctx
		p, _ = ctx.Value(nodeKey{}).(*Node)
		direct = p != nil && ctx.Done() == p.Done()
	}
	watched := !direct && ctx.Done() != nil
	switch {
	case watched:
		n.flags.preset(isScope | isForeign | isPolled)
	case !direct:
		n.flags.preset(isScope | isForeign)
	default:
		n.flags.preset(isScope)
	}
	if p != nil {
		p.mu.Lock()
		if p.flags.Load()&isRetired != 0 {
			p.mu.Unlock()
			p = p.parent
			p.mu.Lock()
		}
		p.link(&n.Node)
		if direct {
			n.inherit(p)
		}
		p.mu.Unlock()
	}
	if watched {
		ext.stop = context.AfterFunc(ctx, n.poll)
	}
}

// InitChild makes n a task below p. The caller holds p's lock.
func (n *Node) InitChild(p *Node, pc uintptr, flags uint32) {
	n.pc = pc
	if flags != 0 {
		n.flags.preset(flags)
	}
	n.inherit(p)
	p.link(n)
}

// inherit takes over what has happened to p before n was its child.
func (n *Node) inherit(p *Node) {
	switch f := p.flags.Load(); {
	case f == isScope: // the common case
	case f&isCancelled != 0:
		n.flags.Or(f&(isExpired|isPolled) | isCancelled | isInherited)
	case f&isEnded != 0:
		n.flags.Or(isCancelled | isInherited)
	case f&isPolled != 0:
		n.flags.Or(isPolled)
	}
}

// InitWorker makes n the context of a goroutine that runs one item of p after
// the other. It is p's context in all but its place in the tree: it ends when p's
// does. The caller holds p's lock.
func (n *Node) InitWorker(p *Node) { n.InitChild(p, 0, isShared|IsWorker) }

// Retire takes the worker k off n's list, unless a goroutine that it has leaked
// has opened a scope below it: that one has to be reached when n ends. The caller
// holds n's lock.
func (n *Node) Retire(k *Node) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if ext := k.ext.Load(); ext == nil || ext.kids == nil {
		k.flags.Or(isRetired)
		n.Unlink(k)
	}
}

// Lock and Unlock guard the list of children; the type that embeds a scope's
// node uses them for its own state too, so that adding a child is one critical
// section.
func (n *Node) Lock()   { n.mu.Lock() }
func (n *Node) Unlock() { n.mu.Unlock() }

func (n *Node) link(k *Node) {
	ext := n.extend()
	k.parent = n
	if k.Obj.id == 0 { // at level 2 it has one already
		k.Obj.id = uintptr(ext.nextNumber())
	}
	k.next = ext.kids
	if ext.kids != nil {
		ext.kids.prev = k
	}
	ext.kids = k
}

// nextNumber hands out the numbers of a scope's children, from blocks, because one
// counter for the whole process would be a place where all cores meet. The caller
// holds the scope's lock.
func (ext *extension) nextNumber() uint64 {
	if ext.left == 0 {
		ext.size = uint8(min(max(4, 2*int(ext.size)), 128))
		ext.left = ext.size
		ext.number = lastObject.Add(uint64(ext.size)) - uint64(ext.size) + 1
	}
	ext.left--
	ext.number++
	return ext.number - 1
}

// Unlink takes the child k out of n's list. The caller holds n's lock.
func (n *Node) Unlink(k *Node) {
	if k.prev == nil {
		n.ext.Load().kids = k.next
	} else {
		k.prev.next = k.next
	}
	if k.next != nil {
		k.next.prev = k.prev
	}
	k.prev, k.next = nil, nil
}

// NextPending returns the oldest task that is younger than its sibling n and not
// yet started, nil if there is none. The caller holds the parent's lock.
func (n *Node) NextPending() *Node {
	k := n.prev
	for k != nil && (k.life&isStarted != 0 || k.Flag(isScope|isBookmark|IsWorker)) {
		k = k.prev
	}
	return k
}

// Cancel ends n's context and those below it with the given cause, which must
// not be nil. It reports whether n was neither cancelled nor ended before.
func (n *Node) Cancel(cause error) bool { return n.cancel(cause, 0) }

// Expire is Cancel with context.DeadlineExceeded as the context's error.
func (n *Node) Expire(cause error) bool { return n.cancel(cause, isExpired) }

func (n *Node) cancel(cause error, how uint32) bool {
	var calls []*after
	n.mu.Lock()
	ok := n.cancelLocked(cause, how, &calls)
	n.mu.Unlock()
	for _, a := range calls {
		a.f()
	}
	return ok
}

// CancelLocked is Cancel for a caller who holds n's lock, and calls finish after
// releasing it.
func (n *Node) CancelLocked(cause error) (finish func()) {
	var calls []*after
	n.cancelLocked(cause, 0, &calls)
	return func() {
		for _, a := range calls {
			a.f()
		}
	}
}

func (n *Node) cancelLocked(cause error, how uint32, calls *[]*after) bool {
	if n.flags.Load()&(isCancelled|isEnded) != 0 {
		return false
	}
	if how&isInherited == 0 || n.flags.Load()&isForeign != 0 {
		n.extend().cause = cause
		if Level.Load() > 0 {
			n.rarity().asked.Store(tick())
		}
	}
	n.flags.Or(isCancelled | how)
	n.endLocked(how, calls)
	return true
}

// endLocked tells everybody that n's context has ended.
func (n *Node) endLocked(how uint32, calls *[]*after) {
	if w := n.waiter.Load(); w != nil {
		w.cancelled()
	}
	ext := n.ext.Load()
	if ext == nil {
		return
	}
	if done := ext.done.Load(); done != nil && !ext.closed {
		ext.closed = true
		close(done)
	}
	if rare := ext.rare.Load(); rare != nil {
		for a := range rare.afters {
			*calls = append(*calls, a)
		}
		rare.afters = nil
	}
	how |= isInherited
	for k := ext.kids; k != nil; k = k.next {
		if k.flags.Load()&isForeign == 0 {
			k.mu.Lock()
			k.cancelLocked(nil, how, calls)
			k.mu.Unlock()
		}
	}
}

// End ends n's context because its function has returned. Below a task nothing
// may be left running; what a leaked goroutine left there is cancelled.
func (n *Node) End() {
	n.flags.Or(isEnded)
	if n.ext.Load() == nil && n.waiter.Load() == nil {
		return
	}
	var calls []*after
	n.mu.Lock()
	n.endLocked(0, &calls)
	n.mu.Unlock()
	for _, a := range calls {
		a.f()
	}
}

// EndScope ends a scope that was made by InitScope and takes it off the tree.
func (n *Scope) EndScope() {
	if n.x.stop != nil {
		n.x.stop()
	}
	n.End()
	if p := n.parent; p != nil {
		p.mu.Lock()
		p.Unlink(&n.Node)
		p.mu.Unlock()
	}
}

// poll looks at the foreign contexts at n and above it, and cancels what has
// ended, so that a cancellation that has happened is seen at once. (Contexts
// that are not ours tell us asynchronously, in a goroutine of their own.)
func (n *Node) poll() {
	for x := n; x != nil; x = x.parent {
		f := x.flags.Load()
		if f&isForeign == 0 {
			continue
		}
		if f&isPolled != 0 {
			if x.parent != nil {
				x.parent.Err() // what is above may not have been told either
			}
			ctx := x.ext.Load().values
			if err := ctx.Err(); err != nil {
				x.cancel(context.Cause(ctx), howOf(err)|isInherited)
			}
		}
		return
	}
}

func howOf(err error) uint32 {
	if errors.Is(err, context.DeadlineExceeded) {
		return isExpired
	}
	return 0
}

// Cause returns why the context has ended, nil while it has not.
func (n *Node) Cause() error {
	switch f := n.flags.Load(); {
	case f&isShared != 0:
		return n.parent.Cause()
	case f&isCancelled != 0 && f&(isInherited|isForeign) == isInherited:
		return n.parent.Cause()
	case f&isCancelled != 0:
		return n.ext.Load().cause
	case f&isEnded != 0:
		return ErrEnded
	}
	return nil
}

// Cancelled reports whether the context was cancelled, which its end at the
// return of the function is not.
func (n *Node) Cancelled() bool { return n.flags.Load()&isCancelled != 0 }

// Inherited reports whether the context was cancelled from above, and not by a
// Cancel of its own.
func (n *Node) Inherited() bool { return n.flags.Load()&isInherited != 0 }
