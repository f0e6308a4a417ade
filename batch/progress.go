package batch

import (
	"sync/atomic"
	"time"
)

// Counts is how far a run has come.
type Counts struct {
	Done      int64 // units whose line this run committed, failures included
	Failed    int64 // those of them that failed
	Skipped   int64 // units that were done before
	InFlight  int64 // units that are being worked on
	Waiting   int64 // units that are finished, and whose lines are not committed
	Retried   int64 // how often a unit was given back for another attempt
	Panicked  int64 // how often the work panicked; each is a failure too
	Abandoned int64 // units that were begun and cut short: they are not done
}

// A Summary is what came of a run.
type Summary struct {
	Counts
	// Complete: every unit of the input is done. Otherwise the job can be resumed.
	Complete bool
	Elapsed  time.Duration
}

// A Progress can be asked how far a run has come. The zero value is ready, for one
// Run; its methods may be called by any goroutine.
type Progress struct {
	done, failed, inFlight, waiting, retried, panicked, abandoned atomic.Int64
	skipped                                                       atomic.Pointer[func() int64]
}

// Counts returns the numbers of this moment.
func (p *Progress) Counts() Counts {
	c := Counts{
		Done:      p.done.Load(),
		Failed:    p.failed.Load(),
		InFlight:  p.inFlight.Load(),
		Waiting:   p.waiting.Load(),
		Retried:   p.retried.Load(),
		Panicked:  p.panicked.Load(),
		Abandoned: p.abandoned.Load(),
	}
	if skipped := p.skipped.Load(); skipped != nil {
		c.Skipped = (*skipped)()
	}
	return c
}
