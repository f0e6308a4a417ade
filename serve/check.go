package serve

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/inflight-go/inflight"
)

// A check is a function of Health, and what it said last.
type check struct {
	h    *Health
	name string
	call func(context.Context) error
	once bool // not called again once it has said yes

	mu      sync.Mutex
	last    *Finding
	began   time.Time
	running chan struct{} // closed when the call that is under way returns; nil for none
}

// ask returns what the check says: what it said a moment ago, or what it says now to
// all who ask meanwhile.
func (c *check) ask(ctx context.Context) Finding {
	c.mu.Lock()
	if c.stands() {
		defer c.mu.Unlock()
		return *c.last
	}
	if c.running == nil {
		c.begin()
	}
	running, began := c.running, c.began
	c.mu.Unlock()

	finding := Finding{Name: c.name, At: began}
	timer := time.NewTimer(c.timeout() - time.Since(began))
	defer timer.Stop()
	select {
	case <-running:
		c.mu.Lock()
		defer c.mu.Unlock()
		return *c.last
	case <-timer.C:
		finding.Err = ErrNoAnswer
	case <-ctx.Done():
		finding.Err = context.Cause(ctx)
	}
	return finding
}

func (c *check) timeout() time.Duration { return cmp.Or(c.h.Timeout, DefaultCheckTimeout) }

// stands reports whether the last answer still holds.
func (c *check) stands() bool {
	if c.last == nil || c.running != nil {
		return false
	}
	if c.once && c.last.Err == nil {
		return true
	}
	return time.Since(c.last.At.Add(c.last.Took)) < cmp.Or(c.h.Fresh, DefaultFresh)
}

// begin calls the check in a goroutine of its own: it belongs to all who ask, and may
// outlast each of them.
func (c *check) begin() {
	c.running, c.began = make(chan struct{}), time.Now()
	go func() {
		err := fmt.Errorf("the check has ended its goroutine")
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.last = &Finding{c.name, err, c.began, time.Since(c.began)}
			close(c.running)
			c.running = nil
		}()
		ctx, cancel := context.WithTimeoutCause(context.Background(), c.timeout(), ErrNoAnswer)
		defer cancel()
		err = attempt(ctx, c.call, inflight.Label("check "+c.name))
	}()
}
