package park_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

var (
	errStop  = errors.New("stop")
	errOther = errors.New("other")
)

// key is that of a context value.
type key struct{}

// scope opens a scope under ctx, and ends it with the test.
func scope(t testing.TB, ctx context.Context) *park.Scope {
	s := new(park.Scope)
	s.InitScope(ctx, nil, park.KindGroup, "", 0)
	t.Cleanup(s.EndScope)
	return s
}

// child makes a task below p.
func child(p *park.Node) *park.Node {
	n := new(park.Node)
	p.Lock()
	n.InitChild(p, 0, 0)
	p.Unlock()
	return n
}

// worker makes a worker below p.
func worker(p *park.Node) *park.Node {
	n := new(park.Node)
	p.Lock()
	n.InitWorker(p)
	p.Unlock()
	return n
}

// alive and ended check that all that ctx says of itself is of one piece.
func alive(t testing.TB, what string, ctx context.Context) {
	t.Helper()
	select {
	case <-ctx.Done():
		t.Errorf("%s: Done is closed", what)
	default:
	}
	if err, cause := ctx.Err(), park.Cause(ctx); err != nil || cause != nil || context.Cause(ctx) != nil {
		t.Errorf("%s: error %v, cause %v, context.Cause %v; want it alive", what, err, cause, context.Cause(ctx))
	}
}

func ended(t testing.TB, what string, ctx context.Context, err, cause error) {
	t.Helper()
	select {
	case <-ctx.Done():
	default:
		t.Errorf("%s: Done is not closed", what)
	}
	if ctx.Err() != err || park.Cause(ctx) != cause || context.Cause(ctx) != cause {
		t.Errorf("%s: error %v, cause %v, context.Cause %v; want %v because of %v", what, ctx.Err(), park.Cause(ctx), context.Cause(ctx), err, cause)
	}
}

// However a node ends, the first end is the one that counts, and Done, Err and
// the cause agree on it, whether Done was asked for before or not.
func TestNodeEndsOnce(t *testing.T) {
	for _, c := range []struct {
		name       string
		end        func(n *park.Node) bool
		err, cause error
	}{
		{"cancel", func(n *park.Node) bool { return n.Cancel(errStop) }, context.Canceled, errStop},
		{"expire", func(n *park.Node) bool { return n.Expire(errStop) }, context.DeadlineExceeded, errStop},
		{"end", func(n *park.Node) bool { n.End(); return true }, context.Canceled, park.ErrEnded},
		{"cancel locked", func(n *park.Node) bool {
			n.Lock()
			finish := n.CancelLocked(errStop)
			n.Unlock()
			finish()
			return true
		}, context.Canceled, errStop},
	} {
		for _, asked := range []bool{false, true} {
			for kind, make := range map[string]func() *park.Node{
				"scope": func() *park.Node { return &scope(t, context.Background()).Node },
				"task":  func() *park.Node { return child(&scope(t, context.Background()).Node) },
			} {
				t.Run(fmt.Sprintf("%s/%s/asked=%t", c.name, kind, asked), func(t *testing.T) {
					n := make()
					if asked {
						alive(t, "before", n)
					}
					if !c.end(n) {
						t.Error("it reports that it came too late")
					}
					if n.Cancelled() != (c.name != "end") {
						t.Errorf("Cancelled: %t", n.Cancelled())
					}
					ended(t, "after", n, c.err, c.cause)
					if n.Cancel(errOther) || n.Expire(errOther) {
						t.Error("a second cancellation reports that it came first")
					}
					n.End()
					ended(t, "after more of it", n, c.err, c.cause)
				})
			}
		}
	}
}

// A cancellation goes to all that is below, and nowhere else.
func TestNodeCancelGoesDown(t *testing.T) {
	for _, asked := range []bool{false, true} {
		root := scope(t, context.Background())
		left, right := child(&root.Node), child(&root.Node)
		inner := scope(t, left)
		valued := scope(t, context.WithValue(left, key{}, "value"))
		below := []*park.Node{&inner.Node, child(&inner.Node), worker(&inner.Node), &valued.Node, child(&valued.Node)}
		if asked {
			for _, n := range append(below, left) {
				alive(t, "before", n)
			}
		}
		left.Expire(errStop)
		ended(t, "the node", left, context.DeadlineExceeded, errStop)
		if left.Inherited() {
			t.Error("the node says that it was cancelled from above")
		}
		for i, n := range below {
			ended(t, fmt.Sprint("below ", i), n, context.DeadlineExceeded, errStop)
			if !n.Inherited() {
				t.Errorf("%d does not say that it was cancelled from above", i)
			}
		}
		alive(t, "the root", root)
		alive(t, "the sibling", right)
	}
}

// What was cancelled by itself keeps its cause when what is above it ends.
func TestNodeKeepsItsCause(t *testing.T) {
	root := scope(t, context.Background())
	n := child(&root.Node)
	n.Cancel(errStop)
	root.Cancel(errOther)
	ended(t, "the child", n, context.Canceled, errStop)
	if n.Inherited() {
		t.Error("the child says that it was cancelled from above")
	}
}

// A node that is made under one that has ended has ended.
func TestNodeBornUnderAnEnd(t *testing.T) {
	for name, c := range map[string]struct {
		end        func(*park.Node)
		err, cause error
	}{
		"cancelled": {func(n *park.Node) { n.Cancel(errStop) }, context.Canceled, errStop},
		"expired":   {func(n *park.Node) { n.Expire(errStop) }, context.DeadlineExceeded, errStop},
		"ended":     {func(n *park.Node) { n.End() }, context.Canceled, park.ErrEnded},
	} {
		root := scope(t, context.Background())
		c.end(&root.Node)
		n := child(&root.Node)
		ended(t, name+", child", n, c.err, c.cause)
		ended(t, name+", grandchild", child(n), c.err, c.cause)
		ended(t, name+", scope", scope(t, root), c.err, c.cause)
		ended(t, name+", scope with values", scope(t, context.WithValue(root, key{}, 1)), c.err, c.cause)
		ended(t, name+", worker", worker(&root.Node), c.err, c.cause)
	}
}

// A worker is its scope's context in all but its place in the tree: it ends when
// the scope does, and no sooner.
func TestWorkerIsItsScopesContext(t *testing.T) {
	s := scope(t, context.Background())
	w := worker(&s.Node)
	if w.Done() != s.Done() {
		t.Error("it has a Done of its own")
	}
	alive(t, "while the scope lives", w)
	s.Expire(errStop)
	ended(t, "with the scope", w, context.DeadlineExceeded, errStop)

	s = scope(t, context.Background())
	w = worker(&s.Node)
	s.End()
	ended(t, "with the scope's end", w, context.Canceled, park.ErrEnded)
}

// The end of a task ends what a leaked goroutine has left below it.
func TestNodeEndEndsWhatIsBelow(t *testing.T) {
	n := child(&scope(t, context.Background()).Node)
	left := scope(t, n)
	n.End()
	ended(t, "below", left, context.Canceled, park.ErrEnded)
}

// kids are the nodes that Kids lists.
func kids(n *park.Node) (nodes []*park.Node) {
	for _, k := range n.Kids(nil) {
		nodes = append(nodes, k.Node)
	}
	return nodes
}

// Kids lists what is in a node, the oldest first, and no longer what was taken
// off: the first, the last, and one in between.
func TestNodeKids(t *testing.T) {
	root := scope(t, context.Background())
	var want []*park.Node
	for range 5 {
		want = append(want, child(&root.Node))
	}
	for _, gone := range []int{4, 2, 0} {
		if got := kids(&root.Node); !slices.Equal(got, want) {
			t.Fatalf("%d kids, want %d", len(got), len(want))
		}
		root.Lock()
		root.Unlink(want[gone])
		root.Unlock()
		want = slices.Delete(want, gone, gone+1)
	}
	if got := root.Kids([]park.Kid{{}}); len(got) != 3 || got[0].Node != nil || got[1].Node != want[0] || got[2].Node != want[1] {
		t.Errorf("appended to one: %d", len(got))
	}
	s := new(park.Scope)
	s.InitScope(root, nil, park.KindGroup, "", 0)
	if s.Parent() != &root.Node || len(root.Kids(nil)) != 3 {
		t.Error("a scope is not among the kids of what it was opened under")
	}
	s.EndScope()
	if len(root.Kids(nil)) != 2 {
		t.Error("EndScope has not taken the scope off")
	}
}

// Kids of a group with very many gives the lock back in between, and lists all
// that were there before and after, each once, in their order, whatever ends
// meanwhile.
func TestNodeKidsOfMany(t *testing.T) {
	root := scope(t, context.Background())
	nodes := make([]*park.Node, 20_000)
	for i := range nodes {
		nodes[i] = child(&root.Node)
	}
	var busy sync.WaitGroup
	busy.Go(func() {
		for i := range nodes {
			if i%3 == 0 {
				root.Lock()
				root.Unlink(nodes[i])
				root.Unlock()
			}
		}
		root.Cancel(errStop) // reaches all, past any bookmark
	})
	look := func() (stayed []*park.Node) {
		last := uint64(0)
		for _, n := range kids(&root.Node) {
			if n.ID() <= last {
				t.Fatalf("number %d comes after %d", n.ID(), last)
			}
			last = n.ID()
			if n != nodes[0] && (n.ID()-nodes[0].ID())%3 != 0 {
				stayed = append(stayed, n)
			}
		}
		return stayed
	}
	var looking sync.WaitGroup
	for range 3 {
		looking.Go(func() {
			for range 3 {
				if got := len(look()); got != 13_333 {
					t.Errorf("%d of those that stay", got)
				}
			}
		})
	}
	looking.Wait()
	busy.Wait()
	root.Bookmark(nodes[1]) // of somebody who looks at the same time
	if got := len(kids(&root.Node)); got != 13_333 {
		t.Errorf("%d are left", got)
	}
	for _, n := range kids(&root.Node) {
		if !n.Cancelled() {
			t.Fatal("one was not cancelled")
		}
	}
}

// Deadline is the earliest of the node's own, those above, and that of the
// context that the scope was opened with.
func TestNodeDeadline(t *testing.T) {
	hour := time.Now().Add(time.Hour)
	foreign, cancel := context.WithDeadline(context.Background(), hour)
	defer cancel()
	root := scope(t, foreign)
	n := child(&root.Node)
	inner := scope(t, n)
	is := func(what string, want time.Time) {
		t.Helper()
		if got, ok := inner.Deadline(); !got.Equal(want) || ok == want.IsZero() {
			t.Errorf("%s: %v, %t; want %v", what, got, ok, want)
		}
	}
	is("foreign", hour)
	inner.SetDeadline(hour.Add(time.Minute))
	is("a later one of its own", hour)
	inner.SetDeadline(hour.Add(-time.Minute))
	is("an earlier one of its own", hour.Add(-time.Minute))
	n.SetDeadline(hour.Add(-time.Hour))
	is("an even earlier one above", hour.Add(-time.Hour))
	n.SetDeadline(time.Time{})
	inner.SetDeadline(time.Time{})
	is("none of its own", hour)
	inner = scope(t, context.Background())
	is("none at all", time.Time{})
}

// Values come from the context that the scope was opened with, also when it has
// ended, and whatever the type of their key.
func TestNodeValue(t *testing.T) {
	number := new(int)
	ctx := context.WithValue(context.WithValue(context.Background(), key{}, "outer"), number, "number")
	root := scope(t, ctx)
	task := child(&root.Node)
	inner := scope(t, context.WithValue(task, key{}, "inner"))
	for _, when := range []string{"alive", "cancelled"} {
		for n, want := range map[*park.Node]string{&root.Node: "outer", task: "outer", &inner.Node: "inner", child(&inner.Node): "inner"} {
			if got := n.Value(key{}); got != want {
				t.Errorf("%s: got %v, want %s", when, got, want)
			}
			if got := n.Value(number); got != "number" {
				t.Errorf("%s: for a key of type *int got %v", when, got)
			}
			if got := n.Value("unknown"); got != nil {
				t.Errorf("%s: for an unknown key got %v", when, got)
			}
		}
		root.Cancel(errStop)
	}
}

// Of finds the innermost node that a context belongs to, through whatever package
// context puts around it.
func TestOf(t *testing.T) {
	n := child(&scope(t, context.Background()).Node)
	cancellable, cancel := context.WithTimeout(context.WithValue(n, key{}, 1), time.Hour)
	defer cancel()
	for name, ctx := range map[string]context.Context{"itself": n, "derived": cancellable, "without cancel": context.WithoutCancel(cancellable)} {
		if park.Of(ctx) != n {
			t.Errorf("%s: the node was not found", name)
		}
	}
	if park.Of(context.Background()) != nil {
		t.Error("a node was found where there is none")
	}
}

// AfterFunc calls once, before the call that cancels returns; stop takes that
// back, once. When it comes too late the function is called all the same.
func TestNodeAfterFunc(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := child(&scope(t, context.Background()).Node)
		calls := 0
		n.AfterFunc(func() { calls++ })
		stop := n.AfterFunc(func() { t.Error("called though it was stopped") })
		late := n.AfterFunc(func() { calls++ })
		if !stop() || stop() {
			t.Error("stop has not reported that it came in time, or did so twice")
		}
		n.Cancel(errStop)
		if calls != 2 {
			t.Errorf("%d calls when Cancel has returned, want 2", calls)
		}
		if late() {
			t.Error("stop reports that it came in time after the cancellation")
		}
		stop = n.AfterFunc(func() { calls++ })
		synctest.Wait()
		if calls != 3 || stop() {
			t.Errorf("%d calls after one that came too late, want 3", calls)
		}
		n.Cancel(errOther)
		n.End()
		if calls != 3 {
			t.Error("called again")
		}
	})
}

// Contexts that package context derives from a node end before the call returns
// that ends the node, and without a goroutine of theirs.
func TestDerivedContextsEndAtOnce(t *testing.T) {
	for name, end := range map[string]func(n *park.Node) error{
		"cancel": func(n *park.Node) error { n.Cancel(errStop); return errStop },
		"end":    func(n *park.Node) error { n.End(); return park.ErrEnded },
		"parent": func(n *park.Node) error { n.Parent().Cancel(errStop); return errStop },
	} {
		n := child(&scope(t, context.Background()).Node)
		before := runtime.NumGoroutine()
		var derived []context.Context
		for range 1000 {
			ctx, cancel := context.WithCancel(n)
			defer cancel()
			ctx, cancel = context.WithTimeout(context.WithValue(ctx, key{}, 1), time.Hour)
			defer cancel()
			derived = append(derived, ctx)
		}
		if now := runtime.NumGoroutine(); now > before {
			t.Errorf("%s: %d goroutines for 1000 contexts", name, now-before)
		}
		cause := end(n)
		for _, ctx := range derived {
			if ctx.Err() != context.Canceled || context.Cause(ctx) != cause {
				t.Fatalf("%s: a derived context says %v because of %v, want the cause %v", name, ctx.Err(), context.Cause(ctx), cause)
			}
		}
	}
}

// A function that is registered while the node ends is called, by one or the
// other: two goroutines do both to one node after the other, as nearly at once as
// can be.
func TestNodeAfterFuncWhileItEnds(t *testing.T) {
	const rounds = 80_000
	s := scope(t, context.Background())
	nodes := make([]*park.Node, rounds)
	for i := range nodes {
		nodes[i] = child(&s.Node)
	}
	var turn, called atomic.Int64
	both := func(do func(n *park.Node)) {
		for i, n := range nodes {
			turn.Add(1)
			for spins := 0; turn.Load() < int64(2*i+2); spins++ {
				if spins > 100 {
					runtime.Gosched()
				}
			}
			do(n)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { both((*park.Node).End) })
	wg.Go(func() { both(func(n *park.Node) { n.AfterFunc(func() { called.Add(1) }) }) })
	wg.Wait()
	for begin := time.Now(); called.Load() < rounds && time.Since(begin) < 10*time.Second; {
		runtime.Gosched() // some calls have goroutines of their own
	}
	if n := called.Load(); n != rounds {
		t.Errorf("of %d functions %d were called", rounds, n)
	}
}

// A context that is derived from a node that has ended already has its cause.
func TestDerivedFromAnEndedNode(t *testing.T) {
	n := child(&scope(t, context.Background()).Node)
	n.Cancel(errStop)
	ctx, cancel := context.WithCancel(n)
	defer cancel()
	<-ctx.Done()
	if context.Cause(ctx) != errStop {
		t.Errorf("its cause is %v", context.Cause(ctx))
	}
}

// The end of a context of package context, under which a scope was opened, is
// seen in the scope, and below it, by the next call: it is looked at, and not
// waited for. Who waits for Done is told soon.
func TestForeignContextIsPolled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			foreign    func() (context.Context, func())
			err, cause error
		}{
			"cancelled": {func() (context.Context, func()) {
				ctx, cancel := context.WithCancelCause(context.Background())
				return ctx, func() { cancel(errStop) }
			}, context.Canceled, errStop},
			"expired": {func() (context.Context, func()) {
				ctx, cancel := context.WithTimeoutCause(context.Background(), time.Second, errStop)
				t.Cleanup(cancel)
				return ctx, func() { time.Sleep(2 * time.Second) }
			}, context.DeadlineExceeded, errStop},
			"below a node": {func() (context.Context, func()) {
				ctx, cancel := context.WithCancelCause(child(&scope(t, context.Background()).Node))
				return context.WithValue(ctx, key{}, 1), func() { cancel(errStop) }
			}, context.Canceled, errStop},
		} {
			ctx, end := c.foreign()
			root := scope(t, ctx)
			task := child(&root.Node)
			inner := child(&scope(t, task).Node)
			alive(t, name, root)
			if inner.Err() != nil {
				t.Errorf("%s: it has ended before its time", name)
			}
			end()
			if inner.Err() != c.err || inner.Cause() != c.cause || !inner.Inherited() {
				t.Errorf("%s: far below it is %v because of %v", name, inner.Err(), inner.Cause())
			}
			if task.Err() != c.err || root.Err() != c.err {
				t.Errorf("%s: %v, %v", name, task.Err(), root.Err())
			}

			ctx, end = c.foreign()
			task = child(&scope(t, ctx).Node)
			done := task.Done()
			end()
			synctest.Wait()
			select {
			case <-done:
			default:
				t.Errorf("%s: who waits for Done was not told", name)
			}
			ended(t, name, task, c.err, c.cause)
		}
	})
}

// A scope that is over takes no notice of what its context does, and leaves
// nothing with it.
func TestEndScopeStopsTheWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		s := new(park.Scope)
		s.InitScope(ctx, nil, park.KindGroup, "", 0)
		s.EndScope()
		cancel(errStop)
		synctest.Wait()
		ended(t, "the scope", s, context.Canceled, park.ErrEnded)
	})
}

// A watched context counts those who watch it.
type watched struct {
	context.Context
	done     chan struct{}
	watchers int
}

func (c *watched) Done() <-chan struct{} { return c.done }

func (c *watched) AfterFunc(func()) (stop func() bool) {
	c.watchers++
	return func() bool { c.watchers--; return true }
}

// A scope watches its context while it is open, and no longer.
func TestScopeWatchesWhileItIsOpen(t *testing.T) {
	ctx := &watched{Context: context.Background(), done: make(chan struct{})}
	s := new(park.Scope)
	s.InitScope(ctx, nil, park.KindGroup, "", 0)
	inner := new(park.Scope)
	inner.InitScope(s, nil, park.KindGroup, "", 0)
	if ctx.watchers != 1 {
		t.Errorf("%d watch the context, want the outer scope alone", ctx.watchers)
	}
	inner.EndScope()
	s.EndScope()
	if ctx.watchers != 0 {
		t.Errorf("%d still watch the context", ctx.watchers)
	}
}

// context.WithoutCancel cuts a scope off from what is above it, though it stays in
// the tree; a deadline that was put on it then counts.
func TestScopeWithoutCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := child(&scope(t, context.Background()).Node)
		free := scope(t, context.WithoutCancel(n))
		ctx, cancel := context.WithTimeout(context.WithoutCancel(n), time.Second)
		defer cancel()
		timed := scope(t, ctx)
		if got := kids(n); !slices.Equal(got, []*park.Node{&free.Node, &timed.Node}) {
			t.Errorf("there are %d kids, want the two", len(got))
		}
		n.Cancel(errStop)
		synctest.Wait()
		alive(t, "free", free)
		alive(t, "timed", timed)
		alive(t, "below", child(&timed.Node))
		time.Sleep(time.Second)
		synctest.Wait()
		ended(t, "timed", timed, context.DeadlineExceeded, context.DeadlineExceeded)
	})
}

// Names, kinds and flags of a node are what introspection shows.
func TestNodeIsDescribed(t *testing.T) {
	root := new(park.Scope)
	root.InitScope(context.Background(), nil, park.KindGather, "", 0)
	defer root.EndScope()
	named := scope(t, root)
	named.SetName("main")
	task, w := child(&root.Node), worker(&root.Node)
	w.SetItem(7)
	other := child(&root.Node)
	other.SetKind(park.KindOffload)
	for _, c := range []struct{ got, want string }{
		{root.Name(), fmt.Sprint("gather-", root.ID())},
		{named.Name(), "main"},
		{task.Name(), fmt.Sprint("task-", task.ID())},
		{w.Name(), root.Name() + "[7]"},
		{other.Name(), fmt.Sprint("offload-", other.ID())},
		{root.Kind(), "gather"},
		{task.Kind(), "task"},
		{other.Kind(), "offload"},
		{task.String(), "inflight." + task.Name()},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if !root.Scope() || task.Scope() || !w.Flag(park.IsWorker) || task.Flag(park.IsWorker|park.IsService) {
		t.Error("a flag is wrong")
	}
	if task.Running() || !root.Running() || !w.Running() {
		t.Error("a task runs before it was started, or a scope or worker does not")
	}
	root.Lock()
	task.Start()
	root.Unlock()
	if !task.Running() {
		t.Error("a task that was started does not run")
	}
	if task.Parent() != &root.Node || root.Parent() != nil {
		t.Error("a parent is wrong")
	}
}

// What a node shares is made once, and its owner is what was said.
func TestNodeOwnerAndShared(t *testing.T) {
	s := new(park.Scope)
	s.InitScope(context.Background(), "owner", park.KindGroup, "", 0)
	defer s.EndScope()
	if s.Owner() != "owner" || child(&s.Node).Owner() != nil {
		t.Error("an owner is wrong")
	}
	calls := 0
	for range 3 {
		if got := s.Shared(func() any { calls++; return calls }); got != 1 {
			t.Errorf("got %v", got)
		}
	}
}

// Numbers are unique in the process, and stay what they are.
func TestNumbers(t *testing.T) {
	seen := make(map[uint64]bool)
	add := func(id uint64, again uint64) {
		t.Helper()
		if id == 0 || seen[id] || id != again {
			t.Fatalf("number %d, then %d: want one that was not used before", id, again)
		}
		seen[id] = true
	}
	for range 20 {
		s := scope(t, context.Background())
		add(s.ID(), s.Obj.ID())
		for range 50 {
			n := child(&s.Node)
			add(n.ID(), n.Obj.ID())
			o := new(park.Object)
			add(o.ID(), o.ID())
		}
	}
	if (*park.Object)(nil).ID() != 0 {
		t.Error("nothing has a number")
	}
}
