package inflighttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/explore"
)

// An Option changes how Run works.
type Option func(*options)

type options struct{ watchdog time.Duration }

// Watchdog sets how much real time a Run may take, instead of the flag
// -inflight.watchdog. Zero or less means for ever.
func Watchdog(d time.Duration) Option { return func(o *options) { o.watchdog = d } }

// Run calls fn in a synctest bubble, in a group of its own, and returns when
// everything in the bubble has ended. It fails the test when
//
//   - the group fails: a task returns an error, or a promise that was made under
//     ctx is rejected and nobody asks for its result;
//   - goroutines are left when fn, all tasks and the functions of t.Cleanup have
//     returned, be they blocked or asleep: it says which, where they are blocked,
//     which tasks they run, and where they were started;
//   - there is a deadlock: it says who waits for what. The group is cancelled
//     then, so that the test can end; where that is of no help, what is blocked is
//     left behind, and the next test runs all the same.
//
// fn ends the test in the usual way, by t.Fatal and the like; then the tasks are
// cancelled and waited for. In a task use t.Error, or return an error. A panic in
// a task is one of the test, with the stack of where it happened.
//
// A test that goes on, or is stuck where the bubble can't see it, has the
// watchdog: after a minute of real time, or what -inflight.watchdog or the option
// Watchdog says, it writes to stderr where the test is stuck, and panics.
//
// Run must not be called in a bubble.
func Run(t *testing.T, fn func(t *testing.T, ctx context.Context, g *inflight.TaskGroup), opts ...Option) {
	t.Helper()
	if fn == nil {
		panic("inflight/inflighttest: Run called with a nil function")
	}
	o := options{watchdog: *watchdogFlag}
	for _, opt := range opts {
		opt(&o)
	}
	b := &bubble{name: t.Name(), fn: fn}
	defer b.conclude(t) // also after t.FailNow
	defer b.watch(o.watchdog)()
	b.run(t)
}

// run is synctest.Test, whose panic it keeps.
func (b *bubble) run(t *testing.T) {
	defer func() { b.panicked = recover() }()
	synctest.Test(t, b.main)
}

// A bubble is one call of Run.
type bubble struct {
	name string
	fn   func(*testing.T, context.Context, *inflight.TaskGroup)

	number   atomic.Int64  // of the bubble, in the stacks of its goroutines; 0 before it is there
	root     atomic.Uint64 // ID of the group
	over     atomic.Bool   // the group has ended
	deadlock string        // what the sentinel saw
	ticking  bool          // somebody may have waited for a timer then
	err      error         // of the group
	skipped  bool
	panicked any // by synctest.Test
}

// errDeadlock is the cause of a group that was cancelled to end a deadlock.
var errDeadlock = errors.New("inflight/inflighttest: deadlock")

// century is when the sentinel wakes. That no timer comes before means that none
// ever will. A ticker comes before or after it, not with it.
const century = 100*365*24*time.Hour + 1

// main is what runs in the bubble.
func (b *bubble) main(t *testing.T) {
	b.number.Store(int64(ownBubble()))
	var group atomic.Pointer[inflight.TaskGroup]
	sentinel := time.AfterFunc(century, func() {
		b.deadlock, b.ticking = b.describe()
		if g := group.Load(); g != nil {
			g.Cancel(errDeadlock)
		}
	})
	t.Cleanup(func() { sentinel.Stop() }) // the first one is called last
	defer func() {
		b.over.Store(true)
		b.skipped = t.Skipped()
	}()
	b.err = inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		group.Store(g)
		info, _ := inflight.Current(ctx)
		b.root.Store(info.ID)
		b.fn(t, ctx, g)
		return nil
	}, inflight.Label(b.name))
}

// describe says who waits for what: the tasks, and the goroutines that are
// blocked in code of the test; and whether one of them may wait for a timer.
func (b *bubble) describe() (text string, ticking bool) {
	var s strings.Builder
	writeTree(&s, b.tasks())
	gs := b.goroutines()
	writePlaces(&s, gs)
	return s.String(), slices.ContainsFunc(gs, goroutine.timed)
}

func (b *bubble) tasks() []inflight.Info { return tasks(b.root.Load(), b.fn) }

// conclude reports to the test outside of the bubble, which has ended by now or
// never will.
func (b *bubble) conclude(t *testing.T) {
	t.Helper()
	stuck := b.panicked != nil
	if stuck && !strings.HasPrefix(fmt.Sprint(b.panicked), "deadlock: ") {
		panic(b.panicked)
	}
	if b.deadlock != "" {
		hint := ""
		if b.ticking {
			hint = explore.Ticking
		}
		t.Errorf("deadlock: everything in %s is blocked, and no timer will ever fire\n%s%s", b.name, b.deadlock, hint)
	}
	failed := b.err != nil && b.err != errDeadlock
	if failed {
		t.Errorf("%s: %v", b.name, b.err)
	}
	if stuck {
		t.Error(b.leftovers())
	}
	switch {
	case b.deadlock != "" || failed || stuck:
		t.FailNow()
	case b.skipped:
		t.SkipNow()
	}
}

// leftovers describes what the bubble could not get rid of.
func (b *bubble) leftovers() string {
	left := b.goroutines()
	var s strings.Builder
	switch {
	case !b.over.Load():
		fmt.Fprintf(&s, "%s was cancelled and did not end; left behind:\n", b.name)
	case b.deadlock != "":
		fmt.Fprintf(&s, "the cleanup of %s did not end; left behind:\n", b.name)
	default:
		fmt.Fprintf(&s, "%s is over, and goroutines are left:\n", b.name)
	}
	writePlaces(&s, left)
	writeTree(&s, run(inflight.Tasks(), left))
	return s.String()
}
