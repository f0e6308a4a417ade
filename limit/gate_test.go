package limit_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/limit"
)

// A gate that is closed opens for all at the moment.
func TestGateOpensForAll(t *testing.T) {
	asleep(t, 0, 0, func(t *testing.T, m *drowsy) {
		var g limit.Gate
		same(t, "an open gate", g.Wait(t.Context()), nil)
		until := time.Now().Add(10 * time.Second)
		same(t, "closed", g.CloseUntil(until), true)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				same(t, "error", g.Wait(t.Context()), nil)
				same(t, "opened", time.Now(), until)
			})
			time.Sleep(10 * time.Millisecond)
		}
		same(t, "string", g.String(), "gate [closed for 9s, waiters:100]")
		same(t, "waiting", g.Waiting(), 100)
		wg.Wait()
		m.oneTimer(t)
		same(t, "string", g.String(), "gate [open]")
		same(t, "an open gate", g.Wait(t.Context()), nil)
	})
}

// The later moment wins, and those who wait go by it.
func TestGateLaterMomentWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g limit.Gate
		now := time.Now()
		at := func(s int) time.Time { return now.Add(time.Duration(s) * time.Second) }
		same(t, "now", g.CloseUntil(now), false)
		same(t, "5", g.CloseUntil(at(5)), true)
		go func() { time.Sleep(time.Second); same(t, "8", g.CloseUntil(at(8)), true) }()
		go func() { time.Sleep(2 * time.Second); same(t, "3", g.CloseUntil(at(3)), false) }()
		go func() { time.Sleep(2 * time.Second); same(t, "8 again", g.CloseUntil(at(8)), false) }()
		same(t, "error", g.Wait(t.Context()), nil)
		same(t, "opened", time.Now(), at(8))
		_, closed := g.Closed()
		same(t, "closed", closed, false)
		same(t, "9", g.CloseUntil(at(9)), true)
		until, closed := g.Closed()
		same(t, "until", until, at(9))
		same(t, "closed", closed, true)
		g.Open()
		_, closed = g.Closed()
		same(t, "closed", closed, false)
		same(t, "9, after it was opened", g.CloseUntil(at(9)), true)
	})
}

func TestGateOpen(t *testing.T) {
	asleep(t, 0, 0, func(t *testing.T, m *drowsy) {
		var g limit.Gate
		began := time.Now()
		g.CloseUntil(began.Add(time.Hour))
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				same(t, "error", g.Wait(t.Context()), nil)
				same(t, "opened", time.Since(began), time.Minute)
			})
		}
		time.Sleep(time.Minute)
		g.Open()
		wg.Wait()
		m.oneTimer(t)
	})
}

func TestGateCancelled(t *testing.T) {
	asleep(t, 0, 0, func(t *testing.T, m *drowsy) {
		var g limit.Gate
		same(t, "open, with a context that had ended", g.Wait(ended(t)), errStop)
		g.CloseUntil(time.Now().Add(time.Hour))
		ctx, cancel := context.WithCancelCause(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { same(t, "error", g.Wait(ctx), errStop) })
		wg.Go(func() { same(t, "the other", g.Wait(t.Context()), nil) })
		synctest.Wait()
		cancel(errStop)
		synctest.Wait()
		same(t, "waiting", g.Waiting(), 1)
		now, _ := m.set()
		same(t, "timers", now, 1)
		wg.Wait()
		g.CloseUntil(time.Now().Add(time.Hour))
		ctx, cancel = context.WithCancelCause(t.Context())
		wg.Go(func() { same(t, "error", g.Wait(ctx), errStop) })
		synctest.Wait()
		cancel(errStop)
		wg.Wait()
		m.oneTimer(t)
	})
}

// A timer that could not be stopped, and one that fires too early because the clock
// was set back, open nothing.
func TestGateTimersOutOfTurn(t *testing.T) {
	asleep(t, 0, 0, func(t *testing.T, m *drowsy) {
		m.stuck = true
		var g limit.Gate
		began := m.Now()
		g.CloseUntil(began.Add(5 * time.Second))
		var wg sync.WaitGroup
		wg.Go(func() {
			same(t, "error", g.Wait(t.Context()), nil)
			same(t, "opened", m.Now(), began.Add(8*time.Second))
		})
		synctest.Wait()
		g.CloseUntil(began.Add(8 * time.Second))
		time.Sleep(6 * time.Second)
		m.setBack(time.Second)
		wg.Wait()
	})
}
