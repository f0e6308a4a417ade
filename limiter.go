package inflight

import (
	"context"
	"fmt"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/permit"
)

// A Limiter is a limit on how many things happen at once, which any number of
// groups and goroutines share and which can be changed while it is in use. Those
// who wait are served in the order in which they came, and nobody barges.
type Limiter struct{ pool permit.Pool }

// NewLimiter returns a limiter that lets n through at once: 0 nobody, until
// SetLimit; Unlimited everybody. It panics for a negative n.
func NewLimiter(n int) *Limiter {
	if n < 0 {
		panic(fmt.Sprintf("inflight: NewLimiter(%d): negative limit", n))
	}
	l := new(Limiter)
	l.pool.Init(int64(n))
	return l
}

// Acquire waits for its turn. If ctx ends first, or has ended before, it returns
// the cause and has taken nothing. Each Acquire that returns nil needs a Release.
func (l *Limiter) Acquire(ctx context.Context) error {
	return l.pool.Acquire(ctx, 1, park.OpLimiter)
}

// TryAcquire reports whether there was room, and nobody waiting for it.
func (l *Limiter) TryAcquire() bool { return l.pool.TryAcquire(1) }

// Release makes room for the next. It panics if nothing is in use. A Release
// happens before the return of the Acquire that it lets through.
func (l *Limiter) Release() {
	park.Point(context.Background(), park.OpRelease, &l.pool.Obj)
	if !l.pool.Release(1) {
		panic("inflight: Release of a Limiter that is not in use")
	}
	park.Point(context.Background(), park.OpRelease, &l.pool.Obj)
}

// Do calls fn when its turn comes, and releases however fn ends. It returns what
// fn returned, or the cause of ctx.
func (l *Limiter) Do(ctx context.Context, fn func(context.Context) error) error {
	if fn == nil {
		panic("inflight: Limiter.Do called with a nil function")
	}
	if err := l.Acquire(ctx); err != nil {
		return err
	}
	defer l.Release()
	return fn(ctx)
}

// SetLimit changes the limit. A higher one lets waiting ones through at once; a
// lower one interrupts nobody. It panics for a negative n.
func (l *Limiter) SetLimit(n int) {
	if n < 0 {
		panic(fmt.Sprintf("inflight: SetLimit(%d): negative limit", n))
	}
	l.pool.Resize(int64(n))
	park.Point(context.Background(), park.OpRelease, &l.pool.Obj)
}

// LimiterStats says how a limiter is used at one moment.
type LimiterStats struct {
	Limit   int // as set last
	InUse   int // let through and not released; after SetLimit it may exceed Limit
	Waiting int // in Acquire
}

// Stats returns how the limiter is used at this moment.
func (l *Limiter) Stats() LimiterStats {
	used, waiting := l.pool.Stats()
	return LimiterStats{Limit: int(l.pool.Size()), InUse: int(used), Waiting: waiting}
}
