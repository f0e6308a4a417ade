package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/internal/park"
)

// idle waits until ctx ends and says only that.
func idle(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// fails returns a function that fails at once.
func fails(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

// neverCalled returns a function that must not be called.
func neverCalled(t testing.TB) func(context.Context) error {
	return func(context.Context) error {
		t.Error("a function that was refused has been called")
		return nil
	}
}

// A listError is an error that can't be compared.
type listError []string

func (e listError) Error() string { return strings.Join(e, ", ") }

// Any number of waiters, early and late, in the group and outside of it, get the
// same value, again and again.
func TestT1_everybody_gets_the_same_result(t *testing.T) {
	underEach(t, func(s *setting) {
		value := new(int)
		var task *inflight.Task[*int]
		var readers sync.WaitGroup
		check := func(ctx context.Context) {
			got, err := task.Await(ctx)
			if got != value || err != nil {
				s.Errorf("Await: %v, %v", got, err)
			}
		}
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task = inflight.Go(g, takes(time.Second, value, nil))
			for range 3 {
				g.Go(func(ctx context.Context) error { check(ctx); return nil })
				readers.Go(func() { check(context.Background()) })
			}
			check(ctx)
			check(ctx)
			return nil
		})
		wantErrs(s, err)
		readers.Wait()
		check(context.Background())
		got, err := task.Result()
		wantEqual(s, "value of Result", got, value)
		wantErrs(s, err)
		wantErrs(s, task.Err())
		wantEqual(s, "state", task.State(), inflight.Succeeded)
		<-task.Done()
	})
}

// Whoever gives up waiting is told nothing of the result, and takes it from nobody:
// alone, as the first of several, or as one of them.
func TestT1_some_give_up_waiting(t *testing.T) {
	for first := range 3 {
		for quitter := range first + 1 {
			synctest.Test(t, func(t *testing.T) {
				promise, later := inflight.NewPromise[int](t.Context()), inflight.NewPromise[int](t.Context())
				errs := make([]error, 3)
				err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
					var tasks []*inflight.Task[struct{}]
					await := func() {
						i := len(tasks)
						tasks = append(tasks, g.Go(func(ctx context.Context) error {
							_, errs[i] = promise.Await(ctx)
							if i == quitter { // the waiter serves again, and must not be woken by what it has left
								_, errs[i] = later.Await(context.WithoutCancel(ctx))
								return context.Cause(ctx)
							}
							return nil
						}))
						synctest.Wait()
					}
					for range first + 1 {
						await()
					}
					tasks[quitter].Cancel(errOak)
					synctest.Wait()
					for range len(errs) - first - 1 {
						await()
					}
					promise.Resolve(1)
					synctest.Wait()
					if tasks[quitter].State() != inflight.Running {
						t.Errorf("the result has reached the one that gave up, %d of %d", quitter, first)
					}
					later.Resolve(2)
					return nil
				})
				if got := append(errs, err); slices.ContainsFunc(got, func(err error) bool { return err != nil }) {
					t.Errorf("%d of %d gave up: %v", quitter, first, got)
				}
				unwatched(t, promise)
			})
		}
	}
}

// A wait that ends at the very moment of the result has the result, and is over
// only when the one that brings it has let go of it.
func TestT1_giving_up_at_the_moment_of_the_result(t *testing.T) {
	for _, crowd := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
				task := g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) })
				returned, got := false, errOak
				waits := g.Go(func(ctx context.Context) error {
					_, got = task.Await(ctx)
					returned = true
					return nil
				})
				synctest.Wait()
				tell := inflight.SettleHalf(task)
				if crowd {
					<-task.Done()
				}
				waits.Cancel(errOak)
				synctest.Wait()
				if returned {
					t.Error("the wait is over, and somebody still has its waiter")
				}
				tell()
				synctest.Wait()
				if !returned || got != nil {
					t.Errorf("returned: %t, with %v", returned, got)
				}
				return nil
			})
		})
	}
}

// The error of a task is the same for all who ask, before and after its group is
// over.
func TestT1_everybody_gets_the_same_error(t *testing.T) {
	underEach(t, func(s *setting) {
		var task *inflight.Task[int]
		var readers sync.WaitGroup
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task = inflight.Go(g, takes(time.Second, 7, errOak))
			for range 3 {
				readers.Go(func() {
					_, err := task.Await(context.Background())
					wantErrs(s, err, errOak)
				})
			}
			_, err := task.Await(ctx)
			wantErrs(s, err, errOak) // its failure ends ctx too, but the grant was first
			return nil
		})
		wantErrs(s, err, errOak)
		readers.Wait()
		for range 2 {
			value, err := task.Result()
			wantEqual(s, "value beside the error", value, 7)
			wantErrs(s, err, errOak)
			wantErrs(s, task.Err(), errOak)
		}
		wantEqual(s, "state", task.State(), inflight.Failed)
	})
}

// [≠] A wait that is given up leaves the task running; in asyncio it cancels it.
func TestT2_giving_up_a_wait_leaves_the_task_running(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task := inflight.Go(g, takes(time.Minute, 7, nil))
			for range 3 {
				impatient, cancel := context.WithTimeoutCause(ctx, time.Second, errOak)
				_, err := task.Await(impatient)
				wantErrs(s, err, errOak)
				cancel()
			}
			wantEqual(s, "state", task.State(), inflight.Running)
			value, err := task.Await(ctx)
			wantEqual(s, "value", value, 7)
			return err
		})
		wantErrs(s, err)
	})
}

// A waiter that is itself a task and is cancelled leaves what it awaits alone.
func TestT2_cancelling_a_waiting_task_leaves_the_other_running(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			slow := inflight.Go(g, takes(time.Minute, 7, nil))
			waiter := inflight.Go(g, slow.Await)
			synctest.Wait()
			waiter.Cancel(errOak)
			_, err := waiter.Await(ctx)
			wantErrs(s, err, errOak)
			wantEqual(s, "state of the waiter", waiter.State(), inflight.Cancelled)
			value, err := slow.Await(ctx)
			wantEqual(s, "value", value, 7)
			return err
		})
		wantErrs(s, err)
	})
}

// While there is no result, Result and Err say ErrPending and Done is open.
func TestT3_no_result_yet(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task := inflight.Go(g, takes(time.Second, 7, nil))
			for range 2 { // pending, perhaps, and then running
				value, err := task.Result()
				wantEqual(s, "value", value, 0)
				wantErrs(s, err, inflight.ErrPending)
				wantErrs(s, task.Err(), inflight.ErrPending)
				select {
				case <-task.Done():
					s.Error("Done is closed")
				default:
				}
				synctest.Wait()
			}
			wantEqual(s, "state", task.State(), inflight.Running)
			return nil
		})
		wantErrs(s, err)
	})
}

// A task that was admitted is pending until it is called, and running from then on.
func TestT3_states_before_the_result(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that some are seen in the queue
	synctest.Test(t, func(t *testing.T) {
		seen := make(map[inflight.State]int)
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			for range 100 {
				task := g.Go(idle)
				seen[task.State()]++
				synctest.Wait()
				wantEqual(t, "state of a task that waits", task.State(), inflight.Running)
			}
			g.Cancel()
		})
		if seen[inflight.Pending] == 0 || seen[inflight.Pending]+seen[inflight.Running] != 100 {
			t.Errorf("states right after Go: %v", seen)
		}
	})
}

// Cancel says true while there is no result, and false, without any effect, when
// there is one.
func TestT4_cancel_tells_whether_it_came_in_time(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			ends := map[string]func(context.Context) (int, error){
				"succeeded": takes(time.Second, 7, nil),
				"failed":    takes(time.Second, 7, errOak),
				"exited":    func(context.Context) (int, error) { runtime.Goexit(); return 0, nil },
				"cancelled": func(ctx context.Context) (int, error) { return 0, idle(ctx) },
			}
			for name, fn := range ends {
				task := inflight.Go(g, fn)
				if name == "cancelled" {
					wantEqual(s, "first Cancel", task.Cancel(errElm), true)
				}
				<-task.Done()
				value, err := task.Result()
				state := task.State()
				wantEqual(s, "Cancel of one that has "+name, task.Cancel(errAsh), false)
				again, same := task.Result()
				if value != again || err != same || state != task.State() {
					s.Errorf("%s: Cancel has changed %v, %v to %v, %v", name, value, err, again, same)
				}
			}
			wantEqual(s, "Cancel of one that was refused", refusedTask(g).Cancel(nil), false)
			return nil
		}, inflight.Supervise())
		if !errors.Is(err, errOak) || !errors.Is(err, inflight.ErrGoexit) || len(joined(err)) != 2 {
			s.Errorf("Run: %v", err)
		}
	})
}

// refusedTask cancels g and returns a task that it refuses.
func refusedTask(g *inflight.TaskGroup) *inflight.Task[struct{}] {
	g.Cancel()
	return g.Go(func(context.Context) error { panic("called") })
}

// A task that takes no notice of its cancellation and returns a value has
// succeeded.
func TestT5_cancel_is_a_request(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			deaf := inflight.Go(g, func(ctx context.Context) (int, error) {
				time.Sleep(time.Minute)
				wantErrs(s, ctx.Err(), context.Canceled)
				return 7, nil
			})
			wantEqual(s, "Cancel", deaf.Cancel(errOak), true)
			wantEqual(s, "second Cancel", deaf.Cancel(errElm), true)
			value, err := deaf.Await(ctx)
			wantEqual(s, "value", value, 7)
			wantEqual(s, "state", deaf.State(), inflight.Succeeded)
			return err
		})
		wantErrs(s, err)
	})
}

// A cancelled task that then fails for a reason of its own has failed.
func TestT5_a_cancelled_task_may_fail(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, own := range []error{
			errOak,
			errors.Join(context.Canceled, errOak),
			fmt.Errorf("%w, and so %w", errOak, errElm),
			context.DeadlineExceeded, // not how this one was cancelled
			fmt.Errorf("%w: %w", context.DeadlineExceeded, context.Canceled),
		} {
			var task *inflight.Task[struct{}]
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				task = g.Go(func(ctx context.Context) error { <-ctx.Done(); return own })
				task.Cancel(errElm)
				return nil
			})
			if err != own || task.Err() != own || task.State() != inflight.Failed {
				s.Errorf("%v: Run %v, task %v %v", own, err, task.Err(), task.State())
			}
		}
	})
}

// However a cancelled task says that it was cancelled, it is no failure, and the
// cause reaches the task and those who await it as the very error it was.
func TestT6_T7_the_cause_reaches_everybody_unchanged(t *testing.T) {
	says := map[string]func(ctx context.Context) error{
		"Err":            func(ctx context.Context) error { return ctx.Err() },
		"Cause":          func(ctx context.Context) error { return context.Cause(ctx) },
		"wrapped Err":    func(ctx context.Context) error { return fmt.Errorf("reading: %w", ctx.Err()) },
		"wrapped Cause":  func(ctx context.Context) error { return fmt.Errorf("reading: %w", context.Cause(ctx)) },
		"both":           func(ctx context.Context) error { return errors.Join(ctx.Err(), context.Cause(ctx)) },
		"Err of a child": func(ctx context.Context) error { ctx, stop := context.WithCancel(ctx); defer stop(); return ctx.Err() },
		"Sleep":          func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) },
	}
	same := []error{errOak, fmt.Errorf("because of %w", errOak), context.DeadlineExceeded, &inflight.PanicError{Value: 1}}
	for name, say := range says {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			underEach(t, func(s *setting) {
				for _, cause := range same {
					var task *inflight.Task[struct{}]
					err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
						beside := g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Minute) })
						task = g.Go(func(ctx context.Context) error {
							<-ctx.Done()
							wantErrs(s, ctx.Err(), context.Canceled)
							wantEqual(s, "cause in the task", context.Cause(ctx), cause)
							return say(ctx)
						})
						synctest.Wait()
						task.Cancel(cause)
						_, err := task.Await(ctx)
						wantEqual(s, "error of Await", err, cause)
						wantErrs(s, ctx.Err())
						_, err = beside.Await(ctx)
						return err
					})
					wantErrs(s, err)
					wantEqual(s, "state", task.State(), inflight.Cancelled)
					wantEqual(s, "Err", task.Err(), cause)
				}
			})
		})
	}
}

// Cancel without a cause cancels with context.Canceled.
func TestT7_no_cause_is_canceled(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task := g.Go(func(ctx context.Context) error {
				<-ctx.Done()
				wantErrs(s, context.Cause(ctx), context.Canceled)
				return inflight.Sleep(ctx, time.Hour)
			})
			task.Cancel(nil)
			_, err := task.Await(ctx)
			wantErrs(s, err, context.Canceled)
			return nil
		})
		wantErrs(s, err)
	})
}

// The first cause counts, and one that can't be compared is as good as any.
func TestT7_the_first_cause_counts(t *testing.T) {
	underEach(t, func(s *setting) {
		cause := listError{"a", "b"}
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task := g.Go(idle)
			task.Cancel(cause)
			task.Cancel(errElm)
			_, err := task.Await(ctx)
			if got, ok := err.(listError); !ok || !slices.Equal(got, cause) {
				s.Errorf("Await: %v", err)
			}
			return nil
		})
		wantErrs(s, err)
	})
}

// A cause that can't be compared, such as a list of errors, is recognised as what
// it is when the task returns it.
func TestT7_a_cause_that_cannot_be_compared(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task := g.Go(func(ctx context.Context) error {
				return fmt.Errorf("reading: %w", inflight.Sleep(ctx, time.Hour))
			})
			task.Cancel(listError{"a", "b"})
			task.Await(ctx)
			wantEqual(s, "state", task.State(), inflight.Cancelled)
			return nil
		})
		wantErrs(s, err)
	})
}

// cancelledWith returns a context that has ended.
func cancelledWith(cause error) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	return ctx
}

// [>] A task that is cancelled before it was called is called all the same, once,
// under a context that has ended; in asyncio it never is.
func TestT8_cancelled_before_its_first_instruction(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that some are still in the queue
	underEach(t, func(s *setting) {
		const n = 100
		var called, deferred [n]int
		queued := 0
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for i := range n {
				task := g.Go(func(ctx context.Context) error {
					called[i]++
					defer func() { deferred[i]++ }()
					return inflight.Sleep(ctx, time.Hour)
				})
				if task.State() == inflight.Pending {
					queued++
				}
				task.Cancel(errOak)
			}
			return nil
		})
		wantErrs(s, err)
		if queued == 0 {
			s.Error("none was in the queue when it was cancelled")
		}
		for i := range n {
			if called[i] != 1 || deferred[i] != 1 {
				s.Errorf("task %d: called %d times, its defer %d times", i, called[i], deferred[i])
			}
		}
	})
}

// The same when it is the group that is cancelled: what was admitted is called.
func TestT8_admitted_and_then_the_group_is_cancelled(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	underEach(t, func(s *setting) {
		const n = 100
		var called atomic.Int32
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for range n {
				g.Go(func(ctx context.Context) error {
					called.Add(1)
					return inflight.Sleep(ctx, time.Hour)
				})
			}
			g.Cancel()
			return nil
		})
		wantErrs(s, err)
		wantEqual(s, "how many were called", called.Load(), n)
	})
}

// [≠] A task that cancels itself and returns a value has succeeded; asyncio marks
// it cancelled.
func TestT9_a_value_wins_over_cancelling_oneself(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			var self *inflight.Task[int]
			known := make(chan struct{})
			self = inflight.Go(g, func(ctx context.Context) (int, error) {
				<-known
				wantEqual(s, "Cancel", self.Cancel(errOak), true)
				wantEqual(s, "cause", context.Cause(ctx), error(errOak))
				return 7, nil
			})
			close(known)
			value, err := self.Await(ctx)
			wantEqual(s, "value", value, 7)
			wantErrs(s, err)
			return nil
		})
		wantErrs(s, err)
	})
}

// To await oneself is an error at once, also through all sorts of contexts and
// scopes that lie between.
func TestT10_awaiting_oneself(t *testing.T) {
	ways := map[string]func(ctx context.Context, await func(context.Context) error) error{
		"own": func(ctx context.Context, await func(context.Context) error) error { return await(ctx) },
		"timeout": func(ctx context.Context, await func(context.Context) error) error {
			ctx, stop := context.WithTimeout(ctx, time.Hour)
			defer stop()
			return await(ctx)
		},
		"without_cancel": func(ctx context.Context, await func(context.Context) error) error {
			return await(context.WithoutCancel(ctx))
		},
		"deadline": func(ctx context.Context, await func(context.Context) error) error {
			ctx, d := inflight.WithDeadline(ctx, time.Hour)
			defer d.Stop()
			return await(ctx)
		},
		"a_scope_in_it": func(ctx context.Context, await func(context.Context) error) error {
			return inflight.Run(ctx, func(ctx context.Context, _ *inflight.TaskGroup) error { return await(ctx) })
		},
		"a_task_in_it": func(ctx context.Context, await func(context.Context) error) error {
			return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(await)
				return nil
			})
		},
		"an_item_in_it": func(ctx context.Context, await func(context.Context) error) error {
			_, err := inflight.Gather(ctx, func(ctx context.Context) (int, error) { return 0, await(ctx) })
			return err
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			underEach(t, func(s *setting) {
				var self *inflight.Task[struct{}]
				err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					known := make(chan struct{})
					self = g.Go(func(ctx context.Context) error {
						<-known
						return way(ctx, func(ctx context.Context) error {
							_, err := self.Await(ctx)
							return err
						})
					}, inflight.Name("ouroboros"))
					close(known)
					return nil
				})
				if !errors.Is(err, inflight.ErrSelfAwait) || !strings.Contains(err.Error(), "ouroboros") {
					s.Errorf("Run: %v", err)
				}
			})
		})
	}
}

// A task may await its siblings, and the tasks of groups above and beside its own.
func TestT10_awaiting_others_is_fine(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			slow := inflight.Go(g, takes(time.Second, 7, nil))
			g.Go(func(ctx context.Context) error {
				return inflight.Run(ctx, func(ctx context.Context, inner *inflight.TaskGroup) error {
					below := inflight.Go(inner, slow.Await)
					value, err := below.Await(ctx)
					wantEqual(s, "value", value, 7)
					return err
				})
			})
			return nil
		})
		wantErrs(s, err)
	})
}

// Tasks without a name have one that nobody else has.
func TestT11_names_of_their_own(t *testing.T) {
	underEach(t, func(s *setting) {
		var mu sync.Mutex
		names := make(map[string]bool)
		take := func(task *inflight.Task[struct{}]) {
			mu.Lock()
			defer mu.Unlock()
			name := task.Name()
			var n uint64
			if _, err := fmt.Sscanf(name, "task-%d", &n); err != nil || names[name] {
				s.Errorf("name %q, seen before: %v", name, names[name])
			}
			names[name] = true
			if name != task.Name() {
				s.Errorf("%q has become %q", name, task.Name())
			}
		}
		var g1 *inflight.TaskGroup
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g1 = g
			for range 20 {
				take(g.Go(func(ctx context.Context) error {
					return inflight.Run(ctx, func(_ context.Context, g *inflight.TaskGroup) error {
						for range 20 {
							take(g.Go(idle))
						}
						g.Cancel()
						return nil
					})
				}))
			}
			return nil
		})
		wantErrs(s, err)
		take(g1.Go(neverCalled(s)))
		wantEqual(s, "how many there are", len(names), 20+20*20+1)
	})
}

// A given name is in what the task says of itself, in the tree, and in its panic.
func TestT11_a_given_name_is_everywhere(t *testing.T) {
	underEach(t, func(s *setting) {
		p := raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				leave := make(chan struct{})
				task := g.Go(func(ctx context.Context) error {
					info, ok := inflight.Current(ctx)
					wantEqual(s, "Current", ok, true)
					wantEqual(s, "name in Current", info.Name, "fetcher")
					<-leave
					panic("dropped")
				}, inflight.Name("fetcher"))
				synctest.Wait()
				wantEqual(s, "Name", task.Name(), "fetcher")
				wantEqual(s, "String", task.String(), "fetcher [running]")
				found := slices.ContainsFunc(inflight.Tasks(), func(i inflight.Info) bool { return i.Name == "fetcher" })
				wantEqual(s, "in the tree", found, true)
				close(leave)
				<-task.Done()
				wantEqual(s, "String", task.String(), "fetcher [panicked]")
				return nil
			})
		})
		wantEqual(s, "name in the panic", p.Task, "fetcher")
		if !strings.Contains(p.Error(), `panic in "fetcher": dropped`) {
			s.Errorf("Error: %.80s", p.Error())
		}
	})
}

// So it is where the group did not take the task.
func TestT11_a_refused_task_has_its_name(t *testing.T) {
	for _, opts := range [][]inflight.Option{nil, {inflight.Limit(1)}} {
		underEach(t, func(s *setting) {
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(idle)
				full, _ := g.TryGo(neverCalledIf(s, opts != nil), inflight.Name("fetcher"))
				g.Cancel()
				tried, _ := g.TryGo(neverCalled(s), inflight.Name("fetcher"))
				gone := inflight.Go(g, func(context.Context) (int, error) { return 0, neverCalled(s)(ctx) }, inflight.Name("fetcher"))
				wantEqual(s, "Name", full.Name(), "fetcher")
				wantEqual(s, "String", tried.String(), "fetcher [refused]")
				wantEqual(s, "String", gone.String(), "fetcher [refused]")
				return nil
			}, opts...)
			wantErrs(s, err)
		})
	}
}

// neverCalledIf is neverCalled where never is true, else it returns idle.
func neverCalledIf(t testing.TB, never bool) func(context.Context) error {
	if never {
		return neverCalled(t)
	}
	return idle
}

// The error of runtime.Goexit names the task.
func TestT11_goexit_names_the_task(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(context.Context) error { runtime.Goexit(); return nil }, inflight.Name("fetcher"))
			return nil
		})
		if !errors.Is(err, inflight.ErrGoexit) || !strings.Contains(err.Error(), "fetcher") {
			s.Errorf("Run: %v", err)
		}
	})
}

// Each state has a word, and one that there is not a number.
func TestT11_states_have_words(t *testing.T) {
	words := []string{"pending", "running", "succeeded", "failed", "cancelled", "panicked", "refused", "state(7)"}
	for i, word := range words {
		wantEqual(t, "word", inflight.State(i).String(), word)
	}
}

// endings are all the ways in which a task can come to its end.
var endings = []struct {
	state inflight.State
	fn    func(context.Context) error
}{
	{inflight.Succeeded, func(context.Context) error { return nil }},
	{inflight.Failed, fails(errOak)},
	{inflight.Failed, func(context.Context) error { runtime.Goexit(); return nil }},
	{inflight.Cancelled, idle},
	{inflight.Panicked, func(context.Context) error { panic(errAsh) }},
}

// forEndings calls test for each way to end, with a function that starts a task
// which ends so when released.
func forEndings(t *testing.T, test func(s *setting, want inflight.State, start func(*inflight.TaskGroup) (task *inflight.Task[struct{}], release func()))) {
	for i, ending := range endings {
		t.Run(fmt.Sprintf("%v_%d", ending.state, i), func(t *testing.T) {
			underEach(t, func(s *setting) {
				defer func() {
					if v := recover(); v != nil && ending.state != inflight.Panicked {
						panic(v)
					}
				}()
				test(s, ending.state, func(g *inflight.TaskGroup) (*inflight.Task[struct{}], func()) {
					gate := make(chan struct{})
					task := g.Go(func(ctx context.Context) error { <-gate; return ending.fn(ctx) })
					return task, func() {
						if ending.state == inflight.Cancelled {
							task.Cancel(errElm)
						}
						close(gate)
					}
				})
			})
		})
	}
}

// Callbacks run once, in the order in which they came, when the state is final
// and before the group is over; one that comes late runs at once.
func TestT12_callbacks_run_once_after_the_end(t *testing.T) {
	forEndings(t, func(s *setting, want inflight.State, start func(*inflight.TaskGroup) (*inflight.Task[struct{}], func())) {
		var said log
		var task *inflight.Task[struct{}]
		func() {
			defer func() { recover() }()
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				var release func()
				task, release = start(g)
				for i := range 5 {
					task.OnDone(func() {
						said.add(i)
						wantEqual(s, "state in a callback", task.State(), want)
						if _, err := task.Result(); err == inflight.ErrPending {
							s.Error("no result yet")
						}
						select {
						case <-task.Done():
						default:
							s.Error("Done is open in a callback")
						}
					})
				}
				synctest.Wait()
				wantSlice(s, "before the end", said.said())
				release()
				return nil
			})
		}()
		wantSlice(s, "calls", said.said(), "0", "1", "2", "3", "4")
		stop := task.OnDone(func() { said.add("late") })
		wantSlice(s, "calls", said.said(), "0", "1", "2", "3", "4", "late")
		wantEqual(s, "stop of one that has run", stop(), false)
	})
}

// stop takes a callback off, once; afterwards, and after the end, it says that
// it came too late.
func TestT12_stop_takes_a_callback_off(t *testing.T) {
	forEndings(t, func(s *setting, want inflight.State, start func(*inflight.TaskGroup) (*inflight.Task[struct{}], func())) {
		for _, order := range permutations(4) {
			var said log
			func() {
				defer func() { recover() }()
				inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					task, release := start(g)
					var stops []func() bool
					for i := range 4 {
						stops = append(stops, task.OnDone(func() { said.add(i) }))
					}
					for _, i := range order[:2] {
						wantEqual(s, "stop in time", stops[i](), true)
						wantEqual(s, "stop again", stops[i](), false)
					}
					release()
					<-task.Done()
					synctest.Wait()
					for i, stop := range stops {
						wantEqual(s, fmt.Sprintf("stop %d after the end", i), stop(), false)
					}
					return nil
				})
			}()
			left := []string{fmt.Sprint(min(order[2], order[3])), fmt.Sprint(max(order[2], order[3]))}
			wantSlice(s, fmt.Sprintf("those left after %v", order[:2]), said.said(), left...)
		}
	})
}

// Callbacks may add callbacks, stop each other and themselves, and await what is
// done already.
func TestT12_callbacks_change_callbacks(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		inScope(s.T, func(ctx context.Context, g *inflight.TaskGroup) {
			gate := make(chan struct{})
			task := inflight.Go(g, func(context.Context) (int, error) { <-gate; return 7, nil })
			var stops [4]func() bool
			stops[0] = task.OnDone(func() {
				said.add("first")
				task.OnDone(func() { said.add("added") })
				said.add("stop itself ", stops[0](), ", the next ", stops[1](), ", again ", stops[1]())
			})
			stops[1] = task.OnDone(func() { said.add("stopped") })
			stops[2] = task.OnDone(func() {
				value, err := task.Await(ctx)
				said.add("third ", value, " ", err, " ", stops[0](), " ", stops[3]())
			})
			stops[3] = task.OnDone(func() { said.add("stopped too") })
			close(gate)
		})
		wantSlice(s, "calls", said.said(), "first", "added", "stop itself false, the next true, again false", "third 7 <nil> false true")
	})
}

// A callback that registers a callback that registers a callback ends.
func TestT12_callbacks_in_callbacks(t *testing.T) {
	underEach(t, func(s *setting) {
		depth := 0
		inScope(s.T, func(ctx context.Context, g *inflight.TaskGroup) {
			gate := make(chan struct{})
			task := g.Go(func(context.Context) error { <-gate; return nil })
			var nest func()
			nest = func() {
				if depth++; depth < 100 {
					task.OnDone(nest)
				}
			}
			task.OnDone(nest)
			close(gate)
		})
		wantEqual(s, "depth", depth, 100)
	})
}

// A callback may start tasks: the group is not over before it has returned.
func TestT12_a_callback_may_start_a_task(t *testing.T) {
	underEach(t, func(s *setting) {
		called := 0
		inScope(s.T, func(ctx context.Context, g *inflight.TaskGroup) {
			gate := make(chan struct{})
			task := g.Go(func(context.Context) error { <-gate; return nil })
			task.OnDone(func() {
				g.Go(func(ctx context.Context) error {
					called++
					return inflight.Sleep(ctx, time.Second)
				})
			})
			go func() { close(gate) }()
		})
		wantEqual(s, "calls", called, 1)
	})
}

// A callback that panics is a panic of the task's group, the result stays, and
// the callbacks behind it run.
func TestT12_a_callback_that_panics(t *testing.T) {
	underEach(t, func(s *setting) {
		var task *inflight.Task[int]
		behind := 0
		p := raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				gate := make(chan struct{})
				task = inflight.Go(g, func(context.Context) (int, error) { <-gate; return 7, nil })
				task.OnDone(func() { panic("callback") })
				task.OnDone(func() { behind++ })
				close(gate)
				return idle(ctx)
			})
		})
		wantEqual(s, "value of the panic", p.Value, any("callback"))
		wantEqual(s, "calls behind it", behind, 1)
		value, err := task.Result()
		wantEqual(s, "value", value, 7)
		wantErrs(s, err)
	})
}

// A callback of a promise that does not return ends the Resolve that has called it; the
// others are called all the same, and those who wait for the promise go on.
func TestT12_callbacks_of_a_promise_that_do_not_return(t *testing.T) {
	for _, order := range permutations(3) {
		underEach(t, func(s *setting) {
			var said log
			p := inflight.NewPromise[int](s.ctx)
			for _, i := range append(order, order...) {
				p.OnDone(func() {
					said.add(i)
					switch i {
					case 0:
						panic(errOak)
					case 1:
						runtime.Goexit()
					}
				})
			}
			var waiter sync.WaitGroup
			waiter.Go(func() {
				_, _, err := inflight.Wait(s.ctx, inflight.AllDone, p)
				wantErrs(s, err)
			})
			synctest.Wait()
			var resolver sync.WaitGroup
			resolver.Go(func() {
				defer func() { recover() }()
				p.Resolve(7)
				t.Error("Resolve has returned")
			})
			resolver.Wait()
			waiter.Wait()
			wantEqual(s, "calls", said.count(), 6)
			value, err := p.Result()
			wantEqual(s, "value", value, 7)
			wantErrs(s, err)
		})
	}
}

// Callbacks that do not return, however many there are, do no harm to the others:
// one that panics is a panic of the group, one that ends the goroutine a failure.
func TestT12_callbacks_that_do_not_return(t *testing.T) {
	for _, order := range permutations(3) {
		underEach(t, func(s *setting) {
			var said log
			var task *inflight.Task[int]
			p := raisedPanic(s, func() {
				inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					gate := make(chan struct{})
					task = inflight.Go(g, func(context.Context) (int, error) { <-gate; return 7, nil })
					for _, i := range append(order, order...) {
						task.OnDone(func() {
							said.add(i)
							switch i {
							case 0:
								panic(errOak)
							case 1:
								runtime.Goexit()
							}
						})
					}
					close(gate)
					return nil
				})
			})
			wantEqual(s, "calls", said.count(), 6)
			wantEqual(s, "value of the panic", p.Value, any(errOak))
			wantEqual(s, "Goexit is reported", slices.ContainsFunc(p.Also, func(err error) bool {
				return errors.Is(err, inflight.ErrGoexit)
			}), true)
			wantEqual(s, "state", task.State(), inflight.Succeeded)
		})
	}
}

// So it is where the task itself has ended badly: all callbacks are called, and
// the group is not held up.
func TestT12_callbacks_of_broken_tasks_that_do_not_return(t *testing.T) {
	forEndings(t, func(s *setting, want inflight.State, start func(*inflight.TaskGroup) (*inflight.Task[struct{}], func())) {
		for _, end := range []func(){runtime.Goexit, func() { panic("callback") }} {
			var said log
			var task *inflight.Task[struct{}]
			func() {
				defer func() { recover() }()
				inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					var release func()
					task, release = start(g)
					for i := range 3 {
						task.OnDone(func() {
							said.add(i)
							end()
						})
					}
					release()
					return nil
				})
			}()
			wantSlice(s, "calls", said.said(), "0", "1", "2")
			wantEqual(s, "state", task.State(), want)
		}
	})
}

// A callback that is registered while its task succeeds is called, once.
func TestT12_registered_while_the_task_succeeds(t *testing.T) {
	const n = 20_000
	called := make([]atomic.Int32, n)
	inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
		var now, there atomic.Int64
		await := func(v *atomic.Int64, want int) {
			for k := 1; v.Load() < int64(want); k++ {
				if k%500 == 0 {
					runtime.Gosched()
				}
			}
		}
		for i := range n {
			task := g.Go(func(context.Context) error {
				there.Store(int64(i + 1))
				await(&now, i+1)
				for range i % 97 { // to meet it at all moments
				}
				return nil
			})
			await(&there, i+1)
			now.Store(int64(i + 1))
			for range i % 89 {
			}
			task.OnDone(func() { called[i].Add(1) })
		}
	})
	for i := range called {
		if k := called[i].Load(); k != 1 {
			t.Fatalf("callback %d was called %d times", i, k)
		}
	}
}

// OnDone is called exactly once, or its stop came in time, whatever happens at
// the same moment.
func TestT12_stop_and_the_end_at_once(t *testing.T) {
	for range 3000 {
		var called, stopped atomic.Int32
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			gate := make(chan struct{})
			task := g.Go(func(context.Context) error { <-gate; return nil })
			stop := task.OnDone(func() { called.Add(1) })
			for range 2 {
				g.Go(func(context.Context) error {
					<-gate
					if stop() {
						stopped.Add(1)
					}
					return nil
				})
			}
			close(gate)
		})
		if called.Load()+stopped.Load() != 1 {
			t.Fatalf("called %d times, stopped %d times", called.Load(), stopped.Load())
		}
	}
}

// A rejection that nobody looks at is reported by the scope, once, with the place
// where it happened; the promise's error is in it.
func TestT13_a_rejection_that_nobody_sees_is_reported(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				p := inflight.NewPromise[int](ctx)
				wantEqual(s, "Reject", p.Reject(errOak), true)
				wantEqual(s, "second Reject", p.Reject(errElm), false)
				wantEqual(s, "Resolve", p.Resolve(1), false)
				return nil
			})
			return inflight.Sleep(ctx, time.Second) // it cancels nobody
		})
		if !errors.Is(err, errOak) || errors.Is(err, errElm) || !strings.Contains(err.Error(), "task_test.go:") {
			s.Errorf("Run: %v", err)
		}
		if _, several := err.(interface{ Unwrap() []error }); several {
			s.Errorf("reported more than once: %v", err)
		}
	})
}

// Any look at the result is enough, before the rejection or after; to be told
// only that there is one is not.
func TestT13_a_rejection_that_was_seen_is_not_reported(t *testing.T) {
	looks := map[string]struct {
		look func(context.Context, *inflight.Promise[int])
		seen bool
	}{
		"Await":  {func(ctx context.Context, p *inflight.Promise[int]) { p.Await(ctx) }, true},
		"Result": {func(_ context.Context, p *inflight.Promise[int]) { p.Result() }, true},
		"Err":    {func(_ context.Context, p *inflight.Promise[int]) { p.Err() }, true},
		"State":  {func(_ context.Context, p *inflight.Promise[int]) { p.State() }, false},
		"Done":   {func(_ context.Context, p *inflight.Promise[int]) { <-p.Done() }, false},
		"impatient": {func(_ context.Context, p *inflight.Promise[int]) {
			p.Await(cancelledWith(errAsh))
		}, false},
	}
	for name, l := range looks {
		t.Run(name, func(t *testing.T) {
			underEach(t, func(s *setting) {
				err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					p := inflight.NewPromise[int](ctx)
					p.Reject(errOak)
					l.look(ctx, p)
					return nil
				})
				if seen := err == nil; seen != l.seen || !seen && !errors.Is(err, errOak) {
					s.Errorf("Run: %v", err)
				}
			})
		})
	}
	t.Run("waiting", func(t *testing.T) {
		underEach(t, func(s *setting) {
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				p := inflight.NewPromise[int](ctx)
				for range 3 {
					g.Go(func(ctx context.Context) error {
						_, err := p.Await(ctx)
						wantErrs(s, err, errOak)
						return nil
					})
				}
				synctest.Wait()
				p.Reject(errOak)
				return nil
			})
			wantErrs(s, err)
		})
	})
}

// Who waits when the promise is rejected has seen it, even if the group is over
// before they can say so.
func TestT13_a_rejection_that_is_awaited_is_seen(t *testing.T) {
	underEach(t, func(s *setting) {
		made := make(chan *inflight.Promise[int])
		go func() {
			_, err := (<-made).Await(context.Background())
			wantErrs(s, err, errOak)
		}()
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			p := inflight.NewPromise[int](ctx)
			made <- p
			synctest.Wait()
			p.Reject(errOak)
			return nil
		})
		wantErrs(s, err)
	})
}

// A rejection that says only that the group was cancelled is not reported.
func TestT13_a_rejection_because_of_the_cancellation(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Cancel()
			inflight.NewPromise[int](ctx).Reject(ctx.Err())
			inflight.NewPromise[int](ctx).Reject(fmt.Errorf("reading: %w", context.Cause(ctx)))
			return nil
		})
		wantErrs(s, err)
	})
}

// Nor is one that says only that what the promise belongs to was cancelled, though the
// group was not. The end of a deadline, and anything else, is reported.
func TestT13_a_rejection_because_of_a_cancellation_below(t *testing.T) {
	late := func(ctx context.Context) (int, error) {
		p := inflight.NewPromise[int](ctx)
		<-ctx.Done()
		p.Reject(context.Cause(ctx))
		return 0, ctx.Err()
	}
	run := func(s *setting, body func(ctx context.Context, g *inflight.TaskGroup)) error {
		return inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			body(ctx, g)
			return nil
		})
	}
	underEach(t, func(s *setting) {
		err := run(s, func(ctx context.Context, g *inflight.TaskGroup) {
			quick := takes(time.Second, 1, nil)
			inflight.Race(ctx, quick, late)
			inflight.Hedge(ctx, 0, quick, late)
			inflight.Gather(ctx, takes(time.Second, 1, errElm), late)
			task := inflight.Go(g, late)
			synctest.Wait()
			task.Cancel(errAsh)
			task.Await(ctx)
		})
		wantErrs(s, err)
	})
	underEach(t, func(s *setting) {
		err := run(s, func(ctx context.Context, g *inflight.TaskGroup) {
			ctx, d := inflight.WithDeadline(ctx, time.Second)
			defer d.Stop()
			late(ctx)
		})
		wantEqual(s, "the deadline is reported", errors.Is(err, context.DeadlineExceeded), true)
		err = run(s, func(ctx context.Context, g *inflight.TaskGroup) {
			inflight.Race(ctx, takes(time.Second, 1, nil), func(ctx context.Context) (int, error) {
				p := inflight.NewPromise[int](ctx)
				<-ctx.Done()
				p.Reject(errOak)
				return 0, ctx.Err()
			})
		})
		wantEqual(s, "another error is reported", errors.Is(err, errOak), true)
	})
	underEach(t, func(s *setting) {
		told := false
		run(s, func(ctx context.Context, g *inflight.TaskGroup) {
			task := g.Go(func(ctx context.Context) error {
				p := inflight.NewPromise[int](ctx)
				p.OnDone(func() { told = true })
				<-ctx.Done()
				v := raisedBy(func() { p.Reject(wrapper(func() error { panic("unwrap") })) })
				wantEqual(s, "panic", v, any("unwrap"))
				return nil
			})
			synctest.Wait()
			task.Cancel(nil)
		})
		wantEqual(s, "the callback was called", told, true)
	})
}

// All that lies between passes a rejection on to the group.
func TestT13_a_rejection_in_a_combinator(t *testing.T) {
	rejects := func(ctx context.Context) (int, error) {
		inflight.NewPromise[int](ctx).Reject(errOak)
		return 0, nil
	}
	item := func(ctx context.Context, _ int) (int, error) { return rejects(ctx) }
	for name, do := range map[string]func(ctx context.Context){
		"Gather": func(ctx context.Context) { inflight.Gather(ctx, rejects) },
		"Settle": func(ctx context.Context) { inflight.Settle(ctx, rejects) },
		"Any":    func(ctx context.Context) { inflight.Any(ctx, rejects) },
		"Race":   func(ctx context.Context) { inflight.Race(ctx, rejects) },
		"Hedge":  func(ctx context.Context) { inflight.Hedge(ctx, time.Second, rejects) },
		"Map":    func(ctx context.Context) { inflight.Map(ctx, []int{1}, 1, item) },
		"Each": func(ctx context.Context) {
			for range inflight.Each(ctx, slices.Values([]int{1}), 1, item) {
			}
		},
	} {
		underEach(t, func(s *setting) {
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error { do(ctx); return nil })
			if !errors.Is(err, errOak) {
				s.Errorf("%s: Run: %v", name, err)
			}
		})
	}
}

// A rejection belongs to the nearest group above, through all that lies between,
// and to nobody outside of any.
func TestT13_a_rejection_belongs_to_the_nearest_group(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				ctx, d := inflight.WithDeadline(context.WithValue(ctx, valueKey{}, 1), time.Hour)
				defer d.Stop()
				_, err := inflight.Gather(ctx, func(ctx context.Context) (int, error) {
					inflight.NewPromise[int](ctx).Reject(errOak)
					return 0, nil
				})
				return err
			})
			if !errors.Is(err, errOak) {
				s.Errorf("inner Run: %v", err)
			}
			inflight.NewPromise[int](s.T.Context()).Reject(errElm)
			return nil
		})
		wantErrs(s, err)
	})
}

type valueKey struct{}

// A rejection nobody saw stands beside the failures, behind them.
func TestT13_a_rejection_beside_failures(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			inflight.NewPromise[int](ctx).Reject(errElm)
			return errOak
		})
		errs := joined(err)
		if len(errs) != 2 || errs[0] != errOak || !errors.Is(errs[1], errElm) {
			s.Errorf("Run: %v", err)
		}
	})
}

// Resolved promises give their value to all, once and for all; to reject with
// nothing is a mistake.
func TestT13_promises_that_are_resolved(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			p := inflight.NewPromise[int](ctx)
			_, err := p.Result()
			wantErrs(s, err, inflight.ErrPending)
			wantEqual(s, "state", p.State(), inflight.Pending)
			var called log
			p.OnDone(func() { called.add(p.State()) })
			for range 3 {
				g.Go(func(ctx context.Context) error {
					value, err := p.Await(ctx)
					wantEqual(s, "value", value, 7)
					return err
				})
			}
			synctest.Wait()
			wantEqual(s, "Resolve", p.Resolve(7), true)
			wantEqual(s, "second Resolve", p.Resolve(8), false)
			wantEqual(s, "Reject", p.Reject(errOak), false)
			<-p.Done()
			value, err := p.Result()
			wantEqual(s, "value", value, 7)
			wantErrs(s, err)
			wantErrs(s, p.Err())
			wantSlice(s, "callbacks", called.said(), "succeeded")
			v := raisedBy(func() { inflight.NewPromise[int](ctx).Reject(nil) })
			wantEqual(s, "panic", v, any("inflight: Promise.Reject called with a nil error"))
			return nil
		})
		wantErrs(s, err)
	})
}

// Of many who settle a promise at once, one is told that it has.
func TestT13_one_of_many_settles_a_promise(t *testing.T) {
	for range 300 {
		var won atomic.Int32
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			p := inflight.NewPromise[int](ctx)
			for i := range 8 {
				g.Go(func(context.Context) error {
					if i%2 == 0 && p.Resolve(i) || i%2 == 1 && p.Reject(errOak) {
						won.Add(1)
					}
					return nil
				})
			}
			p.Await(ctx)
		})
		wantEqual(t, "how many have", won.Load(), 1)
	}
}

// Current names the innermost task or scope, before and after a wait, under
// contexts derived from it, and nothing outside.
func TestT14_current_is_the_running_task(t *testing.T) {
	underEach(t, func(s *setting) {
		name := func(ctx context.Context) string {
			info, ok := inflight.Current(ctx)
			wantEqual(s, "Current", ok, true)
			return info.Name
		}
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			wantEqual(s, "in the body", name(ctx), "outer")
			for i := range 5 {
				own := fmt.Sprintf("child %d", i)
				g.Go(func(ctx context.Context) error {
					for range 5 {
						wantEqual(s, "in a task", name(ctx), own)
						inflight.Sleep(ctx, time.Duration(i+1)*time.Second)
					}
					timed, stop := context.WithTimeout(ctx, time.Hour)
					defer stop()
					late, d := inflight.WithDeadline(ctx, time.Hour)
					defer d.Stop()
					for _, derived := range []context.Context{timed, late, context.WithValue(ctx, valueKey{}, 1), context.WithoutCancel(ctx)} {
						wantEqual(s, "under a derived context", name(derived), own)
					}
					err := inflight.Run(timed, func(ctx context.Context, _ *inflight.TaskGroup) error {
						wantEqual(s, "in a scope in a task", name(ctx), "inner")
						return nil
					}, inflight.Label("inner"))
					wantEqual(s, "after it", name(ctx), own)
					return err
				}, inflight.Name(own))
			}
			return nil
		}, inflight.Label("outer"))
		wantErrs(s, err)
		if info, ok := inflight.Current(s.T.Context()); ok {
			s.Errorf("outside of any: %v", info)
		}
	})
}

// A task is what Current says that it is: its parent is its group, it runs, and
// it knows when it is cancelled.
func TestT14_what_current_says(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			group, _ := inflight.Current(ctx)
			wantEqual(s, "kind of the group", group.Kind, "group")
			g.Go(func(ctx context.Context) error {
				info, _ := inflight.Current(ctx)
				wantEqual(s, "kind", info.Kind, "task")
				wantEqual(s, "parent", info.Parent, group.ID)
				wantEqual(s, "state", info.State, inflight.Running)
				wantEqual(s, "cancelled", info.Cancelled, false)
				if !strings.HasSuffix(info.File, "task_test.go") || info.Line == 0 || !strings.Contains(info.Func, "TestT14") {
					s.Errorf("place: %s %s:%d", info.Func, info.File, info.Line)
				}
				g.Cancel()
				info, _ = inflight.Current(ctx)
				wantEqual(s, "cancelled", info.Cancelled, true)
				return nil
			})
			return nil
		})
		wantErrs(s, err)
	})
}

// [>] A task that runs is not garbage, even if nobody has its handle and all it
// waits for is reachable from nowhere else; asyncio may lose it.
func TestT15_a_running_task_is_never_collected(t *testing.T) {
	type thing struct{ n int }
	var weakThing weak.Pointer[thing]
	result := 0
	inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
		gate := make(chan struct{})
		func() {
			held := &thing{7}
			weakThing = weak.Make(held)
			g.Go(func(context.Context) error {
				<-gate
				result = held.n
				return nil
			})
		}()
		for range 3 {
			runtime.GC()
		}
		if weakThing.Value() == nil {
			t.Error("what a running task holds was collected")
		}
		close(gate)
	})
	wantEqual(t, "result", result, 7)
}

// A panic is the task's result for those who await it, with the value and the
// stack of where it happened, and is raised again when all have returned.
func TestT16_a_panic_is_raised_again_at_the_join(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		var task *inflight.Task[int]
		p := raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(ctx context.Context) error {
					<-ctx.Done()
					time.Sleep(time.Minute)
					said.add("sibling")
					return ctx.Err()
				})
				task = inflight.Go(g, panicsDeepInside, inflight.Name("deep"))
				_, err := task.Await(context.WithoutCancel(ctx))
				if _, ok := err.(*inflight.PanicError); !ok || !errors.Is(err, errAsh) {
					s.Errorf("Await: %v", err)
				}
				said.add("body")
				return nil
			})
		})
		said.add("raised")
		wantSlice(s, "order", said.said(), "body", "sibling", "raised")
		wantEqual(s, "state", task.State(), inflight.Panicked)
		wantEqual(s, "Err", task.Err(), error(p))
		wantEqual(s, "value", p.Value, any(errAsh))
		wantEqual(s, "task", p.Task, "deep")
		wantEqual(s, "what else went wrong", len(p.Also), 0)
		if !strings.Contains(string(p.Stack), "panicsDeepInside") {
			s.Errorf("the stack does not show where it happened:\n%s", p.Stack)
		}
	})
}

// A panic passes through any number of scopes as the one that it was.
func TestT16_a_panic_passes_through_nested_scopes(t *testing.T) {
	underEach(t, func(s *setting) {
		var inner any
		p := raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(ctx context.Context) error {
					defer func() {
						inner = recover()
						panic(inner)
					}()
					return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
						inflight.Go(g, panicsDeepInside, inflight.Name("deep"))
						return nil
					})
				}, inflight.Name("shallow"))
				return nil
			})
		})
		wantEqual(s, "the panic", inner, any(p))
		wantEqual(s, "task", p.Task, "deep")
	})
}

// panic(nil) is a panic too, and so is one of the body.
func TestT16_panics_of_all_kinds(t *testing.T) {
	underEach(t, func(s *setting) {
		var nilPanic *runtime.PanicNilError
		p := raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(context.Context) error { panic(nil) })
				return nil
			})
		})
		if !errors.As(p, &nilPanic) {
			s.Errorf("panic(nil): %v", p.Value)
		}
		ended := false
		p = raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(ctx context.Context) error {
					<-ctx.Done()
					time.Sleep(time.Minute)
					ended = true
					return nil
				})
				panic(errOak)
			})
		})
		wantEqual(s, "children joined", ended, true)
		wantEqual(s, "value", p.Value, any(errOak))
		wantEqual(s, "task", p.Task, "")
		if !strings.HasPrefix(p.Error(), "panic: oak\n") {
			s.Errorf("Error: %.40s", p.Error())
		}
	})
}

// [>] A task that ends its goroutine has failed with ErrGoexit: there is no
// (zero, nil), its defers have run, and the rest is cancelled.
func TestT17_goexit_is_a_failure(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		var task *inflight.Task[int]
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task = inflight.Go(g, func(context.Context) (int, error) {
				defer said.add("deferred")
				runtime.Goexit()
				return 7, nil
			})
			value, err := task.Await(context.WithoutCancel(ctx))
			wantEqual(s, "value", value, 0)
			if !errors.Is(err, inflight.ErrGoexit) {
				s.Errorf("Await: %v", err)
			}
			return idle(ctx)
		})
		wantSlice(s, "defers", said.said(), "deferred")
		wantEqual(s, "state", task.State(), inflight.Failed)
		wantEqual(s, "error of Run", err, task.Err())
	})
}

// A panic that a Goexit puts an end to is a Goexit, and a Goexit that a panic
// comes after is a panic.
func TestT17_goexit_and_panic_in_one_task(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(context.Context) error {
				defer runtime.Goexit()
				panic("lost")
			})
			return nil
		})
		if !errors.Is(err, inflight.ErrGoexit) {
			s.Errorf("Run: %v", err)
		}
		p := raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(context.Context) error {
					defer func() { panic(errOak) }()
					runtime.Goexit()
					return nil
				})
				return nil
			})
		})
		wantEqual(s, "value", p.Value, any(errOak))
	})
}

// A body that ends its goroutine leaves nothing running: the children are
// cancelled and joined first.
func TestT17_goexit_of_the_body(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		var cause error
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer said.add("the goroutine ends")
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Service(func(ctx context.Context) error {
					<-ctx.Done()
					said.add("service")
					return ctx.Err()
				})
				g.Go(func(ctx context.Context) error {
					<-ctx.Done()
					cause = context.Cause(ctx)
					time.Sleep(time.Minute)
					said.add("child")
					return ctx.Err()
				})
				runtime.Goexit()
				return nil
			})
			s.Error("Run has returned")
		}()
		<-done
		wantSlice(s, "order", said.said(), "service", "child", "the goroutine ends")
		if !errors.Is(cause, inflight.ErrGoexit) {
			s.Errorf("cause: %v", cause)
		}
	})
}

// A body that ends its goroutine and panics on the way out, by itself or by a scope
// in it, leaves nothing running either, and the panic is raised.
func TestT17_goexit_and_panic_in_the_body(t *testing.T) {
	bodies := map[string]func(context.Context) error{
		"itself": func(context.Context) error {
			defer func() { panic(errOak) }()
			runtime.Goexit()
			return nil
		},
		"by a scope": func(ctx context.Context) error {
			return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(ctx context.Context) error { <-ctx.Done(); panic(errOak) })
				runtime.Goexit()
				return nil
			})
		},
		"by a scope in a scope": func(ctx context.Context) error {
			return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					defer runtime.Goexit()
					panic("lost")
				})
			})
		},
	}
	for name, body := range bodies {
		underEach(t, func(s *setting) {
			var raised any
			var said log
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { raised = recover() }()
				inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(stubborn(time.Minute, &said, "joined", nil))
					return body(ctx)
				})
				said.add("returned")
			}()
			<-done
			wantSlice(s, name, said.said(), "joined")
			if p, ok := raised.(*inflight.PanicError); name != "by a scope in a scope" && (!ok || p.Value != any(errOak)) {
				s.Errorf("%s: raised %v", name, raised)
			}
		})
	}
}

// A child sees the values of the context that its group was opened with; what it
// adds is seen by nobody beside it or above.
func TestT18_values_are_those_of_the_scope(t *testing.T) {
	underEach(t, func(s *setting) {
		type other struct{}
		pointer := new(int)
		value := func(ctx context.Context, key any) any { return ctx.Value(key) }
		opened := context.WithValue(context.WithValue(s.ctx, valueKey{}, "above"), pointer, "by pointer")
		err := inflight.Run(opened, func(ctx context.Context, g *inflight.TaskGroup) error {
			ctx = context.WithValue(ctx, other{}, "the body's own")
			for range 3 {
				g.Go(func(ctx context.Context) error {
					wantEqual(s, "value", value(ctx, valueKey{}), any("above"))
					wantEqual(s, "value of the body", value(ctx, other{}), nil)
					ctx = context.WithValue(ctx, valueKey{}, "changed")
					return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
						g.Go(func(ctx context.Context) error {
							wantEqual(s, "value below", value(ctx, valueKey{}), any("changed"))
							wantEqual(s, "value from far above", value(ctx, pointer), any("by pointer"))
							return nil
						})
						return nil
					})
				})
			}
			synctest.Wait()
			wantEqual(s, "value in the body", value(ctx, valueKey{}), any("above"))
			g.Cancel()
			wantEqual(s, "value after the end", value(ctx, pointer), any("by pointer"))
			return nil
		})
		wantErrs(s, err)
	})
}

// What Tasks returns is a tree at any moment, while tasks and scopes come and go:
// nobody is there twice, and whoever is in something comes behind it.
func TestT19_the_tree_is_consistent_while_it_changes(t *testing.T) {
	inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
		var over atomic.Bool
		mine, _ := inflight.Current(ctx)
		g.Go(func(context.Context) error {
			defer over.Store(true)
			for range 300 {
				checkTree(t, inflight.Tasks(), mine.ID)
			}
			return nil
		})
		for range 3 {
			g.Go(func(ctx context.Context) error {
				for i := 0; !over.Load(); i++ {
					churn(ctx, i)
				}
				return nil
			}, inflight.Name("churn"))
		}
	})
}

// churn starts and ends tasks in all sorts of ways.
func churn(ctx context.Context, i int) {
	inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for j := range 4 {
			g.Go(func(context.Context) error {
				runtime.Gosched()
				return nil
			}, inflight.Name(fmt.Sprint("leaf ", j)))
		}
		g.Service(idle)
		if i%3 == 0 {
			g.Cancel()
		}
		return nil
	}, inflight.Label("churned"))
}

// checkTree checks one snapshot, in which root is.
func checkTree(t *testing.T, list []inflight.Info, root uint64) {
	t.Helper()
	at := make(map[uint64]int)
	for i, info := range list {
		if _, twice := at[info.ID]; twice {
			t.Errorf("%v is there twice", info)
		}
		at[info.ID] = i
		if _, above := at[info.Parent]; info.Parent != 0 && !above {
			t.Errorf("%v comes before what it is in", info)
		}
		if info.Kind == "task" && info.Parent == 0 {
			t.Errorf("%v is in no scope", info)
		}
		if info.State != inflight.Pending && info.State != inflight.Running {
			t.Errorf("%v is over", info)
		}
	}
	if _, ok := at[root]; !ok {
		t.Error("what runs all the time is not there")
	}
}

// The tree shows who is in what, in the order of starting, what they wait for,
// and nothing when all is over.
func TestT19_what_the_tree_shows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := func() (said []string) {
			list := inflight.Tasks()
			depth := make(map[uint64]int)
			for _, i := range list {
				depth[i.ID] = depth[i.Parent] + 1
				said = append(said, fmt.Sprintf("%d %s %v %s cancelled=%v", depth[i.ID], i.Name, i.State, i.Waiting, i.Cancelled))
			}
			return said
		}
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			info, _ := inflight.Current(ctx)
			slow := g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) }, inflight.Name("slow"))
			g.Go(func(ctx context.Context) error {
				return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(func(ctx context.Context) error {
						_, err := slow.Await(ctx)
						return err
					}, inflight.Name("inner child"))
					return nil
				}, inflight.Label("inner"))
			}, inflight.Name("nesting"))
			g.Go(func(ctx context.Context) error {
				<-ctx.Done()
				<-slow.Done()
				return nil
			}, inflight.Name("stubborn")).Cancel(nil)
			synctest.Wait()
			wantSlice(t, "tree", lines(),
				"1 "+info.Name+" running  cancelled=false",
				"2 slow running sleep cancelled=false",
				"2 nesting running  cancelled=false",
				"3 inner running group.join cancelled=false",
				"4 inner child running task.await cancelled=false",
				"2 stubborn running  cancelled=true",
			)
		})
		wantSlice(t, "tree", lines())
	})
}

// An Await that is handed its result at the moment at which its context ends
// returns the result; one that is not returns the cause, whatever comes after.
func TestT20_a_grant_wins(t *testing.T) {
	orders := map[string]struct {
		happens func(s *setting, settle func()) error // at the moment of the wait
		value   int
		err     error
	}{
		"granted":                 {func(s *setting, settle func()) error { settle(); return nil }, 7, nil},
		"granted_then_cancelled":  {func(s *setting, settle func()) error { settle(); s.cancel(errElm); return nil }, 7, nil},
		"granted_cancel_is_seen":  {func(s *setting, settle func()) error { settle(); s.cancel(errElm); return errElm }, 7, nil},
		"cancelled_then_granted":  {func(s *setting, settle func()) error { s.cancel(errElm); settle(); return errElm }, 7, nil},
		"cancelled":               {func(s *setting, settle func()) error { s.cancel(errElm); return errElm }, 0, errElm},
		"cancelled_settled_after": {func(s *setting, settle func()) error { s.cancel(errElm); go settle(); return errElm }, 0, errElm},
	}
	for name, o := range orders {
		t.Run(name, func(t *testing.T) {
			underEach(t, func(s *setting) {
				p := inflight.NewPromise[int](s.T.Context())
				atPark(s, park.OpAwait, func() error { return o.happens(s, func() { p.Resolve(7) }) })
				value, err := p.Await(s.ctx)
				if name != "cancelled_settled_after" { // there both may be
					wantEqual(s, "value", value, o.value)
					wantEqual(s, "error", err, o.err)
				} else if value == 7 != (err == nil) {
					s.Errorf("value and error do not fit: %v, %v", value, err)
				}
				s.cancel(errElm)
			})
		})
	}
}

// A context that had ended before the call makes it fail, even if the result is
// there; nothing is consumed, and Result has it.
func TestT20_an_ended_context_errs_at_entry(t *testing.T) {
	underEach(t, func(s *setting) {
		var task *inflight.Task[int]
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task = inflight.Go(g, takes(0, 7, nil))
			pending := inflight.Go(g, takes(time.Hour, 7, nil))
			<-task.Done()
			for _, task := range []*inflight.Task[int]{task, pending} {
				_, err := task.Await(cancelledWith(errOak))
				wantErrs(s, err, errOak)
			}
			pending.Cancel(nil)
			p := inflight.NewPromise[int](ctx)
			p.Resolve(7)
			_, err := p.Await(cancelledWith(errOak))
			wantErrs(s, err, errOak)
			return nil
		})
		wantErrs(s, err)
		s.cancel(errElm)
		_, err = task.Await(s.ctx)
		wantErrs(s, err, errElm)
		value, err := task.Result()
		wantEqual(s, "value", value, 7)
		wantErrs(s, err)
	})
}

// A wait whose context ends while its value is on the way is granted or gives up,
// never both and never neither, when all happens at the same moment.
func TestT20_grant_and_cancellation_race(t *testing.T) {
	for range 2000 {
		var granted, gaveUp atomic.Int32
		inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
			gate := make(chan struct{})
			task := inflight.Go(g, func(context.Context) (int, error) { <-gate; return 7, nil })
			for i := range 3 {
				own, cancel := context.WithCancelCause(ctx)
				waiter := g.Go(func(ctx context.Context) error {
					if i == 0 {
						ctx = own
					}
					switch value, err := task.Await(ctx); {
					case value == 7 && err == nil:
						granted.Add(1)
					case value == 0 && err == error(errOak):
						gaveUp.Add(1)
					default:
						t.Errorf("Await: %v, %v", value, err)
					}
					return nil
				})
				g.Go(func(context.Context) error {
					<-gate
					cancel(errOak)
					waiter.Cancel(errOak)
					return nil
				})
			}
			close(gate)
		})
		wantEqual(t, "granted and given up", granted.Load()+gaveUp.Load(), 3)
	}
}

// A task that was cancelled by itself, and then with its group, and says the
// group's cause, is cancelled and has not failed.
func TestT6_the_cause_of_the_group_after_its_own(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			outer := ctx
			task := g.Go(func(ctx context.Context) error {
				<-outer.Done()
				return context.Cause(outer)
			})
			task.Cancel(errElm)
			s.cancel(errOak)
			task.Await(context.WithoutCancel(ctx))
			wantEqual(s, "state", task.State(), inflight.Cancelled)
			return nil
		})
		wantErrs(s, err) // it was cut short by its own cancellation
	})
}
