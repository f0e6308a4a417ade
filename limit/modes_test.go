package limit_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/limit"
)

// What must hold in every interleaving, whoever is cancelled and wherever: one
// source for goroutines as they are, with chaos, explored, and cancelled
// everywhere. make explore does so for long.
func modes(t *testing.T, body inflighttest.Body) {
	inflighttest.Modes(t, inflighttest.Plan{Runs: 300, For: 300 * time.Millisecond}, body)
}

const period = 2 * time.Millisecond

// starts are the moments at which something was let through.
type starts struct {
	mu sync.Mutex
	at []time.Time
}

func (s *starts) note() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = append(s.at, time.Now())
}

// check fails the test if more than n were let through in one period. In real time
// a start is noted after it was let through, so that two may seem closer.
func (s *starts) check(t testing.TB, n int) {
	t.Helper()
	for i := n; i < len(s.at); i++ {
		if d := s.at[i].Sub(s.at[i-n]); d < period && s.at[0].Year() < 2020 {
			t.Errorf("%d starts within %v", n+1, d)
		}
	}
}

func TestModes_Rate(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		r := limit.NewRate(2, period)
		s := new(starts)
		for i := range 5 {
			g.Go(func(ctx context.Context) error {
				if i == 4 {
					if r.Try() {
						s.note()
					}
					return nil
				}
				err := r.Wait(ctx)
				if err == nil {
					s.note()
				}
				return err
			})
		}
		t.Cleanup(func() {
			s.check(t, 2)
			if n := r.Stats().Waiting; n != 0 {
				t.Errorf("%d still wait", n)
			}
		})
	})
}

func TestModes_Gate(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var gate limit.Gate
		until := time.Now().Add(period)
		gate.CloseUntil(until)
		opened := make(chan struct{})
		for range 2 {
			g.Go(func(ctx context.Context) error {
				if err := gate.Wait(ctx); err != nil {
					return err
				}
				select {
				case <-opened:
				default:
					if time.Now().Before(until) {
						t.Error("let through a closed gate")
					}
				}
				return nil
			})
		}
		g.Go(func(ctx context.Context) error {
			if err := inflight.Sleep(ctx, period/2); err != nil {
				return err
			}
			close(opened)
			gate.Open()
			return nil
		})
		t.Cleanup(func() {
			if gate.Waiting() != 0 {
				t.Error(&gate)
			}
		})
	})
}

func TestModes_Budget(t *testing.T) {
	modes(t, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		b := limit.NewBudget(10, period)
		for i := range 3 {
			g.Go(func(ctx context.Context) error {
				r, err := b.Reserve(ctx, 6)
				if err != nil {
					return err
				}
				inflight.Point(ctx, "spending")
				if i == 0 {
					r.Cancel()
				} else {
					r.Settle(4)
				}
				return nil
			})
		}
		t.Cleanup(func() {
			if n := b.Stats().Waiting; n != 0 {
				t.Errorf("%d still wait", n)
			}
		})
	})
}
