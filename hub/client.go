package hub

import (
	"context"
	"iter"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/ws"
)

// A Client is a connection that a hub keeps. Its methods may be called by any number
// of goroutines at once, but for Messages.
type Client struct {
	hub      *Hub
	conn     net.Conn
	raw      syscall.RawConn // nil where writes go through conn alone
	shard    *shard
	form     form
	ip       netip.Addr // by which it is counted
	user     any
	protocol string
	in       intake        // of the handler's goroutine
	reading  atomic.Bool   // Messages is being ranged over
	listens  atomic.Bool   // a read waits, or is about to
	heard    atomic.Uint32 // the tick at which something came

	// Guarded by the hub's lock.
	next, prev *Client
	rooms      []*members // that it has joined, the hub's own among them
	left       bool       // it has gone from all of them

	// The shard's own.
	seats []seat
	due   []span // of the batch under way
	asked uint32 // the tick at which a ping was sent, 0 for none since something came

	mu    sync.Mutex // guards all below
	out   outbox
	task  *inflight.Task[struct{}]
	why   *CloseError // it is to go
	timer *time.Timer // cuts it off
}

// User returns what Options.Authorize has returned, nil for a client over TCP.
func (c *Client) User() any { return c.user }

// Protocol returns the subprotocol that was agreed upon, "" for none.
func (c *Client) Protocol() string { return c.protocol }

// RemoteAddr returns the address of the other end of the connection: that of the proxy
// where there is one.
func (c *Client) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// Err returns nil until the client has gone, or is to go; then a *CloseError that says
// why.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.why == nil {
		return nil
	}
	return c.why
}

// Messages are what the client sends. The loop ends when the client has gone or is to
// go, which Err tells, or ctx ends. The data of a message is good until the next. A
// loop that was left may be followed by another one. Two at once are a panic. They are
// for the handler, and not for later.
//
// Pings and closes are answered inside of the loop, too. A handler that wants no
// messages ranges over them all the same: without a loop it does not learn that its
// client has gone until something can't be written, and pings are not sent.
func (c *Client) Messages(ctx context.Context) iter.Seq[Message] {
	return func(yield func(Message) bool) {
		if !c.reading.CompareAndSwap(false, true) {
			panic("inflight/hub: two loops over the messages of one client")
		}
		defer c.reading.Store(false)
		if !c.isOwn(ctx) && ctx.Done() != nil {
			defer context.AfterFunc(ctx, c.wake)()
		}
		for {
			m, ok := c.read(ctx)
			if !ok || !yield(m) {
				return
			}
		}
	}
}

// isOwn reports whether ctx is the handler's, which ends only when the client is told
// to go, and so need not be watched.
func (c *Client) isOwn(ctx context.Context) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.own == ctx
}

// wake makes a read return.
func (c *Client) wake() { c.conn.SetReadDeadline(past) }

// past is a deadline that is over, also in a bubble.
var past = time.Unix(1, 0)

// Send sends m to this client alone, in order with what is broadcast. It waits, and
// fails, as Broadcast does; if the client has gone, with its Err.
func (c *Client) Send(ctx context.Context, m Message) error {
	if err := c.Err(); err != nil && ctx.Err() == nil {
		return err
	}
	return c.hub.publish(ctx, target{client: c}, m, nil)
}

// Close tells the client to go, by a close with that code and reason, of which it gets
// the first 123 bytes. What was sent before, it gets too. Close does not wait for
// that; the context of the handler ends at once. The first reason to go counts. It
// panics for a code that may not be sent: want 1000 to 1003, 1007 to 1014, 3000 to 4999.
func (c *Client) Close(code int, reason string) {
	if !ws.CanSend(code) {
		panic("inflight/hub: Close with a code that may not be sent")
	}
	c.end(&CloseError{Code: code, Reason: reason})
}

// end tells the client's task to come to its end.
func (c *Client) end(why *CloseError) {
	c.mu.Lock()
	first := c.endLocked(why)
	c.mu.Unlock()
	if first {
		c.cancel()
	}
}

// endLocked is end with the lock held. The caller calls cancel without it, if it was
// the first.
func (c *Client) endLocked(why *CloseError) (first bool) {
	if c.why != nil {
		return false
	}
	c.why = why
	c.timer = time.AfterFunc(c.hub.opts.CloseTimeout, c.kill)
	c.conn.SetReadDeadline(past)
	return true
}

func (c *Client) cancel() {
	c.mu.Lock()
	t, why := c.task, c.why
	c.mu.Unlock()
	if t != nil {
		t.Cancel(why)
	}
}

// kill cuts the client off.
func (c *Client) kill() { c.fail(&CloseError{Code: Abnormal, Reason: "cut off"}) }

// fail ends a connection that is of no use any more.
func (c *Client) fail(why *CloseError) {
	c.mu.Lock()
	first := c.endLocked(why)
	c.hub.counts.discarded.Add(uint64(c.out.die(&c.hub.counts)))
	c.mu.Unlock()
	if first {
		c.cancel()
	}
	c.conn.Close()
}

// start makes a client of a connection that was admitted, and starts its handler. What
// was read from it already is early.
func (h *Hub) start(c *Client, early []byte, fn Handler) {
	c.hub, c.raw = h, direct(c.conn)
	c.heard.Store(h.clock.Load())
	c.in.preset(early)
	h.mu.Lock()
	c.shard = h.shards[h.turn%len(h.shards)]
	h.turn++
	if c.next = h.first; c.next != nil {
		c.next.prev = c
	}
	h.first = c
	gone := h.phase != running
	c.rooms = []*members{h.all}
	who := c.join(h.all)
	h.mu.Unlock()
	wake(who)
	h.counts.opened.Add(1)
	if c.form == deflated {
		h.zips.Add(1)
	}
	if gone {
		fn = func(context.Context, *Client) error { return goingAway() }
	}
	t := h.tasks.Load().Go(func(ctx context.Context) error {
		c.serve(ctx, fn)
		return nil
	})
	c.mu.Lock()
	c.task = t
	late := c.why != nil
	c.mu.Unlock()
	if late {
		c.cancel()
	}
	if t.State() == inflight.Refused {
		c.turnAway()
	}
}

// turnAway lets go of a client that came when the hub was ending.
func (c *Client) turnAway() {
	c.fail(&CloseError{Code: GoingAway})
	c.leave(context.Background())
}

// serve is the client's task.
func (c *Client) serve(ctx context.Context, fn Handler) {
	c.mu.Lock()
	c.out.own = ctx
	c.mu.Unlock()
	defer c.leave(ctx)
	defer c.end(&CloseError{Code: Failed, Err: inflight.ErrGoexit}) // where it has not returned
	c.end(c.handle(ctx, fn))
}

// leave takes the client out of everything, and closes the connection as it should be.
func (c *Client) leave(ctx context.Context) {
	h := c.hub
	h.mu.Lock()
	c.left = true
	for _, m := range c.rooms {
		h.unjoin(c, m)
	}
	c.rooms = nil
	who := c.shard.post(item{kind: itemBye, client: c})
	h.mu.Unlock()
	wake(who)
	c.awaitFlush(context.WithoutCancel(ctx))
	c.hangUp()
	c.conn.Close()
	c.in.release()
	c.mu.Lock()
	c.timer.Stop()
	why := c.why
	c.hub.counts.discarded.Add(uint64(c.out.die(&h.counts)))
	c.mu.Unlock()
	h.forget(c, why)
}

// forget takes a client that has gone off the list.
func (h *Hub) forget(c *Client, why *CloseError) {
	if c.form == deflated {
		h.zips.Add(-1)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.next != nil {
		c.next.prev = c.prev
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		h.first = c.next
	}
	h.closed[why.Code]++
	h.release(c.ip)
}
