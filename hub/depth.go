package hub

import (
	"math/bits"
	"slices"
	"sync/atomic"

	"github.com/inflight-go/inflight/telemetry"
)

// The bounds of the histograms of queues: nothing, and then powers of two of messages,
// and of four of KiB.
var (
	depthBounds      = []float64{0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}
	depthBytesBounds = []float64{0, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20}
)

const maxBounds = 12

// A depths is a histogram that the shards add to.
type depths struct {
	counts [maxBounds + 1]atomic.Uint64
	sum    atomic.Uint64
}

// A localDepths is what a shard has for a depths. A delivery that a connection takes at
// once costs it nothing: the shard knows how many those are.
type localDepths struct {
	counts [maxBounds + 1]uint32
	sum    int
}

func (d *localDepths) add(bucket, size int) {
	d.counts[bucket]++
	d.sum += size
}

// flush adds up what a shard has counted.
func (d *localDepths) flush(to *depths) {
	if d.sum == 0 {
		return
	}
	for i, n := range d.counts {
		if n > 0 {
			to.counts[i].Add(uint64(n))
		}
	}
	to.sum.Add(uint64(d.sum))
	*d = localDepths{}
}

// messagesBucket returns where so many messages, one or more, are counted, and
// bytesBucket the same for bytes.
func messagesBucket(n int) int { return min(1+bits.Len(uint(n-1)), len(depthBounds)) }

func bytesBucket(n int) int { return min(1+(bits.Len(uint(n-1)>>10)+1)/2, len(depthBytesBounds)) }

func (d *depths) histogram(bounds []float64) telemetry.Histogram {
	h := telemetry.Histogram{Upper: slices.Clone(bounds), Counts: make([]uint64, len(bounds)+1)}
	for i := range h.Counts {
		h.Counts[i] = d.counts[i].Load()
	}
	h.Sum = float64(d.sum.Load())
	return h
}
