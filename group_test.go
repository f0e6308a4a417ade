package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
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
)

// stubborn returns a function that needs d to clean up once it is cancelled, and
// then says so and returns err.
func stubborn(d time.Duration, said *log, what string, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		time.Sleep(d)
		said.add(what)
		if err == nil {
			return ctx.Err()
		}
		return err
	}
}

// A starter is one way to start a function in a group.
type starter struct {
	name  string
	start func(g *inflight.TaskGroup, fn func(context.Context) error) (state func() inflight.State, err func() error)
}

// starters are all of them.
var starters = []starter{
	{"method", func(g *inflight.TaskGroup, fn func(context.Context) error) (func() inflight.State, func() error) {
		t := g.Go(fn)
		return t.State, t.Err
	}},
	{"function", func(g *inflight.TaskGroup, fn func(context.Context) error) (func() inflight.State, func() error) {
		t := inflight.Go(g, func(ctx context.Context) (int, error) { return 7, fn(ctx) })
		return t.State, t.Err
	}},
	{"try", func(g *inflight.TaskGroup, fn func(context.Context) error) (func() inflight.State, func() error) {
		t, ok := g.TryGo(fn)
		if ok == (t.State() == inflight.Refused) {
			panic("TryGo does not know what it did")
		}
		return t.State, t.Err
	}},
	{"service", func(g *inflight.TaskGroup, fn func(context.Context) error) (func() inflight.State, func() error) {
		t := g.Service(fn)
		return t.State, t.Err
	}},
	{"start", func(g *inflight.TaskGroup, fn func(context.Context) error) (func() inflight.State, func() error) {
		state := inflight.Running
		_, err := inflight.Start(g, func(ctx context.Context, ready func(int)) error { ready(7); return fn(ctx) })
		if errors.Is(err, inflight.ErrGroupClosed) {
			state = inflight.Refused
		}
		return func() inflight.State { return state }, func() error { return err }
	}},
}

// An ender is one way in which a group is cancelled, and what is known of it:
// the cause that its contexts have wraps cause, and Run returns errs.
type ender struct {
	name  string
	end   func(s *setting, g *inflight.TaskGroup)
	cause error
	errs  []error
}

// enders are all of them but panics.
var enders = []ender{
	{"Cancel", func(_ *setting, g *inflight.TaskGroup) { g.Cancel() }, context.Canceled, nil},
	{"Cancel with a cause", func(_ *setting, g *inflight.TaskGroup) { g.Cancel(errAsh) }, errAsh, []error{errAsh}},
	{"Cancel with causes", func(_ *setting, g *inflight.TaskGroup) { g.Cancel(errAsh, errElm) }, errAsh, []error{errAsh, errElm}},
	{"outer context", func(s *setting, _ *inflight.TaskGroup) { s.cancel(errAsh); synctest.Wait() }, errAsh, []error{errAsh}},
	{"failure", func(_ *setting, g *inflight.TaskGroup) { g.Go(fails(errAsh)); synctest.Wait() }, errAsh, []error{errAsh}},
	{"Goexit", func(_ *setting, g *inflight.TaskGroup) {
		g.Go(func(context.Context) error { runtime.Goexit(); return nil })
		synctest.Wait()
	}, inflight.ErrGoexit, nil},
}

// forEnders calls test for each of them. What Run returns is for test to check by
// the function that it gets.
func forEnders(t *testing.T, test func(s *setting, e ender, check func(err error))) {
	t.Helper()
	for _, e := range enders {
		t.Run(strings.ReplaceAll(e.name, " ", "_"), func(t *testing.T) {
			underEach(t, func(s *setting) {
				test(s, e, func(err error) {
					s.Helper()
					if e.cause != inflight.ErrGoexit {
						wantErrs(s, err, e.errs...)
					} else if !errors.Is(err, inflight.ErrGoexit) {
						s.Errorf("Run: %v", err)
					}
				})
			})
		})
	}
}

// Run returns when the body and all the children have returned, whoever is last.
func TestG1_run_returns_last(t *testing.T) {
	for _, order := range permutations(4) {
		underEach(t, func(s *setting) {
			var said log
			works := func(i int) { time.Sleep(time.Duration(order[i]+1) * time.Second); said.add(order[i]) }
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				for i := range 3 {
					g.Go(func(context.Context) error { works(i); return nil })
				}
				works(3)
				return nil
			})
			said.add("Run")
			wantErrs(s, err)
			wantSlice(s, "order", said.said(), "0", "1", "2", "3", "Run")
		})
	}
}

// What is admitted is started in its turn, also where scopes stand in between.
func TestG1_tasks_and_scopes_in_turns(t *testing.T) {
	for range 300 {
		var ran atomic.Int32
		count := func(context.Context) error { ran.Add(1); return nil }
		err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 4 {
				g.Go(count)
				inflight.Run(context.WithoutCancel(ctx), func(context.Context, *inflight.TaskGroup) error {
					g.Go(count)
					runtime.Gosched()
					return nil
				})
			}
			return nil
		})
		if err != nil || ran.Load() != 8 {
			t.Fatalf("%d of 8 have run: %v", ran.Load(), err)
		}
	}
}

// Nothing but the return of the children ends Run: not a cancellation, not a
// failure, not a deadline.
func TestG1_run_waits_for_those_who_take_their_time(t *testing.T) {
	forEnders(t, func(s *setting, e ender, check func(error)) {
		var said log
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(stubborn(time.Hour, &said, "child", nil))
			g.Service(stubborn(2*time.Hour, &said, "service", nil))
			e.end(s, g)
			if ctx.Err() == nil {
				s.Error("the group is not cancelled")
			}
			said.add("body")
			return ctx.Err()
		})
		said.add("Run")
		check(err)
		wantSlice(s, "order", said.said(), "body", "child", "service", "Run")
	})
}

// Children may start children, also when the body has returned and all others
// are about to end, as long as one lives.
func TestG2_a_child_may_start_the_next_while_the_group_closes(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, start := range starters {
			if start.name == "service" {
				continue
			}
			calls := 0
			var next func(*inflight.TaskGroup) func(context.Context) error
			next = func(g *inflight.TaskGroup) func(context.Context) error {
				return func(ctx context.Context) error {
					if calls++; calls == 100 {
						return nil
					}
					err := inflight.Sleep(ctx, time.Second)
					start.start(g, next(g))
					return err
				}
			}
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				start.start(g, next(g))
				return nil
			})
			wantErrs(s, err)
			wantEqual(s, "links of the chain by "+start.name, calls, 100)
		}
	})
}

// A child that starts two, each of which starts two, and so on: all are joined.
func TestG2_hydra(t *testing.T) {
	for _, opts := range [][]inflight.Option{nil, {inflight.Limit(1000)}, {inflight.Supervise()}} {
		underEach(t, func(s *setting) {
			var heads atomic.Int32
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				var grow func(depth int) func(context.Context) error
				grow = func(depth int) func(context.Context) error {
					return func(context.Context) error {
						heads.Add(1)
						if depth > 0 {
							g.Go(grow(depth - 1))
							g.Go(grow(depth - 1))
						}
						return nil
					}
				}
				g.Go(grow(8))
				return nil
			}, opts...)
			wantErrs(s, err)
			wantEqual(s, "heads", heads.Load(), 1<<9-1)
		})
	}
}

// A group that is finished takes nothing more, in whichever way it is asked, and
// says so at once; there is no cause to report.
func TestG3_a_finished_group_refuses(t *testing.T) {
	limiter := inflight.NewLimiter(3)
	for _, opts := range [][]inflight.Option{nil, {inflight.Limit(1)}, {inflight.LimitBy(limiter)}} {
		underEach(t, func(s *setting) {
			var g *inflight.TaskGroup
			err := inflight.Run(s.ctx, func(_ context.Context, group *inflight.TaskGroup) error { g = group; return nil }, opts...)
			wantErrs(s, err)
			for range 3 {
				for _, start := range starters {
					state, err := start.start(g, neverCalled(s))
					wantEqual(s, start.name, state(), inflight.Refused)
					wantErrs(s, err(), inflight.ErrGroupClosed)
				}
			}
			task := inflight.Go(g, func(context.Context) (int, error) { return 7, nil })
			value, err := task.Await(s.T.Context())
			wantEqual(s, "value", value, 0)
			wantErrs(s, err, inflight.ErrGroupClosed)
			<-task.Done()
			called := 0
			task.OnDone(func() { called++ })
			wantEqual(s, "callbacks", called, 1)
		})
	}
	wantEqual(t, "permits in use", limiter.Stats().InUse, 0)
}

// A cancelled group refuses at once, for the cause of its cancellation, and calls
// nothing; the one who asks knows who has to clean up.
func TestG4_a_cancelled_group_refuses_for_its_cause(t *testing.T) {
	limiter := inflight.NewLimiter(3)
	for _, opts := range [][]inflight.Option{nil, {inflight.Limit(3)}, {inflight.LimitBy(limiter)}} {
		forEnders(t, func(s *setting, e ender, check func(error)) {
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(idle)
				e.end(s, g)
				refusesAll(s, g, e.cause)
				return nil
			}, opts...)
			check(err)
		})
	}
	wantEqual(t, "permits in use", limiter.Stats().InUse, 0)
}

// refusesAll checks that g refuses whatever is started, for cause.
func refusesAll(s *setting, g *inflight.TaskGroup, cause error) {
	s.Helper()
	for _, start := range starters {
		state, err := start.start(g, neverCalled(s))
		wantEqual(s, start.name, state(), inflight.Refused)
		if !errors.Is(err(), inflight.ErrGroupClosed) || !errors.Is(err(), cause) {
			s.Errorf("%s: %v", start.name, err())
		}
	}
}

// So does one whose child or body has panicked.
func TestG4_a_panicking_group_refuses(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, inBody := range []bool{true, false} {
			raisedPanic(s, func() {
				inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(func(ctx context.Context) error {
						<-ctx.Done()
						refusesAll(s, g, errAsh)
						return nil
					})
					synctest.Wait()
					if inBody {
						panic(errAsh)
					}
					g.Go(func(context.Context) error { panic(errAsh) })
					return nil
				})
			})
		}
	})
}

// What is admitted is called exactly once and what is refused never, however Go,
// the end of the children and a cancellation fall together.
func TestG4_admitted_or_refused_and_never_both(t *testing.T) {
	for round := range 400 {
		var called, admitted, refused atomic.Int32
		limiter := inflight.NewLimiter(2)
		opts := [][]inflight.Option{nil, {inflight.Limit(1)}, {inflight.LimitBy(limiter)}}[round%3]
		inScope(t, func(ctx context.Context, outer *inflight.TaskGroup) {
			inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				gate := make(chan struct{})
				for i := range 4 {
					outer.Go(func(context.Context) error {
						<-gate
						for j := range 10 {
							if i == 0 && j == round%10 {
								g.Cancel()
							}
							task := g.Go(func(context.Context) error { called.Add(1); return nil })
							if task.State() == inflight.Refused {
								refused.Add(1)
							} else {
								admitted.Add(1)
							}
						}
						return nil
					})
				}
				close(gate)
				return nil
			}, opts...)
		})
		if called.Load() != admitted.Load() || admitted.Load()+refused.Load() != 40 {
			t.Fatalf("admitted %d, refused %d, called %d", admitted.Load(), refused.Load(), called.Load())
		}
		wantEqual(t, "permits in use", limiter.Stats().InUse, 0)
	}
}

// The first failure, be it of a child or of the body, ends the context of all,
// with a cause that wraps it; Run waits for them and returns it as it is.
func TestG5_the_first_failure_cancels_all(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, who := range []string{"child", "body", "service", "generic", "nested"} {
			var said log
			checks := func(ctx context.Context, name string) error {
				err := inflight.Sleep(ctx, time.Hour)
				if !errors.Is(err, errOak) || ctx.Err() != context.Canceled || !errors.Is(context.Cause(ctx), errOak) {
					s.Errorf("%s: %v, %v, %v", name, err, ctx.Err(), context.Cause(ctx))
				}
				time.Sleep(time.Minute)
				said.add(name)
				return err
			}
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(ctx context.Context) error { return checks(ctx, "task") })
				g.Service(func(ctx context.Context) error { return checks(ctx, "task") })
				g.Go(func(ctx context.Context) error {
					return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
						g.Go(func(ctx context.Context) error { return checks(ctx, "task") })
						return nil
					})
				})
				synctest.Wait()
				switch who {
				case "child":
					g.Go(fails(errOak))
				case "generic":
					inflight.Go(g, takes(0, 7, errOak))
				case "service":
					g.Service(fails(errOak))
				case "nested":
					g.Go(func(ctx context.Context) error {
						return inflight.Run(ctx, func(context.Context, *inflight.TaskGroup) error { return errOak })
					})
				case "body":
					return errOak
				}
				return checks(ctx, "task")
			})
			said.add("Run")
			wantErrs(s, err, errOak)
			want := []string{"task", "task", "task", "task", "Run"}
			if who == "body" {
				want = want[1:]
			}
			wantSlice(s, "order, "+who, said.said(), want...)
		}
	})
}

// All failures are reported, in the order in which they happened, and what only
// says that the group was cancelled is not, in whichever words.
func TestG6_failures_are_reported_and_cancellations_are_not(t *testing.T) {
	underEach(t, func(s *setting) {
		noise := []func(ctx context.Context) error{
			func(ctx context.Context) error { return ctx.Err() },
			func(ctx context.Context) error { return context.Cause(ctx) },
			func(ctx context.Context) error { return fmt.Errorf("reading: %w", ctx.Err()) },
			func(ctx context.Context) error { return errors.Join(context.Cause(ctx), ctx.Err()) },
			func(ctx context.Context) error { return fmt.Errorf("%w, %w", ctx.Err(), context.Cause(ctx)) },
			func(ctx context.Context) error { return &inflight.ItemError{Index: 3, Err: ctx.Err()} },
			func(ctx context.Context) error { return canceler{} },
			func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) },
			func(ctx context.Context) error {
				return inflight.Run(ctx, func(context.Context, *inflight.TaskGroup) error { return nil })
			},
			func(ctx context.Context) error {
				ctx, stop := context.WithTimeoutCause(ctx, time.Hour, errElm)
				defer stop()
				return context.Cause(ctx)
			},
			func(ctx context.Context) error { return nil },
		}
		real := []error{
			errElm,
			fmt.Errorf("while cleaning up: %w", io.ErrUnexpectedEOF),
			errors.Join(context.Canceled, errAsh),
			context.DeadlineExceeded,
			listError{"a", "b"},
		}
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for _, say := range noise {
				g.Go(func(ctx context.Context) error { <-ctx.Done(); return say(ctx) })
			}
			for i, err := range real {
				g.Go(func(ctx context.Context) error {
					<-ctx.Done()
					time.Sleep(time.Duration(i) * time.Second)
					return err
				})
			}
			synctest.Wait()
			g.Go(fails(errOak))
			<-ctx.Done()
			return noise[len(noise)-2](ctx)
		})
		got := joined(err)
		want := append([]error{errOak}, real...)
		if len(got) != len(want) {
			s.Fatalf("got %d errors, want %d: %v", len(got), len(want), err)
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				s.Errorf("error %d: got %v, want %v", i, got[i], want[i])
			}
		}
	})
}

// A canceler is an error of another package that says by errors.Is that it is a
// cancellation.
type canceler struct{}

func (canceler) Error() string        { return "the request was cancelled" }
func (canceler) Is(target error) bool { return target == context.Canceled }

// While nothing is cancelled, an error that looks like a cancellation is one like
// any other.
func TestG6_a_stray_cancellation_is_a_failure(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, stray := range []error{context.Canceled, context.DeadlineExceeded, fmt.Errorf("upstream: %w", context.Canceled)} {
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(fails(stray))
				return inflight.Sleep(ctx, time.Hour)
			})
			wantErrs(s, err, stray)
			err = inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error { return stray })
			wantErrs(s, err, stray)
		}
	})
}

// The timeout that a child has for itself is a failure of that child.
func TestG6_a_timeout_of_its_own_is_a_failure(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				ctx, stop := context.WithTimeout(ctx, time.Second)
				defer stop()
				return inflight.Sleep(ctx, time.Hour)
			})
			return inflight.Sleep(ctx, time.Hour)
		})
		wantErrs(s, err, context.DeadlineExceeded)
	})
}

// One failure that several tasks return, because they await the first, is one.
func TestG6_a_failure_that_is_handed_on_is_one(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			first := inflight.Go(g, takes(time.Second, 7, errOak))
			for range 5 {
				inflight.Go(g, first.Await)
			}
			_, err := first.Await(ctx)
			return err
		})
		wantErrs(s, err, errOak)
	})
}

// The same error of the body and of a child is one failure, whoever comes first and
// whether or not it can be compared.
func TestG6_one_error_of_body_and_children(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, own := range []error{errOak, listError{"a", "b"}} {
			for _, bodyFirst := range []bool{true, false} {
				err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					first := g.Go(func(ctx context.Context) error {
						if bodyFirst {
							<-ctx.Done()
						}
						return own
					})
					inflight.Go(g, func(ctx context.Context) (struct{}, error) { return first.Await(context.WithoutCancel(ctx)) })
					if !bodyFirst {
						<-ctx.Done()
					}
					return own
				})
				if !reflect.DeepEqual(err, own) {
					s.Errorf("body first %v: %v", bodyFirst, joined(err))
				}
			}
		}
	})
}

// The body's error cancels the children, and stands beside theirs: exactly two.
func TestG7_errors_of_body_and_children(t *testing.T) {
	underEach(t, func(s *setting) {
		run := func(body func(ctx context.Context, child *inflight.Task[struct{}]) error, child error) error {
			return inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				return body(ctx, g.Go(func(ctx context.Context) error { <-ctx.Done(); return child }))
			})
		}
		err := run(func(context.Context, *inflight.Task[struct{}]) error { return errOak }, errElm)
		wantErrs(s, err, errOak, errElm)
		err = run(func(context.Context, *inflight.Task[struct{}]) error { return errOak }, context.Canceled)
		wantErrs(s, err, errOak)
		err = run(func(ctx context.Context, child *inflight.Task[struct{}]) error {
			child.Cancel(nil)
			child.Await(context.WithoutCancel(ctx))
			return errOak
		}, errElm)
		wantErrs(s, err, errElm, errOak)
	})
}

// A body that wraps what its children have failed with speaks for them; what it
// does not speak of stands beside it.
func TestG7_a_body_that_wraps_the_failures_of_children(t *testing.T) {
	underEach(t, func(s *setting) {
		var said error
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			free := context.WithoutCancel(ctx)
			after := func(d time.Duration, err error) func(context.Context) error {
				return func(context.Context) error { time.Sleep(d); return err }
			}
			a, b, c := g.Go(after(1, errOak)), g.Go(after(2, errElm)), g.Go(after(3, errAsh))
			_, errA := a.Await(free)
			b.Await(free)
			_, errC := c.Await(free)
			said = fmt.Errorf("none of it worked: %w, %w", errA, errC)
			return said
		})
		wantErrs(s, err, said, errElm) // where the first of its errors was
	})
}

// The body's error is asked once for what it wraps, however many children have failed,
// and may do in that what it likes.
func TestG7_an_error_of_the_body_that_does_something(t *testing.T) {
	run := func(s *setting, unwrap func(g *inflight.TaskGroup) error) (asked int, err error) {
		err = inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 5 {
				g.Go(fails(errors.New("a child")))
			}
			synctest.Wait()
			return wrapper(func() error { asked++; return unwrap(g) })
		}, inflight.Supervise())
		return asked, err
	}
	underEach(t, func(s *setting) {
		asked, err := run(s, func(*inflight.TaskGroup) error { return errOak })
		wantEqual(s, "how often it was asked", asked, 1)
		wantEqual(s, "errors", len(joined(err)), 6)
	})
	underEach(t, func(s *setting) {
		run(s, func(g *inflight.TaskGroup) error {
			g.Go(func(context.Context) error { return nil })
			g.Cancel(errElm)
			return errOak
		})
	})
	underEach(t, func(s *setting) {
		p := raisedPanic(s, func() { run(s, func(*inflight.TaskGroup) error { panic("unwrap") }) })
		wantEqual(s, "value of the panic", p.Value, any("unwrap"))
		wantEqual(s, "errors beside it", len(p.Also), 5)
	})
}

// A wrapper is an error whose Unwrap it is.
type wrapper func() error

func (wrapper) Error() string   { return "wrapper" }
func (w wrapper) Unwrap() error { return w() }

// A sibling's failure is never hidden behind a cancellation that somebody returns
// because of it, even if they return first.
func TestG8_a_cancellation_never_hides_its_reason(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, own := range []func(context.Context) error{context.Context.Err, context.Cause} {
			for _, late := range []time.Duration{0, time.Second} {
				err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					for range 5 {
						g.Go(func(ctx context.Context) error { <-ctx.Done(); return own(ctx) })
					}
					g.Go(func(ctx context.Context) error {
						return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
							defer time.Sleep(late)
							return errOak // which reaches the outer group last of all
						})
					})
					<-ctx.Done()
					return own(ctx)
				})
				wantErrs(s, err, errOak)
			}
		}
	})
}

// The same when failure, returns and the end of the outer context race.
func TestG8_failures_are_there_in_every_race(t *testing.T) {
	for range 1000 {
		outer, cancel := context.WithCancelCause(t.Context())
		err := inflight.Run(outer, func(ctx context.Context, g *inflight.TaskGroup) error {
			gate := make(chan struct{})
			for i := range 6 {
				g.Go(func(ctx context.Context) error {
					<-gate
					switch i {
					case 0:
						return errOak
					case 1:
						return errElm
					case 2:
						cancel(errAsh)
					}
					<-ctx.Done()
					return ctx.Err()
				})
			}
			close(gate)
			return inflight.Sleep(ctx, time.Hour)
		})
		errs := joined(err)
		if !slices.Contains(errs, errOak) || !slices.Contains(errs, errElm) || len(errs) > 3 {
			t.Fatalf("Run: %v", err)
		}
		if len(errs) == 3 && errs[2] != errAsh {
			t.Fatalf("Run: %v", err)
		}
	}
}

// To cancel one child is not a failure: the others, and the body, go on.
func TestG9_cancelling_one_child_leaves_the_others(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			var tasks []*inflight.Task[struct{}]
			for i := range 3 {
				tasks = append(tasks, g.Go(func(ctx context.Context) error {
					err := inflight.Sleep(ctx, time.Minute)
					said.add(i, " ", err)
					return err
				}))
			}
			synctest.Wait()
			tasks[1].Cancel(errOak)
			if err := inflight.Sleep(ctx, time.Hour); err != nil {
				return err
			}
			wantEqual(s, "state of another", tasks[2].State(), inflight.Succeeded)
			return nil
		})
		wantErrs(s, err)
		got := said.said()
		slices.Sort(got[1:])
		wantSlice(s, "children", got, "1 oak", "0 <nil>", "2 <nil>")
	})
}

// A cancelled child takes all that is below it along, and nothing else.
func TestG9_cancelling_a_child_cancels_what_is_below(t *testing.T) {
	underEach(t, func(s *setting) {
		var below error
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task := g.Go(func(ctx context.Context) error {
				timed, stop := context.WithTimeout(ctx, time.Hour)
				defer stop()
				return inflight.Run(timed, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(func(ctx context.Context) error { below = inflight.Sleep(ctx, time.Hour); return below })
					return nil
				})
			})
			synctest.Wait()
			task.Cancel(errOak)
			_, err := task.Await(ctx)
			wantErrs(s, err, errOak)
			return nil
		})
		wantErrs(s, err)
		wantErrs(s, below, errOak)
	})
}

// When the outer context ends, all are cancelled and joined, and the result is
// its cause.
func TestG10_the_end_of_the_outer_context(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 3 {
				g.Go(stubborn(time.Minute, &said, "child", nil))
			}
			g.Go(func(ctx context.Context) error {
				return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(stubborn(time.Minute, &said, "child", nil))
					return idle(ctx)
				})
			})
			synctest.Wait()
			s.cancel(errOak)
			err := inflight.Sleep(ctx, time.Hour)
			wantErrs(s, err, errOak)
			return err
		})
		wantSlice(s, "joined", said.said(), "child", "child", "child", "child")
		wantErrs(s, err, errOak)
	})
}

// A deadline of the outer context is one: Err says so, and Run returns its cause.
func TestG10_the_deadline_of_the_outer_context(t *testing.T) {
	underEach(t, func(s *setting) {
		ctx, stop := context.WithTimeoutCause(s.ctx, time.Second, errOak)
		defer stop()
		err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				err := inflight.Sleep(ctx, time.Hour)
				wantErrs(s, ctx.Err(), context.DeadlineExceeded)
				wantErrs(s, err, errOak)
				return ctx.Err()
			})
			<-ctx.Done()
			wantErrs(s, ctx.Err(), context.DeadlineExceeded)
			wantErrs(s, context.Cause(ctx), errOak)
			return ctx.Err()
		})
		wantErrs(s, err, errOak)
	})
}

// When nothing was cut short by the end of the outer context, there is no error.
func TestG10_nothing_was_cut_short(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error { <-ctx.Done(); return nil })
			s.cancel(errOak)
			<-ctx.Done()
			return nil
		})
		wantErrs(s, err)
	})
}

// A context that had ended before calls nothing.
func TestG10_a_context_that_had_ended(t *testing.T) {
	underEach(t, func(s *setting) {
		s.cancel(errOak)
		err := inflight.Run(s.ctx, func(context.Context, *inflight.TaskGroup) error {
			s.Error("the body was called")
			return nil
		})
		wantErrs(s, err, errOak)
	})
}

// Contexts that package context derives from that of a task or a scope end before
// the cancellation returns, with the same error and cause; functions that hang on
// them are called.
func TestG10_derived_contexts_end_at_once(t *testing.T) {
	forEnders(t, func(s *setting, e ender, check func(error)) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			var family []context.Context // each with those derived from it behind it
			var after atomic.Int32
			var stops []func()
			derive := func(ctx context.Context) {
				canceled, stop1 := context.WithCancel(ctx)
				caused, stop2 := context.WithCancelCause(ctx)
				timed, stop3 := context.WithTimeoutCause(ctx, time.Hour, errOak)
				below, stop4 := context.WithCancel(timed)
				family = append(family, ctx, canceled, caused, timed, below, context.WithValue(ctx, valueKey{}, 1))
				stops = append(stops, stop1, func() { stop2(nil) }, stop3, stop4)
				context.AfterFunc(ctx, func() { after.Add(1) })
				context.AfterFunc(below, func() { after.Add(1) })
				wantEqual(s, "stop of a function in time", context.AfterFunc(ctx, func() { s.Error("called") })(), true)
			}
			derive(ctx)
			g.Go(func(ctx context.Context) error { derive(ctx); return idle(ctx) })
			synctest.Wait()
			g.Service(func(ctx context.Context) error { derive(ctx); return idle(ctx) })
			synctest.Wait()
			e.end(s, g)
			for i, ctx := range family {
				select {
				case <-ctx.Done():
				default:
					s.Errorf("context %d is open", i)
				}
				wantEqual(s, fmt.Sprint("Err of ", i), ctx.Err(), context.Canceled)
				if cause := context.Cause(ctx); cause != context.Cause(family[0]) || !errors.Is(cause, e.cause) {
					s.Errorf("cause of %d: %v, want %v", i, cause, context.Cause(family[0]))
				}
			}
			synctest.Wait()
			wantEqual(s, "functions called", after.Load(), 6)
			for _, stop := range stops {
				stop()
			}
			return nil
		})
		check(err)
	})
}

// A derived context with a goroutine of package context between it and the task,
// which a context with a value makes it need, ends as well.
func TestG10_derived_contexts_below_a_value(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			ctx, stop := context.WithCancel(context.WithValue(ctx, valueKey{}, 1))
			defer stop()
			g.Cancel(errOak)
			synctest.Wait()
			wantErrs(s, ctx.Err(), context.Canceled)
			wantErrs(s, context.Cause(ctx), errOak)
			return nil
		})
		wantErrs(s, err, errOak)
	})
}

// A derived context that ends by itself does not touch the task it is of.
func TestG10_a_derived_context_that_ends_first(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			timed, stop := context.WithTimeoutCause(ctx, time.Second, errOak)
			defer stop()
			caused, cancel := context.WithCancelCause(ctx)
			cancel(errElm)
			err := inflight.Sleep(timed, time.Hour)
			wantErrs(s, err, errOak)
			wantErrs(s, timed.Err(), context.DeadlineExceeded)
			wantErrs(s, context.Cause(caused), errElm)
			wantErrs(s, ctx.Err())
			wantErrs(s, context.Cause(ctx))
			g.Cancel(errAsh)
			wantErrs(s, context.Cause(timed), errOak)
			wantErrs(s, context.Cause(caused), errElm)
			return nil
		})
		wantErrs(s, err, errAsh)
	})
}

// A group that was opened under a context of package context sees its end at
// once, in the body and in the tasks: Err is right when cancel has returned, and
// no wait begins.
func TestG10_the_end_of_a_foreign_context_is_seen_at_once(t *testing.T) {
	contexts := map[string]func(context.Context) (context.Context, func()){
		"WithCancel": func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancel(ctx)
			return ctx, cancel
		},
		"WithCancelCause": func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			return ctx, func() { cancel(errOak) }
		},
		"WithTimeoutCause": func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithTimeoutCause(ctx, time.Second, errOak)
			return ctx, func() { time.Sleep(time.Second); synctest.Wait(); cancel() }
		},
		"WithValue": func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			return context.WithValue(ctx, valueKey{}, 1), func() { cancel(errOak) }
		},
		"WithoutCancel": func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
			return ctx, func() { cancel(errOak) }
		},
		"WithDeadline": func(ctx context.Context) (context.Context, func()) {
			ctx, d := inflight.WithDeadline(ctx, time.Hour)
			return ctx, func() { d.Stop() }
		},
	}
	for name, derive := range contexts {
		t.Run(name, func(t *testing.T) {
			underEach(t, func(s *setting) {
				outer, end := derive(s.ctx)
				err := inflight.Run(outer, func(ctx context.Context, g *inflight.TaskGroup) error {
					all := []context.Context{ctx}
					for range 2 {
						g.Go(func(ctx context.Context) error { all = append(all, ctx); return idle(ctx) })
						synctest.Wait()
					}
					g.Go(func(ctx context.Context) error {
						return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
							all = append(all, ctx)
							return idle(ctx)
						})
					})
					synctest.Wait()
					for _, ctx := range all {
						wantErrs(s, ctx.Err())
						wantErrs(s, context.Cause(ctx))
					}
					end()
					for _, ctx := range slices.Backward(all) {
						wantEqual(s, "Err", ctx.Err(), outer.Err())
						wantEqual(s, "cause", context.Cause(ctx), context.Cause(outer))
						wantEqual(s, "error of a wait", inflight.Sleep(ctx, time.Hour), context.Cause(outer))
						<-ctx.Done()
					}
					task := g.Go(neverCalled(s))
					if err := task.Err(); !errors.Is(err, context.Cause(outer)) || !errors.Is(err, inflight.ErrGroupClosed) {
						s.Errorf("Go: %v", err)
					}
					return ctx.Err()
				})
				wantEqual(s, "error of Run", err, context.Cause(outer))
			})
		})
	}
}

// So is one that is far above, with contexts of both kinds between; unless another
// processor is spreading the news at the same moment, and not done.
func TestG10_the_end_of_a_foreign_context_far_above(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	underEach(t, func(s *setting) {
		var below func(depth int) func(context.Context, *inflight.TaskGroup) error
		below = func(depth int) func(context.Context, *inflight.TaskGroup) error {
			return func(ctx context.Context, g *inflight.TaskGroup) error {
				if depth > 0 {
					timed, stop := context.WithTimeout(ctx, time.Hour)
					defer stop()
					return inflight.Run(timed, below(depth-1))
				}
				s.cancel(errOak)
				wantErrs(s, ctx.Err(), context.Canceled)
				wantErrs(s, context.Cause(ctx), errOak)
				wantErrs(s, inflight.Sleep(ctx, time.Hour), errOak)
				return ctx.Err()
			}
		}
		wantErrs(s, inflight.Run(s.ctx, below(4)), errOak)
	})
}

// Tasks that are refused because the outer context has ended are work that was cut
// short: Run says so, even if nobody looks at them.
func TestG10_refused_tasks_are_cut_short(t *testing.T) {
	for _, start := range starters {
		underEach(t, func(s *setting) {
			called := 0
			err := inflight.Run(s.ctx, func(_ context.Context, g *inflight.TaskGroup) error {
				for i := range 10 {
					if i == 3 {
						s.cancel(errOak)
					}
					start.start(g, func(context.Context) error { called++; return nil })
					synctest.Wait()
				}
				return nil
			})
			wantEqual(s, "calls", called, 3)
			wantErrs(s, err, errOak)
		})
	}
}

// A group under context.WithoutCancel has the values of the outer context, and
// goes on when that ends.
func TestG10_a_group_that_does_not_end_with_the_outer_context(t *testing.T) {
	underEach(t, func(s *setting) {
		free := context.WithoutCancel(context.WithValue(s.ctx, valueKey{}, 7))
		err := inflight.Run(free, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				wantEqual(s, "value", ctx.Value(valueKey{}), any(7))
				_, ok := ctx.Deadline()
				wantEqual(s, "a deadline", ok, false)
				return inflight.Sleep(ctx, time.Hour)
			})
			s.cancel(errOak)
			synctest.Wait()
			return ctx.Err()
		})
		wantErrs(s, err)
	})
}

// A task's deadline is the earliest above it.
func TestG10_deadlines(t *testing.T) {
	underEach(t, func(s *setting) {
		begin := time.Now()
		deadline := func(ctx context.Context) time.Duration {
			at, ok := ctx.Deadline()
			if !ok {
				return -1
			}
			return at.Sub(begin)
		}
		check := func(ctx context.Context, want time.Duration) {
			s.Helper()
			err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				wantEqual(s, "in the body", deadline(ctx), want)
				g.Go(func(ctx context.Context) error {
					wantEqual(s, "in a task", deadline(ctx), want)
					return inflight.Run(context.WithValue(ctx, valueKey{}, 1), func(ctx context.Context, g *inflight.TaskGroup) error {
						wantEqual(s, "below", deadline(ctx), want)
						shorter, stop := context.WithTimeout(ctx, time.Second)
						defer stop()
						wantEqual(s, "a shorter one", deadline(shorter), time.Second)
						longer, stop := context.WithTimeout(ctx, 1000*time.Hour)
						defer stop()
						if want > 0 {
							wantEqual(s, "a longer one", deadline(longer), want)
						}
						return nil
					})
				})
				return nil
			})
			wantErrs(s, err)
		}
		check(s.ctx, -1)
		hour, stop := context.WithTimeout(s.ctx, time.Hour)
		defer stop()
		check(hour, time.Hour)
		check(context.WithoutCancel(hour), -1)
		moving, d := inflight.WithDeadline(hour, time.Minute)
		defer d.Stop()
		check(moving, time.Minute)
		d.Reset(2 * time.Hour)
		check(moving, time.Hour)
		d.Reset(30 * time.Minute)
		check(moving, 30*time.Minute)
		later, below := inflight.WithDeadline(moving, 45*time.Minute)
		defer below.Stop()
		check(later, 30*time.Minute)
		below.Reset(20 * time.Minute)
		check(later, 20*time.Minute)
		d.Reset(inflight.Never)
		check(moving, time.Hour)
	})
}

// A cleanup that fails after the outer context has ended is reported, and so is
// the outer context's cause.
func TestG11_a_cleanup_that_fails_while_cancelled(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(stubborn(time.Second, &said, "", nil))
			g.Go(stubborn(2*time.Second, &said, "", errElm))
			g.Go(stubborn(3*time.Second, &said, "", errAsh))
			s.cancel(errOak)
			return idle(ctx)
		})
		wantErrs(s, err, errElm, errAsh, errOak)
	})
}

// The cause is there once, also if a failure wraps it.
func TestG11_a_failure_that_wraps_the_cause(t *testing.T) {
	underEach(t, func(s *setting) {
		own := fmt.Errorf("cleanup: %w, %w", errElm, errOak)
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error { <-ctx.Done(); return own })
			s.cancel(errOak)
			return idle(ctx)
		})
		wantEqual(s, "error of Run", err, own)
	})
}

// A body that makes an error of its own out of the outer cancellation has failed
// with that.
func TestG12_a_body_that_converts_the_cancellation(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(idle)
			s.cancel(errOak)
			<-ctx.Done()
			return errElm
		})
		wantErrs(s, err, errElm, errOak)
	})
}

// When the outer scope fails, the inner one is cancelled and adds nothing: one
// error comes out.
func TestG13_an_outer_failure_cancels_the_inner_scope(t *testing.T) {
	underEach(t, func(s *setting) {
		for depth := range 4 {
			var leaves atomic.Int32
			var nest func(depth int) func(context.Context) error
			nest = func(depth int) func(context.Context) error {
				return func(ctx context.Context) error {
					return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
						if depth > 0 {
							g.Go(nest(depth - 1))
						}
						g.Go(func(ctx context.Context) error { defer leaves.Add(1); return inflight.Sleep(ctx, time.Hour) })
						return idle(ctx)
					})
				}
			}
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(nest(depth))
				g.Go(takesErr(time.Second, errOak))
				return nil
			})
			wantErrs(s, err, errOak)
			wantEqual(s, "leaves", leaves.Load(), int32(depth+1))
		}
	})
}

// takesErr is takes without a value.
func takesErr(d time.Duration, err error) func(context.Context) error {
	fn := takes(d, 0, err)
	return func(ctx context.Context) error { _, err := fn(ctx); return err }
}

// An inner failure is one error to the outer scope, and its shape stays for
// errors.Is and errors.As.
func TestG14_an_inner_failure_is_one_error_outside(t *testing.T) {
	underEach(t, func(s *setting) {
		var inner error
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				inner = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(func(ctx context.Context) error { <-ctx.Done(); return errElm })
					g.Go(fails(&inflight.ItemError{Index: 7, Err: errOak}))
					return nil
				})
				return inner
			})
			return idle(ctx)
		})
		wantEqual(s, "error of the outer Run", err, inner)
		var item *inflight.ItemError
		if !errors.As(err, &item) || item.Index != 7 || !errors.Is(err, errElm) || len(joined(err)) != 2 {
			s.Errorf("Run: %v", err)
		}
	})
}

// Inner and outer fail at the same moment: to handle the inner error does not
// lose the outer one, in whichever order they come.
func TestG15_inner_and_outer_fail_at_once(t *testing.T) {
	for _, outerFirst := range []bool{true, false} {
		underEach(t, func(s *setting) {
			var inner error
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				failOuter, failInner := make(chan struct{}), make(chan struct{})
				g.Go(func(context.Context) error { <-failOuter; return errOak })
				g.Go(func(ctx context.Context) error {
					inner = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
						g.Go(func(context.Context) error { <-failInner; return errElm })
						return idle(ctx)
					})
					return nil // handled
				})
				gates := []chan struct{}{failOuter, failInner}
				if !outerFirst {
					slices.Reverse(gates)
				}
				for _, gate := range gates {
					synctest.Wait()
					close(gate)
				}
				return idle(ctx)
			})
			wantErrs(s, err, errOak)
			if !errors.Is(inner, errElm) || errors.Is(inner, errOak) != outerFirst {
				s.Errorf("inner Run: %v", inner)
			}
		})
	}
}

// After a group's error the caller's context is as alive as before, and a new
// group is not touched.
func TestG16_a_failed_group_leaves_the_callers_context_alone(t *testing.T) {
	underEach(t, func(s *setting) {
		for range 3 {
			for _, e := range enders {
				if e.name == "outer context" {
					continue
				}
				err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(idle)
					e.end(s, g)
					return nil
				})
				if err == nil != (e.cause == context.Canceled) {
					s.Errorf("Run: %v", err)
				}
				wantErrs(s, s.ctx.Err())
				wantErrs(s, context.Cause(s.ctx))
				wantErrs(s, inflight.Sleep(s.ctx, time.Second))
			}
			raisedPanic(s, func() {
				inflight.Run(s.ctx, func(context.Context, *inflight.TaskGroup) error { panic(errOak) })
			})
			wantErrs(s, s.ctx.Err())
		}
	})
}

// An outer cancellation that comes with a child's error: the error is reported,
// and the caller stays cancelled.
func TestG17_an_outer_cancellation_together_with_a_failure(t *testing.T) {
	for _, cancelFirst := range []bool{true, false} {
		underEach(t, func(s *setting) {
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(context.Context) error {
					if cancelFirst {
						s.cancel(errOak)
						<-ctx.Done()
					}
					return errElm
				})
				<-ctx.Done()
				s.cancel(errOak)
				return ctx.Err()
			})
			if cancelFirst {
				wantErrs(s, err, errElm, errOak)
			} else {
				wantErrs(s, err, errElm)
			}
			wantErrs(s, s.ctx.Err(), context.Canceled)
			wantErrs(s, inflight.Sleep(s.ctx, time.Hour), errOak)
		})
	}
}

// Five things that happen at one instant, in every order: two children fail, the
// body fails, the group is cancelled, the outer context ends. All failures are
// reported in their order; the first of the five is the cause that all see.
func TestG17_everything_at_once_in_every_order(t *testing.T) {
	const childA, childB, body, cancel, outer = 0, 1, 2, 3, 4
	for _, order := range permutations(5) {
		underEach(t, func(s *setting) {
			var want []error
			for _, event := range order {
				if event <= body {
					want = append(want, []error{errOak, errElm, errAsh}[event])
				}
			}
			if order[0] == outer {
				want = append(want, io.EOF)
			}
			firstCause := []error{errOak, errElm, errAsh, context.Canceled, io.EOF}[order[0]]
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				var gates [3]chan struct{}
				for i := range gates {
					gates[i] = make(chan struct{})
				}
				g.Go(func(context.Context) error { <-gates[childA]; return errOak })
				g.Go(func(context.Context) error { <-gates[childB]; return errElm })
				watcher := g.Go(func(ctx context.Context) error {
					<-ctx.Done()
					if cause := context.Cause(ctx); !errors.Is(cause, firstCause) {
						s.Errorf("%v: cause %v, want %v", order, cause, firstCause)
					}
					return context.Cause(ctx)
				})
				go func() { // plays what happens after the body's return, too
					for _, event := range order {
						synctest.Wait()
						switch event {
						case cancel:
							g.Cancel()
						case outer:
							s.cancel(io.EOF)
						default:
							close(gates[event])
						}
					}
				}()
				watcher.OnDone(func() {})
				<-gates[body]
				return errAsh
			})
			wantErrs(s, err, want...)
		})
	}
}

// collected reports whether what the pointers point to becomes garbage.
func collected[T any](pointers ...weak.Pointer[T]) (left int) {
	for range 50 {
		runtime.GC()
		left = 0
		for _, p := range pointers {
			if p.Value() != nil {
				left++
			}
		}
		if left == 0 {
			return 0
		}
		runtime.Gosched()
	}
	return left
}

// A ballast is something to find out whether it is still referred to.
type ballast struct {
	error
	_ [64]byte
}

// What children have used, returned and waited with is garbage as soon as they
// have returned, while the group goes on.
func TestG19_finished_children_are_let_go(t *testing.T) {
	kinds := map[string]func(ctx context.Context, g *inflight.TaskGroup, b *ballast){
		"plain": func(ctx context.Context, g *inflight.TaskGroup, b *ballast) {
			g.Go(func(context.Context) error { runtime.KeepAlive(b); return nil })
		},
		"value": func(ctx context.Context, g *inflight.TaskGroup, b *ballast) {
			inflight.Go(g, func(context.Context) (*ballast, error) { return b, nil })
		},
		"contexts": func(ctx context.Context, g *inflight.TaskGroup, b *ballast) {
			g.Go(func(ctx context.Context) error {
				ctx, stop := context.WithTimeout(context.WithValue(ctx, valueKey{}, b), time.Hour)
				defer stop()
				ctx, d := inflight.WithDeadline(ctx, time.Hour)
				defer d.Stop()
				return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Microsecond) })
					return nil
				})
			})
		},
		"derived from the body's": func(ctx context.Context, g *inflight.TaskGroup, b *ballast) {
			context.AfterFunc(ctx, func() { runtime.KeepAlive(b) })()
			ctx, stop := context.WithTimeoutCause(ctx, time.Hour, b)
			defer stop()
			inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error { runtime.KeepAlive(b); return nil })
		},
		"awaited": func(ctx context.Context, g *inflight.TaskGroup, b *ballast) {
			task := inflight.Go(g, func(ctx context.Context) (*ballast, error) {
				return b, inflight.Sleep(ctx, time.Microsecond)
			})
			task.OnDone(func() { runtime.KeepAlive(b) })
			inflight.Go(g, task.Await)
			impatient, stop := context.WithTimeout(context.Background(), time.Nanosecond)
			defer stop()
			task.Await(impatient)
		},
		"cancelled": func(ctx context.Context, g *inflight.TaskGroup, b *ballast) {
			g.Go(func(ctx context.Context) error { defer runtime.KeepAlive(b); return idle(ctx) }).Cancel(b)
		},
		"service": func(ctx context.Context, g *inflight.TaskGroup, b *ballast) {
			g.Service(func(context.Context) error { runtime.KeepAlive(b); return nil })
		},
		"promise": func(ctx context.Context, g *inflight.TaskGroup, b *ballast) {
			g.Go(func(ctx context.Context) error {
				seen := inflight.NewPromise[int](ctx)
				seen.Reject(b)
				seen.Err()
				inflight.NewPromise[*ballast](ctx).Resolve(b)
				return nil
			}).Await(context.Background())
		},
		"started": func(ctx context.Context, g *inflight.TaskGroup, b *ballast) {
			inflight.Start(g, func(_ context.Context, ready func(*ballast)) error { ready(b); return nil })
		},
	}
	for name, start := range kinds {
		t.Run(name, func(t *testing.T) {
			inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
				var all []weak.Pointer[ballast]
				for range 100 {
					b := new(ballast)
					b.error = errOak
					all = append(all, weak.Make(b))
					start(ctx, g, b)
				}
				if left := collected(all...); left > 1 { // a rejection that was seen goes with the next
					t.Errorf("%d of %d are still referred to", left, len(all))
				}
			})
		})
	}
}

// Nothing refers to a scope, its tasks, its contexts and its errors when it is
// over, whatever it was and however it ended; not even what it was opened under.
func TestG20_nothing_is_kept_when_a_scope_is_over(t *testing.T) {
	outer, cancel := context.WithCancel(t.Context())
	defer cancel()
	inScope(t, func(ctx context.Context, _ *inflight.TaskGroup) {
		for name, under := range map[string]context.Context{"plain": outer, "task": ctx, "nothing": context.Background()} {
			for _, e := range enders {
				if e.name == "outer context" {
					continue
				}
				if left := collected(useScope(under, e)...); left != 0 {
					t.Errorf("%s, ended by %s: %d are still referred to", name, e.name, left)
				}
			}
		}
		runtime.KeepAlive(outer)
	})
}

// useScope does all sorts of things in a scope, and returns what should be
// garbage afterwards.
func useScope(ctx context.Context, e ender) (all []weak.Pointer[ballast]) {
	waste := func() *ballast {
		b := &ballast{error: errOak}
		all = append(all, weak.Make(b))
		return b
	}
	ctx = context.WithValue(ctx, valueKey{}, waste())
	failure, result, captured, callback := waste(), waste(), waste(), waste()
	inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Service(idle)
		g.Go(func(ctx context.Context) error { defer runtime.KeepAlive(captured); return idle(ctx) })
		inflight.Go(g, func(ctx context.Context) (*ballast, error) { return result, idle(ctx) }).OnDone(func() { runtime.KeepAlive(callback) })
		g.Go(func(ctx context.Context) error { <-ctx.Done(); return failure })
		inflight.NewPromise[int](ctx).Reject(waste())
		switch e.name { // without a bubble
		case "failure":
			g.Go(fails(waste()))
		case "Goexit":
			g.Go(func(context.Context) error { runtime.Goexit(); return nil })
		default:
			e.end(nil, g)
		}
		return idle(ctx)
	})
	return all
}

// A handle that is kept keeps its own result, and nothing of its siblings.
func TestG20_a_handle_keeps_its_own_result_alone(t *testing.T) {
	var kept *inflight.Task[*ballast]
	var siblings []weak.Pointer[ballast]
	own := &ballast{error: errOak}
	inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
		for range 10 {
			b, c := &ballast{error: errElm}, &ballast{error: errElm}
			siblings = append(siblings, weak.Make(b), weak.Make(c))
			inflight.Go(g, func(context.Context) (*ballast, error) { runtime.KeepAlive(c); return b, nil })
		}
		captured := &ballast{error: errElm}
		siblings = append(siblings, weak.Make(captured))
		inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 10 {
				b := &ballast{error: errElm}
				siblings = append(siblings, weak.Make(b))
				g.Go(fails(b))
			}
			kept = inflight.Go(g, func(context.Context) (*ballast, error) { runtime.KeepAlive(captured); return own, nil })
			return nil
		}, inflight.Supervise())
	})
	if left := collected(siblings...); left != 0 {
		t.Errorf("%d are still referred to", left)
	}
	value, err := kept.Result()
	wantEqual(t, "value", value, own)
	wantErrs(t, err)
}

// A promise that is settled keeps nothing of the task and the group that it was made in.
func TestG20_a_promise_keeps_its_own_result_alone(t *testing.T) {
	for _, settle := range []func(p *inflight.Promise[int]){
		func(p *inflight.Promise[int]) { p.Resolve(7) },
		func(p *inflight.Promise[int]) { p.Reject(errOak) },
	} {
		made := func() (p *inflight.Promise[int], left []weak.Pointer[ballast]) {
			value, result := &ballast{error: errElm}, &ballast{error: errElm}
			inflight.Run(context.WithValue(t.Context(), valueKey{}, value), func(ctx context.Context, g *inflight.TaskGroup) error {
				inflight.Go(g, func(ctx context.Context) (*ballast, error) {
					p = inflight.NewPromise[int](ctx)
					settle(p)
					return result, nil
				})
				return nil
			})
			return p, []weak.Pointer[ballast]{weak.Make(value), weak.Make(result)}
		}
		p, others := made()
		if left := collected(others...); left != 0 {
			t.Errorf("%v: %d are still referred to", p, left)
		}
		runtime.KeepAlive(p)
	}
}

// A handle does not keep what its function has captured, however the task has
// ended.
func TestG20_a_handle_lets_go_of_its_function(t *testing.T) {
	for _, how := range []string{"return", "panic", "Goexit", "refused", "no room"} {
		for _, generic := range []bool{true, false} {
			kept, captured := useUp(t, how, generic)
			if collected(captured) != 0 {
				t.Errorf("%s, generic %v: it is still referred to", how, generic)
			}
			runtime.KeepAlive(kept)
		}
	}
}

// useUp returns the handle of a task that has ended, and what its function had.
func useUp(t *testing.T, how string, generic bool) (kept inflight.Awaitable, captured weak.Pointer[ballast]) {
	defer func() { recover() }()
	inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		b := &ballast{error: errOak}
		captured = weak.Make(b)
		fn := func(context.Context) error {
			defer runtime.KeepAlive(b)
			switch how {
			case "Goexit":
				runtime.Goexit()
			case "panic":
				panic("boom")
			}
			return nil
		}
		switch {
		case how == "refused":
			g.Cancel()
		case how == "no room":
			g.Go(idle)
			defer g.Cancel()
		}
		switch {
		case how == "no room":
			kept, _ = g.TryGo(fn)
		case generic:
			kept = inflight.Go(g, func(ctx context.Context) (int, error) { return 7, fn(ctx) })
		default:
			kept = g.Go(fn)
		}
		return nil
	}, inflight.Limit(1))
	return kept, captured
}

// A panic beats errors, and comes after all have returned; what else went wrong
// is attached, other panics too, and the first panic is the one that is raised.
func TestG21_a_panic_beats_errors(t *testing.T) {
	for _, opts := range [][]inflight.Option{nil, {inflight.Supervise()}} {
		underEach(t, func(s *setting) {
			var said log
			var first, second *inflight.Task[struct{}]
			p := raisedPanic(s, func() {
				inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(stubborn(3*time.Second, &said, "cleanup", errElm))
					g.Go(stubborn(time.Second, &said, "cancelled", nil))
					second = g.Go(func(ctx context.Context) error {
						<-ctx.Done()
						time.Sleep(2 * time.Second)
						panic("second")
					})
					first = g.Go(func(context.Context) error { panic(errOak) }, inflight.Name("a"))
					<-ctx.Done()
					return errAsh
				}, opts...)
			})
			own, _ := first.Err().(*inflight.PanicError) // which the raised one may be a copy of
			wantEqual(s, "value", p.Value, own.Value)
			wantEqual(s, "stack", string(p.Stack), string(own.Stack))
			wantEqual(s, "task", p.Task, "a")
			wantSlice(s, "joined", said.said(), "cancelled", "cleanup")
			wantSlice(s, "what else went wrong", p.Also, second.Err(), errAsh, errElm)
			text := p.Error()
			for _, part := range []string{"oak", "also: panic in ", "second", "also: ash", "also: elm"} {
				if !strings.Contains(text, part) {
					s.Errorf("Error does not say %q", part)
				}
			}
		})
	}
}

// An error that came before a panic does not hide it, nor does the end of the
// outer context, nor a Cancel.
func TestG21_nothing_hides_a_panic(t *testing.T) {
	forEnders(t, func(s *setting, e ender, _ func(error)) {
		for _, who := range []string{"child", "service", "body", "nested"} {
			s := *s
			bomb := func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); panic(who) }
			outer, cancel := context.WithCancelCause(s.ctx)
			s.cancel = cancel
			p := raisedPanic(&s, func() {
				inflight.Run(outer, func(ctx context.Context, g *inflight.TaskGroup) error {
					switch who {
					case "child":
						g.Go(bomb)
					case "service":
						g.Service(bomb)
					case "nested":
						g.Go(func(ctx context.Context) error {
							return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
								g.Go(bomb)
								return idle(ctx)
							})
						})
					}
					synctest.Wait()
					e.end(&s, g)
					if who == "body" {
						return bomb(ctx)
					}
					return idle(ctx)
				})
			})
			wantEqual(&s, "value", p.Value, any(who))
		}
	})
}

// A panic that comes back inside of another error is not attached to itself, or
// its text would have no end.
func TestG21_a_panic_never_holds_itself(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, wrap := range []func(error) error{
			func(err error) error { return errors.Join(err, nil) },
			func(err error) error { return errors.Join(errOak, err) },
			func(err error) error { return &inflight.ItemError{Index: 1, Err: err} },
			func(err error) error { return fmt.Errorf("failed: %w", err) },
		} {
			p := raisedPanic(s, func() {
				inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					bomb := g.Go(func(context.Context) error { panic("boom") })
					g.Go(func(ctx context.Context) error {
						_, err := bomb.Await(context.WithoutCancel(ctx))
						return wrap(err)
					})
					_, err := bomb.Await(ctx)
					return wrap(err)
				})
			})
			for _, e := range p.Also {
				if errors.Is(e, p) {
					s.Fatalf("it holds itself in a %T", e)
				}
			}
			if !strings.Contains(p.Error(), "boom") {
				s.Errorf("Error: %v", p)
			}
		}
	})
}

// Who has the error of a task that has panicked may read it while the group is not
// over yet, and more goes wrong.
func TestG21_a_panic_does_not_change_when_it_is_known(t *testing.T) {
	var strangers sync.WaitGroup
	raisedPanic(t, func() {
		inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			gate := make(chan struct{})
			bomb := g.Go(func(context.Context) error { <-gate; panic("one") })
			read := make(chan struct{})
			strangers.Go(func() {
				_, err := bomb.Await(context.Background())
				close(read)
				if p := err.(*inflight.PanicError); len(p.Also) != 0 || !strings.Contains(p.Error(), "one") {
					t.Errorf("the first panic: %v", p)
				}
			})
			g.Go(func(ctx context.Context) error {
				<-read
				panic("two")
			})
			close(gate)
			<-ctx.Done()
			return errOak
		})
	})
	strangers.Wait()
}

// An error that comes together with what a panic has caused is attached to it.
func TestG21_errors_that_come_with_the_consequences_of_a_panic(t *testing.T) {
	underEach(t, func(s *setting) {
		p := raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(func(ctx context.Context) error {
					return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
						<-ctx.Done()
						return errElm // the cleanup fails
					})
				})
				synctest.Wait()
				panic("boom")
			})
		})
		if err := errors.Join(p.Also...); !errors.Is(err, errElm) {
			s.Errorf("what else went wrong: %v", err)
		}
	})
}

// A task that returns the panic of another that it has awaited has failed with
// that, and adds nothing to it.
func TestG21_a_panic_that_is_handed_on(t *testing.T) {
	underEach(t, func(s *setting) {
		p := raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				bomb := g.Go(func(context.Context) error { panic("boom") })
				g.Go(func(ctx context.Context) error {
					_, err := bomb.Await(context.WithoutCancel(ctx))
					return err
				})
				_, err := bomb.Await(context.WithoutCancel(ctx))
				return err
			})
		})
		wantEqual(s, "value", p.Value, any("boom"))
		wantEqual(s, "what else went wrong", len(p.Also), 0)
	})
}

// Cancel ends the scope early: all are cancelled and joined, and there is no
// error. It may be called by anybody, any number of times.
func TestG22_cancel_is_an_early_exit_without_an_error(t *testing.T) {
	underEach(t, func(s *setting) {
		callers := map[string]func(g *inflight.TaskGroup){
			"body":     func(g *inflight.TaskGroup) { g.Cancel() },
			"child":    func(g *inflight.TaskGroup) { g.Go(func(context.Context) error { g.Cancel(); return nil }) },
			"service":  func(g *inflight.TaskGroup) { g.Service(func(context.Context) error { g.Cancel(); return nil }) },
			"stranger": func(g *inflight.TaskGroup) { go g.Cancel() },
			"callback": func(g *inflight.TaskGroup) {
				g.Go(func(context.Context) error { return nil }).OnDone(func() { g.Cancel() })
			},
			"grandchild": func(g *inflight.TaskGroup) {
				g.Go(func(ctx context.Context) error {
					return inflight.Run(ctx, func(_ context.Context, inner *inflight.TaskGroup) error {
						inner.Go(func(context.Context) error { g.Cancel(); return nil })
						return nil
					})
				})
			},
		}
		for name, call := range callers {
			var said log
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(stubborn(time.Minute, &said, "child", nil))
				g.Go(func(ctx context.Context) error { defer said.add("child"); return inflight.Sleep(ctx, time.Hour) })
				synctest.Wait()
				call(g)
				err := inflight.Sleep(ctx, time.Hour)
				wantErrs(s, err, context.Canceled)
				g.Cancel()
				g.Cancel(errOak) // too late to count
				said.add("body")
				return err
			})
			wantErrs(s, err)
			wantEqual(s, "how many have ended, by the "+name, said.count(), 3)
		}
	})
}

// Cancel before anything has started, and after all is over.
func TestG22_cancel_early_and_late(t *testing.T) {
	underEach(t, func(s *setting) {
		var group *inflight.TaskGroup
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			group = g
			g.Cancel()
			wantEqual(s, "state", g.Go(neverCalled(s)).State(), inflight.Refused)
			return nil
		})
		wantErrs(s, err)
		group.Cancel()
		group.Cancel(errOak, errElm)
		var task *inflight.Task[int]
		err = inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			group = g
			task = inflight.Go(g, takes(time.Second, 7, nil))
			return nil
		})
		group.Cancel(errOak)
		wantErrs(s, err)
		wantEqual(s, "state", task.State(), inflight.Succeeded)
		wantErrs(s, group.Go(neverCalled(s)).Err(), inflight.ErrGroupClosed)
	})
}

// Cancel while Run returns counts or does not, and disturbs nothing.
func TestG22_cancel_while_run_returns(t *testing.T) {
	var strangers sync.WaitGroup
	defer strangers.Wait()
	for i := range 3000 {
		known := make(chan *inflight.TaskGroup, 1)
		strangers.Go(func() {
			g := <-known
			for range i % 300 {
			}
			g.Cancel(errOak, errElm)
		})
		err := inflight.Run(t.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
			known <- g
			for range i % 700 {
			}
			return nil
		})
		if err != nil {
			wantErrs(t, err, errOak, errElm)
		}
	}
}

// Causes that are nil are none.
func TestG22_cancel_with_nil_causes(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, causes := range [][]error{{nil}, {nil, nil}, {nil, errOak}, {errOak, nil}} {
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Cancel(causes...)
				want := context.Canceled
				if slices.Contains(causes, errOak) {
					want = errOak
				}
				wantErrs(s, context.Cause(ctx), want)
				wantErrs(s, inflight.Sleep(ctx, time.Hour), want)
				wantEqual(s, "state", g.Go(neverCalled(s)).State(), inflight.Refused)
				return nil
			})
			if slices.Contains(causes, errOak) {
				wantErrs(s, err, errOak)
			} else {
				wantErrs(s, err)
			}
		}
	})
}

// Causes given to Cancel are what Run returns, and the first is what the contexts
// have; only the first call counts.
func TestG22_cancel_with_causes(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			task := g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) })
			g.Cancel(errOak, errElm)
			g.Cancel(errAsh)
			wantErrs(s, context.Cause(ctx), errOak)
			wantErrs(s, ctx.Err(), context.Canceled)
			_, err := task.Await(context.WithoutCancel(ctx))
			wantErrs(s, err, errOak)
			return inflight.Sleep(ctx, time.Hour)
		})
		wantErrs(s, err, errOak, errElm)
	})
}

// Cancel does not hide what really goes wrong, before it or while all shut down.
func TestG23_cancel_hides_no_failures(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Service(func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); return errOak })
			g.Go(func(ctx context.Context) error { <-ctx.Done(); return errElm })
			g.Go(idle)
			synctest.Wait()
			g.Cancel()
			<-ctx.Done()
			time.Sleep(2 * time.Second)
			return errAsh
		})
		wantErrs(s, err, errElm, errOak, errAsh)
		err = inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(fails(errOak))
			synctest.Wait()
			g.Cancel()
			g.Cancel(errElm)
			return nil
		})
		wantErrs(s, err, errOak)
	})
}

// [>] A child that cancels the group before it has waited for anything does not
// hang it.
func TestG24_a_child_that_cancels_the_group_at_once(t *testing.T) {
	for _, opts := range [][]inflight.Option{nil, {inflight.Limit(1)}, {inflight.Supervise()}} {
		underEach(t, func(s *setting) {
			for n := range 5 {
				err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					for range n {
						g.Go(func(ctx context.Context) error { g.Cancel(); return idle(ctx) })
					}
					g.Go(func(ctx context.Context) error { g.Cancel(); return nil })
					return nil
				}, opts...)
				wantErrs(s, err)
			}
		})
	}
}

// limited opens a group under each way to limit it to n.
func limited(n int, test func(opt inflight.Option, check func(testing.TB))) {
	test(inflight.Limit(n), func(testing.TB) {})
	l := inflight.NewLimiter(n)
	test(inflight.LimitBy(l), func(t testing.TB) {
		t.Helper()
		wantEqual(t, "the limiter in the end", l.Stats(), inflight.LimiterStats{Limit: n})
	})
}

// Never are more than n children running, and n are, whatever becomes of them;
// the body and services do not count.
func TestG25_a_limit_is_reached_and_never_exceeded(t *testing.T) {
	for _, n := range []int{1, 2, 7} {
		underEach(t, func(s *setting) {
			limited(n, func(opt inflight.Option, check func(testing.TB)) {
				var inside gauge
				err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					for range 3 {
						g.Service(idle)
					}
					for i := range 40 {
						g.Go(func(ctx context.Context) error {
							inside.enter()
							defer inside.leave()
							inflight.Sleep(ctx, time.Duration(i%5)*time.Second)
							switch i % 4 {
							case 0:
								return errOak
							case 1:
								runtime.Goexit()
							}
							return nil
						})
					}
					return nil
				}, opt, inflight.Supervise())
				if !errors.Is(err, errOak) || !errors.Is(err, inflight.ErrGoexit) {
					s.Errorf("Run: %v", err)
				}
				_, top, entered := inside.read()
				wantEqual(s, "the most that ran at once", top, n)
				wantEqual(s, "how many ran", entered, 40)
				check(s)
			})
		})
	}
}

// The slot of a child that panics is free again, for those that come from others
// who share the limiter.
func TestG25_a_panic_gives_its_slot_back(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(1)
		for range 3 {
			raisedPanic(s, func() {
				inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(func(context.Context) error { panic("boom") })
					return nil
				}, inflight.LimitBy(l))
			})
			wantEqual(s, "in use", l.Stats().InUse, 0)
		}
	})
}

// A service that ends gives no slot back, because it has none.
func TestG25_a_service_has_no_slot(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(takesErr(time.Minute, nil))
			for range 3 {
				g.Service(takesErr(time.Second, nil))
				time.Sleep(2 * time.Second)
				_, ok := g.TryGo(neverCalled(s))
				wantEqual(s, "started", ok, false)
			}
			return nil
		}, inflight.Limit(1))
		wantErrs(s, err)
	})
}

// A limiter that groups share limits them together, and can be changed meanwhile.
func TestG25_groups_share_a_limiter(t *testing.T) {
	underEach(t, func(s *setting) {
		l := inflight.NewLimiter(3)
		var inside gauge
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 4 {
				g.Go(func(ctx context.Context) error {
					return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
						for range 10 {
							g.Go(func(ctx context.Context) error {
								inside.enter()
								defer inside.leave()
								return inflight.Sleep(ctx, time.Second)
							})
						}
						return nil
					}, inflight.LimitBy(l))
				})
			}
			time.Sleep(5*time.Second + 1)
			_, top, _ := inside.read()
			wantEqual(s, "the most that ran at once", top, 3)
			l.SetLimit(5)
			return nil
		})
		wantErrs(s, err)
		_, top, entered := inside.read()
		wantEqual(s, "the most that ran at once", top, 5)
		wantEqual(s, "how many ran", entered, 40)
		wantEqual(s, "in use", l.Stats().InUse, 0)
	})
}

// A limit below one is a mistake when it is made, and not a hang.
func TestG25_a_limit_below_one_panics(t *testing.T) {
	for _, n := range []int{0, -1} {
		v := raisedBy(func() { inflight.Limit(n) })
		wantEqual(t, "panic", v, any(fmt.Sprintf("inflight: Limit(%d): at least one task must be able to run", n)))
	}
}

// Go waits for a slot, first come first served; so those who start tasks go no
// faster than the tasks.
func TestG26_go_waits_for_a_slot_in_order(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		begin := time.Now()
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(takesErr(time.Second, nil))
			var strangers sync.WaitGroup
			for i := range 5 {
				strangers.Go(func() {
					g.Go(func(ctx context.Context) error { said.add(i); return inflight.Sleep(ctx, time.Second) })
				})
				synctest.Wait()
			}
			wantEqual(s, "how many have run", said.count(), 0)
			strangers.Wait()
			wantEqual(s, "when the last was started", time.Since(begin), 5*time.Second)
			return nil
		}, inflight.Limit(1))
		wantErrs(s, err)
		wantSlice(s, "order", said.said(), "0", "1", "2", "3", "4")
	})
}

// A Go that waits for a slot is released when the group is cancelled, whoever
// called it and in whichever way the group is cancelled: it is refused, and the
// others are not held up.
func TestG26_a_waiting_go_is_released_by_a_cancellation(t *testing.T) {
	forEnders(t, func(s *setting, e ender, check func(error)) {
		if e.name == "failure" || e.name == "Goexit" {
			e.end = failingInside(e) // there is no slot for another child
		}
		for _, start := range starters {
			if start.name == "service" || start.name == "try" {
				continue // they don't wait
			}
			s := *s
			outer, cancel := context.WithCancelCause(s.ctx)
			s.cancel = cancel
			limited(2, func(opt inflight.Option, free func(testing.TB)) {
				var refused atomic.Int32
				waits := func(g *inflight.TaskGroup) {
					state, err := start.start(g, neverCalled(&s))
					if state() == inflight.Refused && errors.Is(err(), inflight.ErrGroupClosed) && errors.Is(err(), e.cause) {
						refused.Add(1)
					} else {
						s.Errorf("%s: %v, %v", start.name, state(), err())
					}
				}
				err := inflight.Run(outer, func(ctx context.Context, g *inflight.TaskGroup) error {
					full := make(chan struct{})
					g.Go(func(ctx context.Context) error { <-full; waits(g); return ctx.Err() })
					g.Go(idle)
					close(full)
					g.Service(func(ctx context.Context) error { waits(g); return ctx.Err() })
					var strangers sync.WaitGroup
					for range 2 {
						strangers.Go(func() { waits(g) })
					}
					strangers.Go(func() { synctest.Wait(); e.end(&s, g) })
					waits(g)
					strangers.Wait()
					return nil
				}, opt)
				if e.name == "outer context" {
					outer, cancel = context.WithCancelCause(s.ctx)
					s.cancel = cancel
				}
				check(err)
				wantEqual(&s, "how many were refused", refused.Load(), 5)
				free(&s)
			})
		}
	})
}

// failingInside returns an end that lets a service do what e's child does.
func failingInside(e ender) func(*setting, *inflight.TaskGroup) {
	return func(_ *setting, g *inflight.TaskGroup) {
		g.Service(func(context.Context) error {
			if e.cause == inflight.ErrGoexit {
				runtime.Goexit()
			}
			return e.cause
		})
	}
}

// A slot that comes free at the moment of the cancellation is not lost.
func TestG26_slots_and_cancellations_race(t *testing.T) {
	l := inflight.NewLimiter(2)
	for range 500 {
		inScope(t, func(ctx context.Context, outer *inflight.TaskGroup) {
			inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				gate := make(chan struct{})
				g.Go(func(context.Context) error { <-gate; return nil })
				g.Go(func(context.Context) error { <-gate; return nil })
				for range 3 {
					outer.Go(func(context.Context) error { g.Go(idle); return nil })
				}
				outer.Go(func(context.Context) error { <-gate; g.Cancel(); return nil })
				close(gate)
				return nil
			}, inflight.LimitBy(l))
		})
		wantEqual(t, "in use", l.Stats().InUse, 0)
		wantEqual(t, "waiting", l.Stats().Waiting, 0)
	}
}

// When Run has returned, all slots are back.
func TestG26_slots_are_back_when_run_returns(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4)) // so that anybody may be interrupted anywhere
	l := inflight.NewLimiter(1)
	var over atomic.Bool
	var busy sync.WaitGroup
	defer busy.Wait()
	defer over.Store(true)
	busy.Go(func() {
		for !over.Load() {
			l.SetLimit(1) // makes a Release take its time
		}
	})
	for i := range 5000 {
		inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(context.Context) error { return nil })
			for range i * 7 % 8000 {
			}
			return nil
		}, inflight.LimitBy(l))
		if n := l.Stats().InUse; n != 0 {
			t.Fatalf("round %d: %d in use", i, n)
		}
	}
}

// TryGo starts as many as there are slots, and then says no, at once.
func TestG27_trygo_does_not_wait(t *testing.T) {
	underEach(t, func(s *setting) {
		limited(3, func(opt inflight.Option, check func(testing.TB)) {
			begin := time.Now()
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				started := 0
				for range 10 {
					if task, ok := g.TryGo(takesErr(time.Second, nil)); ok {
						started++
					} else {
						wantEqual(s, "state", task.State(), inflight.Refused)
					}
				}
				wantEqual(s, "started", started, 3)
				wantEqual(s, "time that has passed", time.Since(begin), 0)
				time.Sleep(2 * time.Second)
				_, ok := g.TryGo(takesErr(time.Second, nil))
				wantEqual(s, "when there is room again", ok, true)
				return nil
			}, opt)
			wantErrs(s, err)
			check(s)
		})
	})
}

// The error says why: there is no room, or the group takes no more; the latter
// also where there is no room either.
func TestG27_why_trygo_said_no(t *testing.T) {
	forEnders(t, func(s *setting, e ender, check func(error)) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			gate := make(chan struct{})
			g.Go(func(ctx context.Context) error { <-gate; return idle(ctx) })
			if e.name == "failure" || e.name == "Goexit" {
				e.end = failingInside(e)
			}
			task, ok := g.TryGo(neverCalled(s))
			wantEqual(s, "started", ok, false)
			wantErrs(s, task.Err(), inflight.ErrNoRoom)
			e.end(s, g)
			synctest.Wait()
			task, ok = g.TryGo(neverCalled(s))
			wantEqual(s, "started", ok, false)
			if err := task.Err(); !errors.Is(err, inflight.ErrGroupClosed) || !errors.Is(err, e.cause) {
				s.Errorf("TryGo on a cancelled group: %v", err)
			}
			close(gate)
			return nil
		}, inflight.Limit(1))
		check(err)
	})
}

// Without a limit TryGo always finds room.
func TestG27_trygo_without_a_limit(t *testing.T) {
	underEach(t, func(s *setting) {
		called := 0
		inScope(s.T, func(ctx context.Context, g *inflight.TaskGroup) {
			task, ok := g.TryGo(func(context.Context) error { called++; return nil })
			wantEqual(s, "started", ok, true)
			_, err := task.Await(ctx)
			wantErrs(s, err)
		})
		wantEqual(s, "calls", called, 1)
	})
}

// TryGo gives back no slot that it did not take.
func TestG27_trygo_on_a_cancelled_group_takes_no_slot_away(t *testing.T) {
	forEnders(t, func(s *setting, e ender, check func(error)) {
		l := inflight.NewLimiter(3)
		l.TryAcquire() // somebody else's
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(idle)
			e.end(s, g)
			g.TryGo(neverCalled(s))
			return idle(ctx)
		}, inflight.LimitBy(l))
		check(err)
		wantEqual(s, "in use", l.Stats().InUse, 1)
	})
}

// While a Go waits, TryGo gets nothing: not even in the moment in which a slot is
// free, because it goes from one to the next.
func TestG27_trygo_never_barges(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			try := func() {
				if _, ok := g.TryGo(func(context.Context) error { said.add("barged"); return nil }); ok {
					said.add("in")
				}
			}
			var tasks []*inflight.Task[struct{}]
			tasks = append(tasks, g.Go(takesErr(time.Second, nil)))
			var strangers sync.WaitGroup
			for i := range 4 {
				strangers.Go(func() {
					task := g.Go(func(ctx context.Context) error {
						said.add(i)
						try()
						err := inflight.Sleep(ctx, time.Second)
						try()
						return err
					})
					task.OnDone(try)
				})
				synctest.Wait()
			}
			for range 20 {
				time.Sleep(200 * time.Millisecond)
				if said.count() < 4 {
					try()
				}
			}
			strangers.Wait()
			_ = tasks
			return nil
		}, inflight.Limit(1))
		wantErrs(s, err)
		wantSlice(s, "order", said.said(), "0", "1", "2", "3")
	})
}

// The same in earnest: those who try, and those who wait, at once.
func TestG27_trygo_and_go_race(t *testing.T) {
	var inside gauge
	var tried, waited atomic.Int32
	err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		work := func(context.Context) error {
			inside.enter()
			defer inside.leave()
			runtime.Gosched()
			return nil
		}
		var strangers sync.WaitGroup
		for i := range 4 {
			strangers.Go(func() {
				for range 500 {
					if i%2 == 0 {
						g.Go(work)
						waited.Add(1)
					} else if _, ok := g.TryGo(work); ok {
						tried.Add(1)
					}
				}
			})
		}
		strangers.Wait()
		return nil
	}, inflight.Limit(2))
	wantErrs(t, err)
	_, top, entered := inside.read()
	if top > 2 || entered != int(tried.Load()+waited.Load()) {
		t.Errorf("at most %d at once; %d ran, started were %d and %d", top, entered, waited.Load(), tried.Load())
	}
}

// Under Supervise a child's failure cancels neither its siblings nor the body,
// and in the end all failures are there, in their order.
func TestG28_supervised_failures_cancel_nobody(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			good := inflight.Go(g, takes(time.Minute, 7, nil))
			g.Go(takesErr(3*time.Second, errAsh))
			g.Go(takesErr(time.Second, errOak))
			g.Service(takesErr(2*time.Second, errElm))
			g.Go(func(context.Context) error { time.Sleep(4 * time.Second); runtime.Goexit(); return nil })
			value, err := good.Await(ctx)
			wantEqual(s, "value", value, 7)
			wantErrs(s, ctx.Err())
			return err
		}, inflight.Supervise())
		errs := joined(err)
		if len(errs) != 4 || !errors.Is(errs[3], inflight.ErrGoexit) {
			s.Fatalf("Run: %v", err)
		}
		wantSlice(s, "errors", errs[:3], errOak, errElm, errAsh)
	})
}

// The failure of the body, the end of the outer context, Cancel and a panic
// cancel all the same.
func TestG28_what_cancels_a_supervised_group(t *testing.T) {
	underEach(t, func(s *setting) {
		ends := map[string]func(g *inflight.TaskGroup) error{
			"body":   func(*inflight.TaskGroup) error { return errElm },
			"Cancel": func(g *inflight.TaskGroup) error { g.Cancel(errElm); return nil },
			"panic":  func(g *inflight.TaskGroup) error { g.Go(func(context.Context) error { panic(errElm) }); return nil },
			"outer":  func(*inflight.TaskGroup) error { s.cancel(errElm); return nil }, // the last
		}
		for _, name := range []string{"body", "Cancel", "panic", "outer"} {
			begin := time.Now()
			var err error
			v := raisedBy(func() {
				err = inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(fails(errOak))
					g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) })
					synctest.Wait()
					return ends[name](g)
				}, inflight.Supervise())
			})
			wantEqual(s, "time that "+name+" took", time.Since(begin), 0)
			if name != "panic" {
				wantErrs(s, err, errOak, errElm)
			} else if p, ok := v.(*inflight.PanicError); !ok || p.Value != any(errElm) || !slices.Equal(p.Also, []error{errOak}) {
				s.Errorf("panic: %v", v)
			}
		}
	})
}

// A supervised group below one that is not: its errors, joined, are one failure.
func TestG28_a_supervised_group_below_another(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Go(takesErr(time.Second, errOak))
					g.Go(takesErr(2*time.Second, errElm))
					return nil
				}, inflight.Supervise())
			})
			err := inflight.Sleep(ctx, time.Hour)
			if !errors.Is(err, errOak) || !errors.Is(err, errElm) {
				s.Errorf("cause: %v", err)
			}
			return err
		})
		wantErrs(s, err, errOak, errElm)
	})
}

// A service is cancelled when the body and all ordinary children have returned,
// and not before; Run returns when it has returned too, and there is no error.
func TestG29_a_service_ends_when_the_work_is_done(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, bodyLast := range []bool{true, false} {
			for _, own := range []func(context.Context) error{context.Context.Err, context.Cause, func(context.Context) error { return nil }} {
				var said log
				serves := func(ctx context.Context) error {
					<-ctx.Done()
					wantErrs(s, ctx.Err(), context.Canceled)
					said.add("cancelled")
					time.Sleep(time.Minute)
					said.add("ended")
					return own(ctx)
				}
				err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					g.Service(serves)
					g.Go(func(ctx context.Context) error {
						g.Service(serves)
						time.Sleep(time.Hour)
						g.Go(func(ctx context.Context) error { time.Sleep(time.Hour); said.add("last child"); return ctx.Err() })
						return nil
					})
					if bodyLast {
						time.Sleep(3 * time.Hour)
						said.add("body")
					}
					return ctx.Err()
				})
				said.add("Run")
				wantErrs(s, err)
				want := []string{"last child", "cancelled", "cancelled", "ended", "ended", "Run"}
				if bodyLast {
					want = slices.Insert(want, 1, "body")
				}
				wantSlice(s, "order", said.said(), want...)
			}
		}
	})
}

// Services alone keep nothing open.
func TestG29_services_alone(t *testing.T) {
	underEach(t, func(s *setting) {
		begin := time.Now()
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 3 {
				g.Service(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) })
			}
			g.Service(func(context.Context) error { return nil })
			return nil
		})
		wantErrs(s, err)
		wantEqual(s, "time that passed", time.Since(begin), 0)
	})
}

// A service that fails while there is work is a failure like any other; one that
// returns nothing is none; and what fails in its cleanup is reported.
func TestG29_services_that_fail(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Service(takesErr(time.Second, errOak))
			err := inflight.Sleep(ctx, time.Hour)
			if !errors.Is(err, errOak) {
				s.Errorf("cause: %v", err)
			}
			return err
		})
		wantErrs(s, err, errOak)
		err = inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Service(takesErr(time.Second, nil))
			return inflight.Sleep(ctx, time.Hour)
		})
		wantErrs(s, err)
		err = inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Service(func(ctx context.Context) error { <-ctx.Done(); return errOak })
			g.Service(func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); return errElm })
			return nil
		})
		wantErrs(s, err, errOak, errElm)
		p := raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Service(func(ctx context.Context) error { <-ctx.Done(); panic(errOak) })
				return nil
			})
		})
		wantEqual(s, "value", p.Value, any(errOak))
	})
}

// When the group is cancelled a service is told with the others, and for the same
// cause.
func TestG29_services_are_cancelled_with_the_group(t *testing.T) {
	forEnders(t, func(s *setting, e ender, check func(error)) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			service := g.Service(func(ctx context.Context) error {
				err := inflight.Sleep(ctx, time.Hour)
				if !errors.Is(err, e.cause) {
					s.Errorf("cause: %v", err)
				}
				return err
			})
			g.Go(func(context.Context) error { time.Sleep(time.Minute); return nil })
			synctest.Wait()
			e.end(s, g)
			<-service.Done()
			wantEqual(s, "state", service.State(), inflight.Cancelled)
			return nil
		})
		check(err)
	})
}

// A service may start tasks while there is work; these are work too. When all is
// done it may not.
func TestG29_a_service_may_start_tasks(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Service(func(ctx context.Context) error {
				for i := range 3 {
					g.Go(func(ctx context.Context) error {
						defer said.add(i)
						return inflight.Sleep(ctx, time.Duration(i+1)*time.Second)
					})
				}
				<-ctx.Done()
				said.add("closing")
				for _, start := range starters {
					state, err := start.start(g, neverCalled(s))
					wantEqual(s, "state", state(), inflight.Refused)
					wantErrs(s, err(), inflight.ErrGroupClosed)
				}
				return nil
			})
			return inflight.Sleep(ctx, time.Millisecond)
		}, inflight.Limit(3))
		wantErrs(s, err)
		wantSlice(s, "order", said.said(), "0", "1", "2", "closing")
	})
}

// Start returns what ready is given, when it is, and not before; the function
// goes on as a task of the group.
func TestG30_start_returns_when_ready(t *testing.T) {
	underEach(t, func(s *setting) {
		var said log
		begin := time.Now()
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			value, err := inflight.Start(g, func(ctx context.Context, ready func(int)) error {
				time.Sleep(time.Second)
				ready(7)
				said.add("goes on")
				defer said.add("ended")
				return inflight.Sleep(ctx, time.Minute)
			})
			wantErrs(s, err)
			wantEqual(s, "value", value, 7)
			wantEqual(s, "time that Start took", time.Since(begin), time.Second)
			return nil
		})
		wantErrs(s, err)
		wantSlice(s, "the function", said.said(), "goes on", "ended")
	})
}

// What goes wrong before ready is the caller's alone: the group goes on.
func TestG30_errors_before_ready_go_to_the_caller(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for _, want := range []error{errOak, context.Canceled, nil} {
				value, err := inflight.Start(g, func(context.Context, func(int)) error { return want })
				if want == nil {
					want = inflight.ErrNotReady
				}
				wantErrs(s, err, want)
				wantEqual(s, "value", value, 0)
				wantErrs(s, inflight.Sleep(ctx, time.Second))
			}
			return nil
		})
		wantErrs(s, err)
	})
}

// What goes wrong after ready is the group's.
func TestG30_errors_after_ready_go_to_the_group(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			value, err := inflight.Start(g, func(_ context.Context, ready func(int)) error { ready(7); return errOak })
			wantErrs(s, err)
			wantEqual(s, "value", value, 7)
			return inflight.Sleep(ctx, time.Hour)
		})
		wantErrs(s, err, errOak)
	})
}

// To be ready twice is a mistake, and so is to be ready when all is over; a panic
// before ready is both the caller's and the group's.
func TestG30_mistakes_of_a_started_function(t *testing.T) {
	underEach(t, func(s *setting) {
		const mistake = "inflight: ready called twice, or after its function has returned"
		p := raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				value, err := inflight.Start(g, func(_ context.Context, ready func(int)) error { ready(7); ready(8); return nil })
				wantErrs(s, err)
				wantEqual(s, "value", value, 7)
				return nil
			})
		})
		wantEqual(s, "panic", p.Value, any(mistake))
		inScope(s.T, func(ctx context.Context, g *inflight.TaskGroup) {
			var late func(int)
			_, err := inflight.Start(g, func(_ context.Context, ready func(int)) error { late = ready; return nil })
			wantErrs(s, err, inflight.ErrNotReady)
			wantEqual(s, "panic", raisedBy(func() { late(7) }), any(mistake))
		})
		p = raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				_, err := inflight.Start(g, func(context.Context, func(int)) error { panic(errOak) })
				if !errors.Is(err, errOak) {
					s.Errorf("Start: %v", err)
				}
				return nil
			})
		})
		wantEqual(s, "panic", p.Value, any(errOak))
	})
}

// ready may be called by another goroutine, by many callers at once, and under a
// limit; the caller may be anybody.
func TestG30_start_by_anybody(t *testing.T) {
	underEach(t, func(s *setting) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			start := func(want int) {
				value, err := inflight.Start(g, func(ctx context.Context, ready func(int)) error {
					return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
						g.Go(func(ctx context.Context) error {
							inflight.Sleep(ctx, time.Second)
							ready(want)
							return nil
						})
						return nil
					})
				}, inflight.Name("server"))
				wantErrs(s, err)
				wantEqual(s, "value", value, want)
			}
			var strangers sync.WaitGroup
			strangers.Add(1)
			g.Service(func(ctx context.Context) error { start(1); strangers.Done(); return idle(ctx) })
			for i := range 5 {
				strangers.Go(func() { start(i) })
			}
			start(7)
			strangers.Wait()
			return nil
		}, inflight.Limit(2))
		wantErrs(s, err)
	})
}

// A function that ends its goroutine before ready is the caller's too, after ready
// the group's.
func TestG30_goexit_of_a_started_function(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, isReady := range []bool{false, true} {
			err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				_, err := inflight.Start(g, func(_ context.Context, ready func(int)) error {
					if isReady {
						ready(7)
					}
					runtime.Goexit()
					return nil
				})
				if errors.Is(err, inflight.ErrGoexit) == isReady {
					s.Errorf("Start: %v", err)
				}
				if !isReady {
					wantErrs(s, inflight.Sleep(ctx, time.Second))
				}
				return nil
			})
			if errors.Is(err, inflight.ErrGoexit) != isReady {
				s.Errorf("Run: %v", err)
			}
		}
	})
}

// A panic before ready has the stack of where it happened.
func TestG30_panic_of_a_started_function(t *testing.T) {
	underEach(t, func(s *setting) {
		p := raisedPanic(s, func() {
			inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				_, err := inflight.Start(g, func(ctx context.Context, _ func(int)) error {
					_, err := panicsDeepInside(ctx)
					return err
				}, inflight.Name("server"))
				if _, ok := err.(*inflight.PanicError); !ok {
					s.Errorf("Start: %v", err)
				}
				return nil
			})
		})
		wantEqual(s, "value", p.Value, any(errAsh))
		wantEqual(s, "task", p.Task, "server")
		if !strings.Contains(string(p.Stack), "panicsDeepInside") {
			s.Errorf("stack:\n%s", p.Stack)
		}
	})
}

// A group that is cancelled while Start waits ends the function, and Start
// returns what that returns.
func TestG30_start_and_a_cancellation(t *testing.T) {
	forEnders(t, func(s *setting, e ender, check func(error)) {
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			go func() { synctest.Wait(); e.end(s, g) }()
			_, err := inflight.Start(g, func(ctx context.Context, ready func(int)) error {
				err := inflight.Sleep(ctx, time.Hour)
				time.Sleep(time.Second)
				return err
			})
			if !errors.Is(err, e.cause) {
				s.Errorf("Start: %v", err)
			}
			return err
		})
		check(err)
	})
}

// A group without children starts no goroutine, and returns what its body does.
func TestG31_an_empty_group_costs_nothing(t *testing.T) {
	underEach(t, func(s *setting) {
		for _, want := range []error{nil, errOak, context.Canceled, fmt.Errorf("%w", io.EOF), listError{"a"}} {
			before := inBubble()
			err := inflight.Run(s.ctx, func(context.Context, *inflight.TaskGroup) error {
				if n := inBubble(); n > before {
					s.Errorf("%d goroutines have been started", n-before)
				}
				return want
			})
			if !reflect.DeepEqual(err, want) {
				s.Errorf("Run: %v, want %v", err, want)
			}
		}
	})
	body := func(context.Context, *inflight.TaskGroup) error { return nil }
	allocs := testing.AllocsPerRun(100, func() { inflight.Run(context.Background(), body) })
	if allocs > 2 {
		t.Errorf("%v allocations", allocs)
	}
}

// One failure is returned as the very error that it is; several are joined by
// errors.Join, in the order in which they happened.
func TestG32_one_error_is_bare_and_several_are_joined(t *testing.T) {
	for _, order := range permutations(4) {
		underEach(t, func(s *setting) {
			errs := []error{errOak, errElm, errAsh, io.EOF}
			for n := range 5 {
				var want []error
				err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
					var body time.Duration
					for at, i := range order[:n] {
						want = append(want, errs[i])
						after := time.Duration(at+1) * time.Second
						if i == 3 {
							body = after
							continue
						}
						g.Go(func(context.Context) error { time.Sleep(after); return errs[i] })
					}
					if body > 0 {
						time.Sleep(body)
						return errs[3]
					}
					return nil
				})
				wantErrs(s, err, want...)
				if n == 1 && err != want[0] {
					s.Errorf("one failure is a %T", err)
				}
				if n > 1 && reflect.TypeOf(err) != reflect.TypeOf(errors.Join(errOak)) {
					s.Errorf("%d failures are a %T", n, err)
				}
			}
		})
	}
}

// The contexts of a scope and its tasks, and what was derived from them, are over
// when it is.
func TestG33_contexts_end_with_their_owners(t *testing.T) {
	underEach(t, func(s *setting) {
		ended := func(what string, ctx context.Context) {
			s.Helper()
			select {
			case <-ctx.Done():
			default:
				s.Errorf("%s: Done is open", what)
			}
			wantErrs(s, ctx.Err(), context.Canceled)
			if context.Cause(ctx) == nil || context.Cause(ctx) == context.Canceled {
				s.Errorf("%s: cause %v", what, context.Cause(ctx))
			}
			err := inflight.Sleep(ctx, time.Hour)
			wantEqual(s, "error of a wait", err, context.Cause(ctx))
			err = inflight.Run(ctx, func(context.Context, *inflight.TaskGroup) error { s.Error("called"); return nil })
			wantEqual(s, "error of a scope", err, context.Cause(ctx))
		}
		var body, silent, derived, task, taskDerived context.Context
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			body = ctx
			var stop func()
			derived, stop = context.WithCancel(ctx)
			defer func() { _ = stop }()
			_, err := g.Go(func(ctx context.Context) error {
				task = ctx
				taskDerived, stop = context.WithTimeout(ctx, time.Hour)
				return nil
			}).Await(ctx)
			synctest.Wait()
			ended("task", task)
			ended("derived from a task", taskDerived)
			wantErrs(s, ctx.Err())
			return err
		})
		wantErrs(s, err)
		ended("body", body)
		ended("derived from the body", derived)
		err = inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error { silent = ctx; return nil })
		wantErrs(s, err)
		ended("body of a group nobody has asked for Done", silent)
	})
}

// A wait that a goroutine of somebody else's does under the context of a task ends
// when the task returns.
func TestG33_waits_end_with_the_task_whose_context_they_have(t *testing.T) {
	check := func(s *setting, n int) {
		waits := map[string]func(ctx context.Context, other *inflight.Task[int]) error{
			"Sleep": func(ctx context.Context, _ *inflight.Task[int]) error { return inflight.Sleep(ctx, time.Hour) },
			"Await": func(ctx context.Context, other *inflight.Task[int]) error { _, err := other.Await(ctx); return err },
			"Wait": func(ctx context.Context, other *inflight.Task[int]) error {
				_, _, err := inflight.Wait(ctx, inflight.AllDone, other)
				return err
			},
			"Acquire": func(ctx context.Context, _ *inflight.Task[int]) error { return inflight.NewLimiter(0).Acquire(ctx) },
			"Run": func(ctx context.Context, _ *inflight.Task[int]) error {
				return inflight.Run(ctx, func(ctx context.Context, _ *inflight.TaskGroup) error { return inflight.Sleep(ctx, time.Hour) })
			},
		}
		for name, wait := range waits {
			inScope(s.T, func(ctx context.Context, g *inflight.TaskGroup) {
				other := inflight.Go(g, takes(time.Hour, 7, nil))
				begin := time.Now()
				var ended log
				task := g.Go(func(ctx context.Context) error {
					for range n { // the first has the waiter that the task keeps
						go func() { ended.add(wait(ctx, other) != nil) }()
						synctest.Wait()
					}
					return nil
				})
				<-task.Done()
				synctest.Wait()
				wantSlice(s, "waits that have ended: "+name, ended.said(), slices.Repeat([]string{"true"}, n)...)
				wantEqual(s, "time that it took", time.Since(begin), 0)
			})
		}
	}
	for n := range 3 {
		underEach(t, func(s *setting) { check(s, n) })
	}
}

// A cancelled scope keeps the cause that it was cancelled for.
func TestG33_the_cause_stays_after_the_end(t *testing.T) {
	forEnders(t, func(s *setting, e ender, check func(error)) {
		var body context.Context
		err := inflight.Run(s.ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			body = ctx
			e.end(s, g)
			return nil
		})
		_ = err // with nothing cut short, the outer context's end is no error
		if !errors.Is(context.Cause(body), e.cause) {
			s.Errorf("cause: %v", context.Cause(body))
		}
	})
}

// Functions that are nil are a mistake of the caller, said at once.
func TestG3_nil_functions_panic(t *testing.T) {
	inScope(t, func(ctx context.Context, g *inflight.TaskGroup) {
		for name, call := range map[string]func(){
			"Run":               func() { inflight.Run(ctx, nil) },
			"TaskGroup.Go":      func() { g.Go(nil) },
			"TaskGroup.TryGo":   func() { g.TryGo(nil) },
			"TaskGroup.Service": func() { g.Service(nil) },
			"Go":                func() { inflight.Go[int](g, nil) },
			"Start":             func() { inflight.Start[int](g, nil) },
		} {
			wantEqual(t, name, raisedBy(call), any("inflight: "+name+" called with a nil function"))
		}
		v := raisedBy(func() { g.Go(func(context.Context) error { return nil }).OnDone(nil) })
		wantEqual(t, "OnDone", v, any("inflight: OnDone called with a nil function"))
	})
}

// Whoever fails because of the cancellation that a failure brings comes second,
// however fast it is.
func TestG32_what_follows_from_a_failure_comes_second(t *testing.T) {
	if runtime.GOMAXPROCS(0) == 1 {
		t.Skip("needs two that run at the same time")
	}
	for range 100 {
		var running atomic.Bool
		err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
			for range 300 { // so that to cancel takes its time
				context.AfterFunc(ctx, func() {})
			}
			g.Go(func(ctx context.Context) error {
				running.Store(true)
				for ctx.Err() == nil {
				}
				return errOak
			})
			for !running.Load() {
				runtime.Gosched()
			}
			g.Go(func(context.Context) error { return errElm })
			return nil
		})
		if all := joined(err); len(all) != 2 || all[0] != errElm {
			t.Fatalf("the failures are %v, want elm first", all)
		}
	}
}
