package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
)

// inPool runs a test in a bubble, in a scope whose pool has so many places.
func inPool(t *testing.T, places int, test func(t *testing.T, ctx context.Context, g *inflight.TaskGroup)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			test(t, ctx, g)
			return nil
		}, inflight.OffloadLimit(places))
		if err != nil {
			t.Errorf("the group returned %v", err)
		}
	})
}

// A deafCall is a call of Offload whose function ends when it is told to, and not
// with a context.
type deafCall struct {
	*inflight.Task[int]
	called bool // it and ended are read when the bubble has settled
	ended  bool
	finish func()
}

// offloadDeaf starts such a call in a task of g, and waits until all wait.
func offloadDeaf(g *inflight.TaskGroup) *deafCall {
	release := make(chan struct{})
	c := &deafCall{finish: sync.OnceFunc(func() { close(release) })}
	c.Task = inflight.Go(g, func(ctx context.Context) (int, error) {
		return inflight.Offload(ctx, func() (int, error) {
			c.called = true
			<-release
			c.ended = true
			return 7, nil
		})
	})
	synctest.Wait()
	return c
}

// never is a function for Offload that must not be called.
func never(t *testing.T) func() (int, error) {
	return func() (int, error) {
		t.Error("the function was called")
		return 0, nil
	}
}

// What is offloaded under the context of a scope that has ended, or was cancelled,
// is refused: not called, and the error is the cause.
func TestEX1_refused_after_the_end(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var over context.Context
		inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			over = ctx
			g.Cancel(errWork)
			if _, err := inflight.Offload(ctx, never(t)); err != errWork {
				t.Errorf("in a cancelled scope it returned %v", err)
			}
			return nil
		})
		if _, err := inflight.Offload(over, never(t)); err != errWork {
			t.Errorf("in a scope that was cancelled and is over it returned %v", err)
		}
		inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			over = ctx
			return nil
		})
		if _, err := inflight.Offload(over, never(t)); err == nil || !errors.Is(err, context.Cause(over)) {
			t.Errorf("in a scope that is over it returned %v", err)
		}
	})
}

// A call that waits for a place when its context ends is never made; the one that
// has the place goes on.
func TestEX2_queued_calls_are_cancelled(t *testing.T) {
	inPool(t, 1, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		running := offloadDeaf(g)
		queued := inflight.Go(g, func(ctx context.Context) (int, error) { return inflight.Offload(ctx, never(t)) })
		synctest.Wait()
		queued.Cancel(errWork)
		if _, err := queued.Await(ctx); err != errWork {
			t.Errorf("the one that waited returned %v, want the cause", err)
		}
		if running.ended || running.State() != inflight.Running {
			t.Error("the one that was running has ended")
		}
		running.finish()
		if v, err := running.Await(ctx); v != 7 || err != nil {
			t.Errorf("the one that was running returned %v, %v", v, err)
		}
	})
}

// A function that runs when its context ends can't be stopped: its caller goes on
// with ErrAbandoned and the cause, and the function keeps its place, and is seen
// in the tree, until it returns.
func TestEX2_running_calls_are_abandoned(t *testing.T) {
	inPool(t, 1, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		err := inflight.Run(ctx, func(ctx context.Context, inner *inflight.TaskGroup) error {
			running := offloadDeaf(inner)
			defer time.AfterFunc(time.Hour, running.finish)
			inner.Cancel(errWork)
			if _, err := running.Await(context.WithoutCancel(ctx)); !errors.Is(err, inflight.ErrAbandoned) || !errors.Is(err, errWork) {
				t.Errorf("it returned %v, want ErrAbandoned because of %v", err, errWork)
			}
			if !running.called || running.ended {
				t.Errorf("called: %t, ended: %t", running.called, running.ended)
			}
			return nil
		})
		if !errors.Is(err, inflight.ErrAbandoned) {
			t.Errorf("the scope that has left it behind returned %v", err)
		}
		if n := offloadsInTree(); n != 1 {
			t.Errorf("%d calls are in the tree, want the one that was abandoned", n)
		}
		begin := time.Now()
		if v, err := inflight.Offload(ctx, func() (int, error) { return 8, nil }); v != 8 || err != nil {
			t.Errorf("the next one returned %v, %v", v, err)
		}
		if d := time.Since(begin); d != time.Hour {
			t.Errorf("the next one had its place after %v, want it when the function has returned", d)
		}
		synctest.Wait()
		if n := offloadsInTree(); n != 0 {
			t.Errorf("%d calls are in the tree", n)
		}
	})
}

// offloadsInTree counts the offloaded functions that introspection shows.
func offloadsInTree() (n int) {
	for _, i := range inflight.Tasks() {
		if i.Kind == "offload" && i.State == inflight.Running {
			n++
		}
	}
	return n
}

// As many calls run at once as there are places, begun when they come, in the order
// in which they come; that none stays is what the end of the bubble shows.
func TestEX3_places(t *testing.T) {
	for _, places := range []int{1, 3} {
		inPool(t, places, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			var running, peak int
			var order []int
			var mu sync.Mutex
			for i := range 10 {
				g.Go(func(ctx context.Context) error {
					_, err := inflight.Offload(ctx, func() (int, error) {
						mu.Lock()
						order = append(order, i)
						running++
						peak = max(peak, running)
						mu.Unlock()
						time.Sleep(time.Second)
						mu.Lock()
						running--
						mu.Unlock()
						return 0, nil
					})
					return err
				})
				synctest.Wait()
				if offloads := offloadsInTree(); offloads != min(i+1, places) {
					t.Errorf("%d calls run after %d have come", offloads, i+1)
				}
			}
			time.Sleep(time.Minute)
			mu.Lock()
			defer mu.Unlock()
			if peak != places || len(order) != 10 || places == 1 && !slices.IsSorted(order) {
				t.Errorf("at most %d ran at once, in the order %v; want %d", peak, order, places)
			}
		})
	}
}

// Without OffloadLimit there are GOMAXPROCS+4 places, and at most 32; they are
// those of the outermost scope, whatever is opened below it.
func TestEX3_default_number_of_places(t *testing.T) {
	want := min(runtime.GOMAXPROCS(0)+4, 32)
	synctest.Test(t, func(t *testing.T) {
		inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			return inflight.Run(ctx, func(ctx context.Context, inner *inflight.TaskGroup) error {
				for i := range 40 {
					on := []*inflight.TaskGroup{g, inner}[i%2]
					on.Go(func(ctx context.Context) error {
						_, err := inflight.Offload(ctx, func() (int, error) { time.Sleep(time.Hour); return 0, nil })
						return err
					})
				}
				synctest.Wait()
				if n := offloadsInTree(); n != want {
					t.Errorf("%d run at once, want %d", n, want)
				}
				return nil
			}, inflight.OffloadLimit(1)) // of no effect: not the outermost
		})
	})
}

// Scopes that nothing is above have pools of their own, and outside of all scopes
// there is no bound.
func TestEX3_pools_are_apart(t *testing.T) {
	inPool(t, 1, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		defer offloadDeaf(g).finish()
		for range 2 {
			_, err := inflight.Gather(context.Background(), func(ctx context.Context) (int, error) {
				return inflight.Offload(ctx, func() (int, error) { return 0, nil })
			})
			if err != nil {
				t.Error(err)
			}
		}
		var wg sync.WaitGroup
		var running atomic.Int32
		for range 100 {
			wg.Go(func() {
				inflight.Offload(context.Background(), func() (int, error) {
					running.Add(1)
					time.Sleep(time.Second)
					return 0, nil
				})
			})
		}
		synctest.Wait()
		if n := running.Load(); n != 100 {
			t.Errorf("%d of 100 run at once outside of all scopes", n)
		}
		wg.Wait()
	})
}

// A process that dies fails the call that waits for it, and hangs nobody.
//
// Go has it: os/exec
func TestEX4_dying_process(t *testing.T) {
	p := startMain(t, "hang")
	p.says("ready")
	err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			_, err := inflight.Offload(ctx, func() (int, error) { return 0, p.cmd.Wait() })
			return err
		})
		return p.cmd.Process.Kill()
	})
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Success() {
		t.Errorf("it returned %v, want how the process ended", err)
	}
}

// An error comes out as it is; a panic is raised again by Offload with the value,
// the stack of where it happened, and the name of the call; runtime.Goexit is
// ErrGoexit.
func TestEX5_errors_and_panics(t *testing.T) {
	inPool(t, 1, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		if _, err := inflight.Offload(ctx, func() (int, error) { return 0, errWork }); err != errWork {
			t.Errorf("it returned %v, want the error itself", err)
		}
		p := panicOf(func() { inflight.Offload(ctx, panickingOffload) })
		if p == nil || p.Value != "oh no" || !strings.Contains(string(p.Stack), "panickingOffload") || !strings.HasPrefix(p.Task, "offload-") {
			t.Errorf("it panicked with %v", p)
		}
		_, err := inflight.Offload(ctx, func() (int, error) { runtime.Goexit(); return 0, nil })
		if !errors.Is(err, inflight.ErrGoexit) {
			t.Errorf("after Goexit it returned %v", err)
		}
		if v, err := inflight.Offload(ctx, func() (int, error) { return 7, nil }); v != 7 || err != nil {
			t.Errorf("the place was not given back: %v, %v", v, err)
		}
	})
}

func panickingOffload() (int, error) { panic("oh no") }

// A panic in an offloaded function is one of the task that has offloaded it.
func TestEX5_panic_reaches_the_scope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := panicOf(func() {
			inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(ctx context.Context) error { _, err := inflight.Offload(ctx, panickingOffload); return err })
				return nil
			})
		})
		if p == nil || !strings.Contains(string(p.Stack), "panickingOffload") {
			t.Errorf("the scope panicked with %v", p)
		}
	})
}

// A panic of a function that was abandoned has nobody to go to, and ends the
// program with the value and the stack.
func TestEX5_panic_of_an_abandoned_function(t *testing.T) {
	p := startMain(t, "abandons")
	p.says("inflight: still running, left behind: true")
	p.exits(2, "panic: ", "oh no", "panickingOffload")
}

// abandonAndPanic is the program of that test.
func abandonAndPanic() {
	ctx, cancel := context.WithCancel(context.Background())
	release := make(chan struct{})
	_, err := inflight.Offload(ctx, func() (int, error) {
		cancel() // now that it has begun
		<-release
		return panickingOffload()
	})
	say(inflight.ErrAbandoned.Error()+":", errors.Is(err, inflight.ErrAbandoned))
	close(release)
	time.Sleep(programPatience)
}

// Each with Offload pulls no further ahead than twice its limit, however many
// places there are.
func TestEX6_pulls_ahead_in_bounds(t *testing.T) {
	inPool(t, 2, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		const limit = 3
		var pulled atomic.Int32
		endless := func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
				pulled.Add(1)
			}
		}
		release := make(chan struct{})
		go func() {
			synctest.Wait()
			if n := pulled.Load(); n > 2*limit {
				t.Errorf("%d were pulled while none was done, want at most %d", n, 2*limit)
			}
			if n := offloadsInTree(); n != 2 {
				t.Errorf("%d run in 2 places", n)
			}
			close(release)
		}()
		n := 0
		for _, r := range inflight.Each(ctx, endless, limit, func(ctx context.Context, i int) (int, error) {
			return inflight.Offload(ctx, func() (int, error) { <-release; return i, nil })
		}) {
			if r.Err != nil {
				t.Error(r.Err)
			}
			if n++; n == 100 {
				break
			}
		}
	})
}

// A worker process for each call, or for so many calls, is a matter of starting
// another: no process serves two.
//
// Go has it: os/exec
func TestEX7_a_process_for_each_call(t *testing.T) {
	pids, err := inflight.Map(t.Context(), []int{1, 2, 3}, 2, func(ctx context.Context, _ int) (int, error) {
		p := startMain(t, "nil")
		return inflight.Offload(ctx, func() (int, error) { return p.cmd.Process.Pid, p.cmd.Wait() })
	})
	slices.Sort(pids)
	if err != nil || len(slices.Compact(pids)) != 3 {
		t.Errorf("the processes were %v, %v", pids, err)
	}
}

// A function that offloads from a full pool uses the place that it has: no call
// waits for itself, however deep, and no more run than there are places.
func TestEX8_nested_calls_in_a_full_pool(t *testing.T) {
	for _, places := range []int{1, 2} {
		inPool(t, places, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
			var mu sync.Mutex
			peak := 0
			var dig func(ctx context.Context, depth int) (int, error)
			dig = func(ctx context.Context, depth int) (int, error) {
				return inflight.Offload(ctx, func() (int, error) {
					mu.Lock()
					peak = max(peak, offloadsInTree())
					mu.Unlock()
					time.Sleep(time.Second) // so that all places are taken
					if depth == 0 {
						return 0, nil
					}
					below, err := dig(ctx, depth-1)
					return below + 1, err
				})
			}
			tasks := make([]*inflight.Task[int], places)
			for i := range tasks {
				tasks[i] = inflight.Go(g, func(ctx context.Context) (int, error) { return dig(ctx, 5) })
			}
			for _, task := range tasks {
				if depth, err := task.Await(ctx); depth != 5 || err != nil {
					t.Errorf("%d places: it came to the depth %d, %v", places, depth, err)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if peak != places {
				t.Errorf("%d ran at once, of %d places", peak, places)
			}
		})
	}
}

// While there are places a nested call gets one of its own; one that comes from
// another goroutine than the offloaded function's is not nested, and waits.
func TestEX8_nested_calls_where_there_is_room(t *testing.T) {
	inPool(t, 2, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		inflight.Offload(ctx, func() (int, error) {
			return inflight.Offload(ctx, func() (int, error) {
				if n := offloadsInTree(); n != 2 {
					t.Errorf("%d places are taken, want 2", n)
				}
				return 0, nil
			})
		})
		first, second := offloadDeaf(g), offloadDeaf(g)
		other := offloadDeaf(g)
		if other.called {
			t.Error("a third one runs in 2 places")
		}
		first.finish()
		synctest.Wait()
		if !other.called {
			t.Error("it does not run though there is a place")
		}
		second.finish()
		other.finish()
	})
}

// A nested call fails as any other when its context has ended; its panic goes
// through both.
func TestEX8_nested_calls_fail(t *testing.T) {
	inPool(t, 1, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		ended, cancel := context.WithCancelCause(ctx)
		cancel(errWork)
		_, err := inflight.Offload(ctx, func() (int, error) { return inflight.Offload(ended, never(t)) })
		if err != errWork {
			t.Errorf("it returned %v, want the cause", err)
		}
		p := panicOf(func() {
			inflight.Offload(ctx, func() (int, error) { return inflight.Offload(ctx, panickingOffload) })
		})
		if p == nil || p.Value != "oh no" || !strings.Contains(string(p.Stack), "panickingOffload") {
			t.Errorf("it panicked with %v", p)
		}
	})
}

// Bad use panics before anything is started.
func TestEX1_bad_use(t *testing.T) {
	for want, call := range map[string]func(){
		"inflight: Offload":         func() { inflight.Offload[int](t.Context(), nil) },
		"inflight: OffloadLimit(0)": func() { inflight.OffloadLimit(0) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, want) {
					t.Errorf("panicked with %q, want %q", got, want)
				}
			}()
			call()
		}()
	}
}
