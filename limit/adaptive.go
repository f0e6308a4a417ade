package limit

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/permit"
)

// An Adaptive is a limit on how many are in flight at once that finds its own
// value. It begins at the least and doubles in each round trip, until the other
// side shows that it has enough; from then on it grows by one in each round trip.
// Make one with NewAdaptive.
//
// Two things show that it is enough. A Congested outcome lowers the limit to 70 %,
// once for all that were in flight at that time. And latency: while it is half
// again what it is without a load, the limit does not grow, and when it is twice
// as much the limit is lowered until it should be half again. What latency is
// without a load is what it has been at its best; when it has been more than that
// for a while, the limit is lowered to a quarter for two round trips to measure it
// anew.
//
// Requests may be of different kinds, as long as the mix stays about the same: the
// latencies of a round trip are taken together by their geometric mean, and count
// as higher only where that can't be chance. The more they differ, the more
// requests it takes to know.
type Adaptive struct {
	pool     permit.Pool
	min, max float64

	mu        sync.Mutex
	origin    time.Time
	limit     float64
	doubling  bool // until the first sign of enough
	decreased time.Duration
	drops     uint64
	round     round
	rounds    int           // since base was measured
	measured  time.Duration // when that was
	base      sample        // latency without a load
	latency   sample        // that of the latest round
	probing   int           // how many rounds base will still be measured for
	before    float64       // the limit to go back to after that
}

// A round is what is known of the requests that began after it did.
type round struct {
	began   time.Duration
	n       int    // of them that have ended
	latency sample // of those of which it is known
	busy    bool   // whether the limit was reached
}

const (
	leastSamples = 16               // in a round
	mostSamples  = 128              // that a round waits for, to be sure
	sure         = 0.1              // the standard error, of a logarithm, that is good enough
	backOff      = 0.7              // what congestion leaves of the limit
	holdAt       = 1.5              // times base: no growth
	lowerAt      = 2.0              // times base: down
	probeAt      = 1.1              // times base: worth to be measured anew,
	probeAfter   = 10 * time.Second // if it has not been for so long,
	probeRounds  = 64               // and for so many rounds
	probeWith    = 0.25             // of the limit
)

// NewAdaptive returns a limit between min and max, which is min at first. It
// panics for a min less than 1 and for a max less than min.
func NewAdaptive(min, max int) *Adaptive {
	if min < 1 || max < min {
		panic(fmt.Sprintf("inflight/limit: NewAdaptive(%d, %d): want 1 <= min <= max", min, max))
	}
	a := &Adaptive{min: float64(min), max: float64(max), limit: float64(min), doubling: true, origin: park.Now()}
	a.pool.Init(int64(min))
	return a
}

// Acquire waits for its turn. If ctx ends first, or had ended before, it returns
// the cause and has taken nothing. Each Acquire that returns nil needs a Release.
func (a *Adaptive) Acquire(ctx context.Context) error {
	return a.pool.Acquire(ctx, 1, park.OpAdaptive)
}

// TryAcquire reports whether there was room, and nobody waiting for it.
func (a *Adaptive) TryAcquire() bool {
	park.Point(context.Background(), park.OpAdaptive, &a.pool.Obj)
	return a.pool.TryAcquire(1)
}

// An Outcome is what Release learns from.
type Outcome struct {
	// Latency is how long it took, from the start to the answer, without the time
	// that was spent in Acquire. Zero means unknown.
	Latency time.Duration
	// Congested means that the other side has had enough: 429, 503, a timeout. The
	// latency does not count then.
	Congested bool
	// Ignore means that it says nothing about the other side: it was cancelled,
	// or never sent.
	Ignore bool
}

// Release makes room for the next, and adapts the limit. It panics if nothing is
// in use. It interrupts nobody: when the limit is lowered, those in flight drain.
func (a *Adaptive) Release(o Outcome) {
	park.Point(context.Background(), park.OpRelease, &a.pool.Obj)
	if !o.Ignore {
		a.learn(o)
	}
	if !a.pool.Release(1) {
		panic("inflight/limit: Release of an Adaptive that is not in use")
	}
	park.Point(context.Background(), park.OpRelease, &a.pool.Obj)
}

func (a *Adaptive) learn(o Outcome) {
	used, waited := a.pool.InUse()
	a.mu.Lock()
	defer a.mu.Unlock()
	now := park.Now().Sub(a.origin)
	if now < a.round.began { // another clock, a test's
		a.decreased, a.measured, a.round = now, now, round{began: now}
	}
	start := now - o.Latency
	if o.Latency <= 0 {
		start = now - a.latency.typical()
	}
	if o.Congested {
		if start >= a.decreased || a.drops == 0 {
			a.drop(now)
		}
		return
	}
	r := &a.round
	r.busy = r.busy || waited || float64(used) >= math.Floor(a.limit)
	if start < r.began {
		return
	}
	r.n++
	if o.Latency > 0 {
		r.latency.add(o.Latency)
	}
	if r.n >= max(leastSamples, int(a.limit)) && (a.doubling || r.n >= mostSamples || r.latency.variance() <= sure*sure) {
		a.conclude(now)
	}
}

// drop is the answer to congestion.
func (a *Adaptive) drop(now time.Duration) {
	a.drops++
	a.decreased = now
	a.doubling, a.probing = false, 0
	a.set(a.limit*backOff, now)
}

// conclude is the answer to a round that is over.
func (a *Adaptive) conclude(now time.Duration) {
	r := a.round
	a.rounds++
	ratio, doubt := 1.0, 1.0
	if r.latency.n > 0 {
		a.latency = r.latency
		if a.base.n == 0 || a.probing == 1 || a.latency.over(a.base)*a.latency.doubt(a.base) < 1 {
			a.base, a.measured, a.rounds = a.latency, now, 0
		}
		ratio, doubt = a.latency.over(a.base), a.latency.doubt(a.base)
	}
	switch limit := a.limit; {
	case a.probing > 0:
		if a.probing--; a.probing == 0 {
			limit = a.before
		}
		a.set(limit, now)
	case ratio > probeAt && now-a.measured > probeAfter && a.rounds > probeRounds:
		a.doubling, a.probing, a.before = false, 2, limit
		a.set(limit*probeWith, now)
	case ratio > lowerAt*doubt:
		a.doubling = false
		a.set(limit*max(0.5, holdAt*doubt/ratio), now)
	case ratio > holdAt*doubt:
		a.doubling = false
		a.set(limit, now)
	case r.busy && a.doubling:
		a.set(limit*2, now)
	case r.busy:
		a.set(limit+1, now)
	default:
		a.set(limit, now)
	}
}

// set changes the limit, and begins a new round.
func (a *Adaptive) set(limit float64, now time.Duration) {
	limit = min(max(limit, a.min), a.max)
	if int64(limit) != int64(a.limit) {
		a.pool.Resize(int64(limit))
	}
	a.limit = limit
	a.round = round{began: now}
}

// Limit returns the limit at this moment.
func (a *Adaptive) Limit() int { return int(a.pool.Size()) }

// AdaptiveStats says how an adaptive limit is used at one moment.
type AdaptiveStats struct {
	Limit    int
	Min, Max int           // of the limit
	InUse    int           // let through and not released; it may exceed Limit after that was lowered
	Waiting  int           // in Acquire
	Latency  time.Duration // of the latest round trip
	Base     time.Duration // without a load
	Drops    uint64        // how many times the limit was lowered because of congestion
}

// Stats returns how the limit is used at this moment.
func (a *Adaptive) Stats() AdaptiveStats {
	used, waiting := a.pool.Stats()
	a.mu.Lock()
	defer a.mu.Unlock()
	return AdaptiveStats{
		Limit: int(a.limit), Min: int(a.min), Max: int(a.max), InUse: int(used), Waiting: waiting,
		Latency: a.latency.typical(), Base: a.base.typical(), Drops: a.drops,
	}
}

// String names those in use, the limit and how many wait: "adaptive [7/20 of
// 1..100, waiters:2]".
func (a *Adaptive) String() string {
	s := a.Stats()
	return describe("adaptive", fmt.Sprintf("%d/%d of %d..%d", s.InUse, s.Limit, s.Min, s.Max), s.Waiting)
}
