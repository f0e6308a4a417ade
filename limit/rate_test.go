package limit_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/limit"
)

// On an idle rate, callers who come at once start at even distances.
func TestRateSpacesEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limit.NewRate(10, time.Second)
		time.Sleep(time.Hour) // of which nothing is saved up
		checkStarts(t, r, 25, func(i int) time.Duration { return time.Duration(i) * 100 * time.Millisecond })
	})
}

// An interval with a fraction is not rounded: after n starts the line is exactly a
// period further.
func TestRateKeepsFractions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limit.NewRate(7, time.Second)
		checkStarts(t, r, 7*20+1, func(i int) time.Duration { return time.Duration(i) * time.Second / 7 })
	})
}

// A burst starts at once, and what comes after it evenly, when there is room.
func TestRateBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limit.NewRate(10, time.Second, limit.Burst(4))
		checkStarts(t, r, 30, func(i int) time.Duration {
			inWindow := i % 10
			return time.Duration(i/10)*time.Second + time.Duration(max(0, inWindow-3))*100*time.Millisecond
		})
	})
}

// A burst of all, and one of more, is that of a window.
func TestRateBurstIsCapped(t *testing.T) {
	for _, burst := range []int{5, 100} {
		synctest.Test(t, func(t *testing.T) {
			r := limit.NewRate(5, time.Second, limit.Burst(burst))
			same(t, "burst", r.Stats().Burst, 5)
			checkStarts(t, r, 20, func(i int) time.Duration { return time.Duration(i/5) * time.Second })
		})
	}
}

// checkStarts has n callers come at once, and checks when each starts.
func checkStarts(t *testing.T, r *limit.Rate, n int, want func(i int) time.Duration) {
	t.Helper()
	began := time.Now()
	got := make([]time.Duration, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := r.Wait(t.Context()); err != nil {
				t.Error(err)
			}
			got[i] = time.Since(began)
		})
		synctest.Wait() // so that they come one after the other
	}
	wg.Wait()
	for i := range n {
		if d := got[i] - want(i); d < 0 || d > time.Microsecond {
			t.Errorf("start %d was at %v, want %v", i, got[i], want(i))
		}
	}
}

// A caller that is a little late catches up; one that comes to a line that is idle
// for longer does not.
func TestRateCredit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limit.NewRate(100, time.Second)
		began := time.Now()
		start := func() time.Duration { r.Wait(t.Context()); return time.Since(began) }
		start()
		time.Sleep(12 * time.Millisecond) // the line was at 10
		same(t, "the late one", start(), 12*time.Millisecond)
		same(t, "after it", start(), 20*time.Millisecond)
		time.Sleep(20 * time.Millisecond) // the line was at 30
		same(t, "the one that comes to an idle line", start(), 40*time.Millisecond)
		same(t, "after that", start(), 50*time.Millisecond)
	})
}

// Whatever comes and gives up, at whatever times, on machines where nothing
// happens when it should: no window holds more than n, who comes first starts
// first, and who does not give up starts.
func TestRateProperty(t *testing.T) {
	for seed := range 300 {
		rnd := random(seed)
		n, per := 1+rnd.IntN(20), time.Duration(1+rnd.IntN(1000))*time.Millisecond
		burst := 1 + rnd.IntN(n)
		var grain, nap time.Duration
		if seed%3 > 0 {
			grain = time.Duration(rnd.IntN(3000)) * time.Microsecond
		}
		if seed%3 > 1 {
			nap = time.Duration(rnd.Int64N(int64(2 * per)))
		}
		name := fmt.Sprintf("seed %d, %d/%v, burst %d, late by %v and %v", seed, n, per, burst, grain, nap)
		asleep(t, grain, nap, func(t *testing.T, m *drowsy) {
			r := limit.NewRate(n, per, limit.Burst(burst))
			rec := newRecord()
			interval := per / time.Duration(n)
			callers := &callers{T: t, started: make(map[int]time.Duration)}
			for range 30 + rnd.IntN(100) {
				time.Sleep(time.Duration(rnd.Int64N(int64(interval) + 1)))
				if rnd.IntN(20) == 0 {
					time.Sleep(3 * per)
				}
				switch giveUp := rnd.IntN(3) == 0; {
				case rnd.IntN(8) == 0:
					if r.Try() {
						rec.add(1)
					}
				case giveUp:
					callers.come(r.Wait, rec, time.Duration(rnd.Int64N(int64(per))))
				default:
					callers.come(r.Wait, rec, 0)
				}
			}
			callers.wg.Wait()
			if nap == 0 {
				callers.inOrder(name)
			}
			if got := rec.full(per); got > int64(n) {
				t.Errorf("%s: a window holds %d starts", name, got)
			}
			m.oneTimer(t)
		})
		if t.Failed() {
			return
		}
	}
}

// callers come one after the other.
type callers struct {
	*testing.T
	wg      sync.WaitGroup
	mu      sync.Mutex
	n       int
	started map[int]time.Duration
}

// come has another one wait, who gives up after patience, unless that is 0.
func (c *callers) come(wait func(context.Context) error, rec *record, patience time.Duration) {
	id := c.n
	c.n++
	c.wg.Go(func() {
		ctx := c.Context()
		if patience > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeoutCause(ctx, patience, errStop)
			defer cancel()
		}
		switch err := wait(ctx); {
		case err == nil:
			c.mu.Lock()
			defer c.mu.Unlock()
			c.started[id] = rec.add(1)
		case patience == 0 || err != errStop:
			c.Errorf("it returned %v", err)
		}
	})
	synctest.Wait()
}

// inOrder checks that none started before one that came before it. (Those who were
// let through at one moment may run in any order.)
func (c *callers) inOrder(name string) {
	last := time.Duration(0)
	for id := range c.n {
		if at, ok := c.started[id]; ok && at < last {
			c.Errorf("%s: caller %d started at %v, and one before it at %v", name, id, at, last)
		} else if ok {
			last = at
		}
	}
}

// Whatever the rate is set to, and when, it holds from then on for what has
// started before too, as far back as the rate remembers.
func TestRateSetProperty(t *testing.T) {
	for seed := range 100 {
		rnd := random(seed)
		asleep(t, time.Duration(rnd.IntN(2))*time.Millisecond, 0, func(t *testing.T, m *drowsy) {
			var known time.Duration // from when on all is remembered
			n, per := 1+rnd.IntN(20), time.Duration(100+rnd.IntN(1000))*time.Millisecond
			r := limit.NewRate(n, per, limit.Burst(1+rnd.IntN(5)))
			rec := newRecord()
			var wg sync.WaitGroup
			for range 200 {
				wg.Go(func() {
					if r.Wait(t.Context()) != nil {
						return
					}
					at := rec.add(1)
					if got := rec.since(max(at-per, known-1)); got > int64(n) {
						t.Errorf("seed %d: at %v the window of %v holds %d starts, want at most %d", seed, at, per, got, n)
					}
				})
			}
			for range 8 {
				time.Sleep(time.Duration(rnd.Int64N(int64(2 * per))))
				synctest.Wait()
				known = max(known, time.Since(rec.began)-per)
				n, per = 1+rnd.IntN(20), time.Duration(100+rnd.IntN(1000))*time.Millisecond
				r.Set(n, per)
			}
			wg.Wait()
		})
		if t.Failed() {
			return
		}
	}
}

// Those who wait go by the new rate at once.
func TestRateSetServesThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limit.NewRate(1, time.Hour)
		rec := newRecord()
		err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 4 {
				g.Go(func(ctx context.Context) error {
					err := r.Wait(ctx)
					rec.add(1)
					return err
				})
				synctest.Wait()
			}
			time.Sleep(30 * time.Minute)
			r.Set(1, time.Minute) // the line was half an hour ahead of one an hour: half of one
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		m := time.Minute
		var at []time.Duration
		for _, s := range rec.starts {
			at = append(at, s.at)
		}
		if want := []time.Duration{0, 30*m + 30*time.Second, 31*m + 30*time.Second, 32*m + 30*time.Second}; !slices.Equal(at, want) {
			t.Errorf("the starts were at %v, want %v", at, want)
		}
	})
}

// Who gives up uses nothing up, and those behind move up.
func TestRateCancelledConsumesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limit.NewRate(1, time.Second)
		began := time.Now()
		r.Try()
		ctx, cancel := context.WithCancelCause(t.Context())
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { same(t, "the cancelled one", r.Wait(ctx), errStop) })
		}
		synctest.Wait()
		wg.Go(func() {
			same(t, "the one behind", r.Wait(t.Context()), nil)
			same(t, "its start", time.Since(began), time.Second)
		})
		synctest.Wait()
		same(t, "waiting", r.Stats().Waiting, 11)
		cancel(errStop)
		wg.Wait()
		same(t, "left", r.String(), "rate [1/s]")
	})
}

// A context that had ended before fails, and nothing has started.
func TestRateEndedContext(t *testing.T) {
	r := limit.NewRate(1, time.Hour)
	same(t, "error", r.Wait(ended(t)), errStop)
	same(t, "recent", r.Stats().Recent, 0)
	same(t, "Try", r.Try(), true)
}

// Try takes what is free, and nothing from those who wait.
func TestRateTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limit.NewRate(2, time.Second, limit.Burst(2))
		same(t, "the first", r.Try(), true)
		same(t, "the second", r.Try(), true)
		same(t, "the third", r.Try(), false)
		same(t, "recent", r.Stats().Recent, 2)
		time.Sleep(time.Second)
		same(t, "a second later", r.Try(), true)
		same(t, "the other", r.Try(), true)
		ctx, cancel := context.WithCancel(t.Context())
		go r.Wait(ctx)
		synctest.Wait()
		same(t, "with one who waits", r.Try(), false)
		cancel()
		synctest.Wait()
		time.Sleep(time.Second)
		same(t, "with one who has given up", r.Try(), true)
	})
}

func TestRateStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limit.NewRate(10, time.Second, limit.Burst(2))
		r.Try()
		r.Try()
		ctx, cancel := context.WithCancel(t.Context())
		go r.Wait(ctx)
		synctest.Wait()
		time.Sleep(30 * time.Millisecond)
		want := limit.RateStats{N: 10, Per: time.Second, Burst: 2, Recent: 2, Waiting: 1, Next: 70 * time.Millisecond}
		same(t, "stats", r.Stats(), want)
		same(t, "string", r.String(), "rate [10/s, waiters:1]")
		cancel()
		synctest.Wait()
	})
}

// A machine that is a millisecond late all the time loses less than a hundredth of
// ten thousand starts a second, be it one caller that asks for them or many.
func TestRateThroughput(t *testing.T) {
	for _, n := range []int{10, 1000, 10_000, 50_000} {
		for _, callers := range []int{1, 50} {
			asleep(t, 1100*time.Microsecond, 50*time.Microsecond, func(t *testing.T, m *drowsy) {
				const seconds = 2
				r := limit.NewRate(n, time.Second)
				rec := newRecord()
				ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second)
				defer cancel()
				var wg sync.WaitGroup
				for range callers {
					wg.Go(func() {
						for r.Wait(ctx) == nil {
							rec.add(1)
						}
					})
				}
				wg.Wait()
				if got, want := len(rec.starts), n*seconds*99/100; got < want {
					t.Errorf("%d callers started %d times, want at least %d", callers, got, want)
				}
				if got := rec.full(time.Second); got > int64(n) {
					t.Errorf("%d callers: a window holds %d starts, want at most %d", callers, got, n)
				}
			})
		}
	}
}

// The log of a high rate stays small, and holds all the same.
func TestRateLogIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 300_000
		r := limit.NewRate(n, time.Second, limit.Burst(n))
		rec := newRecord()
		rnd := random(1)
		for range 2500 {
			for range rnd.IntN(400) {
				if r.Try() {
					rec.add(1)
				}
			}
			time.Sleep(time.Duration(rnd.IntN(int(time.Millisecond))))
		}
		if got := rec.full(time.Second); got > n || got < n*99/100 {
			t.Errorf("the fullest window holds %d starts, want a little less than %d", got, n)
		}
		if n, room := r.Entries(); n > limit.Resolution+1 || room > 4*limit.Resolution {
			t.Errorf("the log has %d entries and room for %d", n, room)
		}
	})
}

// Starts that share an entry of the log count until the last of them is as long ago as
// the window is long.
func TestRateEntryCountsToItsLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, apart = 10_000, 400 * time.Microsecond
		r := limit.NewRate(n, time.Second, limit.Burst(n))
		if !r.Try() {
			t.Fatal("the first may not start")
		}
		time.Sleep(apart)
		for range n - 1 {
			if !r.Try() {
				t.Fatal("one of n may not start")
			}
		}
		time.Sleep(time.Second - apart)
		r.Try() // as much as the first has left may start
		if r.Try() {
			t.Errorf("a window holds more than %d starts", n)
		}
		time.Sleep(apart)
		if !r.Try() {
			t.Error("when all are gone none may start")
		}
	})
}

// Starts that come close together, all the time, do not become one that never ends.
func TestRateLogMovesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 10_000
		r := limit.NewRate(n, time.Second, limit.Burst(n))
		rec := newRecord()
		for range 60_000 {
			if r.Try() {
				rec.add(1)
			}
			time.Sleep(50 * time.Microsecond)
		}
		if got := len(rec.starts); got < 3*n*99/100 || got > 3*n {
			t.Errorf("%d starts in 3 s, want %d", got, 3*n)
		}
	})
}

// A timer that could not be stopped lets nobody through.
func TestRateTimersOutOfTurn(t *testing.T) {
	asleep(t, 0, 0, func(t *testing.T, m *drowsy) {
		m.stuck = true
		r := limit.NewRate(1, 10*time.Second)
		r.Try()
		rec := newRecord()
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { r.Wait(t.Context()); rec.add(1) })
		}
		synctest.Wait()
		time.Sleep(time.Second)
		r.Set(1, 20*time.Second)
		wg.Wait()
		same(t, "the first", rec.starts[0].at, 20*time.Second)
		same(t, "the second", rec.starts[1].at, 40*time.Second)
	})
}

// The clock may go back while somebody is let through.
func TestRateUnderAnotherClockMeanwhile(t *testing.T) {
	asleep(t, 0, time.Second, func(t *testing.T, m *drowsy) {
		r := limit.NewRate(1, 10*time.Second)
		for range 5 {
			r.Try()
			done := make(chan error)
			go func() { done <- r.Wait(t.Context()) }()
			for r.Stats().Waiting == 0 || r.Stats().Next > time.Millisecond {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(2 * time.Millisecond) // it was let through, and naps
			m.setBack(time.Hour)
			same(t, "by the new clock", r.Try(), true)
			same(t, "error", <-done, nil)
			m.setBack(time.Hour)
		}
	})
}

// A clock that goes back is another one: that of the world after a test's.
func TestRateUnderAnotherClock(t *testing.T) {
	r := limit.NewRate(1, time.Hour)
	same(t, "before", r.Try(), true)
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			same(t, "in the bubble", r.Try(), true)
			time.Sleep(time.Minute)
			same(t, "again", r.Try(), false)
		})
	}
	same(t, "after", r.Try(), true)
	same(t, "again", r.Try(), false)
}

func TestRatePanics(t *testing.T) {
	panics(t, "NewRate(0, 1s)", func() { limit.NewRate(0, time.Second) })
	panics(t, "NewRate(1, 0s)", func() { limit.NewRate(1, 0) })
	panics(t, "Burst(0)", func() { limit.Burst(0) })
	panics(t, "Rate.Set(-1, 1s)", func() { limit.NewRate(1, 1).Set(-1, time.Second) })
	panics(t, "Rate.Set(1, -1s)", func() { limit.NewRate(1, 1).Set(1, -time.Second) })
}

// What nobody means is no trouble either.
func TestRateExtremes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = int(^uint(0) >> 1)
		const longest = time.Duration(1<<63 - 1)
		for _, r := range []*limit.Rate{
			limit.NewRate(most, longest), limit.NewRate(most, 1), limit.NewRate(1, longest), limit.NewRate(1, 1),
			limit.NewRate(most, longest, limit.Burst(most)),
		} {
			for range 5 {
				r.Try()
				r.Set(most, 1)
				r.Try()
				r.Set(1, longest)
				same(t, "next", r.Stats().Next > 0, true)
				r.Set(most, longest)
				time.Sleep(time.Second)
			}
			r.Set(1, time.Second)
			time.Sleep(3 * time.Second)
			same(t, "after all", r.Wait(t.Context()), nil)
		}
	})
}
