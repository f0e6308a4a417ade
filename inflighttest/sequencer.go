package inflighttest

import (
	"context"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/inflight-go/inflight/internal/park"
)

// A Sequencer puts steps of different goroutines in an order: the interleaving
// that a test is about. Steps are numbered from 0, each number is used once, and
// a step begins when the one before it is over. Make one with NewSequencer.
//
// What happens in a step happens before the one after it.
type Sequencer struct {
	mu      sync.Mutex
	next    int // the step that is going on, or is to come
	busy    bool
	used    map[int]bool
	waiting map[int]*park.Waiter
	last    int   // the steps behind it can't come: it was cancelled
	broken  error // what they get
	obj     park.Object
}

// NewSequencer returns a sequencer at step 0. At the end of the test it fails t
// if a step was left out: one with a higher number was asked for, and it was not.
func NewSequencer(t testing.TB) *Sequencer {
	s := &Sequencer{used: make(map[int]bool), waiting: make(map[int]*park.Waiter), last: math.MaxInt}
	_, file, line, _ := runtime.Caller(1)
	t.Cleanup(func() {
		if missing, asked := s.gap(); missing >= 0 {
			t.Errorf("sequencer of %s:%d: step %d was never reached, and step %d waited for it", filepath.Base(file), line, missing, asked)
		}
	})
	return s
}

// At waits until the steps 0 to n-1 are over. It is a step by itself, that is
// over when At returns: what the caller does next happens at the same time as
// step n+1. Where it must be over before that begins, use Do.
//
// If ctx ends first, or had ended before, At returns the cause; then the steps
// behind it can't come any more, and fail with ErrSequence. A number that was
// used already fails with ErrSequence too, and changes nothing. A negative n
// panics.
func (s *Sequencer) At(ctx context.Context, n int) error {
	return s.Do(ctx, n, func() {})
}

// Do is At with a step that is over when fn has returned, or has ended in another
// way. If it returns an error, fn was not called.
func (s *Sequencer) Do(ctx context.Context, n int, fn func()) error {
	switch {
	case n < 0:
		panic(fmt.Sprintf("inflight/inflighttest: Sequencer with step %d: steps are counted from 0", n))
	case fn == nil:
		panic("inflight/inflighttest: Sequencer.Do called with a nil function")
	}
	park.Point(ctx, park.OpSequence, &s.obj)
	if err := s.begin(ctx, n); err != nil {
		return err
	}
	defer s.end(ctx)
	fn()
	return nil
}

// begin waits for step n.
func (s *Sequencer) begin(ctx context.Context, n int) error {
	w := park.NewWaiter(ctx)
	defer w.Free()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[n] {
		return fmt.Errorf("%w: step %d was used before", ErrSequence, n)
	}
	s.used[n] = true
	if ctx.Err() != nil {
		return s.breakLocked(n, park.Cause(ctx))
	}
	if n > s.last {
		return s.broken
	}
	if n == s.next && !s.busy {
		s.busy = true
		return nil
	}
	w.N = 0
	s.waiting[n] = w
	s.mu.Unlock()
	err := w.Park(ctx, park.OpSequence, &s.obj)
	s.mu.Lock()
	switch {
	case !w.Granted():
		delete(s.waiting, n)
		return s.breakLocked(n, err)
	case w.N != refused:
		return nil
	case ctx.Err() != nil:
		return park.Cause(ctx)
	}
	return s.broken
}

// refused is Waiter.N of those whose step will not come.
const refused = 1

// breakLocked ends the wait of those whose step would come after step n, which
// was cancelled.
func (s *Sequencer) breakLocked(n int, cause error) error {
	if n < s.last {
		s.last = n
		s.broken = fmt.Errorf("%w: step %d was cancelled: %w", ErrSequence, n, cause)
	}
	for _, i := range slices.Sorted(maps.Keys(s.waiting)) {
		if i > n {
			s.waiting[i].N = refused
			s.let(i)
		}
	}
	return cause
}

// let ends the wait for step n.
func (s *Sequencer) let(n int) {
	w := s.waiting[n]
	delete(s.waiting, n)
	w.Grant()
	w.Unpark()
}

// end goes on to the next step.
func (s *Sequencer) end(ctx context.Context) {
	s.mu.Lock()
	s.next++
	s.busy = false
	if s.waiting[s.next] != nil {
		s.busy = true
		s.let(s.next)
	}
	s.mu.Unlock()
	park.Point(ctx, park.OpSequence, &s.obj)
}

// gap returns the first number that was left out and the next one that was used,
// -1 if there is none.
func (s *Sequencer) gap() (missing, asked int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, n := range slices.Sorted(maps.Keys(s.used)) {
		if n != i {
			return i, n
		}
	}
	return -1, 0
}
