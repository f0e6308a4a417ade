//go:build unix

package scaffold_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/scaffold"
)

// thorough are the checks that take long: the tests of the projects under the race
// detector, go mod tidy, and staticcheck.
var thorough = os.Getenv("INFLIGHT_SOAK") != ""

// Each kind is written, built, tested, and run as a process, as it is.
func TestProjects(t *testing.T) {
	if raceEnabled {
		t.Skip("the processes are the same without the race detector, which does not look at them")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	source, err := scaffold.Running()
	if err != nil {
		t.Fatal(err)
	}
	run := map[string]func(t *testing.T, program, dir string){"service": runService, "worker": runWorker, "scraper": runScraper}
	for _, kind := range scaffold.Kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "project")
			write(t, scaffold.Options{Dir: dir, Kind: kind, Source: source})
			program := filepath.Join(t.TempDir(), "program")
			goCommand(t, dir, "build", "-o", program, ".")
			goCommand(t, dir, "test", "-vet=all", "-count=1", "./...")
			if thorough {
				check(t, dir)
			}
			run[kind](t, program, dir)
		})
	}
}

// check are the checks that take long.
func check(t *testing.T, dir string) {
	t.Helper()
	goCommand(t, dir, "mod", "tidy", "-diff")
	goCommand(t, dir, "test", "-race", "-shuffle=on", "-count=5", "-cpu=1,2", "./...")
	staticcheck := filepath.Join(t.TempDir(), "staticcheck")
	goCommand(t, filepath.Join("..", ".."), "build", "-modfile=tools/go.mod", "-o", staticcheck, "honnef.co/go/tools/cmd/staticcheck")
	command(t, dir, staticcheck, "./...")
}

// goCommand runs the go command as people do who have nothing set, but for the symbols:
// without them it links in half the time.
func goCommand(t *testing.T, dir string, args ...string) {
	t.Helper()
	command(t, dir, "go", args...)
}

func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-ldflags=-s", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

// A process is a program that runs.
type process struct {
	*exec.Cmd
	mu    sync.Mutex
	log   bytes.Buffer
	ended chan struct{} // closed when it has, and the log is whole
}

// start starts a program. listening gets the record of the log that is called so.
func start(t *testing.T, dir, program string, args ...string) (p *process, listening <-chan map[string]any) {
	t.Helper()
	p = &process{Cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.Dir = dir
	errOut, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill(); <-p.ended })
	records := make(chan map[string]any, 1)
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(errOut); lines.Scan(); {
			p.mu.Lock()
			fmt.Fprintf(&p.log, "%s\n", lines.Bytes())
			p.mu.Unlock()
			var record map[string]any
			if json.Unmarshal(lines.Bytes(), &record) == nil && record["msg"] == "listening" {
				records <- record
			}
		}
		_ = p.Wait()
	}()
	return p, records
}

// code waits for the end, and returns the exit code: -1 if it was killed.
func (p *process) code(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		t.Fatalf("it does not end, and says\n%s", p.said())
	}
	return p.ProcessState.ExitCode()
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Errorf("%v, and it said\n%s", err, p.said())
	}
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(text)
}

// A service answers the probes, and on SIGTERM the request that is under way; then its
// exit code is 0. One that does not end in time is cut off: 1.
func runService(t *testing.T, program, dir string) {
	endService(t, program, dir, "1m", true, 0)
	endService(t, program, dir, "50ms", false, 1)
}

// endService ends a service that has a request under way, whose upstream answers, or
// does not.
func endService(t *testing.T, program, dir, grace string, answers bool, code int) {
	t.Helper()
	asked, answer := make(chan struct{}, 8), make(chan struct{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			return
		}
		asked <- struct{}{}
		select {
		case <-answer:
		case <-r.Context().Done():
		}
		fmt.Fprint(w, "null")
	}))
	defer api.Close()
	p, listening := start(t, dir, program, "-listen=127.0.0.1:0", "-admin=127.0.0.1:0", "-api="+api.URL, "-grace="+grace)
	var addresses map[string]any
	select {
	case addresses = <-listening:
	case <-p.ended:
		t.Fatal(p.said())
	}
	service, admin := fmt.Sprint("http://", addresses["service"]), fmt.Sprint("http://", addresses["admin"])
	for _, path := range []string{"/startupz", "/readyz", "/livez", "/metrics", "/debug/tasks/tree"} {
		if status, body := get(t, admin+path); status != 200 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	got := make(chan string, 1)
	go func() {
		status, body := get(t, service+"/users/7")
		got <- fmt.Sprint(status, " ", strings.TrimSpace(body))
	}()
	<-asked
	<-asked
	p.signal(t, syscall.SIGTERM)
	want := "503 Service Unavailable"
	if answers {
		for status := 0; status != http.StatusServiceUnavailable && !t.Failed(); time.Sleep(time.Millisecond) {
			status, _ = get(t, admin+"/readyz")
		}
		want = `200 {"id":0,"name":"","posts":null}`
		time.Sleep(100 * time.Millisecond) // for who is too impatient to cut it off
		close(answer)
	}
	if answer := <-got; answer != want {
		t.Errorf("what was under way: %s, want %s", answer, want)
	}
	if got := p.code(t); got != code {
		t.Errorf("exit code %d, want %d, and it said\n%s", got, code, p.said())
	}
}

// A counter is a server that counts what it is asked for by a key, and can be waited
// for.
type counter struct {
	mu   sync.Mutex
	seen map[string]int
	n    int
	at   int           // the number to be waited for
	come chan struct{} // closed then
}

func (c *counter) count(key string) {
	c.mu.Lock()
	c.seen[key]++
	if c.n++; c.n == c.at {
		close(c.come)
	}
	c.mu.Unlock()
	time.Sleep(2 * time.Millisecond)
}

// until returns a channel that is closed when n more have come.
func (c *counter) until(n int) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.come = c.n+n, make(chan struct{})
	return c.come
}

// twice are the keys that came more than once, and all how many keys there are.
func (c *counter) keys(t *testing.T) (twice, all int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, n := range c.seen {
		if n > 2 {
			t.Errorf("%s came %d times", key, n)
		}
		if n > 1 {
			twice++
		}
	}
	return twice, len(c.seen)
}

// endAndGoOn runs a program three times: it is killed after a while, told to end after
// another, and comes to its end. What came twice when it was told to end was so before.
func endAndGoOn(t *testing.T, c *counter, dir, program string, args ...string) {
	t.Helper()
	come := c.until(40)
	p, _ := start(t, dir, program, args...)
	<-come
	p.signal(t, syscall.SIGKILL)
	p.code(t)

	come = c.until(80)
	p, _ = start(t, dir, program, args...)
	<-come
	p.signal(t, syscall.SIGTERM)
	if code := p.code(t); code != 143 {
		t.Errorf("told to end: exit code %d, and it said\n%s", code, p.said())
	}
	before, _ := c.keys(t)
	if before > 40 {
		t.Errorf("%d of 40 came again", before)
	}

	p, _ = start(t, dir, program, args...)
	if code := p.code(t); code != 0 {
		t.Errorf("exit code %d, and it said\n%s", code, p.said())
	}
	if twice, _ := c.keys(t); twice != before {
		t.Errorf("%d came again after a run that was told to end", twice-before)
	}
	t.Logf("%d came twice", before)
}

// lines are how many lines an output has, each of another index, and none failed.
func lines(t *testing.T, path string) int {
	t.Helper()
	seen := map[int64]bool{}
	for line, err := range batch.Since(path, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[line.Index] || line.Failed {
			t.Errorf("a second line, or a failure: %s", line.Data)
		}
		seen[line.Index] = true
	}
	return len(seen)
}

// A worker that is killed and told to end loses no job, and has one line for each.
func runWorker(t *testing.T, program, dir string) {
	const jobs = 200
	c := &counter{seen: map[string]int{}}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.count(r.Header.Get("Idempotency-Key"))
		fmt.Fprint(w, `{"id": "x"}`)
	}))
	defer api.Close()
	var text strings.Builder
	for i := range jobs {
		fmt.Fprintf(&text, "{\"id\": \"%d\", \"to\": \"ann\"}\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, "many.jsonl"), []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	endAndGoOn(t, c, dir, program, "-in=many.jsonl", "-out=out.jsonl", "-api="+api.URL, "-c=8")
	if _, all := c.keys(t); all != jobs {
		t.Errorf("%d of %d jobs were done", all, jobs)
	}
	if n := lines(t, filepath.Join(dir, "out.jsonl")); n != jobs {
		t.Errorf("%d lines, want %d", n, jobs)
	}
	p, _ := start(t, dir, program) // as it is
	if code := p.code(t); code != 0 {
		t.Errorf("exit code %d, and it said\n%s", code, p.said())
	}
	if n := lines(t, filepath.Join(dir, "results.jsonl")); n != 40 {
		t.Errorf("%d lines, want 40", n)
	}
}

// So does a scraper with its pages.
func runScraper(t *testing.T, program, dir string) {
	const pages = 200
	c := &counter{seen: map[string]int{}}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		c.count(r.URL.Path)
		var i int
		_, _ = fmt.Sscanf(r.URL.Path, "/product/%d", &i)
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<h1>Product %d</h1><p class=price>%[1]d.50</p>", i)
		for next := 2*i + 1; next <= 2*i+2 && next < pages; next++ {
			fmt.Fprintf(w, "<a href='/product/%d'>more</a>", next)
		}
	}))
	defer site.Close()
	endAndGoOn(t, c, dir, program, "-site="+site.URL+"/product/0", "-out=out.jsonl", "-c=8", "-per-host=8")
	if _, all := c.keys(t); all != pages {
		t.Errorf("%d of %d pages were fetched", all, pages)
	}
	if n := lines(t, filepath.Join(dir, "out.jsonl")); n != pages {
		t.Errorf("%d lines, want %d", n, pages)
	}
	p, _ := start(t, dir, program) // as it is
	if code := p.code(t); code != 0 {
		t.Errorf("exit code %d, and it said\n%s", code, p.said())
	}
	text, err := os.ReadFile(filepath.Join(dir, "pages.jsonl"))
	if n := bytes.Count(text, []byte(`"price":`)); n != 60 || err != nil {
		t.Errorf("%d products, %v", n, err)
	}
}
