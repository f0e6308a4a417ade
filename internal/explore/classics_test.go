package explore_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/explore"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/locks"
)

// A classic is a bug that everybody has written once.
type classic struct {
	name   string
	within int // runs, for the median of some seeds
	body   explore.Program
}

var classics = []classic{
	{"read, wait, write", 20, readWaitWrite},
	{"ABBA", 40, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) { circle(g, 2) }},
	{"five philosophers", 1500, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) { circle(g, 5) }},
	{"lost wake-up", 40, lostWakeUp},
	{"item lost on cancel", 200, lostItem},
	{"permit lost on cancel", 800, lostPermit},
	{"bounded buffer, notify one", 100, notifyOne},
	{"twenty steps first", 40, twentySteps},
	{"window in forty steps", 4000, window},
}

// Each of them is found, and repeats itself.
func TestClassicsAreFound(t *testing.T) {
	for _, c := range classics {
		t.Run(c.name, func(t *testing.T) {
			var runs []int
			begin := time.Now()
			for s := range uint64(9) {
				o := explore.Explore(t, explore.Options{Runs: 20 * c.within, For: time.Hour, Seed: s}, c.body)
				if o.Failure == nil {
					runs = append(runs, o.Runs)
					continue
				}
				if o.Failure.Flaky {
					t.Fatal(o.Failure.Tell(""))
				}
				runs = append(runs, o.Failure.Runs)
			}
			slices.Sort(runs)
			t.Logf("median of %d runs, at most %d, %v each time", runs[len(runs)/2], runs[len(runs)-1], time.Since(begin)/9)
			if runs[len(runs)/2] > c.within {
				t.Errorf("found in %v runs, want it within %d", runs, c.within)
			}
		})
	}
}

// Each strategy finds what takes one wrong turn, also without the others.
func TestEachStrategyFinds(t *testing.T) {
	for _, turn := range []string{"random", "pct2", "pos", "pct3", "urw"} {
		o := explore.Explore(t, explore.Options{Runs: 2000, For: time.Hour, Seed: 1, Turns: []string{turn}}, readWaitWrite)
		if o.Failure == nil {
			t.Errorf("%s alone finds nothing in %d runs", turn, o.Runs)
		}
	}
}

func readWaitWrite(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
	var n guarded
	for range 2 {
		g.Go(func(ctx context.Context) error {
			v := n.get()
			inflight.Point(ctx, "between")
			n.set(v + 1)
			return nil
		})
	}
	t.Cleanup(func() {
		if n.get() != 2 {
			t.Errorf("n is %d", n.get())
		}
	})
}

// circle is n philosophers: each takes one fork and then the next.
func circle(g *inflight.TaskGroup, n int) {
	forks := make([]locks.Mutex, n)
	for i := range n {
		g.Go(func(ctx context.Context) error {
			return forks[i].Do(ctx, func(ctx context.Context) error {
				return forks[(i+1)%n].Do(ctx, func(context.Context) error { return nil })
			})
		})
	}
}

// lostWakeUp looks whether it has to wait, and waits for what has happened
// meanwhile.
func lostWakeUp(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
	var ready guarded
	var mu locks.Mutex
	cond := locks.NewCond(&mu)
	g.Go(func(ctx context.Context) error {
		if ready.get() == 1 {
			return nil
		}
		if err := mu.Lock(ctx); err != nil {
			return err
		}
		defer mu.Unlock()
		return cond.Wait(ctx)
	})
	g.Go(func(ctx context.Context) error {
		ready.set(1)
		return mu.Do(ctx, func(context.Context) error { return cond.NotifyAll() })
	})
}

// A box hands items and permits over, and loses them when who was granted one is
// cancelled at the same moment.
type box struct {
	mu    guarded
	items int
	list  park.List
}

func (b *box) take(ctx context.Context) error {
	park.Point(ctx, park.OpGet, nil)
	b.mu.Lock()
	if b.items > 0 {
		b.items--
		b.mu.Unlock()
		return nil
	}
	w := park.NewWaiter(ctx)
	defer w.Free()
	b.list.Push(w)
	b.mu.Unlock()
	err := w.Park(ctx, park.OpGet, nil)
	if err != nil && !w.Granted() {
		b.mu.Lock()
		b.list.Remove(w)
		b.mu.Unlock()
	}
	return err // the bug: it may have been granted
}

func (b *box) give() {
	park.Point(context.Background(), park.OpPut, nil)
	b.mu.Lock()
	if w := b.list.Front(); w != nil {
		b.list.Grant(w)
		w.Unpark()
	} else {
		b.items++
	}
	b.mu.Unlock()
}

func lostItem(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
	var b box
	var got guarded
	taker := g.Go(func(ctx context.Context) error {
		if b.take(ctx) == nil {
			got.set(1)
		}
		return nil
	})
	g.Go(func(context.Context) error { b.give(); return nil })
	g.Go(func(context.Context) error { taker.Cancel(nil); return nil })
	t.Cleanup(func() {
		if got.get()+b.items != 1 {
			t.Error("the item is lost")
		}
	})
}

func lostPermit(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
	b := box{items: 1}
	for i := range 3 {
		task := g.Go(func(ctx context.Context) error {
			if b.take(ctx) == nil {
				inflight.Point(ctx, "inside")
				b.give()
			}
			return nil
		})
		if i == 1 {
			g.Go(func(context.Context) error { task.Cancel(nil); return nil })
		}
	}
	t.Cleanup(func() {
		if b.items != 1 {
			t.Error("the permit is lost")
		}
	})
}

// notifyOne wakes one of those who wait, who may be of the wrong kind.
func notifyOne(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
	var mu locks.Mutex
	cond := locks.NewCond(&mu)
	full := 0
	change := func(from, to int) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			for range 2 {
				err := mu.Do(ctx, func(ctx context.Context) error {
					if err := cond.WaitFor(ctx, func() bool { return full == from }); err != nil {
						return err
					}
					full = to
					return cond.Notify(1)
				})
				if err != nil {
					return err
				}
			}
			return nil
		}
	}
	for range 2 {
		g.Go(change(0, 1))
		g.Go(change(1, 0))
	}
}

// twentySteps fails when one task does all its steps before the other begins.
func twentySteps(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
	var steps guarded
	g.Go(func(ctx context.Context) error {
		if steps.get() == 20 {
			return errors.New("too late")
		}
		return nil
	})
	g.Go(func(ctx context.Context) error {
		for range 20 {
			inflight.Point(ctx, "step")
			steps.set(steps.get() + 1)
		}
		return nil
	})
}

// window fails when one task does two steps in a row while another is in the
// middle of its forty, among others who only make noise.
func window(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
	var at guarded
	g.Go(func(ctx context.Context) error {
		for i := range 40 {
			inflight.Point(ctx, "step")
			at.set(i)
		}
		return nil
	})
	g.Go(func(ctx context.Context) error {
		inflight.Point(ctx, "look")
		if at.get() != 20 {
			return nil
		}
		inflight.Point(ctx, "look again")
		if at.get() == 20 {
			return errors.New("in the window")
		}
		return nil
	})
	for range 4 {
		g.Go(func(ctx context.Context) error {
			for range 10 {
				inflight.Point(ctx, "noise")
			}
			return nil
		})
	}
}
