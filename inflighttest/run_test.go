package inflighttest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

var errBoom = errors.New("boom")

// An hour of the bubble takes no real time, is exactly an hour, and does not pass
// while somebody is busy.
func TestTK3_time_passes_when_all_wait(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		begin := time.Now()
		task := g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) })
		for range 100_000 {
			if time.Now() != begin {
				t.Fatal("the clock has moved though the test was busy")
			}
		}
		if _, err := task.Await(ctx); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begin); d != time.Hour {
			t.Errorf("an hour took %v", d)
		}
	})
}

// Tasks that outlive fn are waited for, services are ended, and the test passes.
func TestTK1_tasks_outlive_the_function(t *testing.T) {
	var mu sync.Mutex
	var order []string
	ended := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, what)
	}
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		t.Cleanup(func() { ended("cleanup") })
		g.Go(func(ctx context.Context) error {
			defer ended("task")
			return inflight.Sleep(ctx, time.Minute)
		})
		g.Service(func(ctx context.Context) error {
			defer ended("service")
			<-ctx.Done()
			return ctx.Err()
		})
		ended("fn")
	})
	if got := strings.Join(order, " "); got != "fn task service cleanup" {
		t.Errorf("ended in the order %q", got)
	}
}

// However fn ends, the tasks end before the cleanups begin, the cleanups run in
// the reverse of their order, and those outside of the bubble come last.
func TestTK1_order_of_ending(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(t *testing.T, g *inflight.TaskGroup)
		says []string
	}{
		{"Fatal", func(t *testing.T, g *inflight.TaskGroup) { t.Fatal("fatal") }, []string{"outer cleanup", "fatal"}},
		{"task", func(t *testing.T, g *inflight.TaskGroup) {
			g.Go(func(context.Context) error { return errBoom })
		}, []string{"outer cleanup", "boom"}},
		{"Cancel", func(t *testing.T, g *inflight.TaskGroup) { g.Cancel(errBoom) }, []string{"outer cleanup", "boom"}},
		{"panic", func(t *testing.T, g *inflight.TaskGroup) { panic("oh no") }, []string{"panic: oh no"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			output := fails(t, func(t *testing.T) {
				t.Cleanup(func() { fmt.Println("outer cleanup") })
				inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
					t.Cleanup(func() { fmt.Println("first cleanup") })
					t.Cleanup(func() { fmt.Println("second cleanup") })
					g.Go(func(ctx context.Context) error {
						<-ctx.Done()
						fmt.Println("task over")
						return ctx.Err()
					})
					inflighttest.Settle()
					c.end(t, g)
				})
			})
			says(t, output, "task over", "second cleanup", "first cleanup")
			for _, s := range c.says {
				says(t, output, s)
			}
		})
	}
}

// Goroutines that are left are named with the place where they are blocked and
// the place where they were started, and so are the tasks that they run.
func TestTK2_leaked_goroutines(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			for range 3 {
				go leakOnChannel(make(chan int))
			}
			go new(locks.Event).Wait(context.Background())
			go time.Sleep(time.Hour)
			go inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(leakedTask, inflight.Name("poller"))
				return nil
			}, inflight.Label("stray"))
			inflighttest.Settle()
		})
	})
	says(t, output, "TestTK2_leaked_goroutines is over, and goroutines are left",
		"3 × [chan receive] inflighttest_test.leakOnChannel at run_test.go:", ", started by inflighttest_test.TestTK2_leaked_goroutines")
	for _, want := range []string{"[sleep] time.Sleep at", "park.(*Waiter).Block", "inflighttest_test.leakedTask at run_test.go:"} {
		says(t, output, want)
	}
	says(t, output, "tasks:", "stray [group.join] run_test.go:", "poller [running] run_test.go:", "--- FAIL")
	saysNot(t, output, "panic:", "testing.tRunner", "deadlock")
}

func leakOnChannel(c chan int) { <-c }

func leakedTask(context.Context) error {
	<-make(chan int)
	return nil
}

// A test that leaks goroutines does not keep the ones after it from running.
func TestTK2_the_next_test_runs(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		t.Run("leaks", func(t *testing.T) {
			inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
				go leakOnChannel(make(chan int))
			})
		})
		t.Run("stuck", func(t *testing.T) {
			inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
				<-make(chan int)
			})
		})
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			t.Log("alive")
		})
	})
	says(t, output, "leaks is over, and goroutines are left", "deadlock: everything in", "alive")
}

// What a cleanup ends is not left over.
func TestTK2_cleanup_ends_goroutines(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		stop := make(chan int)
		t.Cleanup(func() { close(stop) })
		go leakOnChannel(stop)
	})
}

// Two tasks that wait for each other's lock are a deadlock: the failure shows
// both, with what they wait for, and the body that waits for one of them. Then
// all are cancelled, and the test ends.
func TestRun_deadlock(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			var a, b locks.Mutex
			both := func(first, second *locks.Mutex) func(context.Context) error {
				return func(ctx context.Context) error {
					return first.Do(ctx, func(ctx context.Context) error {
						inflight.Sleep(ctx, time.Second)
						return second.Do(ctx, func(context.Context) error { return nil })
					})
				}
			}
			left := g.Go(both(&a, &b), inflight.Name("left"))
			g.Go(both(&b, &a), inflight.Name("right"))
			g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, 24*time.Hour) }, inflight.Name("sleeper"))
			go func() { <-ctx.Done() }()
			defer fmt.Println("the body is over")
			left.Await(ctx)
		})
	})
	says(t, output, "the body is over", "deadlock: everything in TestRun_deadlock is blocked",
		"tasks:", "TestRun_deadlock [task.await of left]",
		"left [mutex.lock #", "run_test.go:", "right [mutex.lock #", "run_test.go:",
		"goroutines:", "[chan receive]", "--- FAIL")
	saysNot(t, output, "left behind", "are left", "panic:", "sleeper")
}

// A deadlock that no cancellation ends fails the test all the same, and says what
// it has left behind.
func TestRun_deadlock_that_cannot_be_ended(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			g.Go(leakedTask, inflight.Name("deaf"))
			g.Go(func(ctx context.Context) error {
				_, err := queue.New[int](1).Get(ctx)
				return err
			}, inflight.Name("hears"))
		})
	})
	says(t, output, "deadlock: everything in", "TestRun_deadlock_that_cannot_be_ended [group.join]",
		"deaf [running]", "hears [queue.get #", "was cancelled and did not end; left behind:",
		"inflighttest_test.leakedTask", "deaf [running, cancelled]", "--- FAIL")
	_, second, _ := strings.Cut(output, "left behind:")
	saysNot(t, second, "hears")
	saysNot(t, output, "panic:")
}

// A cleanup that blocks is found too.
func TestRun_deadlock_in_cleanup(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			t.Cleanup(func() { leakOnChannel(make(chan int)) })
		})
	})
	says(t, output, "deadlock: everything in", "inflighttest_test.leakOnChannel", "the cleanup of TestRun_deadlock_in_cleanup did not end", "--- FAIL")
}

// An error of a task comes out as the test's, with the line of the call of Run.
func TestRun_failing_group(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			g.Go(func(context.Context) error { return errBoom })
		})
	})
	says(t, output, "run_test.go:", "TestRun_failing_group: boom", "--- FAIL")
	saysNot(t, output, "deadlock", "are left")
}

// A rejected promise that nobody looks at fails the test, with the place of the
// rejection; one that was looked at does not.
func TestRun_unseen_rejection(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		p := inflight.NewPromise[int](ctx)
		p.Reject(errBoom)
		p.Await(ctx)
	})
	output := fails(t, func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			inflight.NewPromise[int](ctx).Reject(errBoom)
		})
	})
	says(t, output, "promise rejected at ", "run_test.go:", "boom", "--- FAIL")
}

// FailNow in fn ends fn, cancels the tasks, and is no error of the group. In a
// task it is one.
func TestRun_FailNow(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		t.Run("fn", func(t *testing.T) {
			inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
				g.Go(func(ctx context.Context) error {
					<-ctx.Done()
					fmt.Println("cancelled")
					return ctx.Err()
				})
				t.FailNow()
				fmt.Println("went on")
			})
			fmt.Println("went on")
		})
		t.Run("task", func(t *testing.T) {
			inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
				g.Go(func(ctx context.Context) error {
					t.Fatal("no more")
					return nil
				}, inflight.Name("quitter"))
			})
			fmt.Println("went on")
		})
	})
	says(t, output, "cancelled", "no more", inflight.ErrGoexit.Error()+" (quitter)", "--- FAIL: TestRun_FailNow/fn", "--- FAIL: TestRun_FailNow/task")
	saysNot(t, output, "went on", "deadlock")
}

// Skip in fn skips the test.
func TestRun_Skip(t *testing.T) {
	t.Run("skipped", func(t *testing.T) {
		t.Cleanup(func() {
			if !t.Skipped() {
				t.Error("the test was not skipped")
			}
		})
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			t.SkipNow()
		})
	})
}

// A panic in a task is one of the test, with the value, the name of the task and
// the stack of where it happened.
func TestRun_panic_in_task(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			g.Go(panickingTask, inflight.Name("rash"))
		})
	})
	says(t, output, "panic: ", `in "rash": oh no`, "inflighttest_test.panickingTask")
}

func panickingTask(context.Context) error { panic("oh no") }

// A sync.Mutex held across a wait hangs the bubble: the watchdog tells the line
// that waits for it, who is blocked meanwhile, and the tree.
func TestRun_watchdog_finds_mutex(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			var mu sync.Mutex
			g.Go(func(ctx context.Context) error { return holdAcrossWait(ctx, &mu) }, inflight.Name("holder"))
			inflighttest.Settle()
			g.Go(func(ctx context.Context) error { return holdAcrossWait(ctx, &mu) }, inflight.Name("waiter"))
		}, inflighttest.Watchdog(300*time.Millisecond))
	})
	says(t, output, "TestRun_watchdog_finds_mutex is not over.", "Its clock stands still because of:\n    [sync.Mutex.Lock] inflighttest_test.holdAcrossWait at run_test.go:",
		"sync.Mutex is held across a wait", "[sync.Mutex.Lock, synctest bubble", "Blocked meanwhile:",
		"inflighttest_test.holdAcrossWait at run_test.go:", "tasks:", "holder [sleep]", "waiter [running]",
		"panic: inflight/inflighttest: TestRun_watchdog_finds_mutex was not over after 300ms of real time")
}

func holdAcrossWait(ctx context.Context, mu *sync.Mutex) error {
	mu.Lock()
	defer mu.Unlock()
	return inflight.Sleep(ctx, time.Second)
}

// The watchdog finds a busy loop, and a wait for something outside of the bubble.
func TestRun_watchdog_finds_what_is_busy(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		r, _, err := os.Pipe()
		if err != nil {
			t.Skip(err)
		}
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			g.Go(func(ctx context.Context) error { return readForever(r) })
			g.Go(spin)
		}, inflighttest.Watchdog(300*time.Millisecond))
	})
	says(t, output, "Its clock stands still because of:", "inflighttest_test.readForever at", "inflighttest_test.spin at", "panic:")
	saysNot(t, output, "A sync.Mutex is held")
}

func readForever(f *os.File) error {
	_, err := f.Read(make([]byte, 1))
	return err
}

func spin(context.Context) error {
	for i := 0; ; i++ {
		if i < 0 {
			return nil
		}
	}
}

// The watchdog finds a test that goes on for ever, by its flag too.
func TestRun_watchdog_finds_what_never_ends(t *testing.T) {
	output := fails(t, func(t *testing.T) {
		setFlag(t, "inflight.watchdog", "300ms")
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			for range time.Tick(time.Second) {
			}
		})
	})
	says(t, output, "TestRun_watchdog_finds_what_never_ends is not over.", "panic: inflight/inflighttest: TestRun_watchdog_finds_what_never_ends was not over after 300ms")
	saysNot(t, output, "internal/synctest.Run(")
}

// A watchdog of zero is none, and one that was not needed does nothing.
func TestRun_watchdog_off(t *testing.T) {
	for _, d := range []time.Duration{0, -1, 10 * time.Millisecond} {
		inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			time.Sleep(time.Hour)
		}, inflighttest.Watchdog(d))
	}
	time.Sleep(20 * time.Millisecond)
}

// A nil function is refused before a bubble is opened.
func TestRun_nil(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "inflight/inflighttest: ") {
			t.Errorf("panicked with %q", got)
		}
	}()
	inflighttest.Run(t, nil)
}

// Run in a bubble panics as synctest.Test does.
func TestRun_in_bubble(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		defer func() {
			if got := fmt.Sprint(recover()); !strings.Contains(got, "synctest") {
				t.Errorf("panicked with %q", got)
			}
		}()
		inflighttest.Run(t, func(*testing.T, context.Context, *inflight.TaskGroup) {})
	})
}

// Parallel tests each have a bubble, and a clock, of their own.
func TestRun_parallel(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
				begin := time.Now()
				inflight.Sleep(ctx, time.Duration(i)*time.Hour)
				if d := time.Since(begin); d != time.Duration(i)*time.Hour {
					t.Errorf("%d hours took %v", i, d)
				}
			})
		})
	}
}
