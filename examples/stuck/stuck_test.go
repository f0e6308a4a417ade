// Package stuck_test runs the programs that are stuck, and the commands that say why,
// as processes.
package stuck_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// build builds the command and the programs into a folder, once.
var build = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "inflight-stuck-"); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "../../cmd/inflight", "./...").CombinedOutput()
	if err != nil {
		return "", &buildError{string(out)}
	}
	return dir, nil
})

type buildError struct{ text string }

func (e *buildError) Error() string { return e.text }

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := build(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// A program is one that is stuck, as a process.
type program struct {
	t      *testing.T
	dir    string
	cmd    *exec.Cmd
	env    []string
	stderr *bytes.Buffer
}

// start starts a program with a folder of its own for sockets.
func start(t *testing.T, name, level string) *program {
	t.Helper()
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("builds and runs programs, and attaches to them")
	}
	dir, err := build()
	if err != nil {
		t.Fatal(err)
	}
	run, err := os.MkdirTemp("", "s") // short: the path of a socket has little room
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(run) })
	p := &program{t: t, dir: dir, stderr: new(bytes.Buffer)}
	p.env = append(os.Environ(), "XDG_RUNTIME_DIR="+run, "INFLIGHT_ATTACH=1", "INFLIGHT_DEBUG="+level)
	p.cmd = exec.Command(filepath.Join(dir, name))
	p.cmd.Env, p.cmd.Stderr = p.env, p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	return p
}

// inflight runs the command.
func (p *program) inflight(args ...string) string {
	p.t.Helper()
	cmd := exec.Command(filepath.Join(p.dir, "inflight"), args...)
	cmd.Env = p.env
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "no socket") {
		p.t.Fatalf("inflight %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// until runs the command until it says all the parts.
func (p *program) until(args []string, parts ...string) string {
	p.t.Helper()
	pid := strconv.Itoa(p.cmd.Process.Pid)
	args = append([]string{args[0], pid}, args[1:]...)
	out := ""
	for range 600 {
		missing := false
		out = p.inflight(args...)
		for _, part := range parts {
			missing = missing || !strings.Contains(out, part)
		}
		if !missing {
			return out
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("inflight %v never says %q, but\n%s\n%s", args, parts, out, p.stderr)
	return ""
}

// wantInDocs checks that the documentation shows this output, but for times and numbers.
func wantInDocs(t *testing.T, out string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/debugging.md")
	if err != nil {
		t.Fatal(err)
	}
	times, numbers := regexp.MustCompile(`\d+(\.\d+)?(ms|s)|\d+m\d+s`), regexp.MustCompile(`\d+`)
	plain := func(s string) string { return numbers.ReplaceAllString(times.ReplaceAllString(s, "TIME"), "N") }
	for line := range strings.Lines(plain(out)) {
		if !strings.Contains(plain(string(page)), line) {
			t.Errorf("docs/debugging.md does not show %q of\n%s", line, out)
		}
	}
}

func TestDeadlockIsDiagnosed(t *testing.T) {
	p := start(t, "deadlock", "0") // at any level
	p.until([]string{"tree"}, "! deadlock: tea pays rent (main.go:", "waits for mutex #", "which rent pays tea (main.go:", "[group.join]", "held by tea pays rent]")
}

func TestNothingCanRunIsDiagnosed(t *testing.T) {
	p := start(t, "deadlock", "1")
	wantInDocs(t, p.until([]string{"tree"}, "! nothing can run: every goroutine waits", "2 in mutex.lock"))
}

func TestIgnoredCancellationIsDiagnosed(t *testing.T) {
	p := start(t, "ignored", "1")
	wantInDocs(t, p.until([]string{"tree", "--ignored", "300ms"}, "! cancellation ignored: index (main.go:", "the disk is full", "does not look at its context", "index [running, cancelled"))
}

func TestLongWaitIsDiagnosed(t *testing.T) {
	p := start(t, "waiting", "1")
	wantInDocs(t, p.until([]string{"tree", "--old", "300ms"}, "! long wait: worker-", "and 49 more wait for queue.get #", "worker-* ×50 [queue.get #"))
}

func TestIN15_attach_to_a_live_process(t *testing.T) {
	p := start(t, "waiting", "0")
	p.until([]string{"ps", "--filter", "worker-7"}, "ID", "worker-7", "queue.get #", "main.go:")
	p.until([]string{"ps", "--level", "1"}, "heartbeat")
	p.until([]string{"dump"}, `"level":1`, `"name":"worker-49"`)
	pid := strconv.Itoa(p.cmd.Process.Pid)
	if out := p.inflight("ps"); !strings.Contains(out, pid) || !strings.Contains(out, "waiting") {
		t.Errorf("ps says %q", out)
	}
	if out := p.inflight("tree"); !strings.Contains(out, "pid "+pid) {
		t.Errorf("tree of the only process says %q", out)
	}
	if out := p.inflight("ps", "1"); !strings.Contains(out, "no socket") {
		t.Errorf("ps of a process without a socket says %q", out)
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	if out := p.inflight("ps"); strings.Contains(out, pid) { // its socket is stale, and swept away
		t.Errorf("ps of a dead process says %q", out)
	}
}
