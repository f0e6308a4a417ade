package crawl

import (
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl/frontier"
	"github.com/inflight-go/inflight/internal/secret"
)

// A Progress says how far a crawl has come. The zero value is ready; it is for one
// call of Run, and may be asked by any goroutine at any time.
type Progress struct {
	run                     batch.Progress
	frontier                atomic.Pointer[frontier.Frontier]
	fetched, blocked, bytes atomic.Int64
	trapped, truncated      atomic.Int64
	failure                 atomic.Pointer[string] // the first
	slowest                 atomic.Pointer[slow]
}

// slow is a host that asks for a pause between requests.
type slow struct {
	host  string
	pause time.Duration
}

// slowed is told of one.
func (p *Progress) slowed(host string, pause time.Duration) {
	for {
		was := p.slowest.Load()
		if was != nil && was.pause >= pause || p.slowest.CompareAndSwap(was, &slow{host, pause}) {
			return
		}
	}
}

// failed is told why a page has failed.
func (p *Progress) failed(why error) {
	if p.failure.Load() == nil {
		text := secret.Text(why.Error())
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
	Trapped  int64 // URLs that this run has left alone, because they seem to go on for ever
	InFlight int64 // pages that are worked on
	Bytes    int64 // of the bodies
	Hosts    int   // that have something to do

	Truncated int64 // pages of this run of which only the beginning was read, or kept

	Slowest string        // the host whose robots.txt asks for the longest pause between requests that is kept
	Pause   time.Duration // that pause; zero for none
	Failure string        // why the first page of this run has failed that had no good answer, without secrets
}

// Stats returns how far the crawl has come at this moment.
func (p *Progress) Stats() Stats {
	run := p.run.Counts()
	s := Stats{
		Done: run.Done, Failed: run.Failed, InFlight: run.InFlight,
		Fetched: p.fetched.Load(), Blocked: p.blocked.Load(), Bytes: p.bytes.Load(), Trapped: p.trapped.Load(),
		Truncated: p.truncated.Load(),
	}
	if why := p.failure.Load(); why != nil {
		s.Failure = *why
	}
	if slow := p.slowest.Load(); slow != nil {
		s.Slowest, s.Pause = slow.host, slow.pause
	}
	if f := p.frontier.Load(); f != nil {
		known := f.Stats()
		s.Found, s.Before, s.Hosts = known.Found, f.Skipped(), known.Hosts
	}
	return s
}
