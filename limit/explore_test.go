package limit_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/limit"
)

// A small reservation does not overtake a large one, and is let through in the moment
// in which that one gives up.
func TestExploreBudgetOrder(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		b := limit.NewBudget(10, period)
		began := time.Now()
		if _, err := b.Reserve(ctx, 7); err != nil {
			t.Fatal(err)
		}
		served := make(chan int64, 3)
		line := func(n int64) *inflight.Task[struct{}] {
			task := g.Go(func(ctx context.Context) error {
				_, err := b.Reserve(ctx, n)
				if err == nil {
					served <- n
				}
				return err
			})
			inflighttest.Settle() // it stands in line
			return task
		}
		large, small := line(8), line(3)
		if len(served) > 0 {
			t.Errorf("%d has overtaken", <-served)
		}
		next := line(1)
		giveUp := g.Go(func(context.Context) error {
			large.Cancel(nil)
			return nil
		})
		wait(ctx, giveUp, small)
		if !time.Now().Equal(began) {
			t.Errorf("the small one has waited for %v", time.Since(began))
		}
		wait(ctx, next)
		if first, second := <-served, <-served; first != 3 || second != 1 {
			t.Errorf("%d was served before %d", first, second)
		}
	})
}

// Whoever settles first settles alone.
func TestExploreBudgetSettlesOnce(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 100}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		b := limit.NewBudget(10, period)
		r, err := b.Reserve(ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		settle := func(used int64) *inflight.Task[struct{}] {
			return g.Go(func(context.Context) error {
				r.Settle(used)
				return nil
			})
		}
		wait(ctx, settle(12), settle(13), settle(3))
		if used := b.Stats().Used; !slices.Contains([]int64{3, 12, 13}, used) {
			t.Errorf("%d are used", used)
		}
	})
}

func wait(ctx context.Context, tasks ...*inflight.Task[struct{}]) {
	for _, task := range tasks {
		task.Await(ctx)
	}
}
