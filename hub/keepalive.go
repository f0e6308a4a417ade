package hub

import (
	"context"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/ws"
)

// grain is how many ticks the shorter one of Ping and PingTimeout has.
const grain = 4

// keepalive makes the shards look at their clients in turn. There is one clock for
// all, and no timer for each.
func (h *Hub) keepalive(ctx context.Context) error {
	tick := max(min(h.opts.Ping, h.opts.PingTimeout)/grain, time.Millisecond)
	var all []*park.Waiter
	for {
		if err := inflight.Sleep(ctx, tick); err != nil {
			return err
		}
		h.clock.Add(1)
		h.mu.Lock()
		for _, s := range h.shards {
			all = append(all, s.post(item{kind: itemTick}))
		}
		h.mu.Unlock()
		for _, who := range all {
			wake(who)
		}
		all = all[:0]
	}
}

// ping is the frame.
var ping = ws.AppendHeader(nil, true, ws.Ping, false, 0)

// look sends a ping to a client that was silent for long, and closes one that has not
// answered.
func (s *shard) look(c *Client) {
	if c.form == line {
		return
	}
	now, tick := s.hub.clock.Load(), max(min(s.hub.opts.Ping, s.hub.opts.PingTimeout)/grain, time.Millisecond)
	if !c.listens.Load() { // its handler is busy: whether it has answered is not known
		c.heard.Store(now)
	}
	heard := c.heard.Load()
	if c.asked != 0 && int32(heard-c.asked) >= 0 {
		c.asked = 0
	}
	switch {
	case c.asked == 0 && time.Duration(now-heard)*tick >= s.hub.opts.Ping:
		c.asked = now
		c.control(ping, ws.Ping)
	case c.asked != 0 && time.Duration(now-c.asked)*tick >= s.hub.opts.PingTimeout:
		c.end(&CloseError{Code: Failed, Reason: "no answer to a ping"})
	}
}
