package debug

import (
	"context"
	"fmt"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
)

// A Monitor looks at the process again and again and tells what is probably wrong.
type Monitor struct {
	Limits
	Every   time.Duration // how often it looks; zero means 1 s; less often where a look takes long
	Stalled time.Duration // how long nothing must have happened for Stalled; zero means 5 s, less than zero never
	// Warn is told each finding once, and again when it has gone and come back. It is
	// called by the goroutine of Run; nil is for those who only want Take to know.
	Warn func(Finding)

	told  map[string]bool
	quiet quiet
}

// Run watches until ctx ends, and returns its cause. It needs level 1, and sets that
// if the level is lower.
func (m *Monitor) Run(ctx context.Context) error {
	if park.Level.Load() < 1 {
		inflight.SetDebug(1)
	}
	every := m.Every
	if every <= 0 {
		every = time.Second
	}
	defer m.quiet.forget()
	for {
		began := park.Now()
		m.look()
		pause := max(every, 20*park.Now().Sub(began)) // a twentieth of a processor at most
		if err := inflight.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// look looks once.
func (m *Monitor) look() {
	s := take()
	found := s.Diagnose(m.Limits)
	if m.Stalled >= 0 {
		if f := m.quiet.look(s, m.Stalled); f != nil {
			found = append(found, *f)
		}
	}
	told := make(map[string]bool, len(found))
	for _, f := range found {
		key := fmt.Sprint(f.Kind, f.Tasks)
		told[key] = true
		if !m.told[key] && m.Warn != nil {
			m.Warn(f)
		}
	}
	m.told = told
}
