package inflighttest_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/queue"
)

// A deadline that passes in the middle of work which takes no time.
func TestPlan_Jitter(t *testing.T) {
	body := func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		ctx, d := inflight.WithDeadline(ctx, time.Minute)
		defer d.Stop()
		for range 5 {
			inflight.Point(ctx, "work")
			if err := context.Cause(ctx); err != nil {
				t.Errorf("not in time: %v", err)
				return
			}
		}
	}
	inflighttest.Explore(t, inflighttest.Plan{}, body)
	out := fails(t, func(t *testing.T) { inflighttest.Explore(t, inflighttest.Plan{Jitter: true}, body) })
	says(t, out, "not in time", "(clock)", "moves on", "by 1m0s, to the next timer")
	saysNot(t, out, "another way")
}

// The clock moves only as far as the next timer, and not where there is none.
func TestPlan_Jitter_moves_from_timer_to_timer(t *testing.T) {
	seen := make(map[time.Duration]bool)
	inflighttest.Explore(t, inflighttest.Plan{Jitter: true, Twice: true, Runs: 1000, For: time.Minute}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		begin := time.Now()
		_, never := inflight.WithDeadline(ctx, time.Hour)
		never.Stop()
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, 2*time.Second) })
		for range 5 {
			inflight.Point(ctx, "work")
		}
		took := time.Since(begin)
		t.Cleanup(func() { seen[took] = true })
	})
	for _, d := range []time.Duration{0, 1, 2, 3} { // 3: the sleep has begun after a second
		if !seen[d*time.Second] {
			t.Errorf("the work never took %v", d*time.Second)
		}
		delete(seen, d*time.Second)
	}
	if len(seen) > 0 {
		t.Errorf("the work took %v", seen)
	}
}

// At one moment of the clock a timer, a grant and a deadline come in any order.
func TestExplore_one_moment(t *testing.T) {
	seen := make(map[[2]bool]bool)
	inflighttest.Explore(t, inflighttest.Plan{Runs: 300, For: time.Minute, Twice: true}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		q := queue.New[int](1)
		var got, saw, slept atomic.Bool
		g.Go(func(ctx context.Context) error {
			ctx, d := inflight.WithDeadline(ctx, time.Second)
			defer d.Stop()
			_, err := q.Get(ctx)
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				return err
			}
			got.Store(err == nil)
			return nil
		})
		g.Go(func(ctx context.Context) error {
			err := inflight.Sleep(ctx, time.Second)
			slept.Store(true)
			q.Put(ctx, 1)
			return err
		})
		g.Go(func(ctx context.Context) error {
			err := inflight.Sleep(ctx, time.Second)
			inflight.Point(ctx, "look")
			saw.Store(slept.Load())
			return err
		})
		t.Cleanup(func() { seen[[2]bool{got.Load(), saw.Load()}] = true })
	})
	if len(seen) != 4 {
		t.Errorf("of whether it came in time, and was seen, there is only %v", seen)
	}
}
