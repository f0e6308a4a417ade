package queue_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/inflight-go/inflight/queue"
)

// An op is one operation on a queue, as the model sees it.
type op struct {
	name string
	vs   []int // to be put, or got
	n    int   // of vs that were put, or at most to be got
	err  error
	done bool
	call *call[outcome] // the real one, nil for those that can't wait
}

type outcome struct {
	vs []int
	n  int
}

// A model is a queue that is slow and obviously right: lists of those who wait, and
// each rule written down as it stands in the documentation.
type model struct {
	order                     string
	cap                       int
	items                     []int // in the order in which they came in
	putters, getters, joiners []*op
	unfinished                int
	shut                      bool
}

// put puts one item if that can be done at once.
func (m *model) put(v int) bool {
	switch {
	case len(m.getters) > 0:
		g := m.getters[0]
		m.getters = m.getters[1:]
		g.vs, g.done = []int{v}, true
	case len(m.items) < m.cap && len(m.putters) == 0:
		m.items = append(m.items, v)
	default:
		return false
	}
	m.unfinished++
	return true
}

// putAll puts what it can, and waits with the rest.
func (m *model) putAll(o *op) {
	if m.shut {
		o.err, o.done = queue.ErrShutdown, true
		return
	}
	for ; o.n < len(o.vs); o.n++ {
		if !m.put(o.vs[o.n]) {
			m.putters = append(m.putters, o)
			return
		}
	}
	o.done = true
}

// get takes one item if there is one, and lets in those who waited for the room.
func (m *model) get() (int, bool) {
	if len(m.items) == 0 {
		if len(m.putters) == 0 {
			return 0, false
		}
		return m.letIn(), true
	}
	at := 0
	switch m.order {
	case "stack":
		at = len(m.items) - 1
	case "priority":
		for i, v := range m.items {
			if byPriority(v, m.items[at]) < 0 {
				at = i
			}
		}
	}
	v := m.items[at]
	m.items = slices.Delete(m.items, at, at+1)
	for len(m.items) < m.cap && len(m.putters) > 0 {
		m.items = append(m.items, m.letIn())
	}
	return v, true
}

func (m *model) letIn() int {
	o := m.putters[0]
	m.putters = m.putters[1:]
	m.unfinished++
	o.n++
	o.done = o.n == len(o.vs)
	return o.vs[o.n-1]
}

// getUpTo takes what it can, and waits if that is nothing.
func (m *model) getUpTo(o *op) {
	for len(o.vs) < o.n {
		v, ok := m.get()
		if !ok {
			break
		}
		o.vs = append(o.vs, v)
	}
	switch {
	case len(o.vs) > 0:
		o.done = true
	case m.shut:
		o.err, o.done = queue.ErrShutdown, true
	default:
		m.getters = append(m.getters, o)
	}
}

// goOn is what those do who were woken, once they come to run: a GetUpTo takes what
// else there is, a PutAll goes on with its next item.
func (m *model) goOn(ops []*op) {
	for _, o := range ops {
		for o.name == "GetUpTo" && o.done && o.err == nil && len(o.vs) < o.n {
			v, ok := m.get()
			if !ok {
				break
			}
			o.vs = append(o.vs, v)
		}
	}
	for _, o := range ops {
		if o.name == "PutAll" && !o.done && !slices.Contains(m.putters, o) {
			m.putAll(o)
		}
	}
}

func (m *model) finish(n int) {
	if m.unfinished -= n; m.unfinished == 0 {
		for _, j := range m.joiners {
			j.done = true
		}
		m.joiners = nil
	}
}

func (m *model) shutdown() {
	m.shut = true
	for _, o := range append(m.putters, m.getters...) {
		o.err, o.done = queue.ErrShutdown, true
	}
	m.putters, m.getters = nil, nil
}

func (m *model) cancel(o *op) {
	is := func(x *op) bool { return x == o }
	m.putters = slices.DeleteFunc(m.putters, is)
	m.getters = slices.DeleteFunc(m.getters, is)
	m.joiners = slices.DeleteFunc(m.joiners, is)
	o.err, o.done = context.Canceled, true
}

// An oracleRun drives a model and a queue side by side.
type oracleRun struct {
	testing.TB
	m       *model
	q       *queue.Queue[int]
	waiting []*op
	handles []*queue.Producer[int]
	serial  int
	steps   int
}

// oracle runs the operations of the script, two bytes for each, on a queue and on
// its model, lets everybody run after each, and compares.
func oracle(t *testing.T, o order, script []byte) {
	if len(script) == 0 {
		return
	}
	synctest.Test(t, func(t *testing.T) {
		capacity := []int{0, 1, 2, 3, 5, queue.Unbounded}[int(script[0])%6]
		r := &oracleRun{TB: t, m: &model{order: o.name, cap: capacity}, q: o.make(capacity)}
		for script = script[1:]; len(script) >= 2; script = script[2:] {
			r.step(script[0], int(script[1]))
			r.compare()
		}
		for len(r.waiting) > 0 {
			r.cancel(0)
			r.compare()
		}
		expectWaiting(t, r.q, 0, 0, 0)
	})
}

func (r *oracleRun) item(arg int) int {
	r.serial++
	return r.serial*1000 + arg%5
}

func (r *oracleRun) step(code byte, arg int) {
	r.Helper()
	switch code % 18 {
	case 0, 1, 2:
		r.put(&op{name: "Put", vs: []int{r.item(arg)}})
	case 3:
		r.putAll(arg)
	case 4, 5, 6:
		r.get(&op{name: "Get", n: 1})
	case 7:
		if !slices.ContainsFunc(r.m.getters, func(o *op) bool { return o.name == "GetUpTo" }) {
			r.get(&op{name: "GetUpTo", n: 1 + arg%4})
		}
	case 8, 9:
		r.putNow(r.item(arg))
	case 10, 11:
		r.getNow()
	case 12:
		r.taskDone()
	case 13:
		r.join()
	case 14, 15:
		if n := len(r.waiting); n > 0 {
			r.cancel(arg % n)
		}
	case 16:
		r.handle(arg)
	case 17:
		r.shutdown(arg)
	}
}

func (r *oracleRun) put(o *op) {
	r.m.putAll(o)
	o.call = start(r, func(ctx context.Context) (outcome, error) {
		if o.name == "Put" {
			return outcome{}, r.q.Put(ctx, o.vs[0])
		}
		n, err := r.q.PutAll(ctx, o.vs)
		return outcome{n: n}, err
	})
	r.waiting = append(r.waiting, o)
}

// putAll leaves out what has more than one right outcome: a PutAll and a GetUpTo,
// or two PutAlls, that are both woken and go on.
func (r *oracleRun) putAll(arg int) {
	o := &op{name: "PutAll"}
	for range 1 + arg%5 {
		o.vs = append(o.vs, r.item(arg))
		arg /= 2
	}
	named := func(name string) func(*op) bool { return func(o *op) bool { return o.name == name } }
	fits := len(o.vs)-len(r.m.getters) <= r.m.cap-len(r.m.items)
	if !fits && (slices.ContainsFunc(r.m.getters, named("GetUpTo")) || slices.ContainsFunc(r.m.putters, named("PutAll"))) {
		return
	}
	r.put(o)
}

func (r *oracleRun) get(o *op) {
	r.m.getUpTo(o)
	o.call = start(r, func(ctx context.Context) (outcome, error) {
		if o.name == "Get" {
			v, err := r.q.Get(ctx)
			return outcome{vs: []int{v}}, err
		}
		vs, err := r.q.GetUpTo(ctx, o.n)
		return outcome{vs: vs}, err
	})
	r.waiting = append(r.waiting, o)
}

func (r *oracleRun) putNow(v int) {
	var want error
	if r.m.shut {
		want = queue.ErrShutdown
	} else if !r.m.put(v) {
		want = queue.ErrFull
	}
	expectErr(r, "PutNow", r.q.PutNow(v), want)
}

func (r *oracleRun) getNow() {
	want, ok := r.m.get()
	v, err := r.q.GetNow()
	switch {
	case ok:
		expectErr(r, "GetNow", err, nil)
		expect(r, "GetNow", v, want)
	case r.m.shut:
		expectErr(r, "GetNow", err, queue.ErrShutdown)
	default:
		expectErr(r, "GetNow", err, queue.ErrEmpty)
	}
}

func (r *oracleRun) taskDone() {
	if r.m.unfinished == 0 {
		panics(r, r.q.TaskDone)
		return
	}
	r.m.finish(1)
	r.q.TaskDone()
}

func (r *oracleRun) join() {
	o := &op{name: "Join"}
	if o.done = r.m.unfinished == 0; !o.done {
		r.m.joiners = append(r.m.joiners, o)
	}
	o.call = start(r, func(ctx context.Context) (outcome, error) { return outcome{}, r.q.Join(ctx) })
	r.waiting = append(r.waiting, o)
}

func (r *oracleRun) cancel(i int) {
	r.m.cancel(r.waiting[i])
	r.waiting[i].call.cancel()
}

func (r *oracleRun) handle(arg int) {
	if arg%3 > 0 || len(r.handles) == 0 {
		r.handles = append(r.handles, r.q.Producer())
		return
	}
	i := arg % len(r.handles)
	r.handles[i].Close()
	if r.handles = slices.Delete(r.handles, i, i+1); len(r.handles) == 0 {
		r.m.shutdown()
	}
}

func (r *oracleRun) shutdown(arg int) {
	switch arg % 32 {
	case 0:
		r.m.shutdown()
		r.q.Shutdown()
	case 1:
		var want []int
		r.m.shutdown()
		for v, ok := r.m.get(); ok; v, ok = r.m.get() {
			want = append(want, v)
		}
		r.m.finish(min(len(want), r.m.unfinished))
		expect(r, "ShutdownNow", r.q.ShutdownNow(), want)
	}
}

// compare lets everybody run, and looks for differences.
func (r *oracleRun) compare() {
	r.Helper()
	synctest.Wait()
	expectErr(r, "queue", r.q.Check(), nil)
	r.m.goOn(r.waiting)
	for _, o := range r.waiting {
		if got := o.call.done.Load(); got != o.done {
			r.Fatalf("%s(%v): ended %v (%v, %v), want %v (%v)", o.name, o.vs, got, o.call.res, o.call.err, o.done, o.err)
		}
		if !o.done {
			continue
		}
		expectErr(r, o.name, o.call.err, o.err)
		switch {
		case o.name == "PutAll":
			expect(r, o.name, o.call.res.n, o.n)
		case o.err == nil && (o.name == "Get" || o.name == "GetUpTo"):
			expect(r, o.name, o.call.res.vs, o.vs)
		}
	}
	r.waiting = slices.DeleteFunc(r.waiting, func(o *op) bool { return o.done })
	expectWaiting(r, r.q, len(r.m.putters), len(r.m.getters), len(r.m.joiners))
	if r.steps++; r.steps%8 == 0 { // not always: it tells both ends how things are
		expect(r, "Len", r.q.Len(), len(r.m.items))
		expect(r, "Unfinished", r.q.Unfinished(), r.m.unfinished)
		expect(r, "Full", r.q.Full(), len(r.m.items) >= r.m.cap)
		expect(r, "Empty", r.q.Empty(), len(r.m.items) == 0)
	}
}

// script returns the bytes of a random script of n operations.
func script(seed uint64, n int) []byte {
	rnd := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, 1+2*n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

// Any sequence of operations does on the queue what it does on the model.
func FuzzQueueOracle(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(uint8(seed), script(seed, 40))
	}
	f.Fuzz(func(t *testing.T, which uint8, script []byte) {
		oracle(t, orders[int(which)%len(orders)], script[:min(len(script), 400)])
	})
}
