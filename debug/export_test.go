package debug

import "github.com/inflight-go/inflight/internal/stack"

// Asleep is asleep for the text of a dump's entries.
func Asleep(entries ...string) (others int, alive bool) {
	var gs []stack.Goroutine
	for _, e := range entries {
		gs = append(gs, stack.Parse(e))
	}
	return asleep(gs)
}

// Look makes the monitor look once.
func (m *Monitor) Look() { m.look() }
