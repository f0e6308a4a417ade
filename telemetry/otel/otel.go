// Package otel brings the metrics of inflight, and the ids of traces into logs, to
// OpenTelemetry.
package otel

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strconv"

	"github.com/inflight-go/inflight/telemetry"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Observe has a meter observe what the sources yield, whenever it is collected from,
// until unregister is called. The sources are asked once in Observe, for the names: a
// metric that a source did not yield then is not observed, unless another of that name
// was. A histogram can't be observed in OpenTelemetry: it becomes three counters, NAME_bucket
// with the bounds as the attribute "le", NAME_sum and NAME_count, as Prometheus has them.
// The error is that of the meter; then nothing is observed.
func Observe(meter metric.Meter, sources ...telemetry.Source) (unregister func() error, err error) {
	o := observer{sources: sources, instruments: map[string]instrument{}}
	for _, source := range sources {
		for m := range plain(source) {
			if err := o.add(meter, m.Metric); err != nil {
				return nil, fmt.Errorf("the metric %s: %w", m.Name, err)
			}
		}
	}
	r, err := meter.RegisterCallback(o.observe, o.all...)
	if err != nil {
		return nil, err
	}
	return r.Unregister, nil
}

type instrument interface {
	metric.Observable
	metric.Float64Observable
}

type observer struct {
	sources     []telemetry.Source
	instruments map[string]instrument
	all         []metric.Observable
}

// add makes the instrument of a metric, if there is none yet.
func (o *observer) add(meter metric.Meter, m telemetry.Metric) error {
	if o.instruments[m.Name] != nil {
		return nil
	}
	var i instrument
	var err error
	if m.Counter {
		i, err = meter.Float64ObservableCounter(m.Name, metric.WithDescription(m.Help))
	} else {
		i, err = meter.Float64ObservableGauge(m.Name, metric.WithDescription(m.Help))
	}
	if err != nil {
		return err
	}
	o.instruments[m.Name] = i
	o.all = append(o.all, i)
	return nil
}

func (o *observer) observe(_ context.Context, to metric.Observer) error {
	for _, source := range o.sources {
		for m := range plain(source) {
			if i := o.instruments[m.Name]; i != nil {
				to.ObserveFloat64(i, m.Now, metric.WithAttributes(m.attributes()...))
			}
		}
	}
	return nil
}

// A number is a metric that is one, or a part of a histogram.
type number struct {
	telemetry.Metric
	bound string // "" for none
}

func (n number) attributes() (all []attribute.KeyValue) {
	if n.Label != "" {
		all = append(all, attribute.String(n.Label, n.Value))
	}
	if n.bound != "" {
		all = append(all, attribute.String("le", n.bound))
	}
	return all
}

// plain yields what a source does, histograms as counters.
func plain(source telemetry.Source) iter.Seq[number] {
	return func(yield func(number) bool) {
		for m := range source {
			parts := []number{{Metric: m}}
			if m.Histogram != nil {
				parts = split(m)
			}
			for _, part := range parts {
				if !yield(part) {
					return
				}
			}
		}
	}
}

func split(m telemetry.Metric) (parts []number) {
	upTo, all := m.Histogram.Cumulative()
	add := func(suffix, bound string, now float64) {
		part := m
		part.Name, part.Now, part.Counter, part.Histogram = m.Name+suffix, now, true, nil
		parts = append(parts, number{part, bound})
	}
	for i, bound := range m.Histogram.Upper {
		add("_bucket", strconv.FormatFloat(bound, 'g', -1, 64), float64(upTo[i]))
	}
	add("_bucket", "+Inf", float64(all))
	add("_sum", "", m.Histogram.Sum)
	add("_count", "", float64(all))
	return parts
}

// LogHandler returns a handler that adds to each record the ids of the span of its
// context, if there is one: "trace_id" and "span_id". With serve.LogHandler below it a
// record has the task and the request as well.
func LogHandler(h slog.Handler) slog.Handler { return &logHandler{h} }

type logHandler struct{ next slog.Handler }

func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.next.Handle(ctx, r)
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logHandler{h.next.WithAttrs(attrs)}
}

func (h *logHandler) WithGroup(name string) slog.Handler { return &logHandler{h.next.WithGroup(name)} }
