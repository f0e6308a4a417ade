package report_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
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
			if got := []time.Duration{a.Quantile(0), a.Quantile(0.5 / float64(n)), a.Quantile(1)}; got[0] != all[0] || got[1] != all[0] || got[2] != all[n-1] {
				t.Errorf("%s, n=%d: the ends are %v, want %v and %v", name, n, got, all[0], all[n-1])
			}
			for _, q := range []float64{0, 0.001, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
				got, want := a.Quantile(q), quantile(all, q)
				if off := math.Abs(float64(got-want)) / float64(want); off > 0.012 && max(got, want) > time.Microsecond {
					t.Errorf("%s, n=%d, q=%v: %v, want %v: %.2f %% off", name, n, q, got, want, 100*off)
				}
			}
		}
	}
}

func TestBinsHoldWhatIsBetweenTheirEnds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	var input strings.Builder
	var all []time.Duration
	for i := range 500 {
		d := time.Duration(math.Pow(10, 4+rnd.Float64()*5)).Truncate(time.Microsecond)
		if i%5 == 0 {
			d = time.Duration(math.Pow10(4 + rnd.IntN(5))).Truncate(time.Microsecond) // on the edge
		}
		all = append(all, d)
		fmt.Fprintf(&input, `{"ok":%t,"duration_ms":%v}`+"\n", i%3 > 0, float64(d)/1e6)
	}
	s := read(t, strings.NewReader(input.String()))
	for _, n := range []int{1, 3, 12, 60} {
		bins := s.Bins(n)
		if len(bins) == 0 || len(bins) > n {
			t.Errorf("%d bins where %d are allowed", len(bins), n)
		}
		for i, b := range bins {
			if i > 0 && bins[i-1].To != b.From {
				t.Errorf("bin %d begins at %v, and the one before ends at %v", i, b.From, bins[i-1].To)
			}
			want := 0
			for _, d := range all {
				if b.From <= d && d < b.To {
					want++
				}
			}
			// What is on the edge by a rounding may be on either side of it.
			if got := int(b.OK + b.Failed); math.Abs(float64(got-want)) > 2 {
				t.Errorf("%d requests from %v to %v, want %d", got, b.From, b.To, want)
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
