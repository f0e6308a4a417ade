package otel_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/telemetry"
	"github.com/inflight-go/inflight/telemetry/otel"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"
)

// collect returns what a reader sees, a line for each point.
func collect(t *testing.T, reader metric.Reader) (lines []string) {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch d := m.Data.(type) {
			case metricdata.Gauge[float64]:
				for _, p := range d.DataPoints {
					lines = append(lines, fmt.Sprint(m.Name, " gauge ", p.Attributes.ToSlice(), " ", p.Value))
				}
			case metricdata.Sum[float64]:
				for _, p := range d.DataPoints {
					lines = append(lines, fmt.Sprint(m.Name, " counter ", d.IsMonotonic, " ", p.Attributes.ToSlice(), " ", p.Value))
				}
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func TestObserve(t *testing.T) {
	reader := metric.NewManualReader()
	meter := metric.NewMeterProvider(metric.WithReader(reader)).Meter("test")
	now := []telemetry.Metric{
		{Name: "a", Help: "A", Now: 1},
		{Name: "b_total", Help: "B", Label: "kind", Value: "x", Now: 2, Counter: true},
		{Name: "h", Help: "H", Label: "kind", Value: "x", Histogram: &telemetry.Histogram{Upper: []float64{1}, Counts: []uint64{3, 2}, Sum: 50}},
	}
	unregister, err := otel.Observe(meter, func(yield func(telemetry.Metric) bool) { slices.Values(now)(yield) })
	if err != nil {
		t.Fatal(err)
	}
	now = append(now, telemetry.Metric{Name: "b_total", Help: "B", Label: "kind", Value: "y", Now: 3, Counter: true}, telemetry.Metric{Name: "new", Now: 1})
	lines := strings.Join(collect(t, reader), "\n")
	for _, want := range []string{`h_bucket counter true [{"kind":"x"} {"le":"1"}] 3`, `h_bucket counter true [{"kind":"x"} {"le":"+Inf"}] 5`, `h_sum counter true [{"kind":"x"}] 50`, `h_count counter true [{"kind":"x"}] 5`} {
		if !strings.Contains(lines, want) {
			t.Errorf("no %q in\n%s", want, lines)
		}
	}
	if want := 7; strings.Count(lines, "\n") != want-1 || !strings.Contains(lines, "a gauge [] 1") || !strings.Contains(lines, "b_total counter true") || !strings.Contains(lines, " 3") {
		t.Errorf("%s", lines)
	}
	if err := unregister(); err != nil {
		t.Error(err)
	}
	if lines := collect(t, reader); len(lines) > 0 {
		t.Errorf("after unregister: %s", lines)
	}
}

func TestLogHandler(t *testing.T) {
	var buf bytes.Buffer
	log := slog.New(otel.LogHandler(slog.NewTextHandler(&buf, nil)))
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	log.InfoContext(trace.ContextWithSpanContext(context.Background(), span), "a")
	log.With("k", 1).WithGroup("g").InfoContext(context.Background(), "b")
	lines := strings.Split(buf.String(), "\n")
	if !strings.HasSuffix(lines[0], "msg=a trace_id=01000000000000000000000000000000 span_id=0200000000000000") || !strings.HasSuffix(lines[1], "msg=b k=1") {
		t.Errorf("%q", lines)
	}
}

func ExampleObserve() {
	meter := metric.NewMeterProvider().Meter("shop")
	unregister, err := otel.Observe(meter, telemetry.Tasks())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(unregister())
	// Output: <nil>
}
