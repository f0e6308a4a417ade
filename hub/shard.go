package hub

import (
	"context"

	"github.com/inflight-go/inflight/internal/park"
)

// A shard delivers to some of the clients. Its loop takes all that is in its inbox at
// once: what has come together leaves together, in one write for each client.
type shard struct {
	hub   *Hub
	index int

	// Guarded by the hub's lock.
	inbox  []item
	bytes  int
	asleep *park.Waiter // of the loop; nil while it runs

	// The loop's own.
	spare []item
	dirty []*Client // those that get something of the batch
	lay   [forms]layout
	out   output
}

// What may be in an inbox before those who send have to wait.
const (
	maxInbox      = 1024
	maxInboxBytes = 4 << 20
)

// An item is what a shard is told. All there is happens in the order of the inbox.
type item struct {
	kind   itemKind
	frame  *frame
	room   *members
	client *Client
}

type itemKind uint8

const (
	itemMessage itemKind = iota // for a room, or for a client
	itemJoin                    // a client sits down in a room
	itemLeave
	itemBye // a client goes: it gets its close after all that was before
	itemTick
	itemDrain // all clients are to go
)

func newShard(h *Hub, index int) *shard {
	s := &shard{hub: h, index: index}
	s.out.init()
	return s
}

// post puts an item in the inbox, and returns who has to be woken. The hub's lock is
// held.
func (s *shard) post(it item) (who *park.Waiter) {
	s.inbox = append(s.inbox, it)
	if it.frame != nil {
		s.bytes += len(it.frame.buf) + len(it.frame.zip)
	}
	if who = s.asleep; who != nil {
		s.asleep = nil
		who.Grant()
	}
	return who
}

// wake is called without a lock.
func wake(who *park.Waiter) {
	if who != nil {
		who.Unpark()
	}
}

// run is the loop. It ends with ctx, when all clients have gone.
func (s *shard) run(ctx context.Context) error {
	for {
		items, err := s.take(ctx)
		if err != nil {
			return err
		}
		for rest := items; len(rest) > 0; {
			if n := batch(rest); n > 0 {
				s.deliver(ctx, rest[:n])
				rest = rest[n:]
				continue
			}
			s.obey(rest[0])
			rest = rest[1:]
		}
		clear(items)
		if s.spare = items[:0]; cap(items) > 2*maxInbox {
			s.spare = nil
		}
	}
}

// take returns what is in the inbox, or waits for something.
func (s *shard) take(ctx context.Context) ([]item, error) {
	h := s.hub
	h.mu.Lock()
	for len(s.inbox) == 0 {
		w := park.NewWaiter(ctx)
		s.asleep = w
		h.mu.Unlock()
		if err := w.Park(ctx, park.OpShard, &h.obj); err != nil {
			return nil, err
		}
		w.Free()
		h.mu.Lock()
	}
	items := s.inbox
	s.inbox, s.bytes = s.spare, 0
	h.room.GrantAll()
	h.mu.Unlock()
	return items, nil
}

// What is sent by one write.
const (
	maxBatch      = 64
	maxBatchBytes = 64 << 10
)

// batch returns how many items at the front are messages that can leave together.
func batch(items []item) int {
	bytes := 0
	for i, it := range items {
		if it.kind != itemMessage {
			return i
		}
		if bytes += len(it.frame.buf); i > 0 && bytes > maxBatchBytes || i == maxBatch {
			return i
		}
	}
	return len(items)
}

// obey does what is no message.
func (s *shard) obey(it item) {
	c := it.client
	switch it.kind {
	case itemJoin:
		c.sit(it.room)
	case itemLeave:
		c.stand(it.room)
	case itemBye:
		for len(c.seats) > 0 {
			c.stand(c.seats[0].in)
		}
		c.sayBye()
	case itemTick:
		for _, c := range s.hub.all.seats[s.index] {
			s.look(c)
		}
	case itemDrain:
		for _, c := range s.hub.all.seats[s.index] {
			c.end(goingAway())
		}
	}
}

// A layout is the frames of a batch one behind the other, in one form.
type layout struct {
	flat []byte
	own  []byte // what flat is made of, if it is not a frame itself
	ends []int  // frame i is flat[ends[i]:ends[i+1]]
}

// build lays the frames out. One alone need not be copied.
func (l *layout) build(items []item, as form) {
	l.ends = append(l.ends[:0], 0)
	if len(items) == 1 {
		l.flat = items[0].frame.bytes(as)
		l.ends = append(l.ends, len(l.flat))
		return
	}
	l.own = l.own[:0]
	for _, it := range items {
		l.own = append(l.own, it.frame.bytes(as)...)
		l.ends = append(l.ends, len(l.own))
	}
	l.flat = l.own
}

// A span is items of a batch that follow each other.
type span struct{ from, to uint16 }

// deliver sends a batch to all that it is for.
func (s *shard) deliver(ctx context.Context, items []item) {
	for i := range s.lay {
		s.lay[i].ends = s.lay[i].ends[:0]
	}
	for i := 0; i < len(items); {
		i = s.mark(items, i)
	}
	for i, c := range s.dirty {
		l := &s.lay[c.form]
		if len(l.ends) == 0 {
			l.build(items, c.form)
		}
		s.send(ctx, c, items, l)
		c.due = c.due[:0]
		s.dirty[i] = nil
	}
	s.dirty = s.dirty[:0]
	for i := range s.lay {
		s.lay[i].flat = nil
	}
	s.out.count(&s.hub.counts)
}

// mark notes at clients that they get item i, and those behind it that go to the same
// ones. It returns the next item.
func (s *shard) mark(items []item, i int) (next int) {
	it := items[i]
	if it.client != nil {
		s.due(it.client, i, i+1)
		return i + 1
	}
	next = i + 1
	if it.frame.except == nil {
		for next < len(items) && items[next].room == it.room && items[next].client == nil && items[next].frame.except == nil {
			next++
		}
	}
members:
	for _, c := range it.room.seats[s.index] {
		for _, not := range it.frame.except {
			if c == not {
				continue members
			}
		}
		s.due(c, i, next)
	}
	return next
}

// due notes that c gets the items from i to j.
func (s *shard) due(c *Client, i, j int) {
	n := len(c.due)
	if n == 0 {
		s.dirty = append(s.dirty, c)
	} else if last := &c.due[n-1]; last.to == uint16(i) {
		last.to = uint16(j)
		return
	}
	c.due = append(c.due, span{uint16(i), uint16(j)})
}
