// Package valgrind counts the instructions that a program executes, on machines whose
// processor does not let its counters be read.
package valgrind

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// refs is how cachegrind tells the number.
var refs = regexp.MustCompile(`I +refs: +([0-9,]+)`)

// Count runs a command to its end under valgrind, which is a path or a name, and
// returns how many instructions it executed outside of the kernel. Programs of Go 1.26
// need a new valgrind: 3.24 runs them, 3.19 dies. If profile is not "", the
// instructions of each function are written there, for cg_annotate.
func Count(ctx context.Context, valgrind string, cmd *exec.Cmd, profile string) (instructions int64, err error) {
	dir, err := os.MkdirTemp("", "valgrind")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	log := filepath.Join(dir, "log")
	if profile == "" {
		profile = os.DevNull
	}
	args := append([]string{"--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=" + profile, "--log-file=" + log, cmd.Path}, cmd.Args[1:]...)
	under := exec.CommandContext(ctx, valgrind, args...)
	under.Dir, under.Stdin = cmd.Dir, cmd.Stdin
	// Signals that stop a goroutine come by the clock, which emulation makes run fast.
	under.Env = append(cmd.Environ(), "GODEBUG=asyncpreemptoff=1")
	said, err := under.CombinedOutput()
	text, _ := os.ReadFile(log) // without it there is no number either
	if err != nil {
		return 0, fmt.Errorf("%s under valgrind: %w\n%s%s", cmd.Path, err, said, text)
	}
	m := refs.FindSubmatch(text)
	if m == nil {
		return 0, errors.New("valgrind tells no number of instructions")
	}
	return strconv.ParseInt(strings.ReplaceAll(string(m[1]), ",", ""), 10, 64)
}
