package session

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/retry/breaker"
)

// A Session sends requests. Make one with New. It may be used by any number of
// goroutines, and is meant to be used for as long as possible: its connections are.
type Session struct {
	opts     Options
	watch    *watch
	hosts    *limit.Keyed[*host]
	rate     *limit.Rate      // nil for none
	others   []limit.Start    // of RateHost, what hosts begin with
	breaker  *breaker.Breaker // nil for none
	statuses map[int]bool
	classes  map[retry.Class]bool
	schemes  map[string]http.RoundTripper
	idle     interface{ CloseIdleConnections() } // nil if the transport can't
	jar      http.CookieJar                      // nil for none
	header   http.Header                         // of a request that has none of its own; never changed
	decoders decoders
}

// New returns a session. The error says which of the options can't be met.
func New(opts Options) (*Session, error) {
	opts.fill()
	s := &Session{opts: opts, watch: newWatch(), jar: opts.Jar}
	if err := s.init(); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	return s, nil
}

func (s *Session) init() (err error) {
	o := &s.opts
	if err := o.check(); err != nil {
		return err
	}
	if s.statuses, s.classes, err = parseRetryOn(o.RetryOn); err != nil {
		return err
	}
	if s.schemes, s.idle, err = o.transports(); err != nil {
		return err
	}
	s.hosts = limit.NewKeyed(o.Hosts, s.newHost)
	if o.Rate.N > 0 {
		s.rate = o.Rate.limit()
	}
	if o.Breaker != nil {
		b := *o.Breaker
		if b.Keys == 0 {
			b.Keys = o.Hosts
		}
		s.breaker = breaker.New(b)
	}
	if s.jar == nil && o.Cookies {
		if s.jar, err = newJar(); err != nil {
			return err
		}
	}
	s.header = s.merge(nil)
	return nil
}

// Get is Do for a GET of the URL.
func (s *Session) Get(ctx context.Context, url string) (*Response, error) {
	c := &call{plain: Request{URL: url}}
	c.r = &c.plain
	return s.do(ctx, c)
}

// Close closes the session: requests that are under way end with ErrClosed, as do
// those that come later, and unused connections are closed. It does not wait for
// anything. It may be called more than once, and returns nil.
func (s *Session) Close() error {
	s.watch.close()
	if s.idle != nil {
		s.idle.CloseIdleConnections()
	}
	return nil
}

// Drain keeps the session from sending anything more. Requests that wait, for a hold,
// a breaker, a rate or a limit, or before a retry, end with ErrDraining at once, as do
// those that come later; so does what would be tried again. Exchanges that are under
// way go on. It does not wait for them, and can't be taken back.
func (s *Session) Drain() { s.watch.drain() }

// A Hold is a host that has asked to be left alone until a moment, as it does by
// 429 and Retry-After.
type Hold struct {
	Host  string // with its port, unless that is the one of its scheme
	Until time.Time
}

// Holds returns the hosts that are held at this moment, the one that is held for
// longest first.
func (s *Session) Holds() []Hold {
	var holds []Hold
	for name, h := range s.hosts.All() {
		if until, closed := h.gate.Closed(); closed {
			holds = append(holds, Hold{name, until})
		}
	}
	slices.SortFunc(holds, func(a, b Hold) int {
		return cmp.Or(b.Until.Compare(a.Until), cmp.Compare(a.Host, b.Host))
	})
	return holds
}
