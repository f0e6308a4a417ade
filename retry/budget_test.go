package retry_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/retry"
)

func taken(b *retry.Budget) (n int) {
	for n < 1e6 && b.Take() {
		n++
	}
	return n
}

func TestBudgetIsAShareOfTheRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := new(retry.Budget)
		if n := taken(b); n != 100 {
			t.Errorf("%d retries at first, want the floor of 10 seconds", n)
		}
		for range 100 {
			b.Request()
		}
		if n := taken(b); n < 19 || n > 20 {
			t.Errorf("%d retries for 100 requests, want 20", n)
		}
		time.Sleep(500 * time.Millisecond)
		if n := taken(b); n != 5 {
			t.Errorf("%d retries after half a second, want 5", n)
		}
		time.Sleep(time.Hour)
		if n := taken(b); n != 100 {
			t.Errorf("%d retries after an hour, want the floor of 10 seconds", n)
		}
		for range 10_000 {
			b.Request()
		}
		if n := taken(b); n < 199 || n > 210 {
			t.Errorf("%d retries are saved up, want 200", n)
		}
	})
}

func TestBudgetOfNothing(t *testing.T) {
	b := &retry.Budget{Share: -1, Floor: -1}
	b.Request()
	if b.Take() {
		t.Error("took one of nothing")
	}
	var none *retry.Budget
	none.Request()
	if !none.Take() {
		t.Error("no budget bounds")
	}
}
