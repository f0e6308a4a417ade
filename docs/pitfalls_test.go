package docs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
	"github.com/inflight-go/inflight/session"
)

// What pitfalls.md says of each pitfall, as a program that runs.

var errTax = errors.New("no tax for that")

func Example_forgottenAwait() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(context.Context) error {
			fmt.Println("it runs, though nobody awaits it")
			return errTax
		})
		return nil
	})
	fmt.Println(err)
	// Output:
	// it runs, though nobody awaits it
	// no tax for that
}

func Example_blockingCall() {
	inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		rendered := make(chan struct{})
		g.Go(func(context.Context) error {
			<-rendered // blocks, and knows nothing of a context
			fmt.Println("the slow one")
			return nil
		})
		g.Go(func(context.Context) error {
			fmt.Println("the quick one, meanwhile")
			close(rendered)
			return nil
		})
		return nil
	})
	// Output:
	// the quick one, meanwhile
	// the slow one
}

func Example_cpuWork() {
	var stop atomic.Bool
	inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(context.Context) error {
			for !stop.Load() { // computes, and never waits
			}
			return nil
		})
		g.Go(func(ctx context.Context) error {
			defer stop.Store(true)
			return inflight.Sleep(ctx, time.Millisecond)
		})
		return nil
	})
	fmt.Println("both are done")
	// Output: both are done
}

func Example_fireAndForget() {
	saved := false
	inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			err := inflight.Sleep(ctx, time.Millisecond)
			saved = true
			return err
		})
		return nil
	})
	fmt.Println("saved:", saved)
	// Output: saved: true
}

func Example_unlimited() {
	var busy meter
	inflight.Map(context.Background(), make([]int, 100), 5, func(ctx context.Context, _ int) (int, error) {
		defer busy.enter()()
		return 0, inflight.Sleep(ctx, time.Millisecond)
	})
	fmt.Println("at most at once:", busy.most)

	defer func() { fmt.Println(recover()) }()
	inflight.Map(context.Background(), make([]int, 100), 0, func(context.Context, int) (int, error) { return 0, nil })
	// Output:
	// at most at once: 5
	// inflight: Map with a limit of 0: at least one must be able to run (inflight.Unlimited for no limit)
}

// A meter counts how many are inside.
type meter struct {
	mu        sync.Mutex
	now, most int
}

func (m *meter) enter() (leave func()) {
	m.add(1)
	return func() { m.add(-1) }
}

func (m *meter) add(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now += n
	m.most = max(m.most, m.now)
}

func Example_swallowedCancellation() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	fmt.Println(inflight.Sleep(ctx, time.Hour)) // somebody does not look at this,
	fmt.Println(inflight.Sleep(ctx, time.Hour)) // and the next wait says it again
	// Output:
	// context canceled
	// context canceled
}

// A server that never answers, and a session of which no time was said.
func TestMissingTimeouts(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		origin := inflighttest.NewOrigin(t, inflighttest.Hang(nil))
		s, err := session.New(session.Options{Dial: origin.Dial})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		began := time.Now()
		_, err = s.Get(ctx, origin.URL())
		timeout, ok := errors.AsType[*session.TimeoutError](err)
		if !ok || timeout.Limit != 30*time.Second {
			t.Errorf("%v, want a timeout of 30 s for an attempt", err)
		}
		if took := time.Since(began); took < 5*30*time.Second || took > 4*time.Minute {
			t.Errorf("the five attempts took %v", took)
		}
	})
}

// Ten requests by one session are one connection, and by ten sessions ten. Nothing
// warns of the latter.
func TestNoSessionReuse(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		origin := inflighttest.NewOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }))
		open := func() *session.Session {
			s, err := session.New(session.Options{Dial: origin.Dial})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s
		}
		one := open()
		for range 10 {
			if _, err := one.Get(ctx, origin.URL()); err != nil {
				t.Fatal(err)
			}
		}
		if n := origin.Dials(); n != 1 {
			t.Errorf("one session has made %d connections", n)
		}
		for range 10 {
			if _, err := open().Get(ctx, origin.URL()); err != nil {
				t.Fatal(err)
			}
		}
		if n := origin.Dials(); n != 11 {
			t.Errorf("ten sessions have made %d connections", n-1)
		}
	})
}

func Example_gatherHidesErrors() {
	errStock := errors.New("nothing in stock")
	_, err := inflight.Gather(context.Background(),
		func(context.Context) (int, error) { return 0, errTax },
		func(ctx context.Context) (int, error) {
			<-ctx.Done() // is cancelled, and fails to clean up
			return 0, errStock
		})
	fmt.Println(err)
	// Output:
	// no tax for that
	// nothing in stock
}

func Example_settleUnread() {
	prices, err := inflight.Settle(context.Background(),
		func(context.Context) (int, error) { return 3, nil },
		func(context.Context) (int, error) { return 0, errTax },
	)
	fmt.Println(err) // of the context alone
	for _, p := range prices {
		fmt.Println(p.Value, p.Err)
	}
	// Output:
	// <nil>
	// 3 <nil>
	// 0 no tax for that
}

func Example_neverRetrieved() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		p := inflight.NewPromise[int](ctx)
		p.Reject(errTax) // and nobody asks
		return nil
	})
	fmt.Println(errors.Is(err, errTax))
	// Output: true
}

func Example_sharedState() {
	ctx := context.Background()
	var mu locks.Mutex // may be held across a wait
	balance := 100
	withdraw := func(ctx context.Context, n int) error {
		return mu.Do(ctx, func(ctx context.Context) error {
			was := balance
			err := inflight.Sleep(ctx, time.Millisecond) // asks somebody
			balance = was - n
			return err
		})
	}
	inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error { return withdraw(ctx, 30) })
		g.Go(func(ctx context.Context) error { return withdraw(ctx, 20) })
		return nil
	})
	fmt.Println(balance)
	// Output: 50
}

func Example_syncAndAsync() {
	total := func(prices ...int) (sum int) { // a plain function, in which there is a run
		inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
			for _, p := range prices {
				g.Go(func(context.Context) error { return nil })
				sum += p
			}
			return nil
		})
		return sum
	}
	inflight.Run(context.Background(), func(context.Context, *inflight.TaskGroup) error {
		fmt.Println(total(3, 7))
		return nil
	})
	// Output: 10
}

func Example_forgottenClose() {
	pages := func() iter.Seq[int] {
		return func(yield func(int) bool) {
			defer fmt.Println("the connection is closed")
			for page := 1; yield(page); page++ {
			}
		}
	}
	for page := range pages() {
		if page == 2 {
			break
		}
	}
	fmt.Println("after the loop")
	// Output:
	// the connection is closed
	// after the loop
}

func Example_queueEnds() {
	var got atomic.Int64
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		q := queue.New[int](10)
		for range 3 {
			g.Go(func(ctx context.Context) error {
				for n := range q.All(ctx) {
					got.Add(int64(n))
				}
				return ctx.Err()
			})
		}
		p := q.Producer()
		defer p.Close() // the last producer ends the queue, and the queue its consumers
		for n := range 10 {
			if err := p.Put(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
	fmt.Println(got.Load(), err)
	// Output: 45 <nil>
}

func Example_panicInACallback() {
	defer func() {
		p := recover().(*inflight.PanicError)
		fmt.Println(p.Value)
	}()
	inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		task := g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Millisecond) })
		task.OnDone(func() { panic("boom") })
		return nil
	})
	// Output: boom
}

func Example_waitAndForget() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		quick := g.Go(func(context.Context) error { return nil })
		slow := g.Go(func(ctx context.Context) error {
			err := inflight.Sleep(ctx, 5*time.Millisecond)
			fmt.Println("the slow one is done too")
			return err
		})
		done, pending, err := inflight.Wait(ctx, inflight.FirstDone, quick, slow)
		fmt.Println(len(done), "done,", len(pending), "not yet")
		return err
	})
	fmt.Println(err)
	// Output:
	// 1 done, 1 not yet
	// the slow one is done too
	// <nil>
}

func Example_cancelAndForget() {
	inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		task := g.Go(func(ctx context.Context) error {
			<-ctx.Done()
			fmt.Println("cleaned up:", context.Cause(ctx))
			return ctx.Err()
		})
		task.Cancel(errTax)
		return nil
	})
	fmt.Println("after it")
	// Output:
	// cleaned up: no tax for that
	// after it
}

func Example_threads() {
	q := queue.New[string](1)
	go q.PutNow("from a goroutine that no scope knows")
	fmt.Println(q.Get(context.Background()))
	// Output: from a goroutine that no scope knows <nil>
}

func Example_unboundedQueue() {
	fmt.Println(queue.New[int](0).PutNow(1)) // zero: each put waits for its get
	fmt.Println(queue.New[int](queue.Unbounded).PutNow(1))
	// Output:
	// inflight/queue: the queue is full
	// <nil>
}

// Tests that sleep: here an hour takes no time.
func TestSlowTests(t *testing.T) {
	began := time.Now()
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		woken := time.Now()
		if err := inflight.Sleep(ctx, time.Hour); err != nil {
			t.Error(err)
		}
		if slept := time.Since(woken); slept != time.Hour {
			t.Errorf("slept %v", slept)
		}
	})
	if took := time.Since(began); took > 30*time.Minute {
		t.Errorf("an hour took %v", took)
	}
}

func Example_oneAfterTheOther() {
	var busy meter
	get := func(ctx context.Context) (int, error) {
		defer busy.enter()()
		return 1, inflight.Sleep(ctx, 5*time.Millisecond)
	}
	ctx := context.Background()
	get(ctx)
	get(ctx)
	fmt.Println("at once:", busy.most)
	inflight.Gather2(ctx, get, get)
	fmt.Println("at once:", busy.most)
	// Output:
	// at once: 1
	// at once: 2
}

// What remains.

// A function that does not look at its context keeps its scope, and its caller.
func TestIgnoredContext(t *testing.T) {
	inflight.SetDebug(1)
	defer inflight.SetDebug(0)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		time.AfterFunc(time.Minute, func() {
			found := debug.Take().Findings
			if !slices.ContainsFunc(found, func(f debug.Finding) bool {
				return f.Kind == debug.Ignored && strings.Contains(f.Text, "deaf")
			}) {
				t.Errorf("nothing is said of who does not listen: %v", found)
			}
		})
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(context.Context) error {
				time.Sleep(time.Hour)
				return nil
			}, inflight.Name("deaf"))
			return nil
		})
		if took := time.Since(began); took != time.Hour || err != nil {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// What can be abandoned is abandoned, and said.
func TestAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := inflight.Offload(ctx, func() (int, error) {
			time.Sleep(time.Hour)
			return 0, nil
		})
		if took := time.Since(began); !errors.Is(err, inflight.ErrAbandoned) || took != time.Second {
			t.Errorf("%v after %v", err, took)
		}
		time.Sleep(time.Hour) // what was left behind ends, and so may the bubble
	})
}

func Example_cleanupUnderAnEndedContext() {
	flush := func(ctx context.Context) error { return inflight.Sleep(ctx, time.Millisecond) }
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	fmt.Println("with ctx:", flush(ctx))
	shielded, done := inflight.Shield(ctx, time.Second)
	defer done()
	fmt.Println("shielded:", flush(shielded))
	// Output:
	// with ctx: context canceled
	// shielded: <nil>
}

func Example_longCleanup() {
	inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			defer func() {
				time.Sleep(5 * time.Millisecond)
				fmt.Println("the cleanup is over")
			}()
			<-ctx.Done()
			return ctx.Err()
		})
		return errTax
	})
	fmt.Println("and so is the scope")
	// Output:
	// the cleanup is over
	// and so is the scope
}

func Example_waitForOneself() {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		self := make(chan *inflight.Task[struct{}], 1)
		self <- g.Go(func(ctx context.Context) error {
			_, err := (<-self).Await(ctx)
			return err
		})
		return nil
	})
	fmt.Println(errors.Is(err, inflight.ErrSelfAwait))
	// Output: true
}

// The group is full of tasks that want more tasks of it. It ends with the context.
func TestFullOfItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				g.Go(func(context.Context) error { return nil })
				return ctx.Err()
			})
			return nil
		}, inflight.Limit(1))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func Example_contextOfATask() {
	var kept context.Context
	inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			kept = ctx
			return nil
		})
		return nil
	})
	fmt.Println(kept.Err())
	// Output: context canceled
}

func Example_sharedMap() {
	prices, err := inflight.Map(context.Background(), []string{"tea", "bread"}, 2, func(_ context.Context, item string) (int, error) {
		return len(item), nil // and not prices[item] = len(item)
	})
	fmt.Println(prices, err)

	byItem := make(map[string]int) // only the loop writes it
	for item, r := range inflight.Each(context.Background(), slices.Values([]string{"tea", "bread"}), 2, func(_ context.Context, item string) (int, error) {
		return len(item), nil
	}) {
		byItem[item] = r.Value
	}
	fmt.Println(slices.Sorted(maps.Keys(byItem)))
	// Output:
	// [3 5] <nil>
	// [bread tea]
}

// A break waits for an input that blocks.
func TestInputThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		slow := func(yield func(int) bool) {
			for n := 0; yield(n); n++ {
				time.Sleep(time.Hour) // knows nothing of a context
			}
		}
		for range inflight.Each(t.Context(), slow, 1, func(_ context.Context, n int) (int, error) { return n, nil }) {
			break
		}
		if took := time.Since(began); took != time.Hour {
			t.Errorf("the break took %v", took)
		}
	})
}

func Example_ignoredError() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	q := queue.New[int](1)
	q.Put(ctx, 1) // says that it has not put it; nobody looks
	fmt.Println(q.Len())
	// Output: 0
}

// What the library does not know of, a channel for example, it does not see.
func TestRawWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			raw, known := make(chan int), queue.New[int](0)
			g.Go(func(context.Context) error { <-raw; return nil }, inflight.Name("raw"))
			g.Go(func(ctx context.Context) error { _, err := known.Get(ctx); return err }, inflight.Name("known"))
			synctest.Wait()
			for _, task := range inflight.Tasks() {
				if task.Name == "raw" && task.Waiting != "" || task.Name == "known" && task.Waiting != "queue.get" {
					t.Errorf("%s waits for %q", task.Name, task.Waiting)
				}
			}
			close(raw)
			return known.Put(ctx, 1)
		})
	})
}
