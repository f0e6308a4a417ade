//go:build unix

package main_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Whoever wants more at once than files may be open is told so, and what would do.
func TestTooManyFiles(t *testing.T) {
	for c, want := range map[string]bool{"8": false, "100": true} {
		cmd := process(t, "fetch", "demo:///status/200", "--summary", "off", "-c", c)
		limited := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `ulimit -n 64 && exec "$0" "$@"`}, cmd.Args...)...)
		limited.Env, limited.Dir = cmd.Env, cmd.Dir
		code, _, errOut := run(t, limited)
		if code != 0 || strings.Contains(errOut, "the 64 that are allowed: rows may fail; take -c 32") != want {
			t.Errorf("-c %s: exit code %d: %s", c, code, errOut)
		}
	}
}
