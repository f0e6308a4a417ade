package explore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
)

// A Program is what is explored: it is called once for each run.
type Program func(t testing.TB, ctx context.Context, g *inflight.TaskGroup)

// The ways in which a run fails; "" is that it does not.
const (
	failed   = "failed"
	panicked = "panic"
	leaked   = "leak"
	raced    = "data race"
	hung     = "hang"
	outside  = "failed outside"
	skipped  = "skipped"
	strayed  = "not repeatable"
)

// A result is what came of one run.
type result struct {
	kind   string
	text   string // what went wrong
	tape   []int
	hash   uint64
	steps  int
	actors int
	turns  []int // how many each actor had, by index - 1
	named  int
	hit    bool // the fault was put in
	drew   bool // the program has asked for random numbers
	trace  []Step
	tasks  [][]int // by step: whom one could cancel, in a run with a survey
}

// play is one run, as the bubble's main goroutine sees it.
type play struct {
	*explorer
	seed   seed
	traced bool
	sim    *Sim
	rec    recorder
	group  *inflight.TaskGroup
	root   atomic.Uint64 // the ID of its scope
	bubble int           // its number, in a run that is traced
	edge   byte
	result result
}

// run runs the program once.
func (e *explorer) run(sd seed, traced bool) (r result) {
	p := &play{explorer: e, seed: sd, traced: traced}
	e.current.Store(p)
	before := raceErrors()
	defer func() { // also when the test has failed, which ends this goroutine
		switch {
		case raceErrors() > before:
			p.result.kind, p.result.text = raced, "the race detector has reported a data race, see above"
		case p.result.kind == "":
			p.result.kind, p.result.text = e.outside()
		}
		r = p.result
	}()
	p.inBubble()
	return r
}

// outside says what the program has reported past the recorder, by the t of the
// test itself.
func (e *explorer) outside() (kind, text string) {
	switch {
	case e.t.Failed() && !e.failedBefore:
		return outside, "the run has failed the t of the test, see above: use the t that the body is given, so that the run can be repeated and made shorter"
	case e.t.Skipped():
		return skipped, ""
	}
	return "", ""
}

// inBubble is synctest.Test. It panics when it has to leave goroutines behind.
func (p *play) inBubble() {
	defer func() {
		acquire(&p.edge)
		v := recover()
		if v == nil {
			return
		}
		if !strings.HasPrefix(fmt.Sprint(v), "deadlock: ") {
			panic(v)
		}
		if p.result.kind == "" {
			p.result.kind = leaked
			p.result.text = "goroutines are left when all is over"
			if p.traced {
				places, _ := p.describe(p.bubble)
				p.result.text += "\n" + places
			}
		}
	}()
	synctest.Test(p.t, p.main)
}

func (p *play) main(t *testing.T) {
	if p.traced {
		p.bubble = goroutine.BubbleNumber()
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.rec.TB, p.rec.ctx, p.rec.numbers = t, ctx, p.seed.numbers()
	s := &Sim{wakeups: make(chan struct{}, 1), traced: p.traced}
	p.sim = s
	s.control = controller{
		body:     placeOf(p.program),
		strategy: p.seed.strategy(p.trial.turns),
		faults:   p.seed.faults,
		limit:    p.options.Steps,
		deadlock: p.deadlock,
		beat:     func() { p.beats.Add(1) },
		jitter:   p.options.Jitter,
		survey:   p.survey,
		buffers:  p.explorer.buffers.emptied(),
	}
	s.control.faults.plan = p.options.Faults
	s.control.faults.counts = make([]int, len(p.options.Faults))
	defer register(s)()
	s.drive(func() {
		defer p.cleanUp()
		defer cancel()
		p.perform(ctx)
	})
	p.conclude()
	p.explorer.buffers = s.control.buffers
	release(&p.edge)
}

// perform runs the program in a group of its own.
func (p *play) perform(ctx context.Context) {
	returned := false
	defer func() {
		if kind, _ := p.outside(); !returned && kind == "" && p.result.kind == "" && !p.rec.Failed() && !p.rec.Skipped() {
			p.rec.report("the body has called runtime.Goexit")
		}
	}()
	defer p.catch()
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		p.group = g
		p.root.Store(park.Of(ctx).ID())
		park.Point(ctx, park.OpStart, nil)
		p.program(&p.rec, ctx, g)
		return nil
	}, inflight.Label("body"))
	if err != nil && err != errDeadlock && !p.expected(err) {
		p.rec.report(fmt.Sprintf("a task failed: %v", err))
	}
	returned = true
}

// catch makes a panic what came of the run. It is deferred.
func (p *play) catch() {
	if v := recover(); v != nil && p.result.kind == "" {
		p.result.kind = panicked
		p.result.text = describePanic(v)
	}
}

// cleanUp calls the functions that were given to Cleanup, the last one first,
// also those that are given meanwhile, and also when one of them does not return.
func (p *play) cleanUp() {
	f := p.rec.lastCleanup()
	if f == nil {
		return
	}
	defer p.cleanUp()
	defer p.catch()
	f()
}

// expected reports whether the error may come of what the run has put in.
func (p *play) expected(err error) bool {
	return p.sim != nil && p.sim.control.faults.hit && (errors.Is(err, ErrInjected) || errors.Is(err, context.Canceled))
}

func describePanic(v any) string {
	var p *inflight.PanicError
	if err, ok := v.(error); ok && errors.As(err, &p) {
		return p.Error()
	}
	return fmt.Sprintf("panic: %v\n\n%s", v, debug.Stack())
}

// Ticking is said with a deadlock that may be none.
const Ticking = "A timer fires again and again perhaps: it has done so for 100 years of the bubble's clock, and nothing of this has ended.\n"

// errDeadlock is the cause of a group that was cancelled to end a deadlock.
var errDeadlock = errors.New("inflight/inflighttest: deadlock")

// deadlock takes down who waits for what, and cancels the group, so that the run
// may end.
func (p *play) deadlock(s *Sim) {
	p.result.kind = deadlocked
	p.result.text = "everybody is blocked, and no timer will ever fire\n" + s.blocked()
	if p.traced {
		places, ticking := p.describe(p.bubble)
		p.result.text += places
		if ticking {
			p.result.text += Ticking
		}
	}
	if p.group != nil {
		go p.group.Cancel(errDeadlock) // an actor of its own
	}
}

// conclude says what came of the run, whose program has ended or was given up.
func (p *play) conclude() {
	c := &p.sim.control
	r := &p.result
	switch {
	case r.kind != "":
	case c.verdict == tooLong:
		r.kind = tooLong
		r.text = fmt.Sprintf("no end after %d steps; the last ones go round and round", p.options.Steps)
	case p.rec.Failed():
		r.kind = failed
	case p.rec.Skipped():
		r.kind = skipped
	case len(c.waiting) > 0:
		r.kind = leaked
		r.text = "the program is over, and somebody still waits\n" + p.sim.blocked()
	}
	if log := p.rec.logged(); log != "" && r.kind != deadlocked {
		r.text = strings.TrimSuffix(log, "\n") + separator(r.text) + r.text
	}
	r.tape, r.hash, r.steps, r.actors = slices.Clone(c.tape), c.hash, c.steps, c.actors
	r.drew = p.rec.streams.Load() > 0
	r.tasks, r.turns = c.tasks, slices.Clone(c.turns)
	r.named, r.hit, r.trace = c.faults.named, c.faults.hit, c.trace
}

func separator(text string) string {
	if text == "" {
		return ""
	}
	return "\n"
}
