package explore

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

var _ park.Scheduler = (*chaos)(nil)

// chaos is a simulation in real time, on goroutines as they are: at each point it
// lets others run, or sleeps a little. Nothing about it can be repeated.
type chaos struct{ seed atomic.Uint64 }

func (c *chaos) Point(context.Context, park.Op, *park.Object) {
	s := source(c.seed.Add(0x9e3779b97f4a7c15))
	switch n := s.below(8); {
	case n < 3:
		runtime.Gosched()
	case n == 3:
		time.Sleep(time.Duration(s.below(50)) * time.Microsecond)
	}
}

func (c *chaos) Named(ctx context.Context, _ string) error {
	c.Point(ctx, park.OpPoint, nil)
	return nil
}

func (c *chaos) Yield(context.Context) { runtime.Gosched() }

func (c *chaos) Park(ctx context.Context, w *park.Waiter, _ park.Op, _ *park.Object) error {
	return w.Block(ctx)
}

func (c *chaos) Unpark(w *park.Waiter) { w.Wake() }
func (c *chaos) Now() time.Time        { return time.Now() }

func (c *chaos) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}

// Chaos runs the program on goroutines as they are, in real time, with the hooks
// of chaos, until one run fails or the budget is spent. With calm it does without
// them.
func Chaos(t *testing.T, o Options, calm bool, program Program) Outcome {
	e, remove := newExplorer(t, o, program)
	defer remove()
	e.deadline = time.Now().Add(e.options.For)
	if !calm {
		defer disturb(o.Seed)()
	}
	for once := true; once || e.more(); once = false {
		if !e.runFree() {
			break
		}
	}
	return e.outcome()
}

// disturb installs the hooks of chaos, which count how many want them.
func disturb(seed uint64) (stop func()) {
	c := new(chaos)
	c.seed.Store(seed)
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if registry.disturbers++; registry.disturbers == 1 {
		registry.chaos.Store(c)
	}
	return func() {
		registry.mu.Lock()
		defer registry.mu.Unlock()
		if registry.disturbers--; registry.disturbers == 0 {
			registry.chaos.Store(nil)
		}
	}
}

// runFree runs the program once, without a bubble. It reports false when the run
// has failed, has skipped its test, or does not end.
func (e *explorer) runFree() bool {
	p := &play{explorer: e}
	done := make(chan struct{})
	before := raceErrors()
	e.runs++
	go func() {
		defer close(done)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		p.rec.TB, p.rec.ctx, p.rec.numbers = e.t, ctx, e.options.Seed+uint64(e.runs)
		defer p.cleanUp()
		defer cancel()
		p.perform(ctx)
	}()
	var late <-chan time.Time
	if e.options.Watchdog > 0 {
		watchdog := time.NewTimer(e.options.Watchdog)
		defer watchdog.Stop()
		late = watchdog.C
	}
	select {
	case <-done:
	case <-late:
		text := fmt.Sprintf("the run was not over after %v\n%s", e.options.Watchdog, e.options.Tree(p.root.Load()))
		e.failure = &Failure{Kind: hung, Text: text, Runs: e.runs}
		return false
	}
	kind, text := p.result.kind, p.result.text
	if kind == "" {
		kind, text = e.outside()
	}
	switch {
	case kind == skipped:
		e.skip("")
		return false
	case kind != "" && kind != outside:
	case raceErrors() > before:
		kind, text = raced, "the race detector has reported a data race, see above"
	case kind == outside:
	case p.rec.Failed():
		kind = failed
	case p.rec.Skipped():
		e.skip(p.rec.logged())
		return false
	default:
		return true
	}
	if log := p.rec.logged(); log != "" {
		text = log + text
	}
	e.failure = &Failure{Kind: kind, Text: text, Runs: e.runs}
	return false
}
