package inflight_test

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
)

// The oracle of groups. A random program of functions and scopes is run twice: by
// the library, in a bubble, and by a simulation that does one thing at a time and
// is as simple as the rules are. Both must agree on who was called, how and when
// each of them ended, and on what comes out in the end.
//
// All durations of a program are different, so that two things happen at one
// moment only if one is the reason of the other; and whatever wakes somebody is
// followed by a step that takes time, so that it does not matter who goes on
// first.

// A function is what a body or a task does.
type function struct {
	id      int
	steps   []step
	end     outcomeKind
	cleanup time.Duration // what it takes to end when a step was interrupted
	undone  outcomeKind   // how it ends then
}

// A step is one thing that a function does.
type step struct {
	do    stepKind
	d     time.Duration // sleep, deaf
	fn    *function     // spawn, serve: the task; scope: the body
	task  int           // cancelTask, await: the id of its function
	cause error         // cancelGroup, cancelTask
	scope *scopeOptions
}

type scopeOptions struct {
	supervise bool
	limit     int
	handled   bool // the error of the scope is not handed on
}

type stepKind int

const (
	sleep stepKind = iota // ends with the context
	deaf                  // takes no notice of it
	spawn
	serve
	cancelGroup
	cancelTask
	await
	scope
)

type outcomeKind int

const (
	returnsNil outcomeKind = iota
	returnsErr
	returnsCause
	fail // with an error of its own
	exit // runtime.Goexit
	blow // panic
)

// A tag is an error, or the value of a panic, that a program makes.
type tag string

func (t tag) Error() string { return string(t) }

// A program is what is run; outer is when the context that it runs under ends, 0
// for never.
type program struct {
	main  *function
	opts  scopeOptions
	outer time.Duration
	size  int // how many functions
}

// An account is what is known of a run.
type account struct {
	calls map[int]int
	ends  map[int]time.Duration
	state map[int]inflight.State
	tags  []string // of all that came out
	first []string // the tags of each failure that came out, in their order
	raise string   // what the program panicked with, or that it has called Goexit
}

func newAccount() *account {
	return &account{calls: make(map[int]int), ends: make(map[int]time.Duration), state: make(map[int]inflight.State)}
}

// A composer makes programs.
type composer struct {
	*rand.Rand
	used map[time.Duration]bool
	next int
	left int // how many functions may still be made
}

// moment returns a duration that was not used before.
func (c *composer) moment() time.Duration {
	for {
		d := time.Duration(1 + c.Int64N(1e12))
		if !c.used[d] {
			c.used[d] = true
			return d
		}
	}
}

func compose(seed uint64, size int) *program {
	c := &composer{Rand: rand.New(rand.NewPCG(seed, 34)), used: make(map[time.Duration]bool), left: size}
	p := &program{opts: c.options()}
	p.main = c.function(p.opts.limit, 3, true)
	if c.IntN(3) == 0 {
		p.outer = c.moment()
	}
	p.size = c.next
	return p
}

func (c *composer) options() scopeOptions {
	o := scopeOptions{supervise: c.IntN(3) == 0, handled: c.IntN(2) == 0}
	if c.IntN(3) == 0 {
		o.limit = 1 + c.IntN(3)
	}
	return o
}

// function makes a function in a group with the given limit. Where there is one,
// only the body starts tasks: a task that waits for a slot of its own group may
// wait for itself.
func (c *composer) function(limit, depth int, body bool) *function {
	f := &function{id: c.next, end: c.outcome(), undone: c.outcome(), cleanup: c.moment()}
	c.next++
	f.steps = append(f.steps, step{do: sleep, d: c.moment()})
	var tasks []int
	for range c.IntN(6) + 2 {
		switch k := c.IntN(16); {
		case k < 6 && c.left > 0 && (limit == 0 || body):
			c.left--
			s := step{do: spawn, fn: c.function(limit, depth, false)}
			if k == 0 {
				s.do = serve
			} else {
				tasks = append(tasks, s.fn.id)
			}
			f.steps = append(f.steps, s)
			if limit > 0 || c.IntN(2) == 0 {
				f.steps = append(f.steps, c.pause())
			}
		case k < 8 && len(tasks) > 0:
			f.steps = append(f.steps, step{do: await, task: tasks[c.IntN(len(tasks))]}, c.pause())
		case k == 8 && len(tasks) > 0:
			id := tasks[c.IntN(len(tasks))]
			f.steps = append(f.steps, step{do: cancelTask, task: id, cause: tag(fmt.Sprint("end of ", id))})
		case k == 9 && c.IntN(3) == 0:
			s := step{do: cancelGroup}
			if c.IntN(2) == 0 {
				s.cause = tag(fmt.Sprint("enough for ", f.id))
			}
			f.steps = append(f.steps, s)
		case k < 12 && depth > 0 && c.left > 0:
			c.left--
			o := c.options()
			f.steps = append(f.steps, step{do: scope, fn: c.function(o.limit, depth-1, true), scope: &o}, c.pause())
		default:
			f.steps = append(f.steps, c.pause())
		}
	}
	return f
}

func (c *composer) pause() step {
	do := sleep
	if c.IntN(4) == 0 {
		do = deaf
	}
	return step{do: do, d: c.moment()}
}

func (c *composer) outcome() outcomeKind {
	return []outcomeKind{
		returnsNil, returnsNil, returnsNil, returnsNil, returnsNil, returnsNil,
		returnsErr, returnsErr, returnsErr, returnsCause, returnsCause, returnsCause,
		fail, fail, fail, exit, blow,
	}[c.IntN(17)]
}

// A library is one run by the library.
type library struct {
	mu    sync.Mutex
	acc   *account
	begin time.Time
	tasks map[int]*inflight.Task[struct{}]
}

// perform runs p in a bubble.
func perform(t *testing.T, p *program) *account {
	l := &library{acc: newAccount(), tasks: make(map[int]*inflight.Task[struct{}])}
	synctest.Test(t, func(t *testing.T) {
		l.begin = time.Now()
		ctx, cancel := context.WithCancelCause(context.Background())
		defer cancel(nil)
		if p.outer > 0 {
			defer time.AfterFunc(p.outer, func() { cancel(tag("outer")) }).Stop()
		}
		done := make(chan struct{})
		go func() { // which the program may end
			defer close(done)
			l.main(ctx, p)
		}()
		<-done
	})
	for id, task := range l.tasks {
		l.acc.state[id] = task.State()
	}
	return l.acc
}

func (l *library) main(ctx context.Context, p *program) {
	returned := false
	defer func() {
		if returned {
			return
		}
		l.acc.raise = "Goexit"
		if v := recover(); v != nil {
			raised := v.(*inflight.PanicError)
			l.acc.raise = string(raised.Value.(tag))
			l.acc.tags = tagsOf(raised)
		}
	}()
	err := l.scope(ctx, p.main, &p.opts)
	returned = true
	l.acc.tags = tagsOf(err)
	if err != nil {
		for _, e := range joined(err) {
			l.acc.first = append(l.acc.first, strings.Join(tagsOf(e), "+"))
		}
	}
}

func (l *library) scope(ctx context.Context, body *function, o *scopeOptions) error {
	var opts []inflight.Option
	if o.supervise {
		opts = append(opts, inflight.Supervise())
	}
	if o.limit > 0 {
		opts = append(opts, inflight.Limit(o.limit))
	}
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		return l.call(ctx, g, body)
	}, opts...)
}

func (l *library) call(ctx context.Context, g *inflight.TaskGroup, f *function) error {
	l.mu.Lock()
	l.acc.calls[f.id]++
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.acc.ends[f.id] = time.Since(l.begin)
	}()
	for _, s := range f.steps {
		switch s.do {
		case sleep:
			if inflight.Sleep(ctx, s.d) != nil {
				time.Sleep(f.cleanup)
				return f.conclude(ctx, f.undone, "undone")
			}
		case deaf:
			time.Sleep(s.d)
		case spawn, serve:
			start := g.Go
			if s.do == serve {
				start = g.Service
			}
			task := start(func(ctx context.Context) error { return l.call(ctx, g, s.fn) })
			l.mu.Lock()
			l.tasks[s.fn.id] = task
			l.mu.Unlock()
		case cancelGroup:
			g.Cancel(s.cause)
		case cancelTask:
			l.task(s.task).Cancel(s.cause)
		case await:
			l.task(s.task).Await(ctx)
		case scope:
			if err := l.scope(ctx, s.fn, s.scope); err != nil && !s.scope.handled {
				return err
			}
		}
	}
	return f.conclude(ctx, f.end, "end")
}

func (l *library) task(id int) *inflight.Task[struct{}] {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tasks[id]
}

// conclude ends a function.
func (f *function) conclude(ctx context.Context, kind outcomeKind, when string) error {
	switch kind {
	case returnsErr:
		return ctx.Err()
	case returnsCause:
		return context.Cause(ctx)
	case fail:
		return tag(fmt.Sprint(f.id, " at its ", when))
	case exit:
		runtime.Goexit()
	case blow:
		panic(tag(fmt.Sprint(f.id, " blows up at its ", when)))
	}
	return nil
}

// tagsOf returns the tags in the tree of an error, sorted, each once.
func tagsOf(err error) (tags []string) {
	found := make(map[string]bool)
	var walk func(err error)
	walk = func(err error) {
		switch {
		case err == nil:
		case err == inflight.ErrGoexit:
			found["Goexit"] = true
		case err == context.Canceled:
			found["canceled"] = true
		default:
			switch x := err.(type) {
			case tag:
				found[string(x)] = true
			case *inflight.PanicError:
				found[string(x.Value.(tag))] = true
				for _, e := range x.Also {
					walk(e)
				}
			case interface{ Unwrap() error }:
				walk(x.Unwrap())
			case interface{ Unwrap() []error }:
				for _, e := range x.Unwrap() {
					walk(e)
				}
			default:
				found[err.Error()] = true
			}
		}
	}
	walk(err)
	return slices.Sorted(maps.Keys(found))
}

// From here on it is the simulation. It has one thread, a clock, and a list of
// what is to happen.

type simulator struct {
	acc   *account
	now   time.Duration
	queue happenings
	count int
	tasks map[int]*actor
}

type happening struct {
	at    time.Duration
	order int
	do    func()
}

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].at, h[j].at), cmp.Compare(h[i].order, h[j].order)) < 0
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func (s *simulator) after(d time.Duration, do func()) {
	s.count++
	heap.Push(&s.queue, happening{s.now + d, s.count, do})
}

// An programEnd is an error or a panic, as a tree.
type programEnd struct {
	tag   string        // of a leaf
	kids  []*programEnd // what it is joined of, or wraps
	panic bool
	exit  bool // the goroutine ends
}

// The endings that are always the same.
var (
	canceledEnding = &programEnd{tag: "canceled"}
	goexitEnding   = &programEnd{tag: "Goexit"}
	exitEnding     = &programEnd{exit: true}
	doneEnding     = &programEnd{tag: "inflight: no longer needed"}
)

// because returns the cause of a scope in which e has happened.
func because(e *programEnd) *programEnd { return &programEnd{kids: []*programEnd{e}} }

func (e *programEnd) contains(part *programEnd) bool {
	return e == part || slices.ContainsFunc(e.kids, func(k *programEnd) bool { return k.contains(part) })
}

func (e *programEnd) walk(found map[string]bool) {
	if e == nil {
		return
	}
	if e.tag != "" {
		found[e.tag] = true
	}
	for _, k := range e.kids {
		k.walk(found)
	}
}

func (e *programEnd) tags() []string {
	found := make(map[string]bool)
	e.walk(found)
	return slices.Sorted(maps.Keys(found))
}

// A place is a context: of a scope, or of a task.
type place struct {
	up        *place
	kids      []*place
	cancelled bool
	above     bool // the cancellation came from above
	cause     *programEnd
	wake      map[*actor]bool // those whose step the cancellation interrupts
	scope     *troupe         // nil for a task
}

func (p *place) child(scope *troupe) *place {
	k := &place{up: p, scope: scope, wake: make(map[*actor]bool)}
	if p != nil {
		p.kids = append(p.kids, k)
		k.cancelled, k.above, k.cause = p.cancelled, p.cancelled, p.cause
	}
	return k
}

// cancel ends p and all below, interrupts those who wait there, and refuses those
// who wait for a slot.
func (p *place) cancel(cause *programEnd, above bool) {
	if p.cancelled {
		return
	}
	p.cancelled, p.above, p.cause = true, above, cause
	for a := range p.wake {
		a.interrupt()
	}
	clear(p.wake)
	for _, k := range slices.Clone(p.kids) {
		k.cancel(cause, true)
	}
	if p.scope != nil {
		line := p.scope.line
		p.scope.line = nil
		for _, decide := range line {
			decide(false)
		}
	}
}

// says reports whether e says nothing but that p was cancelled.
func (p *place) says(e *programEnd) bool {
	for ; p != nil; p = p.up {
		if p.cancelled && only(e, p.cause) {
			return true
		}
		if p.scope != nil {
			break
		}
	}
	return false
}

func only(e, cause *programEnd) bool {
	if e == canceledEnding || e == cause {
		return true
	}
	for _, k := range e.kids {
		if !only(k, cause) {
			return false
		}
	}
	return len(e.kids) > 0
}

// A troupe is a group.
type troupe struct {
	s             *simulator
	o             *scopeOptions
	at            *place
	live, serving int
	closed        bool
	running       int          // those who have a slot
	line          []func(bool) // those who wait for one
	failures      []*programEnd
	panics        []*programEnd
	cut, exited   bool
	then          func(*programEnd)
}

// open runs a scope and calls then with what comes of it.
func (s *simulator) open(up *place, body *function, o *scopeOptions, then func(*programEnd)) {
	if up.cancelled {
		then(up.cause)
		return
	}
	g := &troupe{s: s, o: o, live: 1, then: then}
	g.at = up.child(g)
	s.act(body, g, func(e *programEnd) {
		switch {
		case e == nil:
		case e.panic:
			g.panics = append(g.panics, e)
			g.at.cancel(because(e), false)
		case e.exit:
			g.exited = true
			g.at.cancel(goexitEnding, false)
		case g.at.says(e):
			g.cut = g.cut || g.at.above
		default:
			g.failBody(e)
			g.at.cancel(because(e), false)
		}
		g.leave(false)
	})
}

func (g *troupe) fail(e *programEnd) {
	if !slices.Contains(g.failures, e) {
		g.failures = append(g.failures, e)
	}
}

// failBody puts e where the first of those was that it contains.
func (g *troupe) failBody(e *programEnd) {
	at := len(g.failures)
	var others []*programEnd
	for i, f := range g.failures {
		if e.contains(f) {
			at = min(at, i)
		} else {
			others = append(others, f)
		}
	}
	g.failures = slices.Insert(others, min(at, len(others)), e)
}

// leave takes one off; the last one ends the scope.
func (g *troupe) leave(service bool) {
	if service {
		g.serving--
	} else if g.live--; g.live == 0 {
		g.closed = true
		if g.serving > 0 {
			g.at.cancel(doneEnding, false)
		}
	}
	if g.live+g.serving > 0 {
		return
	}
	if up := g.at.up; up != nil {
		up.kids = slices.DeleteFunc(up.kids, func(k *place) bool { return k == g.at })
	}
	g.then(g.result())
}

func (g *troupe) result() *programEnd {
	switch {
	case len(g.panics) == 1 && len(g.failures) == 0:
		return g.panics[0]
	case len(g.panics) > 0:
		first := g.panics[0]
		return &programEnd{tag: first.tag, panic: true, kids: slices.Concat(first.kids, g.panics[1:], g.failures)}
	case g.exited:
		return exitEnding
	}
	all := g.failures
	known := slices.ContainsFunc(all, func(e *programEnd) bool { return e.contains(g.at.cause) })
	if g.at.above && (g.cut || len(all) > 0) && !known {
		all = append(all, g.at.cause)
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return &programEnd{kids: all}
}

// start admits f or refuses it, perhaps later, and calls then.
func (g *troupe) start(f *function, service bool, then func()) {
	t := &actor{f: f, s: g.s}
	decide := func(ok bool) {
		if ok && !g.closed && !g.at.cancelled {
			g.admit(t, service)
		} else {
			if !g.closed {
				g.cut = g.cut || g.at.above
			}
			t.done = true
			g.s.acc.state[f.id] = inflight.Refused
		}
		g.s.tasks[f.id] = t
		then()
	}
	if g.o.limit > 0 && !service && !g.closed && !g.at.cancelled && g.running == g.o.limit {
		g.line = append(g.line, decide)
		return
	}
	decide(true)
}

func (g *troupe) admit(t *actor, service bool) {
	if service {
		g.serving++
	} else {
		g.live++
		g.running++
	}
	t.at = g.at.child(nil)
	t.g = g
	t.then = func(e *programEnd) { g.ended(t, service, e) }
	g.s.after(0, t.begin)
}

// ended takes down how a task has ended.
func (g *troupe) ended(t *actor, service bool, e *programEnd) {
	state := inflight.Succeeded
	switch {
	case e == nil:
	case e.panic:
		state = inflight.Panicked
		g.panics = append(g.panics, e)
		g.at.cancel(because(e), false)
	case e.exit, !t.at.says(e):
		state = inflight.Failed
		if e.exit {
			e = because(goexitEnding)
		}
		g.fail(e)
		if !g.o.supervise {
			g.at.cancel(because(e), false)
		}
	default:
		state = inflight.Cancelled
		if t.at.above {
			g.cut = g.cut || g.at.above
		}
	}
	g.s.acc.state[t.f.id] = state
	t.done = true
	for _, a := range t.watchers {
		a.wakeUp()
	}
	g.at.kids = slices.DeleteFunc(g.at.kids, func(k *place) bool { return k == t.at })
	if !service {
		g.running--
		if len(g.line) > 0 {
			next := g.line[0]
			g.line = g.line[1:]
			next(true)
		}
	}
	g.leave(service)
}

// An actor is one call of a function.
type actor struct {
	f        *function
	s        *simulator
	g        *troupe
	at       *place
	pc       int
	waiting  int // the number of its wait; what wakes another one is too late
	then     func(*programEnd)
	done     bool
	watchers []*actor
}

func (s *simulator) act(f *function, g *troupe, then func(*programEnd)) {
	a := &actor{f: f, s: s, g: g, at: g.at, then: then}
	s.after(0, a.begin)
}

func (a *actor) begin() {
	a.s.acc.calls[a.f.id]++
	a.goOn()
}

// wait lets the cancellation of its place interrupt a, until it is woken.
func (a *actor) wait() {
	a.waiting++
	a.at.wake[a] = true
}

// wakeUp goes on, if a waits.
func (a *actor) wakeUp() {
	if a.at.wake[a] {
		delete(a.at.wake, a)
		a.s.after(0, a.goOn)
	}
}

// interrupt goes on after a wait that was cut short: after a sleep, to clean up.
func (a *actor) interrupt() {
	if a.f.steps[a.pc-1].do == sleep {
		a.s.after(a.f.cleanup, func() { a.conclude(a.f.undone, "undone") })
		return
	}
	a.s.after(0, a.goOn)
}

// goOn does the next steps, up to one that takes time.
func (a *actor) goOn() {
	for a.pc < len(a.f.steps) {
		s := a.f.steps[a.pc]
		a.pc++
		switch s.do {
		case sleep:
			if a.at.cancelled {
				a.interrupt()
				return
			}
			a.wait()
			wait := a.waiting
			a.s.after(s.d, func() {
				if a.waiting == wait {
					a.wakeUp()
				}
			})
			return
		case deaf:
			a.s.after(s.d, a.goOn)
			return
		case spawn, serve:
			a.g.start(s.fn, s.do == serve, func() { a.s.after(0, a.goOn) })
			return
		case cancelGroup:
			a.cancelGroup(s.cause)
		case cancelTask:
			if t := a.s.tasks[s.task]; !t.done {
				t.at.cancel(&programEnd{tag: s.cause.Error()}, false)
			}
		case await:
			if t := a.s.tasks[s.task]; !t.done && !a.at.cancelled {
				t.watchers = append(t.watchers, a)
				a.wait()
				return
			}
		case scope:
			a.s.open(a.at, s.fn, s.scope, func(e *programEnd) {
				if e != nil && (e.panic || e.exit || !s.scope.handled) {
					a.finish(e)
					return
				}
				a.s.after(0, a.goOn)
			})
			return
		}
	}
	a.conclude(a.f.end, "end")
}

func (a *actor) cancelGroup(cause error) {
	why := canceledEnding
	if cause != nil {
		why = &programEnd{tag: cause.Error()}
	}
	if a.g.closed {
		return
	}
	if cause != nil && !a.g.at.cancelled {
		a.g.fail(why)
	}
	a.g.at.cancel(why, false)
}

func (a *actor) conclude(kind outcomeKind, when string) {
	var e *programEnd
	switch kind {
	case returnsErr:
		if a.at.cancelled {
			e = canceledEnding
		}
	case returnsCause:
		e = a.at.cause
	case fail:
		e = &programEnd{tag: fmt.Sprint(a.f.id, " at its ", when)}
	case exit:
		e = exitEnding
	case blow:
		e = &programEnd{tag: fmt.Sprint(a.f.id, " blows up at its ", when), panic: true}
	}
	a.finish(e)
}

func (a *actor) finish(e *programEnd) {
	a.s.acc.ends[a.f.id] = a.s.now
	a.then(e)
}

// predict runs p in the simulation.
func predict(p *program) *account {
	s := &simulator{acc: newAccount(), tasks: make(map[int]*actor)}
	top := (*place)(nil).child(nil)
	var result *programEnd
	s.open(top, p.main, &p.opts, func(e *programEnd) { result = e })
	if p.outer > 0 {
		s.after(p.outer, func() { top.cancel(&programEnd{tag: "outer"}, false) })
	}
	for len(s.queue) > 0 {
		next := heap.Pop(&s.queue).(happening)
		s.now = next.at
		next.do()
	}
	if result == nil {
		return s.acc
	}
	if result.exit {
		s.acc.raise = "Goexit"
		return s.acc
	}
	s.acc.tags = result.tags()
	if result.panic {
		s.acc.raise = result.tag
		return s.acc
	}
	parts := result.kids
	if parts == nil {
		parts = []*programEnd{result}
	}
	for _, e := range parts {
		s.acc.first = append(s.acc.first, strings.Join(e.tags(), "+"))
	}
	return s.acc
}

// difference says in what two accounts differ, "" for nothing.
func (want *account) difference(got *account) string {
	return cmp.Or(
		unequal("calls", got.calls, want.calls),
		unequal("end", got.ends, want.ends),
		unequal("state", got.state, want.state),
		unequal("panic", map[string]string{"": got.raise}, map[string]string{"": want.raise}),
		unequal("what came out", places(got.tags), places(want.tags)),
		unequal("in order", places(got.first), places(want.first)),
	)
}

// places returns the place of each string.
func places(list []string) map[string]int {
	at := make(map[string]int)
	for i, s := range list {
		at[s] = i
	}
	return at
}

// unequal says in what two maps differ.
func unequal[K cmp.Ordered, V comparable](what string, got, want map[K]V) string {
	var lines []string
	all := maps.Clone(got)
	maps.Copy(all, want)
	for _, k := range slices.Sorted(maps.Keys(all)) {
		g, inGot := got[k]
		w, inWant := want[k]
		if g != w || inGot != inWant {
			lines = append(lines, fmt.Sprintf("%s %v: got %v (%v), want %v (%v)", what, k, g, inGot, w, inWant))
		}
	}
	return strings.Join(lines[:min(len(lines), 20)], "\n")
}

// dump writes a program down.
func (f *function) dump(b *strings.Builder, indent string) {
	fmt.Fprintf(b, "%sfunction %d: end %d, undone %d after %v\n", indent, f.id, f.end, f.undone, f.cleanup)
	for _, s := range f.steps {
		fmt.Fprintf(b, "%s  %s", indent, [...]string{"sleep", "deaf", "spawn", "serve", "cancelGroup", "cancelTask", "await", "scope"}[s.do])
		switch s.do {
		case sleep, deaf:
			fmt.Fprintf(b, " %v\n", s.d)
		case await, cancelTask:
			fmt.Fprintf(b, " %d\n", s.task)
		case cancelGroup:
			fmt.Fprintf(b, " %v\n", s.cause)
		default:
			fmt.Fprintf(b, " %+v\n", s.scope)
			s.fn.dump(b, indent+"    ")
		}
	}
}

// checkProgram runs the program of a seed in both ways.
func checkProgram(t *testing.T, seed uint64, size int) {
	t.Helper()
	p := compose(seed, size)
	if d := predict(p).difference(perform(t, p)); d != "" {
		var b strings.Builder
		p.main.dump(&b, "  ")
		t.Fatalf("seed %d, size %d, outer context ends after %v, options %+v:\n%s\n%.4000s", seed, size, p.outer, p.opts, d, b.String())
	}
}

// The library does what the rules say, in random programs that start, cancel,
// nest, limit, supervise, serve, await, fail, panic and exit.
func TestG34_random_programs_do_what_the_rules_say(t *testing.T) {
	for seed := range uint64(1500) {
		checkProgram(t, seed, int(2+seed%60))
	}
}

// FuzzG34 looks for more of them.
func FuzzG34(f *testing.F) {
	f.Add(uint64(0), uint16(20))
	f.Fuzz(func(t *testing.T, seed uint64, size uint16) { checkProgram(t, seed, int(size%500)) })
}

// Ten thousand children in one group, that fail, are cancelled, panic and nest.
func TestG34_ten_thousand_children(t *testing.T) {
	for seed, n := range []int{10_000, 500, 500, 500} {
		p := crowd(uint64(seed), n)
		if d := predict(p).difference(perform(t, p)); d != "" {
			t.Errorf("seed %d: %.2000s", seed, d)
		}
	}
}

// crowd is a program of one body and its n tasks, some with scopes of their own:
// supervised and limited or not, by the seed, and with few panics.
func crowd(seed uint64, n int) *program {
	c := &composer{Rand: rand.New(rand.NewPCG(seed, 35)), used: make(map[time.Duration]bool)}
	p := &program{opts: scopeOptions{supervise: seed%2 == 0}}
	if seed >= 2 {
		p.opts.limit = 500
	}
	p.main = &function{id: 0, undone: returnsErr, cleanup: c.moment()}
	c.next = 1
	for range n {
		f := &function{id: c.next, end: c.outcome(), undone: c.outcome(), cleanup: c.moment()}
		c.next++
		if f.end == blow && c.IntN(200) > 0 {
			f.end = fail
		}
		f.steps = []step{{do: sleep, d: c.moment()}}
		if c.IntN(10) == 0 {
			c.left = 3
			o := c.options()
			f.steps = append(f.steps, step{do: scope, fn: c.function(o.limit, 1, true), scope: &o}, c.pause())
		}
		p.main.steps = append(p.main.steps, step{do: spawn, fn: f}, step{do: deaf, d: time.Duration(1 + c.IntN(1000))})
	}
	return p
}
