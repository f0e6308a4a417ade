package limit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

// A meter is the line of those who want to start: it lets amounts through as its
// window and its pace allow. Rate and Budget are made of it.
type meter struct {
	mu     sync.Mutex
	window window
	pace   pace
	list   park.List
	alarm  alarm         // set while somebody waits whose turn the clock will bring
	at     time.Duration // what for
	obj    park.Object
}

// refused is what a waiter finds as the number of its entry when the limit has
// become lower than what it asked for.
const refused = -2

// longest is the longest period there is, so that no sum of times overflows.
const longest = 100 * 365 * 24 * time.Hour

func (m *meter) init(n int64, per time.Duration) {
	m.window.origin = park.Now()
	m.window.resize(n, min(per, longest))
}

// now reads the clock. mu is held, as for everything below.
func (m *meter) now() time.Duration {
	now, back := m.window.now()
	if back {
		m.pace.next, m.pace.frac = now, 0
	}
	return now
}

// wait returns how long it is until n may start: zero or less for now.
func (m *meter) wait(n int64, now time.Duration) time.Duration {
	return max(m.pace.wait(now), m.window.wait(n, now))
}

// try starts n if nobody waits and they may start now.
func (m *meter) try(op park.Op, n int64) (number int64, ok bool) {
	park.Point(context.Background(), op, &m.obj)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.list.Empty() {
		return no, false
	}
	now := m.now()
	if m.wait(n, now) > 0 {
		return no, false
	}
	m.pace.step(now, false)
	return m.window.add(n, now, false), true
}

// acquire waits until n may start, and returns the number of their entry.
func (m *meter) acquire(ctx context.Context, op park.Op, n int64) (number int64, err error) {
	park.Point(ctx, op, &m.obj)
	if ctx.Err() != nil {
		return no, park.Cause(ctx)
	}
	m.mu.Lock()
	if n > m.window.limit {
		defer m.mu.Unlock()
		return no, m.tooMuch(n)
	}
	if !m.list.Empty() {
		return m.queue(ctx, op, n)
	}
	now := m.now()
	d := m.wait(n, now)
	if d <= 0 {
		m.pace.step(now, false)
		number = m.window.add(n, now, false)
		m.mu.Unlock()
		return number, nil
	}
	m.arm(d, now)
	return m.queue(ctx, op, n)
}

func (m *meter) tooMuch(n int64) error {
	return fmt.Errorf("%w: %d of %d", ErrTooMuch, n, m.window.limit)
}

// queue waits in the line. mu is held when it is called.
func (m *meter) queue(ctx context.Context, op park.Op, n int64) (number int64, err error) {
	w := park.NewWaiter(ctx)
	defer w.Free()
	w.N = n
	err = m.list.Wait(ctx, &m.mu, w, op, &m.obj)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.serve() // the one behind may fit where this one did not
		return no, err
	}
	if w.N == refused {
		return no, m.tooMuch(n)
	}
	m.window.started(w.N, m.now())
	if m.alarm.stop == nil {
		m.serve() // they may have waited for this
	}
	return w.N, nil
}

// serve lets those through whose turn it is, and sets the alarm for the next.
func (m *meter) serve() {
	if m.list.Empty() {
		m.disarm()
		return
	}
	now := m.now()
	for w := m.list.Front(); w != nil; w = m.list.Front() {
		if w.N > m.window.limit {
			w.N = refused
		} else if d := m.wait(w.N, now); d > 0 {
			m.arm(d, now)
			return
		} else {
			m.pace.step(now, true)
			w.N = m.window.add(w.N, now, true)
		}
		m.list.Grant(w)
		w.Unpark()
	}
	m.disarm()
}

// arm sets the alarm, unless it is set for that moment already.
func (m *meter) arm(d, now time.Duration) {
	switch {
	case d == never:
		m.disarm()
	case m.alarm.stop == nil || m.at != now+d:
		m.at = now + d
		m.alarm.set(d, m.ring)
	}
}

func (m *meter) disarm() {
	if m.alarm.stop != nil {
		m.alarm.clear()
	}
}

// ring is called by the alarm.
func (m *meter) ring(turn int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.alarm.due(turn) {
		m.serve()
	}
}

// change calls fn, which changes what the meter allows, and serves those whom that
// lets through.
func (m *meter) change(fn func()) {
	park.Point(context.Background(), park.OpRelease, &m.obj)
	m.mu.Lock()
	fn()
	m.serve()
	m.mu.Unlock()
	park.Point(context.Background(), park.OpRelease, &m.obj)
}
