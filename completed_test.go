package inflight_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
)

// ending starts tasks that end after so many seconds each, with their index.
func ending(g *inflight.TaskGroup, seconds ...int) (ts []*inflight.Task[int]) {
	for i, n := range seconds {
		ts = append(ts, inflight.Go(g, takes(time.Duration(n)*time.Second, i, nil), inflight.Name(fmt.Sprint("t", i))))
	}
	return ts
}

// names are the names of tasks, to compare them by.
func names(ts []*inflight.Task[int]) (all []string) {
	for _, t := range ts {
		all = append(all, t.Name())
	}
	return all
}

// Tasks are yielded in the order in which they complete, whatever the order of
// the arguments, and each as soon as it does.
func TestAC1_completion_order(t *testing.T) {
	for _, p := range permutations(4) {
		underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
			start, n := time.Now(), 0
			for task := range inflight.Completed(s.ctx, ending(g, p...)...) {
				i, err := task.Result()
				wantErrs(s, err)
				wantEqual(s, "place", p[i], n)
				wantEqual(s, "time", time.Since(start), time.Duration(n)*time.Second)
				n++
			}
			wantEqual(s, "tasks", n, 4)
		})
	}
}

// Those that are done when the loop begins come first, in the order of the
// arguments; a slow loop gets the others in the order of their completion.
func TestAC1_done_before_and_during(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		ts := ending(g, 2, 6, 1, 5, 4)
		seq := inflight.Completed(s.ctx, ts...)
		time.Sleep(3 * time.Second)
		var got []*inflight.Task[int]
		for task := range seq {
			got = append(got, task)
			time.Sleep(time.Minute)
		}
		wantSlice(s, "order", names(got), "t0", "t2", "t4", "t3", "t1")
	})
}

// However a task ends, it is yielded: failed, cancelled, by a panic or Goexit, or
// refused.
func TestAC1_however_they_end(t *testing.T) {
	underEach(t, func(s *setting) {
		var ts []*inflight.Task[int]
		var group *inflight.TaskGroup
		var states []string
		p := raisedPanic(s, func() {
			inflight.Run(s.T.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
				group = g
				ts = append(ts,
					inflight.Go(g, takes(1*time.Second, 0, errOak)),
					inflight.Go(g, takes(time.Hour, 0, nil)),
					inflight.Go(g, func(context.Context) (int, error) { time.Sleep(3 * time.Second); runtime.Goexit(); return 0, nil }),
					inflight.Go(g, func(context.Context) (int, error) { time.Sleep(4 * time.Second); panic("boo") }),
				)
				time.AfterFunc(2*time.Second, func() { ts[1].Cancel(nil) })
				for task := range inflight.Completed(s.ctx, ts...) {
					states = append(states, task.State().String())
				}
				return nil
			}, inflight.Supervise())
		})
		wantEqual(s, "panic", p.Value, any("boo"))
		wantSlice(s, "states", states, "failed", "cancelled", "failed", "panicked")
		refused := inflight.Go(group, takes(0, 0, nil))
		for task := range inflight.Completed(s.ctx, refused) {
			wantEqual(s, "state", task.State(), inflight.Refused)
		}
	})
}

// The very tasks that were given are yielded, and no other.
func TestAC2_the_same_tasks(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		ts := ending(g, 3, 1, 2)
		var got []*inflight.Task[int]
		for task := range inflight.Completed(s.ctx, ts...) {
			got = append(got, task)
		}
		wantSlice(s, "tasks", got, ts[1], ts[2], ts[0])
	})
}

// A task that was given several times is yielded once; the caller's slice is the
// caller's.
func TestAC3_each_once(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		ts := ending(g, 1, 2)
		given := []*inflight.Task[int]{ts[1], ts[0], ts[1], ts[1], ts[0]}
		kept := slices.Clone(given)
		seq := inflight.Completed(s.ctx, given...)
		clear(given) // nor does it matter what becomes of it
		var got []*inflight.Task[int]
		for task := range seq {
			got = append(got, task)
		}
		wantSlice(s, "tasks", got, ts...)
		for range inflight.Completed(s.ctx, kept...) {
		}
		wantSlice(s, "the slice after", kept, ts[1], ts[0], ts[1], ts[1], ts[0])
	})
}

// A nil task is a panic, at once, and not a loop without an end.
func TestAC3_nil_task(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		v, _ := raisedBy(func() { inflight.Completed(s.ctx, append(ending(g, 1), nil)...) }).(string)
		if !strings.HasPrefix(v, "inflight: Completed ") {
			s.Errorf("panic: got %q", v)
		}
	})
}

// The end of ctx ends the loop, also when it is a deadline, and those that are
// not done run on.
func TestAC4_end_of_the_context(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		ts := ending(g, 1, 3600, 2)
		ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
		defer cancel()
		n := 0
		for range inflight.Completed(ctx, ts...) {
			n++
		}
		wantEqual(s, "tasks", n, 2)
		wantEqual(s, "ctx.Err tells why", ctx.Err(), context.DeadlineExceeded)
		wantEqual(s, "state of the other", ts[1].State(), inflight.Running)
		time.AfterFunc(time.Minute, func() { s.cancel(errOak) })
		for range inflight.Completed(s.ctx, ts[1]) {
			s.Error("yielded a task that is not done")
		}
		wantEqual(s, "ctx.Err tells why", s.ctx.Err(), context.Canceled)
		wantEqual(s, "state of the other", ts[1].State(), inflight.Running)
	})
}

// A context that had ended yields nothing, not even what is done; what is left can
// be had under another by a new sequence.
func TestAC4_ended_before(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		ts := ending(g, 1, 2)
		time.Sleep(time.Minute)
		s.cancel(errOak)
		for range inflight.Completed(s.ctx, ts...) {
			s.Error("yielded a task")
		}
		n := 0
		for range inflight.Completed(s.T.Context(), ts...) {
			n++
		}
		wantEqual(s, "tasks", n, 2)
	})
}

// A loop that cancels its context in a turn has had its last turn.
func TestAC4_cancelled_in_a_turn(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		ts := ending(g, 1, 1, 1, 1)
		n := 0
		for range inflight.Completed(s.ctx, ts...) {
			time.Sleep(time.Minute)
			s.cancel(errOak)
			n++
		}
		wantEqual(s, "turns", n, 1)
	})
}

// A task is done, and ctx ends, at the same moment, in either order, and the loop
// notices either: a task that was handed to it is yielded.
func TestAC4_done_and_cancelled_at_once(t *testing.T) {
	for _, cancelFirst := range []bool{false, true} {
		for _, notices := range []error{nil, errAsh} {
			underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
				open := make(chan struct{})
				task := inflight.Go(g, func(context.Context) (int, error) { <-open; return 1, nil })
				synctest.Wait()
				atPark(s, park.OpCompleted, func() error {
					if cancelFirst {
						s.cancel(errOak)
					}
					close(open)
					synctest.Wait()
					s.cancel(errOak)
					return notices
				})
				n := 0
				for got := range inflight.Completed(s.ctx, task) {
					wantEqual(s, "task", got, task)
					n++
				}
				wantEqual(s, "tasks", n, 1)
			})
		}
	}
}

// Once its context has ended, a sequence yields no more, also what completes later.
func TestAC4_nothing_after_the_end(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		ts := ending(g, 10, 20)
		ctx, d := inflight.WithDeadline(s.ctx, time.Second)
		defer d.Stop()
		seq := inflight.Completed(ctx, ts...)
		for range 2 {
			for task := range seq {
				s.Errorf("yielded %v", task)
			}
			time.Sleep(time.Minute)
		}
	})
}

// A loop that its context has ended leaves nobody to be told on the tasks that
// outlive it: the sequence yields no more anyway.
func TestAC4_nobody_is_left_to_be_told(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		task := ending(g, 3600)[0]
		for range 10 {
			ctx, d := inflight.WithDeadline(s.ctx, time.Second)
			for range inflight.Completed(ctx, task) {
			}
			d.Stop()
		}
		unwatched(s, task)
	})
}

// A loop that was left can be taken up again: the rest comes, nothing twice and
// nothing lost, however often it is left, and then no more.
func TestAC5_taken_up_again(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		seq := inflight.Completed(s.ctx, ending(g, 5, 1, 4, 2, 3, 6)...)
		var got []*inflight.Task[int]
		take := func(n int) {
			if n == 0 {
				return
			}
			for task := range seq {
				got = append(got, task)
				if n--; n == 0 {
					break
				}
			}
		}
		take(1)
		take(2)
		time.Sleep(2500 * time.Millisecond) // two complete while nobody looks
		take(1)
		take(3)
		wantSlice(s, "order", names(got), "t1", "t3", "t4", "t2", "t0", "t5")
		for range seq {
			s.Error("yielded one more")
		}
	})
}

// So it is with a loop that is pulled, or ended by a panic.
func TestAC5_left_in_other_ways(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		seq := inflight.Completed(s.ctx, ending(g, 1, 2, 3)...)
		wantEqual(s, "panic", raisedBy(func() {
			for range seq {
				panic("out")
			}
		}), any("out"))
		next, stop := iter.Pull(seq)
		task, ok := next()
		stop()
		wantEqual(s, "pulled", ok && task.Name() == "t1", true)
		for task := range seq {
			wantEqual(s, "the last", task.Name(), "t2")
		}
	})
}

// Several goroutines may range at once: each task goes to one of them, and all
// loops end.
func TestAC6_several_goroutines(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		const n, loops = 60, 7
		seconds := make([]int, n)
		for i := range seconds {
			seconds[i] = i*i%17 + i%2*3
		}
		seq := inflight.Completed(s.ctx, ending(g, seconds...)...)
		var mu sync.Mutex
		seen := make(map[*inflight.Task[int]]int)
		var all sync.WaitGroup
		for i := range loops {
			all.Go(func() {
				for task := range seq {
					mu.Lock()
					seen[task]++
					stay := len(seen) % 3
					mu.Unlock()
					wantEqual(s, "state", task.State(), inflight.Succeeded)
					time.Sleep(time.Duration(stay*i) * time.Second)
				}
			})
		}
		all.Wait()
		wantEqual(s, "tasks", len(seen), n)
		for task, times := range seen {
			if times != 1 {
				s.Errorf("%v came %d times", task, times)
			}
		}
	})
}

// Those who wait are served in the order in which they came.
func TestAC6_first_come_first_served(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		seq := inflight.Completed(s.ctx, ending(g, 5, 4, 3, 2)...)
		got := make([]string, 4)
		var all sync.WaitGroup
		for i := range got {
			all.Go(func() {
				for task := range seq {
					got[i] = task.Name()
					break
				}
			})
			synctest.Wait()
		}
		all.Wait()
		wantSlice(s, "who got which", got, "t3", "t2", "t1", "t0")
	})
}

// One of several loops is cancelled while all wait: the tasks go to the others.
func TestAC6_one_gives_up(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		ts := ending(g, 2, 3)
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		seq := inflight.Completed(ctx, ts...)
		var got []string
		var all sync.WaitGroup
		// The loops share the sequence's context, so one leaves by its body alone.
		for range 2 {
			all.Go(func() {
				for task := range seq {
					got = append(got, task.Name())
					break
				}
			})
		}
		time.Sleep(2500 * time.Millisecond)
		cancel()
		all.Wait()
		wantSlice(s, "got", got, "t0")
	})
}

// A deadline that was not needed leaves nothing behind: no timer, nobody to be
// told.
//
// Go has it: context.WithTimeout
func TestAC7_unused_deadline(t *testing.T) {
	underSupervision(t, func(s *setting, g *inflight.TaskGroup) {
		ts := ending(g, 1, 2)
		ctx, d := inflight.WithDeadline(s.ctx, time.Hour)
		under, cancel := context.WithTimeout(ctx, time.Hour)
		n := 0
		for range inflight.Completed(under, ts...) {
			n++
		}
		cancel()
		wantEqual(s, "tasks", n, 2)
		wantEqual(s, "stopped in time", d.Stop(), true)
		for _, task := range ts {
			unwatched(s, task)
		}
		time.Sleep(2 * time.Hour)
		wantEqual(s, "expired", d.Expired(), false)
	})
}

// No tasks, no turns.
func TestAC8_completed_of_nothing(t *testing.T) {
	underEach(t, func(s *setting) {
		for range inflight.Completed[int](s.ctx) {
			s.Error("yielded something")
		}
	})
}

// One who waits in Completed is seen to do so in the tree of tasks, as long as
// they do; so with Wait and Each.
func TestAC9_shows_in_the_tree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			long := ending(g, 3600)[0]
			waiters := map[string]func(context.Context){
				"completed": func(ctx context.Context) {
					for range inflight.Completed(ctx, long) {
						inflight.Sleep(ctx, time.Hour)
					}
				},
				"wait": func(ctx context.Context) {
					inflight.Wait(ctx, inflight.AllDone, long)
					inflight.Sleep(ctx, time.Hour)
				},
				"each": func(ctx context.Context) {
					for range inflight.Each(ctx, numbers(1).all, 1, func(ctx context.Context, _ int) (int, error) {
						return long.Await(ctx)
					}) {
						inflight.Sleep(ctx, time.Hour)
					}
				},
			}
			for name, wait := range waiters {
				g.Go(func(ctx context.Context) error { wait(ctx); return nil }, inflight.Name("waiter in "+name))
			}
			shown := func() (shown []string) {
				for _, info := range inflight.Tasks() {
					if strings.HasPrefix(info.Name, "waiter in ") {
						shown = append(shown, strings.TrimPrefix(info.Name, "waiter in ")+" "+info.Waiting)
					}
				}
				slices.Sort(shown)
				return shown
			}
			time.Sleep(time.Minute)
			wantSlice(t, "during", shown(), "completed completed", "each each", "wait wait")
			time.Sleep(time.Hour)
			wantSlice(t, "after", shown(), "completed sleep", "each sleep", "wait sleep")
		})
	})
}
