package explore

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

var _ park.Scheduler = (*chaos)(nil)

// chaos is a simulation in real time, on goroutines as they are: at each point it
// lets others run, or sleeps a little. Nothing about it can be repeated.
type chaos struct{ seed atomic.Uint64 }

func (c *chaos) Point(context.Context, park.Op, *park.Object) {
	s := source(c.seed.Add(0x9e3779b97f4a7c15))
	switch n := s.below(8); {
	case n < 3:
		runtime.Gosched()
	case n == 3:
		time.Sleep(time.Duration(s.below(50)) * time.Microsecond)
	}
}

func (c *chaos) Named(ctx context.Context, _ string) error {
	c.Point(ctx, park.OpPoint, nil)
	return nil
}

func (c *chaos) Yield(context.Context) { runtime.Gosched() }

func (c *chaos) Park(ctx context.Context, w *park.Waiter, _ park.Op, _ *park.Object) error {
	return w.Block(ctx)
}

func (c *chaos) Unpark(w *park.Waiter) { w.Wake() }
func (c *chaos) Now() time.Time        { return time.Now() }

func (c *chaos) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, f).Stop
}
