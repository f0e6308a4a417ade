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

// waitFor records what the node's own goroutine waits for.
func (n *Node) waitFor(op Op, obj *Object) {
	if Level.Load() > 0 && op != OpNone {
		n.mu.Lock()
		ext := n.extend()
		n.mu.Unlock()
		ext.since.Store(Now().UnixNano())
	}
	n.obj.Store(obj.ID())
	n.op.Store(uint32(op))
}

// Waiting returns what the task waits for, the number of that thing (0 for one
// that has none), and since when (zero below level 1).
func (n *Node) Waiting() (op Op, obj uint64, since time.Time) {
	op, obj = Op(n.op.Load()), n.obj.Load()
	if ext := n.ext.Load(); ext != nil && op != OpNone {
		if ns := ext.since.Load(); ns != 0 {
			since = time.Unix(0, ns)
		}
	}
	return op, obj, since
}

// Born records when the task was started, at level 1.
func (n *Node) Born() {
	n.mu.Lock()
	n.extend().born.Store(Now().UnixNano())
	n.mu.Unlock()
}

// Started returns when the task was started, zero below level 1.
func (n *Node) Started() time.Time {
	if ext := n.ext.Load(); ext != nil {
		if ns := ext.born.Load(); ns != 0 {
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
	n.extend().name = name
	n.mu.Unlock()
}

// SetItem says which item a worker runs now.
func (n *Node) SetItem(i int) { n.ext.Load().item.Store(int64(i)) }

// Name returns the given name; without one task-N for a task, the kind with a
// number for a scope, and for a worker its scope's name with the item's index.
func (n *Node) Name() string {
	ext := n.ext.Load()
	switch {
	case ext != nil && ext.name != "":
		return ext.name
	case n.Flag(IsWorker):
		return n.parent.Name() + "[" + strconv.FormatInt(ext.item.Load(), 10) + "]"
	case n.Scope():
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

// Mark sets one of the exported flags.
func (n *Node) Mark(f uint32) { n.flags.Or(f) }

// SetOwner says what a scope is the node of; call it before the node is shared.
func (n *Node) SetOwner(owner any) { n.ext.Load().owner = owner }

// Owner returns what SetOwner said.
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
	ext := n.extend()
	if ext.shared == nil {
		ext.shared = create()
	}
	return ext.shared
}

// Parent returns the node above, nil for a root.
func (n *Node) Parent() *Node { return n.parent }

// Kids appends the nodes below n to list and returns it.
func (n *Node) Kids(list []*Node) []*Node {
	if n.flags.Load()&hasKids == 0 {
		return list
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	at := len(list)
	for k := n.kids; k != nil; k = k.next {
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
	f := runtime.FuncForPC(n.pc)
	if n.pc == 0 || f == nil {
		return "", "", 0
	}
	file, line = f.FileLine(n.pc)
	return f.Name(), file, line
}
