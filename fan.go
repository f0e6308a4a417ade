package inflight

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
)

// A fan runs a fixed number of items: the engine of Gather, Settle, Any, Race
// and Map.
type fan struct {
	crew
	total int64
	do    func(ctx context.Context, i int) error
	// ended is told under the lock how item i has ended: err is nil, or a
	// failure; what came of a cancellation is not told. It returns the cause to
	// cancel the others with, nil to let them be. Without it the first failure
	// cancels the others, and success need not be told.
	ended func(i int, err error) error
	// wrap: failures are to name their item.
	wrap bool
	// every: each item is called, whatever happens to the others.
	every bool

	_    [64]byte // next is written by all for each item: a cache line of its own
	next atomic.Int64
	_    [56]byte
}

// run runs the items and returns what went wrong. It panics if one of them did.
func (f *fan) run(ctx context.Context, kind park.Kind, total, limit int, pc uintptr) error {
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	if total == 0 {
		return nil
	}
	f.total = int64(total)
	f.items = f
	f.open(ctx, kind, limit, pc)
	defer f.close()
	f.begin()
	f.join(ctx)
	return f.out.result(&f.n.Node)
}

// begin hires the first worker, who hires the next. Under the race detector all of them
// are hired at once, each with its item, for the reason that worker.go gives.
func (f *fan) begin() {
	if !goroutine.Unordered || park.Simulated() != nil {
		f.hire()
		return
	}
	workers := make([]*worker, min(f.max, f.total))
	f.n.Lock()
	for i := range workers {
		workers[i] = &worker{item: i, given: true}
		workers[i].n.InitWorker(&f.n.Node)
	}
	f.active = len(workers)
	f.hired.Store(int64(len(workers)))
	f.next.Store(int64(len(workers)))
	f.n.Unlock()
	for _, w := range workers {
		go f.employ(w)
	}
}

func (f *fan) left() bool { return f.next.Load() < f.total }

func (f *fan) step(w *worker) bool {
	if !w.given && !f.every && f.n.Err() != nil {
		f.stop()
		return false
	}
	i := w.item
	if !w.given {
		if i = int(f.next.Add(1) - 1); int64(i) >= f.total {
			return false
		}
		f.arrived(w)
		f.hire()
	}
	w.given = false
	f.took(w, i)
	err := f.do(&w.n, i)
	if err != nil || f.ended != nil {
		f.end(w, i, err)
	}
	w.busy = false
	return true
}

// stop leaves the items that nobody has taken.
func (f *fan) stop() {
	if f.next.Swap(f.total) < f.total {
		f.cut()
	}
}

func (f *fan) end(w *worker, i int, err error) {
	if err != nil && cancelled(&w.n, err) {
		f.cut()
		return
	}
	f.n.Lock()
	var cause error
	if f.ended != nil {
		cause = f.ended(i, err)
	} else {
		if f.wrap {
			err = &ItemError{Index: i, Err: err}
		}
		f.out.fail(err)
		cause = &siblingError{err}
	}
	f.n.Unlock()
	if cause != nil {
		f.n.Cancel(cause)
	}
}

func (f *fan) broke(w *worker, p *PanicError) {
	if p != nil {
		f.panicked(p)
		return
	}
	f.end(w, w.item, fmt.Errorf("%w (%s)", ErrGoexit, w.n.Name()))
}
