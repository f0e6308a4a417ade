package limit_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/limit"
)

// A ledger is a budget kept by hand: all that was ever charged.
type ledger struct {
	mu      sync.Mutex
	began   time.Time
	charges []*start
	used    int64
}

// charge takes n down now, and returns the entry, and how much there is in the
// window that ends now.
func (l *ledger) charge(n int64, per time.Duration) (c *start, sum int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Since(l.began)
	c = &start{now, n}
	l.charges = append(l.charges, c)
	for _, c := range l.charges {
		if c.at > now-per {
			sum += c.n
		}
	}
	return c, sum
}

// settle puts what was used in the place of the estimate.
func (l *ledger) settle(c *start, used int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used += used
	if used < c.n {
		c.n = used
	} else {
		l.charges = append(l.charges, &start{time.Since(l.began), used - c.n})
	}
}

// Whatever is reserved, settled, given up and used beyond the estimate: nothing is
// let through that would not fit into the window that ends with it.
func TestBudgetProperty(t *testing.T) {
	for seed := range 150 {
		rnd := random(seed)
		per := time.Duration(1+rnd.IntN(60)) * time.Second
		n := int64(1 + rnd.IntN(10_000))
		var nap time.Duration
		if seed%2 == 1 {
			nap = per / 10
		}
		asleep(t, time.Millisecond, nap, func(t *testing.T, m *drowsy) {
			b := limit.NewBudget(n, per)
			l := &ledger{began: time.Now()}
			var wg sync.WaitGroup
			for range 100 {
				estimate := 1 + rnd.Int64N(n)/int64(1+rnd.IntN(20))
				used := int64(float64(estimate) * (0.2 + rnd.Float64()))
				if nap > 0 { // else what somebody uses beyond it can come before the return of what was let through
					used = min(used, estimate)
				}
				latency := time.Duration(rnd.Int64N(int64(per / 5)))
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if rnd.IntN(5) == 0 {
					ctx, cancel = context.WithTimeoutCause(ctx, time.Duration(rnd.Int64N(int64(per))), errStop)
				}
				giveBack := rnd.IntN(10) == 0
				wg.Go(func() {
					defer cancel()
					r, err := b.Reserve(ctx, estimate)
					if err != nil {
						if err != errStop {
							t.Errorf("seed %d: Reserve: %v", seed, err)
						}
						return
					}
					c, sum := l.charge(estimate, per)
					if sum > n {
						t.Errorf("seed %d: the window holds %d of %d", seed, sum, n)
					}
					time.Sleep(latency)
					if giveBack {
						l.settle(c, 0)
						r.Cancel()
						return
					}
					l.settle(c, used)
					r.Settle(used)
					r.Cancel()
					r.Settle(math.MaxInt64)
				})
				time.Sleep(time.Duration(rnd.Int64N(int64(per / 50))))
			}
			wg.Wait()
			m.oneTimer(t)
			time.Sleep(per)
			same(t, "used in the end", b.Stats().Used, 0)
		})
		if t.Failed() {
			return
		}
	}
}

// When all that is reserved is twice what is used, the budget is used all the
// same.
func TestBudgetIsUsed(t *testing.T) {
	asleep(t, time.Millisecond, time.Millisecond, func(t *testing.T, m *drowsy) {
		const n, per, minutes = 150_000, time.Minute, 10
		b := limit.NewBudget(n, per)
		rec := newRecord()
		ctx, cancel := context.WithTimeout(t.Context(), minutes*time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				for {
					r, err := b.Reserve(ctx, 1000)
					if err != nil {
						return
					}
					rec.add(500)
					time.Sleep(500*time.Millisecond + m.upTo(time.Second))
					r.Settle(500)
				}
			})
		}
		wg.Wait()
		if got := rec.since(-1); got < n*minutes*95/100 {
			t.Errorf("used %d in %d minutes, want at least %d", got, minutes, n*minutes*95/100)
		}
		if got := rec.full(per); got > n {
			t.Errorf("the fullest window holds %d, want at most %d", got, n)
		}
		if n, room := b.Entries(); n > 2*limit.Resolution || room > 4*limit.Resolution {
			t.Errorf("the log has %d entries and room for %d", n, room)
		}
	})
}

// What was reserved too much comes back at once; what was used too much is paid by
// those who come later.
func TestBudgetSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := limit.NewBudget(100, time.Minute)
		began := time.Now()
		reserve := func(n int64) *limit.Reservation {
			r, err := b.Reserve(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		first := reserve(100)
		go func() { time.Sleep(10 * time.Second); first.Settle(40) }()
		second := reserve(60)
		same(t, "the second", time.Since(began), 10*time.Second)
		same(t, "used", b.Stats().Used, 100)
		time.Sleep(10 * time.Second)
		second.Settle(90) // 30 more, that are used until 80 s
		same(t, "used", b.Stats().Used, 130)
		same(t, "string", b.String(), "budget [130 of 100/m]")
		reserve(10) // the first 40 have to go
		same(t, "the third", time.Since(began), time.Minute)
		reserve(70)
		same(t, "the fourth", time.Since(began), 80*time.Second)
	})
}

// Who comes first is served first, also where somebody behind would fit; and when
// the first gives up, those who fit are served at once.
func TestBudgetNobodyBarges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := limit.NewBudget(100, time.Minute)
		b.Reserve(t.Context(), 50)
		ctx, cancel := context.WithCancelCause(t.Context())
		large, small := false, false
		go func() { _, err := b.Reserve(ctx, 60); large = err == errStop }()
		synctest.Wait()
		go func() { _, err := b.Reserve(t.Context(), 10); small = err == nil }()
		synctest.Wait()
		same(t, "waiting", b.Stats().Waiting, 2)
		same(t, "the small one", small, false)
		cancel(errStop)
		synctest.Wait()
		same(t, "the large one gave up", large, true)
		same(t, "the small one", small, true)
		same(t, "used", b.Stats().Used, 60)
	})
}

func TestBudgetTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := limit.NewBudget(100, time.Minute)
		if _, err := b.Reserve(t.Context(), 101); !errors.Is(err, limit.ErrTooMuch) {
			t.Errorf("Reserve(101) of 100: %v", err)
		}
		if _, err := b.Reserve(ended(t), 101); err != errStop {
			t.Errorf("with a context that had ended: %v", err)
		}
		b.Reserve(t.Context(), 100)
		var wg sync.WaitGroup
		for i, estimate := range []int64{60, 40, 70} {
			wg.Go(func() {
				if _, err := b.Reserve(t.Context(), estimate); errors.Is(err, limit.ErrTooMuch) != (estimate > 50) {
					t.Errorf("the %dth, with %d of what has become 50: %v", i, estimate, err)
				}
			})
			synctest.Wait()
		}
		b.Set(50, time.Minute)
		synctest.Wait()
		same(t, "waiting", b.Stats().Waiting, 2) // 40 for its time, and 70 behind it
		wg.Wait()
		same(t, "used", b.Stats().Used, 40)
	})
}

// What costs nothing, or less, takes nothing; and what a server reports may be
// anything.
func TestBudgetExtremes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := limit.NewBudget(math.MaxInt64, time.Minute)
		for _, estimate := range []int64{0, -5, math.MinInt64} {
			r, err := b.Reserve(t.Context(), estimate)
			same(t, "error", err, nil)
			same(t, "used", b.Stats().Used, 0)
			r.Settle(estimate)
			same(t, "used", b.Stats().Used, 0)
		}
		for range 10 {
			r, err := b.Reserve(t.Context(), math.MaxInt64/10)
			same(t, "error", err, nil)
			r.Settle(math.MaxInt64)
			time.Sleep(2 * time.Minute)
		}
		for range 10 {
			r, _ := b.Reserve(t.Context(), 1)
			r.Settle(math.MaxInt64)
		}
		if used := b.Stats().Used; used < math.MaxInt64/8 {
			t.Errorf("used %d", used)
		}
		r, _ := b.Reserve(t.Context(), 5)
		time.Sleep(time.Minute)
		same(t, "used, before it is settled", b.Stats().Used, 0)
		r.Settle(3) // long gone
		same(t, "used", b.Stats().Used, 0)
		r, _ = b.Reserve(t.Context(), 5)
		time.Sleep(time.Minute)
		r.Settle(8)
		same(t, "used", b.Stats().Used, 3)
	})
}

func TestBudgetPanics(t *testing.T) {
	panics(t, "NewBudget(0, 1s)", func() { limit.NewBudget(0, time.Second) })
	panics(t, "NewBudget(1, 0s)", func() { limit.NewBudget(1, 0) })
	panics(t, "Budget.Set(0, 1s)", func() { limit.NewBudget(1, 1).Set(0, time.Second) })
}

// What was granted is returned although the context has ended.
func TestBudgetGrantWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer park.Simulate(&drowsy{nap: time.Second, rnd: random(1), wakeups: make(map[*park.Waiter]chan struct{})})()
		b := limit.NewBudget(10, time.Minute)
		first, _ := b.Reserve(t.Context(), 10)
		ctx, cancel := context.WithCancelCause(t.Context())
		var err error
		go func() { _, err = b.Reserve(ctx, 10) }()
		synctest.Wait()
		first.Cancel()
		cancel(errStop)
		time.Sleep(time.Second)
		synctest.Wait()
		same(t, "error", err, nil)
		same(t, "used", b.Stats().Used, 10)
		same(t, "string", fmt.Sprint(b), "budget [10 of 10/m]")
	})
}

// What is begun later than it was reserved counts from there on.
func TestBudgetBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := limit.NewBudget(10, time.Second)
		reserve := func(n int64) *limit.Reservation {
			r, err := b.Reserve(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		began := time.Now()
		first := reserve(10)
		time.Sleep(700 * time.Millisecond)
		first.Begin()
		time.Sleep(200 * time.Millisecond)
		first.Begin() // for another attempt
		first.Settle(9)
		first.Begin()
		if s := b.Stats(); s.Used != 9 {
			t.Error(s)
		}
		reserve(1)
		if d := time.Since(began); d != 900*time.Millisecond {
			t.Errorf("what was given back could be had after %v", d)
		}
		reserve(2)
		if d := time.Since(began); d != 1900*time.Millisecond {
			t.Errorf("what was begun was free again after %v", d)
		}
		late := reserve(5)
		time.Sleep(time.Minute)
		if late.Begin(); b.Stats().Used != 5 {
			t.Errorf("begun after its window: %v", b)
		}
	})
}
