package telemetry

import (
	"bufio"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Handler answers with the metrics of the sources in the text format of Prometheus,
// version 0.0.4.
func Handler(sources ...Source) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_ = Write(w, sources...) // who asks has gone
	})
}

// Write writes the metrics of the sources in that format. Its error is that of w. It
// panics for a metric whose name or label can't be written.
func Write(w io.Writer, sources ...Source) error {
	buf := bufio.NewWriter(w)
	last := ""
	for _, source := range sources {
		for m := range source {
			m.check()
			if m.Name != last {
				last = m.Name
				_, _ = buf.WriteString("# HELP " + m.Name + " " + escapeHelp.Replace(m.Help) + "\n# TYPE " + m.Name + " " + m.kind() + "\n")
			}
			var labels []string
			if m.Label != "" {
				labels = []string{m.Label + "=" + quote(m.Value)}
			}
			if m.Histogram != nil {
				writeHistogram(buf, m.Name, labels, m.Histogram)
				continue
			}
			writeSample(buf, m.Name, labels, m.Now)
		}
	}
	return buf.Flush()
}

func (m Metric) kind() string {
	switch {
	case m.Histogram != nil:
		return "histogram"
	case m.Counter:
		return "counter"
	}
	return "gauge"
}

func writeSample(buf *bufio.Writer, name string, labels []string, value float64) {
	_, _ = buf.WriteString(name)
	if len(labels) > 0 {
		_, _ = buf.WriteString("{" + strings.Join(labels, ",") + "}")
	}
	_, _ = buf.WriteString(" " + number(value) + "\n")
}

// writeHistogram writes a line for each bound, one for all, and the sum.
func writeHistogram(buf *bufio.Writer, name string, labels []string, h *Histogram) {
	upTo, all := h.Cumulative()
	bounded := append(slices.Clone(labels), "")
	for i, bound := range h.Upper {
		bounded[len(labels)] = "le=" + quote(number(bound))
		writeSample(buf, name+"_bucket", bounded, float64(upTo[i]))
	}
	bounded[len(labels)] = `le="+Inf"`
	writeSample(buf, name+"_bucket", bounded, float64(all))
	writeSample(buf, name+"_sum", labels, h.Sum)
	writeSample(buf, name+"_count", labels, float64(all))
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

var (
	escapeHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	escapeValue = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func quote(value string) string {
	return `"` + escapeValue.Replace(strings.ToValidUTF8(value, "\uFFFD")) + `"`
}
