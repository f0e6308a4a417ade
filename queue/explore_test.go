package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/queue"
)

// These are the promises of queues in one interleaving after the other.

// An account of what went into a queue, and what came out.
type account struct {
	mu       sync.Mutex
	put, got []int
}

// note adds items to one of the two sides.
func (a *account) note(side *[]int, items ...int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*side = append(*side, items...)
}

func (a *account) check(t testing.TB, left ...int) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	in, out := slices.Sorted(slices.Values(a.put)), slices.Concat(a.got, left)
	slices.Sort(out)
	if !slices.Equal(in, out) {
		t.Errorf("put: %v; got: %v; left: %v", a.put, a.got, left)
	}
}

// twoEnds is the least capacity of a queue with two ends.
const twoEnds = 17

// almostFull returns a queue that has room for so many items, and no more. It is one
// with two ends, full of items that are zero but for the room.
func almostFull(t testing.TB, room int) *queue.Queue[int] {
	q := queue.New[int](twoEnds)
	for range twoEnds - room {
		if err := q.PutNow(0); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

// rest takes out what can be had.
func rest(q *queue.Queue[int]) (items []int) {
	for {
		v, err := q.GetNow()
		if err != nil {
			return items
		}
		items = append(items, v)
	}
}

func wait(ctx context.Context, tasks ...*inflight.Task[struct{}]) {
	inflight.Wait(ctx, inflight.AllDone, tasks...)
}

// Nothing is lost and nothing doubled by who is cancelled, whatever the capacity,
// and what one has put is got in that order.
func TestExploreCancel(t *testing.T) {
	for _, capacity := range []int{0, 1, 2, 100, queue.Unbounded} {
		t.Run(fmt.Sprint(capacity), func(t *testing.T) {
			inflighttest.Explore(t, inflighttest.Plan{Runs: 400}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
				q := queue.New[int](capacity)
				var a account
				put := func(items ...int) func(context.Context) error {
					return func(ctx context.Context) error {
						for _, v := range items {
							if err := q.Put(ctx, v); err != nil {
								return err
							}
							a.note(&a.put, v)
						}
						return nil
					}
				}
				get := func(n int) func(context.Context) error {
					return func(ctx context.Context) error {
						for range n {
							v, err := q.Get(ctx)
							if err != nil {
								return err
							}
							a.note(&a.got, v)
						}
						return nil
					}
				}
				putter, getter := g.Go(put(1, 2)), g.Go(get(2))
				cancel := g.Go(func(context.Context) error {
					putter.Cancel(nil)
					getter.Cancel(nil)
					return nil
				})
				lastPutter, lastGetter := g.Go(put(11, 12, 13)), g.Go(get(2))
				wait(ctx, cancel, putter, getter)
				inflighttest.Settle()
				if waits := lastGetter.State() == inflight.Running; waits && !q.Empty() {
					t.Errorf("there are %d items, and somebody waits for one", q.Len())
				}
				if waits := lastPutter.State() == inflight.Running; waits && !q.Full() {
					t.Errorf("there is room, and somebody waits for it; %d items", q.Len())
				}
				lastPutter.Cancel(nil)
				lastGetter.Cancel(nil)
				wait(ctx, lastPutter, lastGetter)
				a.check(t, rest(q)...)
			})
		})
	}
}

// A putter that waits is let in by who makes room, in a queue with two ends too.
func TestExploreFull(t *testing.T) {
	for _, room := range []int{0, 1} {
		t.Run(fmt.Sprint(room), func(t *testing.T) {
			inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
				q := almostFull(t, room)
				put := func(v int) func(context.Context) error {
					return func(ctx context.Context) error { return q.Put(ctx, v) }
				}
				get := func(ctx context.Context) error {
					_, err := q.Get(ctx)
					return err
				}
				hurried := g.Go(put(9))
				wait(ctx, g.Go(put(1)), g.Go(get), g.Go(get), g.Go(func(context.Context) error {
					hurried.Cancel(nil)
					return nil
				}))
				wait(ctx, hurried)
				n := twoEnds - room + 1 - 2
				if hurried.Err() == nil {
					n++
				}
				if got := len(rest(q)); got != n {
					t.Errorf("%d items are left, want %d", got, n)
				}
			})
		})
	}
}

// Each batch says how many it has put, also when it is cancelled.
func TestExploreBatches(t *testing.T) {
	for _, capacity := range []int{1, 2, 100} {
		t.Run(fmt.Sprint(capacity), func(t *testing.T) {
			inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
				q := queue.New[int](capacity)
				var a account
				put := func(items ...int) func(context.Context) error {
					return func(ctx context.Context) error {
						n, err := q.PutAll(ctx, items)
						a.note(&a.put, items[:n]...)
						if (err == nil) != (n == len(items)) {
							t.Errorf("%d of %d, %v", n, len(items), err)
						}
						return err
					}
				}
				putter, other := g.Go(put(1, 2, 3)), g.Go(put(11, 12, 13))
				getter := g.Go(func(ctx context.Context) error {
					for {
						vs, err := q.GetUpTo(ctx, 2)
						a.note(&a.got, vs...)
						if err != nil {
							return err
						}
						if len(vs) == 0 || len(vs) > 2 {
							t.Errorf("%d items", len(vs))
						}
					}
				})
				wait(ctx, g.Go(func(context.Context) error {
					putter.Cancel(nil)
					return nil
				}), putter, other)
				inflighttest.Settle()
				getter.Cancel(nil)
				wait(ctx, getter)
				a.check(t, rest(q)...)
			})
		})
	}
}

// What was put before a shutdown is got, and then it is over for everybody.
func TestExploreShutdown(t *testing.T) {
	for capacity, now := range map[int]bool{0: false, 1: true, 2: false, twoEnds: true, twoEnds + 1: false} {
		t.Run(fmt.Sprint(capacity), func(t *testing.T) {
			inflighttest.Explore(t, inflighttest.Plan{Runs: 400}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
				q := queue.New[int](capacity)
				var a account
				var left []int
				put := func(v int) func(context.Context) error {
					return func(ctx context.Context) error {
						err := q.Put(ctx, v)
						if err == nil {
							a.note(&a.put, v)
						} else if !errors.Is(err, queue.ErrShutdown) {
							return err
						}
						return nil
					}
				}
				get := func(ctx context.Context) error {
					for v := range q.All(ctx) {
						a.note(&a.got, v)
					}
					return ctx.Err()
				}
				var joined atomic.Bool
				wait(ctx, g.Go(put(1)), g.Go(put(2)), g.Go(put(3)), g.Go(get), g.Go(get),
					g.Go(func(ctx context.Context) error {
						if now {
							left = q.ShutdownNow()
						} else {
							q.Shutdown()
						}
						return nil
					}), g.Go(func(ctx context.Context) error {
						err := q.Join(ctx)
						joined.Store(true)
						return err
					}))
				a.check(t, left...)
				if _, err := q.Get(ctx); !errors.Is(err, queue.ErrShutdown) || !joined.Load() || q.Unfinished() != 0 {
					t.Errorf("in the end: %v, joined: %v, unfinished: %d", err, joined.Load(), q.Unfinished())
				}
			})
		})
	}
}

// Join waits until all is done, and no longer.
func TestExploreJoin(t *testing.T) {
	for _, capacity := range []int{0, 1, 2, twoEnds} {
		t.Run(fmt.Sprint(capacity), func(t *testing.T) {
			inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
				q := queue.New[int](capacity)
				var done atomic.Int64
				work := func(ctx context.Context) error {
					_, err := q.Get(ctx)
					if err == nil {
						inflight.Point(ctx, "work")
						done.Add(1)
						q.TaskDone()
					}
					return err
				}
				a, b := g.Go(work), g.Go(work)
				q.PutAll(ctx, []int{1, 2})
				if err := q.Join(ctx); err != nil || done.Load() != 2 || q.Unfinished() != 0 {
					t.Errorf("%v, %d done, %d unfinished", err, done.Load(), q.Unfinished())
				}
				wait(ctx, a, b)
			})
		})
	}
}

// The last producer that is closed shuts the queue down, and none before.
func TestExploreProducers(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 300}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		q := queue.New[int](1)
		var a account
		for i := range 3 {
			p := q.Producer()
			g.Go(func(ctx context.Context) error {
				defer p.Close()
				if err := p.Put(ctx, i); err != nil {
					return err
				}
				a.note(&a.put, i)
				return nil
			})
		}
		for v := range q.All(ctx) {
			a.note(&a.got, v)
		}
		if a.check(t); len(a.got) != 3 {
			t.Errorf("got: %v", a.got)
		}
	})
}

// Of those that wait in the queue, the lowest is got first.
func TestExplorePriority(t *testing.T) {
	inflighttest.Explore(t, inflighttest.Plan{Runs: 200}, func(t testing.TB, ctx context.Context, g *inflight.TaskGroup) {
		q := queue.NewPriority(9, func(a, b int) int { return a/10 - b/10 })
		puts := func(vs ...int) *inflight.Task[struct{}] {
			return g.Go(func(ctx context.Context) error {
				for _, v := range vs {
					if err := q.Put(ctx, v); err != nil {
						return err
					}
				}
				return nil
			})
		}
		wait(ctx, puts(30, 10, 50), puts(11, 60, 20), puts(40, 70, 12))
		got := rest(q)
		if !slices.IsSortedFunc(got, func(a, b int) int { return a/10 - b/10 }) || len(got) != 9 {
			t.Errorf("got: %v", got)
		}
	})
}
