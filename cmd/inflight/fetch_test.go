package main_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/origin"
)

// serve serves the demo origin on a port, where tests can count.
func serve(t *testing.T, o origin.Options) *origin.Server {
	t.Helper()
	s, err := origin.Listen(context.WithoutCancel(t.Context()), "127.0.0.1:0", origin.New(o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// wantLines checks that there is one line for each index below n, and returns them
// in that order.
func wantLines(t *testing.T, all []result, n int) []result {
	t.Helper()
	all = slices.SortedFunc(slices.Values(all), func(a, b result) int { return int(a.Index - b.Index) })
	if len(all) != n {
		t.Fatalf("there are %d lines, want %d", len(all), n)
	}
	for i, r := range all {
		if r.Index != int64(i) {
			t.Fatalf("line %d is of index %d", i, r.Index)
		}
	}
	return all
}

// A hundred calls run at once, each has its line, and the summary says how long
// one after the other would have taken.
func TestFetchDemo(t *testing.T) {
	cmd := process(t, "fetch", "demo:///delay/300ms?id={1..100}", "-o", "out.jsonl")
	code, out, errOut := run(t, cmd)
	if code != 0 || out != "" || !strings.Contains(errOut, "100 ok") || !strings.Contains(errOut, "one after the other") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, out, errOut)
	}
	for i, r := range wantLines(t, results(t, output(cmd, "out.jsonl")), 100) {
		if !r.OK || r.Status != 200 || r.URL != fmt.Sprintf("demo:///delay/300ms?id=%d", i+1) || r.Attempts != 1 {
			t.Errorf("%+v", r)
		}
	}
}

// Without -o the lines are the standard output, and nothing else is.
func TestFetchToStdout(t *testing.T) {
	code, out, _ := run(t, process(t, "fetch", "demo:///status/{200,404}", "--retries", "0", "--order", "input"))
	if code != 1 || strings.Count(out, "\n") != 2 {
		t.Fatalf("exit code %d, %s", code, out)
	}
	if !strings.Contains(out, `"index":0`) || !strings.Contains(out, `"error":{"class":"http","message":"status 404"`) {
		t.Errorf("the lines are %s", out)
	}
}

// A bad row is a line that says what is wrong with it and where, and costs the
// others nothing.
func TestFetchBadRows(t *testing.T) {
	cmd := process(t, "fetch", "-i", "urls.txt", "-o", "out.jsonl")
	write(t, cmd, "urls.txt", "\xef\xbb\xbfdemo:///status/200\r\n# a comment\r\nnonsense\r\n\r\ndemo:///sta\x00tus/200\r\ndemo:///status/201\n")
	code, _, errOut := run(t, cmd)
	if code != 1 {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	all := wantLines(t, results(t, output(cmd, "out.jsonl")), 4)
	for i, line := range map[int]int{1: 3, 2: 5} {
		if e := all[i].Error; e == nil || e.Class != "input" || e.File != "urls.txt" || e.Line != line {
			t.Errorf("row %d: %+v, want an error of line %d", i, e, line)
		}
	}
	if !all[0].OK || !all[3].OK {
		t.Errorf("the others: %+v, %+v", all[0], all[3])
	}
}

// --strict stops at the first bad row, with a code of its own.
func TestFetchStrict(t *testing.T) {
	cmd := process(t, "fetch", "-i", "urls.txt", "-o", "out.jsonl", "--strict")
	write(t, cmd, "urls.txt", "nonsense\n"+strings.Repeat("demo:///delay/200ms\n", 5))
	code, _, errOut := run(t, cmd)
	if code != 3 || !strings.Contains(errOut, "urls.txt:1") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

// What is wrong with the command line is told, quoted, before anything is sent or
// written.
func TestFetchBadUsage(t *testing.T) {
	for _, row := range []struct {
		args []string
		want []string
	}{
		{[]string{}, []string{"nothing to fetch"}},
		{[]string{"demo:///", "--retrys", "3"}, []string{"--retrys", "did you mean --retries?"}},
		{[]string{"demo:///", "--rate", "fast"}, []string{"--rate", "fast"}},
		{[]string{"demo:///", "--max-body", "big"}, []string{`--max-body "big"`, "16MiB"}},
		{[]string{"demo:///", "--order", "random"}, []string{"--order", "completion or input"}},
		{[]string{"demo:///", "--fail-on", ".status >"}, []string{"--fail-on", ".status >", "^"}},
		{[]string{"demo:///{1..x}"}, []string{"{1..x}", "^"}},
		{[]string{"demo:///", "--max-errors", "some"}, []string{"--max-errors", "5%"}},
		{[]string{"demo:///", "--retry-budget", "0%"}, []string{"--retry-budget", "off"}},
		{[]string{"demo:///", "-c", "0"}, []string{"--concurrency"}},
		{[]string{"demo:///", "--retries", "-1"}, []string{`--retries "-1": want 0 or more`}},
		{[]string{"demo:///", "--timeout", "-1s"}, []string{`--timeout "-1s": want a time`}},
		{[]string{"demo:///", "--dry-run=0"}, []string{"--dry-run 0"}},
		{[]string{"demo:///", "--retry-on", "timout"}, []string{`--retry-on "timout"`, "timeout"}},
		{[]string{"demo:///", "--deny-private", "--unix-socket", "s"}, []string{"--deny-private", "--unix-socket"}},
		{[]string{"demo:///", "--resume"}, []string{"--resume", "-o FILE"}},
		{[]string{"-i", "missing.txt"}, []string{"--input missing.txt: no such file"}},
		{[]string{"-i", ""}, []string{`--input "": want the name of a file`}},
		{[]string{"demo:///", "-o", ""}, []string{`--output "": want the name of a file`}},
		{[]string{"demo:///", "--timeout", "5"}, []string{"want a time such as", "did you mean 5s?"}},
		{[]string{"demo:///", "--log", "out.jsonl"}, []string{"--log out.jsonl is --output"}},
		{[]string{"demo:///", "--log", "out.jsonl.job"}, []string{"--log out.jsonl.job is"}},
		{[]string{"demo:///", "--errors", "out.jsonl.job"}, []string{"--errors out.jsonl.job is"}},
		{[]string{"demo:///", "--errors", "e.jsonl", "--log", "./e.jsonl"}, []string{"--log ./e.jsonl is --errors"}},
	} {
		cmd := process(t, append([]string{"fetch", "-o", "out.jsonl"}, row.args...)...)
		if slices.Contains(row.args, "--resume") {
			cmd = process(t, append([]string{"fetch"}, row.args...)...)
		}
		code, out, errOut := run(t, cmd)
		if code != 2 || out != "" {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q", row.args, code, out, errOut)
		}
		for _, want := range row.want {
			if !strings.Contains(errOut, want) {
				t.Errorf("%q: not in the error: %q\n%s", row.args, want, errOut)
			}
		}
		if _, err := os.Stat(output(cmd, "out.jsonl")); !os.IsNotExist(err) {
			t.Errorf("%q: the output was touched", row.args)
		}
	}
}

// An output that is there is not touched, unless the user says what to do with it.
func TestFetchExistingOutput(t *testing.T) {
	dir := t.TempDir()
	fetch := func(args ...string) (code int, errOut string) {
		cmd := process(t, append([]string{"fetch", "demo:///status/200?{1..3}", "-o", "out.jsonl"}, args...)...)
		cmd.Dir = dir
		code, _, errOut = run(t, cmd)
		return code, errOut
	}
	if code, errOut := fetch(); code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	before, _ := os.ReadFile(dir + "/out.jsonl")
	if code, errOut := fetch(); code != 2 || !strings.Contains(errOut, "--resume") || !strings.Contains(errOut, "--force") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	if code, errOut := fetch("--resume"); code != 0 || !strings.Contains(errOut, "3 done before") {
		t.Errorf("resumed: exit code %d: %s", code, errOut)
	}
	if code, errOut := fetch("--resume", "--select", ".x"); code != 6 || !strings.Contains(errOut, "select") {
		t.Errorf("another job: exit code %d: %s", code, errOut)
	}
	if after, _ := os.ReadFile(dir + "/out.jsonl"); string(after) != string(before) {
		t.Error("the output was changed")
	}
	if code, errOut := fetch("--force"); code != 0 {
		t.Errorf("forced: exit code %d: %s", code, errOut)
	}
	os.WriteFile(dir+"/out.jsonl", []byte("{\"mine\":1}\n"), 0o666)
	os.Remove(dir + "/out.jsonl.job")
	if code, errOut := fetch("--resume"); code != 6 {
		t.Errorf("a foreign output: exit code %d: %s", code, errOut)
	}
}

// A run that is killed at any moment, many times, has in the end one line for each
// row.
func TestFetchKilled(t *testing.T) {
	const rows = 600
	dir := t.TempDir()
	s := serve(t, origin.Options{})
	args := []string{"fetch", fmt.Sprintf("%s/delay/2ms?id={1..%d}", s.URL(), rows), "-o", "out.jsonl", "--resume", "-c", "20", "--progress", "off"}
	kills := 0
	for i := range 40 {
		cmd := process(t, args...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(15+i*7%31) * time.Millisecond)
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		if cmd.ProcessState.ExitCode() == 0 {
			break // it was done
		}
		kills++
	}
	if kills < 2 {
		t.Errorf("it was killed %d times", kills)
	}
	cmd := process(t, args...)
	cmd.Dir = dir
	if code, _, errOut := run(t, cmd); code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	for i, r := range wantLines(t, results(t, dir+"/out.jsonl"), rows) {
		if want := fmt.Sprintf("%s/delay/2ms?id=%d", s.URL(), i+1); !r.OK || r.URL != want {
			t.Errorf("row %d: %+v, want %s", i, r, want)
		}
	}
}

// The first interrupt lets what is in flight finish, and says how to go on; what
// was not begun is left for that.
func TestFetchInterrupted(t *testing.T) {
	s := serve(t, origin.Options{})
	cmd := process(t, "fetch", s.URL()+"/delay/400ms?id={1..40}", "-o", "out.jsonl", "-c", "4")
	var errOut strings.Builder
	cmd.Stderr = &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for s.Origin.Stats().Paths["/delay/{d}"].Requests < 4 {
		time.Sleep(time.Millisecond)
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(errOut.String(), "--resume") {
		t.Errorf("exit code %d: %s", code, errOut.String())
	}
	all := results(t, output(cmd, "out.jsonl"))
	if len(all) != 4 || int64(len(all)) != s.Origin.Stats().Paths["/delay/{d}"].Requests {
		t.Errorf("%d lines of %d requests", len(all), s.Origin.Stats().Paths["/delay/{d}"].Requests)
	}
	for _, r := range all {
		if !r.OK {
			t.Errorf("cut short: %+v", r)
		}
	}
}

// A 429 holds its host for all, until the moment that it names, and no other.
func TestFetchHold(t *testing.T) {
	var held, free atomic.Int64 // requests at the two
	var mu sync.Mutex
	var starts []time.Time
	slow := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		starts = append(starts, time.Now())
		mu.Unlock()
		if held.Add(1) == 1 {
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(429)
		}
	})
	quick := httpServer(t, func(w http.ResponseWriter, r *http.Request) { free.Add(1) })
	cmd := process(t, "fetch", "-i", "urls.txt", "-o", "out.jsonl", "-c", "8")
	write(t, cmd, "urls.txt", slow+"/first\n"+strings.Repeat(quick+"/\n", 30)+strings.Repeat(slow+"/\n", 5))
	if code, _, errOut := run(t, cmd); code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	if held.Load() < 7 || free.Load() != 30 {
		t.Errorf("%d requests at the host that was held, %d at the other", held.Load(), free.Load())
	}
	first := starts[0]
	for _, s := range starts[1:] {
		if d := s.Sub(first); d > 1500*time.Millisecond && d < 2990*time.Millisecond { // what was under way has come long before
			t.Errorf("a request came %v after the hold began", d)
		}
	}
}

// httpServer serves on loopback and returns the URL.
func httpServer(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := &http.Server{Handler: h}
	l := listen(t)
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return "http://" + l.Addr().String()
}

// What has failed can be run again, alone; in the end each row has one line.
func TestFetchRetryFailed(t *testing.T) {
	var broken, asked atomic.Int64
	broken.Store(7) // and what is behind it
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if id, _ := strconv.Atoi(r.URL.Query().Get("id")); id >= int(broken.Load()) {
			w.WriteHeader(500)
		}
	})
	dir := t.TempDir()
	fetch := func(args ...string) (code int, errOut string) {
		cmd := process(t, append([]string{"fetch", url + "/?id={1..9}", "-o", "out.jsonl", "--retries", "0"}, args...)...)
		cmd.Dir = dir
		code, _, errOut = run(t, cmd)
		return code, errOut
	}
	if code, errOut := fetch(); code != 1 || asked.Load() != 9 {
		t.Fatalf("exit code %d after %d requests: %s", code, asked.Load(), errOut)
	}
	broken.Store(8)
	if code, errOut := fetch("--retry-failed", "--max-errors", "1", "-c", "1"); code != 4 {
		t.Fatalf("exit code %d after %d requests: %s", code, asked.Load(), errOut)
	}
	if code, errOut := fetch("--resume"); code != 1 {
		t.Fatalf("exit code %d after %d requests: %s", code, asked.Load(), errOut)
	}
	wantLines(t, results(t, dir+"/out.jsonl"), 9)
	broken.Store(10)
	was := asked.Load()
	if code, errOut := fetch("--retry-failed"); code != 0 || asked.Load() != was+2 {
		t.Errorf("exit code %d after %d requests: %s", code, asked.Load()-was, errOut)
	}
	for _, r := range wantLines(t, results(t, dir+"/out.jsonl"), 9) {
		if !r.OK {
			t.Errorf("%+v", r)
		}
	}
}

// Rows of a table become requests by templates, results carry their row and key,
// and come in the order of the input.
func TestFetchTemplates(t *testing.T) {
	cmd := process(t, "fetch", "-i", "users.csv", "demo:///users/{{path .id}}", "--key", ".name", "--order", "input",
		"--select", "{id}", "--fields", "key,input,json,error", "-o", "out.jsonl", "-H", "X-Id: {{.id}}")
	write(t, cmd, "users.csv", "id,name\n3,ann\n1,\"b,\nob\"\nx/y,cee\n2\n5,dee\n")
	code, _, errOut := run(t, cmd)
	if code != 1 {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	all := results(t, output(cmd, "out.jsonl"))
	for i, want := range []struct {
		key, json, class string
	}{{"ann", "map[id:3]", ""}, {"b,\nob", "map[id:1]", ""}, {"cee", "", "http"}, {"", "", "input"}, {"dee", "map[id:5]", ""}} {
		if i >= len(all) {
			t.Fatalf("there are %d lines", len(all))
		}
		r := all[i]
		class := ""
		if r.Error != nil {
			class = r.Error.Class
		}
		if r.Index != int64(i) || r.Key != want.key || class != want.class || want.json != "" && fmt.Sprint(r.JSON) != want.json {
			t.Errorf("line %d: %+v, want %+v", i, r, want)
		}
	}
}

// Bodies go to files, each whole, under names that can't leave their folder.
func TestFetchBodyFiles(t *testing.T) {
	cmd := process(t, "fetch", "-i", "rows.jsonl", "demo:///bytes/{{.n}}", "--key", ".name", "--body", "file:bodies/{{.key}}.bin", "-o", "out.jsonl")
	write(t, cmd, "rows.jsonl", `{"n":10,"name":"a"}`+"\n"+`{"n":100000,"name":"../../b"}`+"\n"+`{"n":0,"name":".."}`+"\n")
	if code, _, errOut := run(t, cmd); code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	for i, r := range wantLines(t, results(t, output(cmd, "out.jsonl")), 3) {
		info, err := os.Stat(output(cmd, r.BodyFile))
		if err != nil || info.Size() != []int64{10, 100000, 0}[i] || !strings.HasPrefix(r.BodyFile, "bodies/") {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if entries, _ := os.ReadDir(output(cmd, "bodies")); len(entries) != 3 {
		t.Errorf("in the folder there are %v", entries)
	}
	if code, _, errOut := run(t, process(t, "fetch", "demo:///", "--body", "file:b/{{.id}}")); code != 2 || !strings.Contains(errOut, "{{.key}}") {
		t.Errorf("a field that there is not: exit code %d: %s", code, errOut)
	}
}

// Keys that are much alike have bodies of their own, and none is written over what the run
// reads and writes.
func TestFetchBodyFilesOfOddKeys(t *testing.T) {
	long := strings.Repeat("é", 150)
	keys := []string{"a", "a/b", "a_b", `a\\b`, "a\\n", "_a", long + "1", long + "2", "..", "_.."}
	cmd := process(t, "fetch", "-i", "rows.jsonl", "demo:///echo?{{.n}}", "--key", ".k", "--body", "file:./{{.key}}", "-o", "out.jsonl")
	var text strings.Builder
	for i, k := range append(keys, "rows.jsonl", "out.jsonl", "out.jsonl.job") {
		fmt.Fprintf(&text, "{\"k\":\"%s\",\"n\":%d}\n", k, i)
	}
	write(t, cmd, "rows.jsonl", text.String())
	if code, _, errOut := run(t, cmd); code != 1 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	names := make(map[string]bool)
	for i, r := range wantLines(t, results(t, output(cmd, "out.jsonl")), len(keys)+3) {
		if i >= len(keys) {
			if r.OK || r.Error.Class != "save" {
				t.Errorf("a file of the run: %+v", r)
			}
			continue
		}
		body, err := os.ReadFile(output(cmd, r.BodyFile))
		if err != nil || names[r.BodyFile] || !utf8.ValidString(r.BodyFile) || !strings.Contains(string(body), fmt.Sprintf("echo?%d", i)) {
			t.Errorf("%q: %.200s: %v", r.BodyFile, body, err)
		}
		names[r.BodyFile] = true
	}
	if got, _ := os.ReadFile(output(cmd, "rows.jsonl")); string(got) != text.String() {
		t.Errorf("the input is now %q", got)
	}
}

// A body that was being written when the process died leaves nothing behind once its
// row was fetched.
func TestFetchBodyFilesKilled(t *testing.T) {
	s := serve(t, origin.Options{})
	dir := t.TempDir()
	start := func() *exec.Cmd {
		cmd := process(t, "fetch", s.URL()+"/slow-body?chunk=16&every=20ms&n=6&id={1..60}", "--body", "file:bodies", "-o", "out.jsonl", "--resume", "-c", "30", "--progress", "off")
		cmd.Dir = dir
		return cmd
	}
	first := start()
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		if parts, _ := filepath.Glob(dir + "/bodies/.part-*"); len(parts) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	first.Process.Kill()
	first.Wait()
	if code, _, errOut := run(t, start()); code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	if entries, _ := os.ReadDir(dir + "/bodies"); len(entries) != 60 {
		t.Errorf("there are %d files, want 60: %v", len(entries), entries)
	}
}

// What stops a run early says so, has a code of its own, and can be resumed.
func TestFetchStopped(t *testing.T) {
	for _, flags := range [][]string{
		{"--fail-fast"}, {"--max-errors", "3"}, {"--deadline", "100ms"},
	} {
		dir := t.TempDir()
		fetch := func(args ...string) (code int, errOut string) {
			all := append([]string{"fetch", "demo:///status/{404,404,404,404,200}?{1..20}", "demo:///delay/30ms?{1..20}", "-o", "out.jsonl", "-c", "4"}, args...)
			cmd := process(t, all...)
			cmd.Dir = dir
			code, _, errOut = run(t, cmd)
			return code, errOut
		}
		if code, errOut := fetch(flags...); code != 4 || !strings.Contains(errOut, "--resume") {
			t.Errorf("%q: exit code %d: %s", flags, code, errOut)
		}
		if n := len(results(t, dir+"/out.jsonl")); n == 0 || n == 120 {
			t.Errorf("%q: %d lines", flags, n)
		}
		if code, errOut := fetch("--resume"); code != 1 {
			t.Errorf("%q: resumed, exit code %d: %s", flags, code, errOut)
		}
		wantLines(t, results(t, dir+"/out.jsonl"), 120)
	}
}

// A changed input is refused, and said to be changed.
func TestFetchChangedInput(t *testing.T) {
	dir := t.TempDir()
	fetch := func(args ...string) (code int, errOut string) {
		cmd := process(t, append([]string{"fetch", "-i", "urls.txt", "-o", "out.jsonl"}, args...)...)
		cmd.Dir = dir
		code, _, errOut = run(t, cmd)
		return code, errOut
	}
	os.WriteFile(dir+"/urls.txt", []byte("demo:///status/200\n"), 0o666)
	if code, errOut := fetch(); code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	os.WriteFile(dir+"/urls.txt", []byte("demo:///status/201\ndemo:///status/200\n"), 0o666)
	if code, errOut := fetch("--resume"); code != 6 || !strings.Contains(errOut, "urls.txt") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

// A second process on the same output is refused.
func TestFetchLocked(t *testing.T) {
	first := process(t, "fetch", "demo:///delay/5s", "-o", "out.jsonl", "--grace", "0s")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(output(first, "out.jsonl")); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	second := process(t, "fetch", "demo:///delay/5s", "-o", "out.jsonl", "--resume")
	second.Dir = first.Dir
	if code, _, errOut := run(t, second); code != 6 || !strings.Contains(errOut, "in use") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	first.Process.Signal(syscall.SIGTERM)
	first.Wait()
	if code := first.ProcessState.ExitCode(); code != 143 {
		t.Errorf("the first ended with %d", code)
	}
}

// A budget is reserved by estimate and settled by what the answers say: it is kept
// to, and nothing is refused.
func TestFetchBudget(t *testing.T) {
	s := serve(t, origin.Options{Tokens: 4000, Minute: time.Second})
	cmd := process(t, "fetch", "-i", "prompts.jsonl", "--post", s.URL()+"/chat/completions", "-o", "out.jsonl",
		"--json", `{"model":"m","messages":{{json .messages}}}`, "--budget", "tokens=2500/1s", "--cost", "200", "--settle", ".usage.total_tokens")
	var prompts strings.Builder
	for i := range 60 {
		fmt.Fprintf(&prompts, `{"messages":[{"role":"user","content":"say %d"}]}`+"\n", i)
	}
	write(t, cmd, "prompts.jsonl", prompts.String())
	if code, _, errOut := run(t, cmd); code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	for _, r := range wantLines(t, results(t, output(cmd, "out.jsonl")), 60) {
		usage := r.JSON.(map[string]any)["usage"].(map[string]any)
		if r.Cost["tokens"] != usage["total_tokens"] || r.Attempts != 1 {
			t.Errorf("%d attempts, charged %v of %v", r.Attempts, r.Cost, usage)
		}
	}
}

// Rows that wait for a budget when the run is interrupted do not hold it up, and are
// left for the next.
func TestFetchInterruptedWaiting(t *testing.T) {
	cmd := process(t, "fetch", "demo:///status/200?{1..50}", "-o", "out.jsonl", "--budget", "calls=5/1h")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		if text, _ := os.ReadFile(output(cmd, "out.jsonl")); strings.Count(string(text), "\n") == 5 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || time.Since(began) > time.Minute {
		t.Errorf("exit code %d after %v", code, time.Since(began))
	}
	if n := len(results(t, output(cmd, "out.jsonl"))); n != 5 {
		t.Errorf("%d lines", n)
	}
}

// So do rows that wait in the session: for a host that is held, for a rate, for another
// attempt, for a place. What is in flight then is answered, and not tried again.
func TestFetchInterruptedInAWait(t *testing.T) {
	s := serve(t, origin.Options{})
	for name, args := range map[string][]string{
		"hold":    {s.URL() + "/retry-after/600?times=1000&key=hold&{1..30}"},
		"rate":    {s.URL() + "/status/200?key=rate&{1..30}", "--rate", "1/10m"},
		"backoff": {s.URL() + "/status/500?key=backoff&{1..30}", "--backoff", "10m..10m", "--retry-budget", "off"},
		"place":   {s.URL() + "/delay/500ms?key=place&{1..30}", "--per-host", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := process(t, append([]string{"fetch", "-c", "8", "-o", "out.jsonl"}, args...)...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for s.Origin.Stats().Keys[name] == 0 {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(50 * time.Millisecond) // the answers are there by now, most times, and all wait
			began := time.Now()
			cmd.Process.Signal(os.Interrupt)
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 130 || time.Since(began) > time.Minute {
				t.Errorf("exit code %d after %v", code, time.Since(began))
			}
			t.Logf("ended after %v", time.Since(began))
			if n, sent := len(results(t, output(cmd, "out.jsonl"))), s.Origin.Stats().Keys[name]; int64(n) > int64(sent) || sent > 20 {
				t.Errorf("%d lines, and %d requests of 30", n, sent)
			}
		})
	}
}

// A run that is ramped up begins with one request at once, and ends with as many as
// it may have.
func TestFetchRamp(t *testing.T) {
	for ramp, want := range map[string]struct{ rows, least, most int64 }{"10m": {12, 1, 1}, "100ms": {300, 2, 10}} {
		s := serve(t, origin.Options{})
		cmd := process(t, "fetch", fmt.Sprintf("%s/delay/20ms?id={1..%d}", s.URL(), want.rows), "-o", "out.jsonl", "-c", "10", "--ramp", ramp)
		if code, _, errOut := run(t, cmd); code != 0 {
			t.Fatalf("exit code %d: %s", code, errOut)
		}
		wantLines(t, results(t, output(cmd, "out.jsonl")), int(want.rows))
		if peak := int64(s.Origin.Stats().Paths["/delay/{d}"].Peak); peak < want.least || peak > want.most {
			t.Errorf("--ramp %s: there were %d at once", ramp, peak)
		}
	}
}

// A dry run prints what would be sent, without secrets, and touches nothing.
func TestFetchDryRun(t *testing.T) {
	cmd := process(t, "fetch", "http://127.0.0.1:1/{1..20}", "-o", "out.jsonl", "--dry-run=3", "-H", "Authorization: Bearer hush", "--json", `{"a":1}`)
	code, out, errOut := run(t, cmd)
	if code != 0 || strings.Count(out, "curl ") != 3 || strings.Contains(out, "hush") || !strings.Contains(out, "http://127.0.0.1:1/3") {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
	if entries, _ := os.ReadDir(cmd.Dir); len(entries) != 0 {
		t.Errorf("there are files: %v", entries)
	}
}

// A short list at an origin that fails three times in ten becomes ok to the last row.
func TestFetchFlaky(t *testing.T) {
	cmd := process(t, "fetch", "demo:///flaky?key={1..100}", "-o", "out.jsonl", "--backoff", "1ms..20ms")
	if code, _, errOut := run(t, cmd); code != 0 || !strings.Contains(errOut, "tried again") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	for _, r := range wantLines(t, results(t, output(cmd, "out.jsonl")), 100) {
		if !r.OK {
			t.Errorf("%+v", r)
		}
	}
}

// What is in flight at the origin inside the command finishes too.
func TestFetchDemoInterrupted(t *testing.T) {
	cmd := process(t, "fetch", "demo:///delay/{1ms,400ms}?id={1..30}", "-o", "out.jsonl", "-c", "10", "--order", "input")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		if text, _ := os.ReadFile(output(cmd, "out.jsonl")); len(text) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	for _, r := range results(t, output(cmd, "out.jsonl")) {
		if !r.OK || r.Attempts != 1 {
			t.Errorf("%+v", r)
		}
	}
}
