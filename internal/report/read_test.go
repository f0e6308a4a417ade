package report_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/inflight-go/inflight/internal/report"
	"github.com/klauspost/compress/zstd"
)

// few are results of all kinds, and lines that are none.
const few = `{"index":0,"method":"GET","url":"https://a.example/x","status":200,"ok":true,"attempts":1,"bytes":1000,"started":"2026-01-02T03:04:05Z","duration_ms":100,"timings":{"queue":10,"rate":20,"dns":1,"connect":2,"tls":3,"ttfb":60,"body":4},"json":{"ok":false,"x":[1,"}"]}}
{"index":1,"method":"GET","url":"https://a.example/y","status":200,"ok":true,"attempts":2,"bytes":500,"truncated":true,"started":"2026-01-02T03:04:05.1Z","duration_ms":400.5,"timings":{"ttfb":70}}

not json
{"index":2,"method":"POST","url":"http://B.example:8080/z","status":503,"ok":false,"attempts":5,"started":"2026-01-02T03:04:05.05Z","duration_ms":1000,"error":{"class":"http","message":"503 Service Unavailable","attempts":[{"status":503,"wait_ms":500}]}}
{"index":3,"url":"https://a.example/t","ok":false,"attempts":1,"started":"2026-01-02T03:04:06Z","duration_ms":2000,"error":{"class":"timeout","message":"no answer in \u0032s"}}
{"level":"info","msg":"a log line"}
{"index":4,"ok":false,"error":{"class":"template","message":"row 4 has no \"id\""}}
{"index":5,"url":"https://a.example/torn","ok":tr`

func read(t testing.TB, r io.Reader) *report.Summary {
	t.Helper()
	s, err := report.Read(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReadCounts(t *testing.T) {
	s := read(t, strings.NewReader(few))
	for _, x := range []struct {
		name      string
		got, want any
	}{
		{"lines", s.Lines, int64(9)},
		{"requests", s.Requests, int64(5)},
		{"ok", s.OK, int64(2)},
		{"failed", s.Failed, int64(3)},
		{"retries", s.Retries, int64(5)},
		{"truncated", s.Truncated, int64(1)},
		{"bytes", s.Bytes, int64(1500)},
		{"broken", s.Broken, int64(3)},
		{"start", s.Start, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		{"wall", s.Wall(), 3 * time.Second},
		{"work", s.Work, 3470500 * time.Microsecond},
		{"speed-up", fmt.Sprintf("%.4f", s.Speedup()), "1.1568"},
		{"throughput", fmt.Sprintf("%.4f", s.Throughput()), "1.6667"},
		{"durations", s.Duration.N, int64(4)},
		{"longest", s.Duration.Max, 2 * time.Second},
		{"first bytes", s.TTFB.N, int64(2)},
		{"statuses", fmt.Sprint(s.Statuses), "[{0 2} {200 2} {503 1}]"},
		{"classes", fmt.Sprint(s.Classes), `[{http 1 503 Service Unavailable 2 5} {timeout 1 no answer in 2s 3 6} {template 1 row 4 has no "id" 4 8}]`},
		{"hosts", fmt.Sprintf("%d %s %d %d %s %s", len(s.Hosts), s.Hosts[0].Name, s.Hosts[0].Requests, s.Hosts[0].Failed, s.Hosts[1].Name, s.Hosts[2].Name),
			"3 a.example 3 1 (none) b.example:8080"},
		{"slowest", fmt.Sprint(s.Slowest[0]), "{6 3  https://a.example/t 0 false timeout 2s}"},
		{"problems", fmt.Sprint(s.Problems), `[{4 no result: it is no JSON object} {7 no result: it has no "ok"} {9 broken: ok: "tr" is neither true nor false}]`},
	} {
		if x.got != x.want {
			t.Errorf("%s: %v, want %v", x.name, x.got, x.want)
		}
	}
}

func TestWorkLeavesOutTheWaiting(t *testing.T) {
	for _, x := range []struct{ duration, queue, rate, backoff, ttfb, want float64 }{
		{100, 10, 20, 0, 60, 70},
		{100, 10, 20, 30, 30, 40},
		{100, 0, 0, 0, 100, 100},
		{100, 500, 500, 0, 100, 100}, // a duration that the waits are not in
		{100, 500, 500, 0, 900, 100},
		{-1, 5, 5, 5, 5, 0},
	} {
		if got := report.Work(x.duration, x.queue, x.rate, x.backoff, x.ttfb); got != x.want {
			t.Errorf("work of %+v: %v", x, got)
		}
	}
}

// The time to the first byte includes the connection; the parts of a bar follow each
// other.
func TestPartsOfABar(t *testing.T) {
	for record, want := range map[string]string{
		`"duration_ms":100,"timings":{"queue":10,"dns":5,"connect":10,"tls":15,"ttfb":80,"body":10}`: "waiting for a place 10 ms, dns 5 ms, connect 10 ms, tls 15 ms, waiting for the first byte 50 ms, body 10 ms",
		`"duration_ms":100,"timings":{"ttfb":90,"body":10}`:                                          "waiting for the first byte 90 ms, body 10 ms",
		`"duration_ms":50,"timings":{"dns":5,"connect":30}`:                                          "dns 5 ms, connect 30 ms, not told apart 15 ms",
		`"duration_ms":900,"attempts":3,"timings":{"rate":100,"backoff":500,"ttfb":100}`:             "waiting for the rate 100 ms, earlier attempts 200 ms, waiting to try again 500 ms, waiting for the first byte 100 ms",
		`"duration_ms":900,"attempts":3`:                                                             "not told apart 900 ms",
		`"duration_ms":100,"timings":{"queue":100}`:                                                  "waiting for a place 100 ms",
		`"duration_ms":0`: "",
		`"status":200`:    "",
	} {
		s := read(t, strings.NewReader(`{"ok":true,`+record+`}`))
		if got := s.Parts(); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", record, got, want)
		}
	}
}

func TestTimeToTheFirstByteIsAsItIsWritten(t *testing.T) {
	s := read(t, strings.NewReader(`{"ok":true,"timings":{"connect":30,"ttfb":80}}`+"\n"+`{"ok":true,"timings":{"connect":30}}`))
	if s.TTFB.N != 1 || s.TTFB.Max != 80*time.Millisecond {
		t.Errorf("%+v", s.TTFB)
	}
}

func TestProblemsNameTheLineAndTheField(t *testing.T) {
	for line, want := range map[string]string{
		`[1,2]`:                             "no result: it is no JSON object",
		`{}`:                                `no result: it has no "ok"`,
		`{"ok":null}`:                       `no result: it has no "ok"`,
		`{"ok":true`:                        "broken: it ends in the middle",
		`{"ok":true,"body":"abc\"`:          "broken: body: it ends in the middle",
		`{"ok":true} {`:                     "broken: something follows the object at byte 13",
		`{"ok":true,"status":"200"}`:        `broken: status: "\"200\"" is no number`,
		`{"ok":"yes"}`:                      `broken: ok: "\"yes\"" is neither true nor false`,
		`{"ok":true,"duration_ms":-3}`:      `broken: duration_ms: "-3" is below 0`,
		`{"ok":true,"index":1.5}`:           `broken: index: 1.5 is no whole number`,
		`{"ok":true,"index":1e30}`:          `broken: index: 1e30 is no whole number`,
		`{"ok":true,"started":"yesterday"}`: `broken: started: "yesterday" is no time as in 2026-01-02T03:04:05Z`,
		`{"ok":true,"url":7}`:               `broken: url: "7" is no string`,
		`{"ok":true,"url":"\q"}`:            `broken: url: a string is broken: invalid character 'q' in string escape code`,
		`{"ok":true,"timings":[]}`:          `broken: timings: byte 22 is '[' where '{' belongs`,
		`{"ok":true,,}`:                     `broken: byte 12 is ',' where '"' belongs`,
		`{"ok":true,"x":}`:                  `broken: x: byte 16 is '}' where a value belongs`,
	} {
		s := read(t, strings.NewReader("\n"+line+"\n{\"ok\":true}\n"))
		want := fmt.Sprint([]report.Problem{{Line: 2, Message: want}})
		if got := fmt.Sprint(s.Problems); got != want || s.Requests != 1 || s.Broken != 1 {
			t.Errorf("%s:\ngot  %s (%d results)\nwant %s", line, got, s.Requests, want)
		}
	}
}

func TestManyProblemsAreCounted(t *testing.T) {
	s := read(t, strings.NewReader(strings.Repeat("x\n", 1000)))
	if s.Broken != 1000 || len(s.Problems) != 10 || s.Lines != 1000 {
		t.Errorf("%d broken, %d told, of %d lines", s.Broken, len(s.Problems), s.Lines)
	}
}

func line(index int, ok bool, ms int) string {
	return fmt.Sprintf(`{"index":%d,"url":"http://a.example/%d","ok":%t,"started":"2026-01-02T03:04:05Z","duration_ms":%d}`+"\n", index, index, ok, ms)
}

func TestLastLineOfAnIndexCounts(t *testing.T) {
	input := line(0, true, 1) + line(1, false, 1000) + line(2, false, 2000) + line(1, false, 3000) + line(2, true, 20) + line(1, true, 10) + `{"ok":true}` + "\n"
	s := read(t, strings.NewReader(input))
	if s.Requests != 4 || s.Failed != 0 || s.Superseded != 3 || s.Repeated != 0 || s.Duration.Max != 20*time.Millisecond || s.Lines != 7 {
		t.Errorf("of a file: %+v", s)
	}
	s = read(t, io.MultiReader(strings.NewReader(input))) // no Seeker
	if s.Requests != 7 || s.Failed != 3 || s.Superseded != 0 || s.Repeated != 3 {
		t.Errorf("of a stream: %+v", s)
	}
}

func TestReadsFromWhereTheFileStands(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	head := strings.Repeat("head\n", 3)
	if _, err := file.WriteString(head + line(0, false, 1) + line(0, true, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Seek(int64(len(head)), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if s := read(t, file); s.Requests != 1 || s.OK != 1 || s.Broken != 0 || s.Superseded != 1 {
		t.Errorf("%+v", s)
	}
}

// grows is a file to which a line is appended while it is read.
type grows struct {
	*strings.Reader
	input string
	seeks int
}

func (g *grows) Seek(offset int64, whence int) (int64, error) {
	if g.seeks++; g.seeks == 2 {
		g.Reader = strings.NewReader(g.input + line(1, false, 5) + line(9, true, 5))
	}
	return g.Reader.Seek(offset, whence)
}

func TestWhatIsAppendedMeanwhileDoesNotCount(t *testing.T) {
	input := line(0, true, 1) + line(1, false, 1) + line(1, true, 2)
	s := read(t, &grows{Reader: strings.NewReader(input), input: input})
	if s.Requests != 2 || s.OK != 2 || s.Superseded != 1 || s.Lines != 3 {
		t.Errorf("%+v", s)
	}
}

func TestRepeatsAgainstCounting(t *testing.T) {
	var indices []int64
	for i := range int64(3000) {
		indices = append(indices, i*i%97*41, i%700, -1, report.BeyondIndices)
	}
	last := report.Repeats(indices)
	for at, i := range indices {
		want := i < 0 || i >= report.BeyondIndices || !slices.Contains(indices[at+1:], i)
		if last[at] != want {
			t.Fatalf("index %d at %d: last is %t", i, at, last[at])
		}
	}
}

func TestPackedInput(t *testing.T) {
	want := fmt.Sprint(read(t, strings.NewReader(few)).Hosts)
	var gz, zst bytes.Buffer
	g := gzip.NewWriter(&gz)
	g.Write([]byte(few))
	g.Close()
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	z.Write([]byte(few))
	z.Close()
	for name, packed := range map[string][]byte{"gzip": gz.Bytes(), "zstd": zst.Bytes()} {
		s := read(t, bytes.NewReader(packed))
		if got := fmt.Sprint(s.Hosts); got != want || s.Requests != 5 {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		s, err := report.Read(t.Context(), bytes.NewReader(packed[:len(packed)-12]))
		if err == nil || s == nil {
			t.Errorf("%s that is cut: summary %v, error %v", name, s, err)
		}
		if _, err := report.Read(t.Context(), bytes.NewReader(packed[:5])); err == nil {
			t.Errorf("%s that is nothing but its beginning: no error", name)
		}
	}
}

func TestReadErrorComesWithWhatWasRead(t *testing.T) {
	boom := errors.New("boom")
	s, err := report.Read(t.Context(), io.MultiReader(strings.NewReader(line(0, true, 1)+line(1, true, 1)), iotest.ErrReader(boom)))
	if !errors.Is(err, boom) || s == nil || s.Requests != 2 {
		t.Errorf("summary %+v, error %v", s, err)
	}
	if err != nil && err.Error() != "reading line 3: boom" {
		t.Errorf("error %q does not name the line", err)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	cause := errors.New("no more time")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if s, err := report.Read(ctx, strings.NewReader("")); !errors.Is(err, cause) || s != nil {
		t.Errorf("ended before: %v, %v", s, err)
	}
	for name, part := range map[string]string{"lines": line(0, true, 1), "a line without an end": strings.Repeat("x", 1000)} {
		ctx, cancel := context.WithCancelCause(t.Context())
		n := 0
		endless := readerFunc(func(p []byte) (int, error) {
			if n++; n == 2000 {
				cancel(cause)
			}
			return copy(p, part), nil
		})
		if s, err := report.Read(ctx, endless); !errors.Is(err, cause) || s != nil {
			t.Errorf("%s: %v, %v", name, s, err)
		}
		if n > 5000 {
			t.Errorf("%s: read %d times, long after the end", name, n)
		}
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestLongLines(t *testing.T) {
	defer report.SetMaxLine(1 << 20)()
	const head = `{"ok":true,"body":"`
	fits := head + strings.Repeat("x", 1<<20-len(head)-2) + `"}`
	over := head + strings.Repeat("x", 1<<20-len(head)-1) + `"}`
	far := head + strings.Repeat("x", 5<<20) + `"}`
	for _, end := range []string{"\n", ""} {
		s := read(t, strings.NewReader(fits+"\n"+over+"\n"+fits+"\n"+far+"\n{\"ok\":true}\n"+over+"\n"+fits+end))
		if s.Requests != 4 || s.Broken != 3 || s.Lines != 7 {
			t.Errorf("%d results, %d broken, %d lines", s.Requests, s.Broken, s.Lines)
		}
		want := "[{2 broken: it is longer than 1048576 bytes} {4 broken: it is longer than 1048576 bytes} {6 broken: it is longer than 1048576 bytes}]"
		if got := fmt.Sprint(s.Problems); got != want {
			t.Errorf("problems %s, want %s", got, want)
		}
	}
}

func TestLongestLineMayBeShort(t *testing.T) {
	defer report.SetMaxLine(20)()
	s := read(t, strings.NewReader("{\"ok\":true,\"x\":12345}\n{\"ok\":true,\"x\":1234}\n"))
	if s.Requests != 1 || s.Broken != 1 {
		t.Errorf("%d results, %d broken", s.Requests, s.Broken)
	}
}

func TestEmptyInput(t *testing.T) {
	for _, input := range []string{"", "\n", " \n\r\n"} {
		s := read(t, strings.NewReader(input))
		if s.Requests != 0 || s.Broken != 0 || s.Wall() != 0 || s.Speedup() != 0 || s.Throughput() != 0 || !s.Start.IsZero() {
			t.Errorf("%q: %+v", input, s)
		}
	}
}

func TestOtherHostsAndClassesAreCountedTogether(t *testing.T) {
	var b strings.Builder
	for i := range 3 * report.MaxHosts {
		fmt.Fprintf(&b, `{"url":"http://h%d.example/","ok":false,"duration_ms":1,"error":{"class":"c%d"}}`+"\n", i, i)
	}
	s := read(t, strings.NewReader(b.String()))
	if n := len(s.Hosts); n != report.MaxHosts+1 || s.Hosts[n-1].Name != "(others)" || s.Hosts[n-1].Requests != 2*report.MaxHosts {
		t.Errorf("%d hosts, the last is %+v", n, s.Hosts[n-1])
	}
	if n := len(s.Classes); n != report.MaxClasses+1 || s.Classes[n-1].Name != "(others)" || s.Classes[n-1].Requests != int64(3*report.MaxHosts-report.MaxClasses) {
		t.Errorf("%d classes, the last is %+v", n, s.Classes[n-1])
	}
}

func TestHostOfAURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://a.example":                   "a.example",
		"https://A.Example:8443/x":            "a.example:8443",
		"https://user:secret@a.example/?q=@b": "a.example",
		"https://user:p@ss@b.example/":        "b.example",
		"https://a.example?x://b":             "a.example",
		"demo://delay/1":                      "delay",
		"http://[::1]:80/":                    "[::1]:80",
		"":                                    "(none)",
		"/path":                               "(none)",
		"http:///path":                        "http://",
		"demo:///delay/1s":                    "demo://",
		"http://a\u202eb/":                    "a\ufffdb",
		"http://" + strings.Repeat("x", 1000) + "/": strings.Repeat("x", 260),
	} {
		s := read(t, strings.NewReader(fmt.Sprintf(`{"ok":true,"url":%q}`, url)))
		if got := s.Hosts[0].Name; got != want {
			t.Errorf("host of %q: %q, want %q", url, got, want)
		}
	}
}

func TestSampleOfARun(t *testing.T) {
	const n = 1000
	var b strings.Builder
	start := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for i := range n {
		at := (i*7 + 3) % n // of the run; lines are in another order
		d := 10
		if i%100 == 50 {
			d = 1000 + i
		}
		fmt.Fprintf(&b, `{"index":%d,"url":"http://a.example/%d","ok":true,"started":%q,"duration_ms":%d}`+"\n",
			i, i, start.Add(time.Duration(at)*time.Second).Format(time.RFC3339Nano), d)
	}
	s := read(t, strings.NewReader(b.String()))
	first, last, slowest, spread := s.SampleLines()
	lineOf := func(at int) int64 { // the inverse of (i*7+3) mod n: 7*143 is 1 mod 1000
		return int64(((at-3+n)*143)%n) + 1
	}
	for i := range report.FirstBars {
		if first[i] != lineOf(i) {
			t.Fatalf("first: line %d at %d, want %d", first[i], i, lineOf(i))
		}
	}
	for i := range report.LastBars {
		if last[i] != lineOf(n-1-i) {
			t.Fatalf("last: line %d at %d, want %d", last[i], i, lineOf(n-1-i))
		}
	}
	for i := range 10 {
		if want := int64(950 - 100*i + 1); slowest[i] != want {
			t.Fatalf("slowest: line %d at %d, want %d", slowest[i], i, want)
		}
	}
	if len(first) != report.FirstBars || len(last) != report.LastBars || len(slowest) != report.SlowBars {
		t.Errorf("%d first, %d last, %d slowest", len(first), len(last), len(slowest))
	}
	if len(spread) < report.AllBars/2 || len(spread) > report.AllBars {
		t.Errorf("a spread of %d", len(spread))
	}
	for i := 2; i < len(spread); i++ {
		if spread[i]-spread[i-1] != spread[1]-spread[0] {
			t.Fatalf("the spread is uneven: %v", spread)
		}
	}
}

// Lines as a fetch writes them, with a body of about 700 bytes; and with one of
// 16 KiB, which is stepped over.
func BenchmarkRead(b *testing.B) {
	for _, body := range []int{0, 700, 16 << 10} {
		input := results(2000, func(_ int, r map[string]any) {
			r["body"] = strings.Repeat(`a "quoted" word; `, body/17)
			r["headers"] = map[string]any{"Content-Type": []string{"text/plain"}, "Date": []string{"Fri, 02 Jan 2026 03:04:05 GMT"}}
		})
		b.Run(fmt.Sprintf("body=%d", body), func(b *testing.B) {
			b.SetBytes(int64(len(input)))
			b.ReportAllocs()
			for b.Loop() {
				read(b, strings.NewReader(input))
			}
		})
	}
}
