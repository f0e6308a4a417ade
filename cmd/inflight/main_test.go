package main_test

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	command "github.com/inflight-go/inflight/cmd/inflight"
)

// The test binary is the command too, so that it can be run as a process.
func TestMain(m *testing.M) {
	if os.Getenv("INFLIGHT_IS_COMMAND") != "" {
		command.Main()
		return
	}
	os.Exit(m.Run())
}

// process prepares the command as a process.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), "INFLIGHT_IS_COMMAND=1")
	cmd.Dir = t.TempDir()
	return cmd
}

// run runs the command and returns its exit code and what it wrote.
func run(t *testing.T, cmd *exec.Cmd) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// A result is what the tests look at in a line.
type result struct {
	Index    int64           `json:"index"`
	Key      string          `json:"key"`
	Input    json.RawMessage `json:"input"`
	Method   string          `json:"method"`
	URL      string          `json:"url"`
	Status   int             `json:"status"`
	OK       bool            `json:"ok"`
	Attempts int             `json:"attempts"`
	JSON     any             `json:"json"`
	Body     string          `json:"body"`
	BodyFile string          `json:"body_file"`
	Cost     map[string]any  `json:"cost"`
	Error    *struct {
		Class   string `json:"class"`
		Message string `json:"message"`
		File    string `json:"file"`
		Line    int    `json:"line"`
	} `json:"error"`
}

// results reads the lines of an output.
func results(t *testing.T, path string) []result {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []result
	for line := range strings.Lines(string(text)) {
		var r result
		if err := json.Unmarshal([]byte(line), &r); err != nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("%q: %v", line, err)
		}
		if r.OK != (r.Error == nil) {
			t.Errorf("%q: ok and an error do not go together", line)
		}
		all = append(all, r)
	}
	return all
}

// write writes a file into the folder of cmd and returns its name.
func write(t *testing.T, cmd *exec.Cmd, name, text string) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(cmd.Dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// output is the path of a file in the folder of cmd.
func output(cmd *exec.Cmd, name string) string { return filepath.Join(cmd.Dir, name) }

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
