//go:build unix

package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// In a real terminal, which tmux is, top shows a run, answers to keys, and leaves.
func TestTopInATerminal(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil || testing.Short() {
		t.Skip("no tmux is installed, or -short: nothing looks at top in a terminal")
	}
	fetch, _ := watched(t, "--attach")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("inflight-%d", os.Getpid())
	do := func(args ...string) string {
		cmd := exec.Command(tmux, append([]string{"-L", name, "-f", "/dev/null"}, args...)...)
		cmd.Env = append(fetch.Env, "TERM=xterm-256color")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	do("new-session", "-d", "-x", "100", "-y", "24", "-e", "INFLIGHT_IS_COMMAND=1", fmt.Sprintf("'%s' top %d; echo it has ended; sleep 60", self, fetch.Process.Pid))
	t.Cleanup(func() { _ = exec.Command(tmux, "-L", name, "kill-server").Run() })
	until := func(parts ...string) {
		t.Helper()
		screen := ""
		for range 300 {
			screen = do("capture-pane", "-p")
			missing := false
			for _, p := range parts {
				missing = missing || !strings.Contains(screen, p)
			}
			if !missing {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("%q never come:\n%s", parts, screen)
	}
	until("NAME", "└─ main", "batch", "task-* ×", "by tree")
	do("send-keys", "End", "Enter")
	until("name ", "function ", "esc back")
	do("send-keys", "Escape")
	until("by tree")
	do("send-keys", "s")
	until("by wait")
	do("send-keys", "q")
	until("it has ended")
}
