package report

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"time"
)

// How many are told apart; the rest are counted together.
const (
	maxHosts   = 1000
	maxClasses = 64
)

// others is the name of what is counted together.
const others = "(others)"

// A hostTally is what is counted for one host.
type hostTally struct {
	name     string
	n        int64
	failed   int64
	retries  int64
	bytes    int64
	duration histogram
}

func (h *hostTally) add(r *record) {
	h.n++
	if !r.ok {
		h.failed++
	}
	h.retries += max(r.attempts-1, 0)
	h.bytes = plus(h.bytes, r.bytes)
	if r.duration >= 0 {
		h.duration.add(r.duration)
	}
}

// plus adds two numbers that are not negative, up to the largest that there is.
func plus[N ~int64](a, b N) N {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// hosts counts by host: those that come first by name, the rest together.
type hosts struct {
	byName map[string]*hostTally
	rest   hostTally
}

func (h *hosts) of(url []byte) *hostTally {
	name := hostOf(url)
	if t := h.byName[string(name)]; t != nil {
		return t
	}
	if len(h.byName) >= maxHosts {
		return &h.rest
	}
	t := &hostTally{name: string(name)}
	h.byName[t.name] = t
	return t
}

// noHost is the host of a request without one, such as a template that failed.
var noHost = []byte("(none)")

// maxName is the length that the name of a host or a class is cut to, in bytes.
const maxName = 260

// hostOf returns the host and port of a URL, in small letters; the scheme, if it has
// none.
func hostOf(url []byte) []byte {
	scheme := bytes.Index(url, []byte("://"))
	if scheme < 0 {
		return noHost
	}
	host := url[scheme+3:]
	if end := bytes.IndexAny(host, "/?#"); end >= 0 {
		host = host[:end]
	}
	if user := bytes.LastIndexByte(host, '@'); user >= 0 {
		host = host[user+1:]
	}
	if len(host) == 0 {
		host = url[:scheme+3] // such as demo://
	}
	host = host[:min(len(host), maxName)]
	if bytes.ContainsFunc(host, func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
		host = bytes.ToLower(host)
	}
	return host
}

// sorted returns the hosts, those with the most requests first and the others last.
func (h *hosts) sorted() []Host {
	var all []Host
	for _, t := range h.byName {
		all = append(all, t.host())
	}
	slices.SortFunc(all, func(a, b Host) int { return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Name, b.Name)) })
	if h.rest.n > 0 {
		h.rest.name = others
		all = append(all, h.rest.host())
	}
	return all
}

func (h *hostTally) host() Host {
	return Host{
		Name: clean(h.name), Requests: h.n, Failed: h.failed, Retries: h.retries, Bytes: h.bytes, Duration: h.duration.quantiles(),
	}
}

// classes counts failures by their class, and keeps an example of each.
type classes struct {
	byName map[string]*Class
	rest   *Class
}

func (c *classes) add(r *record) {
	name := r.class
	if len(name) == 0 {
		name = []byte("(no class)")
	}
	name = name[:min(len(name), maxName)]
	if class := c.byName[string(name)]; class != nil {
		class.Requests++
		return
	}
	class := &Class{Name: clean(string(name)), Requests: 1, Index: r.index, Line: r.line, Example: cut(clean(string(r.message[:min(len(r.message), 1200)])), 300)}
	switch {
	case len(c.byName) < maxClasses:
		c.byName[string(name)] = class
	case c.rest == nil:
		class.Name = others
		c.rest = class
	default:
		c.rest.Requests++
	}
}

func (c *classes) sorted() []Class {
	var all []Class
	for _, class := range c.byName {
		all = append(all, *class)
	}
	slices.SortFunc(all, func(a, b Class) int { return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Line, b.Line)) })
	if c.rest != nil {
		all = append(all, *c.rest)
	}
	return all
}

// statuses counts by HTTP status; 0 is no answer, and 1000 whatever is no status.
type statuses [1001]int64

func (s *statuses) sorted() []Status {
	var all []Status
	for code, n := range s {
		if n > 0 {
			all = append(all, Status{Code: code, Requests: n})
		}
	}
	return all
}

// collector is what is counted while results are read.
type collector struct {
	requests, ok, retries, truncated, bytes int64

	start, end        int64 // of the run, in microseconds of Unix time
	timed             bool  // whether there is a start
	work              time.Duration
	okTimes, badTimes histogram // durations, of requests that were ok and that failed
	alone, ttfb       histogram
	hosts             hosts
	classes           classes
	statuses          statuses
	series            series
	sample            sample
}

func newCollector() *collector {
	return &collector{
		hosts: hosts{byName: map[string]*hostTally{}}, classes: classes{byName: map[string]*Class{}}, sample: newSample(),
	}
}

func (c *collector) add(r *record) {
	c.requests++
	c.retries = plus(c.retries, max(r.attempts-1, 0))
	c.bytes = plus(c.bytes, r.bytes)
	if r.trunc {
		c.truncated++
	}
	times := &c.okTimes
	if r.ok {
		c.ok++
	} else {
		times = &c.badTimes
		c.classes.add(r)
	}
	if r.duration >= 0 {
		times.add(r.duration)
		work := r.work()
		c.work = plus(c.work, work)
		c.alone.add(work)
	}
	if r.ttfb >= 0 {
		c.ttfb.add(r.ttfb)
	}
	c.statuses[r.status]++
	c.hosts.of(r.url).add(r)
	if r.timed {
		c.addTime(r)
	}
	c.sample.add(r)
}

func (c *collector) addTime(r *record) {
	if !c.timed {
		c.start, c.end, c.timed = r.start, r.end(), true
	}
	c.start, c.end = min(c.start, r.start), max(c.end, r.end())
	c.series.add(r.start, r.end(), r.ok)
}
