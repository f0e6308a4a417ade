package explore

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
)

// An actor is a goroutine that has come to a hook.
type actor struct {
	id   uint64       // of the goroutine
	same *actor       // the next one in its bucket
	turn chan verdict // capacity 1
	home *park.Node   // the task that it runs, or whose context it uses; nil for none that is known
	own  bool         // it runs it

	next *actor  // in the list of arrivals
	asks request // both are written by the actor and read by the controller

	// The rest is the controller's.
	index    int // from 1, in the order of arrival; 0 before
	priority int64
}

// A request is what an actor waits for.
type request struct {
	ctx    context.Context
	op     park.Op
	obj    *park.Object
	w      *park.Waiter // nil at a point
	early  bool         // w was granted before the wait, and needs no wake-up
	name   string       // of a point that the user has named
	timer  uint64       // the number of a timer that has fired, 0 for none
	yields bool         // it gives its turn up: let others go first
	pcs    []uintptr    // where it comes from, in a run that is traced
}

// granted reports whether the wait is over.
func (r *request) granted() bool { return r.w.Granted() && (r.early || r.w.Woken()) }

// A verdict is handed over with the turn.
type verdict struct {
	cancelled bool          // the wait ends without a grant
	fail      error         // what the named point returns
	delay     time.Duration // before that
}

// actor returns the calling goroutine's.
//
//go:norace
func (s *Sim) actor() *actor {
	id := goroutine.Identify().ID
	bucket := &s.buckets[id%uint64(len(s.buckets))]
	for a := bucket.Load(); a != nil; a = a.same {
		if a.id == id {
			return a
		}
	}
	a := &actor{id: id, turn: make(chan verdict, 1)}
	for {
		a.same = bucket.Load()
		if bucket.CompareAndSwap(a.same, a) {
			return a
		}
	}
}

// arrive puts the actor in the list of arrivals.
//
//go:norace
func (s *Sim) arrive(a *actor, r *request) {
	if n := park.Of(r.ctx); n != nil && (a.home == nil || r.op == park.OpStart) {
		a.home = n
		a.own = r.op == park.OpStart
	}
	a.asks = *r
	for {
		a.next = s.arrivals.Load()
		if s.arrivals.CompareAndSwap(a.next, a) {
			break
		}
	}
	s.kick()
}

// request returns what the actor asks for.
//
//go:norace
func (a *actor) request() request { return a.asks }

// runs reports whether it runs the task, and does not only use its context.
//
//go:norace
func (a *actor) runs() bool { return a.own }

// task returns the task that the actor runs.
//
//go:norace
func (a *actor) task() *park.Node { return a.home }

//go:norace
func (a *actor) following() *actor { return a.next }

// buckets is how many lists of actors a run has, to find one by its goroutine.
type buckets [64]atomic.Pointer[actor]
