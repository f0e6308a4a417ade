package report

import (
	"math"
	"time"
)

// Fields is what a line says, for a comparison with another reader.
type Fields struct {
	Index, Attempts, Bytes int64
	Method, URL            string
	Status                 int
	OK, Truncated          bool
	Class, Message         string
	DurationMS             float64
	TTFB                   float64
}

// Parse reads one line.
func Parse(line []byte) (Fields, error) {
	var r record
	err := r.parse(line)
	return Fields{
		Index: r.index, Attempts: r.attempts, Bytes: r.bytes, Method: string(r.method), URL: string(r.url), Status: r.status,
		OK: r.ok, Truncated: r.trunc, Class: string(r.class), Message: string(r.message),
		DurationMS: float64(r.duration) / 1e6, TTFB: max(float64(r.ttfb)/1e6, 0),
	}, err
}

// Work is record.work of a duration and its timings, in milliseconds.
func Work(duration, queue, rate, backoff, ttfb float64) float64 {
	ms := func(v float64) time.Duration { return time.Duration(v * 1e6) }
	r := record{duration: ms(duration)}
	r.timings[phaseQueue], r.timings[phaseRate], r.timings[phaseBackoff], r.timings[phaseTTFB] = ms(queue), ms(rate), ms(backoff), ms(ttfb)
	return float64(r.work()) / 1e6
}

// SetMaxLine changes the longest line, until the function it returns is called.
func SetMaxLine(n int) func() {
	maxLine = n
	return func() { maxLine = MaxLine }
}

// Limits of what is kept.
const (
	MaxHosts, MaxClasses, MaxIntervals     = maxHosts, maxClasses, maxIntervals
	FirstBars, LastBars, SlowBars, AllBars = firstBars, lastBars, slowestBars, spreadBars
)

// A Histogram counts durations.
type Histogram struct{ h histogram }

func (h *Histogram) Add(d time.Duration)              { h.h.add(d) }
func (h *Histogram) Merge(other *Histogram)           { h.h.merge(&other.h) }
func (h *Histogram) Quantile(q float64) time.Duration { return h.h.quantile(q) }
func (h *Histogram) Buckets() int                     { return len(h.h.counts) }

// A Series counts what began and ended; times are in microseconds.
type Series struct {
	s          series
	start, end int64
	some       bool
}

func (s *Series) Add(start, end int64, ok bool) {
	if !s.some {
		s.start, s.end, s.some = start, end, true
	}
	s.start, s.end = min(s.start, start), max(s.end, end)
	s.s.add(start, end, ok)
}

// Intervals returns how many intervals are kept.
func (s *Series) Intervals() int { return s.s.count() }

// A Point is one of the intervals of a chart, from the first start on.
type Point struct {
	From, To   time.Duration
	OK, Failed int64
	InFlight   float64
}

// Points returns at most n points.
func (s *Series) Points(n int) []Point {
	points, _ := s.s.points(s.start, s.end, n)
	var out []Point
	for _, p := range points {
		out = append(out, Point{p.from, p.to, p.ok, p.failed, p.inFlight})
	}
	return out
}

// Bins returns the durations in at most n bins; the in-flight of the points is 0.
func (s *Summary) Bins(n int) []Point {
	var out []Point
	for _, b := range s.bins(n) {
		out = append(out, Point{From: b.from, To: b.to, OK: b.ok, Failed: b.failed})
	}
	return out
}

// SampleLines returns the lines of the requests that a waterfall would show.
func (s *Summary) SampleLines() (first, last, slowest, spread []int64) {
	lines := func(bars []*bar) (lines []int64) {
		for _, b := range bars {
			lines = append(lines, b.line)
		}
		return lines
	}
	sample := &s.all.sample
	return lines(sample.first.sorted()), lines(sample.last.sorted()), lines(sample.slowest.sorted()), lines(sample.spread)
}

// Parts returns the parts of the only request's bar, as a tip has them.
func (s *Summary) Parts() string { return s.all.sample.spread[0].phaseList("", ", ") }

// Repeats tells which occurrence of an index is its last.
func Repeats(indices []int64) (last []bool) {
	var all, passed repeats
	for _, i := range indices {
		all.add(i)
	}
	for _, i := range indices {
		if !all.has(i) {
			last = append(last, true)
			continue
		}
		passed.add(i)
		last = append(last, passed.last(&all, i))
	}
	return last
}

// BeyondIndices is the first index that is not looked at.
const BeyondIndices = math.MaxUint32 + 1
