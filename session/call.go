package session

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/inflight-go/inflight/retry"
)

// A call is one Do.
type call struct {
	s      *Session
	r      *Request
	ctx    context.Context // the caller's
	f      *flight         // that of the attempt under way
	first  hop
	hop    hop // the exchange under way
	out    *Response
	decode bool // compressed bodies are ours to decompress

	retries int // that count
	holds   int // those that do not
	began   time.Time
	spent   time.Duration // of Timeout, by this attempt
	status  int           // of the attempt's last answer
	said    time.Duration // the wait that the answer asks for
	over    bool          // it is too long
	held    bool          // the answer has closed the host's gate

	auth    Auth // of the exchange under way, with its token
	refused bool // the answer is 401 to a token of which there may be a better one
	renewed bool // which was asked for

	queued, rated, paused time.Duration

	body   body
	more   [1]byte
	plain  Request // of Get, instead of one of the caller's
	tracer *tracer // nil without Options.Trace
}

// Do sends the request, and again where that helps, and returns the last answer,
// whatever its status. If there is none, or it can't be used, the error is an
// *Error.
//
// ctx is for all of it, waits included: when it ends, the error wraps its cause,
// and an attempt that was under way is given up. Do returns when the body was
// read; there is nothing to be closed.
func (s *Session) Do(ctx context.Context, r *Request) (*Response, error) {
	return s.do(ctx, &call{r: r})
}

func (s *Session) do(ctx context.Context, c *call) (*Response, error) {
	c.s, c.ctx, c.out = s, ctx, &Response{Started: time.Now()}
	c.out.Attempts = c.out.first[:0]
	if ctx.Err() != nil {
		return nil, c.failed(context.Cause(ctx))
	}
	var err error
	if c.first, err = c.prepare(); err != nil {
		return nil, c.failed(&classError{retry.ClassRequest, err})
	}
	if c.f, err = s.watch.start(ctx); err != nil {
		return nil, c.failed(err)
	}
	defer func() { c.f.over() }()
	s.opts.Backoff.Budget.Request()
	for {
		again, err := c.again(c.attempt())
		if again {
			if tell := c.r.OnRetry; tell != nil {
				tell(c.out.Attempts[len(c.out.Attempts)-1])
			}
			continue
		}
		if err != nil {
			return nil, c.failed(err)
		}
		c.account()
		return c.out, nil
	}
}

// renew replaces the flight after a timeout, for another attempt, if there may be one.
func (c *call) renew() error {
	if c.s.watch.draining.Load() {
		return ErrDraining
	}
	if c.f.Err() == nil || c.ctx.Err() != nil {
		return nil
	}
	f, err := c.s.watch.start(c.ctx)
	if err != nil {
		return err
	}
	c.f.over()
	c.f = f
	return nil
}

// attempt makes one attempt, redirects included, and notes it.
func (c *call) attempt() error {
	waited := c.waited()
	c.began, c.spent, c.status = time.Time{}, 0, 0
	c.said, c.over, c.held, c.refused = 0, false, false, false
	err := c.follow()
	c.f.phase.CompareAndSwap(committed, waiting)
	if c.began.IsZero() && (c.f.Err() != nil || err == ErrDraining) {
		return err // it has not begun
	}
	now := time.Now()
	if c.began.IsZero() {
		c.began = now
	}
	c.out.Attempts = append(c.out.Attempts, Attempt{
		Status: c.status, Err: err, Class: c.class(err),
		Wait: c.waited() - waited + c.paused, Started: c.began, Duration: now.Sub(c.began),
	})
	c.out.Timings.Backoff += c.paused
	c.paused = 0
	return err
}

func (c *call) waited() time.Duration { return c.queued + c.rated }

// reset forgets the answer of the attempt before, once there is another exchange.
func (c *call) reset() {
	out := c.out
	*out = Response{Started: out.Started, Attempts: out.Attempts, Timings: Timings{Backoff: out.Timings.Backoff}, first: out.first}
}

// account fills in the times.
func (c *call) account() {
	t := &c.out.Timings
	t.Queue, t.Rate, t.Total = c.queued, c.rated, time.Since(c.out.Started)
}

// class returns the class of an error of an attempt.
func (c *call) class(err error) retry.Class {
	switch {
	case err == nil:
		return retry.ClassNone
	case errors.Is(err, ErrClosed), errors.Is(err, ErrDraining):
		return retry.ClassClosed
	case c.ctx.Err() == nil || !errors.Is(err, context.Cause(c.ctx)):
		return retry.Classify(err)
	case errors.Is(c.ctx.Err(), context.DeadlineExceeded):
		return retry.ClassDeadline
	}
	return retry.ClassCanceled
}

// failed makes the error of Do.
func (c *call) failed(err error) *Error {
	c.out.Timings.Backoff += c.paused
	c.account()
	e := &Error{Method: c.r.Method, URL: redact(c.r.URL), Class: c.class(err), Attempts: c.out.Attempts,
		Timings: c.out.Timings, Started: c.out.Started, Err: err}
	if e.Method == "" {
		e.Method = http.MethodGet
	}
	if n := len(e.Attempts); n > 0 {
		e.Status = e.Attempts[n-1].Status
	}
	if c.out.Status != 0 {
		e.Response = c.out
	}
	return e
}

// redact returns a URL without user and password, and without what can't be read.
func redact(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "(malformed URL)"
	}
	return withoutUser(u)
}

func withoutUser(u *url.URL) string {
	if u.User == nil {
		return u.String()
	}
	bare := *u
	bare.User = nil
	return bare.String()
}
