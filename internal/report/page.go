package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/inflight-go/inflight/internal/chart"
)

//go:embed page.tmpl
var pageTemplate string

//go:embed page.css
var pageStyle string

// The shapes of the page.
type (
	page struct {
		Title    string
		Style    template.CSS
		Headline []string
		Cards    []card
		Notes    []string
		Sections []section
	}
	card struct {
		Name, Value string
		Bad         bool
	}
	section struct {
		ID, Title, Text string
		Figures         []figure
		Tables          []pageTable
	}
	// A figure is laid out twice, for a screen and for a telephone: one picture for
	// both would be too small to read on the second.
	figure struct {
		Title        string
		Wide, Narrow template.HTML
		Table        *pageTable
	}
	pageTable struct {
		Caption string
		Columns []column
		Rows    [][]string
		More    string // what was left out
	}
	column struct {
		Name  string
		Class string // "" for numbers, else "text" or "long"
	}
)

// How much of the tables a page shows.
const (
	pageHosts  = 100
	pagePoints = 40
)

// WriteHTML writes the summary as a page with charts, which needs no other file, no
// network and no script, and says so in its content security policy. Title is its
// heading; the default is "A run". The errors are those of w.
func (s *Summary) WriteHTML(w io.Writer, title string) error {
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return err
	}
	if title = clean(title); title == "" {
		title = "A run"
	}
	p := page{
		Title: title, Style: template.CSS(pageStyle + chart.Style()), Headline: s.headline(), Cards: s.cards(), Notes: s.notes(),
	}
	for _, problem := range s.Problems {
		p.Notes = append(p.Notes, fmt.Sprintf("line %d: %s", problem.Line, problem.Message))
	}
	if s.Requests > 0 {
		p.Sections = s.sections()
	}
	return t.Execute(w, p)
}

func (s *Summary) cards() []card {
	if s.Requests == 0 {
		return nil
	}
	cards := []card{
		{Name: "requests", Value: chart.Count(s.Requests)},
		{Name: "failed", Value: chart.Count(s.Failed), Bad: s.Failed > 0},
		{Name: "retries", Value: chart.Count(s.Retries)},
	}
	if t := s.Throughput(); t > 0 {
		cards = append(cards, card{Name: "requests/s", Value: chart.Number(t)})
	}
	if x := s.Speedup(); x >= 1 && s.Requests > 1 {
		cards = append(cards, card{Name: "speed-up", Value: chart.Number(x) + "×"})
	}
	if q := s.Duration; q.N > 0 {
		cards = append(cards, card{Name: "p50", Value: chart.Duration(q.P50)}, card{Name: "p99", Value: chart.Duration(q.P99)})
	}
	return append(cards, card{Name: "bodies", Value: chart.Bytes(s.Bytes)})
}

func (s *Summary) sections() []section {
	sections := []section{s.latencySection()}
	if !s.Start.IsZero() {
		sections = append(sections, s.timeSection())
	}
	sections = append(sections, s.waterfallSection())
	return append(sections, s.endSection(), s.hostSection())
}

// twice draws a figure for a screen and for a telephone.
func twice(id, title, desc string, draw func(f chart.Figure) interface{ WriteSVG(io.Writer) error }) figure {
	render := func(suffix string, width float64) template.HTML {
		var b strings.Builder
		f := chart.Figure{ID: id + suffix, Title: title, Desc: desc, Width: width, Inline: true}
		_ = draw(f).WriteSVG(&b) // a builder takes all
		return template.HTML(b.String())
	}
	return figure{Wide: render("-wide", 1000), Narrow: render("-narrow", 420)}
}

func (s *Summary) latencySection() section {
	out := section{ID: "latency", Title: "How long requests took"}
	if s.Duration.N == 0 {
		out.Text = "No result has a duration."
		return out
	}
	out.Text = "From the start to the end of each request, with its attempts and its waits."
	q := s.Duration
	desc := fmt.Sprintf("A histogram of %s: half took at most %s, 90 %% at most %s, 99 %% at most %s, and the slowest %s.",
		counted(q.N, "request", "requests"), chart.Duration(q.P50), chart.Duration(q.P90), chart.Duration(q.P99), chart.Duration(q.Max))
	f := twice("latency", "How long requests took", desc, s.latencyPlot)
	f.Table = s.latencyTable()
	out.Figures = []figure{f}
	t := pageTable{Caption: "Percentiles", Columns: columns("|text", "p50", "p90", "p95", "p99", "max", "requests")}
	for _, q := range s.quantileRows() {
		if q.N > 0 {
			t.Rows = append(t.Rows, []string{q.name, chart.Duration(q.P50), chart.Duration(q.P90), chart.Duration(q.P95),
				chart.Duration(q.P99), chart.Duration(q.Max), chart.Count(q.N)})
		}
	}
	out.Tables = []pageTable{t}
	return out
}

// columns makes columns of names, each with its class behind a bar.
func columns(names ...string) []column {
	var out []column
	for _, name := range names {
		name, class, _ := strings.Cut(name, "|")
		out = append(out, column{Name: name, Class: class})
	}
	return out
}

func (s *Summary) latencyPlot(f chart.Figure) interface{ WriteSVG(io.Writer) error } {
	bins := s.bins(int(f.Width / 14))
	p := chart.Plot{Figure: f, Y: chart.Axis{Label: "requests", Whole: true}, Keys: s.outcomeKeys()}
	ok, failed := chart.Bars{Ink: chart.Blue}, chart.Bars{Ink: chart.Red}
	lo, hi := bins[0].from, bins[len(bins)-1].to
	// A few bins alone would be as wide as the picture: half a decade is shown at
	// least.
	for hi < 3*lo {
		lo, hi = lo*8/10, hi*12/10
	}
	p.X = chart.Axis{Min: max(lo, finest).Seconds(), Max: max(hi, 3*finest).Seconds(), Log: true, Clock: true,
		Label: "duration, on a logarithmic scale", Format: chart.Seconds}
	for _, b := range bins {
		tip := fmt.Sprintf("%s to %s: %s ok, %s failed", chart.Duration(b.from), chart.Duration(b.to), chart.Count(b.ok), chart.Count(b.failed))
		x0, x1 := b.from.Seconds(), b.to.Seconds()
		ok.Bars = append(ok.Bars, chart.Bar{X0: x0, X1: x1, Y1: float64(b.ok), Tip: tip})
		failed.Bars = append(failed.Bars, chart.Bar{X0: x0, X1: x1, Y0: float64(b.ok), Y1: float64(b.ok + b.failed), Tip: tip})
		p.Y.Max = max(p.Y.Max, float64(b.ok+b.failed))
	}
	p.Y = p.Y.Nice(5)
	p.Layers = []chart.Layer{ok, failed}
	q := s.Duration
	for _, m := range []struct {
		name string
		d    time.Duration
	}{{"p99", q.P99}, {"p90", q.P90}, {"p50", q.P50}} {
		if last := len(p.Marks) - 1; last >= 0 && strings.HasSuffix(p.Marks[last].Text, " "+chart.Duration(m.d)) {
			p.Marks[last].Text = m.name + ", " + p.Marks[last].Text
			continue
		}
		p.Marks = append(p.Marks, chart.Mark{X: m.d.Seconds(), Text: m.name + " " + chart.Duration(m.d)})
	}
	slices.Reverse(p.Marks)
	return p
}

func (s *Summary) outcomeKeys() []chart.Key {
	var keys []chart.Key
	if s.OK > 0 {
		keys = append(keys, chart.Key{Text: "ok", Ink: chart.Blue})
	}
	if s.Failed > 0 {
		keys = append(keys, chart.Key{Text: "failed", Ink: chart.Red})
	}
	return keys
}

func (s *Summary) latencyTable() *pageTable {
	t := pageTable{Caption: "How long requests took", Columns: columns("from", "to", "ok", "failed")}
	for _, b := range s.bins(30) {
		t.Rows = append(t.Rows, []string{chart.Duration(b.from), chart.Duration(b.to), chart.Count(b.ok), chart.Count(b.failed)})
	}
	return &t
}

func (s *Summary) endSection() section {
	out := section{ID: "ends", Title: "How requests ended"}
	t := pageTable{Caption: "By status", Columns: columns("status|text", "requests", "share")}
	for _, x := range s.Statuses {
		t.Rows = append(t.Rows, []string{x.name(), chart.Count(x.Requests), share(x.Requests, s.Requests)})
	}
	out.Tables = []pageTable{t}
	if len(s.Classes) > 0 {
		t := pageTable{Caption: "Failures by class", Columns: columns("class|text", "requests", "first row", "which says|long")}
		for _, x := range s.Classes {
			t.Rows = append(t.Rows, []string{x.Name, chart.Count(x.Requests), rowName(x.Index), x.Example})
		}
		out.Tables = append(out.Tables, t)
	}
	if len(s.Slowest) > 0 {
		t := pageTable{Caption: "The slowest", Columns: columns("duration", "row", "ended as|text", "request|long")}
		for _, x := range s.Slowest[:min(len(s.Slowest), 10)] {
			t.Rows = append(t.Rows, []string{chart.Duration(x.Duration), rowName(x.Index), cut(x.outcome(), 60), strings.TrimSpace(x.Method + " " + x.URL)})
		}
		out.Tables = append(out.Tables, t)
	}
	return out
}

func (s *Summary) hostSection() section {
	t := pageTable{Caption: "By host", Columns: columns("host|long", "requests", "failed", "retries", "p50", "p90", "p99", "max", "bytes")}
	for _, x := range s.Hosts[:min(len(s.Hosts), pageHosts)] {
		d := x.Duration
		t.Rows = append(t.Rows, []string{x.Name, chart.Count(x.Requests), chart.Count(x.Failed), chart.Count(x.Retries),
			d.text(d.P50), d.text(d.P90), d.text(d.P99), d.text(d.Max), chart.Bytes(x.Bytes)})
	}
	if n := len(s.Hosts) - pageHosts; n > 0 {
		t.More = "And " + counted(int64(n), "more host", "more hosts") + "."
	}
	return section{ID: "hosts", Title: "Hosts", Tables: []pageTable{t}}
}
