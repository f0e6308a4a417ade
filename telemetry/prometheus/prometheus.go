// Package prometheus brings the metrics of inflight into a registry of the client library
// of Prometheus. A program that has none can serve them without it, by
// telemetry.Handler.
package prometheus

import (
	"github.com/inflight-go/inflight/telemetry"
	"github.com/prometheus/client_golang/prometheus"
)

// Collector returns a collector of what the sources yield, which it asks whenever it is
// collected from. Metrics that a registry can't take, such as a label value that is not
// UTF-8, are reported by it as errors.
func Collector(sources ...telemetry.Source) prometheus.Collector { return collector(sources) }

type collector []telemetry.Source

// Describe sends nothing: which metrics there are is known when they are collected.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends all metrics of the sources.
func (c collector) Collect(to chan<- prometheus.Metric) {
	for _, source := range c {
		for m := range source {
			to <- convert(m)
		}
	}
}

func convert(m telemetry.Metric) prometheus.Metric {
	kind := prometheus.GaugeValue
	if m.Counter {
		kind = prometheus.CounterValue
	}
	var labels, values []string
	if m.Label != "" {
		labels, values = []string{m.Label}, []string{m.Value}
	}
	desc := prometheus.NewDesc(m.Name, m.Help, labels, nil)
	var metric prometheus.Metric
	var err error
	if h := m.Histogram; h != nil {
		metric, err = histogram(desc, h, values)
	} else {
		metric, err = prometheus.NewConstMetric(desc, kind, m.Now, values...)
	}
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	return metric
}

func histogram(desc *prometheus.Desc, h *telemetry.Histogram, values []string) (prometheus.Metric, error) {
	upTo, all := h.Cumulative()
	buckets := make(map[float64]uint64, len(upTo))
	for i, bound := range h.Upper {
		buckets[bound] = upTo[i]
	}
	return prometheus.NewConstHistogram(desc, all, h.Sum, buckets, values...)
}
