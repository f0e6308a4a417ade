package park

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// Level says how much is recorded for introspection: 0, the default, the tree
// and what everybody waits for; 1 also since when, when a task was started, and
// which tasks did not succeed; 2 also who started it.
var Level atomic.Int32

// Moments are kept as ticks of 8 ms, counted round and round: the 31 bits that a
// node, and the 32 that a waiter, has to spare are enough to tell how long ago
// something was, up to half a year, in real time and in bubbles. 0 is unknown.
const (
	tickShift = 23
	tickMask  = 1<<31 - 1
)

var firstTick = time.Now()

// tick is the present moment.
func tick() uint32 {
	d := time.Duration(0)
	if s := Simulated(); s != nil {
		d = s.Now().Sub(time.Unix(0, 0))
	} else {
		d = time.Since(firstTick) // reads one clock, where time.Now reads two
	}
	return uint32(d>>tickShift)&tickMask | 1
}

// since is the moment of a tick, the zero time for none.
func since(t uint32) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return Now().Add(-time.Duration((tick()-t)&tickMask) << tickShift)
}

// isStarted is the bit of Node.life that says that the function has been called;
// the tick of the birth is above it.
const isStarted = 1

// Born records when the task was admitted or the scope opened; call it before the
// node is shared.
func (n *Node) Born() { n.life = n.life&isStarted | tick()<<1 }

// Start records that the function is called. The caller holds the parent's lock.
func (n *Node) Start() { n.life |= isStarted }

// CreatedBy records who started the task; call it before the node is shared.
func (n *Node) CreatedBy(pc uintptr) {
	n.mu.Lock()
	n.rarity().creator = pc
	n.mu.Unlock()
}

// Creator returns who started the task, 0 below level 2.
func (n *Node) Creator() uintptr {
	if rare := n.rare(); rare != nil {
		return rare.creator
	}
	return 0
}

// record takes down what is waited for. It is seen while the waiter is parked.
func (w *Waiter) record(ctx context.Context, op Op, obj *Object) {
	if Level.Load() > 0 {
		w.since.Store(tick())
	}
	what := uint64(op)<<opShift | obj.ID()
	if n, ok := ctx.(*Node); !ok || n != w.owner {
		if _, timed := ctx.Deadline(); timed {
			what |= isTimed
		}
	}
	w.op.Store(what)
}

// HeldBy says where to read which task has what is waited for. (That keeps the
// thing reachable, as the stack of the goroutine that waits does too.)
func (w *Waiter) HeldBy(owner *atomic.Pointer[Node]) {
	if w.owner != nil {
		w.holder.Store(owner)
	}
}

// Targets are the tasks that a wait for several is for, by their numbers.
type Targets struct {
	IDs []uint64
	All bool // it needs the end of all of them; else of some
}

// WaitsFor says what the coming wait is for, nil when it is over.
func (w *Waiter) WaitsFor(t *Targets) {
	if w.owner == nil {
		return
	}
	w.owner.mu.Lock()
	rare := w.owner.rarity()
	w.owner.mu.Unlock()
	rare.targets.Store(t)
}

// A Wait is what a node waits for at one moment.
type Wait struct {
	Op      Op
	On      uint64 // the number of the thing or task, 0 for one that has none
	Since   time.Time
	Timed   bool     // it ends by itself; a deadline of the node's own is not meant
	Holder  uint64   // the number of the task that has the thing, 0 for unknown
	Targets *Targets // of a wait for several
}

// Waiting returns what the task waits for; the Op is OpNone for nothing that is
// known. Since is zero below level 1.
func (n *Node) Waiting() (s Wait) {
	if n.Flag(isJoining) {
		return Wait{Op: OpJoin, On: n.ID(), Since: since(atomic.LoadUint32(&n.ext.Load().joined))}
	}
	w := n.waiter.Load()
	if w == nil || w.phase.Load() != parked {
		return
	}
	what := w.op.Load()
	s.Timed = what&isTimed != 0
	what &^= isTimed
	s.Op, s.On, s.Since = Op(what>>opShift), what&^(0xff<<opShift), since(w.since.Load())
	if p := w.holder.Load(); p != nil {
		if owner := p.Load(); owner != nil {
			s.Holder = owner.ID()
		}
	}
	if rare := n.rare(); rare != nil && (s.Op == OpWait || s.Op == OpCompleted) {
		s.Targets = rare.targets.Load()
	}
	return s
}

// Since returns when the task was admitted or the scope opened, zero below
// level 1. The caller holds the parent's lock, or has life from Kids.
func (n *Node) Since() time.Time {
	if p := n.parent; p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
	}
	return since(n.life >> 1)
}

// Asked returns when n was cancelled, from wherever it came; zero below level 1.
func (n *Node) Asked() time.Time {
	for x := n; x != nil; x = x.parent {
		if x.flags.Load()&(isInherited|isForeign) == isInherited || x.flags.Load()&isShared != 0 {
			continue
		}
		if rare := x.rare(); rare != nil {
			return since(rare.asked.Load())
		}
		break
	}
	return time.Time{}
}

// DeadlineBelow returns the deadline of n's context, zero for none, where above is
// that of the parent's.
func (n *Node) DeadlineBelow(above time.Time) time.Time {
	ext := n.ext.Load()
	if ext == nil {
		return above
	}
	if ext.values != nil {
		above, _ = ext.values.Deadline()
	}
	if rare := ext.rare.Load(); rare != nil {
		if d := rare.deadline.Load(); d != nil && (above.IsZero() || d.Before(above)) {
			return *d
		}
	}
	return above
}

// ID returns the node's number, unique in the process, given when it is first
// asked for.
func (n *Node) ID() uint64 { return n.Obj.ID() }

// SetName names the node; call it before the node is shared.
func (n *Node) SetName(name string) {
	n.mu.Lock()
	n.rarity().name = name
	n.mu.Unlock()
}

// GivenName returns the name that was given, "" if none was.
func (n *Node) GivenName() string {
	if rare := n.rare(); rare != nil {
		return rare.name
	}
	return ""
}

// SetKind says what kind of thing the node is, where that is not a task; call it
// before the node is shared.
func (n *Node) SetKind(kind Kind) {
	n.mu.Lock()
	n.extend().kind = kind
	n.mu.Unlock()
}

// Name returns the given name; without one task-N for a task, the kind with a
// number for what is none, and for a worker its scope's name with the item's
// index.
func (n *Node) Name() string {
	if name := n.GivenName(); name != "" {
		return name
	}
	if n.Flag(IsWorker) {
		return n.parent.Name() + "[" + strconv.Itoa(n.item()) + "]"
	}
	return n.Kind() + "-" + strconv.FormatUint(n.ID(), 10)
}

// Scope reports whether the node is a scope, and not a task.
func (n *Node) Scope() bool { return n.flags.Load()&isScope != 0 }

// Flag reports whether one of the exported flags is set.
func (n *Node) Flag(f uint32) bool { return n.flags.Load()&f != 0 }

// Kind returns what opened the scope, "task" for a task.
func (n *Node) Kind() string {
	if ext := n.ext.Load(); ext != nil {
		return ext.kind.String()
	}
	return KindTask.String()
}

// Running reports whether the function has been called; a scope always runs.
func (n *Node) Running() bool {
	if n.parent == nil || n.Flag(isScope|IsWorker) {
		return true
	}
	n.parent.mu.Lock()
	defer n.parent.mu.Unlock()
	return n.life&isStarted != 0
}

// Owner returns what the scope is the node of, nil for a task.
func (n *Node) Owner() any {
	if ext := n.ext.Load(); ext != nil {
		return ext.owner
	}
	return nil
}

// Shared returns a thing that belongs to the node, made when it is first asked
// for.
func (n *Node) Shared(create func() any) any {
	n.mu.Lock()
	defer n.mu.Unlock()
	rare := n.rarity()
	if rare.shared == nil {
		rare.shared = create()
	}
	return rare.shared
}

// Parent returns the node above, nil for a root.
func (n *Node) Parent() *Node { return n.parent }

// A Kid is a node as its parent knows it.
type Kid struct {
	*Node
	life uint32
}

// Running is Node.Running at the moment of Kids.
func (k Kid) Running() bool {
	return k.parent == nil || k.Flag(isScope|IsWorker) || k.life&isStarted != 0
}

// Since is Node.Since.
func (k Kid) Since() time.Time { return since(k.life >> 1) }

// Self returns a node that nothing is above as a Kid.
func (n *Node) Self() Kid {
	if p := n.parent; p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
	}
	return Kid{n, n.life}
}

// chunk is how many nodes are looked at while the lock is held: the group's other
// work is held up for less than a millisecond.
const chunk = 4096

// Kids appends the nodes below n to list, the oldest first, and returns it. What
// is added meanwhile is not in it; what ends may be.
func (n *Node) Kids(list []Kid) []Kid {
	ext := n.ext.Load()
	if ext == nil {
		return list
	}
	at := len(list)
	n.mu.Lock()
	for k := ext.kids; k != nil; k = n.pause(k) {
		for i := 0; k != nil && i < chunk; k, i = k.next, i+1 {
			if !k.Flag(isBookmark) {
				list = append(list, Kid{k, k.life})
			}
		}
		if k == nil {
			break
		}
		list = slices.Grow(list, chunk)
	}
	n.mu.Unlock()
	slices.Reverse(list[at:])
	return list
}

// pause gives n's lock to others and takes it again. k is a child that is not the
// first; pause returns it, or what has come to stand in its place. A bookmark
// keeps that, because k may end meanwhile.
func (n *Node) pause(k *Node) *Node {
	mark := n.bookmark(k)
	n.mu.Unlock()
	n.mu.Lock()
	k = mark.next
	n.Unlink(mark)
	return k
}

// bookmark puts a bookmark in front of k, which is not the first. The caller holds the
// lock.
func (n *Node) bookmark(k *Node) *Node {
	mark := &Node{parent: n, prev: k.prev, next: k}
	mark.flags.preset(isBookmark | isForeign) // not cancelled with the others
	k.prev.next = mark
	k.prev = mark
	return mark
}

// Entry returns the entry of the function that the task runs, 0 for none.
func (n *Node) Entry() uintptr {
	if n.Flag(IsWorker) {
		return n.parent.Entry()
	}
	return n.pc
}

// Func returns the symbol and the place of the function that the task runs:
// for a function literal that is where the task was started.
func (n *Node) Func() (symbol, file string, line int) { return Place(n.Entry()) }

// Place returns the symbol and the place of an entry point.
func Place(pc uintptr) (symbol, file string, line int) {
	f := runtime.FuncForPC(pc)
	if pc == 0 || f == nil {
		return "", "", 0
	}
	file, line = f.FileLine(pc)
	return f.Name(), file, line
}
