package limit_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/locks"
)

// A server that is simulated works on so many requests at once. More wait their
// turn, or are refused.
type server struct {
	slots   *locks.Semaphore
	latency func() time.Duration
	refuses bool
	mu      sync.Mutex
	served  int
	refused int
}

func newServer(capacity int64, latency func() time.Duration) *server {
	return &server{slots: locks.NewSemaphore(capacity), latency: latency}
}

func (s *server) do(ctx context.Context) (congested bool) {
	if s.refuses && !s.slots.TryAcquire(1) {
		time.Sleep(time.Millisecond)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refused++
		return true
	}
	if !s.refuses && s.slots.Acquire(ctx, 1) != nil {
		return false
	}
	defer s.slots.Release(1)
	time.Sleep(s.latency())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served++
	return false
}

// counts returns how many were served and refused since the last call.
func (s *server) counts() (served, refused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	served, refused = s.served, s.refused
	s.served, s.refused = 0, 0
	return served, refused
}

// use has n clients use the server as fast as the limit allows, until stop.
func (s *server) use(t *testing.T, n int, a *limit.Adaptive) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for a.Acquire(ctx) == nil {
				began := time.Now()
				congested := s.do(ctx)
				a.Release(limit.Outcome{Latency: time.Since(began), Congested: congested, Ignore: ctx.Err() != nil})
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func fixed(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// spread is a latency that differs from request to request.
func spread(rnd *rand.Rand, d time.Duration) func() time.Duration {
	var mu sync.Mutex
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(float64(d) * math.Exp(rnd.NormFloat64()))
	}
}

// between fails the test unless got is.
func between(t *testing.T, what string, got, low, high int) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: got %d, want between %d and %d", what, got, low, high)
	}
}

// A server that gets slow when it has too much is used well, and its line is not
// much longer than what it works on; also after a long time, and when it has
// changed; and when its requests differ by a factor of ten and more.
func TestAdaptiveFindsTheCapacityByLatency(t *testing.T) {
	for _, row := range []struct {
		name    string
		latency func() time.Duration
		mean    time.Duration
		served  float64 // at least, of what it could
	}{
		{"fixed", fixed(100 * time.Millisecond), 100 * time.Millisecond, 0.93},
		{"spread", spread(random(1), 100*time.Millisecond), 164872 * time.Microsecond, 0.88},
		{"another spread", spread(random(2), 100*time.Millisecond), 164872 * time.Microsecond, 0.88},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const capacity = 20
				s, a := newServer(capacity, row.latency), limit.NewAdaptive(1, 100)
				defer s.use(t, 100, a)()
				time.Sleep(30 * time.Second)
				s.counts()
				between(t, "limit", usual(a, 100), capacity, 2*capacity+8)
				most := float64(capacity) * float64(100*time.Second) / float64(row.mean)
				if served, _ := s.counts(); float64(served) < row.served*most {
					t.Errorf("it has served %d, of %.0f that it could", served, most)
				}
				s.slots.Acquire(t.Context(), capacity/2)
				time.Sleep(20 * time.Second)
				between(t, "limit, with half of it", usual(a, 60), capacity/2, capacity+8)
				s.slots.Release(capacity / 2)
				time.Sleep(30 * time.Second)
				between(t, "limit, with all of it again", usual(a, 60), capacity, 2*capacity+8)
			})
		})
	}
}

// A server of which all answers take longer than before is found to be one that has
// no line.
func TestAdaptiveMeasuresAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const capacity = 20
		var slow atomic.Bool
		latency := func() time.Duration {
			if slow.Load() {
				return 300 * time.Millisecond
			}
			return 50 * time.Millisecond
		}
		s, a := newServer(capacity, latency), limit.NewAdaptive(1, 100)
		defer s.use(t, 100, a)()
		time.Sleep(30 * time.Second)
		slow.Store(true)
		time.Sleep(5 * time.Minute)
		between(t, "limit", usual(a, 30), capacity, 2*capacity+8)
		same(t, "latency without a load", a.Stats().Base.Round(10*time.Millisecond), 300*time.Millisecond)
	})
}

// usual returns the median of the limit in as many seconds: it is lower when the
// latency without a load is measured.
func usual(a *limit.Adaptive, seconds int) int {
	limits := make([]int, seconds)
	for i := range limits {
		time.Sleep(time.Second)
		limits[i] = a.Limit()
	}
	slices.Sort(limits)
	return limits[seconds/2]
}

// A server that refuses what is too much is used well, and little is refused.
func TestAdaptiveFindsTheCapacityByCongestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const capacity = 40
		s, a := newServer(capacity, fixed(100*time.Millisecond)), limit.NewAdaptive(1, 200)
		s.refuses = true
		defer s.use(t, 200, a)()
		time.Sleep(30 * time.Second)
		s.counts()
		for range 60 {
			time.Sleep(time.Second)
			between(t, "limit", a.Limit(), capacity*6/10, capacity+2)
		}
		served, refused := s.counts()
		between(t, "served", served, capacity*10*60*75/100, capacity*10*60)
		between(t, "refused", refused, 1, served/100)
	})
}

// While the limit is not reached there is nothing to learn from success.
func TestAdaptiveDoesNotGrowUnused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a := newServer(1000, fixed(100*time.Millisecond)), limit.NewAdaptive(1, 1000)
		defer s.use(t, 5, a)()
		time.Sleep(time.Minute)
		between(t, "limit", a.Limit(), 5, 10)
		same(t, "stats", a.Stats(), limit.AdaptiveStats{Limit: a.Limit(), Min: 1, Max: 1000, InUse: 5, Latency: 100 * time.Millisecond, Base: 100 * time.Millisecond})
	})
}

// However many of those that were in flight at one time say that it was too much,
// it counts once.
func TestAdaptiveBacksOffOncePerRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := grown(t, 100, 100)
		for range 50 {
			a.Acquire(t.Context())
		}
		time.Sleep(time.Second)
		for range 25 {
			a.Release(limit.Outcome{Latency: time.Second, Congested: true})
		}
		same(t, "limit", a.Limit(), 70)
		time.Sleep(500 * time.Millisecond)
		for range 20 {
			a.Release(limit.Outcome{Latency: 1500 * time.Millisecond, Congested: true})
		}
		same(t, "limit, by others of them", a.Limit(), 70)
		a.Release(limit.Outcome{Congested: true, Ignore: true})
		same(t, "limit, by one to be ignored", a.Limit(), 70)
		a.Release(limit.Outcome{Latency: 500 * time.Millisecond, Congested: true})
		same(t, "limit, by one that began later", a.Limit(), 49)
		a.Release(limit.Outcome{Congested: true}) // taken for as long as others were
		same(t, "limit, by one of unknown latency", a.Limit(), 49)
		same(t, "drops", a.Stats().Drops, 2)
		for a.Stats().InUse > 0 {
			a.Release(limit.Outcome{Ignore: true})
		}
		for range 20 {
			time.Sleep(time.Second)
			a.Acquire(t.Context())
			a.Release(limit.Outcome{Latency: 1, Congested: true})
		}
		same(t, "limit, in the end", a.Limit(), 1)
		same(t, "in use", a.Stats().InUse, 0)
	})
}

// grown returns a limit that has reached max.
func grown(t *testing.T, clients, max int) *limit.Adaptive {
	s, a := newServer(int64(max), fixed(100*time.Millisecond)), limit.NewAdaptive(1, max)
	stop := s.use(t, clients, a)
	time.Sleep(5 * time.Second)
	stop()
	same(t, "limit", a.Limit(), max)
	return a
}

// It is a limit: never more than it says are in flight, but those who were when it
// was lowered; and who waits is served in order.
func TestAdaptiveIsALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := limit.NewAdaptive(2, 4)
		same(t, "limit", a.Limit(), 2)
		same(t, "TryAcquire", a.TryAcquire(), true)
		same(t, "Acquire", a.Acquire(t.Context()), nil)
		same(t, "TryAcquire", a.TryAcquire(), false)
		same(t, "ended", a.Acquire(ended(t)), errStop)
		ctx, cancel := context.WithCancelCause(t.Context())
		var order []int
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() {
				if a.Acquire(ctx) == nil {
					order = append(order, i)
				}
			})
			synctest.Wait()
		}
		same(t, "string", a.String(), "adaptive [2/2 of 2..4, waiters:3]")
		for range 2 {
			a.Release(limit.Outcome{Ignore: true})
			synctest.Wait()
		}
		if len(order) != 2 || order[0] != 0 || order[1] != 1 {
			t.Errorf("served %v", order)
		}
		cancel(errStop)
		wg.Wait()
		a.Release(limit.Outcome{})
		a.Release(limit.Outcome{})
		same(t, "string", a.String(), "adaptive [0/2 of 2..4]")
		panics(t, "not in use", func() { a.Release(limit.Outcome{}) })
	})
}

// Outcomes of which the latency is not known make it grow all the same.
func TestAdaptiveWithoutLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := limit.NewAdaptive(1, 8)
		for range 1000 {
			for a.TryAcquire() {
			}
			time.Sleep(time.Millisecond)
			for a.Stats().InUse > 0 {
				a.Release(limit.Outcome{Latency: -1})
			}
		}
		same(t, "limit", a.Limit(), 8)
	})
}

func TestAdaptivePanics(t *testing.T) {
	panics(t, "NewAdaptive(0, 1)", func() { limit.NewAdaptive(0, 1) })
	panics(t, "NewAdaptive(2, 1)", func() { limit.NewAdaptive(2, 1) })
}
