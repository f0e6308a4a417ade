package session

import (
	"context"
	"sync/atomic"
	"time"
)

// A flight is the context of an attempt. It ends with the caller's, with the
// session, and when the watch sees that one of its deadlines has passed. Times are
// those of the watch.
type flight struct {
	context.Context
	cancel     context.CancelCauseFunc
	watch      *watch
	next, prev *flight
	parent     context.Context
	repeated   bool // its parent was seen before, and may be again
	late       bool // it is about to be cancelled by the watch

	phase  atomic.Int32 // index in phases, waiting for none
	end    atomic.Int64 // of the attempt, never for none
	limit  time.Duration
	header time.Duration // how long the header may take, as it was set
	idle   time.Duration // how long no byte may come
	until  atomic.Int64  // the deadline of the header
	moved  atomic.Int64  // when the last byte came

	held held // the exchange under way
}

const never = 1<<63 - 1

// waiting, committed and dropped are phases in which nothing is timed: between two
// exchanges, that is, before the first too. What waits is dropped when the session
// drains, what is committed is not: the server has acted upon a part of it.
const (
	waiting int32 = iota
	looking
	connecting
	asking
	reading
	committed
	dropped
)

var phases = [...]Phase{looking: PhaseDNS, connecting: PhaseConnect, asking: PhaseHeader, reading: PhaseBody, dropped: ""}

type flightKey struct{}

// Value makes the flight known to those who dial for it.
func (f *flight) Value(key any) any {
	if key == (flightKey{}) {
		return f
	}
	return f.Context.Value(key)
}

// flightOf returns the flight that ctx belongs to, nil for none.
func flightOf(ctx context.Context) *flight {
	f, _ := ctx.Value(flightKey{}).(*flight)
	return f
}

// enter notes the phase of dialling, for the message of a timeout. A connection may
// be dialled for a flight that has gone on with another one meanwhile.
func (f *flight) enter(phase int32) {
	if f == nil {
		return
	}
	for now := f.phase.Load(); now == looking || now == connecting || now == asking; now = f.phase.Load() {
		if f.phase.CompareAndSwap(now, phase) {
			return
		}
	}
}

// begin reports whether there may be an exchange: the flight was not dropped, and is
// no longer.
func (f *flight) begin() bool {
	return f.phase.CompareAndSwap(waiting, asking) || f.phase.CompareAndSwap(committed, asking)
}

// ask begins an exchange, for which left of limit remains.
func (f *flight) ask(now int64, limit, left, header, idle time.Duration) {
	f.limit, f.header, f.idle = limit, header, idle
	end, until := int64(never), int64(never)
	if limit > 0 {
		end = now + int64(left)
	}
	if header > 0 {
		until = now + int64(header)
	}
	f.end.Store(end)
	f.until.Store(until)
	f.phase.Store(asking)
	f.watch.arm(min(end, until))
}

// read begins the body.
func (f *flight) read(now int64) {
	f.moved.Store(now)
	f.phase.Store(reading)
	f.watch.arm(f.deadline())
}

// rest is when the exchange is over, in the phase to wait in.
func (f *flight) rest(phase int32) {
	f.end.Store(never)
	f.until.Store(never)
	f.phase.Store(phase)
}

// deadline returns when the next of the limits is passed.
func (f *flight) deadline() int64 {
	end := f.end.Load()
	switch f.phase.Load() {
	case waiting, committed, dropped:
		return never
	case reading:
		if f.idle > 0 {
			return min(end, f.moved.Load()+int64(f.idle))
		}
		return end
	}
	return min(end, f.until.Load())
}

// why returns which limit was passed.
func (f *flight) why(now int64) *TimeoutError {
	phase := f.phase.Load()
	switch {
	case f.end.Load() <= now:
		return &TimeoutError{phases[phase], f.limit}
	case phase == reading:
		return &TimeoutError{PhaseIdle, f.idle}
	}
	return &TimeoutError{phases[phase], f.header}
}
