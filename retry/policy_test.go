package retry_test

import (
	"testing"
	"time"

	"github.com/inflight-go/inflight/retry"
)

func TestCeiling(t *testing.T) {
	for _, c := range []struct {
		policy retry.Policy
		retry  int
		want   time.Duration
	}{
		{retry.Policy{}, 1, 500 * time.Millisecond},
		{retry.Policy{}, 2, time.Second},
		{retry.Policy{}, 6, 16 * time.Second},
		{retry.Policy{}, 7, 30 * time.Second},
		{retry.Policy{}, 1 << 30, 30 * time.Second},
		{retry.Policy{Base: time.Minute}, 1, 30 * time.Second},
		{retry.Policy{Base: time.Second, Factor: 3, Max: time.Hour}, 3, 9 * time.Second},
		{retry.Policy{Base: time.Second, Factor: 0.5}, 9, time.Second},
		{retry.Policy{Base: time.Second, Factor: 1}, 1 << 30, time.Second},
	} {
		if got := c.policy.Ceiling(c.retry); got != c.want {
			t.Errorf("%+v: Ceiling(%d) = %v, want %v", c.policy, c.retry, got, c.want)
		}
	}
}

func TestDelayIsAnythingBelowTheCeiling(t *testing.T) {
	p := retry.Policy{Rand: func() float64 { return 0.25 }}
	if got := p.Delay(2); got != 250*time.Millisecond {
		t.Errorf("a quarter of 1s is %v", got)
	}
	var low, high bool
	for range 1000 {
		d := new(retry.Policy).Delay(1)
		if d < 0 || d >= 500*time.Millisecond {
			t.Fatalf("delay %v", d)
		}
		low, high = low || d < 50*time.Millisecond, high || d > 450*time.Millisecond
	}
	if !low || !high {
		t.Error("1000 delays keep away from one end")
	}
}

func TestLimit(t *testing.T) {
	for retries, want := range map[int]int{0: 4, 7: 7, -1: 0} {
		if got := (&retry.Policy{Retries: retries}).Limit(); got != want {
			t.Errorf("Retries %d: Limit() = %d, want %d", retries, got, want)
		}
	}
}
