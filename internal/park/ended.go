package park

import (
	"sync"
	"time"
)

// An End says how a task has ended that did not succeed. It holds texts and
// numbers alone: what the task's error leads to must not be kept.
type End struct {
	ID, Parent  uint64
	Name        string
	State       string
	Err         string
	Func        uintptr // the entry of its function
	Started, At time.Time
}

// ends are the last ones, round and round.
var ends struct {
	mu   sync.Mutex
	list [256]End
	n    int // how many there were
}

// NoteEnd keeps e until 256 others have come.
func NoteEnd(e End) {
	ends.mu.Lock()
	ends.list[ends.n%len(ends.list)] = e
	ends.n++
	ends.mu.Unlock()
}

// Ends returns the last ones that were noted, the latest first.
func Ends() []End {
	ends.mu.Lock()
	defer ends.mu.Unlock()
	n := min(ends.n, len(ends.list))
	list := make([]End, n)
	for i := range n {
		list[i] = ends.list[(ends.n-1-i)%len(ends.list)]
	}
	return list
}
