package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/inflight-go/inflight/internal/chart"
)

// How much of the tables a terminal shows; the rest is counted in a line below.
const (
	textHosts   = 20
	textClasses = 20
	textSlowest = 5
	textBins    = 12
)

// WriteText writes the summary for a terminal, in tables that are at most width
// characters wide, or as wide as the texts in them where width is 0. What comes from
// the results can't steer the terminal. The only errors are those of w.
func (s *Summary) WriteText(w io.Writer, width int) error {
	b := bufio.NewWriter(w)
	if width > 0 {
		width = max(width, 40)
	}
	s.textHead(b)
	if s.Requests > 0 {
		s.textQuantiles(b, width)
		s.textHistogram(b, width)
		s.textStatuses(b, width)
		s.textClasses(b, width)
		s.textHosts(b, width)
		s.textSlowest(b, width)
	}
	s.textProblems(b, width)
	return b.Flush()
}

// headline is the whole in a few sentences, which the page has too.
func (s *Summary) headline() []string {
	if s.Requests == 0 {
		return []string{"There is no result."}
	}
	lines := []string{fmt.Sprintf("%s: %s ok, %s failed%s; %s, %s", counted(s.Requests, "request", "requests"),
		chart.Count(s.OK), chart.Count(s.Failed), ofAll(s.Failed, s.Requests), counted(s.Retries, "retry", "retries"), chart.Bytes(s.Bytes))}
	if s.Truncated > 0 {
		lines[0] += ", " + counted(s.Truncated, "body cut", "bodies cut")
	}
	if s.Start.IsZero() {
		return lines
	}
	run := chart.Duration(s.Wall()) + " from " + s.Start.Format("2006-01-02 15:04:05") + " UTC"
	if t := s.Throughput(); t > 0 {
		run += ", " + chart.Number(t) + " requests/s"
	}
	lines = append(lines, run)
	if x := s.Speedup(); x >= 1 && s.Requests > 1 {
		lines = append(lines, fmt.Sprintf("one after the other it would have taken %s: %s times as long", chart.Duration(s.Work), chart.Number(x)))
	}
	return lines
}

// notes say what of the input does not count.
func (s *Summary) notes() []string {
	var notes []string
	if s.Superseded > 0 {
		notes = append(notes, fmt.Sprintf("%s left out: a later line has the same index", counted(s.Superseded, "result", "results")))
	}
	if s.Repeated > 0 {
		notes = append(notes, fmt.Sprintf("%s counted that a later line has the same index as: give the file itself, which can be read twice",
			counted(s.Repeated, "result", "results")))
	}
	if s.Broken > 0 {
		notes = append(notes, fmt.Sprintf("%s left out", counted(s.Broken, "line that is no result", "lines that are no results")))
	}
	return notes
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return chart.Count(n) + " " + many
}

// ofAll is a share in brackets, where there is one.
func ofAll(n, all int64) string {
	if n == 0 {
		return ""
	}
	return " (" + share(n, all) + ")"
}

func share(n, all int64) string {
	if all == 0 {
		return "–"
	}
	percent := 100 * float64(n) / float64(all)
	switch {
	case n > 0 && percent < 0.01:
		return "< 0.01 %"
	case n < all && percent > 99.99:
		return "> 99.99 %"
	case percent > 99 && n < all:
		return strconv.FormatFloat(percent, 'f', 2, 64) + " %"
	}
	return chart.Number(percent) + " %"
}

func (s *Summary) textHead(b *bufio.Writer) {
	for _, line := range s.headline() {
		b.WriteString(line + "\n")
	}
}

func (s *Summary) textQuantiles(b *bufio.Writer, width int) {
	t := table{left: 1}
	t.row("", "p50", "p90", "p95", "p99", "max")
	for _, q := range s.quantileRows() {
		if q.N > 0 {
			t.row(q.name, chart.Duration(q.P50), chart.Duration(q.P90), chart.Duration(q.P95), chart.Duration(q.P99), chart.Duration(q.Max))
		}
	}
	if len(t.cells) > 1 {
		b.WriteString("\n")
		t.write(b, width)
	}
}

type quantileRow struct {
	name string
	Quantiles
}

func (s *Summary) quantileRows() []quantileRow {
	rows := []quantileRow{{"duration", s.Duration}}
	if s.Alone != s.Duration {
		rows = append(rows, quantileRow{"without waits", s.Alone})
	}
	return append(rows, quantileRow{"first byte", s.TTFB})
}

func (s *Summary) textHistogram(b *bufio.Writer, width int) {
	bins := s.bins(textBins)
	if len(bins) < 2 {
		return
	}
	most := int64(1)
	for _, bin := range bins {
		most = max(most, bin.ok+bin.failed)
	}
	t := table{text: true}
	t.row("from", "to", "requests", "")
	room := 40
	if width > 0 {
		room = min(max(width-40, 8), 60)
	}
	for _, bin := range bins {
		n := bin.ok + bin.failed
		t.row(chart.Duration(bin.from), chart.Duration(bin.to), chart.Count(n), stroke(n, most, room))
	}
	b.WriteString("\n")
	t.write(b, width)
}

// stroke is a bar as long as n is of most, in eighths of a character; what is not 0
// can be seen.
func stroke(n, most int64, room int) string {
	if n == 0 {
		return ""
	}
	eighths := max(int(float64(n)/float64(most)*float64(room)*8), 1)
	s := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return s
}

func (s *Summary) textStatuses(b *bufio.Writer, width int) {
	t := table{left: 1}
	t.row("status", "requests", "share")
	for _, x := range s.Statuses {
		t.row(x.name(), chart.Count(x.Requests), share(x.Requests, s.Requests))
	}
	b.WriteString("\n")
	t.write(b, width)
}

func (x Status) name() string {
	switch {
	case x.Code == 0:
		return "none"
	case x.Code >= 1000:
		return "other"
	}
	return strconv.Itoa(x.Code)
}

func (s *Summary) textClasses(b *bufio.Writer, width int) {
	if len(s.Classes) == 0 {
		return
	}
	t := table{left: 1, text: true}
	t.row("error", "requests", "first row", "which says")
	for _, x := range s.Classes[:min(len(s.Classes), textClasses)] {
		t.row(cut(x.Name, 30), chart.Count(x.Requests), rowName(x.Index), x.Example)
	}
	b.WriteString("\n")
	t.write(b, width)
	more(b, len(s.Classes)-textClasses, "class", "classes")
}

// rowName is the index of a request, as a row of its input.
func rowName(index int64) string {
	if index < 0 {
		return "–"
	}
	return strconv.FormatInt(index, 10)
}

func more(b *bufio.Writer, n int, one, many string) {
	if n > 0 {
		b.WriteString("and " + counted(int64(n), "more "+one, "more "+many) + "\n")
	}
}

func (s *Summary) textHosts(b *bufio.Writer, width int) {
	t := table{text: true}
	row := func(requests, failed, retries, p50, p99, bytes, host string) {
		if width > 0 && width < 72 { // the name needs the room
			t.row(requests, failed, p50, p99, host)
			return
		}
		t.row(requests, failed, retries, p50, p99, bytes, host)
	}
	row("requests", "failed", "retries", "p50", "p99", "bytes", "host")
	for _, x := range s.Hosts[:min(len(s.Hosts), textHosts)] {
		row(chart.Count(x.Requests), chart.Count(x.Failed), chart.Count(x.Retries),
			x.Duration.text(x.Duration.P50), x.Duration.text(x.Duration.P99), chart.Bytes(x.Bytes), x.Name)
	}
	b.WriteString("\n")
	t.write(b, width)
	more(b, len(s.Hosts)-textHosts, "host", "hosts")
}

// text writes one of the quantiles, if there are any.
func (q Quantiles) text(d time.Duration) string {
	if q.N == 0 {
		return "–"
	}
	return chart.Duration(d)
}

func (s *Summary) textSlowest(b *bufio.Writer, width int) {
	if len(s.Slowest) == 0 {
		return
	}
	t := table{text: true}
	t.row("slowest", "row", "ended as", "request")
	for _, x := range s.Slowest[:min(len(s.Slowest), textSlowest)] {
		t.row(chart.Duration(x.Duration), rowName(x.Index), cut(x.outcome(), 24), strings.TrimSpace(x.Method+" "+x.URL))
	}
	b.WriteString("\n")
	t.write(b, width)
}

// outcome is how a request ended: its status, and the class of its error.
func (x Request) outcome() string {
	status := ""
	if x.Status > 0 {
		status = Status{Code: x.Status}.name()
	}
	switch {
	case x.OK && status == "":
		return "ok"
	case x.OK:
		return status
	case x.Class == "":
		return strings.TrimSpace(status + " failed")
	}
	return strings.TrimSpace(status + " " + x.Class)
}

func (s *Summary) textProblems(b *bufio.Writer, width int) {
	notes := s.notes()
	if len(notes) == 0 {
		return
	}
	b.WriteString("\n")
	for _, note := range notes {
		b.WriteString(note + "\n")
	}
	for _, p := range s.Problems {
		line := fmt.Sprintf("  line %d: %s", p.Line, p.Message)
		if width > 0 {
			line = cut(line, width)
		}
		b.WriteString(line + "\n")
	}
	if n := s.Broken - int64(len(s.Problems)); n > 0 {
		b.WriteString("  and " + counted(n, "more", "more") + "\n")
	}
}
