package hub

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/ws"
)

// handle calls the handler, and turns what comes of it into a reason to close. A panic
// costs this client, and no other.
func (c *Client) handle(ctx context.Context, fn Handler) (why *CloseError) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			why = c.panicked(ctx, v)
			return
		}
		c.failed(ctx, inflight.ErrGoexit)
	}()
	err := fn(ctx, c)
	returned = true
	return c.verdict(ctx, err)
}

// verdict turns what a handler has returned into a reason to close.
func (c *Client) verdict(ctx context.Context, err error) *CloseError {
	if e, ok := err.(*CloseError); ok && !e.Remote && ws.CanSend(e.Code) {
		return e
	}
	switch {
	case err == nil:
		return &CloseError{Code: Normal}
	case errors.Is(err, ErrNotRunning):
		return goingAway()
	case c.Err() == nil: // otherwise it is what became of the client that has failed it
		c.failed(ctx, err)
	}
	return &CloseError{Code: Failed, Err: err}
}

func (c *Client) failed(ctx context.Context, err error) {
	c.hub.counts.failed.Add(1)
	c.hub.warn(ctx, "client failed", "remote", c.RemoteAddr().String(), "error", err)
}

// panicked reports a panic of the handler.
func (c *Client) panicked(ctx context.Context, v any) *CloseError {
	p, ok := v.(*inflight.PanicError)
	if !ok {
		p = &inflight.PanicError{Value: v, Stack: debug.Stack()}
	}
	h := c.hub
	h.counts.failed.Add(1)
	if h.opts.Log == nil {
		h.panicked.CompareAndSwap(nil, p)
	} else {
		h.opts.Log.ErrorContext(ctx, "panic", "remote", c.RemoteAddr().String(), "panic", p.Value, "stack", string(p.Stack))
	}
	return &CloseError{Code: Failed, Err: p}
}

// warn tells the log, if there is one.
func (h *Hub) warn(ctx context.Context, what string, args ...any) {
	if h.opts.Log != nil {
		h.opts.Log.WarnContext(ctx, what, args...)
	}
}

func goingAway() *CloseError {
	return &CloseError{Code: GoingAway, Reason: "the server is going away"}
}
