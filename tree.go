package inflight

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/inflight-go/inflight/internal/park"
)

// Info describes a task or scope at one moment.
type Info struct {
	ID     uint64 // unique in the process
	Parent uint64 // ID of what it is in, 0 for none
	Name   string
	Kind   string // "task", or what opened the scope: "group", "gather", "map", …
	State  State  // Pending or Running
	// Cancelled: its context has ended, and it has not returned yet.
	Cancelled bool
	// Func, File and Line are the symbol and the place of the function that it
	// runs; for a function literal that is where it was started.
	Func string
	File string
	Line int
	// Waiting is what it waits for, such as "queue.get", empty for nothing that
	// the library knows of; On is the number of that thing, or the ID of that
	// task, 0 for none. Since is zero unless SetDebug was called.
	Waiting string
	On      uint64
	Since   time.Time
	Started time.Time // zero unless SetDebug was called
}

// String returns a line such as "fetch [queue.get] main.go:12".
func (i Info) String() string {
	state := i.State.String()
	if i.Waiting != "" {
		state = i.Waiting
		if i.On != 0 {
			state += fmt.Sprintf(" #%d", i.On)
		}
	}
	if i.Cancelled {
		state += ", cancelled"
	}
	s := fmt.Sprintf("%s [%s]", i.Name, state)
	if i.File != "" {
		s += fmt.Sprintf(" %s:%d", i.File[strings.LastIndexByte(i.File, '/')+1:], i.Line)
	}
	return s
}

// SetDebug sets how much is recorded for Tasks and the tree. 0, the default, is
// the tree and what everybody waits for, and costs nothing that can be measured;
// 1 adds since when, and when each task was started. It counts from the next
// task, and the next wait, on.
func SetDebug(level int) { park.Level.Store(int32(level)) }

// Current describes the task that ctx belongs to: the innermost task or scope
// whose context ctx is, or is derived from. It reports false outside of any.
func Current(ctx context.Context) (Info, bool) {
	n := park.Of(ctx)
	if n != nil && isDeadline(n) {
		n = above(n)
	}
	if n == nil {
		return Info{}, false
	}
	return describe(n), true
}

// Tasks describes all that is running in the process: each scope is followed by
// what is in it, the oldest first. What starts or ends meanwhile may be there or
// not; nothing is there twice.
func Tasks() []Info {
	var list []Info
	for _, root := range openRoots() {
		list = descend(list, root)
	}
	return list
}

func descend(list []Info, n *park.Node) []Info {
	if !isDeadline(n) {
		list = append(list, describe(n))
	}
	for _, k := range n.Kids(nil) {
		list = descend(list, k)
	}
	return list
}

// isDeadline reports whether n is only a deadline on the way: what it waits for
// is its task's wait, and what is below it is below its task.
func isDeadline(n *park.Node) bool {
	_, ok := n.Owner().(*Deadline)
	return ok
}

// above returns the task or scope that n is in, nil for none.
func above(n *park.Node) *park.Node {
	for n = n.Parent(); n != nil && isDeadline(n); {
		n = n.Parent()
	}
	return n
}

// outermost returns the topmost task or scope that n is in, or n.
func outermost(n *park.Node) *park.Node {
	for p := above(n); p != nil; p = above(p) {
		n = p
	}
	return n
}

func describe(n *park.Node) Info {
	i := Info{ID: n.ID(), Name: n.Name(), Kind: n.Kind(), State: Running, Cancelled: n.Cancelled()}
	if !n.Running() {
		i.State = Pending
	}
	if p := above(n); p != nil {
		i.Parent = p.ID()
	}
	i.Func, i.File, i.Line = n.Func()
	i.Started = n.Since()
	i.wait(n)
	for _, k := range n.Kids(nil) {
		if i.Waiting == "" && isDeadline(k) {
			i.wait(k)
		}
	}
	return i
}

func (i *Info) wait(n *park.Node) {
	op, on, since := n.Waiting()
	i.Waiting, i.On, i.Since = op.String(), on, since
}

// writeTree writes the tree of all tasks, indented.
func writeTree(w io.Writer) {
	depth := make(map[uint64]int)
	for _, i := range Tasks() {
		depth[i.ID] = depth[i.Parent] + 1
		fmt.Fprintf(w, "%s%s\n", strings.Repeat("  ", depth[i.ID]), i)
	}
}

// roots knows the scopes that no other is above. It must not keep anything
// reachable: a strong list would hide every leaked goroutine from the runtime's
// leak profile. So it holds weak pointers to anchors; an anchor leads to its
// scope while that is open, and is reused, because making a weak pointer costs as
// much as starting a goroutine.
var roots struct {
	mu   sync.Mutex
	list []weak.Pointer[anchor]
	free sync.Pool // of *anchor, which holds no channel
}

type anchor struct{ n atomic.Pointer[park.Node] }

// register makes n known if no other scope is above it. Otherwise it returns
// nil, which may be released all the same.
func register(n *park.Node) *anchor {
	if above(n) != nil {
		return nil
	}
	a, _ := roots.free.Get().(*anchor)
	if a == nil {
		a = new(anchor)
		roots.mu.Lock()
		roots.list = slices.DeleteFunc(roots.list, func(p weak.Pointer[anchor]) bool { return p.Value() == nil })
		roots.list = append(roots.list, weak.Make(a))
		roots.mu.Unlock()
	}
	a.n.Store(n)
	return a
}

func (a *anchor) release() {
	if a == nil {
		return
	}
	a.n.Store(nil)
	roots.free.Put(a)
}

// openRoots returns the roots, the oldest first.
func openRoots() []*park.Node {
	roots.mu.Lock()
	anchors := slices.Clone(roots.list)
	roots.mu.Unlock()
	var open []*park.Node
	for _, p := range anchors {
		if a := p.Value(); a != nil {
			if n := a.n.Load(); n != nil {
				open = append(open, n)
			}
		}
	}
	slices.SortFunc(open, func(a, b *park.Node) int { return int(a.ID()) - int(b.ID()) })
	return open
}
