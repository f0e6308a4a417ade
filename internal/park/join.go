package park

import (
	"context"
	"sync"
	"sync/atomic"
)

// A join is the wait of a scope for what runs in it: it happens at most once, for
// one goroutine, can't be cancelled, and has no list.
// In production it is this, which needs no channel; in a simulation, a waiter.
type join struct{ wg sync.WaitGroup }

// BeginJoin prepares the wait, under the scope's lock: from then on somebody must
// call Joined, once, when nothing runs in the scope any more.
func (n *Scope) BeginJoin(ctx context.Context) {
	if Level.Load() > 0 {
		atomic.StoreUint32(&n.x.joined, tick())
	}
	n.flags.Or(isJoining)
	if Simulated() != nil {
		n.rarity().joiner = NewWaiter(ctx)
		return
	}
	n.join.wg.Add(1)
}

// Joining reports, under the scope's lock, whether BeginJoin was called.
func (n *Scope) Joining() bool { return n.Flag(isJoining) }

// joiner returns the waiter of a simulated join, nil for a real one.
func (n *Scope) joiner() *Waiter {
	if rare := n.rare(); rare != nil {
		return rare.joiner
	}
	return nil
}

// Join waits for Joined.
func (n *Scope) Join() {
	if w := n.joiner(); w != nil {
		w.Park(context.Background(), OpJoin, &n.Obj)
		w.Free()
		return
	}
	n.join.wg.Wait()
}

// Joined lets Join return. It is called without the lock, and is the last that
// its caller does with the scope.
func (n *Scope) Joined() {
	if w := n.joiner(); w != nil {
		w.Grant()
		w.Unpark()
		return
	}
	n.join.wg.Done()
}
