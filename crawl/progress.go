package crawl

import (
	"sync/atomic"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl/frontier"
)

// A Progress says how far a crawl has come. The zero value is ready; it is for one
// call of Run, and may be asked by any goroutine at any time.
type Progress struct {
	run                     batch.Progress
	frontier                atomic.Pointer[frontier.Frontier]
	fetched, blocked, bytes atomic.Int64
	failure                 atomic.Pointer[string] // the first
}

// failed is told why a page has failed.
func (p *Progress) failed(why error) {
	if p.failure.Load() == nil {
		text := why.Error()
		p.failure.CompareAndSwap(nil, &text)
	}
}

// Stats are how far a crawl has come.
type Stats struct {
	Found    int64 // pages, those of earlier runs included
	Before   int64 // those of them that earlier runs have done
	Done     int64 // pages of this run that have a line
	Failed   int64 // those of them that have failed
	Fetched  int64 // pages of this run that were answered for
	Blocked  int64 // pages of this run that robots.txt forbids
	InFlight int64 // pages that are worked on
	Bytes    int64 // of the bodies
	Hosts    int   // that have something to do

	Failure string // why the first page of this run has failed that had no good answer
}

// Stats returns how far the crawl has come at this moment.
func (p *Progress) Stats() Stats {
	run := p.run.Counts()
	s := Stats{
		Done: run.Done, Failed: run.Failed, InFlight: run.InFlight,
		Fetched: p.fetched.Load(), Blocked: p.blocked.Load(), Bytes: p.bytes.Load(),
	}
	if why := p.failure.Load(); why != nil {
		s.Failure = *why
	}
	if f := p.frontier.Load(); f != nil {
		known := f.Stats()
		s.Found, s.Before, s.Hosts = known.Found, f.Skipped(), known.Hosts
	}
	return s
}
