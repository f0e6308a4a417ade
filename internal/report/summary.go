package report

import (
	"time"
)

// A Summary is what the results of a run say. Read makes it.
type Summary struct {
	Lines    int64 // that were read, empty ones and broken ones too
	Requests int64 // that have a result: those that are ok, and those that failed
	OK       int64
	Failed   int64

	Retries   int64 // attempts after the first, of all requests
	Truncated int64 // bodies that were cut
	Bytes     int64 // of all bodies

	Superseded int64 // results that a later line took the place of; they don't count elsewhere
	Repeated   int64 // the same where the input could be read only once; they do count elsewhere

	Broken   int64     // lines that are no results
	Problems []Problem // the first of them, at most 10

	Start, End time.Time // of the run; zero where no result has a start
	// Work is how long it would have taken one after the other: the sum of the
	// durations without the waits for a place, for the rate and before a retry.
	Work time.Duration

	Duration Quantiles // of all requests that have a duration
	Alone    Quantiles // of the same, without their waits
	TTFB     Quantiles // from the start of the last exchange to the header of its answer

	Statuses []Status  // by their code; 0 is no answer
	Classes  []Class   // of failures, the most frequent first; at most 64, and "(others)"
	Hosts    []Host    // those with the most requests first; at most 1000, and "(others)"
	Slowest  []Request // at most 30

	all *collector
}

// Quantiles say how N durations are spread: half of them were at most P50. They are
// within 1.2 % of the truth, Max is exact, and all are 0 where N is.
type Quantiles struct {
	N                       int64
	P50, P90, P95, P99, Max time.Duration
}

// A Status is how many requests ended with an HTTP status. A code of 1000 stands for
// what is no status.
type Status struct {
	Code     int
	Requests int64
}

// A Class is how many requests failed in one way.
type Class struct {
	Name     string
	Requests int64
	Example  string // the message of the first
	Index    int64  // of the first, -1 for none
	Line     int64  // where it is
}

// A Host is what happened at one host.
type Host struct {
	Name     string // with its port, if the URL has one; the scheme where it has no host, "(none)" where there is no URL
	Requests int64
	Failed   int64
	Retries  int64
	Bytes    int64
	Duration Quantiles
}

// A Request is one of the slowest.
type Request struct {
	Line     int64 // where it is
	Index    int64 // -1 for none
	Method   string
	URL      string
	Status   int // 0 for no answer
	OK       bool
	Class    string // of the failure
	Duration time.Duration
}

// A Problem is a line that is no result.
type Problem struct {
	Line    int64
	Message string
}

// Wall is how long the run took; 0 where no result has a start.
func (s *Summary) Wall() time.Duration { return s.End.Sub(s.Start) }

// Throughput is how many requests ended in a second of the run; 0 where the run
// took no time.
func (s *Summary) Throughput() float64 {
	if s.Wall() <= 0 {
		return 0
	}
	return float64(s.Requests) / s.Wall().Seconds()
}

// Speedup is how many times as long one after the other would have taken; 0 where
// that can't be said.
func (s *Summary) Speedup() float64 {
	if s.Wall() <= 0 {
		return 0
	}
	return float64(s.Work) / float64(s.Wall())
}

// finish works out what is not counted line by line.
func (s *Summary) finish(c *collector) {
	s.all = c
	s.Requests, s.OK, s.Failed = c.requests, c.ok, c.requests-c.ok
	s.Retries, s.Truncated, s.Bytes, s.Work = c.retries, c.truncated, c.bytes, c.work
	if c.timed {
		s.Start, s.End = time.UnixMicro(c.start).UTC(), time.UnixMicro(c.end).UTC()
	}
	var both histogram
	both.merge(&c.okTimes)
	both.merge(&c.badTimes)
	s.Duration, s.Alone, s.TTFB = both.quantiles(), c.alone.quantiles(), c.ttfb.quantiles()
	s.Statuses, s.Classes, s.Hosts = c.statuses.sorted(), c.classes.sorted(), c.hosts.sorted()
	for _, b := range c.sample.slowest.sorted() {
		s.Slowest = append(s.Slowest, b.request())
	}
}

func (b *bar) request() Request {
	return Request{
		Line: b.line, Index: b.index, Method: clean(string(b.method)), URL: clean(string(b.url)),
		Status: b.status, OK: b.ok, Class: clean(string(b.class)), Duration: b.duration,
	}
}
