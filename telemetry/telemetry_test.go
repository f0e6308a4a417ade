package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/hub"
	"github.com/inflight-go/inflight/serve"
	"github.com/inflight-go/inflight/telemetry"
)

func source(all ...telemetry.Metric) telemetry.Source { return slices.Values(all) }

func TestText(t *testing.T) {
	var b strings.Builder
	err := telemetry.Write(&b,
		source(telemetry.Metric{Name: "a_total", Help: "One\nline \\", Counter: true, Now: 3}),
		source(telemetry.Metric{Name: "h", Help: "H", Label: "x", Value: "y", Histogram: &telemetry.Histogram{Upper: []float64{0, 2.5}, Counts: []uint64{4, 1, 2}, Sum: 99}}),
		source(telemetry.Metric{Name: "b", Help: "B", Label: "x", Value: "say \"hi\"\\\n\xff", Now: 0.5}, telemetry.Metric{Name: "b", Help: "B", Label: "x", Now: 1e21}))
	const want = `# HELP a_total One\nline \\
# TYPE a_total counter
a_total 3
# HELP h H
# TYPE h histogram
h_bucket{x="y",le="0"} 4
h_bucket{x="y",le="2.5"} 5
h_bucket{x="y",le="+Inf"} 7
h_sum{x="y"} 99
h_count{x="y"} 7
# HELP b B
# TYPE b gauge
b{x="say \"hi\"\\\n` + "\uFFFD" + `"} 0.5
b{x=""} 1e+21
`
	if b.String() != want || err != nil {
		t.Errorf("%s%v, want\n%s", &b, err, want)
	}
}

func TestWhatIsNoName(t *testing.T) {
	for _, m := range []telemetry.Metric{{}, {Name: "a b"}, {Name: "1a"}, {Name: "a", Label: "é"},
		{Name: "a", Histogram: &telemetry.Histogram{Upper: []float64{1}, Counts: []uint64{1}}}, {Name: "a", Label: "le", Histogram: &telemetry.Histogram{Counts: []uint64{1}}}} {
		func() {
			defer func() {
				if p, _ := recover().(string); !strings.HasPrefix(p, "inflight/telemetry: ") {
					t.Errorf("%+v: %q", m, p)
				}
			}()
			_ = telemetry.Write(new(strings.Builder), source(m))
		}()
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestWriteFails(t *testing.T) {
	if err := telemetry.Write(full{}, source(telemetry.Metric{Name: "a"})); err == nil {
		t.Error("nobody was told")
	}
}

func TestTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_ = inflight.Run(t.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
			for range 3 {
				g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Second) })
			}
			synctest.Wait()
			found := false
			for m := range telemetry.Tasks() {
				found = found || m.Value == "sleep" && m.Now >= 3
			}
			if !found {
				t.Error("three tasks sleep, and are not counted")
			}
			return nil
		})
	})
}

// All that the parts of this module count can be written, and no name is said twice.
func TestAllSources(t *testing.T) {
	s := serve.New(serve.Options{})
	s.HTTP("127.0.0.1:0", nil)
	s.Admin("127.0.0.1:0", nil)
	h := hub.New(hub.Options{})
	w := httptest.NewRecorder()
	telemetry.Handler(telemetry.Tasks(), s.Metrics(), h.Metrics()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text := w.Body.String()
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		if seen[line] {
			t.Errorf("twice: %s", line)
		}
		seen[line] = true
		if name, kind, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "# TYPE "), " "); ok && line[0] == '#' && strings.HasPrefix(line, "# TYPE") {
			if strings.HasSuffix(name, "_total") != (kind == "counter") {
				t.Errorf("%s is a %s", name, kind)
			}
		}
	}
	for _, want := range []string{"inflight_tasks{waiting=\"\"}", `inflight_server_accepted_total{listener="http 127.0.0.1:0"} 0`, "inflight_hub_clients 0"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	w = httptest.NewRecorder()
	telemetry.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/metrics", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Error(w.Code)
	}
}

// A server shows what it counts where its probes are.
func ExampleHandler() {
	s := serve.New(serve.Options{})
	s.HTTP(":8080", http.DefaultServeMux)
	admin := http.NewServeMux()
	admin.Handle("/", s.Health)
	admin.Handle("/metrics", telemetry.Handler(telemetry.Tasks(), s.Metrics()))
	s.Admin("127.0.0.1:9090", admin)
}

// How long jobs took, in seconds.
func ExampleHistogram() {
	took := telemetry.Histogram{Upper: []float64{0.1, 1}, Counts: []uint64{5, 2, 1}, Sum: 9.5}
	upTo, all := took.Cumulative()
	fmt.Println(upTo, all)
	jobs := func(yield func(telemetry.Metric) bool) {
		yield(telemetry.Metric{Name: "shop_job_seconds", Help: "How long jobs took", Histogram: &took})
	}
	if err := telemetry.Write(os.Stdout, jobs); err != nil {
		fmt.Println(err)
	}
	// Output:
	// [5 7] 8
	// # HELP shop_job_seconds How long jobs took
	// # TYPE shop_job_seconds histogram
	// shop_job_seconds_bucket{le="0.1"} 5
	// shop_job_seconds_bucket{le="1"} 7
	// shop_job_seconds_bucket{le="+Inf"} 8
	// shop_job_seconds_sum 9.5
	// shop_job_seconds_count 8
}

func ExampleWrite() {
	jobs := func(yield func(telemetry.Metric) bool) {
		yield(telemetry.Metric{Name: "shop_jobs_total", Help: "Jobs that were done", Counter: true, Now: 7})
	}
	if err := telemetry.Write(os.Stdout, jobs); err != nil {
		fmt.Println(err)
	}
	// Output:
	// # HELP shop_jobs_total Jobs that were done
	// # TYPE shop_jobs_total counter
	// shop_jobs_total 7
}
