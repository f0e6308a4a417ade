package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// flowFile puts the example into the folder of a command.
func flowFile(t *testing.T, dir, output string) {
	t.Helper()
	text, err := os.ReadFile("../../examples/flow/users.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if output != "" {
		before, _, _ := strings.Cut(string(text), "\noutput:")
		text = []byte(before + "\nselect: '{id, name: .details.name, posts: (.posts | length)}'\noutput: " + output + "\n")
	}
	if err := os.WriteFile(filepath.Join(dir, "users.yaml"), text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// The example runs with one command, and what it has written is gone on with.
func TestFlowRunsOffline(t *testing.T) {
	cmd := process(t, "flow", "run", "users.yaml")
	flowFile(t, cmd.Dir, "")
	code, out, errOut := run(t, cmd)
	if code != 0 || out != "" || !strings.Contains(errOut, "1000 items in ") || !strings.Contains(errOut, "requests: users 10, details 1000, posts 1000\nwritten: users.db\n") {
		t.Fatalf("exit code %d, stdout %q, stderr %q", code, out, errOut)
	}
	again := process(t, "flow", "run", "users.yaml", "--resume", "--summary", "json")
	again.Dir = cmd.Dir
	if code, _, errOut := run(t, again); code != 0 || !strings.Contains(errOut, `"before":1000`) || !strings.Contains(errOut, `"done":0`) {
		t.Errorf("exit code %d, stderr %q", code, errOut)
	}
	head, err := os.ReadFile(output(cmd, "users.db"))
	if err != nil || !strings.HasPrefix(string(head), "SQLite format 3") {
		t.Errorf("%.20q, %v", head, err)
	}
}

// What is interrupted is refused without --resume, and goes on with it.
func TestFlowInterrupted(t *testing.T) {
	cmd := process(t, "flow", "run", "users.yaml", "-c", "4")
	flowFile(t, cmd.Dir, "{file: users.jsonl}")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 1000 { // until there are rows
		if info, err := os.Stat(output(cmd, "users.jsonl")); err == nil && info.Size() > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code says it
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Fatalf("exit code %d", code)
	}
	again := func(args ...string) (int, string) {
		next := process(t, append([]string{"flow", "run", "users.yaml"}, args...)...)
		next.Dir = cmd.Dir
		code, _, errOut := run(t, next)
		return code, errOut
	}
	if code, errOut := again(); code != 6 || !strings.Contains(errOut, "users.jsonl") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	if code, errOut := again("--resume"); code != 0 || !strings.Contains(errOut, "done before") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	if n := strings.Count(read(t, output(cmd, "users.jsonl")), "\n"); n != 1000 {
		t.Errorf("%d lines", n)
	}
}

// What can be had without a run.
func TestFlowLooks(t *testing.T) {
	for _, row := range []struct {
		args, out, errOut string
		code              int
	}{
		{"check users.yaml", "users.yaml: 3 steps, the list is users, 1 limit, no mistakes\n", "", 0},
		{"explain users.yaml --items 5000", "details  users        5000", "", 0},
		{"graph users.yaml", "flowchart LR\n", "", 0},
		{"graph users.yaml --svg -", "<svg ", "", 0},
		{"graph users.yaml --svg ./users.yaml", "", "would take the place of the flow", 2},
		{"run users.yaml --dry-run --var base=https://api.example.com", "curl 'https://api.example.com/users?page=1&size=100'\n", "", 0},
		{"run users.yaml --sample 2", `{"index":1,"rows":{"posts":[`, "2 items in", 0},
		{"run users.yaml --var bsae=x", "", `did you mean "base"`, 2},
		{"run users.yaml --var base", "", "want name=value", 2},
		{"run users.yaml --var base=demo://origin/status/404?x= --sample 1 --retries 0", "", "404", 4},
		{"run users.yaml --sampel 2", "", "did you mean --sample?", 2},
		{"run users.yaml --resume --force", "", "--force", 2},
		{"run users.yaml -c 0", "", "--concurrency 0", 2},
		{"run nothing.yaml", "", "nothing.yaml", 2},
		{"check bad.yaml users.yaml", "users.yaml: 3 steps", "bad.yaml:2:38: there is no", 2},
		{"rnu users.yaml", "", "did you mean flow run?", 2},
		{"explain users.yaml --items 0", "", "want more than 0", 2},
	} {
		cmd := process(t, append([]string{"flow"}, strings.Fields(row.args)...)...)
		flowFile(t, cmd.Dir, "")
		write(t, cmd, "bad.yaml", "version: 1\nsteps: {a: {get: 'http://x/', limit: api}}\noutput: {file: x.jsonl}\n")
		code, out, errOut := run(t, cmd)
		if code != row.code || !strings.Contains(out, row.out) || !strings.Contains(errOut, row.errOut) {
			t.Errorf("flow %s: exit code %d\n%s%s", row.args, code, out, errOut)
		}
		if entries, err := os.ReadDir(cmd.Dir); err != nil || len(entries) != 2 {
			t.Errorf("flow %s: has made %v, %v", row.args, entries, err)
		}
		if text := read(t, output(cmd, "users.yaml")); !strings.HasPrefix(text, "# Users") {
			t.Errorf("flow %s: the flow is %.40q", row.args, text)
		}
	}
}

// A failed item is told by the exit code.
func TestFlowFails(t *testing.T) {
	cmd := process(t, "flow", "run", "x.yaml", "--retries", "0")
	write(t, cmd, "x.yaml", `version: 1
steps:
  ids: {get: "demo:///json/3", each: ".[]"}
  bad: {for: ids, get: "demo://origin/status/404"}
output: {file: x.jsonl}
`)
	code, _, errOut := run(t, cmd)
	if code != 1 || !strings.Contains(errOut, "3 failed") || !strings.Contains(errOut, "\n  bad: 3 failed, the first: GET demo://origin/status/404: 404 Not Found") || strings.Count(read(t, output(cmd, "x.jsonl")), `"status":404`) != 3 {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	later := process(t, "flow", "run", "x.yaml", "--resume") // where they are not run again
	later.Dir = cmd.Dir
	if code, _, errOut := run(t, later); code != 1 || !strings.Contains(errOut, "0 items") || !strings.Contains(errOut, "3 done before, 3 of them failed") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	none := process(t, "flow", "run", "none.yaml", "--retries", "0")
	write(t, none, "none.yaml", "version: 1\nsteps: {ids: {get: 'demo://origin/status/404'}}\noutput: {file: none.jsonl}\n")
	if code, _, errOut := run(t, none); code != 4 || !strings.Contains(errOut, "stopped: ids: the list could not be read") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	again := process(t, "flow", "run", "x.yaml", "-o", os.DevNull)
	again.Dir = cmd.Dir
	if code, _, errOut := run(t, again); code != 2 || !strings.Contains(errOut, os.DevNull+": an output that a run can go on with") {
		t.Errorf("into %s: exit code %d: %s", os.DevNull, code, errOut)
	}
}

// A row of a file that can't be read has failed, and costs no other; the file with the row
// mended is another one.
func TestFlowBadRow(t *testing.T) {
	first := process(t)
	again := func(args ...string) (int, string) {
		cmd := process(t, append([]string{"flow", "run", "x.yaml"}, args...)...)
		cmd.Dir = first.Dir
		code, _, errOut := run(t, cmd)
		return code, errOut
	}
	write(t, first, "x.yaml", "version: 1\nsteps: {rows: {file: in.csv}}\noutput: {file: x.jsonl}\n")
	write(t, first, "in.csv", "id,who\n1,a\n2\n3,c\n")
	code, errOut := again()
	if code != 1 || !strings.Contains(errOut, "3 items") || !strings.Contains(errOut, "1 failed") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	out := read(t, filepath.Join(first.Dir, "x.jsonl"))
	if !strings.Contains(out, `"index":1,"ok":false,"error":{"step":"rows","message":"in.csv:3: want 2 fields`) || strings.Count(out, "who") != 2 {
		t.Error(out)
	}
	write(t, first, "in.csv", "id,who\n1,a\n2,b\n3,c\n")
	if code, errOut := again("--retry-failed", "--resume"); code != 6 || !strings.Contains(errOut, "in.csv") || !strings.Contains(errOut, "force it") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	if code, errOut := again("--force"); code != 0 || !strings.Contains(errOut, "3 ok") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}
