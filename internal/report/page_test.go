package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/browser"
	"github.com/inflight-go/inflight/internal/report"
	"golang.org/x/net/html"
)

const evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}\x1b[31m"

// results writes n results, each changed by change.
func results(n int, change func(i int, r map[string]any)) string {
	var b strings.Builder
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range n {
		r := map[string]any{
			"index": i, "method": "GET", "url": fmt.Sprintf("https://a.example/%d", i), "status": 200, "ok": true, "attempts": 1, "bytes": 100,
			"started": start.Add(time.Duration(i) * 10 * time.Millisecond).Format(time.RFC3339Nano), "duration_ms": 50 + i%17*10,
			"timings": map[string]any{"queue": 1, "rate": 2, "dns": 1, "connect": 2, "tls": 3, "ttfb": 30, "body": 5},
		}
		if change != nil {
			change(i, r)
		}
		line, err := json.Marshal(r)
		if err != nil {
			panic(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

// pages are the inputs whose pages must be right, by name.
func pages() map[string]string {
	return map[string]string{
		"nothing":  "",
		"one":      results(1, nil),
		"small":    results(25, nil),
		"large":    results(500, nil),
		"bare":     "{\"ok\":true}\n{\"ok\":false}\n",
		"no start": results(100, func(_ int, r map[string]any) { delete(r, "started") }),
		"no time": results(30, func(_ int, r map[string]any) {
			r["duration_ms"], r["started"] = 0, "2026-01-02T03:04:05Z"
			delete(r, "timings")
		}),
		"failed": results(80, func(_ int, r map[string]any) {
			delete(r, "status")
			r["ok"], r["attempts"], r["error"] = false, 3, map[string]any{"class": "connect", "message": "connection refused"}
		}),
		"broken": `{"ok":true,"started":"` + strings.Repeat("yesterday ", 20) + "\"}\n",
		"hostile": evil + "\n{\"ok\":\"" + strings.ReplaceAll(evil, `"`, "") + "\"}\n" + results(100, func(i int, r map[string]any) {
			r["method"], r["url"], r["ok"], r["status"], r["attempts"] = evil, "https://"+evil+strings.Repeat("long/", 100), false, 500+i, 1e15
			r["error"] = map[string]any{"class": evil + fmt.Sprint(i), "message": strings.Repeat(evil, 30)}
			r["duration_ms"], r["timings"] = []float64{1e300, 1e-9, 5e7}[i%3], map[string]any{"queue": 1e300, "ttfb": 1}
		}),
	}
}

func page(t *testing.T, input string) string {
	t.Helper()
	var b bytes.Buffer
	if err := read(t, strings.NewReader(input)).WriteHTML(&b, "out.jsonl "+evil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A page has no script and asks for nothing, whatever is in the results, and each of
// its charts has a name and a description.
func TestPageIsSelfContained(t *testing.T) {
	for name, input := range pages() {
		t.Run(name, func(t *testing.T) {
			markup := page(t, input)
			root, err := html.Parse(strings.NewReader(markup))
			if err != nil {
				t.Fatal(err)
			}
			ids := map[string]bool{}
			for n := range root.Descendants() {
				checkNode(t, n, ids)
			}
			for n := range root.Descendants() {
				for _, a := range n.Attr {
					if a.Key != "aria-labelledby" {
						continue
					}
					for id := range strings.FieldsSeq(a.Val) {
						if !ids[id] {
							t.Errorf("nothing has the id %q", id)
						}
					}
				}
			}
			if strings.ContainsAny(markup, "\x1b\x00") || strings.Contains(markup, "ZgotmplZ") || strings.Contains(markup, "NaN") {
				t.Error("something is in the page that should not")
			}
		})
	}
}

func checkNode(t *testing.T, n *html.Node, ids map[string]bool) {
	t.Helper()
	if n.Type != html.ElementNode {
		return
	}
	switch n.Data {
	case "script", "img", "iframe", "object", "embed", "base", "form", "b":
		t.Errorf("a %s is in the page", n.Data)
	}
	for _, a := range n.Attr {
		switch {
		case strings.HasPrefix(a.Key, "on"):
			t.Errorf("%s has a handler: %s", n.Data, a.Key)
		case a.Key == "src", a.Key == "href" && a.Val != "data:,":
			t.Errorf("%s asks for %q", n.Data, a.Val)
		case a.Key == "id":
			if ids[a.Val] {
				t.Errorf("two elements have the id %q", a.Val)
			}
			ids[a.Val] = true
		}
	}
	if n.Data == "svg" {
		var first []string
		for child := range n.ChildNodes() {
			if child.Type == html.ElementNode && child.FirstChild != nil && len(first) < 2 {
				first = append(first, child.Data)
			}
		}
		if fmt.Sprint(first) != "[title desc]" {
			t.Errorf("a chart begins with %v, not with a title and a description", first)
		}
	}
}

// charts counts the charts of a page by the part of their ids that says which they
// are.
func charts(markup string) string {
	var names []string
	for _, name := range []string{"latency", "throughput", "running", "waterfall-all", "waterfall-first", "waterfall-spread", "waterfall-slowest", "waterfall-last"} {
		wide, narrow := strings.Count(markup, `id="`+name+`-wide-t"`), strings.Count(markup, `id="`+name+`-narrow-t"`)
		if wide == 1 && narrow == 1 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func TestChartsOfAPage(t *testing.T) {
	inputs := pages()
	const large = "latency throughput running waterfall-first waterfall-spread waterfall-slowest waterfall-last"
	for name, want := range map[string]string{
		"nothing":  "",
		"broken":   "",
		"one":      "latency throughput running waterfall-all",
		"small":    "latency throughput running waterfall-all",
		"large":    large,
		"bare":     "waterfall-all",
		"no start": "latency waterfall-spread waterfall-slowest",
		"no time":  "latency waterfall-all",
		"failed":   large,
		"hostile":  large,
	} {
		if got := charts(page(t, inputs[name])); got != want {
			t.Errorf("%s: the charts are %q, want %q", name, got, want)
		}
	}
}

func TestOneSlowRequestDoesNotHideTheOthers(t *testing.T) {
	const said = "what took longer is cut"
	if strings.Contains(page(t, results(200, nil)), said) {
		t.Error("something is cut where all are alike")
	}
	slow := results(200, func(i int, r map[string]any) {
		if i == 3 {
			r["duration_ms"] = 60_000
		}
	})
	if !strings.Contains(page(t, slow), said) {
		t.Error("nothing is cut where one takes a minute")
	}
}

func TestAtMost200Bars(t *testing.T) {
	markup := page(t, results(5000, nil))
	if n := strings.Count(markup, "<g>"); n == 0 || n > 2*200 { // each is drawn for two widths
		t.Errorf("%d bars", n/2)
	}
	if len(markup) > 2<<20 {
		t.Errorf("the page has %d bytes", len(markup))
	}
}

func TestPageIsDeterministic(t *testing.T) {
	for name, input := range pages() {
		if first, second := page(t, input), page(t, input); first != second {
			t.Errorf("%s: two pages of the same differ", name)
		}
	}
}

func TestWriteErrorsAreReturned(t *testing.T) {
	s := read(t, strings.NewReader(few))
	for name, write := range map[string]func(io.Writer) error{
		"text": func(w io.Writer) error { return s.WriteText(w, 80) },
		"json": s.WriteJSON,
		"html": func(w io.Writer) error { return s.WriteHTML(w, "") },
	} {
		if err := write(full{}); err == nil || err.Error() != "full" {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("full") }

// A browser shows the pages without a word on its console, and has the charts.
func TestPageInABrowser(t *testing.T) {
	path := browser.Path(t)
	dir := t.TempDir()
	for _, name := range []string{"large", "hostile"} {
		file := filepath.Join(dir, name+".html")
		markup := page(t, pages()[name])
		if err := os.WriteFile(file, []byte(markup), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, log bytes.Buffer
		cmd := exec.CommandContext(t.Context(), path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
			"--user-data-dir="+filepath.Join(dir, "profile-"+name), "--dump-dom", "file://"+filepath.ToSlash(file))
		cmd.Stdout, cmd.Stderr = &out, &log
		if err := cmd.Run(); err != nil {
			t.Skipf("%s does not run here: %v", path, err)
		}
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, "CONSOLE") {
				t.Errorf("%s: %s", name, line)
			}
		}
		if got, want := charts(out.String()), charts(markup); got != want || got == "" {
			t.Errorf("%s: the charts are %q, want %q", name, got, want)
		}
	}
}

func ExampleSummary_WriteHTML() {
	s, err := report.Read(context.Background(), strings.NewReader(`{"index":0,"url":"https://example.com/","status":200,"ok":true,"duration_ms":12}`))
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	if err := s.WriteHTML(&b, "out.jsonl"); err != nil {
		panic(err)
	}
	fmt.Println(strings.Count(b.String(), "<svg"), "pictures, each for two widths:", charts(b.String()))
	// Output: 4 pictures, each for two widths: latency waterfall-all
}
