package session

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/retry"
)

// A host is what is known of a host, and what limits the exchanges with it.
type host struct {
	gate     limit.Gate
	rate     *limit.Rate                // nil for none
	slots    *inflight.Limiter          // nil for none
	adaptive *limit.Adaptive            // instead of slots
	slow     atomic.Pointer[limit.Rate] // how fast it is begun with after a hold, nil for any speed
	told     *limit.Learned             // what its answers say of limits, nil without LearnLimits

	notify func(until time.Time) // of a hold; nil for nobody

	mu      sync.Mutex
	pace    pace
	strikes int // holds since an answer was no 429
}

func (s *Session) newHost(name string) *host {
	h := new(host)
	if tell := s.opts.OnHold; tell != nil {
		h.notify = func(until time.Time) { tell(Hold{name, until}) }
	}
	if r := s.opts.RateHost; r.N > 0 {
		h.rate = r.limit()
		h.rate.Recall(s.others)
	}
	switch n := s.opts.PerHost; {
	case s.opts.Adaptive && n == 0:
		h.adaptive = limit.NewAdaptive(1, 256)
	case s.opts.Adaptive:
		h.adaptive = limit.NewAdaptive(1, n)
	case n > 0:
		h.slots = inflight.NewLimiter(n)
	}
	if s.opts.LearnLimits {
		h.told = limit.NewLearned(max(s.opts.RetryAfterMax, 1))
	}
	h.pace.mark = time.Now()
	return h
}

func (r Rate) limit() *limit.Rate {
	if r.Burst > 1 {
		return limit.NewRate(r.N, r.Per, limit.Burst(r.Burst))
	}
	return limit.NewRate(r.N, r.Per)
}

// hold closes the gate until the moment, for all. It reports whether the gate is
// closed then, be it for longer.
func (h *host) hold(until time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.close(until)
}

// backOff holds the host for longer with each hold in a row, unless it is held
// already: many answers of one moment are one reason.
func (h *host) backOff(now time.Time, p *retry.Policy) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, closed := h.gate.Closed(); closed {
		return true
	}
	return h.close(now.Add(p.Ceiling(h.strikes + 1)))
}

// close closes the gate. mu is held.
func (h *host) close(until time.Time) bool {
	_, closed := h.gate.Closed()
	if !h.gate.CloseUntil(until) || closed {
		return closed // and that counts once
	}
	h.strikes++
	h.setPace(h.pace.held(until))
	if h.notify != nil {
		h.notify(until)
	}
	return true
}

// answered takes note of an answer that does not ask to be left alone.
func (h *host) answered(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.strikes = 0
	if perSecond, changed := h.pace.answered(now); changed {
		h.setPace(perSecond)
	}
}

// setPace sets how many may start in a second; zero means any number.
func (h *host) setPace(perSecond float64) {
	if perSecond == 0 {
		h.slow.Store(nil)
		return
	}
	n, per := 1, time.Duration(float64(time.Second)/perSecond)
	if perSecond >= 10 {
		n, per = int(perSecond), time.Second
	}
	if slow := h.slow.Load(); slow != nil {
		slow.Set(n, per)
		return
	}
	h.slow.Store(limit.NewRate(n, per))
}

// learn takes down what an answer says of limits, and holds the host if nothing is left
// of one.
func (h *host) learn(header http.Header, now time.Time, longest time.Duration) {
	quotas := limit.Learn(header, now)
	h.told.Answered(quotas)
	for _, q := range quotas {
		if q.Remaining == 0 && q.Reset.After(now) {
			h.hold(now.Add(min(q.Reset.Sub(now), longest)))
		}
	}
}
