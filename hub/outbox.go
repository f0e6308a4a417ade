package hub

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/ws"
)

// An outbox is what is on its way to a client: nothing, as long as the connection
// takes all at once. It is guarded by the client's lock.
type outbox struct {
	own      context.Context // of the handler
	queue    []entry         // queue[head:] waits
	head     int
	messages int
	bytes    int // of the messages
	rest     []byte
	counts   bool // rest is the end of a message
	writing  bool // a task writes, and nobody else does
	last     bool // nothing comes behind what is there
	flushed  bool // and that was written
	dead     bool // nothing can be written
	waiters  park.List
	obj      park.Object
}

// An entry is a frame that waits.
type entry struct {
	data []byte
	kind ws.Op // Continuation for a message
}

func (o *outbox) idle() bool { return !o.writing && o.rest == nil && o.head == len(o.queue) }

func (o *outbox) push(e entry) {
	if o.head > 0 && len(o.queue) == cap(o.queue) {
		n := copy(o.queue, o.queue[o.head:])
		clear(o.queue[n:])
		o.queue, o.head = o.queue[:n], 0
	}
	o.queue = append(o.queue, e)
	if e.kind == ws.Continuation {
		o.messages++
		o.bytes += len(e.data)
	}
}

// drop lets go of the message that has waited longest.
func (o *outbox) drop() {
	for i := o.head; i < len(o.queue); i++ {
		if e := o.queue[i]; e.kind == ws.Continuation {
			copy(o.queue[o.head+1:i+1], o.queue[o.head:i])
			o.queue[o.head] = entry{}
			o.head++
			o.messages--
			o.bytes -= len(e.data)
			return
		}
	}
}

// clear lets go of all that waits, and returns how many messages that was.
func (o *outbox) clear() (n int) {
	n = o.messages
	o.queue, o.head, o.messages, o.bytes = nil, 0, 0, 0
	return n
}

// die makes an outbox that nothing can be written of. It returns how many messages that
// has cost.
func (o *outbox) die(counts *counters) (n int) {
	n = o.clear()
	if o.rest != nil && o.counts {
		n++
	}
	o.rest = nil
	counts.queued.Add(-int64(n))
	o.dead, o.last = true, true
	o.waiters.GrantAll()
	return n
}

// full reports whether there is no room for a message of n bytes.
func (o *outbox) full(opts *Options, n int) bool {
	return o.messages >= opts.Queue || o.messages > 0 && o.bytes+n > opts.QueueBytes
}

// enqueue puts a message into the queue of a client, or does with it what the policy
// says. The client's lock is held; Block gives it up for a while.
func (s *shard) enqueue(ctx context.Context, c *Client, data []byte) {
	o, opts := &c.out, &s.hub.opts
	if opts.Slow == Latest {
		for o.messages > 0 {
			o.drop()
			s.out.lose(1)
		}
	}
	for !o.last && o.full(opts, len(data)) {
		switch opts.Slow {
		case Kick:
			s.out.lose(o.clear())
			s.out.dropped++
			s.kick(c, &CloseError{Code: Policy, Reason: "too slow"})
			return
		case DropNewest:
			s.out.dropped++
			return
		case Block:
			w := park.NewWaiter(ctx)
			c.startWriter()
			if o.waiters.Wait(ctx, &c.mu, w, park.OpShard, &o.obj) != nil {
				c.mu.Lock()
				s.out.discarded++
				return
			}
			w.Free()
			c.mu.Lock()
		default:
			o.drop()
			s.out.lose(1)
		}
	}
	if o.last {
		s.out.discarded++
		return
	}
	o.push(entry{data: data})
	s.out.waits(o.messages, o.bytes)
}

// kick closes a client that is too slow. Its lock is held.
func (s *shard) kick(c *Client, why *CloseError) {
	if c.endLocked(why) {
		s.hub.counts.kicked.Add(1)
		s.out.kicked = append(s.out.kicked, c)
	}
	c.pushClose()
}

// pushClose puts the close frame behind all that waits. The lock is held.
func (c *Client) pushClose() {
	o := &c.out
	if o.last {
		return
	}
	var data []byte
	if c.form != line && c.why.Code != Abnormal {
		data = ws.AppendClose(nil, c.why.Code, c.why.Reason)
		if c.why.Remote {
			data = ws.AppendClose(nil, c.why.Code, "")
		}
	}
	if c.form == line && !c.why.Remote && c.why.Code != Abnormal {
		data = c.farewell()
	}
	c.pushControl(data, ws.Close)
	o.last = true
	c.settle()
}

// farewell returns the last line for a client that has no use for a close frame.
func (c *Client) farewell() []byte {
	begin := c.hub.opts.Farewell
	if begin == "" {
		return nil
	}
	return oneLine(fmt.Appendf(nil, "%s%d %s\n", begin, c.why.Code, c.why.Reason))
}

// sayBye is pushClose for a client that goes.
func (c *Client) sayBye() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pushClose()
}

// pushControl sends a frame that no limit holds for, at once where that is possible.
// The lock is held.
func (c *Client) pushControl(data []byte, kind ws.Op) (err error) {
	o := &c.out
	if o.last || len(data) == 0 {
		return nil
	}
	if kind == ws.Pong { // only the last ping need be answered
		for i := o.head; i < len(o.queue); i++ {
			if o.queue[i].kind == ws.Pong {
				o.queue[i].data = data
				return nil
			}
		}
	}
	if o.idle() && c.raw != nil {
		n, err := writeNow(c.raw, data)
		if err != nil {
			o.dead, o.last = true, true
			return err
		}
		if n == len(data) {
			return nil
		}
		if n > 0 {
			o.rest, o.counts = data[n:], false
			c.startWriter()
			return nil
		}
	}
	o.push(entry{data, kind})
	c.startWriter()
	return nil
}

// control is pushControl for a frame that nothing follows from: if it can't be written
// the client has gone.
func (c *Client) control(data []byte, kind ws.Op) {
	c.mu.Lock()
	err := c.pushControl(data, kind)
	c.mu.Unlock()
	if err != nil {
		c.fail(&CloseError{Code: Abnormal, Err: err})
	}
}

// answer sends a pong.
func (c *Client) answer(data []byte) {
	b := append(ws.AppendHeader(make([]byte, 0, 2+len(data)), true, ws.Pong, false, len(data)), data...)
	c.control(b, ws.Pong)
}

// settle notes that all was written, if it was. The lock is held.
func (c *Client) settle() {
	if o := &c.out; o.last && (o.dead || o.idle()) && !o.flushed {
		o.flushed = true
		o.waiters.GrantAll()
	}
}

// awaitFlush waits until all was written, or nothing can be.
func (c *Client) awaitFlush(ctx context.Context) {
	c.mu.Lock()
	for !c.out.flushed && !c.out.dead {
		w := park.NewWaiter(ctx)
		c.out.waiters.Wait(ctx, &c.mu, w, park.OpFlush, &c.out.obj)
		w.Free()
		c.mu.Lock()
	}
	c.mu.Unlock()
}

// startWriter starts the task that writes what waits, if there is none. The lock is
// held.
func (c *Client) startWriter() {
	if c.out.writing || c.out.dead {
		return
	}
	c.out.writing = true
	if c.hub.tasks.Load().Go(c.write).State() == inflight.Refused {
		c.out.writing, c.out.dead = false, true
		c.out.waiters.GrantAll()
	}
}

// write is the task that writes what waits, and ends when nothing does.
func (c *Client) write(context.Context) error {
	p := parcels.Get().(*parcel)
	defer parcels.Put(p)
	for c.take(p) {
		err := p.write(c)
		n := int64(p.messages)
		c.hub.counts.queued.Add(-n)
		p.clear()
		if err != nil {
			c.hub.counts.discarded.Add(uint64(n))
			c.writeFailed(err)
			return nil
		}
		c.hub.counts.delivered.Add(uint64(n))
	}
	return nil
}

// take moves what is to be written next into p. It reports false when there is nothing,
// and then the writer is no more.
func (c *Client) take(p *parcel) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &c.out
	if o.dead {
		o.writing = false
		return false
	}
	if o.rest != nil {
		p.add(o.rest, o.counts)
		o.rest = nil
	}
	for o.head < len(o.queue) && p.room() {
		e := o.queue[o.head]
		o.queue[o.head] = entry{}
		o.head++
		p.add(e.data, e.kind == ws.Continuation)
		if e.kind == ws.Continuation {
			o.messages--
			o.bytes -= len(e.data)
		}
	}
	if len(p.frames) > 0 {
		o.waiters.GrantAll() // there is room
		return true
	}
	o.writing, o.queue, o.head = false, nil, 0
	c.conn.SetWriteDeadline(time.Time{})
	c.settle()
	return false
}
