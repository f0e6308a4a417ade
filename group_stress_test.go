package inflight_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/goroutine"
)

// goroutineName returns what a traceback calls the goroutine of the caller.
func goroutineName() string {
	var buf [64]byte
	return strings.Fields(string(buf[:runtime.Stack(buf[:], false)]))[1]
}

// reuses reports whether goroutines are reused at all: under the race detector
// they are not.
func reuses() (yes bool) {
	done := make(chan struct{})
	go func() { defer close(done); yes = goroutine.Reusable() }()
	<-done
	return yes
}

// Children that all wait for each other end, however many there are, because
// nobody waits for a goroutine of somebody who waits.
func TestReuse_children_that_wait_for_each_other(t *testing.T) {
	for _, opts := range [][]inflight.Option{nil, {inflight.Limit(5000)}, {inflight.Supervise()}} {
		synctest.Test(t, func(t *testing.T) {
			const n = 5000
			var present sync.WaitGroup
			present.Add(n)
			err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
				for range n {
					g.Go(func(context.Context) error {
						present.Done()
						present.Wait()
						return nil
					})
				}
				return nil
			}, opts...)
			wantErrs(t, err)
		})
	}
}

// The same where short children come between, and where each starts the next.
func TestReuse_children_that_wait_for_later_ones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 2000
		gates := make([]chan struct{}, n+1)
		for i := range gates {
			gates[i] = make(chan struct{})
		}
		var short atomic.Int32
		err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			var start func(i int)
			start = func(i int) {
				g.Go(func(context.Context) error { short.Add(1); return nil })
				g.Go(func(context.Context) error {
					if i+1 < n {
						start(i + 1)
					} else {
						close(gates[n])
					}
					<-gates[i+1]
					close(gates[i])
					return nil
				})
			}
			start(0)
			<-gates[0]
			return nil
		})
		wantErrs(t, err)
		wantEqual(t, "short ones", short.Load(), n)
	})
}

// A burst of short children is run by far fewer goroutines than there are
// children. How many depends on how often the one who starts them is interrupted:
// never, with one processor; with more, the goroutines meet each other.
func TestReuse_a_burst_needs_few_goroutines(t *testing.T) {
	if !reuses() {
		t.Skip("goroutines are not reused here")
	}
	const n = 20_000
	for procs, most := range map[int]int{1: n / 20, 2: n * 3 / 4} {
		if used := burst(t, n, procs); used > most {
			t.Errorf("%d processors: %d children were run by %d goroutines", procs, n, used)
		}
	}
}

// burst starts n children and returns how many goroutines have run them.
func burst(t *testing.T, n, procs int) int {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	by := make([]string, n)
	err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range n {
			g.Go(func(context.Context) error { by[i] = goroutineName(); return nil })
		}
		return nil
	})
	wantErrs(t, err)
	names := make(map[string]bool)
	for i, name := range by {
		if name == "" {
			t.Fatalf("child %d was not called", i)
		}
		names[name] = true
	}
	return len(names)
}

// The goroutines of a burst are gone when it is over, though the group goes on.
func TestReuse_idle_goroutines_end(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			before := inBubble()
			for range 3 {
				for range 1000 {
					g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Second) })
				}
				synctest.Wait()
				if n := inBubble(); n < before+1000 {
					t.Errorf("%d goroutines for 1000 children that wait", n-before)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				if n := inBubble(); n > before {
					t.Errorf("%d goroutines are left", n-before)
				}
			}
		})
	})
}

// leavings are what a child may leave behind in its goroutine.
var leavings = map[string]func(){
	"labels": func() {
		pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("who", "a child")))
	},
	"panic on fault": func() { debug.SetPanicOnFault(true) },
	"thread lock":    runtime.LockOSThread,
	"half a thread lock": func() {
		runtime.LockOSThread()
		runtime.LockOSThread()
		runtime.UnlockOSThread()
	},
}

// partings are how it ends afterwards.
var partings = map[string]func() error{
	"return": func() error { return nil },
	"error":  func() error { return errOak },
	"Goexit": func() error { runtime.Goexit(); return nil },
}

// Whatever a child leaves behind, the next one in its goroutine finds it as a go
// statement of its spawner would have made it; where that can't be, there is none.
func TestReuse_nothing_of_a_child_reaches_the_next(t *testing.T) {
	for left, leave := range leavings {
		for parted, part := range partings {
			t.Run(strings.ReplaceAll(left+" "+parted, " ", "_"), func(t *testing.T) {
				lockers := make(map[string]bool)
				var mu sync.Mutex
				inspect := func(i int) {
					mu.Lock()
					defer mu.Unlock()
					name := goroutineName()
					if lockers[name] {
						t.Errorf("child %d is in a goroutine that is locked to a thread", i)
					}
					if strings.Contains(left, "lock") {
						lockers[name] = i%2 == 0
					}
					if goroutine.Current() != nil {
						t.Errorf("child %d has labels", i)
					}
					if debug.SetPanicOnFault(false) {
						t.Errorf("child %d panics on faults", i)
					}
				}
				inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
					for i := range 300 {
						g.Go(func(context.Context) error {
							inspect(i)
							if i%2 == 0 {
								leave()
								return part()
							}
							return nil
						})
					}
					return nil
				}, inflight.Supervise())
			})
		}
	}
}

// A goroutine that a child has locked to its thread runs no other after a panic
// either.
func TestReuse_a_locked_thread_after_a_panic(t *testing.T) {
	for range 10 {
		var mu sync.Mutex
		locked := make(map[string]bool)
		raisedPanic(t, func() {
			inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
				gate := make(chan struct{})
				for i := range 128 {
					g.Go(func(context.Context) error {
						<-gate
						name := goroutineName()
						mu.Lock()
						if locked[name] {
							t.Errorf("child %d is in a goroutine that is locked to a thread", i)
						}
						locked[name] = true
						mu.Unlock()
						runtime.LockOSThread()
						panic("locked")
					})
					if i == 64 {
						close(gate)
					}
				}
				return nil
			})
		})
	}
}

// A child has the profile labels of the one that started it, whatever goroutine
// it is in, and the goroutine profile shows them.
func TestReuse_labels_are_those_of_the_spawner(t *testing.T) {
	inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
		var spawners sync.WaitGroup
		release := make(chan struct{})
		var waiting sync.WaitGroup
		for i := range 8 {
			spawners.Go(func() {
				labels := pprof.Labels("spawner", fmt.Sprint("number ", i))
				pprof.Do(context.Background(), labels, func(context.Context) {
					own := goroutine.Current()
					for range 200 {
						g.Go(func(context.Context) error {
							if goroutine.Current() != own {
								t.Error("a child has the labels of another")
							}
							return nil
						})
					}
					waiting.Add(1)
					g.Go(func(context.Context) error { waiting.Done(); <-release; return nil })
				})
			})
		}
		spawners.Wait()
		waiting.Wait()
		var profile bytes.Buffer
		pprof.Lookup("goroutine").WriteTo(&profile, 1)
		close(release)
		for i := range 8 {
			if !strings.Contains(profile.String(), fmt.Sprintf(`"spawner":"number %d"`, i)) {
				t.Errorf("the profile does not show the child of spawner %d", i)
			}
		}
	})
}

// An item of a combinator has the profile labels of its caller, whatever those before
// it in the same goroutine have set.
func TestReuse_labels_do_not_stay_for_the_next_item(t *testing.T) {
	pprof.Do(context.Background(), pprof.Labels("who", "the caller"), func(ctx context.Context) {
		own := goroutine.Current()
		item := func(ctx context.Context, i int) (int, error) {
			if goroutine.Current() != own {
				t.Errorf("item %d has the labels of another", i)
			}
			pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels("who", "an item")))
			return i, nil
		}
		items := make([]int, 100)
		for i := range items {
			items[i] = i
		}
		for range inflight.Each(ctx, slices.Values(items), 3, item) {
		}
		inflight.Map(ctx, items, 3, item)
	})
}

// A child that panics or ends its goroutine takes nobody along: all that were
// admitted are called, once, and have their own results.
func TestReuse_a_child_that_breaks_leaves_the_others_alone(t *testing.T) {
	for _, panics := range []bool{false, true} {
		const n = 600
		var tasks [n]*inflight.Task[int]
		var called [n]atomic.Int32
		v := raisedBy(func() {
			inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
				for i := range n {
					tasks[i] = inflight.Go(g, func(context.Context) (int, error) {
						called[i].Add(1)
						if i%5 == 0 && panics {
							panic(i)
						}
						if i%5 == 0 {
							runtime.Goexit()
						}
						return i, nil
					})
				}
				return nil
			}, inflight.Supervise())
		})
		if _, ok := v.(*inflight.PanicError); ok != panics {
			t.Errorf("raised: %v", v)
		}
		for i, task := range tasks {
			value, err := task.Result()
			switch task.State() {
			case inflight.Succeeded:
				if i%5 == 0 || value != i || called[i].Load() != 1 {
					t.Errorf("task %d: %v, %v, called %d times", i, value, err, called[i].Load())
				}
			case inflight.Failed, inflight.Panicked:
				if i%5 != 0 || called[i].Load() != 1 || !errors.Is(err, inflight.ErrGoexit) != panics {
					t.Errorf("task %d: %v, called %d times", i, err, called[i].Load())
				}
			case inflight.Refused:
				if !panics || called[i].Load() != 0 {
					t.Errorf("task %d was refused, and called %d times", i, called[i].Load())
				}
			default:
				t.Errorf("task %d: %v", i, task)
			}
		}
	}
}

// Many groups that use everything at once, and are cancelled at some moment, from
// many sides: whatever happens, all is joined, admitted and refused are what they
// say, and the permits are back.
func TestReuse_everything_at_once(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		m := &melee{T: t, limiter: inflight.NewLimiter(1 + r.IntN(4))}
		var opts []inflight.Option
		switch r.IntN(3) {
		case 0:
			opts = append(opts, inflight.LimitBy(m.limiter))
		case 1:
			opts = append(opts, inflight.Limit(1+r.IntN(4)))
		}
		if r.IntN(2) == 0 {
			opts = append(opts, inflight.Supervise())
		}
		seeds := [4]uint64{r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()}
		m.run(seeds, opts)
	}
}

// A melee is one of these groups.
type melee struct {
	*testing.T
	limiter           *inflight.Limiter
	admitted, refused atomic.Int32
	called, ended     atomic.Int32
	promised, settled atomic.Int32 // callbacks
}

func (m *melee) run(seeds [4]uint64, opts []inflight.Option) {
	outer, cancel := context.WithCancelCause(m.Context())
	var strangers sync.WaitGroup
	inflight.Run(outer, func(ctx context.Context, g *inflight.TaskGroup) error {
		for i, seed := range seeds {
			r := rand.New(rand.NewPCG(seed, 1))
			strangers.Go(func() {
				for range 20 {
					m.act(g, r, i == 0, cancel)
				}
			})
		}
		strangers.Wait()
		return nil
	}, opts...)
	cancel(nil)
	if m.called.Load() != m.admitted.Load() || m.ended.Load() != m.called.Load() {
		m.Errorf("admitted %d, called %d, ended %d", m.admitted.Load(), m.called.Load(), m.ended.Load())
	}
	if m.promised.Load() != m.settled.Load() {
		m.Errorf("%d callbacks, %d were called", m.promised.Load(), m.settled.Load())
	}
	wantEqual(m, "in use", m.limiter.Stats().InUse, 0)
	wantEqual(m, "waiting", m.limiter.Stats().Waiting, 0)
}

// act does one thing to g.
func (m *melee) act(g *inflight.TaskGroup, r *rand.Rand, boss bool, cancel func(error)) {
	fn := m.child(r)
	var task *inflight.Task[struct{}]
	switch k := r.IntN(40); {
	case k < 20:
		task = g.Go(fn)
	case k < 30:
		task, _ = g.TryGo(fn)
	case k < 35:
		task = g.Service(fn)
	case boss && k == 35:
		g.Cancel()
		return
	case boss && k == 36:
		cancel(errElm)
		return
	default:
		runtime.Gosched()
		return
	}
	if task.State() == inflight.Refused {
		m.refused.Add(1)
	} else {
		m.admitted.Add(1)
	}
	if r.IntN(2) == 0 {
		m.promised.Add(1)
		task.OnDone(func() { m.settled.Add(1) })
	}
	if r.IntN(8) == 0 {
		task.Cancel(errAsh)
	}
}

// child returns a function that does one thing or other.
func (m *melee) child(r *rand.Rand) func(context.Context) error {
	k := r.IntN(20)
	return func(ctx context.Context) error {
		m.called.Add(1)
		defer m.ended.Add(1)
		switch {
		case k < 10:
			return nil
		case k < 14:
			return inflight.Sleep(ctx, time.Duration(k)*time.Microsecond)
		case k < 16:
			return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				task := g.Go(func(context.Context) error { return nil })
				_, err := task.Await(ctx)
				return err
			})
		case k < 18:
			ctx, stop := context.WithTimeout(ctx, time.Microsecond)
			defer stop()
			<-ctx.Done()
			return nil
		case k == 18:
			return errOak
		}
		runtime.Goexit()
		return nil
	}
}
