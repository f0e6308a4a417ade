package limit

import (
	"context"
	"sync"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// A Gate is open, or closed until a moment. The zero Gate is open. It is for a
// host that has answered "come back later": nobody else goes there before.
type Gate struct {
	mu    sync.Mutex
	until time.Time
	list  park.List
	alarm alarm // set while somebody waits
	obj   park.Object
}

// Wait waits until the gate is open. If ctx ends first, or had ended before, it
// returns the cause.
func (g *Gate) Wait(ctx context.Context) error {
	park.Point(ctx, park.OpGate, &g.obj)
	if ctx.Err() != nil {
		return park.Cause(ctx)
	}
	g.mu.Lock()
	d := g.left()
	if d <= 0 {
		g.mu.Unlock()
		return nil
	}
	if g.list.Empty() {
		g.alarm.set(d, g.ring)
	}
	w := park.NewWaiter(ctx)
	defer w.Free()
	err := g.list.Wait(ctx, &g.mu, w, park.OpGate, &g.obj)
	if err != nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.list.Empty() {
			g.alarm.clear()
		}
	}
	return err
}

// left returns how long the gate is closed, zero or less if it is open. mu is held.
func (g *Gate) left() time.Duration {
	if g.until.IsZero() {
		return 0
	}
	return g.until.Sub(park.Now())
}

// CloseUntil closes the gate until t. Of several such moments the latest counts:
// CloseUntil reports false, and does nothing, if t is not later than now and than
// the moment until which the gate is closed already.
func (g *Gate) CloseUntil(t time.Time) bool {
	park.Point(context.Background(), park.OpGate, &g.obj)
	g.mu.Lock()
	defer g.mu.Unlock()
	d := t.Sub(park.Now())
	if d <= 0 || !t.After(g.until) {
		return false
	}
	g.until = t
	if !g.list.Empty() {
		g.alarm.set(d, g.ring)
	}
	return true
}

// Open opens the gate now.
func (g *Gate) Open() {
	park.Point(context.Background(), park.OpRelease, &g.obj)
	g.mu.Lock()
	g.open()
	g.mu.Unlock()
	park.Point(context.Background(), park.OpRelease, &g.obj)
}

func (g *Gate) open() {
	g.until = time.Time{}
	g.alarm.clear()
	g.list.GrantAll()
}

// ring is called by the alarm, which can be early where the clock was set back.
func (g *Gate) ring(turn int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.alarm.due(turn) {
		return
	}
	if d := g.left(); d > 0 {
		g.alarm.set(d, g.ring)
		return
	}
	g.open()
}

// Closed reports whether the gate is closed, and until when.
func (g *Gate) Closed() (until time.Time, closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.left() <= 0 {
		return time.Time{}, false
	}
	return g.until, true
}

// Waiting returns how many wait for the gate to open.
func (g *Gate) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.list.Len()
}

// String names the state and how many wait: "gate [closed for 8.2s, waiters:2]".
func (g *Gate) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	state := "open"
	if d := g.left(); d > 0 {
		state = "closed for " + d.Round(100*time.Millisecond).String()
	}
	return describe("gate", state, g.list.Len())
}
