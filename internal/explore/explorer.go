package explore

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/goroutine"
)

// Options say how to look for a run that fails.
type Options struct {
	Runs     int           // at most; zero means 1000
	For      time.Duration // of real time, at most; zero means a second
	Seed     uint64        // another one tries other runs
	Replay   string        // a seed as a Failure prints it: nothing else is run
	Steps    int           // a run that is longer fails; zero means 20 000
	Watchdog time.Duration // how much real time a step may take; zero means a minute, less any time
	Faults   []Fault       // what goes wrong in each run
	Jitter   bool          // the clock may move on to the next timer while somebody could go on
	Twice    bool          // each run is made twice: one that goes another way fails
	Turns    []string      // the strategies that take turns, such as "random", "pct2", "pos", "urw"; nil means usual

	// Describe says where the goroutines of the bubble with this number are, but those
	// that wait for their turn; ticking says that some may wait for a timer.
	Describe func(bubble int) (text string, ticking bool)
	// Tree says what the tasks are that belong to the scope with this ID.
	Tree func(root uint64) string
	// Stuck does so for the bubble that the goroutine with this number has opened,
	// and that makes no progress; mutex says that somebody waits for a sync.Mutex.
	Stuck func(goroutine uint64) (text string, mutex bool)
}

func (o Options) withDefaults() Options {
	o.Runs = cmp.Or(o.Runs, 1000)
	o.For = cmp.Or(o.For, time.Second)
	o.Steps = cmp.Or(o.Steps, 20_000)
	o.Watchdog = cmp.Or(o.Watchdog, time.Minute)
	if o.Turns == nil {
		o.Turns = usual
	}
	if o.Describe == nil {
		o.Describe = func(int) (string, bool) { return "", false }
	}
	if o.Tree == nil {
		o.Tree = func(uint64) string { return "" }
	}
	if o.Stuck == nil {
		o.Stuck = func(uint64) (string, bool) { return "", false }
	}
	return o
}

// An explorer is one search.
type explorer struct {
	t       *testing.T
	options Options
	program Program
	beats   atomic.Uint64 // counts the steps, for the watchdog
	runner  atomic.Uint64 // the goroutine that runs the bubbles
	current atomic.Pointer[play]
	runs    int
	steps   int
	skipped bool
	why     string // it was skipped
	failure *Failure
	survey  bool // of the next runs
	buffers buffers
	trial   result // the first run, from which strategies learn how long one is

	deadline time.Time // of the budget

	failedBefore bool // the test had failed before the first run
}

func (e *explorer) describe(bubble int) (text string, ticking bool) {
	return e.options.Describe(bubble)
}

// newExplorer prepares a search. Call remove when it is over.
func newExplorer(t *testing.T, o Options, program Program) (e *explorer, remove func()) {
	goroutine.Learn(func(f func()) { synctest.Test(t, func(*testing.T) { f() }) }, synctest.Wait)
	return &explorer{t: t, options: o.withDefaults(), program: program, failedBefore: t.Failed()}, install()
}

// An Outcome is what came of a search.
type Outcome struct {
	Runs    int
	Steps   int      // of all runs
	Skipped bool     // the program has skipped its test
	Why     string   // what it has said then
	Failure *Failure // nil for none
}

// Explore runs the program under the strategies in turn, until one run fails or
// the budget is spent. In production goroutines are what the program runs on; here
// it is they too, one at a time.
func Explore(t *testing.T, o Options, program Program) Outcome {
	e, remove := newExplorer(t, o, program)
	defer remove()
	return e.guard(e.rotate)
}

// guard calls search in a goroutine of its own, which it gives up when that is
// stuck.
func (e *explorer) guard(search func()) Outcome {
	e.deadline = time.Now().Add(e.options.For)
	if e.options.Replay != "" {
		search = func() { e.replay(e.options.Replay) }
	}
	e.isolate(search)
	if p := e.current.Load(); e.failure == nil && p != nil && p.result.kind == raced {
		e.runs++ // its test has failed, which has ended the goroutine before it was counted
		e.isolate(func() { e.found(p.seed, p.result) })
	}
	return e.outcome()
}

func (e *explorer) outcome() Outcome {
	return Outcome{Runs: e.runs, Steps: e.steps, Skipped: e.skipped, Why: e.why, Failure: e.failure}
}

func (e *explorer) skip(why string) { e.skipped, e.why = true, strings.TrimSpace(why) }

// isolate calls f in a goroutine of its own, and returns when f has returned, has
// ended its goroutine, as a test does that has failed, or is stuck.
func (e *explorer) isolate(f func()) {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		e.runner.Store(goroutine.Identify().ID)
		f()
	}()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	w := watchdog{explorer: e}
	for {
		select {
		case v := <-done:
			if v != nil {
				panic(v)
			}
			return
		case <-ticker.C:
			if w.bites() {
				return
			}
		}
	}
}

// A watchdog looks once a second whether the search makes progress.
type watchdog struct {
	*explorer
	seen    uint64
	idle    time.Duration
	mutexes int
}

// bites reports whether the search is stuck, and has been reported.
func (w *watchdog) bites() bool {
	beats := w.beats.Load()
	if beats != w.seen {
		w.seen, w.idle, w.mutexes = beats, 0, 0
		return false
	}
	w.idle += time.Second
	text, mutex := w.options.Stuck(w.runner.Load())
	if mutex {
		w.mutexes++
	}
	if w.mutexes < 2 && (w.options.Watchdog < 0 || w.idle < w.options.Watchdog) {
		return false
	}
	p := w.current.Load()
	w.failure = &Failure{Kind: hung, Text: text, Seed: p.seed.String(), Runs: w.runs + 1}
	return true
}

// rotate tries the strategies in turn.
func (e *explorer) rotate() {
	e.trial = e.try(seed{kind: "steady"})
	numbers := source(e.options.Seed)
	for turn := 0; e.more(); turn++ {
		e.try(e.next(&numbers, turn))
	}
}

// usual are the strategies that take turns.
var usual = []string{"random", "pct2", "pos", "pct3", "urw"}

// next returns the seed of the next run.
func (e *explorer) next(numbers *source, turn int) seed {
	sd := seed{kind: e.options.Turns[turn%len(e.options.Turns)], number: source(numbers.next())}
	if depth, ok := strings.CutPrefix(sd.kind, "pct"); ok {
		sd.kind, sd.length = "pct", len(e.trial.tape)
		sd.depth, _ = strconv.Atoi(depth)
	}
	return sd
}

// more reports whether the budget allows another run.
func (e *explorer) more() bool {
	return e.failure == nil && !e.skipped && e.runs < e.options.Runs && time.Now().Before(e.deadline)
}

// try runs the program once, and reports a failure.
func (e *explorer) try(sd seed) result {
	r := e.run(sd, false)
	e.runs++
	e.steps += r.steps
	if e.options.Twice && r.kind == "" {
		if again := e.run(sd, false); again.hash != r.hash || again.kind != r.kind {
			e.failure = &Failure{Kind: strayed, Text: "a run went another way when it was repeated", Seed: sd.String(), Runs: e.runs, Flaky: true}
		}
	}
	switch r.kind {
	case "":
	case skipped:
		e.skip(r.text)
	default:
		e.found(sd, r)
	}
	return r
}

// Try runs the program once, with the choices of the tape: a byte for each.
func Try(t *testing.T, o Options, tape []byte, program Program) Outcome {
	e, remove := newExplorer(t, o, program)
	defer remove()
	choices := make([]int, len(tape))
	for i, b := range tape {
		choices[i] = int(b)
	}
	return e.guard(func() { e.try(seed{kind: "tape", tape: choices}) })
}

// replay runs one seed.
func (e *explorer) replay(text string) {
	sd, err := parseSeed(text)
	if err != nil {
		e.failure = &Failure{Kind: "seed", Text: err.Error()}
		return
	}
	if sd.kind == "urw" {
		e.trial = e.run(seed{kind: "steady"}, false)
	}
	r := e.run(sd, true)
	e.runs++
	if r.kind == skipped {
		e.skip(r.text)
	} else if r.kind != "" {
		e.failure = e.describeRun(sd, r)
	}
}

// found makes a failure of a run that has failed: it is run again, to see whether
// it does so twice, its tape is shrunk, and the shrunk one is traced.
func (e *explorer) found(sd seed, r result) {
	if sd.by != nil {
		sd = seed{kind: "tape", tape: trim(r.tape)}
	}
	short := seed{kind: "tape", faults: sd.faults}
	if r.drew {
		short.draws = sd.numbers()
	}
	f := &Failure{Kind: r.kind, Text: r.text, Seed: sd.String(), Runs: e.runs}
	once := r.kind == raced || r.kind == outside // it can't be told from the next run
	if !once {
		again := e.run(sd, false)
		f.Flaky = again.hash != r.hash || again.kind != r.kind
	}
	tape := r.tape
	if !f.Flaky && !once {
		tape = shrink(r.tape, 300, func(tape []int) bool {
			short.tape = tape
			return e.run(short, false).kind == r.kind
		})
	}
	short.tape = trim(tape)
	traced := e.run(short, true)
	f.Tape = short.String()
	f.Steps = traced.trace
	if traced.kind == r.kind {
		f.Text = traced.text
	}
	e.failure = f
}

func (e *explorer) describeRun(sd seed, r result) *Failure {
	return &Failure{Kind: r.kind, Text: r.text, Seed: sd.String(), Runs: e.runs, Steps: r.trace}
}

// A Failure is a run that fails.
type Failure struct {
	Kind  string // "failed", "deadlock", "leak", "panic", "no end", "data race", "hang", "failed outside", "not repeatable", "seed"
	Text  string // what went wrong
	Seed  string // repeats the run
	Tape  string // repeats a shorter one that fails in the same way; "" for none
	Runs  int    // how many there were, with this one
	Flaky bool   // the run went another way when it was repeated
	Steps []Step // of the shorter one
}

// Race reports whether the race detector has found it.
func (f *Failure) Race() bool { return f.Kind == raced }

// lastSteps is how many steps of a long run are told.
const lastSteps = 200

// Tell tells the failure, with the command that repeats it.
func (f *Failure) Tell(command string) string {
	if f.Runs == 0 { // there was none
		return f.Text
	}
	text := fmt.Sprintf("%s, found in run %d\n%s\n", f.Kind, f.Runs, indent(f.Text))
	if f.Flaky {
		text += "The run went another way when it was repeated: something in it is not under control,\n" +
			"such as a select with two ready cases, the order of a map, math/rand, or a real socket.\n"
	}
	if f.Seed != "" {
		text += "to repeat it:  INFLIGHT_SEED=" + f.Seed + " " + command + "\n"
	}
	if f.Tape != "" {
		text += "shortest:      INFLIGHT_SEED=" + f.Tape + "\n"
	}
	return text + f.steps()
}
