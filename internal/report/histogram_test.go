package report_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/report"
)

// quantile is what a histogram's is compared with: the value of the nearest rank.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[max(int(math.Ceil(q*float64(len(sorted)))), 1)-1]
}

func TestQuantilesAgainstSorting(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	spreads := map[string]func() time.Duration{
		"even":        func() time.Duration { return time.Duration(rnd.Int64N(1e9)) },
		"logarithmic": func() time.Duration { return time.Duration(math.Pow(10, 3+rnd.Float64()*14)) },
		"normal":      func() time.Duration { return time.Duration(math.Abs(rnd.NormFloat64()) * 5e7) },
		"constant":    func() time.Duration { return 1234567 * time.Microsecond },
		"powers":      func() time.Duration { return time.Duration(math.Pow10(3 + rnd.IntN(10))) },
	}
	for name, next := range spreads {
		for _, n := range []int{1, 2, 3, 10, 99, 5000} {
			var a, b report.Histogram
			var all []time.Duration
			for i := range n {
				d := next()
				all = append(all, d)
				if i%3 == 0 {
					a.Add(d)
				} else {
					b.Add(d)
				}
			}
			a.Merge(&b)
			slices.Sort(all)
			for _, q := range []float64{0, 0.001, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
				got, want := a.Quantile(q), quantile(all, q)
				if off := math.Abs(float64(got-want)) / float64(want); off > 0.012 && max(got, want) > time.Microsecond {
					t.Errorf("%s, n=%d, q=%v: %v, want %v: %.2f %% off", name, n, q, got, want, 100*off)
				}
			}
		}
	}
}

func TestHistogramIsBounded(t *testing.T) {
	var h report.Histogram
	for e := range 19 {
		for _, d := range []time.Duration{time.Duration(math.Pow10(e)), -1, 0, math.MaxInt64, math.MinInt64} {
			h.Add(d)
		}
	}
	if n := h.Buckets(); n > 1500 {
		t.Errorf("%d buckets", n)
	}
	if got, want := fmt.Sprint(h.Quantile(0), h.Quantile(1)), "0s 27777h46m40s"; got != want {
		t.Errorf("least and most are %s, want %s", got, want)
	}
	var small report.Histogram
	small.Add(time.Second)
	if n := small.Buckets(); n > 50 {
		t.Errorf("%d buckets for one value", n)
	}
	var empty report.Histogram
	if d := empty.Quantile(0.5); d != 0 {
		t.Errorf("the median of nothing is %v", d)
	}
}
