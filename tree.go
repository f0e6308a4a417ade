package inflight

import (
	"context"
	"slices"
	"sync"
	"time"
	"weak"

	"github.com/inflight-go/inflight/internal/park"
)

var _ = context.Background
var _ = time.Now

// roots knows the scopes that no other is above. It must not keep anything
// reachable: a strong list would hide every leaked goroutine from the runtime's
// leak profile. So it holds weak pointers to anchors; an anchor leads to its
// scope while that is open, and is reused, because making a weak pointer costs as
// much as starting a goroutine.
var roots struct {
	mu   sync.Mutex
	list []weak.Pointer[anchor]
	free sync.Pool
}

type anchor struct {
	mu sync.Mutex
	n  *park.Node
}

func register(n *park.Node) *anchor {
	a, _ := roots.free.Get().(*anchor)
	if a == nil {
		a = new(anchor)
		roots.mu.Lock()
		roots.list = slices.DeleteFunc(roots.list, func(p weak.Pointer[anchor]) bool { return p.Value() == nil })
		roots.list = append(roots.list, weak.Make(a))
		roots.mu.Unlock()
	}
	a.mu.Lock()
	a.n = n
	a.mu.Unlock()
	return a
}

func (a *anchor) release() {
	a.mu.Lock()
	a.n = nil
	a.mu.Unlock()
	roots.free.Put(a)
}
