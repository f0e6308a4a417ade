package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/origin"
)

// The log tells what is tried again, who is left alone and what has failed, of one run
// after the other, and nothing that is secret. So does -v.
func TestLog(t *testing.T) {
	var asked atomic.Int32
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/bad":
			w.WriteHeader(500)
		case asked.Add(1) == 1:
			w.Header().Set("Retry-After", "0.1")
			w.WriteHeader(429)
		}
	})
	dir := t.TempDir()
	fetch := func(args ...string) string {
		cmd := process(t, append([]string{"fetch", url + "/?token=hush", url + "/bad?api_key=hush", "-c", "1", "-o", "out.jsonl",
			"--log", "log.jsonl", "-v", "--retries", "1", "--backoff", "1ms..1ms", "--bearer", "hush"}, args...)...)
		cmd.Dir = dir
		code, _, errOut := run(t, cmd)
		if code != 1 {
			t.Errorf("exit code %d: %s", code, errOut)
		}
		return errOut
	}
	errOut := fetch()
	for _, want := range []string{"hold  host=", "retry  index=0", "status=429", "retry  index=1", "failed  index=1", "class=http"} {
		if !strings.Contains(errOut, want) {
			t.Errorf("-v does not say %q: %s", want, errOut)
		}
	}
	fetch("--resume")
	text, err := os.ReadFile(dir + "/log.jsonl")
	if err != nil || strings.Contains(string(text)+errOut, "hush") {
		t.Fatalf("%v: %s%s", err, text, errOut)
	}
	said := make(map[string]int)
	for line := range strings.Lines(string(text)) {
		var event struct {
			Msg   string
			URL   string
			Tries []struct{ Status int }
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		said[event.Msg]++
		if event.Msg == "failed" && (len(event.Tries) != 2 || event.Tries[0].Status != 500 || !strings.Contains(event.URL, "/bad?api_key=REDACTED")) {
			t.Errorf("a failure: %s", line)
		}
	}
	if said["begin"] != 2 || said["end"] != 2 || said["hold"] != 1 || said["retry"] != 2 || said["failed"] != 1 {
		t.Errorf("the log has %v", said)
	}
}

// A log that can't be written costs the log only, and one that can't be opened is said
// to be before anything is there.
func TestLogCantBeWritten(t *testing.T) {
	cmd := process(t, "fetch", "demo:///status/200", "-o", "out.jsonl", "--log", "/dev/full")
	if code, _, errOut := run(t, cmd); code != 0 || !strings.Contains(errOut, "not in the log /dev/full") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	for _, flags := range [][]string{{"--log", "none/log"}, {"--metrics", "x"}, {"--metrics", "203.0.113.1:1"}, {"--stats", "-1s"}} {
		cmd := process(t, append([]string{"fetch", "demo:///status/200", "-o", "out.jsonl"}, flags...)...)
		code, _, errOut := run(t, cmd)
		if entries, _ := os.ReadDir(cmd.Dir); code != 2 || len(entries) > 0 || !strings.Contains(errOut, flags[0]) {
			t.Errorf("%q: exit code %d: %s; there are %v", flags, code, errOut, entries)
		}
	}
}

// What a server makes up does not steer the terminal.
func TestVerboseIsPlain(t *testing.T) {
	l := listen(t)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, "\x1b[31mHTTP\x07 nonsense\r\n\r\n")
			c.Close()
		}
	}()
	_, _, errOut := run(t, process(t, "fetch", "http://"+l.Addr().String()+"/", "-o", "out.jsonl", "-v", "--retries", "0"))
	if !strings.Contains(errOut, "failed  index=0") || strings.ContainsAny(errOut, "\x1b\x07") {
		t.Errorf("%q", errOut)
	}
}

// The metrics are there while it runs, and a line of progress each time, whatever else
// is shown.
func TestMetricsAndStats(t *testing.T) {
	s := serve(t, origin.Options{})
	cmd := process(t, "fetch", s.URL()+"/status/{200,404}?{1..3}", s.URL()+"/delay/10s", "-o", "out.jsonl",
		"--metrics", "0", "--stats", "20ms", "--progress", "off", "--grace", "0s")
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	lines.Scan()
	url, ok := strings.CutPrefix(lines.Text(), "metrics at ")
	if !ok || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("it begins with %q", lines.Text())
	}
	for lines.Scan() && !strings.Contains(lines.Text(), "ok 3  fail 3") {
	}
	text := get(t, url)
	for _, want := range []string{
		`inflight_fetch_rows_done_total{result="ok"} 3`, `inflight_fetch_rows_done_total{result="failed"} 3`,
		`inflight_fetch_answers_total{class="2xx"} 3`, `inflight_fetch_answers_total{class="4xx"} 3`,
		`inflight_fetch_failures_total{class="http"} 3`, "inflight_fetch_in_flight 1", "inflight_fetch_rows 7",
		`inflight_fetch_duration_seconds_bucket{le="+Inf"} 6`, "inflight_fetch_duration_seconds_count 6",
		"# TYPE inflight_fetch_duration_seconds histogram",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the metrics have no %s:\n%s", want, text)
		}
	}
	cmd.Process.Signal(os.Interrupt)
	rest, _ := io.ReadAll(pipe)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d: %s", code, rest)
	}
}

// get returns what is at a URL.
func get(t *testing.T, url string) string {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != 200 {
		t.Fatalf("%s, %v", r.Status, err)
	}
	return string(text)
}
