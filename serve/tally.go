package serve

import "sync"

// A tally counts what is under way, and knows when the last of it has ended.
type tally struct {
	mu     sync.Mutex
	n      int
	closed bool
	end    chan struct{} // made when asked for
}

// enter counts one more, or refuses: what is closed takes nothing.
func (t *tally) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.n++
	return true
}

func (t *tally) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n--
	t.tell()
}

// close lets nothing more enter.
func (t *tally) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.closed = true
		t.tell()
	}
}

// ended returns a channel that is closed when the tally is, and nothing is under way.
func (t *tally) ended() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.end == nil {
		t.end = make(chan struct{})
		t.tell()
	}
	return t.end
}

func (t *tally) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n
}

func (t *tally) tell() {
	if t.closed && t.n == 0 && t.end != nil {
		close(t.end)
	}
}
