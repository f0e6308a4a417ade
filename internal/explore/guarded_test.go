package explore_test

import "sync"

// guarded is a number that is no data race.
type guarded struct {
	sync.Mutex
	n int
}

func (g *guarded) get() int {
	g.Lock()
	defer g.Unlock()
	return g.n
}

func (g *guarded) set(n int) {
	g.Lock()
	defer g.Unlock()
	g.n = n
}
