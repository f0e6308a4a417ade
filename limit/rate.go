package limit

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// A Rate never lets more than n start in any window of a length. Make one with
// NewRate.
//
// Starts are spaced evenly, unless Burst says otherwise. A start that comes late,
// because timers do, is made up for by closer ones, as long as the rate is not
// more than 2.5 ms behind; never so that a window holds more than n.
//
// The start that counts is the one that has happened: one that was let through
// counts from the moment at which Wait returns in its goroutine. That is what
// keeps the promise, and what it costs is that the lateness of a timer, about a
// millisecond, is lost once in a period: take n and the period so that the period
// is 100 ms or more.
type Rate struct {
	meter meter
	burst int64
}

// A RateOption changes how a Rate works.
type RateOption func(*Rate)

// Burst lets b start at once when nothing has started for a while, instead of 1;
// more than n in a window there will not be even so. With a burst of n whoever
// comes starts at once, until the window is full. It panics for b less than 1.
func Burst(b int) RateOption {
	if b < 1 {
		panic(fmt.Sprintf("inflight/limit: Burst(%d): want 1 or more", b))
	}
	return func(r *Rate) { r.burst = int64(b) }
}

// NewRate returns a rate of n starts in any window of the length per. It panics
// for an n less than 1, and for a per of zero or less.
func NewRate(n int, per time.Duration, opts ...RateOption) *Rate {
	check("NewRate", int64(n), per)
	r := &Rate{burst: 1}
	for _, opt := range opts {
		opt(r)
	}
	r.meter.init(int64(n), per)
	r.meter.pace.set(int64(n), r.meter.window.per, r.burst, 0)
	return r
}

func check(name string, n int64, per time.Duration) {
	if n < 1 || per <= 0 {
		panic(fmt.Sprintf("inflight/limit: %s(%d, %v): want 1 or more in more than no time", name, n, per))
	}
}

// Wait waits until the next may start. If ctx ends first, or had ended before, it
// returns the cause, and nothing has started.
func (r *Rate) Wait(ctx context.Context) error {
	_, err := r.meter.acquire(ctx, park.OpRate, 1)
	return err
}

// Try reports whether one may start now and nobody waits. If so, it has started.
func (r *Rate) Try() bool {
	_, ok := r.meter.try(park.OpRate, 1)
	return ok
}

// Set changes the rate, also for those who wait. Every window from now on holds
// no more than the new n, and counts what has started before, as far back as the
// old period went. It panics as NewRate does.
func (r *Rate) Set(n int, per time.Duration) {
	check("Rate.Set", int64(n), per)
	m := &r.meter
	m.change(func() {
		m.window.resize(int64(n), min(per, longest))
		m.pace.set(int64(n), m.window.per, r.burst, m.now())
	})
}

// RateStats says how a rate is used at one moment.
type RateStats struct {
	N       int           // starts allowed in a window
	Per     time.Duration // the length of a window
	Burst   int           // how many of them may start at once
	Recent  int           // starts in the last Per; after Set it may exceed N
	Waiting int           // in Wait
	Next    time.Duration // until the next may start, 0 for now; those who wait go first
}

// Stats returns how the rate is used at this moment.
func (r *Rate) Stats() RateStats {
	m := &r.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	return RateStats{
		N:       int(m.window.limit),
		Per:     m.window.per,
		Burst:   int(m.pace.burst),
		Next:    max(0, m.wait(1, now)),
		Recent:  int(min(m.window.sum, math.MaxInt)),
		Waiting: m.list.Len(),
	}
}

// String names the rate and how many wait: "rate [100/s, waiters:2]".
func (r *Rate) String() string {
	s := r.Stats()
	return describe("rate", FormatRate(s.N, s.Per), s.Waiting)
}

// describe is what the String methods return.
func describe(kind, state string, waiters int) string {
	if waiters == 0 {
		return fmt.Sprintf("%s [%s]", kind, state)
	}
	return fmt.Sprintf("%s [%s, waiters:%d]", kind, state, waiters)
}
