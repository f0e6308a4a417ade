package park

import (
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
)

// Level says how much is recorded for introspection: 0, the default, the tree
// and what everybody waits for; 1 also since when, and when a task was started.
var Level atomic.Int32

// record takes down what is waited for. It is seen while the waiter is parked.
func (w *Waiter) record(op Op, obj *Object) {
	if Level.Load() > 0 {
		w.owner.mu.Lock()
		rare := w.owner.rarity()
		w.owner.mu.Unlock()
		rare.since.Store(Now().UnixNano())
	}
	w.op.Store(uint64(op)<<opShift | obj.ID())
}

// Waiting returns what the task waits for, the number of that thing (0 for one
// that has none), and since when (zero below level 1).
func (n *Node) Waiting() (op Op, obj uint64, since time.Time) {
	if n.Flag(isJoining) {
		return OpJoin, n.ID(), since
	}
	w := n.waiter.Load()
	if w == nil || w.phase.Load() != parked {
		return
	}
	what := w.op.Load()
	if rare := n.rare(); rare != nil {
		if ns := rare.since.Load(); ns != 0 {
			since = time.Unix(0, ns)
		}
	}
	return Op(what >> opShift), what &^ (0xff << opShift), since
}

// Born records when the task was started, at level 1.
func (n *Node) Born() {
	n.mu.Lock()
	n.rarity().born.Store(Now().UnixNano())
	n.mu.Unlock()
}

// Since returns when the task was started, zero below level 1.
func (n *Node) Since() time.Time {
	if rare := n.rare(); rare != nil {
		if ns := rare.born.Load(); ns != 0 {
			return time.Unix(0, ns)
		}
	}
	return time.Time{}
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

// SetKind says what kind of thing the node is, where that is not a task; call it
// before the node is shared.
func (n *Node) SetKind(kind string) {
	n.mu.Lock()
	n.extend().kind = kind
	n.mu.Unlock()
}

// Name returns the given name; without one task-N for a task, the kind with a
// number for what is none, and for a worker its scope's name with the item's
// index.
func (n *Node) Name() string {
	if rare := n.rare(); rare != nil && rare.name != "" {
		return rare.name
	}
	ext := n.ext.Load()
	switch {
	case n.Flag(IsWorker):
		return n.parent.Name() + "[" + strconv.Itoa(n.item()) + "]"
	case ext != nil && ext.kind != "":
		return ext.kind + "-" + strconv.FormatUint(n.ID(), 10)
	}
	return "task-" + strconv.FormatUint(n.ID(), 10)
}

// Scope reports whether the node is a scope, and not a task.
func (n *Node) Scope() bool { return n.flags.Load()&isScope != 0 }

// Flag reports whether one of the exported flags is set.
func (n *Node) Flag(f uint32) bool { return n.flags.Load()&f != 0 }

// Kind returns what opened the scope, "task" for a task.
func (n *Node) Kind() string {
	if ext := n.ext.Load(); ext != nil && ext.kind != "" {
		return ext.kind
	}
	return "task"
}

// Running reports whether the function has been called; a scope always runs.
func (n *Node) Running() bool {
	if n.parent == nil || n.Flag(isScope|IsWorker) {
		return true
	}
	n.parent.mu.Lock()
	defer n.parent.mu.Unlock()
	return n.Started
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

// Kids appends the nodes below n to list and returns it.
func (n *Node) Kids(list []*Node) []*Node {
	ext := n.ext.Load()
	if ext == nil {
		return list
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	at := len(list)
	for k := ext.kids; k != nil; k = k.next {
		list = append(list, k)
	}
	for i, j := at, len(list)-1; i < j; i, j = i+1, j-1 { // the newest is first
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// Func returns the symbol and the place of the function that the task runs:
// for a function literal that is where the task was started.
func (n *Node) Func() (symbol, file string, line int) {
	if n.Flag(IsWorker) {
		return n.parent.Func()
	}
	f := runtime.FuncForPC(n.pc)
	if n.pc == 0 || f == nil {
		return "", "", 0
	}
	file, line = f.FileLine(n.pc)
	return f.Name(), file, line
}
