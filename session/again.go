package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/inflight-go/inflight/retry"
)

// holdsPerRetry is how many retries of a held host there may be for each that
// counts.
const holdsPerRetry = 4

// again decides whether there is another attempt, and waits before it, except for
// the hold of a host, which is waited for where all wait. It returns the error that
// Do fails with if there is none.
func (c *call) again(err error) (bool, error) {
	if c.ctx.Err() != nil && err != nil {
		return false, err
	}
	if err == nil && c.refused && !c.renewed {
		c.renewed = true // a 401 was not acted upon, and is asked anew with another token
		closed := c.renew()
		return closed == nil, closed
	}
	wanted := c.wanted(err)
	if wanted && c.over {
		return false, c.tooLong()
	}
	if !wanted && !c.asked(err) {
		return false, err
	}
	policy := &c.s.opts.Backoff
	unpaid := c.held && c.holds < holdsPerRetry*policy.Limit()
	if !unpaid && c.retries >= policy.Limit() {
		if err == nil {
			c.out.GaveUp = ErrRetries
		}
		return false, err
	}
	if closed := c.renew(); closed != nil {
		return false, closed
	}
	if unpaid {
		c.holds++
		return true, nil
	}
	before := time.Now()
	retries, ok := policy.Pause(c.f, c.retries, c.said)
	c.retries = retries
	c.paused += time.Since(before)
	switch {
	case ok:
		return true, nil
	case c.f.Err() != nil:
		return false, context.Cause(c.f)
	case err == nil:
		c.out.GaveUp = ErrRetries
	}
	return false, err
}

// wanted reports whether the outcome of the attempt is one to try again after, and
// may be. It says so in GaveUp if it may not.
func (c *call) wanted(err error) bool {
	if err == nil && !c.s.statuses[c.status] || err != nil && !c.s.classes[c.class(err)] {
		return false
	}
	if c.mayRepeat(err) {
		return true
	}
	if err == nil {
		c.out.GaveUp = ErrMethod
	}
	return false
}

// mayRepeat reports whether the request can be sent again without being acted upon
// twice.
func (c *call) mayRepeat(err error) bool {
	if c.s.opts.RetryAll || c.r.IdempotencyKey != "" || c.r.token {
		return true
	}
	switch c.first.method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	if err != nil {
		class := c.class(err)
		return class == retry.ClassConnect || class == retry.ClassDNS || class == retry.ClassTLS || class == retry.ClassBreakerOpen || dialling(err)
	}
	return c.status == http.StatusTooManyRequests || c.status == http.StatusTooEarly ||
		c.status == http.StatusServiceUnavailable && (c.said > 0 || c.held || c.over)
}

// asked asks the caller's functions.
func (c *call) asked(err error) bool {
	var failure error
	if err != nil {
		failure = c.failed(err)
	}
	for _, ask := range [...]func(*Response, error) bool{c.r.Retry, c.s.opts.Retry} {
		if ask != nil && ask(c.answer(), failure) {
			c.out.GaveUp = nil
			return true
		}
	}
	return false
}

// answer returns the last answer, nil for none.
func (c *call) answer() *Response {
	if c.out.Status == 0 {
		return nil
	}
	return c.out
}

func (c *call) tooLong() error {
	return &classError{retry.ClassRetryAfterTooLong,
		fmt.Errorf("%w: longer than %v, says the answer with status %d", ErrRetryAfter, c.s.opts.RetryAfterMax, c.status)}
}

// listen takes note of what an answer asks of those who send to the host.
func (c *call) listen(p *place, r *http.Response) {
	h, o := p.host, &c.s.opts
	now := time.Now()
	if p.told {
		p.told = false
		h.learn(r.Header, now, o.RetryAfterMax)
	}
	busy := r.StatusCode == http.StatusTooManyRequests
	if !busy && r.StatusCode != http.StatusServiceUnavailable {
		h.answered(now)
		return
	}
	wait, over, said := retry.After(r.Header, now, o.RetryAfterMax)
	switch {
	case o.RetryAfter == HoldNothing:
	case o.RetryAfter == HoldRequest:
		c.said, c.over = wait, over
	case over: // to hold it would keep all waiting for what fails in the end
		c.over = true
	case said:
		c.held = h.hold(now.Add(wait))
	case busy:
		c.held = h.backOff(now, &o.Backoff)
	}
}

// dialling reports whether no connection was made in time.
func dialling(err error) bool {
	late, ok := errors.AsType[*TimeoutError](err)
	return ok && (late.Phase == PhaseDNS || late.Phase == PhaseConnect || late.Phase == PhaseTLS)
}
