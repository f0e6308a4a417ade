package explore_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/corpus"
	"github.com/inflight-go/inflight/internal/explore"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/queue"
)

// Whether an actor hands the turn over, or the controller does, the run is the same.
func TestTurnsOfActorsAndOfTheController(t *testing.T) {
	for _, bug := range corpus.All() {
		for _, p := range []corpus.Program{bug.Wrong, bug.Right} {
			err := explore.BothWays(t, 30, func(t testing.TB, ctx context.Context, _ *inflight.TaskGroup) {
				if err := p(ctx); err != nil {
					t.Error(err)
				}
			})
			if err != nil {
				t.Errorf("%s: %v", bug.Name, err)
			}
		}
	}
	if err := explore.BothWays(t, 300, rawCompany); err != nil {
		t.Error(err)
	}
}

// rawCompany has what the controller is there for: goroutines that the hooks do not
// know, timers that are due at once, and a mutex that somebody has to wait for.
func rawCompany(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
	q := queue.New[int](1)
	var mu sync.Mutex
	var n atomic.Int64
	for i := range 3 {
		g.Go(func(ctx context.Context) error {
			for range 5 {
				inflight.Point(ctx, "first")
			}
			time.AfterFunc(time.Hour, func() { q.Put(ctx, i) }).Reset(0) // Go fires what is new and due at once
			for range 5 {
				inflight.Point(ctx, "with a timer")
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				<-time.After(0)
				mu.Lock()
				defer mu.Unlock()
				for range 100 {
					runtime.Gosched()
				}
			}()
			inflight.Point(ctx, "second")
			n.Add(1)
			mu.Lock()
			n.Add(1)
			mu.Unlock()
			inflight.Sleep(ctx, time.Duration(i)*time.Second)
			<-done
			return nil
		})
	}
	for range 3 {
		q.Get(ctx)
	}
}

// A grant without a wake-up leaves the one who waits asleep, as it would in
// production; a grant before the wait needs none.
func TestGrantWithoutWakeUp(t *testing.T) {
	for want, sleep := range map[string]time.Duration{"deadlock": time.Second, "": 0} {
		o := explore.Explore(t, explore.Options{Runs: 20}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			var waits atomic.Pointer[park.Waiter]
			g.Go(func(ctx context.Context) error {
				w := park.NewWaiter(ctx)
				waits.Store(w)
				if sleep == 0 {
					w.Grant()
				}
				return w.Park(ctx, park.OpEvent, nil)
			})
			g.Go(func(ctx context.Context) error {
				err := inflight.Sleep(ctx, sleep)
				if sleep > 0 {
					waits.Load().Grant()
				}
				return err
			})
		})
		got := ""
		if o.Failure != nil {
			got = o.Failure.Kind
		}
		if got != want {
			t.Errorf("after %v: %q, want %q", sleep, got, want)
		}
	}
}
