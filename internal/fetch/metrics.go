package fetch

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// bounds are the upper ends of the buckets of the histogram, the last but one: that has
// none.
var bounds = [...]time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second,
	2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute,
}

// A histogram counts durations. It may be used by any number of goroutines.
type histogram struct {
	counts [len(bounds) + 1]atomic.Int64
	sum    atomic.Int64 // in ns
}

func (h *histogram) add(d time.Duration) {
	i, _ := slices.BinarySearch(bounds[:], d)
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
}

// exposition writes metrics as Prometheus reads them.
type exposition struct{ strings.Builder }

// metric begins a metric.
func (e *exposition) metric(name, kind, help string) {
	fmt.Fprintf(e, "# HELP inflight_fetch_%s %s\n# TYPE inflight_fetch_%s %s\n", name, help, name, kind)
}

// value writes a value, and label is "" or a label with its value.
func (e *exposition) value(name, label string, v float64) {
	if label != "" {
		label = "{" + label + "}"
	}
	fmt.Fprintf(e, "inflight_fetch_%s%s %s\n", name, label, strconv.FormatFloat(v, 'g', -1, 64))
}

// one writes a metric of one value.
func (e *exposition) one(name, kind, help string, v float64) {
	e.metric(name, kind, help)
	e.value(name, "", v)
}

// Metrics writes how far the job has come in the text format of Prometheus. There are no
// labels whose values a server or the input can make up. It may be called by any
// goroutine.
func (j *Job) Metrics(w io.Writer) error {
	p := j.Progress()
	j.mu.Lock()
	classes, statuses := maps.Clone(j.classes), j.statuses
	j.mu.Unlock()
	e := new(exposition)
	if p.Total >= 0 {
		e.one("rows", "gauge", "Rows of the input.", float64(p.Total))
	}
	e.one("rows_before", "gauge", "Rows that were done before this run.", float64(p.Skipped))
	e.metric("rows_done_total", "counter", "Rows that this run has done.")
	e.value("rows_done_total", `result="ok"`, float64(p.OK))
	e.value("rows_done_total", `result="failed"`, float64(p.Failed))
	e.metric("answers_total", "counter", "Rows by the class of the status of their last answer.")
	for i, n := range statuses {
		e.value("answers_total", fmt.Sprintf("class=%q", statusClasses[i]), float64(n))
	}
	e.metric("failures_total", "counter", "Rows that have failed, by the class of the error.")
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		e.value("failures_total", fmt.Sprintf("class=%q", class), float64(classes[class]))
	}
	e.one("retries_total", "counter", "Attempts after the first.", float64(p.Retries))
	e.one("in_flight", "gauge", "Rows that are being worked on.", float64(p.InFlight))
	e.one("holds_total", "counter", "How often a host asked to be left alone.", float64(j.holds.Load()))
	e.one("hosts_held", "gauge", "Hosts that are left alone at the moment.", float64(len(p.Holds)))
	e.one("body_bytes_total", "counter", "Bytes of bodies, decompressed.", float64(p.Bytes))
	j.times.write(e)
	_, err := io.WriteString(w, e.String())
	return err
}

func (h *histogram) write(e *exposition) {
	e.metric("duration_seconds", "histogram", "What a row took, without its waits for a place, a rate or another attempt.")
	total := int64(0)
	for i := range h.counts {
		total += h.counts[i].Load()
		le := "+Inf"
		if i < len(bounds) {
			le = strconv.FormatFloat(bounds[i].Seconds(), 'g', -1, 64)
		}
		e.value("duration_seconds_bucket", fmt.Sprintf("le=%q", le), float64(total))
	}
	e.value("duration_seconds_sum", "", time.Duration(h.sum.Load()).Seconds())
	e.value("duration_seconds_count", "", float64(total))
}

// statusClasses are the classes of statuses, the first for rows without an answer.
var statusClasses = [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx", "other"}

func statusClass(status int) int {
	if status < 0 || status > 599 {
		return len(statusClasses) - 1
	}
	return status / 100
}
