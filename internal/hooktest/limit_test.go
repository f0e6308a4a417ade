package hooktest_test

import (
	"context"
	"time"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/limit"
)

// limitRows are the operations of package limit.
var limitRows = []blocking{
	{name: "Rate.Wait", op: park.OpRate, setup: func(e *env) (func(context.Context) error, func()) {
		return usedRate().Wait, e.pass
	}},
	{name: "Rate.Wait, Set", op: park.OpRate, setup: func(e *env) (func(context.Context) error, func()) {
		r := usedRate()
		return r.Wait, func() { r.Set(2, time.Nanosecond) }
	}},
	{name: "Gate.Wait", op: park.OpGate, setup: func(e *env) (func(context.Context) error, func()) {
		return closedGate(e).Wait, e.pass
	}},
	{name: "Gate.Wait, Open", op: park.OpGate, setup: func(e *env) (func(context.Context) error, func()) {
		g := closedGate(e)
		return g.Wait, g.Open
	}},
	{name: "Budget.Reserve", op: park.OpBudget, setup: func(e *env) (func(context.Context) error, func()) {
		b, _ := usedBudget(e)
		return reserve(b), e.pass
	}},
	{name: "Budget.Reserve, Settle", op: park.OpBudget, setup: func(e *env) (func(context.Context) error, func()) {
		b, r := usedBudget(e)
		return reserve(b), func() { r.Settle(0) }
	}},
	{name: "Adaptive.Acquire", op: park.OpAdaptive, setup: func(e *env) (func(context.Context) error, func()) {
		a := usedAdaptive()
		return a.Acquire, func() { a.Release(limit.Outcome{}) }
	}},
}

var limitWakes = []waking{
	{name: "Rate.Set", op: park.OpRelease, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		r := usedRate()
		return r.Wait, park.OpRate, func() { r.Set(2, time.Nanosecond) }
	}},
	{name: "Gate.Open", op: park.OpRelease, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		g := closedGate(e)
		return g.Wait, park.OpGate, g.Open
	}},
	{name: "Budget.Set", op: park.OpRelease, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		b, _ := usedBudget(e)
		return reserve(b), park.OpBudget, func() { b.Set(20, time.Hour) }
	}},
	{name: "Reservation.Settle", op: park.OpRelease, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		b, r := usedBudget(e)
		return reserve(b), park.OpBudget, func() { r.Settle(0) }
	}},
	{name: "Adaptive.Release", op: park.OpRelease, setup: func(e *env) (func(context.Context) error, park.Op, func()) {
		a := usedAdaptive()
		return a.Acquire, park.OpAdaptive, func() { a.Release(limit.Outcome{}) }
	}},
}

// pass has an hour go by, and fires the timers that were set.
func (e *env) pass() {
	time.Sleep(time.Hour)
	e.fire()
}

func usedRate() *limit.Rate {
	r := limit.NewRate(1, time.Hour)
	r.Try()
	return r
}

func closedGate(e *env) *limit.Gate {
	g := new(limit.Gate)
	g.CloseUntil(e.Now().Add(time.Hour))
	return g
}

func usedBudget(e *env) (*limit.Budget, *limit.Reservation) {
	b := limit.NewBudget(10, time.Hour)
	r, _ := b.Reserve(e.ctx, 10)
	return b, r
}

func reserve(b *limit.Budget) func(context.Context) error {
	return func(ctx context.Context) error { _, err := b.Reserve(ctx, 10); return err }
}

func usedAdaptive() *limit.Adaptive {
	a := limit.NewAdaptive(1, 1)
	a.TryAcquire()
	return a
}
