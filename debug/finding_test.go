package debug_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// below returns a snapshot of the scope with the given name and all that is in it.
func below(t *testing.T, root string) *debug.Snapshot {
	t.Helper()
	s := &debug.Snapshot{Taken: time.Now()}
	in := make(map[uint64]bool)
	for _, task := range debug.Tasks() {
		if task.Name == root || in[task.Parent] {
			in[task.ID] = true
			s.Tasks = append(s.Tasks, task)
		}
	}
	return s
}

// stuck runs body in a scope of the test's name, in a bubble, until everything waits;
// looks; and ends it.
func stuck(t *testing.T, body func(ctx context.Context, g *inflight.TaskGroup) error, look func(s *debug.Snapshot)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		inflight.SetDebug(1)
		defer inflight.SetDebug(0)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = inflight.Run(ctx, body, inflight.Label(t.Name()))
		}()
		synctest.Wait()
		look(below(t, t.Name()))
		cancel()
		<-done
	})
}

func named(name string) inflight.TaskOption { return inflight.Name(name) }

// wantFinding checks that there is one finding, of the kind, that says all the parts.
func wantFinding(t testing.TB, found []debug.Finding, kind string, parts ...string) {
	t.Helper()
	if len(found) != 1 || found[0].Kind != kind || len(found[0].Tasks) == 0 {
		t.Fatalf("found %+v, want one %s", found, kind)
	}
	for _, part := range parts {
		if !strings.Contains(found[0].Text, part) {
			t.Errorf("%q does not say %q", found[0].Text, part)
		}
	}
}

func TestIN10_cycle_of_awaits(t *testing.T) {
	stuck(t, func(ctx context.Context, g *inflight.TaskGroup) error {
		var a, b *inflight.Task[struct{}]
		ready := make(chan struct{})
		a = g.Go(func(ctx context.Context) error { <-ready; _, err := b.Await(ctx); return err }, named("a"))
		b = g.Go(func(ctx context.Context) error { <-ready; _, err := a.Await(ctx); return err }, named("b"))
		g.Go(func(ctx context.Context) error { <-ready; _, err := a.Await(ctx); return err }, named("victim"))
		close(ready)
		return nil
	}, func(s *debug.Snapshot) {
		found := s.Diagnose(debug.Limits{})
		wantFinding(t, found, debug.Deadlock, "a (finding_test.go:", "awaits b (", "awaits a (")
		if strings.Contains(found[0].Text, "victim") || len(found[0].Tasks) != 2 {
			t.Errorf("it is about %v: %s", found[0].Tasks, found[0].Text)
		}
	})
}

func TestIN10_cycle_of_locks(t *testing.T) {
	var x, y locks.Mutex
	stuck(t, func(ctx context.Context, g *inflight.TaskGroup) error {
		lock := func(first, second *locks.Mutex) func(context.Context) error {
			return func(ctx context.Context) error {
				return first.Do(ctx, func(ctx context.Context) error {
					if err := inflight.Sleep(ctx, time.Nanosecond); err != nil {
						return err
					}
					return second.Do(ctx, func(context.Context) error { return nil })
				})
			}
		}
		g.Go(lock(&x, &y), named("a"))
		g.Go(lock(&y, &x), named("b"))
		return inflight.Sleep(ctx, time.Second)
	}, func(s *debug.Snapshot) {
		time.Sleep(2 * time.Second)
		wantFinding(t, below(t, t.Name()).Diagnose(debug.Limits{}), debug.Deadlock, "a (", "waits for mutex #", "which b (", "which a (")
	})
}

// A cycle may go through a scope: a task waits for what is in it, and that for a lock
// which the task holds.
func TestIN10_cycle_through_a_scope(t *testing.T) {
	var m locks.Mutex
	stuck(t, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			return m.Do(ctx, func(ctx context.Context) error {
				_, err := inflight.Gather(ctx, func(ctx context.Context) (int, error) {
					return 0, m.Do(ctx, func(context.Context) error { return nil })
				})
				return err
			})
		}, named("outer"))
		return nil
	}, func(s *debug.Snapshot) {
		wantFinding(t, s.Diagnose(debug.Limits{}), debug.Deadlock, "outer (", "is in gather-", "which runs in it", "which outer (")
	})
}

func TestIN10_lock_twice(t *testing.T) {
	var m locks.Mutex
	stuck(t, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			return m.Do(ctx, func(ctx context.Context) error { return m.Do(ctx, func(context.Context) error { return nil }) })
		}, named("twice"))
		return nil
	}, func(s *debug.Snapshot) {
		wantFinding(t, s.Diagnose(debug.Limits{}), debug.Deadlock, "twice (", "which it holds itself")
	})
}

// What any of several can end is no deadlock, and what a deadline ends is said.
func TestIN10_no_cycle(t *testing.T) {
	stuck(t, func(ctx context.Context, g *inflight.TaskGroup) error {
		var a *inflight.Task[struct{}]
		ready := make(chan struct{})
		free := g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) }, named("free"))
		b := g.Go(func(ctx context.Context) error { <-ready; _, err := a.Await(ctx); return err }, named("b"))
		a = g.Go(func(ctx context.Context) error {
			_, _, err := inflight.Wait(ctx, inflight.FirstDone, b, free)
			return err
		}, named("a"))
		close(ready)
		return nil
	}, func(s *debug.Snapshot) {
		if found := s.Diagnose(debug.Limits{}); len(found) != 0 {
			t.Errorf("found %+v", found)
		}
	})
	stuck(t, func(ctx context.Context, g *inflight.TaskGroup) error {
		var a, b *inflight.Task[struct{}]
		ready := make(chan struct{})
		a = g.Go(func(ctx context.Context) error {
			<-ready
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			_, err := b.Await(ctx)
			return err
		}, named("a"))
		b = g.Go(func(ctx context.Context) error { <-ready; _, err := a.Await(ctx); return err }, named("b"))
		close(ready)
		return nil
	}, func(s *debug.Snapshot) {
		wantFinding(t, s.Diagnose(debug.Limits{}), debug.Deadlock, "a deadline will end it")
	})
}

// Many cycles, and one through very many, are found without recursion.
func TestIN10_multiple_cycles(t *testing.T) {
	var s debug.Snapshot
	const n = 50_000
	for i := range uint64(n) {
		s.Tasks = append(s.Tasks, debug.Task{ID: i + 1, Name: fmt.Sprint("t", i), Kind: "task", Waiting: "task.await", On: (i+1)%n + 1})
	}
	for i := range uint64(10) {
		id := 100_000 + 2*i
		s.Tasks = append(s.Tasks,
			debug.Task{ID: id, Name: "x", Kind: "task", Waiting: "task.await", On: id + 1},
			debug.Task{ID: id + 1, Name: "y", Kind: "task", Waiting: "task.await", On: id})
	}
	found := s.Diagnose(debug.Limits{})
	if len(found) != 11 || len(found[0].Text) > 2000 || !strings.Contains(found[0].Text, "more") {
		t.Errorf("%d findings, the first %.300s", len(found), found[0].Text)
	}
}

func TestIN12_slow_to_cancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inflight.SetDebug(1)
		defer inflight.SetDebug(0)
		ctx, cancel := context.WithCancelCause(context.Background())
		release, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			_ = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(context.Context) error { <-release; return nil }, named("deaf"))
				g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) }, named("good"))
				return nil
			}, inflight.Label(t.Name()))
		}()
		time.Sleep(time.Minute)
		cancel(errors.New("enough"))
		time.Sleep(4 * time.Second)
		if found := below(t, t.Name()).Diagnose(debug.Limits{}); len(found) != 0 {
			t.Errorf("after 4 s: %+v", found)
		}
		time.Sleep(2 * time.Second)
		wantFinding(t, below(t, t.Name()).Diagnose(debug.Limits{}), debug.Ignored, "deaf (finding_test.go:", "cancelled ", "enough", "does not look at its context")
		close(release)
		<-done
	})
}

func TestLongWaits(t *testing.T) {
	q := queue.New[int](1)
	stuck(t, func(ctx context.Context, g *inflight.TaskGroup) error {
		get := func(ctx context.Context) error { _, err := q.Get(ctx); return err }
		for range 3 {
			g.Go(get, named("worker"))
		}
		g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) })
		g.Go(func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 2*time.Hour)
			defer cancel()
			return get(ctx)
		})
		g.Service(get)
		return nil
	}, func(s *debug.Snapshot) {
		time.Sleep(59 * time.Second)
		if found := below(t, t.Name()).Diagnose(debug.Limits{}); len(found) != 0 {
			t.Errorf("after 59 s: %+v", found)
		}
		time.Sleep(2 * time.Second)
		wantFinding(t, below(t, t.Name()).Diagnose(debug.Limits{}), debug.LongWait, "worker (", "and 2 more wait for queue.get #", "for 1m")
		if found := below(t, t.Name()).Diagnose(debug.Limits{Wait: -1}); len(found) != 0 {
			t.Errorf("with less than zero: %+v", found)
		}
	})
}

// The monitor tells a finding once, and again when it has come back.
func TestMonitorTellsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.New[int](1)
		told := 0
		m := &debug.Monitor{Limits: debug.Limits{Wait: 10 * time.Second}, Stalled: -1, Warn: func(f debug.Finding) {
			told++
			if f.Kind != debug.LongWait || !strings.Contains(f.Text, t.Name()) {
				t.Errorf("told %+v", f)
			}
		}}
		ctx, cancel := context.WithCancelCause(context.Background())
		stop := errors.New("stop")
		defer inflight.SetDebug(0)
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error { return m.Run(ctx) }, named("monitor"))
			synctest.Wait() // from here on waits are timed
			g.Go(func(ctx context.Context) error {
				for {
					if _, err := q.Get(ctx); err != nil {
						return err
					}
				}
			}, named(t.Name()))
			for want := 1; want <= 2; want++ {
				if err := inflight.Sleep(ctx, 40*time.Second); err != nil {
					return err
				}
				if told != want {
					t.Errorf("told %d times, want %d", told, want)
				}
				if err := q.Put(ctx, 1); err != nil {
					return err
				}
			}
			cancel(stop)
			return nil
		})
		if !errors.Is(err, stop) {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestAsleep(t *testing.T) {
	const (
		ours   = "goroutine 7 [select]:\ngithub.com/inflight-go/inflight/internal/park.(*Waiter).Park(0x1)\n\t/p/waiter.go:1 +0x1\nmain.work()\n\t/m.go:1 +0x1"
		join   = "goroutine 1 [sync.WaitGroup.Wait]:\nsync.(*WaitGroup).Wait(0x1)\n\t/w.go:1 +0x1\ngithub.com/inflight-go/inflight.Run()\n\t/r.go:1 +0x1"
		raw    = "goroutine 8 [chan receive]:\nmain.raw()\n\t/m.go:1 +0x1"
		old    = "goroutine 8 [chan receive, 2 minutes]:\nmain.raw()\n\t/m.go:1 +0x1"
		sleep  = "goroutine 9 [sleep]:\ntime.Sleep()\n\t/m.go:1 +0x1"
		io     = "goroutine 9 [IO wait]:\nnet.accept()\n\t/m.go:1 +0x1"
		own    = "goroutine 9 [IO wait]:\ngithub.com/inflight-go/inflight/internal/attach.(*Listener).Accept()\n\t/m.go:1 +0x1"
		serves = "goroutine 10 [runnable]:\nnet/http.(*conn).serve()\n\t/s.go:1 +0x1\ncreated by net/http.(*Server).Serve in goroutine 9\n\t/s.go:1 +0x1"
		reads  = "goroutine 11 [IO wait]:\nnet/http.(*connReader).backgroundRead()\n\t/s.go:1 +0x1\ncreated by net/http.(*connReader).startBackgroundRead in goroutine 10\n\t/s.go:1 +0x1"
		warned = "goroutine 12 [runnable]:\nmain.warn()\n\t/m.go:1 +0x1\ncreated by main.main in goroutine 9\n\t/m.go:1 +0x1"
		signal = "goroutine 9 [syscall]:\nos/signal.signal_recv()\n\t/m.go:1 +0x1"
		runs   = "goroutine 9 [running]:\nmain.main()\n\t/m.go:1 +0x1"
		mutex  = "goroutine 9 [sync.Mutex.Lock]:\nmain.main()\n\t/m.go:1 +0x1"
	)
	for name, c := range map[string]struct {
		entries []string
		others  int
		alive   bool
	}{
		"ours":             {[]string{ours, join, own, signal}, 0, false},
		"attached":         {[]string{ours, reads, serves, own}, 0, false},
		"a server":         {[]string{ours, reads, serves}, 0, true},
		"started from it":  {[]string{ours, own, warned}, 0, true},
		"a channel, fresh": {[]string{ours, raw}, 0, true},
		"a channel, old":   {[]string{ours, old}, 1, false},
		"a mutex":          {[]string{ours, mutex}, 1, false},
		"sleep":            {[]string{ours, sleep}, 0, true},
		"I/O":              {[]string{ours, io}, 0, true},
		"running":          {[]string{ours, runs}, 0, true},
		"nothing readable": {[]string{ours, "?"}, 0, true},
	} {
		if others, alive := debug.Asleep(c.entries...); others != c.others || alive != c.alive {
			t.Errorf("%s: %d others, alive %v", name, others, alive)
		}
	}
}
