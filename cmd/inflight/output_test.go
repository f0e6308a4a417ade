package main_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/origin"
)

// killed runs the command again and again, and kills it each time, until it was done.
// start prepares a run.
func killed(t *testing.T, most int, start func() *exec.Cmd) {
	t.Helper()
	kills := 0
	for i := range most {
		cmd := start()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(15+i*7%31) * time.Millisecond)
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code == 0 || code == 1 {
			break // it was done
		}
		kills++
	}
	if kills < 2 {
		t.Errorf("it was killed %d times", kills)
	}
}

// records reads a table, and returns what is below its head.
func records(t *testing.T, text []byte) [][]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("%d records: %v", len(all), err)
	}
	return all[1:]
}

// wantIndices checks that the first column has each number below n once.
func wantIndices(t *testing.T, all [][]string, n int) {
	t.Helper()
	slices.SortFunc(all, func(a, b []string) int { return strings.Compare(fmt.Sprintf("%9s", a[0]), fmt.Sprintf("%9s", b[0])) })
	if len(all) != n {
		t.Fatalf("there are %d records, want %d", len(all), n)
	}
	for i, r := range all {
		if r[0] != strconv.Itoa(i) {
			t.Fatalf("record %d is of index %s", i, r[0])
		}
	}
}

// However often a run is killed, its table has one record for each row in the end, and
// the errors are those of all.
func TestTableKilled(t *testing.T) {
	const rows = 600
	dir := t.TempDir()
	s := serve(t, origin.Options{})
	start := func() *exec.Cmd {
		cmd := process(t, "fetch", fmt.Sprintf("%s/delay/2ms?id={1..%d}", s.URL(), rows), s.URL()+"/status/404?{1..5}",
			"-o", "out.csv", "--errors", "errors.jsonl", "--resume", "-c", "20", "--progress", "off")
		cmd.Dir = dir
		return cmd
	}
	killed(t, 40, start)
	if code, _, errOut := run(t, start()); code != 1 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	text, err := os.ReadFile(dir + "/out.csv")
	if err != nil {
		t.Fatal(err)
	}
	all := records(t, text)
	wantIndices(t, all, rows+5)
	for i, r := range all {
		if want := fmt.Sprintf("%s/delay/2ms?id=%d", s.URL(), i+1); i < rows && (r[2] != want || r[4] != "true") {
			t.Errorf("record %d is %q, want %s", i, r, want)
		}
	}
	failed, _ := os.ReadFile(dir + "/errors.jsonl")
	if strings.Count(string(failed), "\n") != 5 || strings.Count(string(failed), "/status/404?") != 5 {
		t.Errorf("the errors are %s", failed)
	}
	if left, _ := filepath.Glob(dir + "/*.tmp"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// With a folder for its state, what goes to a pipe is gone on with too: each row is
// written, and again only what was being written when the process died.
func TestStreamKilled(t *testing.T) {
	const rows = 400
	dir := t.TempDir()
	s := serve(t, origin.Options{})
	var out bytes.Buffer
	start := func() *exec.Cmd {
		cmd := process(t, "fetch", fmt.Sprintf("%s/delay/2ms?id={1..%d}", s.URL(), rows), "--fields", "index,url,ok",
			"--format", "csv", "--state", "state", "--resume", "-c", "20", "--progress", "off")
		cmd.Dir = dir
		cmd.Stdout = &out
		return cmd
	}
	killed(t, 40, start)
	last := start()
	if err := last.Run(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if lines[0] != "index,url,ok" {
		t.Errorf("it begins with %s", lines[0])
	}
	seen := make(map[string]int)
	for _, line := range lines {
		seen[line]++
	}
	twice := 0
	for i := range rows {
		line := fmt.Sprintf("%d,%s/delay/2ms?id=%d,true", i, s.URL(), i+1)
		if seen[line] == 0 {
			t.Errorf("row %d was not written", i)
		}
		twice += max(0, seen[line]-1)
	}
	if twice > 100 {
		t.Errorf("%d rows were written again", twice)
	}
	size := len(out.String())
	again := start()
	if err := again.Run(); err != nil || len(out.String()) != size {
		t.Errorf("%v; it has written what was written: %s", err, out.String()[size:])
	}
	// As if it had been killed between the journal and the pipe, of the last row.
	journal, _ := os.ReadFile(dir + "/state/results.jsonl")
	at := bytes.LastIndexByte(journal[:len(journal)-1], '\n') + 1
	os.WriteFile(dir+"/state/written", fmt.Appendf(nil, "%20d\n", at), 0o666)
	behind := start()
	if err := behind.Run(); err != nil || strings.Count(out.String()[size:], "\n") != 1 || strings.HasPrefix(out.String()[size:], "index") {
		t.Errorf("%v; the last row is written again as %q", err, out.String()[size:])
	}
}

// A table of nothing has a head.
func TestEmptyTable(t *testing.T) {
	cmd := process(t, "fetch", "-i", "none.txt", "--format", "csv", "--fields", "index,url")
	write(t, cmd, "none.txt", "")
	if code, out, errOut := run(t, cmd); code != 0 || out != "index,url\n" {
		t.Errorf("exit code %d: %q%s", code, out, errOut)
	}
}

// What failed can be an input, with its rows as they were.
func TestErrors(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() && r.URL.Path == "/b" {
			w.WriteHeader(500)
		}
	})
	cmd := process(t, "fetch", "-i", "rows.csv", url+"/{{path .name}}", "-o", "out.jsonl", "--retries", "0", "--errors", "errors.jsonl")
	write(t, cmd, "rows.csv", "name,note\na,\nb,\"two\nlines\"\nbad\nc,\n")
	if code, _, errOut := run(t, cmd); code != 1 || !strings.Contains(errOut, "errors.jsonl, as an input, but for 1 row") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	if text, _ := os.ReadFile(output(cmd, "errors.jsonl")); string(text) != `{"name":"b","note":"two\nlines"}`+"\n" {
		t.Errorf("the errors are %s", text)
	}
	broken.Store(false)
	again := process(t, "fetch", "-i", "errors.jsonl", url+"/{{path .name}}", "-o", "again.jsonl")
	again.Dir = cmd.Dir
	if code, _, errOut := run(t, again); code != 0 {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	for _, args := range [][]string{{"--errors", "rows.csv"}, {"--errors", "out2.jsonl"}, {"--errors", "errors.jsonl"}} {
		refused := process(t, append([]string{"fetch", "-i", "rows.csv", url + "/{{.name}}", "-o", "out2.jsonl"}, args...)...)
		refused.Dir = cmd.Dir
		if code, _, errOut := run(t, refused); code != 2 {
			t.Errorf("%q: exit code %d: %s", args, code, errOut)
		}
	}
}

// A table is not written over a file that is there, whoever made it.
func TestTableExists(t *testing.T) {
	dir := t.TempDir()
	fetch := func(args ...string) (code int, errOut string) {
		cmd := process(t, append([]string{"fetch", "demo:///status/200?{1..3}", "-o", "out.csv"}, args...)...)
		cmd.Dir = dir
		code, _, errOut = run(t, cmd)
		return code, errOut
	}
	os.WriteFile(dir+"/out.csv", []byte("mine\n"), 0o666)
	if code, errOut := fetch(); code != 2 || !strings.Contains(errOut, "--force") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	if code, errOut := fetch("--resume"); code != 6 {
		t.Errorf("resumed: exit code %d: %s", code, errOut)
	}
	if text, _ := os.ReadFile(dir + "/out.csv"); string(text) != "mine\n" {
		t.Errorf("it is now %s", text)
	}
	if code, errOut := fetch("--force"); code != 0 {
		t.Errorf("forced: exit code %d: %s", code, errOut)
	}
	text, _ := os.ReadFile(dir + "/out.csv")
	wantIndices(t, records(t, text), 3)
	if code, errOut := fetch("--resume", "--fields", "index,status"); code != 0 {
		t.Errorf("with other columns: exit code %d: %s", code, errOut)
	}
	if text, _ := os.ReadFile(dir + "/out.csv"); !strings.HasPrefix(string(text), "index,status\n") {
		t.Errorf("it is now %s", text)
	}
}

// Outputs that are no files are written to as they are, and what can't be an output
// says so, before anything is sent.
func TestOutputs(t *testing.T) {
	for _, row := range []struct {
		output string
		code   int
		want   string
	}{
		{"/dev/null", 0, "3 ok"},
		{"/dev/full", 5, "no space left"},
		{".", 2, "a folder"},
		{"none/out.jsonl", 5, "none/out.jsonl"},
		{"none/out.csv", 5, "none/out.csv"},
	} {
		cmd := process(t, "fetch", "demo:///status/200?{1..3}", "-o", row.output)
		if code, _, errOut := run(t, cmd); code != row.code || !strings.Contains(errOut, row.want) {
			t.Errorf("%s: exit code %d: %s", row.output, code, errOut)
		}
	}
	dry := process(t, "fetch", "demo:///", "--dry-run", "-o", "out.jsonl")
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err == nil {
		defer full.Close()
		var errOut bytes.Buffer
		dry.Stdout, dry.Stderr = full, &errOut
		if _ = dry.Run(); dry.ProcessState.ExitCode() != 5 {
			t.Errorf("a dry run to /dev/full: exit code %d: %s", dry.ProcessState.ExitCode(), &errOut)
		}
	}
	cmd := process(t, "fetch", "demo:///status/200?{1..3}", "-o", "pipe", "--format", "csv")
	if err := exec.Command("mkfifo", output(cmd, "pipe")).Run(); err != nil {
		t.Skip(err)
	}
	got := make(chan []byte)
	go func() {
		text, _ := os.ReadFile(output(cmd, "pipe"))
		got <- text
	}()
	if code, _, errOut := run(t, cmd); code != 0 {
		t.Errorf("a pipe: exit code %d: %s", code, errOut)
	}
	wantIndices(t, records(t, <-got), 3)
}

// A password is not written anywhere, be it of a URL that can't be read.
func TestNoPasswords(t *testing.T) {
	rows := "http://ann:hush@127.0.0.1:port/\nhttp://ann:hush@[::1/\nhttp://ann:hush hush@127.0.0.1/\n"
	for _, input := range [][]string{{"http://ann:hush@127.0.0.1:1/?token=hush"}, {"-i", "-"}} {
		cmd := process(t, append([]string{"fetch", "-o", "out.jsonl", "--retries", "0", "--errors", "errors.jsonl", "-v", "--log", "log"}, input...)...)
		cmd.Stdin = strings.NewReader(rows)
		_, out, errOut := run(t, cmd)
		names, _ := filepath.Glob(cmd.Dir + "/*")
		all := out + errOut
		for _, name := range names {
			text, _ := os.ReadFile(name)
			all += string(text)
		}
		if strings.Contains(all, "ann:hush") || len(names) < 4 {
			t.Errorf("%q: %s", names, all)
		}
		job, _ := os.ReadFile(output(cmd, "out.jsonl.job"))
		if strings.Contains(string(job), "hush") {
			t.Errorf("the sidecar: %s", job)
		}
	}
}

func TestConvert(t *testing.T) {
	dir := t.TempDir()
	lines := `{"index":0,"url":"u0","status":500,"ok":false,"error":{"class":"http","message":"status 500"}}
{"index":1,"url":"u1","status":200,"ok":true,"json":{"id":7}}
{"index":0,"url":"u0","status":200,"ok":true,"json":{"id":8}}
{"index":2,"ok":false,"error":{"class":"dns","message":"no such host"}}
{"index":3,"u`
	os.WriteFile(dir+"/out.jsonl", []byte(lines), 0o666)
	os.WriteFile(dir+"/other.txt", []byte("something else\n"), 0o666)
	for _, row := range []struct {
		args string
		in   io.Reader
		code int
		want string // on stdout, or in the error
	}{
		{"out.jsonl --fields index,status,json.id", nil, 0, "index,status,json.id\n1,200,7\n0,200,8\n2,,\n"},
		{"- --fields index", strings.NewReader(lines), 0, "index\n1\n0\n2\n"},
		{"out.jsonl --failed --format tsv --fields index,error", nil, 0, "index\terror\n2\tdns: no such host\n"},
		{"out.jsonl --ok --format template:{{.url}}={{.json.id}}", nil, 0, "u1=7\nu0=8\n"},
		{"out.jsonl --format template:{{.json.id}}", nil, 1, "1 of 3 results are left out"},
		{"out.jsonl --fields index,nme", nil, 2, "no field nme"},
		{"none.jsonl", nil, 2, "none.jsonl"},
		{"other.txt", nil, 2, "other.txt holds no results"},
		{". ", nil, 2, "not a regular file"},
		{"out.jsonl -o out.jsonl", nil, 2, "take another name"},
		{"out.jsonl -o /dev/full", nil, 5, "no space left"},
		{"out.jsonl --output=", nil, 2, `--output "": want the name of a file`},
	} {
		cmd := process(t, append([]string{"convert"}, strings.Fields(row.args)...)...)
		cmd.Dir, cmd.Stdin = dir, row.in
		code, out, errOut := run(t, cmd)
		if code != row.code || code == 0 && out != row.want || code != 0 && !strings.Contains(errOut, row.want) {
			t.Errorf("%s: exit code %d: %q%s", row.args, code, out, errOut)
		}
	}
	if text, _ := os.ReadFile(dir + "/out.jsonl"); string(text) != lines {
		t.Error("the results were changed")
	}
}
