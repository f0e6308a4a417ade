package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/debug"
)

// watched starts a fetch that takes long, with a page and a socket, and returns the
// page's address.
func watched(t *testing.T, flags ...string) (cmd *exec.Cmd, url string) {
	t.Helper()
	return watching(t, append([]string{"fetch", "demo:///delay/100ms?id={1..100000}", "-o", "out.jsonl", "--progress", "off", "-c", "20", "--ui", "127.0.0.1:0"}, flags...)...)
}

// watching starts a command that lasts and has a page, and returns its address.
func watching(t *testing.T, args ...string) (cmd *exec.Cmd, url string) {
	t.Helper()
	cmd = process(t, args...)
	run, err := os.MkdirTemp("", "s") // short: the path of a socket has little room
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(run) })
	cmd.Env = append(cmd.Env, "XDG_RUNTIME_DIR="+run)
	errOut, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(errOut)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("no page: %v", err)
		}
		if _, after, ok := strings.Cut(line, "the page of this run: "); ok {
			go io.Copy(io.Discard, lines)
			return cmd, strings.TrimSpace(after)
		}
	}
}

// ask sends a request and returns the answer's status and body.
func ask(t *testing.T, url string, change func(r *http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestFetchWithAPage(t *testing.T) {
	cmd, url := watched(t)
	if code, text := ask(t, url, nil); code != 200 || !strings.Contains(text, "page.js") {
		t.Errorf("the page: %d %s", code, text)
	}
	if code, text := ask(t, url, func(r *http.Request) { r.Host = "evil.example.com" }); code != 403 {
		t.Errorf("with another Host: %d %s", code, text)
	}
	resp, err := http.Get(url + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	events := bufio.NewReaderSize(resp.Body, 1<<20)
	for {
		line, err := events.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var event struct {
			Tasks int
			Panel debug.Panel
		}
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			t.Fatal(err)
		}
		p := event.Panel
		if p.Title != "inflight fetch" {
			t.Fatalf("the panel is %+v", p)
		}
		if len(p.Tables) == 2 && len(p.Tables[0].Rows) == 1 && len(p.Charts) == 4 && len(p.Charts[0].Series[0].Points) > 1 && event.Tasks >= 20 {
			if p.Charts[2].Series[0].Points == nil || len(p.Charts[2].Labels) != len(p.Charts[2].Series[0].Points) {
				t.Errorf("the latencies are %+v", p.Charts[2])
			}
			break
		}
	}
	if runtime.GOOS != "windows" {
		tree := process(t, "tree", url)
		if code, out, errOut := run(t, tree); code != 0 || !strings.Contains(out, "task-* ×") {
			t.Errorf("tree of the URL: %d %s%s", code, out, errOut)
		}
	}
	_ = cmd
}

func TestFetchWithASocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing can be attached to on Windows: its sockets know no users")
	}
	fetch, _ := watched(t, "--attach")
	for _, args := range [][]string{{"ps"}, {"tree"}, {"dump"}} {
		cmd := process(t, args...)
		cmd.Env = fetch.Env
		if code, out, errOut := run(t, cmd); code != 0 || len(strings.Split(out, "\n")) < 3 {
			t.Errorf("%v: %d %s%s", args, code, out, errOut)
		}
	}
}

// So are a crawl and a flow: what they wait for, and nothing of the panel of a fetch.
func TestCrawlAndFlowWithAPage(t *testing.T) {
	slow := filepath.Join(t.TempDir(), "slow.yaml")
	text := `version: 1
limits:
  api: {rate: 1/1m}
steps:
  users:
    get: "demo://origin/users"
    each: .items[]
    emit: "{id}"
    limit: api
  details:
    for: users
    get: "demo://origin/users/{{path .id}}"
    limit: api
output: {file: out.jsonl}
`
	if err := os.WriteFile(slow, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"crawl": {"crawl", "demo:///site/", "-o", "out.jsonl", "--crawl-delay", "1m", "--progress", "off"},
		"flow":  {"flow", "run", slow, "--progress", "off"},
	} {
		_, url := watching(t, append(args, "--ui", "127.0.0.1:0")...)
		for text, code := "", 200; !strings.Contains(text, "─ batch "); { // until it has begun
			if code, text = ask(t, url+"tree", nil); code != 200 {
				t.Fatalf("%s: %d %s", name, code, text)
			}
		}
	}
}

func TestFetchWithAToken(t *testing.T) {
	_, url := watched(t, "--ui-token", "secret")
	if code, text := ask(t, url, nil); code != 403 {
		t.Errorf("without it: %d %s", code, text)
	}
	if code, text := ask(t, url+"tree", func(r *http.Request) { r.Header.Set("Authorization", "Bearer secret") }); code != 200 {
		t.Errorf("with it: %d %s", code, text)
	}
	if code, _, errOut := run(t, process(t, "tree", url)); code != 5 || !strings.Contains(errOut, "403") {
		t.Errorf("tree without it: %d %s", code, errOut)
	}
	if code, out, errOut := run(t, process(t, "tree", url, "--token", "secret")); code != 0 || !strings.Contains(out, "pid ") {
		t.Errorf("tree with it: %d %s%s", code, out, errOut)
	}
}

func TestPagesThatAreRefused(t *testing.T) {
	busy := listen(t)
	defer busy.Close()
	for _, addr := range []string{"0.0.0.0:0", ":6060", "192.0.2.1:80", "example.com:80", "6060", busy.Addr().String()} {
		cmd := process(t, "fetch", "demo:///", "-o", "out.jsonl", "--ui", addr)
		if code, _, errOut := run(t, cmd); code != 2 || !strings.Contains(errOut, "--ui "+addr) {
			t.Errorf("--ui %s: %d %s", addr, code, errOut)
		}
		if _, err := os.Stat(output(cmd, "out.jsonl")); err == nil {
			t.Errorf("--ui %s: the output is there", addr)
		}
	}
	for _, args := range [][]string{{"tree", "nonsense"}, {"ps", "http://"}, {"dump", "999999999"}, {"ps", "1", "--sort", "shape"}} {
		if code, _, errOut := run(t, process(t, args...)); code != 2 {
			t.Errorf("%v: %d %s", args, code, errOut)
		}
	}
}
