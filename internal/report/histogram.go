package report

import (
	"iter"
	"math"
	"slices"
	"time"
)

// A histogram counts durations in buckets of equal ratio: each ends 2.3 % above
// where it begins, so that a quantile is at most 1.2 % off. It has a bucket for a
// microsecond and for three years, and room only for those between its shortest and
// its longest, so that it is at most 12 KiB.
type histogram struct {
	counts []int64
	first  int // which bucket counts[0] is
	n      int64
	least  time.Duration
	most   time.Duration
}

const (
	perDecade = 100              // buckets
	buckets   = 14*perDecade + 1 // the first is for all that is below a microsecond
	finest    = time.Microsecond // where the second one begins
	growBy    = perDecade / 4    // more than is needed at the moment
)

func bucketOf(d time.Duration) int {
	if d < finest {
		return 0
	}
	return min(1+int(math.Log10(float64(d)/float64(finest))*perDecade+1e-9), buckets-1)
}

// bucketStart is the shortest duration of a bucket.
func bucketStart(i int) time.Duration {
	if i <= 0 {
		return 0
	}
	return time.Duration(math.Round(float64(finest) * math.Pow(10, float64(i-1)/perDecade)))
}

func (h *histogram) add(d time.Duration) {
	d = min(max(d, 0), longest)
	if h.n == 0 {
		h.least = d
	}
	h.least, h.most = min(h.least, d), max(h.most, d)
	h.n++
	*h.at(bucketOf(d))++
}

// at returns the count of a bucket, for which it makes room.
func (h *histogram) at(i int) *int64 {
	if len(h.counts) == 0 {
		h.first = i
	}
	if i < h.first {
		first := max(i-growBy, 0)
		h.counts = slices.Insert(h.counts, 0, make([]int64, h.first-first)...)
		h.first = first
	}
	if end := i - h.first + 1; end > len(h.counts) {
		h.counts = append(h.counts, make([]int64, min(end+growBy, buckets-h.first)-len(h.counts))...)
	}
	return &h.counts[i-h.first]
}

// merge adds all that other has counted.
func (h *histogram) merge(other *histogram) {
	if other.n == 0 {
		return
	}
	if h.n == 0 {
		h.least = other.least
	}
	h.least, h.most = min(h.least, other.least), max(h.most, other.most)
	h.n += other.n
	for i, n := range other.all() {
		*h.at(i) += n
	}
}

// all yields the buckets that are not empty, and their counts.
func (h *histogram) all() iter.Seq2[int, int64] {
	return func(yield func(int, int64) bool) {
		for i, n := range h.counts {
			if n > 0 && !yield(h.first+i, n) {
				return
			}
		}
	}
}

// quantile returns the duration that a share of q of all don't exceed: exactly for
// the shortest and the longest, and for the others the middle of their bucket.
func (h *histogram) quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	rank := int64(math.Ceil(q * float64(h.n)))
	if rank <= 1 {
		return h.least
	}
	if rank >= h.n {
		return h.most
	}
	for i, n := range h.all() {
		if rank -= n; rank <= 0 {
			middle := math.Sqrt(float64(bucketStart(i)) * float64(bucketStart(i+1)))
			return min(max(time.Duration(middle), h.least), h.most)
		}
	}
	return h.most
}

func (h *histogram) quantiles() Quantiles {
	return Quantiles{
		N: h.n, P50: h.quantile(0.50), P90: h.quantile(0.90), P95: h.quantile(0.95), P99: h.quantile(0.99), Max: h.most,
	}
}
