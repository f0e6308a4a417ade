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

// Check panics for a metric that is not one: its name or label can't be written.
func (m Metric) check() {
	if !isWord(m.Name) || m.Label != "" && !isWord(m.Label) {
		panic("inflight/telemetry: a metric has the name " + quote(m.Name) + " and the label " + quote(m.Label))
	}
}

func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_')
	}) && (s[0] < '0' || s[0] > '9')
}
