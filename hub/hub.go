package hub

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
)

// A Hub sends messages to clients. Make one with New. Its methods may be called by any
// number of goroutines at once.
type Hub struct {
	opts   Options
	all    *members
	shards []*shard
	counts counters
	clock  atomic.Uint32                      // ticks of the keepalive
	tasks  atomic.Pointer[inflight.TaskGroup] // of Run
	began  locks.Event                        // Run has
	last   locks.Event                        // nobody is about to be a client, nor will be
	zips   atomic.Int32                       // how many clients have agreed to compression

	panicked atomic.Pointer[inflight.PanicError] // the first of a handler that nobody was told of

	mu     sync.Mutex // guards all below, and the inboxes: one order for all
	phase  phase
	rooms  map[string]*members
	first  *Client // of the list of all
	turn   int     // of the shards, to get a new client
	n      int     // clients, and those who are about to be
	coming int     // of those, the latter
	perIP  map[netip.Addr]int
	closed map[int]uint64
	room   park.List // those who wait until an inbox is emptied
	obj    park.Object
	doors  map[net.Listener]struct{} // of Lines
}

// A phase is how far the hub is.
type phase int

const (
	idle     phase = iota
	running        // Run runs
	draining       // its context has ended
	over           // it has returned, or is about to
)

// A Handler is called for each client, in a task of its own. The context ends when the
// client has gone, or is to go; what the handler returns closes the client: nil with
// Normal, a *CloseError with its code, ErrNotRunning with GoingAway, any other error, and
// a panic, with Failed and not a word. Errors and panics are told to Options.Log.
type Handler func(ctx context.Context, c *Client) error

// New returns a hub. It panics for options that can't be meant.
func New(opts Options) *Hub {
	h := &Hub{opts: opts.withDefaults(), rooms: make(map[string]*members), closed: make(map[int]uint64), doors: make(map[net.Listener]struct{})}
	h.all = newMembers("", h.opts.Shards)
	if h.opts.PerIP > 0 {
		h.perIP = make(map[netip.Addr]int)
	}
	for i := range h.opts.Shards {
		h.shards = append(h.shards, newShard(h, i))
	}
	return h
}

// Run keeps the hub running until ctx ends; without it there are no clients. Then it
// takes no more of them, sends what was broadcast before, closes all with GoingAway,
// and returns nil when the last handler has returned. A client that does not go within
// Options.CloseTimeout is cut off. All goroutines of the hub are tasks of Run.
//
// A handler that panics costs its client alone. Where there is no Options.Log to tell it
// to, Run panics in the end with the first of those panics, an *inflight.PanicError. For
// handlers that have called runtime.Goexit it returns inflight.ErrGoexit.
//
// If ctx had ended before the call Run returns its cause. To call it twice is a panic.
func (h *Hub) Run(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	h.mu.Lock()
	if h.phase != idle {
		h.mu.Unlock()
		panic("inflight/hub: Run called twice")
	}
	h.phase = running
	h.mu.Unlock()
	err := h.run(ctx)
	if p := h.panicked.Load(); p != nil {
		panic(p)
	}
	return err
}

// run is the scope of all that the hub does. It is supervised: a handler that ends its
// goroutine ends no more than that.
func (h *Hub) run(ctx context.Context) error {
	defer h.end()
	return inflight.Run(context.WithoutCancel(ctx), func(inner context.Context, g *inflight.TaskGroup) error {
		for _, s := range h.shards {
			g.Service(s.run)
		}
		if h.opts.Ping > 0 {
			g.Service(h.keepalive)
		}
		h.tasks.Store(g)
		h.began.Set()
		var ended locks.Event
		defer context.AfterFunc(ctx, ended.Set)()
		err := ended.Wait(inner)
		h.drain(err != nil)
		_ = h.last.Wait(inner) // who has been let in is told to go, too
		return nil
	}, inflight.Label("hub"), inflight.Supervise())
}

// Started waits until Run takes clients. If ctx ends first, or had ended before, it
// returns the cause.
func (h *Hub) Started(ctx context.Context) error { return h.began.Wait(ctx) }

// drain takes no more clients and tells all to go, or cuts them off.
func (h *Hub) drain(now bool) {
	h.mu.Lock()
	h.phase = draining
	for l := range h.doors {
		defer l.Close()
	}
	for c := h.first; now && c != nil; c = c.next {
		defer c.kill()
	}
	for _, s := range h.shards {
		defer wake(s.post(item{kind: itemDrain}))
	}
	h.room.GrantAll()
	if h.coming == 0 {
		h.last.Set()
	}
	h.mu.Unlock()
}

func (h *Hub) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.phase = over
	h.room.GrantAll()
}

// ended reports whether the hub takes no more clients, and will not again.
func (h *Hub) ended() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.phase > running
}

// Broadcast sends m to all clients but those excepted: it copies m, and returns when
// all shards of the hub know of it. If too much is on its way through them, as too many
// send too fast, it waits for its turn. If ctx ends first, or had ended before, it
// returns the cause and has sent nothing. Other errors are ErrNotUTF8 and ErrNotRunning.
func (h *Hub) Broadcast(ctx context.Context, m Message, except ...*Client) error {
	return h.publish(ctx, target{all: true}, m, except)
}

// Len returns how many clients there are.
func (h *Hub) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all.n
}

// A target is who gets a message.
type target struct {
	all    bool
	room   string
	client *Client
}

// publish puts the message in the inboxes of all shards that it concerns, at once.
func (h *Hub) publish(ctx context.Context, to target, m Message, except []*Client) error {
	park.Point(ctx, park.OpBroadcast, &h.obj)
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	if err := m.check(); err != nil {
		return err
	}
	f := newFrame(m, h.zips.Load() > 0)
	if len(except) > 0 {
		f.except = append([]*Client(nil), except...)
	}
	h.mu.Lock()
	if h.full() || !h.room.Empty() {
		w := park.NewWaiter(ctx)
		err := h.room.Wait(ctx, &h.mu, w, park.OpBroadcast, &h.obj)
		w.Free()
		if err != nil {
			return err
		}
		h.mu.Lock()
	}
	if h.phase != running {
		h.mu.Unlock()
		return ErrNotRunning
	}
	h.counts.sent.Add(1)
	it := item{kind: itemMessage, frame: f}
	if to.client != nil {
		it.client = to.client
		who := to.client.shard.post(it)
		h.mu.Unlock()
		wake(who)
		return nil
	}
	if it.room = h.all; !to.all {
		it.room = h.rooms[to.room]
	}
	h.postAll(it)
	return nil
}

// postAll posts a message for a room to all shards that have members of it. The lock
// is held, and is given back.
func (h *Hub) postAll(it item) {
	var few [8]*park.Waiter
	all := few[:0]
	for i, s := range h.shards {
		if it.room != nil && it.room.of[i] > 0 {
			all = append(all, s.post(it))
		}
	}
	h.mu.Unlock()
	for _, who := range all {
		wake(who)
	}
}

// full reports whether there is too much in an inbox. The lock is held.
func (h *Hub) full() bool {
	for _, s := range h.shards {
		if len(s.inbox) >= maxInbox || s.bytes >= maxInboxBytes {
			return true
		}
	}
	return false
}
