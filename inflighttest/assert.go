package inflighttest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
)

// AssertBlocked settles, and fails the test unless the task waits for what: an
// operation by the name that Info has for it, such as "queue.get". It goes on
// after a failure.
func AssertBlocked[T any](t testing.TB, task *inflight.Task[T], what string) {
	t.Helper()
	Settle()
	if task.State() > inflight.Running {
		t.Errorf("%v waits for nothing, want %s", task, what)
		return
	}
	for _, i := range inflight.Tasks() {
		if i.Name == task.Name() {
			if i.Waiting != what {
				t.Errorf("%v, want it to wait for %s", i, what)
			}
			return
		}
	}
	t.Errorf("%v is not in the tree of tasks, want it to wait for %s", task, what)
}

// errAsserted is the cause of the cancellations of AssertCancellable.
var errAsserted = errors.New("cancelled by AssertCancellable")

// AssertCancellable fails the test unless fn, which has to wait for something that
// does not come, ends when it is cancelled: under a context that has ended before
// it returns the cause at once, and cancelled while it waits it returns the cause
// before any time has passed. It is called once for each of the two, in a bubble.
func AssertCancellable(t *testing.T, fn func(ctx context.Context) error) {
	t.Helper()
	if fn == nil {
		panic("inflight/inflighttest: AssertCancellable called with a nil function")
	}
	Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		ended, cancel := context.WithCancelCause(ctx)
		cancel(errAsserted)
		ending(t, g, ended, cancel, fn, "under a context that has ended")
		live, cancel := context.WithCancelCause(ctx)
		ending(t, g, live, cancel, fn, "cancelled while it waits")
	})
}

// ending calls fn, cancels it if that has not happened, and looks at how it ends.
func ending(t *testing.T, g *inflight.TaskGroup, ctx context.Context, cancel func(error), fn func(ctx context.Context) error, how string) {
	t.Helper()
	var err error
	before := ctx.Err() != nil
	begin := time.Now()
	task := g.Go(func(context.Context) error { err = fn(ctx); return nil })
	Settle()
	if !before {
		if task.State() == inflight.Succeeded {
			t.Fatalf("it does not wait for anything: it returned %v", err)
		}
		cancel(errAsserted)
		Settle()
	}
	switch {
	case task.State() != inflight.Succeeded:
		places, _ := describeBubble(ownBubble())
		t.Fatalf("%s it goes on: %s", how, strings.TrimSpace(places))
	case !errors.Is(err, errAsserted):
		t.Fatalf("%s it returned %v, want an error that is the cause", how, err)
	case time.Since(begin) > 0:
		t.Fatalf("%s it took %v", how, time.Since(begin))
	}
}
