package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// whileParked lets f happen while the next wait is parked, in the goroutine that
// waits, and nothing else: so it is certain what came before what. f says how the
// wait ends: with the error that it returns, as if the cancellation had been
// noticed, or without one, as if the grant had been.
func whileParked(t testing.TB, f func() error) {
	restore := park.Simulate(&parked{f: f})
	t.Cleanup(restore)
}

type parked struct{ f func() error }

func (*parked) Point(context.Context, park.Op, *park.Object) {}
func (*parked) Unpark(*park.Waiter)                          {}
func (*parked) Now() time.Time                               { panic("not used") }
func (*parked) AfterFunc(time.Duration, func()) func() bool  { panic("not used") }

func (p *parked) Park(ctx context.Context, w *park.Waiter, _ park.Op, _ *park.Object) error {
	return p.f()
}

// tardy is a context that ends when it is told to, and that lets something happen
// between the moment in which a waiter notices it and the moment in which the
// waiter leaves its list: while it is asked for the cause.
type tardy struct {
	context.Context
	done  chan struct{}
	asked func() // nil before the end
}

func newTardy() *tardy { return &tardy{Context: context.Background(), done: make(chan struct{})} }

func (c *tardy) Done() <-chan struct{} { return c.done }

func (c *tardy) Err() error {
	select {
	case <-c.done:
		c.asked()
		return errGone
	default:
		return nil
	}
}

func (c *tardy) end(asked func()) {
	c.asked = asked
	close(c.done)
}
