package hub

import (
	"maps"
	"sync/atomic"

	"github.com/inflight-go/inflight/telemetry"
)

// Stats say how a hub is and what has become of everything. The deliveries that were
// begun are Delivered, Dropped and Discarded, and those that wait in queues.
type Stats struct {
	Clients int // there are
	Rooms   int // with somebody in them

	Opened  uint64         // clients, in all
	Refused uint64         // by a limit, the origin, Authorize, or a request that is wrong
	Closed  map[int]uint64 // clients that have gone, by code
	Kicked  uint64         // of those, for being slow
	Failed  uint64         // handlers that have panicked, or returned an error of their own

	Received  uint64 // messages from clients
	Sent      uint64 // calls of Broadcast and Send that have returned nil
	Delivered uint64 // deliveries that the system has taken
	Dropped   uint64 // by the policy for slow clients
	Discarded uint64 // because the client has gone, or was to go
	Queued    int    // that wait in queues

	// Depth says of each delivery how many messages waited for the client, itself
	// among them: 0 if the connection took it at once. DepthBytes says how many bytes
	// those were. What was dropped without waiting is in neither.
	Depth, DepthBytes telemetry.Histogram

	AcceptErrors uint64 // times that Lines could not accept a connection, and has tried again
}

// counters are what is counted without a lock.
type counters struct {
	opened, refused, kicked, failed, received, sent, delivered, dropped, discarded, acceptErrors atomic.Uint64
	queued                                                                                       atomic.Int64
	depth, depthBytes                                                                            depths
}

// Stats returns how the hub is at this moment.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := &h.counts
	return Stats{
		Clients: h.all.n, Rooms: len(h.rooms), Closed: maps.Clone(h.closed),
		Opened: n.opened.Load(), Refused: n.refused.Load(), Kicked: n.kicked.Load(),
		Received: n.received.Load(), Sent: n.sent.Load(), Delivered: n.delivered.Load(),
		Dropped: n.dropped.Load(), Discarded: n.discarded.Load(), Queued: int(n.queued.Load()),
		Depth: n.depth.histogram(depthBounds), DepthBytes: n.depthBytes.histogram(depthBytesBounds),
		Failed: n.failed.Load(), AcceptErrors: n.acceptErrors.Load(),
	}
}
