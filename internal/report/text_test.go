package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/report"
)

var update = flag.Bool("update", false, "write the golden files")

func text(t *testing.T, input string, width int) string {
	t.Helper()
	var b bytes.Buffer
	if err := read(t, strings.NewReader(input)).WriteText(&b, width); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	mixed := results(300, func(i int, r map[string]any) {
		switch {
		case i%50 == 7:
			delete(r, "status")
			r["ok"], r["duration_ms"], r["error"] = false, 5000, map[string]any{"class": "timeout", "message": "no answer within 5s: raise --timeout"}
		case i%40 == 3:
			r["ok"], r["status"], r["attempts"], r["error"] = false, 503, 5, map[string]any{"class": "http", "message": "503 Service Unavailable"}
		case i%9 == 0:
			r["url"] = "http://other.example:8080/some/longer/path?with=a&query=string"
		}
	}) + "a line of a log\n" + line(299, true, 70)
	var js bytes.Buffer
	if err := read(t, strings.NewReader(mixed)).WriteJSON(&js); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{
		"few.txt": text(t, few, 0), "mixed.txt": text(t, mixed, 100), "narrow.txt": text(t, mixed, 50), "mixed.json": js.String(),
	} {
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
			t.Errorf("%s is not what it was: look at it, then run the test with -update\n%s", name, got)
		}
	}
}

func TestTextKeepsItsWidth(t *testing.T) {
	for name, input := range pages() {
		for _, width := range []int{80, 100, 160} {
			for line := range strings.Lines(text(t, input, width)) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width && name != "hostile" {
					t.Errorf("%s: a line of %d characters where %d are allowed:\n%s", name, n, width, line)
				}
				if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == 0x202e }) {
					t.Errorf("%s: %q steers the terminal", name, line)
				}
			}
		}
	}
}

func TestJSONOfNothingHasArrays(t *testing.T) {
	var b bytes.Buffer
	if err := read(t, strings.NewReader("")).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "null") || !json.Valid(b.Bytes()) {
		t.Error(b.String())
	}
}

func ExampleRead() {
	results := `{"index":0,"url":"https://example.com/a","status":200,"ok":true,"attempts":1,"bytes":512,"started":"2026-01-02T03:04:05Z","duration_ms":800}
{"index":1,"url":"https://example.com/b","status":200,"ok":true,"attempts":1,"bytes":512,"started":"2026-01-02T03:04:05Z","duration_ms":1000}
{"index":2,"url":"https://example.com/c","ok":false,"attempts":2,"started":"2026-01-02T03:04:05Z","duration_ms":900,"error":{"class":"timeout","message":"no answer"}}
`
	s, err := report.Read(context.Background(), strings.NewReader(results))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d of %d failed, %.1f times as fast\n", s.Failed, s.Requests, s.Speedup())
	fmt.Println(s.Hosts[0].Name, s.Duration.Max)
	// Output:
	// 1 of 3 failed, 2.7 times as fast
	// example.com 1s
}

func ExampleSummary_WriteText() {
	s, err := report.Read(context.Background(), strings.NewReader(few))
	if err != nil {
		panic(err)
	}
	if err := s.WriteText(os.Stdout, 72); err != nil {
		panic(err)
	}
	// Output:
	// 5 requests: 2 ok, 3 failed (60 %); 5 retries, 1.46 KiB, 1 body cut
	// 3 s from 2026-01-02 03:04:05 UTC, 1.67 requests/s
	// one after the other it would have taken 3.47 s: 1.16 times as long
	//
	//                p50    p90    p95    p99    max
	// duration    403 ms    2 s    2 s    2 s    2 s
	// first byte   60 ms  70 ms  70 ms  70 ms  70 ms
	//
	//   from      to  requests
	// 100 ms  158 ms         1  ████████████████████████████████
	// 158 ms  251 ms         0
	// 251 ms  398 ms         0
	// 398 ms  631 ms         1  ████████████████████████████████
	// 631 ms     1 s         0
	//    1 s  1.58 s         1  ████████████████████████████████
	// 1.58 s  2.51 s         1  ████████████████████████████████
	//
	// status  requests  share
	// none           2   40 %
	// 200            2   40 %
	// 503            1   20 %
	//
	// error     requests  first row  which says
	// http             1          2  503 Service Unavailable
	// timeout          1          3  no answer in 2s
	// template         1          4  row 4 has no "id"
	//
	// requests  failed  retries     p50  p99     bytes  host
	//        3       1        1  403 ms  2 s  1.46 KiB  a.example
	//        1       1        0       –    –       0 B  (none)
	//        1       1        4     1 s  1 s       0 B  b.example:8080
	//
	// slowest  row  ended as  request
	//     2 s    3   timeout  https://a.example/t
	//     1 s    2  503 http  POST http://B.example:8080/z
	//  400 ms    1       200  GET https://a.example/y
	//  100 ms    0       200  GET https://a.example/x
	//
	// 3 lines that are no results left out
	//   line 4: no result: it is no JSON object
	//   line 7: no result: it has no "ok"
	//   line 9: broken: ok: "tr" is neither true nor false
}

func ExampleSummary_WriteJSON() {
	s, err := report.Read(context.Background(), strings.NewReader(few))
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	if err := s.WriteJSON(&b); err != nil {
		panic(err)
	}
	var v struct {
		Failed   int
		Duration struct{ Max float64 } `json:"duration_ms"`
	}
	if err := json.Unmarshal(b.Bytes(), &v); err != nil {
		panic(err)
	}
	fmt.Println(v.Failed, "failed; the slowest took", v.Duration.Max, "ms")
	// Output: 3 failed; the slowest took 2000 ms
}
