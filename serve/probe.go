package serve

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"
)

// ServeHTTP answers /livez, /readyz and /startupz, below whatever path it is mounted
// at: with 200 and "ok", or with 503 and the names of the checks that have failed. With
// ?verbose it says what each check has said, errors included: that is for those who
// look after the program, as are the listeners of Admin.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	p := Probe(path.Base(r.URL.Path))
	if p != Liveness && p != Readiness && p != Startup {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, "the probes are /%s, /%s and /%s, each with ?verbose\n", Liveness, Readiness, Startup)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	findings, yes := h.Ask(r.Context(), p)
	if !yes {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if r.URL.Query().Has("verbose") {
		for _, f := range findings {
			fmt.Fprintln(w, f)
		}
	}
	fmt.Fprintln(w, verdict(findings))
}

// verdict is the last line of an answer.
func verdict(findings []Finding) string {
	var failed []string
	for _, f := range findings {
		if f.Err != nil {
			failed = append(failed, f.Name)
		}
	}
	if failed == nil {
		return "ok"
	}
	return "failed: " + strings.Join(failed, ", ")
}

// String returns a line, "database: ok, 3ms, 1s ago".
func (f Finding) String() string {
	text := "ok"
	if f.Err != nil {
		text = f.Err.Error()
	}
	if f.Took > 0 {
		text += fmt.Sprintf(", %v", f.Took.Round(time.Microsecond))
	}
	return fmt.Sprintf("%s: %s, %v ago", f.Name, strings.ReplaceAll(text, "\n", " "), time.Since(f.At).Round(time.Millisecond))
}
