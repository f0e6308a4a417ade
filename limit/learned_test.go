package limit_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/limit"
)

// A teller is a server that has a quota, and says in its answers what is left of it.
type teller struct {
	kind   string // fixed, sliding, bucket
	limit  float64
	window time.Duration
	round  func(float64) float64 // of the seconds of a reset; nil for none
	silent bool                  // it does not say the limit
	name   string

	mu      sync.Mutex
	began   time.Time
	used    float64
	starts  []time.Time
	costs   []float64
	refused int
	taken   float64
}

// take is one request. It returns what the answer says, and whether it was refused.
func (s *teller) take(cost float64) (h http.Header, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	left, reset := 0.0, time.Duration(0)
	switch s.kind {
	case "fixed":
		for now.Sub(s.began) >= s.window {
			s.began, s.used = s.began.Add(s.window), 0
		}
		if ok = s.used+cost <= s.limit; ok {
			s.used += cost
		}
		left, reset = s.limit-s.used, s.began.Add(s.window).Sub(now)
	case "sliding":
		for len(s.starts) > 0 && now.Sub(s.starts[0]) >= s.window {
			s.used -= s.costs[0]
			s.starts, s.costs = s.starts[1:], s.costs[1:]
		}
		if ok = s.used+cost <= s.limit; ok {
			s.used += cost
			s.starts, s.costs = append(s.starts, now), append(s.costs, cost)
		}
		left = s.limit - s.used
		if n := len(s.starts); n > 0 {
			reset = s.starts[n-1].Add(s.window).Sub(now)
		}
	case "bucket":
		s.used = max(0, s.used-s.limit*now.Sub(s.began).Seconds()/s.window.Seconds())
		s.began = now
		if ok = s.used+cost <= s.limit; ok {
			s.used += cost
		}
		left, reset = s.limit-s.used, time.Duration(s.used/s.limit*float64(s.window))
	}
	if ok {
		s.taken += cost
	} else {
		s.refused++
	}
	seconds := reset.Seconds()
	if s.round != nil {
		seconds = s.round(seconds)
	}
	h = make(http.Header)
	h.Set("X-RateLimit-Remaining-"+s.name, fmt.Sprintf("%.0f", math.Floor(left)))
	h.Set("X-RateLimit-Reset-"+s.name, fmt.Sprintf("%.3f", seconds))
	if !s.silent {
		h.Set("X-RateLimit-Limit-"+s.name, fmt.Sprintf("%.0f", s.limit))
	}
	return h, ok
}

// obey has workers ask s as fast as l lets them, for so long.
func obey(t *testing.T, l *limit.Learned, s *teller, workers int, latency, long time.Duration, cost func() float64) {
	t.Helper()
	s.began = time.Now()
	end := time.Now().Add(long)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for time.Now().Before(end) {
				if err := l.Wait(t.Context()); err != nil {
					t.Error(err)
					return
				}
				time.Sleep(latency / 2)
				h, _ := s.take(cost())
				time.Sleep(latency / 2)
				l.Answered(limit.Learn(h, time.Now()))
			}
		})
	}
	wg.Wait()
}

func one() float64 { return 1 }

// Whatever kind of limit it is, whichever way its end is rounded, and however many
// workers there are: it is not passed, and nearly all of it is used.
func TestLearnedIsKeptAndUsed(t *testing.T) {
	for _, kind := range []string{"fixed", "sliding", "bucket"} {
		for rounding, round := range map[string]func(float64) float64{"exact": nil, "up": math.Ceil, "down": math.Floor} {
			for _, n := range []float64{20, 60, 300} {
				for _, workers := range []int{1, 8, 100} {
					t.Run(fmt.Sprintf("%s, %s, %v in a minute, %d workers", kind, rounding, n, workers), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							const minutes = 5
							s := &teller{kind: kind, limit: n, window: time.Minute, round: round}
							latency := 40 * time.Millisecond
							obey(t, limit.NewLearned(10*time.Minute), s, workers, latency, minutes*time.Minute, one)
							share := s.taken / (minutes * n)
							if s.refused > 0 || share < 0.85 && float64(workers)*60/0.05 > n {
								t.Errorf("%d refused, %.0f %% used", s.refused, 100*share)
							}
						})
					})
				}
			}
		}
	}
}

// Tokens are spread by what requests took before.
func TestLearnedTokens(t *testing.T) {
	for _, kind := range []string{"fixed", "bucket"} {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, 2))
			var mu sync.Mutex
			cost := func() float64 {
				mu.Lock()
				defer mu.Unlock()
				return float64(100 + rnd.IntN(400))
			}
			s := &teller{kind: kind, limit: 30_000, window: time.Minute, name: "Tokens"}
			obey(t, limit.NewLearned(time.Hour), s, 10, 500*time.Millisecond, 10*time.Minute, cost)
			if share := s.taken / 300_000; s.refused > 10 || share < 0.85 {
				t.Errorf("%s: %d of %.0f refused, %.0f %% used", kind, s.refused, s.taken/300, 100*share)
			}
		})
	}
}

// What is left is spread evenly, from the first answer on.
func TestLearnedSpreads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit.NewLearned(time.Minute)
		began := time.Now()
		same(t, "error", l.Wait(t.Context()), nil)
		l.Answered([]limit.Quota{{Limit: -1, Remaining: 9, Reset: began.Add(10 * time.Second)}})
		for i := range 9 {
			same(t, "error", l.Wait(t.Context()), nil)
			same(t, "start", time.Since(began).Round(time.Millisecond), time.Duration(i+1)*time.Second)
			l.Answered([]limit.Quota{{Limit: -1, Remaining: int64(8 - i), Reset: began.Add(10 * time.Second)}})
		}
		same(t, "string", l.String(), "learned [1 quotas]")
		same(t, "error", l.Wait(t.Context()), nil)
		if d := time.Since(began); d < 10*time.Second {
			t.Errorf("one more than was left, after %v", d)
		}
		l.Cancel()
	})
}

// What is in flight, and what was lost, counts as used; what was not sent does not.
func TestLearnedCountsWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit.NewLearned(time.Minute)
		until := time.Now().Add(10 * time.Second)
		same(t, "error", l.Wait(t.Context()), nil)
		l.Answered([]limit.Quota{{Limit: -1, Remaining: 4, Reset: until}})
		for range 3 {
			same(t, "error", l.Wait(t.Context()), nil)
		}
		l.Lost()
		l.Cancel()
		same(t, "error", l.Wait(t.Context()), nil)
		same(t, "error", l.Wait(t.Context()), nil)
		if !time.Now().Before(until) {
			t.Error("the fourth was not let through")
		}
		same(t, "error", l.Wait(t.Context()), nil)
		same(t, "in time", time.Now().Before(until), false)
	})
}

// Until the first answer there is one at a time, and those who wait can give up.
func TestLearnedBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit.NewLearned(time.Minute)
		same(t, "ended before", errors.Is(l.Wait(ended(t)), errStop), true)
		same(t, "error", l.Wait(t.Context()), nil)
		var let atomic.Int64
		for range 10 {
			go func() {
				if l.Wait(t.Context()) == nil {
					let.Add(1)
				}
			}()
		}
		synctest.Wait()
		same(t, "let through", let.Load(), 0)
		l.Answered(nil) // there is no limit
		synctest.Wait()
		same(t, "let through", let.Load(), 10)
		// A quota for a long time is not spread.
		l.Answered([]limit.Quota{{Limit: 1000, Remaining: 10, Reset: time.Now().Add(time.Hour)}})
		same(t, "error", l.Wait(t.Context()), nil)
		l.Answered([]limit.Quota{{Limit: 10, Remaining: 0, Reset: time.Now().Add(time.Second)}})
		began := time.Now()
		same(t, "error", l.Wait(t.Context()), nil)
		if d := time.Since(began); d < time.Second {
			t.Errorf("waited %v", d)
		}
		panics(t, "ended more than", func() { limit.NewLearned(1).Cancel() })
		panics(t, "NewLearned(0s)", func() { limit.NewLearned(0) })
	})
}
