package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/retry/breaker"
)

func call(t *testing.T, b *breaker.Breaker, key string, o breaker.Outcome) {
	t.Helper()
	p, err := b.Allow(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	p.Done(o)
}

func TestOpensAtTheShareOfFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := breaker.New(breaker.Options{Samples: 10, Share: 0.5, Open: time.Minute})
		for range 5 {
			call(t, b, "a", breaker.Success)
			call(t, b, "a", breaker.Ignored)
		}
		for range 5 {
			if _, open := b.Open("a"); open {
				t.Fatal("open too early")
			}
			call(t, b, "a", breaker.Failure)
		}
		_, err := b.Allow(t.Context(), "a")
		e, ok := errors.AsType[*breaker.OpenError](err)
		if !ok || !errors.Is(err, breaker.ErrOpen) || e.Key != "a" || retry.Classify(err) != retry.ClassBreakerOpen {
			t.Fatalf("%#v", err)
		}
		if wait := time.Until(e.Until).Round(time.Millisecond); wait != time.Minute {
			t.Errorf("open for %v", wait)
		}
		if until, open := b.Open("a"); !open || until != e.Until {
			t.Errorf("%v, %v", until, open)
		}
		call(t, b, "b", breaker.Success) // another key
		time.Sleep(time.Until(e.Until))
		if _, open := b.Open("a"); open {
			t.Error("still open")
		}
		call(t, b, "a", breaker.Success)
		call(t, b, "a", breaker.Failure) // closed, and begins anew
		call(t, b, "a", breaker.Success)
	})
}

func TestOldCallsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := breaker.New(breaker.Options{Samples: 4, Window: 10 * time.Second})
		for range 20 {
			call(t, b, "a", breaker.Failure)
			time.Sleep(4 * time.Second)
		}
	})
}

func TestHalfOpenLetsProbesThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := breaker.New(breaker.Options{Samples: 1, Open: time.Second, Probes: 2})
		call(t, b, "a", breaker.Failure)
		time.Sleep(time.Second + 1)
		p, err1 := b.Allow(t.Context(), "a")
		q, err2 := b.Allow(t.Context(), "a")
		if _, err := b.Allow(t.Context(), "a"); err1 != nil || err2 != nil || !errors.Is(err, breaker.ErrOpen) {
			t.Fatalf("%v, %v, %v", err1, err2, err)
		}
		p.Done(breaker.Success)
		q.Done(breaker.Failure)
		if until, open := b.Open("a"); !open || time.Until(until).Round(time.Millisecond) != time.Second {
			t.Errorf("%v, %v after a probe has failed", until, open)
		}
	})
}

func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := breaker.New(breaker.Options{Samples: 1, Open: time.Second, Wait: true})
		call(t, b, "a", breaker.Failure)
		began := time.Now()
		var mu sync.Mutex
		var at []time.Duration
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				p, err := b.Allow(t.Context(), "a")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				at = append(at, time.Since(began).Round(time.Millisecond))
				n := len(at)
				mu.Unlock()
				time.Sleep(100 * time.Millisecond)
				switch n {
				case 1:
					p.Done(breaker.Ignored)
				case 2:
					p.Done(breaker.Failure)
				default:
					p.Done(breaker.Success)
				}
			})
		}
		wg.Wait()
		want := fmt.Sprint([]time.Duration{1000e6, 1100e6, 2200e6, 2300e6, 2300e6})
		if got := fmt.Sprint(at); got != want {
			t.Errorf("let through at %v, want %v", got, want)
		}
	})
}

func TestWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("gone")
		b := breaker.New(breaker.Options{Samples: 1, Open: time.Hour, Wait: true})
		call(t, b, "a", breaker.Failure)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(gone) })
		if _, err := b.Allow(ctx, "a"); err != gone {
			t.Errorf("%v", err)
		}
		if _, err := b.Allow(ctx, "new"); err != gone {
			t.Errorf("ended before: %v", err)
		}
	})
}

func TestDoTellsWhatBecameOfIt(t *testing.T) {
	errDown := errors.New("down")
	ended, end := context.WithCancel(t.Context())
	end()
	for _, c := range []struct {
		name  string
		fn    func(ctx context.Context, cancel func()) error
		opens bool
	}{
		{"a success", func(context.Context, func()) error { return nil }, false},
		{"a success, too late to be of use", func(_ context.Context, cancel func()) error { cancel(); return nil }, false},
		{"an error", func(context.Context, func()) error { return errDown }, true},
		{"a timeout of its own", func(context.Context, func()) error { return context.DeadlineExceeded }, true},
		{"an error because ctx has ended", func(ctx context.Context, cancel func()) error { cancel(); return ctx.Err() }, false},
		{"a panic", func(context.Context, func()) error { panic(errDown) }, true},
		{"the end of its goroutine", func(context.Context, func()) error { runtime.Goexit(); return nil }, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := breaker.New(breaker.Options{Samples: 1})
			var wg sync.WaitGroup
			wg.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				defer func() { _ = recover() }()
				_ = b.Do(ctx, "a", func(ctx context.Context) error { return c.fn(ctx, cancel) })
			})
			wg.Wait()
			if _, open := b.Open("a"); open != c.opens {
				t.Errorf("after %s: open is %v", c.name, open)
			}
			called := false
			err := b.Do(t.Context(), "a", func(context.Context) error { called = true; return errDown })
			if called == c.opens || errors.Is(err, breaker.ErrOpen) != c.opens || errors.Is(err, errDown) == c.opens {
				t.Errorf("after %s: called is %v, %v", c.name, called, err)
			}
		})
	}
	if err := breaker.New(breaker.Options{}).Do(ended, "a", func(context.Context) error { return errDown }); err != context.Canceled {
		t.Errorf("with a context that has ended: %v", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	b := breaker.New(breaker.Options{Keys: 10, Samples: 1})
	call(t, b, "kept", breaker.Failure)
	for i := range 1000 {
		call(t, b, fmt.Sprint(i), breaker.Success)
		if _, err := b.Allow(t.Context(), "kept"); err == nil {
			t.Fatalf("the one in use is forgotten after %d", i)
		}
	}
	if b.Len() != 10 {
		t.Errorf("%d keys", b.Len())
	}
	if _, open := b.Open("990"); open || b.Len() != 10 {
		t.Error("to look is to use")
	}
}

func TestBadOptions(t *testing.T) {
	for _, o := range []breaker.Options{{Share: 2}, {Share: -1}, {Samples: -1}, {Open: -1}, {Window: -1}, {Probes: -1}, {Keys: -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: no panic", o)
				}
			}()
			breaker.New(o)
		}()
	}
}

func ExampleBreaker() {
	b := breaker.New(breaker.Options{Samples: 3, Open: time.Minute})
	for range 3 {
		pass, err := b.Allow(context.Background(), "api.example.com")
		if err == nil {
			pass.Done(breaker.Failure) // the call is made here
		}
	}
	_, err := b.Allow(context.Background(), "api.example.com")
	fmt.Println(errors.Is(err, breaker.ErrOpen))
	_, err = b.Allow(context.Background(), "other.example.com")
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

// A service that fails is left alone for a while.
func ExampleBreaker_Do() {
	b := breaker.New(breaker.Options{Samples: 2, Open: time.Minute})
	for range 3 {
		err := b.Do(context.Background(), "mail.example.com", func(ctx context.Context) error {
			return errors.New("down")
		})
		fmt.Println("not asked:", errors.Is(err, breaker.ErrOpen))
	}
	// Output:
	// not asked: false
	// not asked: false
	// not asked: true
}
