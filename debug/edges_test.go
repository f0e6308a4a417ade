package debug_test

import (
	"context"
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

// Each wait is in the tree, with what it is for.
func TestIN1_IN2_IN3_IN4_IN5_IN6_IN7_waits_are_in_the_tree(t *testing.T) {
	var m locks.Mutex
	q := queue.New[int](1)
	hour := func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) }
	stuck(t, func(ctx context.Context, g *inflight.TaskGroup) error {
		slow := g.Go(hour, named("slow"))
		g.Go(func(ctx context.Context) error { _, err := slow.Await(ctx); return err }, named("await"))
		g.Go(func(ctx context.Context) error { _, _, err := inflight.Wait(ctx, inflight.AllDone, slow); return err }, named("wait"))
		g.Go(func(ctx context.Context) error {
			for range inflight.Completed(ctx, slow) {
			}
			return nil
		}, named("completed"))
		g.Go(func(ctx context.Context) error {
			_, err := inflight.Gather(ctx, func(ctx context.Context) (int, error) { return 0, hour(ctx) })
			return err
		}, named("gather"))
		g.Go(func(ctx context.Context) error { return m.Do(ctx, hour) }, named("holder"))
		g.Go(func(ctx context.Context) error {
			if err := inflight.Sleep(ctx, time.Millisecond); err != nil {
				return err
			}
			return m.Do(ctx, hour)
		}, named("lock"))
		g.Go(func(ctx context.Context) error { _, err := q.Get(ctx); return err }, named("queue"))
		g.Go(func(ctx context.Context) error {
			ctx, d := inflight.WithDeadline(ctx, time.Hour)
			defer d.Stop()
			_, err := q.Get(ctx)
			return err
		}, named("timed"))
		return nil
	}, func(*debug.Snapshot) {
		time.Sleep(time.Second)
		s := below(t, t.Name())
		var b strings.Builder
		_ = s.Tree().WriteText(&b)
		for _, want := range []string{
			"[group.join]", "slow [sleep]", "await [task.await slow]", "wait [wait for slow]", "completed [completed for one of slow]",
			"gather [running]", "└─ gather-", "holder [sleep]", "lock [mutex.lock #", ", held by holder]", "queue [queue.get #", "timed [queue.get #",
		} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%q is not in\n%s", want, b.String())
			}
		}
		for _, task := range s.Tasks {
			if task.Timed != (task.Name == "timed") {
				t.Errorf("%s: timed %v", task.Name, task.Timed)
			}
		}
	})
}

func TestIN8_edges_vanish_when_the_wait_ends(t *testing.T) {
	var m locks.Mutex
	var release chan struct{}
	stuck(t, func(ctx context.Context, g *inflight.TaskGroup) error {
		release = make(chan struct{})
		first := g.Go(func(context.Context) error { <-release; return nil }, named("first"))
		g.Go(func(ctx context.Context) error {
			_, _, err := inflight.Wait(ctx, inflight.AllDone, first)
			if err == nil {
				err = m.Lock(ctx)
			}
			if err == nil {
				<-ctx.Done()
			}
			return err
		}, named("second"))
		return nil
	}, func(s *debug.Snapshot) {
		second := func() debug.Task {
			for _, task := range below(t, t.Name()).Tasks {
				if task.Name == "second" {
					return task
				}
			}
			t.Fatal("it is gone")
			panic("")
		}
		if w := second(); w.Waiting != "wait" || len(w.Targets) != 1 {
			t.Errorf("waits for %q of %v", w.Waiting, w.Targets)
		}
		close(release)
		synctest.Wait()
		if w := second(); w.Waiting != "" || w.Targets != nil || w.On != 0 || w.Holder != 0 || w.Wait != 0 {
			t.Errorf("after the wait: %+v", w)
		}
	})
}

func TestIN13_creation_site_at_level_2(t *testing.T) {
	for _, level := range []int{0, 1, 2} {
		synctest.Test(t, func(t *testing.T) {
			inflight.SetDebug(level)
			defer inflight.SetDebug(0)
			err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(ctx context.Context) error {
					i, _ := inflight.Current(ctx)
					if (i.Creator != "") != (level == 2) || level == 2 && !strings.Contains(i.Creator, "edges_test.go:") {
						t.Errorf("level %d: started at %q", level, i.Creator)
					}
					if i.Started.IsZero() != (level == 0) {
						t.Errorf("level %d: started %v", level, i.Started)
					}
					return nil
				})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// brokenError is an error that can't be told.
type brokenError struct{}

func (brokenError) Error() string { panic("no words") }

func TestIN14_broken_errors_do_no_harm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inflight.SetDebug(1)
		defer inflight.SetDebug(0)
		_ = inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(context.Context) error { return brokenError{} }, named(t.Name()))
			return nil
		})
		for _, e := range debug.Take().Ended {
			if e.Name == t.Name() {
				if e.State != "failed" || !strings.Contains(e.Err, "panics") {
					t.Errorf("ended: %+v", e)
				}
				return
			}
		}
		t.Error("it is not among those that have ended")
	})
}

// The last 256 tasks that did not succeed are kept, the latest first.
func TestEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inflight.SetDebug(1)
		defer inflight.SetDebug(0)
		_ = inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
			for i := range 300 {
				g.Go(func(context.Context) error { return fmt.Errorf("number %d", i) }, named(t.Name())).Await(context.Background())
			}
			g.Go(func(context.Context) error { return nil }, named("succeeds"))
			c := g.Go(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, named("cancelled"))
			time.Sleep(time.Second)
			c.Cancel(nil)
			return nil
		}, inflight.Supervise())
		all := debug.Take().Ended
		if len(all) != 256 || all[0].Name != "cancelled" || all[0].State != "cancelled" || all[0].Lived < 980*time.Millisecond ||
			all[1].Err != "number 299" || all[255].Err != "number 45" {
			t.Errorf("%d, from %+v, %+v to %+v", len(all), all[0], all[1], all[len(all)-1])
		}
	})
}
