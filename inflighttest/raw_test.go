package inflighttest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// runsFor is how many runs a test makes; fewer under the race detector.
func runsFor(n int) int {
	if raceEnabled {
		return n / 5
	}
	return n
}

// Goroutines, channels, timers and contexts of Go itself take part, and what they
// do repeats itself.
func TestExplore_raw_goroutines(t *testing.T) {
	orders := make(map[string]bool)
	body := func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		q := queue.New[int](1)
		begin := time.Now()
		var mu sync.Mutex
		order := ""
		note := func(s string) { mu.Lock(); order += s; mu.Unlock() }
		done := make(chan struct{}, 3)
		for i := range 2 {
			go func() {
				q.Put(context.Background(), i)
				note(fmt.Sprint(i))
				done <- struct{}{}
			}()
		}
		time.AfterFunc(time.Second, func() {
			q.Put(ctx, 2)
			note("t")
			done <- struct{}{}
		})
		g.Go(func(ctx context.Context) error {
			<-time.After(time.Second)
			note("a")
			return nil
		})
		g.Go(func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			inflight.Sleep(ctx, time.Second) // both end at the same moment
			note("s")
			return nil
		})
		for range 3 {
			v, err := q.Get(ctx)
			if err != nil {
				t.Error(err)
			}
			note(fmt.Sprint("g", v))
		}
		for range 3 {
			<-done
		}
		if d := time.Since(begin); d != time.Second {
			t.Errorf("it took %v", d)
		}
		t.Cleanup(func() { mu.Lock(); orders[order] = true; mu.Unlock() })
	}
	inflighttest.Explore(t, inflighttest.Plan{Runs: runsFor(500), For: time.Minute, Twice: true}, body)
	if len(orders) < 20 {
		t.Errorf("there were only %d orders: %v", len(orders), orders)
	}
}

// A client and a server of net/http take part, over an origin in memory.
func TestExplore_http(t *testing.T) {
	most := 0
	body := func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		var now, top atomic.Int64
		origin := inflighttest.NewOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			top.Store(max(top.Load(), now.Add(1)))
			inflight.Sleep(r.Context(), time.Millisecond)
			now.Add(-1)
			io.WriteString(w, r.URL.Path)
		}))
		slots := locks.NewSemaphore(2)
		_, err := inflight.Map(ctx, []int{1, 2, 3, 4, 5, 6}, 6, func(ctx context.Context, i int) (int, error) {
			err := slots.Do(ctx, 1, func(ctx context.Context) error {
				req, _ := http.NewRequestWithContext(ctx, "GET", fmt.Sprint(origin.URL(), "/", i), nil)
				resp, err := origin.Client().Do(req)
				if err != nil {
					return err
				}
				defer resp.Body.Close()
				if b, err := io.ReadAll(resp.Body); string(b) != fmt.Sprint("/", i) {
					return fmt.Errorf("got %q, %v", b, err)
				}
				return nil
			})
			return 0, err
		})
		if err != nil || top.Load() > 2 {
			t.Errorf("at most %d at once, %v", top.Load(), err)
		}
		most = max(most, int(top.Load()))
	}
	inflighttest.Explore(t, inflighttest.Plan{Runs: runsFor(100), For: time.Minute, Twice: true}, body)
	if most != 2 {
		t.Errorf("never more than %d at once", most)
	}
}

// A select with two ready cases is chosen by Go, and so the run does not repeat.
func TestPlan_Twice_sees_a_select(t *testing.T) {
	out := fails(t, func(t *testing.T) {
		inflighttest.Explore(t, inflighttest.Plan{Twice: true}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
			a, b := make(chan int, 1), make(chan int, 1)
			a <- 1
			b <- 2
			select {
			case <-a:
			case <-b:
				inflight.Point(ctx, "b")
			}
		})
	})
	says(t, out, "not repeatable, found in run", "The run went another way")
}

// Explorations in parallel know nothing of each other, nor of tests that are none.
func TestExplore_parallel(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			inflighttest.Explore(t, inflighttest.Plan{Runs: runsFor(300), For: time.Minute, Twice: true}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
				q := queue.New[int](1)
				for range 2 {
					g.Go(func(ctx context.Context) error { return q.Put(ctx, 1) })
				}
				for range 2 {
					q.Get(ctx)
				}
			})
		})
	}
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		var mu locks.Mutex
		inflight.Gather(t.Context(), func(ctx context.Context) (int, error) {
			return 0, mu.Do(ctx, func(ctx context.Context) error { return inflight.Sleep(ctx, time.Millisecond) })
		}, func(ctx context.Context) (int, error) {
			return 0, mu.Do(ctx, func(context.Context) error { return nil })
		})
	})
}
