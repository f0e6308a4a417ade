package inflighttest

import (
	"cmp"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/explore"
)

// ErrInjected is the cause of the cancellations that CancelEverywhere puts in,
// and is wrapped by the errors that FailEverywhere puts in.
var ErrInjected = explore.ErrInjected

// CancelEverywhere explores what cancellations do: it calls body once, and then
// again for each step of that run and each task that was there, be it about to
// go on or waiting, which is cancelled at that step with ErrInjected as the cause.
// When all of them were tried it goes on in other interleavings, until the plan's
// budget is spent.
//
// It fails the test as Explore does, but that the body's group returns an error
// is no failure where that is of the cancellation. So the body checks what must be
// so in any case, in a function of t.Cleanup or behind what waits for all tasks:
// nothing is lost, nothing is held, nobody waits.
//
// The cancellation of an item of Gather, Map and the like is that of the task that
// has called them; the body's own is that of its group.
func CancelEverywhere(t *testing.T, plan Plan, body Body) {
	t.Helper()
	report(t, explore.CancelEverywhere(t, plan.options(t, body), body))
}

// FailEverywhere explores what failures do: it calls body once, and then again for
// each inflight.Point that was passed, which returns an error that wraps
// ErrInjected. When all of them were tried it goes on in other interleavings, until
// the plan's budget is spent. What is a failure of the test is told with
// CancelEverywhere.
func FailEverywhere(t *testing.T, plan Plan, body Body) {
	t.Helper()
	report(t, explore.FailEverywhere(t, plan.options(t, body), body))
}

// Exhaustive is Explore for small programs: it tries every interleaving in which
// the turn was taken, from one who could have gone on, at most so many times as the
// plan's Preemptions says. Most bugs need two or less. Where the plan does not say
// how many runs there are at most, and for how long, that is 100 000 and a minute;
// it fails the test if that is too few.
func Exhaustive(t *testing.T, plan Plan, body Body) {
	t.Helper()
	o := plan.options(t, body)
	if o.Runs == 0 {
		o.Runs = 100_000
	}
	if o.For == 0 {
		o.For = time.Minute
	}
	outcome, done := explore.Exhaust(t, o, cmp.Or(plan.Preemptions, 2), body)
	if !done {
		t.Fatalf("there are more than %d interleavings with %d preemptions: let there be less to do, or raise Runs and For", outcome.Runs, cmp.Or(plan.Preemptions, 2))
	}
	report(t, outcome)
}

// Chaos calls body again and again in real time, on goroutines as they are and in
// no bubble, and lets others run, or a few microseconds pass, at each point where
// Explore has a choice. It is for what no bubble can hold: sockets, files, other
// processes; and it is worth its time under -race. It finds less than Explore, and
// what it finds can't be repeated. A run that is not over when the plan's Watchdog
// says so fails the test and is left behind.
func Chaos(t *testing.T, plan Plan, body Body) {
	t.Helper()
	report(t, explore.Chaos(t, plan.options(t, body), false, body))
}

// Fuzz has go test -fuzz choose the interleavings: each input is a tape, a byte
// for each choice. Without -fuzz it tries what is in the corpus.
//
//	func FuzzTransfer(f *testing.F) { inflighttest.Fuzz(f, inflighttest.Plan{}, transfers) }
func Fuzz(f *testing.F, plan Plan, body Body) {
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add([]byte{0, 1, 0, 1, 0, 1, 0, 1})
	f.Add([]byte{1, 1, 1, 1, 2, 2, 2, 2})
	f.Fuzz(func(t *testing.T, tape []byte) {
		report(t, explore.Try(t, plan.options(t, body), tape, body))
	})
}

// Modes runs one body in four ways, each a test of its own: "goroutines", as it is
// in production; "chaos"; "explore"; and "cancel", which is CancelEverywhere. So it
// must hold whatever is cancelled, and take little real time. The plan's budget is
// for each of them; that of the first two is a tenth of it.
func Modes(t *testing.T, plan Plan, body Body) {
	t.Helper()
	for _, mode := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"goroutines", func(t *testing.T) { report(t, explore.Chaos(t, tenth(plan.options(t, body)), true, body)) }},
		{"chaos", func(t *testing.T) { report(t, explore.Chaos(t, tenth(plan.options(t, body)), false, body)) }},
		{"explore", func(t *testing.T) { Explore(t, plan, body) }},
		{"cancel", func(t *testing.T) { CancelEverywhere(t, plan, body) }},
	} {
		t.Run(mode.name, mode.run)
	}
}

// tenth returns the options with a tenth of the budget.
func tenth(o explore.Options) explore.Options {
	o.Runs = max(1, cmp.Or(o.Runs, 1000)/10)
	o.For = cmp.Or(o.For, time.Second) / 10
	return o
}
