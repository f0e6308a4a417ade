package inflighttest

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/explore"
)

// A Plan says how Explore and its kin look for a run that fails. The zero Plan is
// what most tests want. A number that must not be negative, and is, panics.
type Plan struct {
	// Runs is how many runs there are at most; zero means 1000. The environment
	// variable INFLIGHT_RUNS goes before it, and then time is no limit.
	Runs int
	// For is how much real time is spent at most; zero means a second.
	For time.Duration
	// Seed chooses which runs are tried. The same seed tries the same ones, in the
	// same order; zero is a seed like any other.
	Seed uint64
	// Replay is the seed of one run, as a failed test has printed it: nothing else
	// is run. The environment variable INFLIGHT_SEED goes before it.
	Replay string
	// Steps is how many steps a run may have before it fails as one that does not
	// end; zero means 20 000.
	Steps int
	// Jitter lets the clock move on to the next timer, now and then, although somebody
	// could go on: as if that were slow. So a timeout, a lease or a tick comes in the
	// middle of work that takes no time by itself. It knows the timers of this library,
	// and the deadlines of contexts.
	Jitter bool
	// Twice has each run made twice, and fails the test for one that goes another
	// way then: something in it is not under control.
	Twice bool
	// Preemptions is how often Exhaustive takes the turn from one who could go on;
	// zero means 2, a negative number any number of times.
	Preemptions int
	// Faults are what goes wrong in each run, at the places that inflight.Point
	// names.
	Faults []PointFault
	// Watchdog is how much real time one step may take; zero means what the flag
	// -inflight.watchdog says, a minute by default; less than zero any time.
	Watchdog time.Duration
}

// A PointFault is what happens to one who comes to the inflight.Point of that
// name.
type PointFault struct {
	Point string
	Nth   int           // which of the times in a run, from 1; zero means each time
	Delay time.Duration // how long it is held up, on the clock of the run
	Err   error         // what Point returns then, nil for none
}

// A Body is a program to explore: the function that Run takes, but for its t,
// which records what happens in one run of many. It is called once for each run,
// in a group and a bubble of its own, and must not keep anything from one to the
// next.
type Body = func(t testing.TB, ctx context.Context, g *inflight.TaskGroup)

// Explore calls body again and again, each time in another interleaving, and
// fails the test at the first that goes wrong: one that t reports, a task's error,
// a panic, a deadlock, what goes on when all is over, and, under -race, a data
// race.
//
//	func TestTransfer(t *testing.T) {
//		inflighttest.Explore(t, inflighttest.Plan{}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
//			a, b := NewAccount(100), NewAccount(100)
//			ab := g.Go(func(ctx context.Context) error { return Transfer(ctx, a, b, 30) })
//			ba := g.Go(func(ctx context.Context) error { return Transfer(ctx, b, a, 30) })
//			ab.Await(ctx)
//			ba.Await(ctx)
//			if sum := a.Balance() + b.Balance(); sum != 200 {
//				t.Errorf("there are %d", sum)
//			}
//		})
//	}
//
// The body runs on goroutines, as it does in production, in a bubble of
// testing/synctest; but one at a time, and at each operation of this library, each
// Point, and where a grant meets a cancellation, the exploration chooses who is
// next. Goroutines, channels and timers of Go itself may be used, and are run
// until they block; they are no places for a choice. Time passes when nobody can
// go on. What is not under control is what else is random: a select with two ready
// cases, the order of a map, math/rand, real sockets.
//
// The choices are made by several strategies in turn. A run that fails is run
// again, to see whether it does so twice, and cut down to the shortest that still
// fails in the same way; then the test fails with what went wrong, the seed that
// repeats it, and the steps: who did what, and where. To repeat it set
//
//	INFLIGHT_SEED=pct2.31.9f3c go test -run '^TestTransfer$' .
//
// In the body use the t that it is given: its Cleanup functions run when all tasks
// have returned, as part of the run. Settle and Advance may be called there,
// synctest.Wait may not.
func Explore(t *testing.T, plan Plan, body Body) {
	t.Helper()
	report(t, explore.Explore(t, plan.options(t, body), body))
}

// options returns what the plan and the environment say.
func (p Plan) options(t *testing.T, body Body) explore.Options {
	t.Helper()
	p.check()
	if body == nil {
		panic("inflight/inflighttest: called with a nil body")
	}
	h := fnv.New64a()
	h.Write([]byte(t.Name()))
	o := explore.Options{
		Runs: p.Runs, For: p.For, Seed: p.Seed ^ h.Sum64(), Replay: p.Replay, Steps: p.Steps, Twice: p.Twice, Jitter: p.Jitter, Watchdog: p.Watchdog,
		Describe: describeBubble, Stuck: describeStuck,
		Tree: func(root uint64) string {
			var s strings.Builder
			writeTree(&s, tasks(root, body))
			return s.String()
		},
	}
	if o.Watchdog == 0 {
		o.Watchdog = cmp.Or(*watchdogFlag, -1)
	}
	for _, f := range p.Faults {
		o.Faults = append(o.Faults, explore.Fault(f))
	}
	if text := os.Getenv("INFLIGHT_SEED"); text != "" {
		o.Replay = text
	}
	if text := os.Getenv("INFLIGHT_RUNS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("INFLIGHT_RUNS=%q: want the number of runs, 1 or more", text)
		}
		o.Runs, o.For = n, century
	}
	return o
}

// check panics for a plan that is wrong in itself.
func (p Plan) check() {
	if p.Runs < 0 || p.For < 0 || p.Steps < 0 {
		panic(fmt.Sprintf("inflight/inflighttest: Plan with Runs %d, For %v and Steps %d: want 0 or more of each", p.Runs, p.For, p.Steps))
	}
	for _, f := range p.Faults {
		if f.Point == "" || f.Nth < 0 || f.Delay < 0 {
			panic(fmt.Sprintf("inflight/inflighttest: PointFault with Point %q, Nth %d and Delay %v: want a name, and 0 or more", f.Point, f.Nth, f.Delay))
		}
	}
}

// report fails the test, or skips it, as the outcome says.
func report(t *testing.T, o explore.Outcome) {
	t.Helper()
	switch {
	case o.Failure != nil:
		t.Fatal(o.Failure.Tell(command(t.Name(), o.Failure.Race())))
	case o.Skipped && o.Why != "":
		t.Skip(o.Why)
	case o.Skipped:
		t.SkipNow()
	}
	t.Logf("%d runs", o.Runs)
}

// command returns what a shell takes to run the test again.
func command(name string, race bool) string {
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(name), "/", "$/^") + "$"
	text := "go test "
	if race {
		text += "-race "
	}
	return text + "-run '" + strings.ReplaceAll(pattern, "'", `'\''`) + "'"
}

// describeBubble says where the goroutines of a bubble are, but those that wait for
// their turn in an exploration, and whether one of them may wait for a timer.
func describeBubble(number int) (text string, ticking bool) {
	gs := slices.DeleteFunc(inBubble(dump(), number), func(g goroutine) bool {
		return calls([]goroutine{g}, module+"/internal/explore.(*Sim).wait")
	})
	var s strings.Builder
	writePlaces(&s, gs)
	return s.String(), slices.ContainsFunc(gs, goroutine.timed)
}

// describeStuck says where the goroutines are of the bubble that was opened by
// the one with the given number.
func describeStuck(opener uint64) (text string, mutex bool) {
	gs := dump()
	number := -1
	for _, g := range gs {
		if g.id == opener {
			number = g.bubble
		}
	}
	var s strings.Builder
	fmt.Fprintln(&s, "the run is stuck.")
	mutex = writeStuck(&s, inBubble(gs, number))
	return s.String(), mutex
}
