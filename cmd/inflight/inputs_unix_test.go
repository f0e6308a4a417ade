//go:build unix

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fifo makes a pipe with a name in a folder.
func fifo(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// All that is written into a pipe with a name is read from it, once.
func TestFetchPipe(t *testing.T) {
	const n = 10_000
	cmd := process(t, "fetch", "-i", "pipe", "demo:///status/{{.}}", "-o", "out.jsonl", "--fields", "url", "--progress", "off")
	name := fifo(t, cmd.Dir)
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(name, []byte(strings.Repeat("200\n", n)), 0) }()
	if code, _, errOut := run(t, cmd); code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	wantLines(t, results(t, output(cmd, "out.jsonl")), n)
}

// A pipe that nobody writes to, wherever one is read, is not waited for when the run is
// interrupted.
func TestFetchPipeInterrupted(t *testing.T) {
	for _, args := range [][]string{
		{"-i", "pipe"}, {"-i", "pipe", "-o", "out.jsonl"}, {"-i", "pipe", "--dry-run"}, {"--request", "pipe"}, {"demo:///echo", "--data-file", "pipe"},
	} {
		cmd := process(t, append([]string{"fetch", "--progress", "off"}, args...)...)
		fifo(t, cmd.Dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { cmd.Wait(); close(ended) }()
		time.Sleep(300 * time.Millisecond)
		cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			cmd.Process.Kill()
			<-ended
		}
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() && status.Signal() == syscall.SIGINT {
			continue // it was not there yet to be interrupted
		}
		if code := cmd.ProcessState.ExitCode(); code != 130 {
			t.Errorf("%q: %v", args, cmd.ProcessState)
		}
	}
}
