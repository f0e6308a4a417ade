package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/inflight-go/inflight/internal/chart"
)

// A waterfall is some requests of the sample.
type waterfall struct {
	id, title string
	bars      []*bar
	asRun     bool // on the clock of the run; else each from its own start
	cut       bool // few that are far longer than the rest may leave the picture
}

// waterfalls returns what there is to show. A small run is shown whole; of a large
// one, whose requests would be dots on its clock, the beginning and the end as they
// ran, and the slowest and some of all from their own start.
func (s *Summary) waterfalls() []waterfall {
	sample := &s.all.sample
	if sample.n <= spreadBars {
		timed := !slices.ContainsFunc(sample.spread, func(b *bar) bool { return !b.timed })
		return []waterfall{{id: "all", title: "All of them", bars: inTime(sample.spread), asRun: timed}}
	}
	var out []waterfall
	add := func(w waterfall) {
		if len(w.bars) > 0 {
			out = append(out, w)
		}
	}
	add(waterfall{id: "first", title: "The first, as they ran", bars: sample.first.sorted(), asRun: true, cut: true})
	add(waterfall{id: "spread", title: "Some of all, each from its own start", bars: inTime(sample.spread), cut: true})
	add(waterfall{id: "slowest", title: "The slowest, each from its own start", bars: sample.slowest.sorted()})
	add(waterfall{id: "last", title: "The last, as they ran", bars: inTime(sample.last.sorted()), asRun: true, cut: true})
	return out
}

// inTime returns bars by their start.
func inTime(bars []*bar) []*bar {
	return slices.SortedStableFunc(slices.Values(bars), func(a, b *bar) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.line, b.line))
	})
}

// stretches are the parts of a bar: its phases, and what they leave of the duration.
const (
	stretchRetry = phases + iota
	stretchRest
	stretches
)

// stretchOrder is how they follow each other, with what a legend says.
var stretchOrder = []struct {
	stretch int
	ink     chart.Ink
	name    string
}{
	{phaseQueue, chart.Grey, "waiting for a place"},
	{phaseRate, chart.Amber, "waiting for the rate"},
	{stretchRetry, chart.Teal, "earlier attempts"},
	{phaseBackoff, chart.Red, "waiting to try again"},
	{phaseDNS, chart.Violet, "dns"},
	{phaseConnect, chart.Orange, "connect"},
	{phaseTLS, chart.Pink, "tls"},
	{phaseTTFB, chart.Blue, "waiting for the first byte"},
	{phaseBody, chart.Green, "body"},
	{stretchRest, chart.Brown, "not told apart"},
}

// stretches returns how long each part took.
func (b *bar) stretches() (lengths [stretches]time.Duration) {
	rest := b.duration
	told := false
	for i, d := range b.timings {
		lengths[i] = d
		rest -= d
		told = told || d > 0
	}
	// What is left is told by nothing else, unless it is what passes between two
	// looks at the clock.
	if rest > max(b.duration/100, 50*time.Microsecond) {
		if b.attempts > 1 && told {
			lengths[stretchRetry] = rest
		} else {
			lengths[stretchRest] = rest
		}
	}
	return lengths
}

func (b *bar) length() (sum time.Duration) {
	for _, d := range b.stretches() {
		sum += d
	}
	return sum
}

// label is the request, as short as it may be.
func (b *bar) label() string {
	url := clean(string(b.url))
	if _, rest, found := strings.Cut(url, "://"); found {
		url = rest
	}
	if url == "" {
		return "row " + rowName(b.index)
	}
	if method := clean(string(b.method)); method != "" && method != "GET" {
		return method + " " + url
	}
	return url
}

func (b *bar) note() string {
	s := chart.Duration(b.duration)
	if b.attempts > 1 {
		s += " in " + chart.Count(b.attempts)
	}
	if r := b.request(); !r.OK {
		return s + " ✕ " + cut(r.outcome(), 16)
	} else if r.Status > 0 {
		return s + " " + r.outcome()
	}
	return s
}

// tip is all that is known of a request.
func (b *bar) tip() string {
	r := b.request()
	s := fmt.Sprintf("row %s: %s\n%s, %s", rowName(r.Index), strings.TrimSpace(r.Method+" "+r.URL), r.outcome(), chart.Duration(r.Duration))
	if b.attempts > 1 {
		s += fmt.Sprintf(" in %s attempts", chart.Count(b.attempts))
	}
	return s + b.phaseList("\n", "\n")
}

// phaseList writes the parts of a bar that took time.
func (b *bar) phaseList(before, between string) string {
	var parts []string
	lengths := b.stretches()
	for _, o := range stretchOrder {
		if d := lengths[o.stretch]; d > 0 {
			parts = append(parts, o.name+" "+chart.Duration(d))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return before + strings.Join(parts, between)
}

func (s *Summary) waterfallSection() section {
	out := section{ID: "waterfall", Title: "Requests", Text: "Point at a bar for its figures."}
	falls := s.waterfalls()
	keys := legend(falls)
	for i, w := range falls {
		w.bars = w.bars[:min(len(w.bars), 60)]
		desc := fmt.Sprintf("A waterfall of %s with the parts of each.", counted(int64(len(w.bars)), "request", "requests"))
		f := twice("waterfall-"+w.id, w.title, desc, func(f chart.Figure) interface{ WriteSVG(io.Writer) error } {
			rows := w.chart(f)
			if i == 0 {
				rows.Keys = keys
			}
			return rows
		})
		f.Title, f.Table = w.title, s.waterfallTable(w)
		out.Figures = append(out.Figures, f)
	}
	return out
}

// legend has what is in any of the waterfalls, once for all of them.
func legend(falls []waterfall) []chart.Key {
	var seen [stretches]bool
	for _, w := range falls {
		for _, b := range w.bars {
			for i, d := range b.stretches() {
				seen[i] = seen[i] || d > 0
			}
		}
	}
	var keys []chart.Key
	for _, o := range stretchOrder {
		if seen[o.stretch] {
			keys = append(keys, chart.Key{Text: o.name, Ink: o.ink})
		}
	}
	return keys
}

func (w waterfall) chart(f chart.Figure) chart.Rows {
	rows := chart.Rows{Figure: f}
	start := w.start()
	for _, b := range w.bars {
		row := chart.Row{Label: b.label(), Note: b.note(), Bad: !b.ok, Tip: b.tip(), Start: w.offset(b, start).Seconds()}
		lengths := b.stretches()
		for _, o := range stretchOrder {
			if d := lengths[o.stretch]; d > 0 {
				row.Parts = append(row.Parts, chart.Part{Length: d.Seconds(), Ink: o.ink})
			}
		}
		rows.Rows = append(rows.Rows, row)
	}
	rows.X = w.axis(start)
	return rows
}

// start is the first of all starts.
func (w waterfall) start() int64 {
	return slices.MinFunc(w.bars, func(a, b *bar) int { return cmp.Compare(a.start, b.start) }).start
}

// offset is where a bar begins.
func (w waterfall) offset(b *bar, start int64) time.Duration {
	if !w.asRun {
		return 0
	}
	return time.Duration(min(b.start-start, longest.Microseconds())) * time.Microsecond
}

func (w waterfall) axis(start int64) chart.Axis {
	var ends []time.Duration
	for _, b := range w.bars {
		ends = append(ends, w.offset(b, start)+b.length())
	}
	slices.Sort(ends)
	a := chart.Axis{Max: ends[len(ends)-1].Seconds(), Clock: true, Format: chart.Seconds, Label: "since its own start"}
	if w.asRun {
		a.Label = "since the first of these started"
	}
	if most := 3 * ends[len(ends)*9/10].Seconds(); w.cut && most > 0 && a.Max > most {
		a.Max = most
		a.Label += "; what took longer is cut"
	}
	if a.Max == 0 {
		a.Max = 0.001
	}
	return a
}

func (s *Summary) waterfallTable(w waterfall) *pageTable {
	t := pageTable{Caption: w.title, Columns: columns("row", "started after", "duration", "attempts", "ended as|text", "request|long", "parts|long")}
	for _, b := range w.bars {
		r := b.request()
		after := "–"
		if b.timed {
			after = chart.Duration(time.Duration(b.start-s.all.start) * time.Microsecond)
		}
		t.Rows = append(t.Rows, []string{rowName(r.Index), after, chart.Duration(r.Duration), chart.Count(b.attempts),
			cut(r.outcome(), 60), strings.TrimSpace(r.Method + " " + r.URL), b.phaseList("", ", ")})
	}
	return &t
}
