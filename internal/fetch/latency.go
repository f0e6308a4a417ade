package fetch

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// latencies counts durations in buckets that are a sixteenth of their value wide at
// most. It may be used by any number of goroutines.
type latencies struct {
	counts [64 * fine]atomic.Int64
	sum    atomic.Int64 // of all, in ns
}

const (
	fineBits = 4
	fine     = 1 << fineBits
)

func (l *latencies) add(d time.Duration) {
	l.sum.Add(int64(d))
	l.counts[bucket(uint64(max(d, 0).Microseconds()))].Add(1)
}

// bucket is where a number of microseconds belongs.
func bucket(us uint64) int {
	if us < fine {
		return int(us)
	}
	shift := bits.Len64(us) - 1 - fineBits
	return (shift+1)<<fineBits + int(us>>shift)&(fine-1)
}

// middle is the middle of a bucket.
func middle(i int) time.Duration {
	if i < fine {
		return time.Duration(i) * time.Microsecond
	}
	shift := i>>fineBits - 1
	low := uint64(fine|i&(fine-1)) << shift
	return time.Duration(low+(1<<shift)/2) * time.Microsecond
}

// quantiles returns the durations below which the given shares of all are, in
// ascending order of the shares.
func (l *latencies) quantiles(shares ...float64) []time.Duration {
	var counts [64 * fine]int64
	total := int64(0)
	for i := range l.counts {
		counts[i] = l.counts[i].Load()
		total += counts[i]
	}
	found := make([]time.Duration, len(shares))
	below, i := int64(0), 0
	for k, share := range shares {
		want := int64(share * float64(total))
		for i < len(counts)-1 && below+counts[i] <= want {
			below += counts[i]
			i++
		}
		if total > 0 {
			found[k] = middle(i)
		}
	}
	return found
}
