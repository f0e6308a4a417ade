package park_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// A thing is the smallest primitive: it hands a number to whoever waits longest.
type thing struct {
	mu   sync.Mutex
	list park.List
	obj  park.Object
}

func (x *thing) wait(ctx context.Context) (v int, err error) {
	w := park.NewWaiter(ctx)
	defer w.Free()
	w.Slot = &v
	x.mu.Lock()
	err = x.list.Wait(ctx, &x.mu, w, park.OpEvent, &x.obj)
	return v, err
}

// give reports whether somebody was waiting.
func (x *thing) give(v int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.giveLocked(v)
}

func (x *thing) giveLocked(v int) bool {
	w := x.list.Front()
	if w == nil {
		return false
	}
	*w.Slot.(*int) = v
	x.list.Grant(w)
	w.Unpark()
	return true
}

func (x *thing) waiting() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.list.Len()
}

// contexts are the kinds of context that a wait can be under: each is waited for
// in a way of its own. end ends the context; nil for one that does not end.
var contexts = map[string]func(t *testing.T) (ctx context.Context, end func(error)){
	"plain": func(t *testing.T) (context.Context, func(error)) {
		return context.WithCancelCause(t.Context())
	},
	"node": func(t *testing.T) (context.Context, func(error)) {
		n := child(&scope(t, context.Background()).Node)
		return n, func(cause error) { n.Cancel(cause) }
	},
	"below a node": func(t *testing.T) (context.Context, func(error)) {
		return context.WithCancelCause(child(&scope(t, context.Background()).Node))
	},
	"node below a foreign one": func(t *testing.T) (context.Context, func(error)) {
		ctx, cancel := context.WithCancelCause(t.Context())
		return child(&scope(t, ctx).Node), cancel
	},
	"worker": func(t *testing.T) (context.Context, func(error)) {
		s := scope(t, context.Background())
		return worker(&s.Node), func(cause error) { s.Cancel(cause) }
	},
	"background": func(t *testing.T) (context.Context, func(error)) { return context.Background(), nil },
	"without cancel": func(t *testing.T) (context.Context, func(error)) {
		return context.WithoutCancel(child(&scope(t, context.Background()).Node)), nil
	},
}

// underEach runs the test in a bubble for each kind of context.
func underEach(t *testing.T, test func(t *testing.T, ctx context.Context, end func(error))) {
	for name, make := range contexts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := make(t)
				test(t, ctx, end)
			})
		})
	}
}

// underEachThatEnds is underEach for the contexts that can end.
func underEachThatEnds(t *testing.T, test func(t *testing.T, ctx context.Context, end func(error))) {
	underEach(t, func(t *testing.T, ctx context.Context, end func(error)) {
		if end != nil {
			test(t, ctx, end)
		}
	})
}

// A wait that is granted returns nil, with the value.
func TestWaitGranted(t *testing.T) {
	underEach(t, func(t *testing.T, ctx context.Context, _ func(error)) {
		var x thing
		for i := range 3 { // the waiter is used again
			go func() {
				synctest.Wait()
				x.give(i)
			}()
			if v, err := x.wait(ctx); v != i || err != nil {
				t.Fatalf("got %d, %v; want %d", v, err, i)
			}
			synctest.Wait()
		}
	})
}

// A wait whose context ends returns the cause, and has left the list.
func TestWaitCancelled(t *testing.T) {
	underEachThatEnds(t, func(t *testing.T, ctx context.Context, end func(error)) {
		var x thing
		go func() {
			synctest.Wait()
			end(errStop)
		}()
		if _, err := x.wait(ctx); err != errStop {
			t.Errorf("got %v, want the cause", err)
		}
		if x.waiting() != 0 || x.give(1) {
			t.Error("the waiter is still in the list")
		}
		if _, err := x.wait(ctx); err != errStop {
			t.Errorf("the next wait got %v, want the cause", err)
		}
	})
}

// A wait that is granted and cancelled before it has gone on returns nil, with
// the value, whichever came first.
func TestWaitGrantedAndCancelled(t *testing.T) {
	for _, grantFirst := range []bool{true, false} {
		underEachThatEnds(t, func(t *testing.T, ctx context.Context, end func(error)) {
			var x thing
			var v int
			err := errOther
			go func() { v, err = x.wait(ctx) }()
			synctest.Wait()
			x.mu.Lock() // who wants to leave the list needs it
			if !grantFirst {
				end(errStop)
			}
			x.giveLocked(1)
			if grantFirst {
				end(errStop)
			}
			x.mu.Unlock()
			synctest.Wait()
			if v != 1 || err != nil {
				t.Errorf("grant first: %t: got %d, %v", grantFirst, v, err)
			}
		})
	}
}

// A wake-up without a grant does not end a wait, and neither does one that was
// meant for the wait before.
func TestWaitStaleWakeup(t *testing.T) {
	underEach(t, func(t *testing.T, ctx context.Context, _ func(error)) {
		w := park.NewWaiter(ctx)
		w.Grant()
		w.Unpark()
		w.Unpark()
		if err := w.Park(ctx, park.OpEvent, nil); err != nil {
			t.Fatal(err)
		}
		w.Unpark() // too late
		w.Free()

		var x thing
		returned := false
		go func() {
			x.wait(ctx)
			returned = true
		}()
		synctest.Wait()
		x.mu.Lock()
		x.list.Front().Unpark() // for nothing
		x.mu.Unlock()
		synctest.Wait()
		if returned {
			t.Error("the wait has ended without a grant")
		}
		x.give(1)
		synctest.Wait()
		if !returned {
			t.Error("the wait was granted and has not ended")
		}
	})
}

// A grant that comes before the Park is not missed.
func TestWaitGrantedBeforePark(t *testing.T) {
	underEach(t, func(t *testing.T, ctx context.Context, _ func(error)) {
		w := park.NewWaiter(ctx)
		w.Grant()
		w.Unpark()
		if !w.Granted() {
			t.Error("it does not say that it was granted")
		}
		if err := w.Park(ctx, park.OpEvent, nil); err != nil {
			t.Error(err)
		}
		w.Free()
	})
}

// A node keeps one waiter, for one wait at a time; whoever waits beside gets a
// fresh one.
func TestNodeKeepsOneWaiter(t *testing.T) {
	n := child(&scope(t, context.Background()).Node)
	first := park.NewWaiter(n)
	second := park.NewWaiter(n)
	if first == second {
		t.Fatal("two waits share a waiter")
	}
	first.Grant()
	first.N = 7
	first.Free()
	second.Free()
	again := park.NewWaiter(context.WithValue(n, key{}, 1))
	if again != first {
		t.Error("the waiter is not used again")
	}
	if again.Granted() || again.N != 0 {
		t.Error("it still has the grant, or the number, of the wait before")
	}
	rootless := park.NewWaiter(context.Background())
	rootless.Free()
	if park.NewWaiter(context.Background()) == rootless {
		t.Error("a waiter is kept where there is no node")
	}
}

// A wait that must not be cancelled goes on when its node is cancelled, and does
// not lose the grant that comes after.
func TestWaitOfACancelledNodeThatInsists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := child(&scope(t, context.Background()).Node)
		w := park.NewWaiter(n)
		returned := false
		go func() {
			w.Park(context.Background(), park.OpLock, nil)
			returned = true
		}()
		synctest.Wait()
		n.Cancel(errStop)
		synctest.Wait()
		if returned {
			t.Error("the cancellation has ended the wait")
		}
		w.Grant()
		w.Unpark()
		synctest.Wait()
		if !returned {
			t.Error("the grant has not ended the wait")
		}
	})
}

// What a task has left behind waiting under its context is told when the task
// returns, be it for the waiter that the node keeps or for another.
func TestWaitEndsWithItsNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := child(&scope(t, context.Background()).Node)
		var x thing
		var first, sleep, second error
		wait := func(err *error, fn func() error) {
			go func() { *err = fn() }()
			synctest.Wait()
		}
		wait(&first, func() error { _, err := x.wait(n); return err })
		n.End()
		synctest.Wait()
		n = child(&scope(t, context.Background()).Node)
		wait(&sleep, func() error { return park.Sleep(n, time.Hour) })
		wait(&second, func() error { _, err := x.wait(n); return err })
		n.End()
		synctest.Wait()
		for _, err := range []error{first, sleep, second} {
			if err != park.ErrEnded {
				t.Errorf("got %v of %v, %v, %v; want ErrEnded", err, first, sleep, second)
			}
		}
		x.give(1)
		x.give(1)
	})
}

// While a task waits its node says for what, since when at level 1, and nothing
// before and after.
func TestNodeSaysWhatItWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer park.Level.Store(park.Level.Swap(1))
		n := child(&scope(t, context.Background()).Node)
		n.Lock()
		n.Born()
		n.Unlock()
		if !n.Since().Equal(time.Now()) {
			t.Errorf("it was started at %v", n.Since())
		}
		var x thing
		is := func(op park.Op, obj uint64, since time.Time) {
			t.Helper()
			const grain = 17 * time.Millisecond // moments are kept as ticks
			if w := n.Waiting(); w.Op != op || w.On != obj || w.Since.IsZero() != since.IsZero() || w.Since.Sub(since).Abs() > grain {
				t.Errorf("waits for %q of %d since %v; want %q of %d since %v", w.Op, w.On, w.Since, op, obj, since)
			}
		}
		is(park.OpNone, 0, time.Time{})
		for range 2 {
			time.Sleep(time.Hour)
			go x.wait(n)
			synctest.Wait()
			since := time.Now()
			time.Sleep(time.Minute)
			is(park.OpEvent, x.obj.ID(), since)
			x.give(1)
			synctest.Wait()
			is(park.OpNone, 0, time.Time{})
		}
		go park.Sleep(n, time.Second)
		synctest.Wait()
		is(park.OpSleep, 0, time.Now())
		time.Sleep(time.Second)
		synctest.Wait()
		is(park.OpNone, 0, time.Time{})
	})
}

// A thousand waits are a thousand goroutines, and no more: none of them needs
// another one for its cancellation, and that comes to all of them.
func TestWaitsNeedNoGoroutines(t *testing.T) {
	for name, make := range contexts {
		if name == "background" || name == "without cancel" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 1000
				var x thing
				var ends []func(error)
				errs := fresh(n)
				before := runtime.NumGoroutine()
				for i := range n {
					ctx, end := make(t)
					ends = append(ends, end)
					go func() { _, errs[i] = x.wait(ctx) }()
				}
				synctest.Wait()
				if got := runtime.NumGoroutine() - before; got > n || x.waiting() != n {
					t.Errorf("%d goroutines for %d waits, of %d", got, x.waiting(), n)
				}
				for _, end := range ends {
					end(errStop)
				}
				synctest.Wait()
				for i, err := range errs {
					if err != errStop {
						t.Fatalf("wait %d got %v", i, err)
					}
				}
			})
		})
	}
}

func fresh(n int) []error { return make([]error, n) }

// Grants and cancellations at the same time, for real: each wait ends in one way,
// each value reaches exactly one wait, and no wake-up is lost.
func TestWaitStress(t *testing.T) {
	const rounds, tasks = 300, 4
	for range rounds {
		s := new(park.Scope)
		s.InitScope(context.Background(), nil, park.KindGroup, "", 0)
		var x thing
		var wg sync.WaitGroup
		got := make(chan int, tasks)
		for range tasks {
			n := child(&s.Node)
			wg.Go(func() {
				if v, err := x.wait(n); err == nil {
					got <- v
				} else if err != errStop {
					t.Errorf("got %v", err)
				}
			})
			wg.Go(func() {
				if rand.IntN(2) == 0 {
					n.Cancel(errStop)
				}
			})
		}
		gave := 0
		wg.Go(func() {
			for i := range tasks {
				if x.give(i + 1) {
					gave++
				}
				runtime.Gosched()
			}
		})
		for range 10 {
			runtime.Gosched()
		}
		s.Cancel(errStop) // ends the rest
		wg.Wait()
		close(got)
		n := 0
		for v := range got {
			n++
			if v == 0 {
				t.Fatal("a wait was granted nothing")
			}
		}
		if n != gave || x.waiting() != 0 {
			t.Fatalf("%d values were given, %d waits have one, and %d still wait", gave, n, x.waiting())
		}
		s.EndScope()
	}
}

// A list serves in the order of pushing, whatever was taken out in between: the
// same as a slice does.
func TestListIsAQueue(t *testing.T) {
	var l park.List
	var want []*park.Waiter
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		switch op := r.IntN(5); {
		case op < 2 || len(want) == 0:
			w := park.NewWaiter(context.Background())
			l.Push(w)
			want = append(want, w)
		case op == 2:
			i := r.IntN(len(want))
			l.Remove(want[i])
			if want[i].Granted() {
				t.Fatal("one that was taken out was granted")
			}
			want = slices.Delete(want, i, i+1)
		case op == 3:
			w := l.Front()
			l.Grant(w)
			if w != want[0] || !w.Granted() {
				t.Fatal("the first is not the first, or was not granted")
			}
			want = want[1:]
		case r.IntN(50) == 0:
			l.GrantAll()
			for _, w := range want {
				if !w.Granted() {
					t.Fatal("GrantAll has left one out")
				}
			}
			want = nil
		}
		front := l.Front()
		if l.Len() != len(want) || l.Empty() != (len(want) == 0) || (front == nil) != (len(want) == 0) || front != nil && front != want[0] {
			t.Fatalf("the list has %d, want %d", l.Len(), len(want))
		}
	}
}
