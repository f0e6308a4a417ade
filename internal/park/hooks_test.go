package park_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/permit"
)

// A fake is a simulation that grants each wait at once, or cancels it, and takes
// down what it is asked.
type fake struct {
	asked []string
	err   error // of Park; nil to grant
}

var epoch = time.Unix(1, 2)

func (f *fake) Point(context.Context, park.Op, *park.Object) { f.asked = append(f.asked, "point") }
func (f *fake) Unpark(*park.Waiter)                          { f.asked = append(f.asked, "unpark") }

func (f *fake) Park(_ context.Context, w *park.Waiter, _ park.Op, _ *park.Object) error {
	f.asked = append(f.asked, "park")
	if f.err == nil {
		w.Grant()
	}
	return f.err
}

func (f *fake) Now() time.Time {
	f.asked = append(f.asked, "now")
	return epoch
}

func (f *fake) AfterFunc(d time.Duration, call func()) (stop func() bool) {
	f.asked = append(f.asked, "after "+d.String())
	call()
	return func() bool { return false }
}

// A simulation is asked for all four hooks, and not any more when it was given
// back; one that was installed over another leaves that in its place.
func TestSimulate(t *testing.T) {
	outer, inner := new(fake), new(fake)
	all := func() {
		w := park.NewWaiter(t.Context())
		park.Point(t.Context(), park.OpEvent, nil)
		w.Unpark()
		if err := w.Park(t.Context(), park.OpEvent, nil); err != nil {
			t.Error(err)
		}
		if !park.Now().Equal(epoch) {
			t.Error("the clock is another one")
		}
		park.AfterFunc(time.Hour, func() {})
	}
	want := []string{"point", "unpark", "park", "now", "after 1h0m0s"}
	restoreOuter := park.Simulate(outer)
	restoreInner := park.Simulate(inner)
	all()
	restoreInner()
	if !slices.Equal(inner.asked, want) || outer.asked != nil {
		t.Errorf("the inner one was asked for %q, the outer one for %q", inner.asked, outer.asked)
	}
	all()
	restoreOuter()
	if !slices.Equal(outer.asked, want) {
		t.Errorf("the outer one was asked for %q", outer.asked)
	}
	park.Point(t.Context(), park.OpEvent, nil)
	if park.Now().Equal(epoch) || len(outer.asked) != len(want) || len(inner.asked) != len(want) {
		t.Error("they are asked though they were given back")
	}
}

// A sleep in a simulation is a wait that its clock grants; a cancellation that
// comes before that is returned, and after it is too late.
func TestSleepInASimulation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake)
		defer park.Simulate(f)()
		if err := park.Sleep(t.Context(), time.Minute); err != nil {
			t.Error(err)
		}
		if want := []string{"point", "after 1m0s", "unpark", "park"}; !slices.Equal(f.asked, want) {
			t.Errorf("it was asked for %q, want %q", f.asked, want)
		}
		f.err = errStop
		if err := park.Sleep(t.Context(), time.Minute); err != nil {
			t.Errorf("the clock had granted the sleep, and it returned %v", err)
		}
		late := &lateClock{fake: f}
		defer park.Simulate(late)()
		if err := park.Sleep(t.Context(), time.Minute); err != errStop {
			t.Errorf("it returned %v, want the cause", err)
		}
		if !late.stopped {
			t.Error("the timer was not stopped")
		}
	})
}

// A lateClock never fires.
type lateClock struct {
	*fake
	stopped bool
}

func (c *lateClock) AfterFunc(time.Duration, func()) (stop func() bool) {
	return func() bool { c.stopped = true; return true }
}

// In a list, a simulation that reports a cancellation is believed if the waiter
// was not granted, and else not.
func TestListWaitInASimulation(t *testing.T) {
	f := &fake{err: errStop}
	defer park.Simulate(f)()
	var x thing
	if _, err := x.wait(t.Context()); err != errStop || x.waiting() != 0 {
		t.Errorf("got %v, and %d wait", err, x.waiting())
	}
	defer park.Simulate(&tossing{f, &x})()
	if v, err := x.wait(t.Context()); v != 1 || err != nil {
		t.Errorf("granted and cancelled, it got %d, %v", v, err)
	}
}

// A tossing simulation finds a wait granted and cancelled, and reports the
// cancellation.
type tossing struct {
	*fake
	x *thing
}

func (s *tossing) Park(context.Context, *park.Waiter, park.Op, *park.Object) error {
	s.x.give(1)
	return s.err
}

// The join of a scope goes through the hooks too.
func TestJoinInASimulation(t *testing.T) {
	f := new(fake)
	defer park.Simulate(f)()
	s := scope(t, t.Context())
	s.BeginJoin(t.Context())
	s.Joined()
	s.Join()
	if want := []string{"unpark", "park"}; !slices.Equal(f.asked, want) {
		t.Errorf("it was asked for %q, want %q", f.asked, want)
	}
}

// What the hook at the entry of an operation costs while no simulation runs: the
// same operation, a free permit taken and given back, without and with it.
func BenchmarkPoint(b *testing.B) {
	var pool permit.Pool
	ctx := b.Context()
	b.Run("without", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if ctx.Err() != nil || !pool.TryAcquire(1) {
				b.Fatal("not free")
			}
			pool.Release(1)
		}
	})
	b.Run("with", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			park.Point(ctx, park.OpSemaphore, &pool.Obj)
			if ctx.Err() != nil || !pool.TryAcquire(1) {
				b.Fatal("not free")
			}
			pool.Release(1)
		}
	})
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			park.Point(ctx, park.OpSemaphore, &pool.Obj)
		}
	})
}
