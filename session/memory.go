package session

import (
	"time"

	"github.com/inflight-go/inflight/limit"
)

// A Memory is what a session knows that counts beyond its end: what has started of its
// rates, and which hosts are held. It can be written as JSON.
type Memory struct {
	Rate  []limit.Start         `json:"rate,omitempty"` // of Options.Rate
	Hosts map[string]HostMemory `json:"hosts,omitempty"`
	// Others is what has to be assumed of Options.RateHost for every host that is not
	// among Hosts; Remember never says.
	Others []limit.Start `json:"others,omitempty"`
}

// A HostMemory is that of one host.
type HostMemory struct {
	Held time.Time     `json:"held,omitzero"`  // until when; zero for not at all
	Rate []limit.Start `json:"rate,omitempty"` // of Options.RateHost
}

// Remember returns what there is to remember at this moment. It may be called at any
// time.
func (s *Session) Remember() Memory {
	m := Memory{Hosts: make(map[string]HostMemory)}
	if s.rate != nil {
		m.Rate = s.rate.History()
	}
	for name, h := range s.hosts.All() {
		var host HostMemory
		if h.rate != nil {
			host.Rate = h.rate.History()
		}
		if until, closed := h.gate.Closed(); closed {
			host.Held = until.Round(0) // by the clock on the wall, which others have too
		}
		if len(host.Rate) > 0 || !host.Held.IsZero() {
			m.Hosts[name] = host
		}
	}
	return m
}

// Recall takes over what another session has remembered: what it started counts for the
// rates of this one, and the hosts that it held are held, for RetryAfterMax at most. It
// must be called before the first request.
func (s *Session) Recall(m Memory) {
	if s.rate != nil {
		s.rate.Recall(m.Rate)
	}
	longest := time.Now().Add(s.opts.RetryAfterMax)
	for name, host := range m.Hosts {
		h, done := s.hosts.Use(name)
		if h.rate != nil {
			h.rate.Recall(host.Rate)
		}
		if until := host.Held; until.After(time.Now()) {
			if s.opts.RetryAfterMax > 0 && until.After(longest) {
				until = longest
			}
			h.hold(until)
		}
		done()
	}
	s.others = m.Others // those that are new from here on
}
