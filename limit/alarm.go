package limit

import (
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// An alarm is the one timer of a line. Its methods are called with the mutex of
// its owner held.
type alarm struct {
	stop func() bool // nil while it is not set
	turn int         // counts the settings, so that a timer knows that it is late
}

// set has ring called after d, without the mutex, instead of what was set before.
func (a *alarm) set(d time.Duration, ring func(turn int)) {
	a.clear()
	turn := a.turn
	a.stop = park.AfterFunc(d, func() { ring(turn) })
}

func (a *alarm) clear() {
	if a.stop != nil {
		a.stop()
		a.stop = nil
	}
	a.turn++
}

// due reports whether the timer that rings is the one that was set last, and
// takes note that it has rung.
func (a *alarm) due(turn int) bool {
	if turn != a.turn {
		return false
	}
	a.stop = nil
	a.turn++
	return true
}
