package inflight

import (
	"context"
	"fmt"
	"io"
	"runtime"
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
	// Targets are the IDs of the tasks that a Wait, or a range over Completed, is
	// for; All says that it needs the end of all of them.
	Targets []uint64
	All     bool
	// Holder is the ID of the task that holds the mutex it waits for, 0 where that
	// is unknown.
	Holder uint64
	// Deadline is when its context, or one above it, ends by itself; zero for
	// never. Timed says that the wait ends by itself, by a context of its own.
	Deadline time.Time
	Timed    bool
	// Cause is why its context has ended, nil while Cancelled is false; Asked is
	// when that was, zero unless SetDebug was called.
	Cause error
	Asked time.Time
	// Service: it was started by TaskGroup.Service, and ends when the others do.
	Service bool
	// Creator is where it was started, such as "/src/shop/main.go:12"; empty
	// unless SetDebug(2) was called.
	Creator string
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
// 1 adds since when, when each task was started, and which tasks did not succeed;
// 2 adds who started it. A program that imports package debug also gets profile
// labels: at level 1 "task", the name, and at level 2 "task_id" beside it, instead
// of the labels that the program has set itself. A level counts from the next task,
// and the next wait, on.
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
	var d describer
	d.add(seen{Kid: n.Self(), parent: above(n)}, nil)
	return d.list[0], true
}

// Tasks describes all that is running in the process: each scope is followed by
// what is in it, the oldest first. What starts or ends meanwhile may be there or
// not; nothing is there twice.
//
// No lock is held for longer than it takes to look at some thousand tasks.
func Tasks() []Info {
	var w walk
	for _, root := range openRoots() {
		w.descend(seen{Kid: root.Self()})
	}
	d := describer{list: make([]Info, 0, len(w.all)), sources: make(map[uintptr]source)}
	for i, s := range w.all {
		d.add(s, w.below[i])
	}
	return d.list
}

// seen is a task or scope in the order of Tasks.
type seen struct {
	park.Kid
	parent   *park.Node // the task or scope that it is in
	deadline *time.Time // of its context, nil for none; most share that of what they are in
}

// A walk goes down the tree.
type walk struct {
	all   []seen
	below map[int][]*park.Node // deadlines below one of all, under which it may wait
}

func (w *walk) descend(s seen) {
	s.setDeadline()
	at := len(w.all)
	if isDeadline(s.Node) {
		at = -1
	} else {
		w.all = append(w.all, s)
	}
	for _, k := range s.Kids(nil) {
		kid := seen{Kid: k, parent: s.Node, deadline: s.deadline}
		if at < 0 {
			kid.parent = s.parent
		} else if isDeadline(k.Node) {
			if w.below == nil {
				w.below = make(map[int][]*park.Node)
			}
			w.below[at] = append(w.below[at], k.Node)
		}
		w.descend(kid)
	}
}

// setDeadline makes of the deadline of what s is in that of s.
func (s *seen) setDeadline() {
	var above time.Time
	if s.deadline != nil {
		above = *s.deadline
	}
	switch d := s.DeadlineBelow(above); {
	case d.IsZero():
		s.deadline = nil
	case !d.Equal(above):
		s.deadline = &d
	}
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

// A describer makes Infos. To find a function's place takes longer than all the
// rest, so each is looked up once.
type describer struct {
	list    []Info
	sources map[uintptr]source
}

type source struct {
	symbol, file string
	line         int
}

func (d *describer) source(pc uintptr) source {
	p, ok := d.sources[pc]
	if !ok {
		p.symbol, p.file, p.line = park.Place(pc)
		if d.sources != nil {
			d.sources[pc] = p
		}
	}
	return p
}

func (d *describer) add(s seen, below []*park.Node) {
	d.list = append(d.list, Info{
		ID: s.ID(), Name: s.Name(), Kind: s.Kind(), State: Running, Cancelled: s.Cancelled(),
		Started: s.Since(), Service: s.Flag(park.IsService),
	})
	i := &d.list[len(d.list)-1]
	if !s.Running() {
		i.State = Pending
	}
	if s.parent != nil {
		i.Parent = s.parent.ID()
	}
	if s.deadline != nil {
		i.Deadline = *s.deadline
	}
	if i.Cancelled {
		i.Cause, i.Asked = s.Cause(), s.Asked()
	}
	p := d.source(s.Entry())
	i.Func, i.File, i.Line = p.symbol, p.file, p.line
	if pc := s.Creator(); pc != 0 {
		f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
		i.Creator = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	i.wait(s.Node)
	for _, k := range below {
		if i.Waiting == "" {
			i.wait(k)
		}
	}
}

func (i *Info) wait(n *park.Node) {
	w := n.Waiting()
	i.Waiting, i.On, i.Since, i.Timed, i.Holder = w.Op.String(), w.On, w.Since, w.Timed, w.Holder
	if w.Targets != nil {
		i.Targets, i.All = w.Targets.IDs, w.Targets.All
	}
	if isDeadline(n) && !n.DeadlineBelow(time.Time{}).IsZero() {
		i.Timed = true
	}
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
	full int       // how long list may become before it is looked through
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
		if len(roots.list) >= roots.full {
			roots.list = slices.DeleteFunc(roots.list, func(p weak.Pointer[anchor]) bool { return p.Value() == nil })
			roots.full = max(64, 2*len(roots.list))
		}
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
