package queue_test

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/queue"
)

// An order is one of the constructors, and what it does to items. The lowest three
// digits of one are its priority.
type order struct {
	name   string
	make   func(capacity int) *queue.Queue[int]
	sorted func(vs ...int) []int // in the order of Get, put in the order given
}

var orders = []order{
	{"fifo", queue.New[int], func(vs ...int) []int { return vs }},
	{"fifo with two ends", queue.NewTwoEnded[int], func(vs ...int) []int { return vs }},
	{"priority", func(c int) *queue.Queue[int] { return queue.NewPriority(c, byPriority) },
		func(vs ...int) []int { return slices.SortedStableFunc(slices.Values(vs), byPriority) }},
	{"stack", queue.NewStack[int], func(vs ...int) []int {
		vs = slices.Clone(vs)
		slices.Reverse(vs)
		return vs
	}},
}

func byPriority(a, b int) int { return cmp.Compare(a%1000, b%1000) }

// A bench is what a test of all orders works on.
type bench struct {
	*testing.T
	order
	queues []*queue.Queue[int]
}

// inEach runs f in a bubble for each order, and checks afterwards that nobody is
// left waiting. (That no goroutine is left, the bubble checks.)
func inEach(t *testing.T, f func(t *bench)) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &bench{T: t, order: o}
				f(b)
				synctest.Wait()
				for _, q := range b.queues {
					expectErr(t, "queue", q.Check(), nil)
					expectWaiting(t, q, 0, 0, 0)
				}
			})
		})
	}
}

// queue returns a queue of the order with the given items in it.
func (t *bench) queue(capacity int, vs ...int) *queue.Queue[int] {
	t.Helper()
	q := t.make(capacity)
	t.queues = append(t.queues, q)
	put(t, q, vs...)
	return q
}

// A call is an operation that may be waiting.
type call[R any] struct {
	cancel context.CancelFunc
	done   atomic.Bool
	res    R
	err    error
}

// start begins an operation in a goroutine of its own, and returns when it has
// ended or waits. Its context ends at the latest when the test does.
func start[R any](t testing.TB, f func(context.Context) (R, error)) *call[R] {
	ctx, cancel := context.WithCancel(t.Context())
	c := &call[R]{cancel: cancel}
	go func() {
		c.res, c.err = f(ctx)
		c.done.Store(true)
	}()
	synctest.Wait()
	return c
}

func startPut(t testing.TB, q *queue.Queue[int], v int) *call[int] {
	return start(t, func(ctx context.Context) (int, error) { return v, q.Put(ctx, v) })
}

func startGet(t testing.TB, q *queue.Queue[int]) *call[int] { return start(t, q.Get) }

func startJoin(t testing.TB, q *queue.Queue[int]) *call[bool] {
	return start(t, func(ctx context.Context) (bool, error) { return true, q.Join(ctx) })
}

// waits fails the test if the call has ended.
func (c *call[R]) waits(t testing.TB) {
	t.Helper()
	synctest.Wait()
	if c.done.Load() {
		t.Fatalf("returned %v, %v; should wait", c.res, c.err)
	}
}

// returns fails the test unless the call has ended with the error.
func (c *call[R]) returns(t testing.TB, want error) R {
	t.Helper()
	synctest.Wait()
	if !c.done.Load() {
		t.Fatalf("still waiting; should return %v", want)
	}
	if !errors.Is(c.err, want) {
		t.Fatalf("error %v, want %v", c.err, want)
	}
	return c.res
}

// brings fails the test unless the call has ended with the item.
func brings(t testing.TB, c *call[int], want int) {
	t.Helper()
	if got := c.returns(t, nil); got != want {
		t.Fatalf("got %d, want %d", got, want)
	}
}

func put(t testing.TB, q *queue.Queue[int], vs ...int) {
	t.Helper()
	for _, v := range vs {
		if err := q.PutNow(v); err != nil {
			t.Fatalf("PutNow(%d): %v", v, err)
		}
	}
}

// drain takes out what is there, without waiting.
func drain(q *queue.Queue[int]) (vs []int) {
	for {
		v, err := q.GetNow()
		if err != nil {
			return vs
		}
		vs = append(vs, v)
	}
}

func expect(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, ok := got.([]int); ok {
		if !slices.Equal(g, want.([]int)) {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
		return
	}
	if got != want {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func expectErr(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("%s: error %v, want %v", what, got, want)
	}
}

func expectWaiting[T any](t testing.TB, q *queue.Queue[T], putters, getters, joiners int) {
	t.Helper()
	p, g, j := q.Waiting()
	if p != putters || g != getters || j != joiners {
		t.Fatalf("waiting to put, get, join: %d, %d, %d, want %d, %d, %d", p, g, j, putters, getters, joiners)
	}
}

// panics returns what f panics with, as text.
func panics(t testing.TB, f func()) (msg string) {
	t.Helper()
	defer func() {
		v := recover()
		if v == nil {
			t.Fatal("no panic")
		}
		msg, _ = v.(string)
	}()
	f()
	return ""
}

func ended() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errGone)
	return ctx
}

var errGone = errors.New("gone")

// Items come out in the order that the constructor says, also when puts and gets
// alternate.
func TestQ1_order(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(10, 3, 1, 2)
		expect(t, "items", drain(q), t.sorted(3, 1, 2))

		put(t, q, 5, 4)
		first, _ := q.GetNow()
		put(t, q, 6)
		rest := drain(q)
		want := map[string][]int{"fifo": {5, 4, 6}, "fifo with two ends": {5, 4, 6}, "priority": {4, 5, 6}, "stack": {4, 6, 5}}[t.name]
		expect(t, "items", append([]int{first}, rest...), want)
	})
}

// A priority queue of any size sorts, and keeps the order of equal items.
func TestQ1_Q2_priority_sorts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		q := queue.NewPriority(queue.Unbounded, byPriority)
		var want []int
		for i := range n {
			v := 1000*i + r.IntN(1+n/2)
			put(t, q, v)
			want = append(want, v)
		}
		slices.SortStableFunc(want, byPriority)
		expect(t, "items", drain(q), want)
	}
}

// Items that compare as equal are got in the order in which they were put; their
// other fields are never compared.
func TestQ2_equal_priorities_are_fifo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type job struct{ priority, number int }
		q := queue.NewPriority(queue.Unbounded, func(a, b job) int { return cmp.Compare(a.priority, b.priority) })
		for i := range 300 {
			if err := q.PutNow(job{i % 3, -i}); err != nil {
				t.Fatal(err)
			}
		}
		last := job{-1, 0}
		for range 300 {
			j, err := q.GetNow()
			if err != nil {
				t.Fatal(err)
			}
			if j.priority < last.priority || j.priority == last.priority && j.number >= last.number {
				t.Fatalf("%v was got after %v", j, last)
			}
			last = j
		}
	})
}

// Len, Cap, Full and Empty say how many items wait, and leave out those of blocked
// putters.
func TestQ10_len_cap_full_empty(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(2)
		state := func(n int, full, empty bool) {
			t.Helper()
			expect(t, "Len", q.Len(), n)
			expect(t, "Cap", q.Cap(), 2)
			expect(t, "Full", q.Full(), full)
			expect(t, "Empty", q.Empty(), empty)
		}
		state(0, false, true)
		put(t, q, 1)
		state(1, false, false)
		put(t, q, 2)
		state(2, true, false)
		p := startPut(t, q, 3)
		state(2, true, false)
		q.GetNow()
		p.returns(t, nil)
		state(2, true, false)
		drain(q)
		state(0, false, true)
	})
}

// A capacity has to be given: a negative one panics, and no limit is a number that
// is spelled. Unbounded queues take whatever comes.
func TestQ21_capacity_is_named(t *testing.T) {
	inEach(t, func(t *bench) {
		msg := panics(t, func() { t.make(-1) })
		if !strings.HasPrefix(msg, "inflight/queue: New") || !strings.Contains(msg, "(-1)") {
			t.Errorf("panic %q", msg)
		}
		q := t.queue(queue.Unbounded)
		for i := range 10_000 {
			put(t, q, i)
		}
		expect(t, "Len", q.Len(), 10_000)
		expect(t, "Cap", q.Cap(), queue.Unbounded)
		expect(t, "Full", q.Full(), false)
		expect(t, "drained", len(q.ShutdownNow()), 10_000)
	})
	if msg := panics(t, func() { queue.NewPriority[int](1, nil) }); !strings.HasPrefix(msg, "inflight/queue: NewPriority") {
		t.Errorf("panic %q", msg)
	}
}

// With capacity 0 each Put waits for its Get, and each Get for its Put; nothing
// ever waits in the queue.
func TestQ22_rendezvous(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(0)
		expect(t, "Full", q.Full(), true)
		expect(t, "Empty", q.Empty(), true)
		expectErr(t, "PutNow with nobody there", q.PutNow(1), queue.ErrFull)
		_, err := q.GetNow()
		expectErr(t, "GetNow with nobody there", err, queue.ErrEmpty)

		p1, p2 := startPut(t, q, 1), startPut(t, q, 2)
		p1.waits(t)
		expect(t, "Len", q.Len(), 0)
		expect(t, "Unfinished", q.Unfinished(), 0)
		v, err := q.Get(t.Context())
		expectErr(t, "Get", err, nil)
		expect(t, "Get", v, 1)
		p1.returns(t, nil)
		p2.waits(t)
		v, _ = q.GetNow()
		expect(t, "GetNow", v, 2)
		p2.returns(t, nil)

		g := startGet(t, q)
		g.waits(t)
		put(t, q, 3)
		brings(t, g, 3)
		g = startGet(t, q)
		expectErr(t, "Put", q.Put(t.Context(), 4), nil)
		brings(t, g, 4)
		expect(t, "Unfinished", q.Unfinished(), 4)
	})
}

// What one operation promises, each order promises: the same long random sequence
// of operations against a model of each.
func TestQ23_each_order_keeps_the_rules(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			for seed := range uint64(150) {
				oracle(t, o, script(seed, 120))
			}
		})
	}
}

// A context that has ended is an error for each operation, also where it would not
// have had to wait, and nothing has happened. The error is the cause.
func TestQ6_ended_context_does_nothing(t *testing.T) {
	inEach(t, func(t *bench) {
		q := t.queue(2, 1)
		expectErr(t, "Put", q.Put(ended(), 2), errGone)
		n, err := q.PutAll(ended(), []int{2})
		expect(t, "PutAll", n, 0)
		expectErr(t, "PutAll", err, errGone)
		_, err = q.PutAll(ended(), nil)
		expectErr(t, "PutAll of nothing", err, errGone)
		_, err = q.Get(ended())
		expectErr(t, "Get", err, errGone)
		_, err = q.GetUpTo(ended(), 3)
		expectErr(t, "GetUpTo", err, errGone)
		for range q.All(ended()) {
			t.Error("All brought an item")
		}
		expect(t, "Len", q.Len(), 1)
		expect(t, "Unfinished", q.Unfinished(), 1)
		drain(q)
		q.TaskDone()
		expectErr(t, "Join", q.Join(ended()), errGone)
	})
}

// A wait ends with the cause of its context, whichever way that ends.
func TestQ6_deadline_ends_a_wait(t *testing.T) {
	inEach(t, func(t *bench) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errGone)
		defer cancel()
		full, empty := t.queue(1, 1), t.queue(1)
		put := start(t, func(context.Context) (int, error) { return 0, full.Put(ctx, 2) })
		get := start(t, func(context.Context) (int, error) { return empty.Get(ctx) })
		join := start(t, func(context.Context) (int, error) { return 0, full.Join(ctx) })
		put.waits(t)
		get.waits(t)
		join.waits(t)
		time.Sleep(time.Minute)
		put.returns(t, errGone)
		get.returns(t, errGone)
		join.returns(t, errGone)
		expect(t, "items", drain(full), []int{1})
	})
}
