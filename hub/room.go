package hub

import (
	"context"
	"slices"

	"github.com/inflight-go/inflight/internal/park"
)

// A Room is the clients that have joined it under its name. There is no need to make
// one, or to end it.
type Room struct {
	hub  *Hub
	name string
}

// Room returns the room of that name, which may be empty.
func (h *Hub) Room(name string) Room { return Room{h, name} }

// Broadcast sends m to all clients in the room but those excepted, as Hub.Broadcast
// does.
func (r Room) Broadcast(ctx context.Context, m Message, except ...*Client) error {
	return r.hub.publish(ctx, target{room: r.name}, m, except)
}

// Len returns how many clients are in the room.
func (r Room) Len() int {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if m := r.hub.rooms[r.name]; m != nil {
		return m.n
	}
	return 0
}

// members are the clients of a room. A member is counted from when it has joined; the
// shard that it belongs to seats it when it comes to that.
type members struct {
	name  string
	n     int         // how many have joined; guarded by the hub's lock
	of    []int       // the same by shard
	seats [][]*Client // by shard, its own
}

// A seat is where a client is in a room. The seats of a client belong to its shard.
type seat struct {
	in *members
	at int
}

func newMembers(name string, shards int) *members {
	return &members{name: name, of: make([]int, shards), seats: make([][]*Client, shards)}
}

// Join puts the client in a room. It gets what is broadcast there from now on. To join
// twice is to join once.
func (c *Client) Join(room string) {
	h := c.hub
	h.mu.Lock()
	m := h.rooms[room]
	if c.left || slices.Contains(c.rooms, m) {
		h.mu.Unlock()
		return
	}
	if m == nil {
		m = newMembers(room, len(h.shards))
		h.rooms[room] = m
	}
	c.rooms = append(c.rooms, m)
	who := c.join(m)
	h.mu.Unlock()
	wake(who)
}

// join counts the client, and has it seated. The hub's lock is held.
func (c *Client) join(m *members) (who *park.Waiter) {
	m.n++
	m.of[c.shard.index]++
	return c.shard.post(item{kind: itemJoin, client: c, room: m})
}

// Leave takes the client out of a room. It may still get what was broadcast before.
func (c *Client) Leave(room string) {
	h := c.hub
	h.mu.Lock()
	i := slices.Index(c.rooms, h.rooms[room])
	if c.left || i < 0 {
		h.mu.Unlock()
		return
	}
	m := c.rooms[i]
	c.rooms = slices.Delete(c.rooms, i, i+1)
	h.unjoin(c, m)
	who := c.shard.post(item{kind: itemLeave, client: c, room: m})
	h.mu.Unlock()
	wake(who)
}

// unjoin counts a member off, and forgets a room that is empty. The lock is held.
func (h *Hub) unjoin(c *Client, m *members) {
	m.n--
	m.of[c.shard.index]--
	if m.n == 0 && m != h.all {
		delete(h.rooms, m.name)
	}
}

// sit and stand are called by the shard of the client.
func (c *Client) sit(m *members) {
	list := &m.seats[c.shard.index]
	c.seats = append(c.seats, seat{m, len(*list)})
	*list = append(*list, c)
}

func (c *Client) stand(m *members) {
	i := slices.IndexFunc(c.seats, func(s seat) bool { return s.in == m })
	if i < 0 {
		return
	}
	list := &m.seats[c.shard.index]
	at, end := c.seats[i].at, len(*list)-1
	moved := (*list)[end]
	(*list)[at], (*list)[end] = moved, nil
	*list = (*list)[:end]
	for j := range moved.seats {
		if moved.seats[j].in == m {
			moved.seats[j].at = at
		}
	}
	c.seats = slices.Delete(c.seats, i, i+1)
}
