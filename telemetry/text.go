package telemetry

import (
	"bufio"
	"io"
	"net/http"
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
				kind := "gauge"
				if m.Counter {
					kind = "counter"
				}
				_, _ = buf.WriteString("# HELP " + m.Name + " " + escapeHelp.Replace(m.Help) + "\n# TYPE " + m.Name + " " + kind + "\n")
			}
			_, _ = buf.WriteString(m.Name)
			if m.Label != "" {
				_, _ = buf.WriteString("{" + m.Label + "=" + quote(m.Value) + "}")
			}
			_, _ = buf.WriteString(" " + strconv.FormatFloat(m.Now, 'g', -1, 64) + "\n")
		}
	}
	return buf.Flush()
}

var (
	escapeHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	escapeValue = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func quote(value string) string {
	return `"` + escapeValue.Replace(strings.ToValidUTF8(value, "\uFFFD")) + `"`
}
