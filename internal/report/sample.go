package report

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// How many requests a waterfall shows: the first, the last and the slowest, and a
// spread of all. Together they are at most 200.
const (
	firstBars   = 30
	lastBars    = 20
	slowestBars = 30
	spreadBars  = 60
)

// A bar is a request of the sample.
type bar struct {
	line, index int64
	method, url []byte
	class       []byte
	status      int
	ok, timed   bool
	attempts    int64
	start       int64
	duration    time.Duration
	timings     [phases]time.Duration
}

// set copies r, into the memory that b has.
func (b *bar) set(r *record) {
	method, url, class := b.method[:0], b.url[:0], b.class[:0]
	*b = bar{
		line: r.line, index: r.index, status: r.status, ok: r.ok, timed: r.timed, attempts: r.attempts,
		start: r.start, duration: max(r.duration, 0), timings: r.timings,
		method: append(method, r.method[:min(len(r.method), 20)]...),
		url:    append(url, r.url[:min(len(r.url), 400)]...),
		class:  append(class, r.class[:min(len(r.class), maxName)]...),
	}
}

// best keeps the n bars with the least rank, and is a heap with the greatest on top.
type best struct {
	n    int
	rank func(start int64, d time.Duration) int64
	bars []*bar
}

func (b *best) order(x, y *bar) int {
	return cmp.Or(cmp.Compare(b.rank(x.start, x.duration), b.rank(y.start, y.duration)), cmp.Compare(x.line, y.line))
}

func (b *best) Len() int           { return len(b.bars) }
func (b *best) Less(i, j int) bool { return b.order(b.bars[i], b.bars[j]) > 0 }
func (b *best) Swap(i, j int)      { b.bars[i], b.bars[j] = b.bars[j], b.bars[i] }
func (b *best) Push(x any)         { b.bars = append(b.bars, x.(*bar)) }
func (b *best) Pop() any           { panic("inflight/report: a sample only grows") }

func (b *best) add(r *record) {
	if len(b.bars) < b.n {
		fresh := new(bar)
		fresh.set(r)
		heap.Push(b, fresh)
		return
	}
	if b.rank(r.start, max(r.duration, 0)) < b.rank(b.bars[0].start, b.bars[0].duration) {
		b.bars[0].set(r)
		heap.Fix(b, 0)
	}
}

// sorted returns the bars, those of the least rank first.
func (b *best) sorted() []*bar {
	return slices.SortedFunc(slices.Values(b.bars), b.order)
}

// sample is what is kept of the requests themselves.
type sample struct {
	first, last, slowest best
	spread               []*bar
	n                    int64 // requests that were seen
	every                int64 // of them that is in spread
}

func newSample() sample {
	return sample{
		first:   best{n: firstBars, rank: func(start int64, _ time.Duration) int64 { return start }},
		last:    best{n: lastBars, rank: func(start int64, _ time.Duration) int64 { return -start }},
		slowest: best{n: slowestBars, rank: func(_ int64, d time.Duration) int64 { return -int64(d) }},
		every:   1,
	}
}

func (s *sample) add(r *record) {
	if r.timed {
		s.first.add(r)
		s.last.add(r)
	}
	if r.duration >= 0 {
		s.slowest.add(r)
	}
	if s.n%s.every == 0 {
		if len(s.spread) == spreadBars {
			s.thin()
		}
		if s.n%s.every == 0 {
			fresh := new(bar)
			fresh.set(r)
			s.spread = append(s.spread, fresh)
		}
	}
	s.n++
}

// thin lets every second bar of the spread go.
func (s *sample) thin() {
	kept := s.spread[:0]
	for i, b := range s.spread {
		if i%2 == 0 {
			kept = append(kept, b)
		}
	}
	s.spread, s.every = kept, s.every*2
}
