package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/chart"
)

var update = flag.Bool("update", false, "write the golden files")

// writer is what all charts are.
type writer interface{ WriteSVG(io.Writer) error }

func render(t *testing.T, c writer) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements reads all of the markup, so that it is well-formed, and counts the
// elements.
func elements(t *testing.T, markup string) map[string]int {
	t.Helper()
	count := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(markup))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return count
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, markup)
		}
		if start, ok := token.(xml.StartElement); ok {
			count[start.Name.Local]++
		}
	}
}

func bench(width float64) chart.Timeline {
	c := chart.Timeline{Figure: chart.Figure{ID: "bench", Width: width}}
	for _, n := range []int{5, 10, 20, 50, 100, 1000} {
		c.Cases = append(c.Cases, chart.Case{
			N: n, Sequential: time.Duration(n) * 1003 * time.Millisecond, Computed: n > 20,
			Concurrent: time.Second + time.Duration(n)*120*time.Microsecond,
		})
	}
	return c
}

func latency(width float64) chart.Plot {
	return chart.Plot{
		Figure: chart.Figure{ID: "latency", Title: "Latency", Desc: "How long requests took.", Width: width, Inline: true},
		X:      chart.Axis{Min: 0.001, Max: 10, Log: true, Clock: true, Label: "duration", Format: chart.Seconds},
		Y:      chart.Axis{Max: 40, Label: "requests"},
		Layers: []chart.Layer{
			chart.Bars{Ink: chart.Blue, Bars: []chart.Bar{{X0: 0.01, X1: 0.02, Y1: 10, Tip: "10 ok"}, {X0: 0.02, X1: 0.04, Y1: 38}}},
			chart.Bars{Ink: chart.Red, Bars: []chart.Bar{{X0: 0.02, X1: 0.04, Y0: 38, Y1: 40}, {X0: 5, X1: 6, Y1: 1}, {X0: 7, X1: 8}}},
			chart.Curve{Ink: chart.Green, Steps: []chart.Step{{X0: 0.001, X1: 0.1, Y: 5}, {X0: 0.1, X1: 10, Y: 20}}},
		},
		Keys:  []chart.Key{{Text: "ok", Ink: chart.Blue}, {Text: "failed", Ink: chart.Red}, {Text: "in flight", Ink: chart.Green}},
		Marks: []chart.Mark{{X: 0.03, Text: "p50 30 ms"}, {X: 0.04, Text: "p90 40 ms"}, {X: 5.5, Text: "p99 5.5 s"}},
	}
}

func waterfall(width float64) chart.Rows {
	return chart.Rows{
		Figure: chart.Figure{ID: "rows", Title: "Waterfall", Desc: "When requests ran.", Width: width},
		X:      chart.Axis{Max: 10, Clock: true, Label: "time", Format: chart.Seconds},
		Keys:   []chart.Key{{Text: "waiting", Ink: chart.Grey}, {Text: "first byte", Ink: chart.Blue}},
		Rows: []chart.Row{
			{Label: "GET https://example.com/a", Note: "1 s 200", Parts: []chart.Part{{0.2, chart.Grey}, {0.8, chart.Blue}}},
			{Label: "GET https://example.com/" + strings.Repeat("long/", 40), Note: "9 s timeout", Bad: true, Tip: "it took too long",
				Start: 1, Parts: []chart.Part{{9, chart.Blue}}},
			{Label: "too short to see", Start: 10, Parts: []chart.Part{{0.0001, chart.Blue}}},
			{Label: "nothing at all"},
		},
	}
}

func TestGolden(t *testing.T) {
	for name, c := range map[string]writer{
		"timeline.svg": bench(880), "timeline-narrow.svg": bench(400),
		"plot.svg": latency(880), "plot-narrow.svg": latency(400),
		"rows.svg": waterfall(880), "rows-narrow.svg": waterfall(400),
	} {
		got := render(t, c)
		elements(t, got)
		if got != render(t, c) {
			t.Errorf("%s: two renderings differ", name)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
			t.Errorf("%s is not what it was: look at it, then run the test with -update", file)
		}
	}
}

func TestTimelineMarksWhatIsComputed(t *testing.T) {
	svg := render(t, bench(880))
	if got, want := strings.Count(svg, "(computed)</text>"), 3; got != want {
		t.Errorf("%d bars are marked as computed, want %d", got, want)
	}
	if got, want := strings.Count(svg, `fill="url(#bench-grey)"`), 4; got != want { // 3 bars and the legend
		t.Errorf("%d shapes are hatched, want %d", got, want)
	}
	measured := bench(880)
	measured.Cases = measured.Cases[:3]
	if svg := render(t, measured); strings.Contains(svg, "computed") || strings.Contains(svg, "pattern") {
		t.Error("computed is spoken of where all is measured")
	}
}

// Whatever a text or a value is, the markup stays well-formed, and nothing in it
// is markup that was not meant.
func TestHostileTextsAndValues(t *testing.T) {
	const evil = "\"'><script>alert(1)</script>\x00\x1b[31m\xff]]>&amp;"
	nan, inf := math.NaN(), math.Inf(1)
	figure := chart.Figure{ID: "x", Title: evil, Desc: evil}
	for _, c := range []writer{
		chart.Plot{},
		chart.Plot{Figure: figure, X: chart.Axis{Label: evil, Log: true, Min: -1, Max: nan}, Y: chart.Axis{Label: evil, Max: inf},
			Keys:  []chart.Key{{Text: evil, Ink: chart.Red}},
			Marks: []chart.Mark{{X: nan, Text: evil}, {X: inf, Text: evil}},
			Layers: []chart.Layer{
				chart.Bars{Ink: chart.Red, Bars: []chart.Bar{{X0: nan, X1: inf, Y0: nan, Y1: nan, Tip: evil}}},
				chart.Curve{Ink: chart.Red, Steps: []chart.Step{{X0: nan, X1: inf, Y: nan}}}, chart.Curve{},
			}},
		chart.Rows{},
		chart.Rows{Figure: figure, Rows: []chart.Row{{Label: evil, Note: evil, Tip: evil, Start: nan, Parts: []chart.Part{{nan, chart.Red}, {inf, chart.Red}}}}},
		chart.Groups{},
		chart.Groups{Figure: figure, Note: evil, Groups: []chart.Group{{Name: evil, Bars: []chart.GroupBar{{Value: nan, Text: evil, Hatched: true, Ink: chart.Red}}}}},
		chart.Timeline{},
		chart.Timeline{Cases: []chart.Case{{N: -1, Sequential: -1}, {}}},
	} {
		svg := render(t, c)
		if n := elements(t, svg)["script"]; n != 0 {
			t.Errorf("a script got through:\n%s", svg)
		}
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("a coordinate is no number:\n%s", svg)
		}
	}
}

func TestWriteErrorIsReturned(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []writer{chart.Plot{}, chart.Rows{}, chart.Groups{}, chart.Timeline{}} {
		if err := c.WriteSVG(failing{boom}); !errors.Is(err, boom) {
			t.Errorf("%T: error %v, want boom", c, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func ExampleTimeline() {
	var b strings.Builder
	c := chart.Timeline{Cases: []chart.Case{{N: 100, Sequential: 100 * time.Second, Concurrent: time.Second, Computed: true}}}
	if err := c.WriteSVG(&b); err != nil {
		panic(err)
	}
	os.Stdout.WriteString(b.String()[:100])
	// Output: <svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 880 162" width="880" height="162"
}
