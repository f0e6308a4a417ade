package flow

import (
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
	return s
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
