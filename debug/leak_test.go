package debug_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The runtime's profile of leaked goroutines, which in Go 1.26 needs an experiment,
// finds leaked tasks although introspection knows them all.
func TestIN16_leaked_tasks_are_found(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the runtime anew")
	}
	program := filepath.Join(t.TempDir(), "leak")
	build := exec.Command("go", "build", "-o", program, "./testdata/leak")
	build.Env = append(os.Environ(), "GOEXPERIMENT=goroutineleakprofile")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("this toolchain does not have the experiment: %s", out)
	}
	for _, level := range []string{"0", "1", "2"} {
		run := exec.Command(program)
		run.Env = append(os.Environ(), "INFLIGHT_DEBUG="+level)
		out, err := run.Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != "found 5 of 5" {
			t.Errorf("level %s: %v, %q", level, err, got)
		}
	}
}
