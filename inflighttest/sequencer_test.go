package inflighttest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
)

// Three tasks take turns in the order of the numbers, whatever the order in which
// they were started, and each step happens after the one before.
func TestTK5_sequencer(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		s := inflighttest.NewSequencer(t)
		var order []int // not guarded: the steps order the accesses
		for task := range 3 {
			g.Go(func(ctx context.Context) error {
				for n := 2 - task; n < 9; n += 3 {
					err := s.Do(ctx, n, func() {
						inflight.Sleep(ctx, time.Second) // the next one waits
						order = append(order, n)
					})
					if err != nil {
						return err
					}
				}
				return nil
			})
			inflighttest.Settle()
		}
		if err := s.At(ctx, 9); err != nil {
			t.Fatal(err)
		}
		if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8}; !slices.Equal(order, want) {
			t.Errorf("the order was %v", order)
		}
	})
}

// At returns when its turn has come, and lets the next one begin.
func TestTK5_at_is_a_step_by_itself(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		s := inflighttest.NewSequencer(t)
		passed := make([]bool, 3)
		for _, n := range []int{2, 1} {
			g.Go(func(ctx context.Context) error {
				err := s.At(ctx, n)
				passed[n] = true
				return err
			})
		}
		inflighttest.Settle()
		if passed[1] || passed[2] {
			t.Fatalf("a step has come before step 0: %v", passed)
		}
		waiting := 0
		for _, i := range inflight.Tasks() {
			if i.Waiting == "sequencer" {
				waiting++
			}
		}
		if waiting < 2 {
			t.Errorf("the tree shows %d that wait for the sequencer, want 2", waiting)
		}
		if err := s.At(ctx, 0); err != nil {
			t.Fatal(err)
		}
		inflighttest.Settle()
		if !passed[1] || !passed[2] {
			t.Errorf("steps have not come: %v", passed)
		}
	})
}

// A step that is cancelled returns the cause; those behind it can't come any more
// and are told so, those before it can.
func TestTK5_cancelled_step(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		s := inflighttest.NewSequencer(t)
		at := func(n int, ctx context.Context) *inflight.Promise[int] {
			p := inflight.NewPromise[int](ctx)
			g.Go(func(context.Context) error {
				if err := s.At(ctx, n); err != nil {
					p.Reject(err)
				} else {
					p.Resolve(n)
				}
				return nil
			})
			inflighttest.Settle()
			return p
		}
		cancelled, cancel := context.WithCancelCause(ctx)
		first, second, third := at(1, ctx), at(2, cancelled), at(3, ctx)
		cancel(errBoom)
		if _, err := second.Await(ctx); err != errBoom {
			t.Errorf("the cancelled step returned %v, want the cause", err)
		}
		if _, err := third.Await(ctx); !errors.Is(err, inflighttest.ErrSequence) || !errors.Is(err, errBoom) {
			t.Errorf("the step behind it returned %v, want ErrSequence with the cause", err)
		}
		if err := s.At(ctx, 4); !errors.Is(err, inflighttest.ErrSequence) {
			t.Errorf("a later one returned %v, want ErrSequence", err)
		}
		if first.State() != inflight.Pending {
			t.Error("the step before it does not wait any more")
		}
		if err := s.At(ctx, 0); err != nil {
			t.Error(err)
		}
		if _, err := first.Await(ctx); err != nil {
			t.Errorf("the step before it returned %v", err)
		}
	})
}

// When everybody is cancelled at once each gets the cause, so that a cancelled
// group has nothing else to report.
func TestTK5_all_cancelled(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		s := inflighttest.NewSequencer(t)
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for n := range 5 {
				g.Go(func(ctx context.Context) error { return s.At(ctx, n+1) })
			}
			inflighttest.Settle()
			g.Cancel()
			return nil
		})
		if err != nil {
			t.Errorf("the group returned %v", err)
		}
		s.At(ctx, 0)
	})
}

// A context that has ended before the call makes the step one that was cancelled.
func TestTK5_ended_before(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		s := inflighttest.NewSequencer(t)
		ended, cancel := context.WithCancelCause(ctx)
		cancel(errBoom)
		if err := s.At(ended, 0); err != errBoom {
			t.Errorf("At returned %v, want the cause", err)
		}
		if err := s.At(ctx, 1); !errors.Is(err, inflighttest.ErrSequence) {
			t.Errorf("the next one returned %v, want ErrSequence", err)
		}
	})
}

// A number is used once.
func TestTK5_twice(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		s := inflighttest.NewSequencer(t)
		for n, want := range []bool{true, false} {
			err := s.Do(ctx, 0, func() {
				if n > 0 {
					t.Error("the function was called")
				}
			})
			if (err == nil) != want || err != nil && (!errors.Is(err, inflighttest.ErrSequence) || !strings.Contains(err.Error(), "step 0")) {
				t.Errorf("call %d returned %v", n, err)
			}
		}
		if err := s.At(ctx, 1); err != nil {
			t.Errorf("the next step returned %v", err)
		}
	})
}

// A step whose function does not return is over all the same.
func TestTK5_step_that_breaks(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		s := inflighttest.NewSequencer(t)
		go s.Do(ctx, 0, runtime.Goexit)
		func() {
			defer func() { recover() }()
			s.Do(ctx, 1, func() { panic("oh no") })
		}()
		if err := s.At(ctx, 2); err != nil {
			t.Error(err)
		}
	})
}

// A step that nobody has asked for is reported at the end, and so is the one
// that waited for it.
func TestTK5_left_out(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			s := inflighttest.NewSequencer(t)
			s.At(ctx, 0)
			g.Go(func(ctx context.Context) error { return s.At(ctx, 2) }, inflight.Name("late"))
		})
	})
	says(t, output, "sequencer of sequencer_test.go:", ": step 1 was never reached, and step 2 waited for it")
	says(t, output, "deadlock", "late [sequencer #")
}

// Bad arguments panic.
func TestTK5_bad_use(t *testing.T) {
	s := inflighttest.NewSequencer(t)
	for name, call := range map[string]func(){
		"negative": func() { s.At(t.Context(), -1) },
		"nil":      func() { s.Do(t.Context(), 0, nil) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "inflight/inflighttest: ") {
					t.Errorf("%s: panicked with %q", name, got)
				}
			}()
			call()
		}()
	}
}
