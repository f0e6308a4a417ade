package hooktest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
)

var errStop = errors.New("stop") // the cause of the cancellations in these tests

// An env is what the rows of the tables are set up in.
type env struct {
	*testing.T
	*recorder
	ctx context.Context // of a group that lives as long as the test
	g   *inflight.TaskGroup
}

// A blocking row is an operation that has to wait.
type blocking struct {
	name string
	op   park.Op
	// setup returns the operation, and what ends its wait.
	setup func(e *env) (call func(context.Context) error, wake func())
	// firm: the wait itself can't be cancelled; what is waited for can.
	firm bool
	// silent: there is no Point at the entry, because the operation does nothing
	// that others could see before its first task has one.
	silent bool
	// loses: a wait that was granted and cancelled at once gives what it got
	// back, or does not count: the operation fails with the cause.
	loses bool
}

// Each blocking operation parks through the hooks, and goes on when the hooks
// wake it, and not before.
func TestBlockingOperationsAreWokenByUnpark(t *testing.T) {
	eachBlocking(t, func(b *blocked) {
		b.hold(b.wait.w)
		b.wake()
		synctest.Wait()
		if b.ended {
			b.Fatalf("it returned %v without being unparked", b.err)
		}
		if !b.release() {
			b.Fatal("nobody has called Unpark")
		}
		synctest.Wait()
		if !b.ended || b.err != nil {
			b.Errorf("unparked, it has returned %t with the error %v", b.ended, b.err)
		}
	})
}

// Each blocking operation returns the cause when the hooks end its wait without a
// grant; a wait that can't be cancelled has a context that can't.
func TestBlockingOperationsReturnTheCause(t *testing.T) {
	eachBlocking(t, func(b *blocked) {
		if firm := b.wait.ctx.Done() == nil; firm != b.row.firm {
			b.Errorf("the wait can't be cancelled: %t", firm)
		}
		b.cancel(errStop)
		synctest.Wait()
		if !b.ended || !errors.Is(b.err, errStop) {
			b.Errorf("cancelled, it has returned %t with the error %v", b.ended, b.err)
		}
		b.wake() // nobody
	})
}

// When a wait is granted and then cancelled before it has gone on, and the hooks
// report the cancellation, the grant wins all the same: the operation returns what
// it was handed.
func TestBlockingOperationsThatWereGrantedSucceed(t *testing.T) {
	eachBlocking(t, func(b *blocked) {
		if b.row.firm {
			b.wake()
			return
		}
		b.hold(b.wait.w)
		b.wake()
		synctest.Wait()
		if b.ended {
			b.Fatalf("it returned %v without being unparked", b.err)
		}
		b.cancel(errStop)
		synctest.Wait()
		b.release()
		synctest.Wait()
		switch {
		case !b.ended:
			b.Error("it has not returned")
		case b.row.loses && !errors.Is(b.err, errStop):
			b.Errorf("it returned %v, want the cause", b.err)
		case !b.row.loses && b.err != nil:
			b.Errorf("it returned %v, want what it was granted", b.err)
		}
	})
}

// Each operation fails at once under a context that has ended, though it would
// not have to wait.
func TestBlockingOperationsFailUnderAnEndedContext(t *testing.T) {
	for _, row := range slices.Concat(rootRows, lockRows, queueRows, limitRows) {
		t.Run(row.name, func(t *testing.T) {
			simulate(t, func(e *env) {
				call, wake := row.setup(e)
				synctest.Wait()
				wake()
				synctest.Wait()
				ctx, cancel := context.WithCancelCause(e.ctx)
				cancel(errStop)
				e.events()
				if err := call(ctx); !errors.Is(err, errStop) {
					t.Errorf("it returned %v, want the cause", err)
				}
				if slices.ContainsFunc(e.events(), func(e event) bool { return e.hook == "park" }) {
					t.Error("it has parked")
				}
			})
		})
	}
}

// Each blocking operation has a Point at its entry.
func TestBlockingOperationsHaveAPoint(t *testing.T) {
	eachBlocking(t, func(b *blocked) {
		if got := points(b.log, b.row.op); got == b.row.silent {
			b.Errorf("a Point of %q before the Park: %t", b.row.op, got)
		}
		b.wake()
		synctest.Wait()
	})
}

// blocked is an operation that waits.
type blocked struct {
	*env
	row    blocking
	wait   *wait
	log    []event // up to then
	wake   func()
	cancel func(error)
	err    error // both are read when the bubble has settled
	ended  bool
}

// eachBlocking runs the test for each row, under a context of package context and
// under that of a task: the two wait in different ways.
func eachBlocking(t *testing.T, test func(b *blocked)) {
	for _, row := range slices.Concat(rootRows, lockRows, queueRows, limitRows) {
		t.Run(row.name+"/plain", func(t *testing.T) {
			simulate(t, func(e *env) {
				b := &blocked{env: e, row: row}
				ctx, cancel := context.WithCancelCause(e.ctx)
				b.cancel = cancel
				b.begin(func(call func(context.Context)) { go call(ctx) }, test)
			})
		})
		t.Run(row.name+"/task", func(t *testing.T) {
			simulate(t, func(e *env) {
				b := &blocked{env: e, row: row}
				b.begin(func(call func(context.Context)) {
					task := e.g.Go(func(ctx context.Context) error { call(ctx); return nil })
					b.cancel = func(cause error) { task.Cancel(cause) }
				}, test)
			})
		})
	}
}

// begin calls the operation and waits until it waits.
func (b *blocked) begin(start func(func(context.Context)), test func(b *blocked)) {
	call, wake := b.row.setup(b.env)
	b.wake = wake
	synctest.Wait()
	b.events()
	start(func(ctx context.Context) {
		defer func() { b.ended = true }()
		b.err = call(ctx)
	})
	synctest.Wait()
	b.log = b.events()
	if b.ended {
		b.Fatalf("it did not wait, it returned %v", b.err)
	}
	if b.wait = b.waiting(b.row.op); b.wait == nil {
		b.Fatalf("there was no Park of %q", b.row.op)
	}
	test(b)
}

// simulate runs a test in a bubble, in a group, with the hooks taken over.
func simulate(t *testing.T, test func(e *env)) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		defer park.Simulate(r)()
		inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			test(&env{T: t, recorder: r, ctx: ctx, g: g})
			g.Cancel()
			return nil
		}, inflight.OffloadLimit(1))
		synctest.Wait() // before the hooks are given back
	})
}
