//go:build unix

package stuck_test

import (
	"strings"
	"syscall"
	"testing"
)

// SIGQUIT writes the tree, and then what Go writes.
func TestDumpOnQuit(t *testing.T) {
	p := start(t, "deadlock", "0")
	p.until([]string{"tree"}, "! deadlock")
	if err := p.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	text := p.stderr.String()
	tree, dump := strings.Index(text, "└─ bank [group.join]"), strings.Index(text, "SIGQUIT: quit")
	if tree < 0 || dump < tree || !strings.Contains(text[dump:], "goroutine 1 ") || p.cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("exit code %d, and it wrote\n%s", p.cmd.ProcessState.ExitCode(), text)
	}
}
