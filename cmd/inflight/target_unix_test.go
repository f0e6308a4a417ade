//go:build unix

package main_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	command "github.com/inflight-go/inflight/cmd/inflight"
	"github.com/inflight-go/inflight/debug"
)

// What a program calls itself and its tasks stays on its line, and does nothing to a
// terminal.
func TestWhatAStrangerIsCalled(t *testing.T) {
	evil := "evil\x1b[2J\n! forged\r\u202e\u2028\u009b"
	s := shop()
	s.Program, s.Findings[0].Kind, s.Findings[0].Text = evil, evil, evil+"\n"+evil
	for i := range s.Tasks {
		task := &s.Tasks[i]
		task.Name, task.File, task.Waiting, task.Kind = evil+task.Name, evil, evil, "task"
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _ = s.WriteJSON(w) }))
	defer server.Close()
	check := func(what, text string) {
		t.Helper()
		for i, line := range strings.Split(text, "\n") {
			if strings.HasPrefix(line, "! forged") || strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || r == 0x2028 || r == 0x202e }) {
				t.Errorf("%s, line %d: %q", what, i, line)
			}
		}
	}
	for _, args := range [][]string{{"ps", server.URL}, {"tree", server.URL}} {
		text, err := command.Ask(time.Minute, args...)
		if err != nil || !strings.Contains(text, "evil") {
			t.Errorf("%v: %v: %q", args, err, text)
		}
		check(args[0], text)
	}
	check("top", strings.Join(command.NewScreen(s, nil, 120, 40).Lines(), "\n"))
	detail := &debug.Detail{Task: s.Tasks[0], Doing: evil, Stack: "f\n\tmain.go:1\n" + evil}
	detail.Cause, detail.Func, detail.Creator = evil, evil, evil
	screen := command.NewScreen(s, detail, 120, 40)
	screen.Press("enter")
	lines := screen.Lines()
	lines = append(lines[:0:0], lines[:15]...) // the stack has lines of its own
	check("details", strings.Join(lines, "\n"))
	if line := command.Coloured(s.Tree().Roots[0]); strings.ContainsAny(line, "\n\r\u202e") {
		t.Errorf("in colour: %q", line)
	}
}

// A process that was stopped is named, and holds nobody up for ever.
func TestAProcessThatDoesNotAnswer(t *testing.T) {
	dir, err := os.MkdirTemp("", "a") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	if err := os.Mkdir(filepath.Join(dir, "inflight"), 0o700); err != nil {
		t.Fatal(err)
	}
	pid := os.Getpid()
	l, err := net.Listen("unix", filepath.Join(dir, "inflight", fmt.Sprintf("%d.sock", pid)))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, args := range [][]string{{"tree"}, {"ps"}, {"dump"}} {
		who := append(args, fmt.Sprint(pid))
		want := fmt.Sprintf("process %d does not answer: it hangs, or was stopped", pid)
		if _, err := command.Ask(50*time.Millisecond, who...); err == nil || err.Error() != want {
			t.Errorf("%v: %v", who, err)
		}
	}
	if text, err := command.Ask(50*time.Millisecond, "ps"); err != nil || !strings.Contains(text, "does not answer") {
		t.Errorf("ps: %v: %s", err, text)
	}
}
