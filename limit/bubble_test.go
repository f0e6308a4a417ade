package limit_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/internal/park"
)

var errStop = errors.New("stop") // the cause of the cancellations in these tests

// ended returns a context that has ended before it is used.
func ended(t testing.TB) context.Context {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStop)
	return ctx
}

// same fails the test unless the two are equal.
func same[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// panics checks that fn panics with a message that says so.
func panics(t testing.TB, message string, fn func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got, _ := recover().(string); !strings.HasPrefix(got, "inflight/limit: ") || !strings.Contains(got, message) {
			t.Errorf("panicked with %q, want it to say %q", got, message)
		}
	}()
	fn()
}

// random returns a source that is the same in each run.
func random(seed int) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 1)) }

// A drowsy machine is a simulation in which timers fire late, as they do in the
// grain of real ones, and in which goroutines that were woken take their time
// before they run.
type drowsy struct {
	grain time.Duration // timers fire when this has passed once more
	nap   time.Duration // before a goroutine runs, at most

	stuck bool // timers can't be stopped: they fire all the same

	mu      sync.Mutex
	back    time.Duration // how far the clock was set back
	rnd     *rand.Rand
	wakeups map[*park.Waiter]chan struct{}
	timers  int // that are set now
	peak    int // of them at once
}

// asleep runs a test in a bubble on a drowsy machine.
func asleep(t *testing.T, grain, nap time.Duration, test func(t *testing.T, m *drowsy)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := &drowsy{grain: grain, nap: nap, rnd: random(1), wakeups: make(map[*park.Waiter]chan struct{})}
		defer park.Simulate(m)()
		test(t, m)
		synctest.Wait()
	})
}

func (*drowsy) Point(context.Context, park.Op, *park.Object) {}

func (m *drowsy) wakeup(w *park.Waiter) chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wakeups[w] == nil {
		m.wakeups[w] = make(chan struct{}, 1)
	}
	return m.wakeups[w]
}

func (m *drowsy) Park(ctx context.Context, w *park.Waiter, _ park.Op, _ *park.Object) error {
	for !w.Granted() {
		select {
		case <-m.wakeup(w):
		case <-ctx.Done():
			return park.Cause(ctx)
		}
	}
	time.Sleep(m.upTo(m.nap))
	return nil
}

func (m *drowsy) upTo(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Duration(m.rnd.Int64N(int64(d)))
}

func (m *drowsy) Unpark(w *park.Waiter) {
	select {
	case m.wakeup(w) <- struct{}{}:
	default:
	}
}

func (m *drowsy) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(-m.back)
}

// setBack sets the clock back.
func (m *drowsy) setBack(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.back += d
}

func (m *drowsy) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	m.count(1)
	t := time.AfterFunc(d+m.upTo(m.grain), func() { m.count(-1); f() })
	return func() bool {
		if m.stuck {
			return false
		}
		stopped := t.Stop()
		if stopped {
			m.count(-1)
		}
		return stopped
	}
}

func (m *drowsy) count(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timers += n
	m.peak = max(m.peak, m.timers)
}

// set returns how many timers are set, and how many were at once.
func (m *drowsy) set() (now, peak int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.timers, m.peak
}

// oneTimer fails the test if there was more than one timer at once, or is one.
func (m *drowsy) oneTimer(t *testing.T) {
	t.Helper()
	if now, peak := m.set(); now > 0 || peak > 1 {
		t.Errorf("there were %d timers at once, and are %d", peak, now)
	}
}

// A record is when things have started.
type record struct {
	mu     sync.Mutex
	began  time.Time
	starts []start
}

type start struct {
	at time.Duration
	n  int64
}

func newRecord() *record { return &record{began: time.Now()} }

// add takes a start down that happens now, and returns when that is.
func (r *record) add(n int64) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := time.Since(r.began)
	r.starts = append(r.starts, start{at, n})
	return at
}

// full returns how much there is in the window of the length per that holds most.
// The starts are in the order of time, because they were added in it.
func (r *record) full(per time.Duration) (most int64) {
	sum, first := int64(0), 0
	for _, s := range r.starts {
		sum += s.n
		for r.starts[first].at <= s.at-per {
			sum -= r.starts[first].n
			first++
		}
		most = max(most, sum)
	}
	return most
}

// since returns how much has started after a moment.
func (r *record) since(t time.Duration) (sum int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.starts {
		if s.at > t {
			sum += s.n
		}
	}
	return sum
}
