package inflight_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/inflight-go/inflight"
)

// stepsTo yields 0 to n-1, with a step before each.
func stepsTo(ctx context.Context, n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			inflight.Point(ctx, "pull")
			if !yield(i) {
				return
			}
		}
	}
}

// A stream yields each item that was pulled once, with its result, in order where
// that was asked for, and never works on more than it may; when a ctx that has ended
// cuts it, the last pair says so. All that it has called has returned when it is over.
func TestModes_Each_pulled(t *testing.T) {
	for name, opts := range map[string][]inflight.EachOption{"as they come": nil, "ordered": {inflight.Ordered()}} {
		t.Run(name, func(t *testing.T) {
			modes(t, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
				var in, top atomic.Int64
				fn := func(ctx context.Context, i int) (int, error) {
					top.Store(max(top.Load(), in.Load()+1))
					return pass(&in)(ctx, 10*i)
				}
				var got []int
				cut := false
				for i, r := range inflight.Each(ctx, stepsTo(ctx, 4), 2, fn, opts...) {
					switch {
					case cut:
						t.Errorf("%d comes after the last pair", i)
					case errors.Is(r.Err, inflight.ErrCut):
						cut = true
						continue
					case r.Err == nil && r.Value != 10*i, r.Err != nil && !injected(r.Err):
						t.Errorf("%d has %+v", i, r)
					}
					got = append(got, i)
				}
				if opts == nil {
					slices.Sort(got)
				}
				for i := range got {
					if got[i] != i {
						t.Errorf("it yields %v", got)
					}
				}
				if len(got) < 4 && !cut && ctx.Err() == nil || in.Load() != 0 || top.Load() > 2 {
					t.Errorf("%v, cut %t; %d still work, at most %d did", got, cut, in.Load(), top.Load())
				}
			})
		})
	}
}

// A loop that is left in the middle leaves nobody behind, and pulls no more than the
// window.
func TestModes_Each_left(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
		var in, pulled atomic.Int64
		endless := func(yield func(int) bool) {
			for i, more := 0, true; more; i++ {
				pulled.Add(1)
				more = yield(i)
			}
		}
		for range inflight.Each(ctx, endless, 2, pass(&in)) {
			break
		}
		if in.Load() != 0 || pulled.Load() > 1+4 { // what was yielded, and two times the limit
			t.Errorf("%d still work, and %d were pulled", in.Load(), pulled.Load())
		}
	})
}

// No more functions run than there are places, one that runs is abandoned only when
// its ctx has ended, and what comes out is its result, the cause, or that.
func TestModes_Offload(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
		var in, top, calls atomic.Int64
		results := []error{errModes, errModes, errModes} // of those that are refused
		values := make([]int, 3)
		err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error { // the pool is the outermost scope's
			for i := range results {
				g.Go(func(ctx context.Context) error {
					values[i], results[i] = inflight.Offload(ctx, func() (int, error) {
						calls.Add(1)
						top.Store(max(top.Load(), in.Load()+1))
						return pass(&in)(context.WithoutCancel(ctx), 10*i)
					})
					return results[i]
				})
			}
			return nil
		}, inflight.OffloadLimit(2))
		good := int64(0)
		for i, r := range results {
			switch {
			case r == nil && values[i] == 10*i:
				good++
			case r != errModes && !injected(r):
				t.Errorf("%d has %d, %v", i, values[i], r)
			}
		}
		if err != nil && !injected(err) || calls.Load() < good || top.Load() > 2 {
			t.Errorf("%v; %d were called for %d results, %d at once", err, calls.Load(), good, top.Load())
		}
	})
}
