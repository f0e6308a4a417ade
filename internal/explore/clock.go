package explore

import (
	"sync/atomic"
	"time"
)

// A timer is one that the program has set, and that has not fired yet.
type timer struct {
	at   time.Time
	off  atomic.Bool // stopped, or fired
	next *timer      // the one that was set before
}

// expect takes down a timer, in a run whose clock may hurry.
//
//go:norace
func (s *Sim) expect(d time.Duration) *timer {
	t := &timer{at: time.Now().Add(d)}
	for {
		t.next = s.expected.Load()
		if s.expected.CompareAndSwap(t.next, t) {
			return t
		}
	}
}

//go:norace
func (t *timer) over() {
	if t != nil {
		t.off.Store(true)
	}
}

// nextTimer returns how long it is to the first of the timers, and of the deadlines
// of those who wait; zero for none.
func (s *Sim) nextTimer() time.Duration {
	first := s.firstExpected()
	for _, a := range s.control.waiting {
		if ctx := a.request().ctx; ctx.Err() == nil {
			if at, ok := ctx.Deadline(); ok && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	if first.IsZero() {
		return 0
	}
	return time.Until(first)
}

//go:norace
func (s *Sim) firstExpected() (first time.Time) {
	for t := s.expected.Load(); t != nil; t = t.next {
		for t.next != nil && t.next.off.Load() { // all but the newest are the controller's
			t.next = t.next.next
		}
		if !t.off.Load() && (first.IsZero() || t.at.Before(first)) {
			first = t.at
		}
	}
	return first
}

// hurry lets the clock move on to the next timer, now and then, although somebody
// could go on: as if that were slow. It reports whether it did.
func (s *Sim) hurry() bool {
	c := &s.control
	if !c.jitter {
		return false
	}
	if c.candidates(); len(c.ready) == 0 {
		return false
	}
	d := s.nextTimer()
	if d <= 0 {
		return false
	}
	toss := c.strategy.rarely()
	c.chosen(toss, 2)
	if toss == 0 {
		return false
	}
	if s.traced && c.verdict == "" {
		c.trace = append(c.trace, Step{Actor: "(clock)", What: "moves on", Note: "by " + d.String() + ", to the next timer"})
	}
	s.idle.Store(true)
	defer s.idle.Store(false)
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-s.wakeups:
	case <-t.C:
	}
	return true
}
