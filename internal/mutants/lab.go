package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A lab is a copy of the module that mutants are tried on. The copy itself is
// never changed: the go command is told to read the mutated file instead, so
// that several can be tried at once.
type lab struct {
	module  string
	scratch string // where mutated files go
	timeout time.Duration
}

// A verdict is what became of a mutant.
type verdict struct {
	state state
	why   string // the first test that failed, or what is broken
	took  time.Duration
}

type state string

const (
	dead     state = "killed"
	survived state = "SURVIVED"
	broken   state = "BROKEN"
)

// control runs the tests without any mutant: if they fail anyway, they prove
// nothing.
func (l *lab) control(ctx context.Context, mutants []mutant) error {
	var packages []string
	for _, m := range mutants {
		packages = append(packages, m.packages...)
	}
	slices.Sort(packages)
	packages = slices.Compact(packages)
	if len(packages) == 0 {
		return nil
	}
	patient := *l // nothing is to be found here, and a machine may be busy
	patient.timeout *= 10
	if output, err := patient.test(ctx, "", "", packages); err != nil {
		return fmt.Errorf("the tests fail without a mutant: %w\n%s", err, output)
	}
	return nil
}

// judge tries one mutant.
func (l *lab) judge(ctx context.Context, m mutant) (verdict, error) {
	overlay, err := l.overlay(m)
	if err != nil {
		return verdict{state: broken, why: err.Error()}, nil
	}
	begin := time.Now()
	output, err := l.test(ctx, overlay, m.run, m.packages)
	if ctx.Err() != nil {
		return verdict{}, context.Cause(ctx)
	}
	v := verdict{took: time.Since(begin)}
	v.state, v.why, err = sentence(output, err)
	return v, err
}

// overlay writes the mutated file, and the file that tells the go command of it.
func (l *lab) overlay(m mutant) (string, error) {
	file := filepath.Join(l.module, filepath.FromSlash(m.file))
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("there is no file %s", m.file)
	}
	mutated, err := m.apply(string(text))
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(l.scratch, "mutant")
	if err != nil {
		return "", err
	}
	replacement := filepath.Join(dir, filepath.Base(file))
	if err := os.WriteFile(replacement, []byte(mutated), 0o666); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{file: replacement}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o666)
}

// test runs the tests of packages. Vet is off: the tests must find the bug.
func (l *lab) test(ctx context.Context, overlay, pattern string, packages []string) (output string, err error) {
	args := []string{"test", "-count=1", "-failfast", "-vet=off", "-timeout=" + l.timeout.String()}
	if overlay != "" {
		args = append(args, "-overlay="+overlay)
	}
	if pattern != "" {
		args = append(args, "-run="+pattern)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, packages...)...)
	cmd.Dir = l.module
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.WaitDelay = time.Second // a test binary may outlive the go command
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	err = cmd.Run()
	return b.String(), err
}

var (
	noBuild = regexp.MustCompile(`(?m)^FAIL\t.*\[(build|setup) failed\]$`)
	failed  = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	timeout = regexp.MustCompile(`(?m)^panic: test timed out`)
	crash   = regexp.MustCompile(`(?m)^(panic|fatal error): .*$`)
	noTests = regexp.MustCompile(`(?m)\[no tests? (to run|files)\]$`)
	ranTest = regexp.MustCompile(`(?m)^ok  \t[^[\n]*$`)
	replica = regexp.MustCompile(`\S*[/\\]mutant[0-9]+[/\\]`) // where overlay has put the file
)

// sentence judges by what the go command wrote, and how it ended.
func sentence(output string, err error) (s state, why string, _ error) {
	exit, isExit := errors.AsType[*exec.ExitError](err)
	switch {
	case err != nil && (!isExit || !exit.Exited()):
		return "", "", fmt.Errorf("go test: %w", err)
	case noBuild.MatchString(output):
		return broken, "does not compile: " + firstError(output), nil
	case err == nil && noTests.MatchString(output) && !ranTest.MatchString(output):
		return broken, "no test was run", nil
	case err == nil:
		return survived, "", nil
	case timeout.MatchString(output):
		return dead, "timeout", nil
	}
	if m := failed.FindStringSubmatch(output); m != nil {
		return dead, m[1], nil
	}
	if c := crash.FindString(output); c != "" {
		return dead, c, nil
	}
	if strings.Contains(output, "\nFAIL\t") || strings.HasPrefix(output, "FAIL\t") {
		return dead, "", nil
	}
	return broken, "go test: " + firstError(output), nil // it did not come to a test
}

// firstError returns the first line that says what is wrong.
func firstError(output string) string {
	for line := range strings.SplitSeq(output, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return replica.ReplaceAllString(line, "")
		}
	}
	return "no output"
}
