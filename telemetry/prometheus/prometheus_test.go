package prometheus_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/serve"
	"github.com/inflight-go/inflight/telemetry"
	"github.com/inflight-go/inflight/telemetry/prometheus"
	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// The library writes what telemetry.Write writes.
func TestCollector(t *testing.T) {
	s := serve.New(serve.Options{})
	s.HTTP("127.0.0.1:0", nil)
	source := slices.Values([]telemetry.Metric{
		{Name: "b_total", Help: "B", Label: "kind", Value: "say \"hi\"", Now: 2, Counter: true},
		{Name: "c", Help: "C", Now: 0.5},
		{Name: "d", Help: "D", Label: "kind", Value: "x", Histogram: &telemetry.Histogram{Upper: []float64{1, 10}, Counts: []uint64{3, 0, 2}, Sum: 50}},
	})
	var want strings.Builder
	if err := telemetry.Write(&want, source, s.Metrics()); err != nil {
		t.Fatal(err)
	}
	registry := client.NewPedanticRegistry()
	registry.MustRegister(prometheus.Collector(source, s.Metrics(), telemetry.Tasks()))
	var names []string
	for line := range strings.Lines(want.String()) {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			names = append(names, strings.Fields(name)[0])
		}
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want.String()), names...); err != nil {
		t.Error(err)
	}
}

// What a registry can't take is an error of its own.
func TestBadMetrics(t *testing.T) {
	registry := client.NewRegistry()
	registry.MustRegister(prometheus.Collector(slices.Values([]telemetry.Metric{{Name: "a", Label: "b", Value: "\xff"}})))
	if _, err := registry.Gather(); err == nil {
		t.Error("nobody was told")
	}
}

func ExampleCollector() {
	registry := client.NewRegistry()
	registry.MustRegister(prometheus.Collector(telemetry.Tasks()))
	families, err := registry.Gather()
	fmt.Println(families[0].GetName(), err)
	// Output: inflight_tasks <nil>
}
