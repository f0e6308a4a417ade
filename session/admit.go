package session

import (
	"context"
	"time"

	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/retry/breaker"
)

// A place is the permission for one exchange with a host.
type place struct {
	host *host
	done func() // lets the host be forgotten
	pass breaker.Pass
	told bool // the host's Learned waits for what becomes of this
}

// unlearn tells the host's Learned that there is no answer; whether it was sent is for
// fate to say.
func (p *place) unlearn(fate func(*limit.Learned)) {
	if p.told {
		p.told = false
		fate(p.host.told)
	}
}

// unsent takes back what was counted for an exchange that is not made.
func (p *place) unsent() {
	p.unlearn((*limit.Learned).Cancel)
	p.pass.Done(breaker.Ignored)
}

// admit waits for a place, in the order that the package's doc tells.
func (c *call) admit(ctx context.Context, name string) (place, error) {
	var p place
	p.host, p.done = c.s.hosts.Use(name)
	for {
		again, err := c.pass(ctx, &p, name)
		if err != nil {
			p.done()
			return place{}, err
		}
		if !again {
			return p, nil
		}
	}
}

// pass goes through all limits once, and says again if the host was held meanwhile.
func (c *call) pass(ctx context.Context, p *place, name string) (again bool, err error) {
	h := p.host
	if _, closed := h.gate.Closed(); closed {
		if err := timed(&c.queued, func() error { return h.gate.Wait(ctx) }); err != nil {
			return false, err
		}
	}
	if b := c.s.breaker; b != nil {
		err := timed(&c.queued, func() error { p.pass, err = b.Allow(ctx, name); return err })
		if err != nil {
			return false, err
		}
	}
	if err := c.start(ctx, p); err != nil {
		p.unsent()
		return false, err
	}
	if h.slots != nil || h.adaptive != nil {
		if err := timed(&c.queued, func() error { return h.acquire(ctx) }); err != nil {
			p.unsent()
			return false, err
		}
	}
	if _, closed := h.gate.Closed(); closed {
		h.release(limit.Outcome{Ignore: true})
		p.unsent()
		return true, nil
	}
	return false, nil
}

// start waits for the rates, the one that is learned last.
func (c *call) start(ctx context.Context, p *place) error {
	h := p.host
	for _, r := range [...]*limit.Rate{c.s.rate, h.rate, h.slow.Load()} {
		if r == nil {
			continue
		}
		if err := timed(&c.rated, func() error { return r.Wait(ctx) }); err != nil {
			return err
		}
	}
	if h.told == nil {
		return nil
	}
	err := timed(&c.rated, func() error { return h.told.Wait(ctx) })
	p.told = err == nil
	return err
}

// timed calls wait and adds how long it took.
func timed(sum *time.Duration, wait func() error) error {
	began := time.Now()
	err := wait()
	*sum += time.Since(began)
	return err
}

func (h *host) acquire(ctx context.Context) error {
	if h.adaptive != nil {
		return h.adaptive.Acquire(ctx)
	}
	return h.slots.Acquire(ctx)
}

func (h *host) release(o limit.Outcome) {
	switch {
	case h.adaptive != nil:
		h.adaptive.Release(o)
	case h.slots != nil:
		h.slots.Release()
	}
}

// leave gives the place back, with what has become of the exchange.
func (p *place) leave(status int, class retry.Class, latency time.Duration) {
	ignore := class == retry.ClassCanceled || class == retry.ClassDeadline || class == retry.ClassClosed ||
		class == retry.ClassRequest || class == retry.ClassDenied || class == retry.ClassSave
	busy := status == 429 || status == 503 || class == retry.ClassTimeout
	p.unlearn((*limit.Learned).Lost)
	p.host.release(limit.Outcome{Latency: latency, Congested: busy, Ignore: ignore})
	switch {
	case ignore || status == 429:
		p.pass.Done(breaker.Ignored)
	case status >= 500 || status == 0:
		p.pass.Done(breaker.Failure)
	default:
		p.pass.Done(breaker.Success)
	}
	p.done()
}
