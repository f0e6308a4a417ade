package main_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// What people write by mistake is told together with what they meant, and how.
func TestMistakesAreExplained(t *testing.T) {
	for _, row := range []struct {
		args string
		code int
		want string
	}{
		{"fetch demo:///status/200 --timeout 5", 2, "did you mean 5s?"},
		{"fetch demo:///status/200 --grace=1.5", 2, "did you mean 1.5s?"},
		{"fetch http://127.0.0.1:99999/x --errors e -o o", 2, "a port is a number from 1 to 65535"},
		{"fetch http://[::1]:0/", 2, "a port is a number from 1 to 65535"},
		{"fetch demo://users/1 --retries 0", 1, `"message":"status 404; users is the host in demo://users/1: three slashes make it the path, demo:///users/1"`},
		{"fetch demo:///status/404 --retries 0", 1, `"message":"status 404"`},
		{"fetch demo:///status/200 --proxy ftp://127.0.0.1:1", 2, "begins with http://, https:// or socks5://"},
		{"fetch --dry-run 2 demo:///status/200?{1..9}", 0, "curl 'demo:///status/200?2'\n"},
		{"fetch demo:///status/200?{1..9} --dry-run 2", 0, "curl 'demo:///status/200?2'\n"},
		{"fetch demo:///status/200 --dry-run=1 2", 2, "not a URL"},
		{"fetch demo:///status/200 -c many", 2, `invalid argument "many" for "-c, --concurrency" flag: want a number (see`},
		{"fetch --resume -o out.jsonl", 2, "the same input with -i"},
		{"fetch", 2, "-i - is stdin"},
		{"fetch demo:///status/200 --cost 5", 2, "of a --budget, and there is none"},
		{"fetch -X G@T demo:///status/200", 2, `test: the method "G@T"; want a word`},
		{"crawl demo:///site/ -o out --warc ./out", 2, "--warc ./out: that is the output"},
		{"convert out.jsonl --ok --failed", 2, "only one of them"},
		{"report notes.txt", 2, "notes.txt holds no results"},
		{"report empty.jsonl", 0, "There is no result."},
		{"fetch demo:///status/404?{1..200} --retries 0 --max-errors 3", 4, "3 have failed, as many as may"},
	} {
		cmd := process(t, strings.Fields(row.args)...)
		write(t, cmd, "notes.txt", "nothing\nof that kind\n")
		write(t, cmd, "empty.jsonl", "")
		code, out, errOut := run(t, cmd)
		if code != row.code || !strings.Contains(out+errOut, row.want) || strings.Contains(out, "200?3") || strings.Contains(errOut, "units") {
			t.Errorf("%s: exit code %d, want %d and %q: %s%s", row.args, code, row.code, row.want, out, errOut)
		}
	}
}

// A port that there can't be is a bad row, and nothing is tried.
func TestBadPortsAreBadRows(t *testing.T) {
	cmd := process(t, "fetch", "-i", "urls.txt", "-o", "out.jsonl")
	write(t, cmd, "urls.txt", "http://127.0.0.1:99999/\ndemo:///status/200\n")
	code, _, errOut := run(t, cmd)
	got := results(t, output(cmd, "out.jsonl"))
	slices.SortFunc(got, func(a, b result) int { return int(a.Index - b.Index) })
	if code != 1 || len(got) != 2 || got[0].Error == nil || got[0].Error.Class != "input" || got[0].Attempts != 0 || !got[1].OK {
		t.Errorf("exit code %d, %+v: %s", code, got, errOut)
	}
}

// A variable that is of no flag is told of, with the one that was meant; flags of other
// commands are right.
func TestUnknownVariables(t *testing.T) {
	for variable, want := range map[string]string{
		"INFLIGHT_TIMOUT=5s":   "INFLIGHT_TIMOUT in the environment is of no flag; did you mean INFLIGHT_TIMEOUT?\n",
		"INFLIGHT_XYZZYQQ=hum": "INFLIGHT_XYZZYQQ in the environment is of no flag\n",
		"INFLIGHT_DEPTH=3":     "",
		"INFLIGHT_DEBUG=0":     "",
	} {
		cmd := process(t, "fetch", "demo:///status/200", "--summary", "off")
		cmd.Env = append(cmd.Env, variable)
		if code, _, errOut := run(t, cmd); code != 0 || errOut != want {
			t.Errorf("%s: exit code %d: %q, want %q", variable, code, errOut, want)
		}
	}
	cmd := process(t, "fetch", "demo:///status/200")
	cmd.Env = append(cmd.Env, "INFLIGHT_TIMEOUT=5")
	if code, _, errOut := run(t, cmd); code != 2 || !strings.Contains(errOut, "INFLIGHT_TIMEOUT: timeout: ") || !strings.Contains(errOut, "did you mean 5s?") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

// An output that is damaged in its middle is refused, and cut only when that is asked for.
func TestDamagedOutput(t *testing.T) {
	cmd := process(t, "fetch", "demo:///status/200?{1..9}", "-o", "out.jsonl")
	if code, _, errOut := run(t, cmd); code != 0 {
		t.Fatal(errOut)
	}
	lines := strings.SplitAfter(read(t, output(cmd, "out.jsonl")), "\n")
	lines[4] = "what is that?\n"
	write(t, cmd, "out.jsonl", strings.Join(lines, ""))
	again := func(flags ...string) (int, string) {
		c := process(t, append([]string{"fetch", "demo:///status/200?{1..9}", "-o", "out.jsonl", "--resume"}, flags...)...)
		c.Dir = cmd.Dir
		code, _, errOut := run(t, c)
		return code, errOut
	}
	if code, errOut := again(); code != 5 || !strings.Contains(errOut, "line 5, at byte") || !strings.Contains(errOut, "--cut-damaged") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	if code, errOut := again("--cut-damaged"); code != 0 || !strings.Contains(errOut, "4 done before") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	wantLines(t, results(t, output(cmd, "out.jsonl")), 9)
}

// Two runs don't share a folder for their state at the same time.
func TestStateIsOfOneRun(t *testing.T) {
	var asked atomic.Int32
	arrived := make(chan bool)
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			close(arrived)
			<-r.Context().Done()
		}
	})
	first := process(t, "fetch", url, "-o", "a.jsonl", "--state", "state", "--progress", "off")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	<-arrived
	second := func() *exec.Cmd {
		cmd := process(t, "fetch", url, "-o", "b.jsonl", "--state", "state", "--progress", "off")
		cmd.Dir = first.Dir
		return cmd
	}
	code, _, errOut := run(t, second())
	if code != 6 || !strings.Contains(errOut, "--state state is in use by another run") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	if _, err := os.Stat(output(first, "b.jsonl")); err == nil {
		t.Error("the output was made")
	}
	_ = first.Process.Kill()
	_ = first.Wait()
	if code, _, errOut := run(t, second()); code != 0 {
		t.Errorf("when the first is gone: exit code %d: %s", code, errOut)
	}
}

// What was sent, and over which TLS, is in the results when that is asked for, whichever
// client makes the exchange.
func TestIncludeTLSAndRequest(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	for _, engine := range []string{"auto", "std"} {
		cmd := process(t, "fetch", server.URL, "--insecure", "--include", "tls,request", "-H", "X-Api-Key: hush", "-H", "X-Team: a", "--bearer", "hush-bearer",
			"--engine", engine, "-o", "out.jsonl")
		code, _, errOut := run(t, cmd)
		text := read(t, output(cmd, "out.jsonl"))
		var r struct {
			Request struct{ Headers map[string][]string }
			TLS     struct {
				Version, Cipher, Subject, Issuer string
				NotAfter                         time.Time `json:"not_after"`
				Names                            []string
			}
		}
		if err := json.Unmarshal([]byte(text), &r); err != nil || code != 0 {
			t.Fatalf("%v, exit code %d: %s", err, code, errOut)
		}
		cert := server.Certificate()
		if r.TLS.Version != "TLS 1.3" || r.TLS.Cipher == "" || r.TLS.Issuer != cert.Issuer.String() || !r.TLS.NotAfter.Equal(cert.NotAfter) || !slices.Equal(r.TLS.Names, cert.DNSNames) {
			t.Errorf("%s: %s", engine, text)
		}
		if h := r.Request.Headers; strings.Contains(text, "hush") || !slices.Equal(h["X-Team"], []string{"a"}) || !slices.Equal(h["X-Api-Key"], []string{"REDACTED"}) {
			t.Errorf("%s: %s", engine, text)
		}
	}
	cmd := process(t, "fetch", "demo:///status/200", "--fields", "status,tls,request")
	if code, out, errOut := run(t, cmd); code != 0 || strings.Contains(out, "tls") || !strings.Contains(out, `"User-Agent":["inflight/1"]`) {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
}
