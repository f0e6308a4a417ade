package inflighttest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

func blockedBody(want string) inflighttest.Body {
	return func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		q := queue.New[int](1)
		get := inflight.Go(g, q.Get, inflight.Name("reader"))
		inflighttest.AssertBlocked(t, get, want)
		q.Put(ctx, 1)
		get.Await(ctx)
	}
}

func TestAssertBlocked(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		blockedBody("queue.get")(t, ctx, g)
	})
	inflighttest.Explore(t, inflighttest.Plan{Runs: 100}, blockedBody("queue.get"))
	says(t, fails(t, func(t *testing.T) { inflighttest.Explore(t, inflighttest.Plan{}, blockedBody("queue.put")) }),
		"reader [queue.get", "want it to wait for queue.put")
}

func TestAssertBlocked_of_one_that_is_done(t *testing.T) {
	says(t, fails(t, func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			inflighttest.AssertBlocked(t, g.Go(func(context.Context) error { return nil }), "sleep")
		})
	}), "[succeeded] waits for nothing, want sleep")
}

func TestAssertCancellable(t *testing.T) {
	var event locks.Event
	inflighttest.AssertCancellable(t, event.Wait)
	inflighttest.AssertCancellable(t, func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) })
	var deaf chan int
	for name, row := range map[string]struct {
		fn   func(ctx context.Context) error
		says string
	}{
		"other error": {func(ctx context.Context) error { event.Wait(ctx); return errors.New("oh") }, "under a context that has ended it returned oh"},
		"no wait":     {context.Cause, "it does not wait for anything"},
		"deaf": {func(ctx context.Context) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			<-deaf
			return nil
		}, "cancelled while it waits it goes on"},
		"late": {func(ctx context.Context) error { time.Sleep(time.Second); return event.Wait(ctx) }, "it goes on"},
	} {
		t.Run(name, func(t *testing.T) {
			says(t, fails(t, func(t *testing.T) { inflighttest.AssertCancellable(t, row.fn) }), row.says)
		})
	}
}
