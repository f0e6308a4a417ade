package fetch_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/fetch"
)

// A quantile is no more than a sixteenth away from what sorting says.
func TestQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 100, 5000} {
		ds := make([]time.Duration, n)
		for i := range ds {
			ds[i] = time.Duration(1) << random.IntN(40) * time.Duration(1+random.IntN(7)) / 7
		}
		shares := []float64{0, 0.5, 0.9, 0.99}
		got := fetch.Quantiles(ds, shares...)
		slices.Sort(ds)
		for i, share := range shares {
			want := ds[min(int(share*float64(n)), n-1)]
			if off := (got[i] - want).Abs(); off > want/16+time.Microsecond {
				t.Errorf("of %d, %g: got %v, want %v", n, share, got[i], want)
			}
		}
	}
	if got := fetch.Quantiles(nil, 0.5); got[0] != 0 {
		t.Errorf("of none: %v", got[0])
	}
}
