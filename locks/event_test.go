package locks_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
)

// closed reports whether a channel that nobody sends on is closed.
func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// Wait on an event that is set returns without waiting.
func TestEV1_wait_after_set_is_immediate(t *testing.T) {
	bubbles(t, func(b *bubble) {
		var e locks.Event
		b.watch(&e)
		same(b, "a new event is set", e.IsSet(), false)
		e.Set()
		same(b, "IsSet", e.IsSet(), true)
		b.returned(nil, b.start("first", e.Wait), b.start("second", e.Wait))
	})
}

// An ended context fails Wait, even if the event is set.
func TestEV1_ended_context_fails_on_a_set_event(t *testing.T) {
	bubbles(t, func(b *bubble) {
		var e locks.Event
		e.Set()
		same(b, "Wait", e.Wait(ended(b)), errStop)
	})
}

// Set lets everybody go who waits, and what was written before it can be read.
func TestEV2_set_wakes_all(t *testing.T) {
	bubbles(t, func(b *bubble) {
		var e locks.Event
		b.watch(&e)
		var read atomic.Int32
		written := false // not atomic: Set is before the return of Wait
		for range 5 {
			b.start("waiter", func(ctx context.Context) error {
				err := e.Wait(ctx)
				if written {
					read.Add(1)
				}
				return err
			})
		}
		b.waits(b.calls...)
		written = true
		e.Set()
		b.returned(nil, b.calls...)
		same(b, "waiters that saw the write", read.Load(), 5)
	})
}

// A lookedAt context calls look once, when it is asked whose it is: Wait does that
// after it has seen that the event is not set, and before it waits.
type lookedAt struct {
	context.Context
	look func()
}

func (c *lookedAt) Value(key any) any {
	if look := c.look; look != nil {
		c.look = nil
		look()
	}
	return c.Context.Value(key)
}

// A Set that falls between the look at the event and the wait is not missed.
func TestEV2_set_between_look_and_wait(t *testing.T) {
	bubbles(t, func(b *bubble) {
		var e locks.Event
		b.watch(&e)
		set := false
		c := b.start("waiter", func(ctx context.Context) error {
			return e.Wait(&lookedAt{ctx, func() { e.Set(); set = true }})
		})
		same(b, "set in between", set, true)
		b.returned(nil, c)
	})
}

// A second Set changes nothing, and one Clear undoes both.
func TestEV3_set_is_idempotent(t *testing.T) {
	bubbles(t, func(b *bubble) {
		var e locks.Event
		b.watch(&e)
		done := e.Done()
		e.Set()
		e.Set()
		same(b, "Done is closed", closed(done), true)
		e.Clear()
		e.Clear()
		same(b, "set", e.IsSet(), false)
		c := b.start("waiter", e.Wait)
		b.waits(c)
		e.Set()
		b.returned(nil, c)
	})
}

// Those who wait are let go by a Set that is undone before they have run; who
// comes after the Clear waits.
func TestEV4_set_then_clear_wakes_those_who_waited(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		var e locks.Event
		b.watch(&e)
		early := []*call{b.start("early", e.Wait), b.start("early", e.Wait)}
		g.hold(park.OpEvent)
		e.Set()
		e.Clear()
		g.let(park.OpEvent)
		b.returned(nil, early...)
		late := b.start("late", e.Wait)
		b.waits(late)
		e.Set()
		b.returned(nil, late)
	})
}

// A waiter whose context ends returns the cause and is gone; the others still
// wait.
func TestEV5_cancelled_waiter_is_removed(t *testing.T) {
	bubbles(t, func(b *bubble) {
		var e locks.Event
		b.watch(&e)
		stays, goes := b.start("stays", e.Wait), b.start("goes", e.Wait)
		same(b, "before", e.String(), "event [unset, waiters:2]")
		goes.cancel(errStop)
		b.returned(errStop, goes)
		b.waits(stays)
		same(b, "after", e.String(), "event [unset, waiters:1]")
		e.Set()
		b.returned(nil, stays)
		same(b, "set", e.String(), "event [set]")
	})
}

// A waiter that is let go and cancelled at once was let go.
func TestEV5_set_and_cancel_at_once(t *testing.T) {
	gated(t, func(b *bubble, g *gate) {
		var e locks.Event
		b.watch(&e)
		before, after := b.start("cancelled before", e.Wait), b.start("cancelled after", e.Wait)
		g.hold(park.OpEvent)
		before.cancel(errStop)
		e.Set()
		after.cancel(errStop)
		b.waits(before, after)
		g.let(park.OpEvent)
		b.returned(nil, before, after)
	})
}

// Done returns a channel that Set closes, the same one until Clear.
func TestEV6_done_channel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e locks.Event
		done := e.Done()
		same(t, "the same channel", e.Done(), done)
		same(t, "closed before Set", closed(done), false)
		time.AfterFunc(time.Second, e.Set)
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Error("Set did not close the channel")
		}
		same(t, "made when the event is set", closed(e.Done()), true)
	})
}

// Each generation has a channel of its own: Clear leaves the old one closed, and
// an unset event's Clear begins no new one.
func TestEV6_done_channel_after_clear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e locks.Event
		first := e.Done()
		e.Clear()
		same(t, "Clear of an unset event keeps the channel", e.Done(), first)
		e.Set()
		e.Clear()
		second := e.Done()
		same(t, "the old one stays closed", closed(first), true)
		same(t, "the new one is open", closed(second), false)
		e.Set()
		same(t, "the next Set closes it", closed(second), true)

		var late locks.Event
		late.Set()
		made := late.Done()
		late.Clear()
		same(t, "made while set, after Clear", closed(made), true)
		same(t, "asked for after Clear", closed(late.Done()), false)
	})
}
