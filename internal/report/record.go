package report

import (
	"errors"
	"fmt"
	"time"
)

// The phases of a request. Each is one of the timings of a record; the first three
// are waits, and add up over all attempts, and the others are those of the last one.
const (
	phaseQueue = iota
	phaseRate
	phaseBackoff
	phaseDNS
	phaseConnect
	phaseTLS
	phaseTTFB
	phaseBody
	phases
)

// A record is what a report needs of one line. Its texts point into the line, and
// hold until the next one is read.
type record struct {
	line     int64
	index    int64 // -1 where the line has none
	method   []byte
	url      []byte
	status   int // 0 where there was no answer
	ok       bool
	attempts int64
	bytes    int64
	trunc    bool
	start    int64         // in microseconds of Unix time
	duration time.Duration // -1 where the line has none
	timed    bool          // whether it has a start
	ttfb     time.Duration // as the line has it, -1 where it has none
	timings  [phases]time.Duration
	class    []byte
	message  []byte
}

// end is when the request was over, in microseconds of Unix time.
func (r *record) end() int64 { return r.start + max(r.duration, 0).Microseconds() }

// work is how long the request would have taken had it been alone: without its
// waits.
func (r *record) work() time.Duration {
	own := max(r.duration, 0)
	alone := own
	var active time.Duration
	for i, d := range r.timings {
		if i < phaseDNS {
			alone -= d
		} else {
			active += d
		}
	}
	// Where a duration does not include the waits, the rest of the timings says so.
	return min(own, max(alone, active))
}

// part takes the connection out of the time to the first byte, which is from the
// start of an exchange and so includes it, so that the timings can be added up.
func (r *record) part() {
	connection := r.timings[phaseDNS] + r.timings[phaseConnect] + r.timings[phaseTLS]
	if r.ttfb >= connection {
		r.timings[phaseTTFB] -= connection
	}
}

var errForeign = errors.New(`no result: it has no "ok"`)

// parse reads a line into r. The error says what is wrong with it.
func (r *record) parse(line []byte) error {
	*r = record{line: r.line, index: -1, duration: -1, ttfb: -1}
	s := scanner{b: line}
	if c, err := s.next(); err != nil || c != '{' {
		return errors.New("no result: it is no JSON object")
	}
	judged := false
	err := s.members(func(name []byte) error {
		if s.null() {
			return nil
		}
		known, err := r.member(&s, string(name))
		if err != nil {
			return fmt.Errorf("%s: %w", cut(string(name), 40), err)
		}
		judged = judged || known
		return nil
	})
	if err != nil {
		return fmt.Errorf("broken: %w", err)
	}
	if s.space(); s.i != len(s.b) {
		return fmt.Errorf("broken: something follows the object at byte %d", s.i+1)
	}
	if !judged {
		return errForeign
	}
	r.part()
	return nil
}

// member reads the value of one field, and reports whether it was "ok", which
// every result has.
func (r *record) member(s *scanner, name string) (judged bool, err error) {
	switch name {
	case "index":
		r.index, err = s.integer()
	case "method":
		r.method, err = s.decoded()
	case "url":
		r.url, err = s.decoded()
	case "status":
		var status int64
		status, err = s.integer()
		r.status = int(min(status, 1000))
	case "ok":
		r.ok, err = s.boolean()
		return err == nil, err
	case "attempts":
		r.attempts, err = s.integer()
	case "bytes":
		r.bytes, err = s.integer()
	case "truncated":
		r.trunc, err = s.boolean()
	case "started":
		err = r.started(s)
	case "duration_ms":
		r.duration, err = s.milliseconds()
	case "timings":
		err = r.readTimings(s)
	case "error":
		err = r.readError(s)
	default:
		err = s.skip()
	}
	return false, err
}

func (r *record) started(s *scanner) error {
	text, err := s.decoded()
	if err != nil {
		return err
	}
	var at time.Time
	if err := at.UnmarshalText(text); err != nil {
		return fmt.Errorf("%q is no time as in 2026-01-02T03:04:05Z", cut(string(text), 40))
	}
	r.start, r.timed = at.UnixMicro(), true
	return nil
}

// longest is what a duration is cut to: three years. Whoever writes more has
// mistaken the unit.
const longest = 1e8 * time.Second

func (s *scanner) milliseconds() (time.Duration, error) {
	v, err := s.number()
	if err != nil {
		return 0, err
	}
	return time.Duration(min(v*1e6, float64(longest))), nil
}

func (r *record) readTimings(s *scanner) error {
	return s.members(func(name []byte) error {
		if s.null() {
			return nil
		}
		phase := -1
		switch string(name) {
		case "queue":
			phase = phaseQueue
		case "rate":
			phase = phaseRate
		case "backoff":
			phase = phaseBackoff
		case "dns":
			phase = phaseDNS
		case "connect":
			phase = phaseConnect
		case "tls":
			phase = phaseTLS
		case "ttfb":
			phase = phaseTTFB
		case "body":
			phase = phaseBody
		default:
			return s.skip()
		}
		d, err := s.milliseconds()
		if r.timings[phase] = d; phase == phaseTTFB && err == nil {
			r.ttfb = d
		}
		return err
	})
}

func (r *record) readError(s *scanner) error {
	return s.members(func(name []byte) (err error) {
		if s.null() {
			return nil
		}
		switch string(name) {
		case "class":
			r.class, err = s.decoded()
		case "message":
			r.message, err = s.decoded()
		default:
			err = s.skip()
		}
		return err
	})
}
