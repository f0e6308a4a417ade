package inflight

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/inflight-go/inflight/internal/park"
)

// When says what Wait waits for.
type When int

const (
	// AllDone: all have a result.
	AllDone When = iota
	// FirstDone: one has a result.
	FirstDone
	// FirstFailed: one has failed, or all have a result. A cancelled task has not
	// failed; one that panicked, or was refused, has.
	FirstFailed
)

// Wait waits for tasks and promises, until the condition holds or ctx ends, and
// returns those that have a result by then and those that have not, in the order
// of ts; what is given twice counts once. It cancels nothing: the pending ones
// run on. For tasks and promises of different types, T is Awaitable.
//
// A deadline of ctx that passes, or has passed before, is no error, only fewer
// that are done. When ctx is cancelled, the error is the cause, and done and
// pending are right all the same. Without ts the error is ErrNoTasks, for an
// unknown condition ErrBadWait, for a task that would wait for its own end
// ErrSelfAwait. A nil task panics.
func Wait[T Awaitable](ctx context.Context, until When, ts ...T) (done, pending []T, err error) {
	if until < AllDone || until > FirstFailed {
		return nil, ts, fmt.Errorf("%w: When(%d)", ErrBadWait, until)
	}
	if len(ts) == 0 {
		return nil, nil, ErrNoTasks
	}
	ts = unique(ts)
	park.Point(ctx, park.OpWait, nil)
	switch {
	case ctx.Err() != nil:
		err = park.Cause(ctx)
	case waitsForItself(ctx, until, ts):
		err = ErrSelfAwait
	default:
		err = waitFor(ctx, until, ts)
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = nil
	}
	for _, t := range ts {
		if t.State().final() {
			done = append(done, t)
		} else {
			pending = append(pending, t)
		}
	}
	return done, pending, err
}

// waitsForItself reports whether the condition needs the end of the task that
// waits.
func waitsForItself[T Awaitable](ctx context.Context, until When, ts []T) bool {
	self := 0
	for _, t := range ts {
		if _, task := t.awaitable(); partOf(ctx, task) {
			self++
		}
	}
	return self == len(ts) || self > 0 && until == AllDone
}

func unique[T Awaitable](ts []T) []T {
	seen := make(map[*future]bool, len(ts))
	kept := make([]T, 0, len(ts))
	for _, t := range ts {
		if f, _ := t.awaitable(); !seen[f] {
			seen[f] = true
			kept = append(kept, t)
		}
	}
	return kept
}

// A waitSet is one call of Wait.
type waitSet struct {
	mu    sync.Mutex
	until When
	open  int // those without a result
	met   bool
	list  park.List
}

func waitFor[T Awaitable](ctx context.Context, until When, ts []T) error {
	s := &waitSet{until: until, open: len(ts)}
	for _, t := range ts {
		f, _ := t.awaitable()
		sub := f.subscribe(func() { s.ended(f.State()) })
		if sub == nil {
			s.ended(f.State())
			continue
		}
		defer f.unsubscribe(sub)
	}
	w := park.NewWaiter(ctx)
	defer w.Free()
	s.mu.Lock()
	if s.met {
		s.mu.Unlock()
		return nil
	}
	w.WaitsFor(targets(ts, until == AllDone))
	defer w.WaitsFor(nil)
	return s.list.Wait(ctx, &s.mu, w, park.OpWait, nil)
}

// targets names those that are waited for, for introspection.
func targets[T Awaitable](ts []T, all bool) *park.Targets {
	t := &park.Targets{IDs: make([]uint64, 0, len(ts)), All: all}
	for _, a := range ts {
		if _, n := a.awaitable(); n != nil {
			t.IDs = append(t.IDs, n.ID())
		}
	}
	return t
}

// ended counts one that has a result.
func (s *waitSet) ended(state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	failed := state == Failed || state == Panicked || state == Refused
	if s.open == 0 || s.until == FirstDone || s.until == FirstFailed && failed {
		s.met = true
		s.list.GrantAll()
	}
}
