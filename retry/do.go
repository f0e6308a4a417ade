package retry

import (
	"context"
	"errors"
	"time"

	"github.com/inflight-go/inflight"
)

// Do calls fn until it returns no error, and returns its value. The attempts
// count from 1. Between two of them it waits as the policy says, and for as long
// as an error made by Later asks for if that is more.
//
// If the retries are used up the error is an *Error, which wraps the last one of
// fn. An error that is not to be retried, by Permanent or by If, comes back as it
// is, without the wrapping of Permanent. When ctx ends Do returns its cause, joined
// behind the last error of fn if there was one; had it ended before, fn is not
// called. A panic is a panic. Do panics for a nil fn.
func Do[T any](ctx context.Context, p Policy, fn func(ctx context.Context, attempt int) (T, error)) (T, error) {
	if fn == nil {
		panic("inflight/retry: Do called with a nil function")
	}
	var none T
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	p.Budget.Request()
	for attempt, retries := 1, 0; ; attempt++ {
		v, err := fn(ctx, attempt)
		if err == nil {
			return v, nil
		}
		if stop, ok := errors.AsType[*permanentError](err); ok {
			return none, stop.error
		}
		if ctx.Err() == nil && p.If != nil && !p.If(err) {
			return none, err
		}
		next, ok := p.Pause(ctx, retries, floor(err))
		if ctx.Err() != nil && !ok {
			return none, cut(ctx, err)
		}
		if !ok {
			return none, &Error{Attempts: attempt, Err: err}
		}
		retries = next
		if p.OnRetry != nil {
			p.OnRetry(attempt, err)
		}
	}
}

// Pause waits before the next retry, for at least floor, and returns how many
// retries are used by then; retries is how many were before. It reports false when
// there are no more, or ctx ended. It is what Do does between two attempts, for
// loops of another shape.
//
// A retry that has no room in the budget is spent without an attempt: what follows
// is the longer wait of the one after it.
func (p *Policy) Pause(ctx context.Context, retries int, floor time.Duration) (next int, ok bool) {
	for retries < p.Limit() {
		retries++
		if inflight.Sleep(ctx, max(p.Delay(retries), floor)) != nil {
			return retries, false
		}
		if p.Budget.Take() {
			return retries, true
		}
	}
	return retries, false
}
