package batchtest

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/inflight-go/inflight/batch"
)

// TestQueue tests queues. open returns a new one for each test, with units 0 to n-1
// whose rows are their indices in decimal; it registers the cleanup with t. The tests
// wait for real time to pass, some milliseconds, unless they are run in a bubble.
func TestQueue(t *testing.T, open func(t *testing.T, n int) batch.Queue[string]) {
	for name, test := range map[string]func(*testing.T, func(*testing.T, int) batch.Queue[string]){
		"EachOnce":        eachOnce,
		"Empty":           empty,
		"EndWaitsForWork": endWaitsForWork,
		"Retry":           retry,
		"RetryAfter":      retryAfter,
		"NotLeased":       notLeased,
		"DoneTwice":       doneTwice,
		"Cancelled":       cancelled,
		"Concurrent":      concurrent,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

type opener = func(*testing.T, int) batch.Queue[string]

func lease(t *testing.T, q batch.Queue[string]) batch.Unit[string] {
	t.Helper()
	u, err := q.Lease(t.Context())
	if err != nil {
		t.Fatalf("Lease: %v", err)
	}
	return u
}

func done(t *testing.T, q batch.Queue[string], index int64) {
	t.Helper()
	if err := q.Done(t.Context(), index); err != nil {
		t.Fatalf("Done(%d): %v", index, err)
	}
}

func wantEnd(t *testing.T, q batch.Queue[string]) {
	t.Helper()
	if u, err := q.Lease(t.Context()); err != io.EOF {
		t.Fatalf("Lease when all is done: %+v, %v, want io.EOF", u, err)
	}
}

// wantNone checks that no unit can be leased at this moment.
func wantNone(t *testing.T, q batch.Queue[string]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if u, err := q.Lease(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Lease while there is nothing to lease: %+v, %v, want the end of ctx", u, err)
	}
}

func eachOnce(t *testing.T, open opener) {
	const n = 10
	q := open(t, n)
	var got []int64
	for range n {
		u := lease(t, q)
		if u.Row != strconv.FormatInt(u.Index, 10) {
			t.Errorf("unit %d has the row %q", u.Index, u.Row)
		}
		if u.Attempt != 1 {
			t.Errorf("unit %d is leased for the first time, with Attempt %d", u.Index, u.Attempt)
		}
		got = append(got, u.Index)
	}
	for _, index := range got {
		done(t, q, index)
	}
	wantEnd(t, q)
	wantEnd(t, q)
	slices.Sort(got)
	for i, index := range got {
		if index != int64(i) {
			t.Fatalf("leased %v", got)
		}
	}
}

func empty(t *testing.T, open opener) { wantEnd(t, open(t, 0)) }

func endWaitsForWork(t *testing.T, open opener) {
	q := open(t, 1)
	u := lease(t, q)
	wantNone(t, q) // it may still come back
	done(t, q, u.Index)
	wantEnd(t, q)
}

func retry(t *testing.T, open opener) {
	q := open(t, 1)
	u := lease(t, q)
	if err := q.Retry(t.Context(), u, 0); err != nil {
		t.Fatalf("Retry: %v", err)
	}
	again := lease(t, q)
	if again.Index != u.Index || again.Row != u.Row || again.Attempt != 2 {
		t.Errorf("leased %+v, and after Retry %+v", u, again)
	}
	done(t, q, u.Index)
	wantEnd(t, q)
}

func retryAfter(t *testing.T, open opener) {
	q := open(t, 2)
	first := lease(t, q)
	const after = 200 * time.Millisecond
	began := time.Now()
	if err := q.Retry(t.Context(), first, after); err != nil {
		t.Fatalf("Retry: %v", err)
	}
	second := lease(t, q)
	if second.Index == first.Index {
		t.Fatal("a unit came back before its time, and before one that was ready")
	}
	done(t, q, second.Index)
	if u := lease(t, q); u.Index != first.Index {
		t.Errorf("leased unit %d, want %d", u.Index, first.Index)
	}
	if waited := time.Since(began); waited < after {
		t.Errorf("a unit that was given back for %v came back after %v", after, waited)
	}
	done(t, q, first.Index)
	wantEnd(t, q)
}

func notLeased(t *testing.T, open opener) {
	q := open(t, 2)
	u := lease(t, q)
	if err := q.Extend(t.Context(), u.Index, time.Minute); err != nil {
		t.Errorf("Extend of what is leased: %v", err)
	}
	done(t, q, u.Index)
	if err := q.Extend(t.Context(), u.Index, time.Minute); !errors.Is(err, batch.ErrNotLeased) {
		t.Errorf("Extend of what is done: %v, want ErrNotLeased", err)
	}
	if err := q.Retry(t.Context(), u, 0); !errors.Is(err, batch.ErrNotLeased) {
		t.Errorf("Retry of what is done: %v, want ErrNotLeased", err)
	}
	if other := lease(t, q); other.Index == u.Index {
		t.Error("a unit that is done was leased again")
	}
}

func doneTwice(t *testing.T, open opener) {
	q := open(t, 2)
	u := lease(t, q)
	done(t, q, u.Index)
	done(t, q, u.Index)
	other := lease(t, q)
	wantNone(t, q) // the second Done was not taken for that of the other unit
	done(t, q, other.Index)
	wantEnd(t, q)
}

func cancelled(t *testing.T, open opener) {
	q := open(t, 1)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	if _, err := q.Lease(ctx); !errors.Is(err, cause) {
		t.Errorf("Lease with a ctx that has ended: %v", err)
	}
	u := lease(t, q) // it was not leased by the call that failed
	if err := q.Extend(ctx, u.Index, time.Minute); !errors.Is(err, cause) {
		t.Errorf("Extend with a ctx that has ended: %v", err)
	}
	if err := q.Retry(ctx, u, 0); !errors.Is(err, cause) {
		t.Errorf("Retry with a ctx that has ended: %v", err)
	}
	if err := q.Done(ctx, u.Index); !errors.Is(err, cause) {
		t.Errorf("Done with a ctx that has ended: %v", err)
	}
	wantNone(t, q)
	done(t, q, u.Index)
	wantEnd(t, q)
}

func concurrent(t *testing.T, open opener) {
	const n, workers = 500, 8
	q := open(t, n)
	var mu sync.Mutex
	attempts := make([]int, n)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				u, err := q.Lease(t.Context())
				if err == io.EOF {
					return
				}
				if err != nil {
					t.Errorf("Lease: %v", err)
					return
				}
				mu.Lock()
				attempts[u.Index]++
				mu.Unlock()
				if u.Index%3 == 0 && u.Attempt == 1 {
					err = q.Retry(t.Context(), u, time.Duration(u.Index%2)*time.Millisecond)
				} else {
					err = q.Done(t.Context(), u.Index)
				}
				if err != nil {
					t.Errorf("unit %d: %v", u.Index, err)
				}
			}
		})
	}
	wg.Wait()
	for index, got := range attempts {
		want := 1
		if index%3 == 0 {
			want = 2
		}
		if got != want {
			t.Errorf("unit %d was leased %d times, want %d", index, got, want)
		}
	}
}
