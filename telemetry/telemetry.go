// Package telemetry is what the parts of a program count, as metrics: for Prometheus by
// [Handler], or by modules of their own for the client library of Prometheus
// (telemetry/prometheus) and for OpenTelemetry (telemetry/otel), so that nobody pays for
// what is not used.
//
// A Source is asked whenever somebody wants to know, and costs nothing meanwhile:
// [Tasks] is one, and so are the methods Metrics of serve.Server and hub.Hub.
package telemetry

import (
	"iter"
	"strings"

	"github.com/inflight-go/inflight"
)

// A Metric is one number at one moment.
type Metric struct {
	Name  string // such as "inflight_tasks", of letters, digits and "_"; a Counter's ends in "_total"
	Help  string // one sentence, without a full stop
	Label string // "" for none
	Value string // of the label
	Now   float64
	// Counter says that it never falls while the program runs.
	Counter bool
	// Histogram is what a metric is that is not one number; Now and Counter say nothing
	// then, and the Label is not "le". Nil for all others.
	Histogram *Histogram
}

// A Histogram is how often something was how large, since the program began.
type Histogram struct {
	Upper  []float64 // bounds, the lowest first
	Counts []uint64  // what is at most Upper[i], and above the bound before; at the end what is above all
	Sum    float64   // of the sizes
}

// Cumulative returns how many are at most as large as each bound, and how many there
// are in all.
func (h *Histogram) Cumulative() (upTo []uint64, all uint64) {
	upTo = make([]uint64, len(h.Upper))
	for i := range upTo {
		all += h.Counts[i]
		upTo[i] = all
	}
	return upTo, all + h.Counts[len(h.Upper)]
}

// A Source yields metrics: those of one name together, each label value once, and the
// same names, helps, labels and kinds each time. It may be ranged over by several
// goroutines at once.
type Source = iter.Seq[Metric]

// Tasks is the source of how many tasks there are, by what they wait for: "inflight_tasks",
// with the label "waiting", which is empty for those that run.
func Tasks() Source {
	return func(yield func(Metric) bool) {
		counts := map[string]int{"": 0}
		for _, task := range inflight.Tasks() {
			counts[task.Waiting]++
		}
		for waiting, n := range counts {
			if !yield(Metric{Name: "inflight_tasks", Help: "Tasks, by what they wait for", Label: "waiting", Value: waiting, Now: float64(n)}) {
				return
			}
		}
	}
}

// check panics for a metric that is not one: its name or label can't be written, or it is
// a histogram that has not one count more than bounds.
func (m Metric) check() {
	if h := m.Histogram; h != nil && (len(h.Counts) != len(h.Upper)+1 || m.Label == "le") {
		panic("inflight/telemetry: the histogram " + quote(m.Name) + " has not one count more than bounds, or the label le")
	}
	if !isWord(m.Name) || m.Label != "" && !isWord(m.Label) {
		panic("inflight/telemetry: a metric has the name " + quote(m.Name) + " and the label " + quote(m.Label))
	}
}

func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_')
	}) && (s[0] < '0' || s[0] > '9')
}
