package goroutine

import (
	"sync"
	"sync/atomic"
)

// A Labeller makes the profile labels of a task: of its name, or of the function
// at the entry pc for one without, and of its number if id is not 0.
type Labeller func(name string, pc uintptr, id uint64) Labels

var labeller atomic.Pointer[Labeller]

// SetLabeller installs what makes labels. Without one tasks have the labels of who
// started them. (Package runtime/pprof, which makes them, is more than a program
// that only runs tasks should have to link.)
func SetLabeller(f Labeller) { labeller.Store(&f) }

// shared are the labels that tasks of one name, or one function, have in common.
// What is in it stays, so it is bounded.
var shared struct {
	mu     sync.RWMutex
	names  map[string]Labels
	places map[uintptr]Labels
	ours   map[Labels]bool
}

const mostShared = 1024

// TaskLabels returns the labels for a task that was started by a goroutine with the
// labels inherited: those of its name, or of its function where that is empty.
// Labels that the program has set stay; those of another task do not.
func TaskLabels(inherited Labels, name string, pc uintptr) Labels {
	f := labeller.Load()
	if f == nil {
		return inherited
	}
	shared.mu.RLock()
	l, ok := shared.names[name]
	if name == "" {
		l, ok = shared.places[pc]
	}
	foreign := inherited != nil && !shared.ours[inherited]
	shared.mu.RUnlock()
	switch {
	case foreign:
		return inherited
	case ok:
		return l
	}
	return share(*f, name, pc)
}

// OwnLabels returns labels that tell one task from all others, whatever was
// inherited.
func OwnLabels(inherited Labels, name string, pc uintptr, id uint64) Labels {
	if f := labeller.Load(); f != nil {
		return (*f)(name, pc, id)
	}
	return inherited
}

func share(f Labeller, name string, pc uintptr) Labels {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if len(shared.ours) >= mostShared {
		return nil
	}
	if shared.ours == nil {
		shared.names, shared.places = make(map[string]Labels), make(map[uintptr]Labels)
		shared.ours = make(map[Labels]bool)
	}
	l := f(name, pc, 0)
	if name == "" {
		shared.places[pc] = l
	} else {
		shared.names[name] = l
	}
	shared.ours[l] = true
	return l
}
