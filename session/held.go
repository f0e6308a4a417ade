package session

import (
	"context"
	"sync"

	"github.com/inflight-go/inflight/internal/lane"
)

// held is the exchange that a flight has to abort when it ends. The flight listens to
// its own end once, for all the exchanges that there are under it.
type held struct {
	mu        sync.Mutex
	exchange  lane.Aborter // nil for none
	listening bool
	ended     bool
	deaf      func() bool // to the end
}

// Hold takes an exchange over.
func (f *flight) Hold(a lane.Aborter) {
	h := &f.held
	h.mu.Lock()
	h.exchange = a
	listening := h.listening
	h.listening = true
	ended := h.ended
	h.mu.Unlock()
	switch {
	case ended:
		h.end()
	case !listening:
		h.deaf = context.AfterFunc(f.Context, h.end)
	}
}

// Drop is when the exchange is over.
func (f *flight) Drop() {
	f.held.mu.Lock()
	f.held.exchange = nil
	f.held.mu.Unlock()
}

// end aborts what there is.
func (h *held) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	if h.exchange != nil {
		h.exchange.Abort()
		h.exchange = nil
	}
}

// finish ends the flight, and all that hangs on its context.
func (f *flight) finish() {
	if f.held.deaf != nil {
		f.held.deaf()
	}
	f.cancel(context.Canceled)
}
