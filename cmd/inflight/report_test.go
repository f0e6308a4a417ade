package main_test

import (
	"os"
	"strings"
	"testing"
)

// The report of a run says how many are ok, and what went wrong; the page is one
// file that needs nothing else.
func TestReport(t *testing.T) {
	cmd := process(t, "fetch", "demo:///status/{200,404}?{1..10}", "-o", "out.jsonl", "--progress", "off")
	if code, _, errOut := run(t, cmd); code != 1 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	report := process(t, "report", "out.jsonl", "--html", "page.html")
	report.Dir = cmd.Dir
	code, out, errOut := run(t, report)
	if code != 0 || !strings.Contains(out, "20 requests: 10 ok, 10 failed") || !strings.Contains(out, "404") {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
	page, err := os.ReadFile(output(cmd, "page.html"))
	if err != nil || !strings.Contains(string(page), "<svg") || strings.Contains(string(page), "<script") {
		t.Errorf("%v; the page has %d bytes", err, len(page))
	}
	missing := process(t, "report", "missing.jsonl")
	if code, _, errOut := run(t, missing); code != 2 || !strings.Contains(errOut, "missing.jsonl") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

// The bench has a row for each number, and marks what is computed.
func TestBench(t *testing.T) {
	cmd := process(t, "bench", "-n", "2,50", "--delay", "20ms", "--measure", "100ms", "--svg", "bench.svg")
	code, out, errOut := run(t, cmd)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 4 || strings.Contains(lines[1], "*") || !strings.Contains(lines[2], "*") {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
	if svg, err := os.ReadFile(output(cmd, "bench.svg")); err != nil || !strings.HasPrefix(string(svg), "<svg") && !strings.HasPrefix(string(svg), "<?xml") {
		t.Errorf("%v: %.40s", err, svg)
	}
}

// The demo says where it is, serves, and ends by a signal.
func TestDemo(t *testing.T) {
	cmd := process(t, "demo", "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var buf [100]byte
	n, err := out.Read(buf[:])
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(string(buf[:n]))
	if code, lines, errOut := run(t, process(t, "fetch", url+"/status/200")); code != 0 || !strings.Contains(lines, `"status":200`) {
		t.Errorf("exit code %d: %s%s", code, lines, errOut)
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("it ended with %d", code)
	}
	if code, _, errOut := run(t, process(t, "demo", "--listen", "0.0.0.0:0")); code != 2 {
		t.Errorf("for all the world, exit code %d: %s", code, errOut)
	}
}
