package park_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// A sleep lasts as long as it was asked to, also when the waiter has slept before
// and still has a wake-up of an earlier wait.
func TestSleepLasts(t *testing.T) {
	underEach(t, func(t *testing.T, ctx context.Context, _ func(error)) {
		w := park.NewWaiter(ctx)
		w.Unpark()
		w.Free()
		for _, d := range []time.Duration{time.Nanosecond, time.Hour, 1000 * time.Hour} {
			begin := time.Now()
			if err := park.Sleep(ctx, d); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(begin); got != d {
				t.Errorf("slept %v, want %v", got, d)
			}
		}
	})
}

// A sleep of nothing, or less, ends without the clock; under a context that has
// ended it fails as any other.
func TestSleepOfNothing(t *testing.T) {
	underEach(t, func(t *testing.T, ctx context.Context, end func(error)) {
		begin := time.Now()
		for _, d := range []time.Duration{0, -time.Hour} {
			if err := park.Sleep(ctx, d); err != nil {
				t.Error(err)
			}
		}
		if end != nil {
			end(errStop)
			for _, d := range []time.Duration{0, -1, time.Hour} {
				if err := park.Sleep(ctx, d); err != errStop {
					t.Errorf("Sleep(%v) under an ended context returned %v", d, err)
				}
			}
		}
		if !time.Now().Equal(begin) {
			t.Error("the clock has moved")
		}
	})
}

// A sleep whose context ends returns the cause at that moment.
func TestSleepCancelled(t *testing.T) {
	underEachThatEnds(t, func(t *testing.T, ctx context.Context, end func(error)) {
		begin := time.Now()
		time.AfterFunc(time.Minute, func() { end(errStop) })
		if err := park.Sleep(ctx, time.Hour); err != errStop {
			t.Errorf("got %v, want the cause", err)
		}
		if got := time.Since(begin); got != time.Minute {
			t.Errorf("it has returned after %v", got)
		}
	})
}

// A cancellation at the moment at which the sleep begins is not missed: whatever
// the order of the two, the sleep does not last.
func TestSleepCancelledAtItsBeginning(t *testing.T) {
	for range 500 {
		s := new(park.Scope)
		s.InitScope(context.Background(), nil, park.KindGroup, "", 0)
		n := child(&s.Node)
		go n.Cancel(errStop)
		if err := park.Sleep(n, 24*time.Hour); err != errStop {
			t.Fatalf("got %v, want the cause", err)
		}
		s.EndScope()
	}
}

// The timer of a sleep that was cancelled does not end the next wait: the two
// share the waiter of their node.
func TestSleepLeavesNoTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := child(&scope(t, context.Background()).Node)
		ctx, cancel := context.WithCancel(n)
		time.AfterFunc(time.Second, cancel)
		park.Sleep(ctx, time.Minute)
		begin := time.Now()
		if err := park.Sleep(n, time.Hour); err != nil || time.Since(begin) != time.Hour {
			t.Errorf("the next sleep has lasted %v, %v", time.Since(begin), err)
		}
		returned := false
		var x thing
		go func() {
			x.wait(n)
			returned = true
		}()
		time.Sleep(time.Hour)
		if returned {
			t.Error("the next wait has ended by itself")
		}
		x.give(1)
	})
}

// A thousand sleepers are a thousand goroutines, and no more.
func TestSleepersNeedNoGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scope(t, context.Background())
		before := runtime.NumGoroutine()
		var cut atomic.Int32
		for range 1000 {
			n := child(&s.Node)
			go func() {
				if park.Sleep(n, time.Hour) == errStop {
					cut.Add(1)
				}
			}()
		}
		synctest.Wait()
		if got := runtime.NumGoroutine() - before; got > 1000 {
			t.Errorf("%d goroutines", got)
		}
		begin := time.Now()
		s.Cancel(errStop)
		synctest.Wait()
		if got := cut.Load(); got != 1000 || !time.Now().Equal(begin) {
			t.Errorf("the cancellation has ended %d sleeps of 1000, in %v", got, time.Since(begin))
		}
	})
}
