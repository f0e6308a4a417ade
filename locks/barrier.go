package locks

import (
	"context"
	"fmt"
	"sync"

	"github.com/inflight-go/inflight/internal/park"
)

// A Barrier lets a fixed number of goroutines wait for each other: nobody passes
// until all have come. Then they pass together, and the barrier is ready for the
// next cohort. Make one with NewBarrier.
//
// A cohort passes in one instant, the arrival of its last one: whoever comes
// after that belongs to the next cohort and waits for it to be complete, and what
// is done to the barrier after that no longer touches those who passed. A waiter
// whose context ends leaves, and the others wait for somebody else instead. That
// does not break the barrier. (A timeout does in Python's threading.)
//
// What happens before a Wait happens before the return of every Wait of the same
// cohort.
type Barrier struct {
	parties int
	mu      sync.Mutex
	list    park.List
	come    int // as many as are in list or more, because it does not know who left
	broken  bool
	obj     park.Object
}

// NewBarrier returns a barrier for the given number of parties. It panics for
// less than one.
func NewBarrier(parties int) *Barrier {
	if parties < 1 {
		panic(fmt.Sprintf("inflight/locks: NewBarrier(%d): at least one party must take part", parties))
	}
	return &Barrier{parties: parties}
}

// broke is the index of a waiter whose barrier was broken.
const broke = -1

// Wait waits until all parties have come. It returns the caller's index in the
// cohort, from 0 for the first of those who passed to Parties()-1 for the last;
// so that one of them, say 0, can be told to do what must be done once.
//
// If ctx ends first, or had ended before, it returns the cause, and if the
// barrier is broken or is reset meanwhile, ErrBroken. The index is -1 then.
func (b *Barrier) Wait(ctx context.Context) (index int, err error) {
	park.Point(ctx, park.OpBarrier, &b.obj)
	if ctx.Err() != nil {
		return -1, park.Cause(ctx)
	}
	w := park.NewWaiter(ctx)
	defer w.Free()
	b.mu.Lock()
	if b.broken {
		b.mu.Unlock()
		return -1, ErrBroken
	}
	if b.complete() {
		index = b.come - 1
		b.pass()
		b.mu.Unlock()
		park.Point(ctx, park.OpBarrier, &b.obj)
		return index, nil
	}
	if err := b.list.Wait(ctx, &b.mu, w, park.OpBarrier, &b.obj); err != nil {
		return -1, err
	}
	if w.N == broke {
		return -1, ErrBroken
	}
	return int(w.N), nil
}

// complete reports whether the caller, who has just come, is the last of the
// cohort; then come is exact. mu is held.
func (b *Barrier) complete() bool {
	b.come++
	if b.come < b.parties { // so it can't be, and nobody need count
		return false
	}
	b.come = b.list.Len() + 1
	return b.come >= b.parties
}

// pass lets everybody through, each with its place in the list. mu is held.
func (b *Barrier) pass() {
	for i := int64(0); !b.list.Empty(); i++ {
		b.let(i)
	}
}

// let lets the first through with the given index. mu is held.
func (b *Barrier) let(index int64) {
	w := b.list.Front()
	w.N = index
	b.list.Grant(w)
	w.Unpark()
}

// Reset makes the barrier as good as new. Those who wait get ErrBroken; those who
// have passed, even if they have not run yet, do not.
func (b *Barrier) Reset() { b.end(false) }

// Abort breaks the barrier: those who wait and those who come get ErrBroken,
// until Reset.
func (b *Barrier) Abort() { b.end(true) }

func (b *Barrier) end(broken bool) {
	park.Point(context.Background(), park.OpBarrier, &b.obj)
	b.mu.Lock()
	b.broken = broken
	for !b.list.Empty() {
		b.let(broke)
	}
	b.mu.Unlock()
	park.Point(context.Background(), park.OpBarrier, &b.obj)
}

// Parties returns how many must come.
func (b *Barrier) Parties() int { return b.parties }

// Waiting returns how many have come and wait for the others.
func (b *Barrier) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.list.Len()
}

// Broken reports whether the barrier is broken: by Abort, until Reset.
func (b *Barrier) Broken() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}

// String names the parties and how many wait, "barrier [parties:3, waiters:2]",
// or says "barrier [broken]".
func (b *Barrier) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	state := fmt.Sprintf("parties:%d", b.parties)
	if b.broken {
		state = "broken"
	}
	return describe("barrier", state, b.list.Len())
}
