package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
)

var (
	errWork  = errors.New("the work has failed")
	errClean = errors.New("the cleanup has failed")
	errMore  = errors.New("another cleanup has failed")
)

// A diary is what the cleanups of a test have done.
type diary []string

// notes returns a cleanup that writes into the diary and returns err.
func (d *diary) notes(entry string, err error) func(context.Context) error {
	return func(context.Context) error {
		*d = append(*d, entry)
		return err
	}
}

func (d *diary) is(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(*d, want) {
		t.Errorf("the cleanups were %q, want %q", *d, want)
	}
}

// Cleanups run in the reverse of the order in which they were pushed, by Defer and
// by Enter alike, those that come while others run included.
func TestST1_last_in_first_out(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s inflight.Stack
		var d diary
		s.Defer(d.notes("first", nil))
		v, err := inflight.Enter(t.Context(), &s, func(context.Context) (int, func(context.Context) error, error) {
			return 7, d.notes("entered", nil), nil
		})
		if v != 7 || err != nil {
			t.Errorf("Enter returned %d, %v", v, err)
		}
		s.Defer(func(context.Context) error {
			s.Defer(d.notes("pushed meanwhile", nil))
			return d.notes("third", nil)(t.Context())
		})
		s.Defer(d.notes("last", nil))
		s.Close(t.Context(), nil)
		d.is(t, "last", "third", "pushed meanwhile", "entered", "first")
	})
}

// A cleanup that fails, panics or ends its goroutine keeps none of the others
// from running.
func TestST2_every_cleanup_runs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		goexited := false
		go func() {
			defer func() { goexited = recover() == nil }()
			var s inflight.Stack
			s.Defer(d.notes("first", nil))
			s.Defer(func(context.Context) error { runtime.Goexit(); return nil })
			s.Defer(d.notes("second", errClean))
			s.Close(t.Context(), nil)
			t.Error("Close has returned, though the goroutine was to end")
		}()
		synctest.Wait()
		d.is(t, "second", "first")
		if !goexited {
			t.Error("the goroutine has not ended")
		}
	})
}

// A panic is raised again when all have run, as a *PanicError with the stack of
// where it happened, and with the panics that came after it.
func TestST2_panics_are_raised_again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s inflight.Stack
		var d diary
		s.Defer(d.notes("first", nil))
		s.Defer(func(context.Context) error { panic("second") })
		s.Defer(d.notes("between", errClean))
		s.Defer(panickingCleanup)
		err := errWork
		p := panicOf(func() { s.Close(t.Context(), &err) })
		d.is(t, "between", "first")
		if p == nil || p.Value != "oh no" || !strings.Contains(string(p.Stack), "panickingCleanup") {
			t.Fatalf("panicked with %v", p)
		}
		var also *inflight.PanicError
		if len(p.Also) != 1 || !errors.As(p.Also[0], &also) || also.Value != "second" {
			t.Errorf("also: %v", p.Also)
		}
		if !errors.Is(err, errWork) || !errors.Is(err, errClean) {
			t.Errorf("the error is %v", err)
		}
		if p := panicOf(func() { s.Close(t.Context(), &err) }); p != nil {
			t.Errorf("to close again panics: %v", p)
		}
	})
}

// A panic is not lost because a cleanup after it ends the goroutine.
func TestST2_panic_before_goexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		var got any
		go func() {
			defer func() { got = recover() }() // after which the goroutine ends all the same
			var s inflight.Stack
			s.Defer(d.notes("first", nil))
			s.Defer(func(context.Context) error { runtime.Goexit(); return nil })
			s.Defer(panickingCleanup)
			s.Close(t.Context(), nil)
		}()
		synctest.Wait()
		d.is(t, "first")
		if p, ok := got.(*inflight.PanicError); !ok || p.Value != "oh no" {
			t.Errorf("panicked with %v", got)
		}
	})
}

func panickingCleanup(context.Context) error { panic("oh no") }

// panicOf returns the *PanicError that fn panics with, nil if it does not.
func panicOf(fn func()) (p *inflight.PanicError) {
	defer func() {
		if v := recover(); v != nil {
			p = v.(*inflight.PanicError)
		}
	}()
	fn()
	return nil
}

// A Close that is deferred runs the cleanups of a work that panics, and does not
// take the panic away.
func TestST2_work_that_panics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		defer func() {
			if v := recover(); v != "oh no" {
				t.Errorf("recovered %v", v)
			}
			d.is(t, "cleanup")
		}()
		var s inflight.Stack
		var err error
		defer s.Close(t.Context(), &err)
		s.Defer(d.notes("cleanup", nil))
		panic("oh no")
	})
}

// All errors are joined, that of the work first, then those of the cleanups as
// they ran; one error alone stays as it is.
func TestST3_errors_are_joined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			work     error
			cleanups []error // in the order of pushing
			want     []error
		}{
			{nil, []error{nil, nil}, nil},
			{errWork, []error{nil, nil}, []error{errWork}},
			{nil, []error{nil, errClean}, []error{errClean}},
			{errWork, []error{errClean}, []error{errWork, errClean}},
			{errWork, []error{errMore, nil, errClean}, []error{errWork, errClean, errMore}},
			{nil, []error{errMore, errClean}, []error{errClean, errMore}},
		} {
			var s inflight.Stack
			for _, err := range c.cleanups {
				s.Defer(func(context.Context) error { return err })
			}
			err := c.work
			s.Close(t.Context(), &err)
			if len(c.want) < 2 {
				if want := errors.Join(c.want...); want == nil && err != nil || want != nil && err != c.want[0] {
					t.Errorf("%v, %v: got %v, want %v itself", c.work, c.cleanups, err, c.want)
				}
				continue
			}
			if got, want := err.Error(), errors.Join(c.want...).Error(); got != want {
				t.Errorf("%v, %v: got %q, want %q", c.work, c.cleanups, got, want)
			}
			for _, want := range c.want {
				if !errors.Is(err, want) {
					t.Errorf("%v is not found in %v", want, err)
				}
			}
		}
	})
}

// A function of Push sees the error as it is by then, and what it returns takes
// its place: for those below it, and for the caller.
func TestST4_push_replaces_the_error(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s inflight.Stack
		var seen []error
		then := func(next error) func(context.Context, error) error {
			return func(_ context.Context, err error) error {
				seen = append(seen, err)
				return next
			}
		}
		s.Push(then(errMore))
		s.Push(then(nil))
		s.Defer(func(context.Context) error { return nil })
		s.Push(then(errClean))
		err := errWork
		s.Close(t.Context(), &err)
		if want := []error{errWork, errClean, nil}; !slices.Equal(seen, want) {
			t.Errorf("they saw %v, want %v", seen, want)
		}
		if err != errMore {
			t.Errorf("the caller got %v, want %v", err, errMore)
		}
	})
}

// Close without a place for the error runs the cleanups all the same, and they
// see each other's errors.
func TestST4_no_place_for_the_error(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s inflight.Stack
		s.Push(func(_ context.Context, err error) error {
			if err != errClean {
				t.Errorf("it saw %v", err)
			}
			return err
		})
		s.Defer(func(context.Context) error { return errClean })
		s.Close(t.Context(), nil)
	})
}

// An Enter that fails puts nothing on the stack, though it has a cleanup; one
// without a cleanup puts nothing there either.
func TestST5_enter_that_fails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s inflight.Stack
		var d diary
		s.Defer(d.notes("opened before", nil))
		_, err := inflight.Enter(t.Context(), &s, func(context.Context) (int, func(context.Context) error, error) {
			return 0, d.notes("never opened", nil), errWork
		})
		if err != errWork {
			t.Errorf("it returned %v", err)
		}
		v, err := inflight.Enter(t.Context(), &s, func(context.Context) (string, func(context.Context) error, error) {
			return "value", nil, nil
		})
		if v != "value" || err != nil {
			t.Errorf("it returned %q, %v", v, err)
		}
		if p := panicOf(func() {
			defer func() {
				if v := recover(); v != nil {
					panic(&inflight.PanicError{Value: v})
				}
			}()
			inflight.Enter(t.Context(), &s, func(context.Context) (int, func(context.Context) error, error) { panic("oh no") })
		}); p == nil || p.Value != "oh no" {
			t.Errorf("an open that panics: %v", p)
		}
		s.Close(t.Context(), nil)
		d.is(t, "opened before")
	})
}

// open gets the context that Enter was called with.
func TestST5_enter_passes_the_context(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s inflight.Stack
		type key struct{}
		ctx := context.WithValue(t.Context(), key{}, "value")
		inflight.Enter(ctx, &s, func(ctx context.Context) (int, func(context.Context) error, error) {
			if ctx.Value(key{}) != "value" {
				t.Error("it is another one")
			}
			return 0, nil, nil
		})
	})
}

// Move leaves nothing behind and takes all along, in its order; both stacks can be
// used on.
func TestST6_move(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s inflight.Stack
		var d diary
		s.Defer(d.notes("first", nil))
		s.Defer(d.notes("second", errClean))
		moved := s.Move()
		s.Defer(d.notes("left", nil))
		moved.Defer(d.notes("third", nil))

		err := errWork
		s.Close(t.Context(), &err)
		d.is(t, "left")
		if err != errWork {
			t.Errorf("the old stack returned %v", err)
		}
		d, err = nil, nil
		moved.Close(t.Context(), &err)
		d.is(t, "third", "second", "first")
		if err != errClean {
			t.Errorf("the new stack returned %v", err)
		}
	})
}

// Moved out of a function that opens two things, the cleanups run if the second
// fails, and are the caller's if it does not.
func TestST6_move_hands_over(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := func(ctx context.Context, d *diary, fails bool) (_ *inflight.Stack, err error) {
			var s inflight.Stack
			defer s.Close(ctx, &err)
			s.Defer(d.notes("close first", nil))
			if fails {
				return nil, errWork
			}
			s.Defer(d.notes("close second", nil))
			return s.Move(), nil
		}
		var d diary
		if _, err := open(t.Context(), &d, true); err != errWork {
			t.Error(err)
		}
		d.is(t, "close first")
		d = nil
		s, err := open(t.Context(), &d, false)
		if err != nil {
			t.Fatal(err)
		}
		d.is(t)
		s.Close(t.Context(), nil)
		d.is(t, "close second", "close first")
	})
}

// Each cleanup runs once, however often and by how many the stack is closed; to
// close again changes no error.
func TestST7_close_twice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s inflight.Stack
		var mu sync.Mutex
		runs := make(map[int]int)
		for i := range 100 {
			s.Defer(func(ctx context.Context) error {
				mu.Lock()
				runs[i]++
				mu.Unlock()
				return inflight.Sleep(ctx, time.Millisecond)
			})
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { s.Close(t.Context(), nil) })
		}
		wg.Wait()
		for i := range 100 {
			if runs[i] != 1 {
				t.Fatalf("cleanup %d ran %d times", i, runs[i])
			}
		}
		err := errWork
		s.Close(t.Context(), &err)
		if err != errWork {
			t.Errorf("the error has become %v", err)
		}
	})
}

// A cleanup gets a context with the values of the caller's, which the end of that
// one, before or while it runs, does not end.
func TestST8_cleanups_are_shielded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "value"))
		var s inflight.Stack
		ran := 0
		s.Defer(func(ctx context.Context) error {
			ran++
			return inflight.Sleep(ctx, time.Second)
		})
		s.Defer(func(ctx context.Context) error {
			ran++
			cancel(errWork)
			if ctx.Value(key{}) != "value" {
				t.Error("its context has not the values of the caller's")
			}
			return inflight.Sleep(ctx, time.Second)
		})
		var err error
		s.Close(ctx, &err)
		if ran != 2 || err != nil {
			t.Errorf("%d cleanups ran, and the error is %v", ran, err)
		}
	})
}

// The same in a task that was cancelled, where the cleanups may use the library.
func TestST8_cleanups_of_a_cancelled_task(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			g.Go(func(ctx context.Context) (err error) {
				var s inflight.Stack
				defer s.Close(ctx, &err)
				s.Defer(func(ctx context.Context) error {
					_, err := inflight.Gather(ctx, func(ctx context.Context) (int, error) {
						return 0, inflight.Sleep(ctx, time.Second)
					})
					return errors.Join(err, errClean)
				})
				return inflight.Sleep(ctx, time.Hour)
			})
			synctest.Wait()
			g.Cancel()
			return nil
		})
		if got := fmt.Sprint(err); !strings.Contains(got, errClean.Error()) || strings.Contains(got, "grace") {
			t.Errorf("the group returned %v, want the cleanup's error alone", err)
		}
	})
}

// All cleanups together have CleanupGrace; what comes after that finds its context
// ended, and runs all the same.
func TestST8_budget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var s inflight.Stack
		var after error
		s.Defer(func(ctx context.Context) error { after = ctx.Err(); return nil })
		s.Defer(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) })
		s.Defer(func(ctx context.Context) error { return inflight.Sleep(ctx, inflight.CleanupGrace/2) })
		begin := time.Now()
		var err error
		s.Close(ctx, &err)
		if d := time.Since(begin); d != inflight.CleanupGrace {
			t.Errorf("the cleanups took %v, want %v", d, inflight.CleanupGrace)
		}
		if !errors.Is(err, context.DeadlineExceeded) || after != context.DeadlineExceeded {
			t.Errorf("the error is %v; the last one found %v", err, after)
		}
	})
}

// Push and Defer share one order.
func TestST9_one_order(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s inflight.Stack
		var d diary
		for i := range 6 {
			entry := fmt.Sprint(i)
			if i%2 == 0 {
				s.Defer(d.notes(entry, nil))
				continue
			}
			s.Push(func(ctx context.Context, err error) error {
				return errors.Join(err, d.notes(entry, nil)(ctx))
			})
		}
		s.Close(t.Context(), nil)
		d.is(t, "5", "4", "3", "2", "1", "0")
	})
}

// A nil function is refused when it is pushed, and not when it is too late.
func TestST1_nil(t *testing.T) {
	var s inflight.Stack
	for name, call := range map[string]func(){
		"Push":  func() { s.Push(nil) },
		"Defer": func() { s.Defer(nil) },
		"Enter": func() { inflight.Enter[int](t.Context(), &s, nil) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "inflight: ") || !strings.Contains(got, name) {
					t.Errorf("%s: panicked with %q", name, got)
				}
			}()
			call()
		}()
	}
	s.Close(t.Context(), nil)
}
