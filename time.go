package inflight

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// Never is the duration of a deadline that does not come.
const Never = time.Duration(math.MaxInt64)

// Sleep waits for d. If ctx ends first, or has ended before, it returns the
// cause. A d of zero or less only yields the processor.
func Sleep(ctx context.Context, d time.Duration) error { return park.Sleep(ctx, d) }

// errGrace is the cause of a shielded context whose grace is over.
var errGrace = fmt.Errorf("inflight: the grace period is over: %w", context.DeadlineExceeded)

// Shield returns a context for work that a cancellation must not interrupt, such
// as cleaning up: it has the values of ctx and does not end with it, but grace
// after the call of Shield. A grace of Never is for work that ends by itself.
// Shields may be nested; each counts for itself. Call cancel when the work is
// done.
//
// A task in a shielded section is still a task of its group, which waits for it.
func Shield(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	free := context.WithoutCancel(ctx)
	if grace == Never {
		return context.WithCancel(free)
	}
	return context.WithTimeoutCause(free, grace, errGrace)
}

// A Deadline is the handle of a context made by WithDeadline.
type Deadline struct {
	n       park.Scope
	mu      sync.Mutex
	d       time.Duration
	at      time.Time   // zero for never
	stop    func() bool // stops the timer
	moved   int         // counts Reset, so that a timer knows that it is late
	over    bool        // expired, or stopped
	expired bool
	cause   error // of the context, once the deadline has passed
	closed  bool  // off the tree
}

// expiredError is the cause of a context whose Deadline has passed.
type expiredError struct{ d time.Duration }

func (e *expiredError) Error() string {
	return fmt.Sprintf("inflight: the deadline of %v has passed", e.d)
}
func (e *expiredError) Unwrap() error { return context.DeadlineExceeded }

// WithDeadline returns a context that ends after d, and a handle to move that
// moment while it is in use. When it ends by itself its error is
// context.DeadlineExceeded, and so is, by errors.Is, its cause, which is another
// for each Deadline. A d of zero or less has passed at once; with Never it does
// not pass until Reset says so. Call Stop when the work is done.
//
// A context that package context derives from it, with a later deadline than it has
// then, sets no timer of its own and so moves along with a Reset; one of WithDeadline
// counts for itself. Where the moment is never moved, context.WithTimeoutCause does the
// same as WithDeadline.
func WithDeadline(ctx context.Context, d time.Duration) (context.Context, *Deadline) {
	dl := new(Deadline)
	dl.n.InitScope(ctx, dl, park.KindDeadline, "", 0)
	dl.Reset(d)
	return &dl.n.Node, dl
}

// Reset moves the deadline to d from now; Never takes it away, and with a d of
// zero or less it passes at once. It reports false, and does nothing, when the
// context has ended or Stop was called.
func (dl *Deadline) Reset(d time.Duration) bool {
	ended := dl.n.Err() != nil
	dl.mu.Lock()
	if dl.over || ended {
		dl.mu.Unlock()
		return false
	}
	if dl.stop != nil {
		dl.stop()
		dl.stop = nil
	}
	dl.d, dl.at = d, time.Time{}
	dl.moved++
	moved := dl.moved
	if d != Never {
		dl.at = park.Now().Add(d)
	}
	if d > 0 && d != Never {
		dl.stop = park.AfterFunc(d, func() { dl.fire(moved) })
	}
	dl.n.SetDeadline(dl.at)
	dl.mu.Unlock()
	if d <= 0 {
		dl.fire(moved)
	}
	return true
}

// fire ends the context, unless the deadline was moved in the meantime. If one
// above it has passed at the same moment, that is the one to report.
func (dl *Deadline) fire(moved int) {
	dl.mu.Lock()
	stale := dl.over || moved != dl.moved
	dl.mu.Unlock()
	if stale {
		return
	}
	for n := dl.n.Parent(); n != nil; n = n.Parent() {
		if outer, ok := n.Owner().(*Deadline); ok {
			outer.pass()
		}
	}
	dl.n.Err() // sees what that has ended, whatever contexts are in between
	dl.mu.Lock()
	stale = dl.over || moved != dl.moved
	if !stale {
		dl.over, dl.expired, dl.cause = true, true, &expiredError{dl.d}
	}
	cause := dl.cause
	dl.mu.Unlock()
	if !stale {
		dl.n.Expire(cause)
	}
}

// pass ends the context if the deadline has passed, also where another is about
// to do that.
func (dl *Deadline) pass() {
	if moved := dl.due(); moved != 0 {
		dl.fire(moved)
	}
	dl.mu.Lock()
	cause := dl.cause
	dl.mu.Unlock()
	if cause != nil {
		dl.n.Expire(cause)
	}
}

// due returns the count of moves if the deadline has passed and nobody was told,
// else 0.
func (dl *Deadline) due() (moved int) {
	dl.mu.Lock()
	defer dl.mu.Unlock()
	if dl.over || dl.at.IsZero() || park.Now().Before(dl.at) {
		return 0
	}
	return dl.moved
}

// Stop ends the context if it has not ended, and frees what it holds. It reports
// whether the deadline had not passed.
func (dl *Deadline) Stop() bool {
	passed := dl.due() != 0
	dl.mu.Lock()
	dl.expired = dl.expired || passed
	dl.over = true
	if dl.stop != nil {
		dl.stop()
		dl.stop = nil
	}
	expired, closed := dl.expired, dl.closed
	dl.closed = true
	dl.mu.Unlock()
	if !closed {
		dl.n.Cancel(context.Canceled)
		dl.n.EndScope()
	}
	return !expired
}

// Expired reports whether the deadline passed before Stop was called, also when
// a deadline above it passed at the same moment and is the one reported.
func (dl *Deadline) Expired() bool {
	if dl.due() != 0 {
		return true // and its timer is on the way
	}
	dl.mu.Lock()
	defer dl.mu.Unlock()
	return dl.expired
}
