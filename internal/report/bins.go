package report

import (
	"time"
)

// A bin is some buckets of the histograms, as a chart shows them.
type bin struct {
	from, to   time.Duration
	ok, failed int64
}

// bins returns the spread of all durations in at most n bins of equal ratio.
func (s *Summary) bins(n int) []bin {
	if s.all == nil || s.Duration.N == 0 {
		return nil
	}
	lo, hi := buckets, 0
	for _, h := range []*histogram{&s.all.okTimes, &s.all.badTimes} {
		for i := range h.all() {
			lo, hi = min(lo, i), max(hi, i)
		}
	}
	for _, size := range []int{2, 4, 5, 10, 20, 25, 50, perDecade, 2 * perDecade, buckets} {
		// Bucket 0 is before the first decade: bins begin at 1 and stand on full
		// decades, and the first one takes it in.
		of := func(bucket int) int { return max(bucket-1, 0) / size }
		if of(hi)-of(lo) >= n {
			continue
		}
		out := make([]bin, of(hi)-of(lo)+1)
		for i := range out {
			at := (of(lo)+i)*size + 1
			out[i].from, out[i].to = bucketStart(at), bucketStart(at+size)
		}
		for i, count := range s.all.okTimes.all() {
			out[of(i)-of(lo)].ok += count
		}
		for i, count := range s.all.badTimes.all() {
			out[of(i)-of(lo)].failed += count
		}
		return out
	}
	return nil
}
