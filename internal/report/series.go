package report

import (
	"time"
)

// A series counts what began and what ended in each interval of the run. Intervals
// get longer while the run does, so that there are never more than a fixed number;
// they begin at multiples of their length, so that two make a longer one without a
// loss.
type series struct {
	level     int   // of widths
	first     int64 // the number of intervals[0] since the beginning of Unix time
	intervals []interval
}

// An interval counts. What ran in it is worked out from the sums of the parts of it
// that were left when something began, and when something ended: that needs
// no more for a long request than for a short one, and can be added up.
type interval struct {
	began, ended         int64
	beganLeft, endedLeft int64 // microseconds to the end of the interval, summed up
	ok, failed           int64 // that ended
}

// maxIntervals is how many there are at most.
const maxIntervals = 1000

// widths are the lengths an interval may have, in microseconds, each a multiple of
// the one before it.
var widths = func() []int64 {
	const s = 1_000_000
	widths := []int64{1000, 5000, 10_000, 50_000, 100_000, 500_000, s, 5 * s, 10 * s, 30 * s, 60 * s, 300 * s, 600 * s, 1800 * s,
		3600 * s, 6 * 3600 * s, 24 * 3600 * s}
	for len(widths) < 23 {
		widths = append(widths, 10*widths[len(widths)-1])
	}
	return widths
}()

func (s *series) width() int64 { return widths[s.level] }

func (s *series) add(start, end int64, ok bool) {
	s.reach(start)
	s.reach(end)
	w := s.width()
	from := &s.intervals[floorDiv(start, w)-s.first]
	from.began++
	from.beganLeft += left(start, w)
	to := &s.intervals[floorDiv(end, w)-s.first]
	to.ended++
	to.endedLeft += left(end, w)
	if ok {
		to.ok++
	} else {
		to.failed++
	}
}

// left is how much of its interval is left at a time.
func left(at, w int64) int64 { return (floorDiv(at, w)+1)*w - at }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// reach makes an interval for a time, and longer intervals if there are too many.
func (s *series) reach(at int64) {
	for {
		i := floorDiv(at, s.width())
		if len(s.intervals) == 0 {
			s.first = i
		}
		lo, hi := min(s.first, i), max(s.first+int64(len(s.intervals)), i+1)
		if hi-lo > maxIntervals && s.level < len(widths)-1 {
			*s = s.longer(s.level + 1)
			continue
		}
		if lo < s.first {
			more := make([]interval, s.first-lo, hi-lo)
			s.intervals, s.first = append(more, s.intervals...), lo
		}
		if n := hi - s.first - int64(len(s.intervals)); n > 0 {
			s.intervals = append(s.intervals, make([]interval, n)...)
		}
		return
	}
}

// longer returns the same with intervals of a higher level.
func (s *series) longer(level int) series {
	w, factor := s.width(), widths[level]/s.width()
	out := series{level: level}
	for i, in := range s.intervals {
		number := s.first + int64(i)
		if i == 0 {
			out.first = floorDiv(number, factor)
		}
		at := floorDiv(number, factor) - out.first
		if at == int64(len(out.intervals)) {
			out.intervals = append(out.intervals, interval{})
		}
		sum := &out.intervals[at]
		behind := (out.first+at+1)*factor - 1 - number // of the old intervals in the new one
		sum.began += in.began
		sum.ended += in.ended
		sum.beganLeft += in.beganLeft + in.began*behind*w
		sum.endedLeft += in.endedLeft + in.ended*behind*w
		sum.ok += in.ok
		sum.failed += in.failed
	}
	return out
}

// A point is one interval of the run as a chart shows it.
type point struct {
	from, to   time.Duration // since the first start
	ok, failed int64         // that ended in it
	inFlight   float64       // how many ran, on the average
}

// points returns at most n intervals, and how long one is.
func (s *series) points(start, end int64, n int) ([]point, time.Duration) {
	level := s.level
	for s.longer(level).count() > n && level < len(widths)-1 {
		level++
	}
	out := s.longer(level)
	w := out.width()
	var points []point
	running := int64(0)
	for i, in := range out.intervals {
		from := (out.first + int64(i)) * w
		busy := running*w + in.beganLeft - in.endedLeft
		running += in.began - in.ended
		// The run begins and ends within an interval: the average is over what is
		// of the run.
		of := min(end, from+w) - max(start, from)
		p := point{
			from: time.Duration(from-start) * time.Microsecond, to: time.Duration(from+w-start) * time.Microsecond,
			ok: in.ok, failed: in.failed,
		}
		if of > 0 {
			p.inFlight = float64(busy) / float64(of)
		}
		points = append(points, p)
	}
	return points, time.Duration(w) * time.Microsecond
}

func (s series) count() int { return len(s.intervals) }
