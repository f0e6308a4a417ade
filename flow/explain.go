package flow

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/limit"
)

// Assumptions are what can't be known of a flow before it runs. Zero means the default.
type Assumptions struct {
	Items       int64         // of the list; 1000
	Each        int64         // items of a step that collects a list, for one item; 5
	PageSize    int64         // items on a page of the list; what its size says, or 20
	Latency     time.Duration // of a request or query; 200 ms
	Concurrency int           // Options.Concurrency; DefaultConcurrency
}

func (a Assumptions) withDefaults(f *Flow) Assumptions {
	a.Items, a.Each = orElse(a.Items, 1000), orElse(a.Each, 5)
	a.Latency, a.Concurrency = orElse(a.Latency, 200*time.Millisecond), orElse(a.Concurrency, DefaultConcurrency)
	if g := f.list.pages; a.PageSize == 0 && g != nil {
		a.PageSize = g.size
	}
	a.PageSize = orElse(a.PageSize, 20)
	return a
}

func orElse[N int | int64 | time.Duration](v, normal N) N {
	if v <= 0 {
		return normal
	}
	return v
}

// An Estimate is what a run would take, if the assumptions hold and nothing is retried.
type Estimate struct {
	Assumptions Assumptions
	Steps       []StepEstimate
	Bounds      []Bound // the one that takes longest first
}

// A StepEstimate is what a step would ask for.
type StepEstimate struct {
	Name, For, Limit string // For and Limit may be empty
	Asks             string
	Requests         int64 // or queries; 0 for a file, and 1<<62 for as many or more
}

// A Bound is a reason for which a run can't be quicker than Time.
type Bound struct {
	What string
	Time time.Duration
}

// Time is how long the run would take: the longest of the bounds.
func (e *Estimate) Time() time.Duration {
	if len(e.Bounds) == 0 {
		return 0
	}
	return e.Bounds[0].Time
}

// Explain works out what a run would take.
func (f *Flow) Explain(a Assumptions) *Estimate {
	a = a.withDefaults(f)
	e := &Estimate{Assumptions: a}
	requests := make(map[*limits]int64)
	counts := make(map[*step]int64) // items of each step
	for _, s := range f.inOrder() {
		n := f.requests(s, counts, a)
		requests[s.limit] = sum(requests[s.limit], n)
		one := StepEstimate{Name: s.name, Asks: s.asks(), Requests: n}
		if s.parent != nil {
			one.For = s.parent.name
		}
		if s.limit != nil {
			one.Limit = s.limit.name
		}
		e.Steps = append(e.Steps, one)
	}
	for _, l := range f.limits {
		e.limit(l, requests[l], a)
	}
	e.list(f.list, e.Steps[0].Requests, a)
	depth := f.depth(f.list) - 1
	if depth > 0 {
		e.bound(fmt.Sprintf("%d items at once, each %s after another", a.Concurrency, plural(int64(depth), "request")),
			lasting(product(portions(a.Items, int64(a.Concurrency)), int64(depth)), a.Latency))
	}
	return e
}

// inOrder are the steps, each behind the one that it is for.
func (f *Flow) inOrder() []*step {
	var all []*step
	var add func(s *step)
	add = func(s *step) {
		all = append(all, s)
		for _, child := range s.children {
			add(child)
		}
	}
	add(f.list)
	return all
}

// depth is how many steps follow one another from this one on.
func (f *Flow) depth(s *step) int {
	deepest := 0
	for _, child := range s.children {
		deepest = max(deepest, f.depth(child))
	}
	return deepest + 1
}

// requests is how many a step makes; it notes how many items it gets.
func (f *Flow) requests(s *step, items map[*step]int64, a Assumptions) int64 {
	if s.parent == nil {
		items[s] = min(a.Items, mostEstimated)
		switch {
		case s.kind() == "file":
			return 0
		case s.pages == nil:
			return 1
		}
		return portions(a.Items, a.PageSize)
	}
	n := items[s.parent]
	items[s] = n
	if s.collect == collectList {
		items[s] = product(n, a.Each)
	}
	if g := s.pages; g != nil && (g.page || g.offset) && !g.known() {
		return product(2, n) // the page behind the last is asked for too
	}
	return n
}

// asks is what a step asks for, in a few words.
func (s *step) asks() string {
	switch s.kind() {
	case "http":
		return printable(s.method + " " + secret.URL(s.url.string))
	case "sql":
		return printable(s.database.driver + ": " + strings.Join(strings.Fields(s.sql.string), " "))
	}
	return printable("file " + s.file.string)
}

// printable is a text without what steers a terminal, and can't stand in a picture.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, text)
}

// words says what a limit is.
func (l *limits) words() string {
	var parts []string
	if l.rate.n > 0 {
		parts = append(parts, limit.FormatRate(l.rate.n, l.rate.per))
	}
	if l.rateHost.n > 0 {
		parts = append(parts, limit.FormatRate(l.rateHost.n, l.rateHost.per)+" to a host")
	}
	if l.concurrency > 0 {
		parts = append(parts, fmt.Sprintf("%d at once", l.concurrency))
	}
	if l.perHost > 0 {
		parts = append(parts, fmt.Sprintf("%d at once to a host", l.perHost))
	}
	return strings.Join(parts, ", ")
}

// limit notes what a limit means for the time. A limit for each host is taken for that of
// one host.
func (e *Estimate) limit(l *limits, requests int64, a Assumptions) {
	for _, r := range []rate{l.rate, l.rateHost} {
		if r.n > 0 {
			e.bound(fmt.Sprintf("the rate %s of %s, for %s requests", limit.FormatRate(r.n, r.per), l.name, howMany(requests)),
				time.Duration(min(float64(requests)/float64(r.n)*float64(r.per), mostEstimated)))
		}
	}
	for _, n := range []int64{l.concurrency, l.perHost} {
		if n > 0 {
			e.bound(fmt.Sprintf("%d at once of %s, for %s requests of %v", n, l.name, howMany(requests), a.Latency),
				lasting(portions(requests, n), a.Latency))
		}
	}
}

// list notes how long the pages of the list take.
func (e *Estimate) list(s *step, requests int64, a Assumptions) {
	at := int64(1)
	if s.pages != nil && s.pages.known() {
		at = s.pages.parallel
	}
	if requests > 0 {
		e.bound(fmt.Sprintf("the pages of %s, %d at once", s.name, at), lasting(portions(requests, at), a.Latency))
	}
}

// mostEstimated is where numbers and times end: more are told as that.
const mostEstimated = 1 << 62

func sum(a, b int64) int64 {
	return min(a, mostEstimated-min(b, mostEstimated)) + min(b, mostEstimated)
}

func product(a, b int64) int64 {
	if a != 0 && b > mostEstimated/a {
		return mostEstimated
	}
	return a * b
}

// portions is how many portions of a size n things are.
func portions(n, size int64) int64 { return n/size + min(n%size, 1) }

// lasting is how long n things take, one after another.
func lasting(n int64, each time.Duration) time.Duration {
	return time.Duration(product(n, int64(each)))
}

// howMany is a number in words that are true.
func howMany(n int64) string {
	if n >= mostEstimated {
		return "more than 4e18"
	}
	return strconv.FormatInt(n, 10)
}

// bound adds a bound where it belongs.
func (e *Estimate) bound(what string, d time.Duration) {
	i := 0
	for i < len(e.Bounds) && e.Bounds[i].Time >= d {
		i++
	}
	e.Bounds = append(e.Bounds[:i], append([]Bound{{what, d}}, e.Bounds[i:]...)...)
}

// longestAsk is how much of what a step asks for is shown.
const longestAsk = 60

// WriteText writes the estimate for people.
func (e *Estimate) WriteText(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STEP\tFOR EACH OF\tREQUESTS\tLIMIT\tASKS")
	total := int64(0)
	for _, s := range e.Steps {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.Name, orDash(s.For), howMany(s.Requests), orDash(s.Limit), shorten(s.Asks, longestAsk))
		total = sum(total, s.Requests)
	}
	fmt.Fprintf(w, "all\t\t%s\t\t\n", howMany(total))
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nExpected time: %s\n", approximately(e.Time()))
	for i, b := range e.Bounds {
		kind := "at least"
		if i == 0 {
			kind = "because of"
		}
		fmt.Fprintf(out, "  %-10s  %8s  %s\n", kind, about(b.Time), b.What)
	}
	a := e.Assumptions
	_, err := fmt.Fprintf(out, "\nAssumed: %d items in the list, %d on a page; %d where a step collects a list;\n%v for each request; nothing is retried.\n",
		a.Items, a.PageSize, a.Each, a.Latency)
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// approximately is a time in a sentence.
func approximately(d time.Duration) string {
	if d >= mostEstimated {
		return about(d)
	}
	return "about " + about(d)
}

// about is a time to three digits or so.
func about(d time.Duration) string {
	switch {
	case d >= mostEstimated:
		return "more than 146 years"
	case d < 10*time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d < 10*time.Minute:
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

// shorten cuts a text where it is too long.
func shorten(text string, longest int) string {
	runes := []rune(text)
	if len(runes) <= longest {
		return text
	}
	return string(runes[:longest-1]) + "…"
}
