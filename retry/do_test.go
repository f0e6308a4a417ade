package retry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/retry"
)

var errBusy = errors.New("busy")

func whole() float64 { return 1 }

func TestDoTriesUntilItWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Duration
		v, err := retry.Do(t.Context(), retry.Policy{Rand: whole}, func(_ context.Context, attempt int) (int, error) {
			if at = append(at, time.Since(began)); attempt != len(at) {
				t.Errorf("attempt %d is number %d", len(at), attempt)
			}
			if attempt == 4 {
				return 42, nil
			}
			return 7, errBusy
		})
		if v != 42 || err != nil {
			t.Errorf("%v, %v", v, err)
		}
		want := []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond}
		for i := range want {
			if at[i] != want[i] {
				t.Fatalf("attempts at %v, want %v", at, want)
			}
		}
	})
}

// OnRetry is told of the attempts that another one follows, when that is about to begin:
// not of the last one.
func TestDoTellsOfRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var told []string
		policy := retry.Policy{Retries: 2, Rand: whole, OnRetry: func(attempt int, err error) {
			told = append(told, fmt.Sprint(attempt, err, time.Since(began)))
		}}
		retry.Do(t.Context(), policy, func(_ context.Context, attempt int) (int, error) {
			told = append(told, fmt.Sprint("call ", attempt))
			return 0, fmt.Errorf("busy %d", attempt)
		})
		want := []string{"call 1", "1 busy 1 500ms", "call 2", "2 busy 2 1.5s", "call 3"}
		if !slices.Equal(told, want) {
			t.Errorf("%q, want %q", told, want)
		}
	})
}

func TestDoGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		v, err := retry.Do(t.Context(), retry.Policy{Retries: 2}, func(context.Context, int) (int, error) { calls++; return 7, errBusy })
		e, ok := errors.AsType[*retry.Error](err)
		if v != 0 || calls != 3 || !ok || e.Attempts != 3 || !errors.Is(err, errBusy) {
			t.Errorf("%d calls, %v, %v", calls, v, err)
		}
	})
}

func TestDoDoesNotRetry(t *testing.T) {
	for name, c := range map[string]struct {
		policy retry.Policy
		err    error
	}{
		"permanent": {retry.Policy{}, retry.Permanent(errBusy)},
		"if":        {retry.Policy{If: func(error) bool { return false }}, errBusy},
		"none":      {retry.Policy{Retries: -1}, errBusy},
	} {
		calls := 0
		_, err := retry.Do(t.Context(), c.policy, func(context.Context, int) (int, error) { calls++; return 0, c.err })
		if calls != 1 || !errors.Is(err, errBusy) {
			t.Errorf("%s: %d calls, %v", name, calls, err)
		}
		if name != "none" && err != errBusy {
			t.Errorf("%s: %#v, want it bare", name, err)
		}
	}
	if retry.Permanent(nil) != nil || retry.Later(nil, 1) != nil {
		t.Error("nil is wrapped")
	}
}

func TestDoWaitsAsLongAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		retry.Do(t.Context(), retry.Policy{}, func(_ context.Context, attempt int) (int, error) {
			if attempt == 1 {
				return 0, retry.Later(errBusy, time.Minute)
			}
			return 0, nil
		})
		if took := time.Since(began); took != time.Minute {
			t.Errorf("took %v", took)
		}
	})
}

func TestDoAndTheEndOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(100*time.Millisecond, func() { cancel(gone) })
		began := time.Now()
		_, err := retry.Do(ctx, retry.Policy{Rand: whole}, func(context.Context, int) (int, error) { return 0, errBusy })
		if !errors.Is(err, gone) || !errors.Is(err, errBusy) || time.Since(began) != 100*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		called := false
		_, err = retry.Do(ctx, retry.Policy{}, func(context.Context, int) (int, error) { called = true; return 0, nil })
		if err != gone || called {
			t.Errorf("after its end: %v, called: %v", err, called)
		}
		v, err := retry.Do(t.Context(), retry.Policy{}, func(context.Context, int) (int, error) { return 1, nil })
		if v != 1 || err != nil {
			t.Errorf("%v, %v", v, err)
		}
	})
}

func TestDoPanicsForNil(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	retry.Do[int](t.Context(), retry.Policy{}, nil)
}

// A retry without room in the budget is spent on a longer wait.
func TestDoWithinABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &retry.Budget{Share: -1, Floor: -1}
		calls := 0
		began := time.Now()
		_, err := retry.Do(t.Context(), retry.Policy{Rand: whole, Budget: b}, func(context.Context, int) (int, error) { calls++; return 0, errBusy })
		if calls != 1 || !errors.Is(err, errBusy) || time.Since(began) != 7500*time.Millisecond {
			t.Errorf("%d calls in %v: %v", calls, time.Since(began), err)
		}
	})
}
