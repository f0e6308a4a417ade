package main_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What must not be sent twice is not, however often the run is killed: each row has a
// line in the end, and one that was under way says that nobody knows.
func TestUncertainSkipped(t *testing.T) {
	const rows = 400
	var mu sync.Mutex
	got := make(map[string]int)
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		got[r.URL.Query().Get("id")]++
		mu.Unlock()
		time.Sleep(3 * time.Millisecond)
	})
	dir := t.TempDir()
	start := func() *exec.Cmd {
		cmd := process(t, "fetch", "-X", "POST", fmt.Sprintf("%s/?id={1..%d}", url, rows), "-o", "out.jsonl", "--resume",
			"-c", "20", "--progress", "off", "--on-uncertain", "skip")
		cmd.Dir = dir
		return cmd
	}
	killed(t, 60, start)
	if code, _, errOut := run(t, start()); code > 1 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	uncertain := 0
	for i, r := range wantLines(t, results(t, dir+"/out.jsonl"), rows) {
		n := got[fmt.Sprint(i+1)]
		switch {
		case r.OK && n == 1:
		case !r.OK && r.Error.Class == "uncertain" && n <= 1:
			uncertain++
		default:
			t.Errorf("row %d was sent %d times: %+v", i, n, r)
		}
	}
	t.Logf("%d are uncertain", uncertain)
	if _, err := os.Stat(dir + "/out.jsonl.sent"); !os.IsNotExist(err) {
		t.Error("the record is still there")
	}
}

// What is uncertain can be reported, before anything is sent, and then be decided.
func TestUncertainDecided(t *testing.T) {
	var asked atomic.Int32
	var open atomic.Bool
	began := make(chan bool, 10)
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if began <- true; !open.Load() {
			<-r.Context().Done()
		}
	})
	dir := t.TempDir()
	fetch := func(args ...string) *exec.Cmd {
		cmd := process(t, append([]string{"fetch", "-X", "POST", url + "/{1..3}", "-o", "out.jsonl", "--resume", "--retries", "0"}, args...)...)
		cmd.Dir = dir
		return cmd
	}
	first := fetch("--on-uncertain", "report", "-c", "2")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	<-began
	<-began
	first.Process.Kill()
	first.Wait()
	open.Store(true)
	if code, _, errOut := run(t, fetch("--on-uncertain", "report")); code != 4 || !strings.Contains(errOut, "2 requests were under way") || !strings.Contains(errOut, "index 0 1:") {
		t.Errorf("report: exit code %d: %s", code, errOut)
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("%d requests were sent", n)
	}
	if code, _, errOut := run(t, fetch("--on-uncertain", "skip")); code != 1 || !strings.Contains(errOut, "uncertain                   2") {
		t.Errorf("skip: exit code %d: %s", code, errOut)
	}
	if code, _, errOut := run(t, fetch("--on-uncertain", "skip", "--retry-failed")); code != 0 || asked.Load() != 5 {
		t.Errorf("retry: exit code %d after %d requests: %s", code, asked.Load(), errOut)
	}
	wantLines(t, results(t, dir+"/out.jsonl"), 3)
}

// A record that can't be made stops the run before it begins.
func TestUncertainNotRecorded(t *testing.T) {
	cmd := process(t, "fetch", "-X", "POST", "demo:///echo", "-o", "out.jsonl", "--on-uncertain", "skip")
	if err := os.Symlink("/dev/full", output(cmd, "out.jsonl.sent")); err != nil {
		t.Skip(err)
	}
	if code, _, errOut := run(t, cmd); code != 5 || !strings.Contains(errOut, "out.jsonl.sent") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

// What may be sent twice is not recorded.
func TestCertain(t *testing.T) {
	for _, args := range [][]string{{"-X", "PUT"}, {"-X", "POST", "--idempotency-key", "k{{.}}"}, {}} {
		cmd := process(t, append([]string{"fetch", "demo:///delay/10s", "-o", "out.jsonl", "--on-uncertain", "skip", "--deadline", "100ms", "--grace", "0s"}, args...)...)
		if code, _, errOut := run(t, cmd); code != 4 {
			t.Errorf("%q: exit code %d: %s", args, code, errOut)
		}
		if text, err := os.ReadFile(output(cmd, "out.jsonl.sent")); err != nil || strings.Count(string(text), "\n") != 1 {
			t.Errorf("%q: recorded is %q, %v", args, text, err)
		}
	}
}
