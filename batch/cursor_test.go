package batch_test

import (
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/batch/batchtest"
)

// numbers is an input of n rows, which counts how many were read.
func numbers(n int, read *atomic.Int64) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range n {
			if read != nil {
				read.Add(1)
			}
			if !yield(strconv.Itoa(i), nil) {
				return
			}
		}
	}
}

func TestCursorIsAQueue(t *testing.T) {
	for _, ahead := range []int{0, 1, 3} {
		batchtest.TestQueue(t, func(t *testing.T, n int) batch.Queue[string] {
			c := batch.NewCursor(numbers(n, nil), batch.CursorOptions[string]{ReadAhead: ahead})
			t.Cleanup(c.Close)
			return c
		})
	}
}

func TestCursorSkipsAndNames(t *testing.T) {
	c := batch.NewCursor(numbers(6, nil), batch.CursorOptions[string]{
		Skip: func(index int64) bool { return index%2 == 0 },
		Key:  func(index int64, row string) string { return "k" + row },
	})
	defer c.Close()
	for _, want := range []int64{1, 3, 5} {
		u, err := c.Lease(t.Context())
		if err != nil || u.Index != want || u.Key != "k"+strconv.FormatInt(want, 10) {
			t.Fatalf("leased %+v, %v, want unit %d", u, err, want)
		}
		c.Done(t.Context(), u.Index)
	}
	if _, err := c.Lease(t.Context()); err != io.EOF {
		t.Errorf("after the last: %v", err)
	}
	if units, all := c.Read(); units != 6 || !all || c.Skipped() != 3 {
		t.Errorf("read %d (all: %v), skipped %d; want 6, 3", units, all, c.Skipped())
	}
}

func TestCursorRowsWithIndices(t *testing.T) {
	var skipped []int64
	c := batch.NewCursor(batch.Rows(slices.Values([]int64{30, 10, 20})), batch.CursorOptions[int64]{
		Index: func(row int64) int64 { return row },
		Skip: func(index int64) bool {
			skipped = append(skipped, index)
			return index == 10
		},
	})
	defer c.Close()
	for _, want := range []int64{30, 20} {
		if u, err := c.Lease(t.Context()); err != nil || u.Index != want || u.Row != want {
			t.Errorf("leased %+v, %v, want %d", u, err, want)
		}
		c.Done(t.Context(), want)
	}
	if _, err := c.Lease(t.Context()); err != io.EOF || !slices.Equal(skipped, []int64{30, 10, 20}) {
		t.Errorf("%v, asked for %v", err, skipped)
	}
}

// The input is not read further ahead than it may be, also when units come back.
func TestCursorReadsNoFurtherThanAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var read atomic.Int64
		c := batch.NewCursor(numbers(1000, &read), batch.CursorOptions[string]{ReadAhead: 5, MaxWaiting: 3})
		defer c.Close()
		var leased []batch.Unit[string]
		for range 3 {
			u, err := c.Lease(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			leased = append(leased, u)
		}
		synctest.Wait()
		if read.Load() != 3+5+1 { // one is in the reader's hand
			t.Fatalf("%d rows were read with 3 leased and 5 to be ready", read.Load())
		}
		for _, u := range leased {
			c.Retry(t.Context(), u, time.Hour)
		}
		for range 5 {
			c.Lease(t.Context())
		}
		synctest.Wait()
		if read.Load() != 3+5+1 {
			t.Errorf("%d rows were read while as many units wait as may", read.Load())
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if n := read.Load(); n <= 3+5+1 || n > 3+5+1+5 {
			t.Errorf("%d rows were read after the wait", read.Load())
		}
	})
}

func TestCursorInputFails(t *testing.T) {
	broken := errors.New("line 3: torn")
	c := batch.NewCursor(func(yield func(string, error) bool) {
		_ = yield("a", nil) && yield("b", nil) && yield("", broken)
	}, batch.CursorOptions[string]{})
	defer c.Close()
	for range 2 {
		if _, err := c.Lease(t.Context()); err != nil {
			t.Fatal("the units before the error were lost:", err)
		}
	}
	if _, err := c.Lease(t.Context()); err != broken {
		t.Errorf("Lease: %v, want the error of the input", err)
	}
	if _, all := c.Read(); all {
		t.Error("an input that failed was read to its end")
	}
}

func TestCursorInputPanics(t *testing.T) {
	c := batch.NewCursor(func(yield func(string, error) bool) { panic("boom") }, batch.CursorOptions[string]{})
	defer c.Close()
	defer func() {
		p, ok := recover().(*inflight.PanicError)
		if !ok || p.Value != "boom" {
			t.Errorf("recovered %v, want the panic of the input", p)
		}
	}()
	c.Lease(t.Context())
	t.Error("Lease returned")
}

// An input that blocks does not keep anybody.
func TestCursorCloseDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		c := batch.NewCursor(func(yield func(string, error) bool) { <-block }, batch.CursorOptions[string]{})
		go func() {
			time.Sleep(time.Second)
			c.Close()
			c.Close()
		}()
		if _, err := c.Lease(t.Context()); err != batch.ErrClosed {
			t.Errorf("Lease while the cursor is closed: %v", err)
		}
		if _, err := c.Lease(t.Context()); err != batch.ErrClosed {
			t.Errorf("Lease after Close: %v", err)
		}
		close(block) // else the bubble would not end
	})
}

// Closing stops the reader and the timers: the bubble ends.
func TestCursorCloseStopsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := batch.NewCursor(numbers(1000, nil), batch.CursorOptions[string]{})
		u, _ := c.Lease(t.Context())
		v, _ := c.Lease(t.Context())
		c.Retry(t.Context(), u, time.Hour)
		c.Close()
		if err := c.Retry(t.Context(), v, time.Hour); err != nil {
			t.Errorf("Retry after Close: %v", err)
		}
	})
}

func TestNewCursorNil(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("NewCursor(nil) did not panic")
		}
	}()
	batch.NewCursor[string](nil, batch.CursorOptions[string]{})
}
