package explore

import (
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"

	"github.com/inflight-go/inflight/internal/park"
)

// A Step is one turn of a run.
type Step struct {
	Actor string
	What  string // the operation, with the number of its object in this run
	Where string // "file.go:12", "" where there is none
	Note  string // what was chosen, "" for the common case
}

// note takes down a step.
func (c *controller) note(a *actor, r *request, v verdict) {
	s := Step{Actor: a.name(), What: c.what(r), Where: place(r.pcs)}
	switch {
	case r.op != park.OpStart:
	case a.index == 1: // it runs the program, in a function of ours
		s.Where = c.body
	default:
		if _, file, line := a.task().Func(); file != "" {
			s.Where = fmt.Sprintf("%s:%d", filepath.Base(file), line)
		}
	}
	if c.victim != nil {
		c.trace = append(c.trace, Step{Actor: "(test)", What: "cancel", Note: "cancels " + c.called(c.victim)})
	}
	switch {
	case v.fail != nil:
		s.Note = "fails: " + v.fail.Error()
	case v.delay > 0:
		s.Note = "is held up for " + v.delay.String()
	case v.cancelled:
		s.Note = "its context has ended"
	case r.w != nil && r.ctx.Err() != nil:
		s.Note = "granted, though its context has ended"
	case r.w != nil:
		s.Note = "granted"
	}
	c.trace = append(c.trace, s)
}

// what names the operation and its object.
func (c *controller) what(r *request) string {
	switch {
	case r.name != "":
		return fmt.Sprintf("point %q", r.name)
	case r.obj == nil:
		return r.op.String()
	}
	return fmt.Sprintf("%v #%d", r.op, c.number(r.obj))
}

// number returns the number of the object in this run, from 1 in the order in
// which they came.
func (c *controller) number(obj *park.Object) int {
	if c.objects == nil {
		c.objects = make(map[*park.Object]int)
	}
	if c.objects[obj] == 0 {
		c.objects[obj] = len(c.objects) + 1
	}
	return c.objects[obj]
}

// called returns the name of a task.
func (c *controller) called(n *park.Node) string {
	for _, a := range c.waiting {
		if a.task() == n && a.runs() {
			return a.name()
		}
	}
	return nameOf(n, 0)
}

// name names the task that a runs; a goroutine that only uses the context of one is
// a goroutine.
func (a *actor) name() string {
	if !a.runs() {
		return nameOf(nil, a.index)
	}
	return nameOf(a.task(), a.index)
}

// nameOf returns a name that is the same in each run: the one that the user has
// given, else what it is, with its number in the run.
func nameOf(n *park.Node, index int) string {
	if n == nil {
		return fmt.Sprintf("goroutine %d", index)
	}
	if n.Flag(park.IsWorker) {
		scope := n.Parent()
		name := strings.TrimPrefix(n.Name(), scope.Name())
		return strings.TrimSuffix(scope.Name(), fmt.Sprintf("-%d", scope.ID())) + name
	}
	name := n.Name()
	if kind, ok := strings.CutSuffix(name, fmt.Sprintf("-%d", n.ID())); ok && index > 0 {
		return fmt.Sprintf("%s %d", kind, index)
	}
	return name
}

// blocked says who waits for what.
func (s *Sim) blocked() string {
	var b strings.Builder
	c := &s.control
	for _, a := range c.waiting {
		r := a.request()
		where := place(r.pcs)
		if where != "" {
			where = " at " + where
		}
		fmt.Fprintf(&b, "    %s waits for %s%s\n", a.name(), c.what(&r), where)
	}
	return b.String()
}

const module = "github.com/inflight-go/inflight"

// place returns the line of the innermost caller that belongs neither to Go nor
// to this library.
func place(pcs []uintptr) string {
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		if f.Function != "" && !machinery(f) {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		if !more {
			return ""
		}
	}
}

// machinery reports whether the frame belongs to Go or to this library.
func machinery(f runtime.Frame) bool {
	dir, base := path.Split(f.Function)
	pkg, _, _ := strings.Cut(base, ".")
	pkg = dir + pkg
	if rel, ok := strings.CutPrefix(pkg, module); ok {
		return !strings.HasSuffix(f.File, "_test.go") && !strings.HasPrefix(rel, "/examples/") && !strings.HasPrefix(rel, "/internal/corpus")
	}
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".") && first != "main" && standard(f.File)
}

// standard reports whether the file belongs to the standard library.
func standard(file string) bool {
	src := goSource()
	return src == "" || strings.HasPrefix(file, src)
}

// placeOf returns the line where a function begins.
func placeOf(f any) string {
	pc := reflect.ValueOf(f).Pointer()
	file, line := runtime.FuncForPC(pc).FileLine(pc)
	return fmt.Sprintf("%s:%d", filepath.Base(file), line)
}

// goSource returns the folder of the standard library's sources, "" if the binary
// was built with -trimpath.
var goSource = sync.OnceValue(func() string {
	pc := reflect.ValueOf(strings.Fields).Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	src, _ := strings.CutSuffix(file, "strings/strings.go")
	return src
})
