package explore

import (
	"sync"
	"sync/atomic"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
)

// The runs that are going on. Tests run in parallel, so there may be several, and
// goroutines that take part in none.
var registry struct {
	mu         sync.Mutex
	users      int
	restore    func()
	sims       [64]atomic.Pointer[Sim]
	high       atomic.Int32 // sims from here on are nil, and always were
	chaos      atomic.Pointer[chaos]
	disturbers int // how many want chaos
}

// install has the hooks ask route, until the last of those who have installed it
// calls remove.
func install() (remove func()) {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if registry.users++; registry.users == 1 {
		registry.restore = park.SimulateBy(route)
	}
	return func() {
		registry.mu.Lock()
		defer registry.mu.Unlock()
		if registry.users--; registry.users == 0 {
			registry.restore()
		}
	}
}

// route returns the simulation that the calling goroutine takes part in.
func route() (found park.Simulation) {
	unseen(func() { found = lookUp() })
	return found
}

// lookUp is route with the race detector's eye closed.
//
//go:norace
func lookUp() park.Simulation {
	bubble := goroutine.Identify().Bubble
	if bubble == 0 {
		if c := registry.chaos.Load(); c != nil {
			return c
		}
		return nil
	}
	for i := range registry.high.Load() {
		if s := registry.sims[i].Load(); s != nil && s.bubble == bubble {
			return s
		}
	}
	return nil
}

// Current returns the run that the calling goroutine takes part in, nil for none.
func Current() *Sim {
	s, _ := park.Simulated().(*Sim)
	return s
}

// register makes the goroutines of the bubble take part in s. It panics when too
// many runs are going on at once.
func register(s *Sim) (remove func()) {
	s.bubble = goroutine.Identify().Bubble
	for i := range registry.sims {
		if registry.sims[i].CompareAndSwap(nil, s) {
			for high := registry.high.Load(); high <= int32(i); high = registry.high.Load() {
				registry.high.CompareAndSwap(high, int32(i)+1)
			}
			return func() { registry.sims[i].Store(nil) }
		}
	}
	panic("inflight/inflighttest: more than 64 explorations at once")
}
