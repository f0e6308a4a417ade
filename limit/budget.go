package limit

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// A Budget is an amount that may be spent in any window of a length: tokens in a
// minute, bytes in an hour. What something costs is often known only when it is
// done; so an estimate is reserved before and settled after.
//
// A reservation counts from the moment at which Reserve returned, or from Begin. What Settle gives
// back of it is free at once. What was used beyond it counts from the moment of
// Settle: by that much a window may hold more than the budget, and those who come
// later wait for longer. Nothing else makes a window hold more.
//
// Those who wait are served in the order in which they came: a large reservation
// at the head of the line is not overtaken by small ones.
type Budget struct{ meter meter }

// NewBudget returns a budget of n in any window of the length per. It panics for
// an n less than 1, and for a per of zero or less.
func NewBudget(n int64, per time.Duration) *Budget {
	check("NewBudget", n, per)
	b := new(Budget)
	b.meter.init(n, per)
	return b
}

// Reserve waits until the estimate fits into the budget, and takes it. If ctx ends
// first, or had ended before, it returns the cause and has taken nothing. For more
// than the whole budget it returns ErrTooMuch, also when Set has made the budget
// smaller in the meantime. An estimate of less than zero counts as zero, which
// still waits its turn.
func (b *Budget) Reserve(ctx context.Context, estimate int64) (*Reservation, error) {
	estimate = max(0, estimate)
	number, err := b.meter.acquire(ctx, park.OpBudget, estimate)
	if err != nil {
		return nil, err
	}
	return &Reservation{meter: &b.meter, number: number, n: estimate}, nil
}

// Set changes the budget, also for those who wait. What was reserved before
// counts, as far back as the old period went. It panics as NewBudget does.
func (b *Budget) Set(n int64, per time.Duration) {
	check("Budget.Set", n, per)
	b.meter.change(func() { b.meter.window.resize(n, min(per, longest)) })
}

// A Reservation is a part of a budget that Reserve has taken.
type Reservation struct {
	meter   *meter
	number  int64 // of its entry
	n       int64
	settled bool
}

// Begin says that what was reserved is begun to be spent only now, because something else
// had to be waited for: it counts from this moment on. It may be called again, for another
// attempt, and does nothing after Settle or Cancel. If the window of the reservation is over,
// it counts all the same, and by that much a window may hold more than the budget.
func (r *Reservation) Begin() {
	m := r.meter
	m.change(func() {
		if !r.settled {
			m.window.refund(r.number, r.n)
			r.number = m.window.add(r.n, m.now(), false)
		}
	})
}

// Settle says how much was used in the end. Only the first call counts, of Settle
// or Cancel. Less than zero counts as zero.
func (r *Reservation) Settle(used int64) {
	m := r.meter
	m.change(func() {
		if r.settled {
			return
		}
		r.settled = true
		if used = max(0, used); used < r.n {
			m.window.refund(r.number, r.n-used)
		} else {
			const most = math.MaxInt64 / 4 // a server may report anything
			m.window.add(min(used-r.n, max(0, most-m.window.sum)), m.now(), false)
		}
	})
}

// Cancel gives the reservation back: nothing was used. It does nothing after
// Settle, so that it can be deferred.
func (r *Reservation) Cancel() { r.Settle(0) }

// BudgetStats says how a budget is used at one moment.
type BudgetStats struct {
	N       int64         // the budget
	Per     time.Duration // of a window
	Used    int64         // in the last Per, what is reserved included; it may exceed N
	Waiting int           // in Reserve
}

// Stats returns how the budget is used at this moment.
func (b *Budget) Stats() BudgetStats {
	m := &b.meter
	m.mu.Lock()
	defer m.mu.Unlock()
	m.window.expire(m.now())
	return BudgetStats{N: m.window.limit, Per: m.window.per, Used: m.window.sum, Waiting: m.list.Len()}
}

// String names what is used, the budget, and how many wait: "budget
// [1200 of 150000/m, waiters:2]".
func (b *Budget) String() string {
	s := b.Stats()
	return describe("budget", fmt.Sprintf("%d of %d/%s", s.Used, s.N, period(s.Per)), s.Waiting)
}
