package flow

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/inflight-go/inflight/batch"
)

// A Progress can be asked how far a run has come. The zero value is ready, for one Run;
// its methods may be called by any goroutine.
type Progress struct {
	run    batch.Progress
	listed atomic.Int64
	all    atomic.Bool
	left   atomic.Int64
	mu     sync.Mutex
	steps  []*stepCount
	failed []*Failure
}

// stepCount counts what a step does.
type stepCount struct {
	name                    string
	requests, items, failed atomic.Int64
	inFlight, top           atomic.Int64
}

// Stats is how far a run has come.
type Stats struct {
	batch.Counts
	Listed  int64 // items of the list so far, those that were done before included
	All     bool  // that was all
	LeftOut int64 // items that on_error: skip has left out; they count as done
	Steps   []StepStats
	// Failures are what has failed in this run, whatever on_error made of it, those first
	// that came first.
	Failures []Failure
}

// A Failure is what has failed in one place.
type Failure struct {
	Where string // the step, "select", "table NAME", or "row" for what is none of them
	Count int64  // of items; where on_error is null, of the times
	First string // what the first of them said
}

// StepStats is what a step has done in this run.
type StepStats struct {
	Name     string
	Requests int64 // or queries, without retries
	Items    int64 // that it got
	Failed   int64 // how often it failed, whatever on_error made of it
	Peak     int64 // how many of its requests were in flight at once, at most
}

// Stats returns the numbers of this moment.
func (p *Progress) Stats() Stats {
	s := Stats{Counts: p.run.Counts(), Listed: p.listed.Load(), All: p.all.Load(), LeftOut: p.left.Load()}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.steps {
		s.Steps = append(s.Steps, StepStats{c.name, c.requests.Load(), c.items.Load(), c.failed.Load(), c.top.Load()})
	}
	for _, f := range p.failed {
		s.Failures = append(s.Failures, *f)
	}
	return s
}

// fail counts what has failed, where it has.
func (p *Progress) fail(err error, clean func(string) string) {
	where := "row"
	if s, ok := errors.AsType[*StepError](err); ok {
		where, err = s.Step, s.Err
	} else if s, ok := errors.AsType[*skipped](err); ok {
		where, err = s.Step, s.Err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.failed, func(f *Failure) bool { return f.Where == where })
	if i < 0 {
		i = len(p.failed)
		p.failed = append(p.failed, &Failure{Where: where, First: clean(err.Error())})
	}
	p.failed[i].Count++
}

// count begins to count the steps of a flow.
func (p *Progress) count(f *Flow) map[*step]*stepCount {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts := make(map[*step]*stepCount)
	for _, s := range f.steps {
		c := &stepCount{name: s.name}
		counts[s], p.steps = c, append(p.steps, c)
	}
	return counts
}

// begin counts a request of the step, until the function that it returns is called.
func (c *stepCount) begin() (end func()) {
	c.requests.Add(1)
	now := c.inFlight.Add(1)
	for top := c.top.Load(); now > top && !c.top.CompareAndSwap(top, now); top = c.top.Load() {
	}
	return func() { c.inFlight.Add(-1) }
}
