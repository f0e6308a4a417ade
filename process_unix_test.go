//go:build unix

package inflight_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
)

// The library starts no processes. These tests show that os/exec and tasks go together.

// exitCode is the body of a task that waits for a process.
func exitCode(cmd *exec.Cmd) func(context.Context) (int, error) {
	return func(context.Context) (int, error) {
		err := cmd.Wait()
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			return e.ExitCode(), nil
		}
		return 0, err
	}
}

// Who gives up waiting for the task that waits for a process leaves that alone.
//
// Go has it: os/exec
func TestIO7_waiting_for_a_process(t *testing.T) {
	cmd := exec.Command("sh", "-c", "read line; exit 7")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	err = inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		exited := inflight.Go(g, exitCode(cmd))
		for range 2 {
			short, cancel := context.WithTimeoutCause(ctx, 5*time.Millisecond, enough)
			if _, err := exited.Await(short); err != enough {
				t.Errorf("the wait: %v", err)
			}
			cancel()
		}
		if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
			t.Errorf("the process: %v", err)
		}
		fmt.Fprintln(in, "go on")
		if code, err := exited.Await(ctx); code != 7 || err != nil {
			t.Errorf("exit code %d, %v", code, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A start that fails, or was cancelled before, and a task that was refused, leave no
// process and no file.
//
// Go has it: os/exec
func TestIO8_what_was_not_started_leaves_nothing(t *testing.T) {
	before := openFiles(t)
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	for _, cmd := range []*exec.Cmd{exec.CommandContext(ended, "sleep", "60"), exec.Command("/no/such/program")} {
		if _, err := cmd.StdoutPipe(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err == nil || cmd.Process != nil {
			t.Errorf("%s has started", cmd)
			_ = cmd.Process.Kill()
		}
	}
	cmd := exec.Command("sleep", "60")
	_ = inflight.Run(t.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
		g.Cancel()
		if state := g.Go(func(context.Context) error { return cmd.Run() }).State(); state != inflight.Refused {
			t.Errorf("the task is %v", state)
		}
		return nil
	})
	if cmd.Process != nil {
		t.Error("a task that was refused has started a process")
	}
	for end := time.Now().Add(10 * time.Second); openFiles(t) > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d files are open, and %d were", openFiles(t), before)
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(files)
}

// All who wait learn how a process ended. One that does not read what it is given has
// not failed for that.
//
// Go has it: os/exec
func TestIO9_all_who_wait_learn_how_it_ended(t *testing.T) {
	cmd := exec.Command("sh", "-c", "exit 3")
	cmd.Stdin = strings.NewReader(strings.Repeat("nobody reads this\n", 100_000))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	err := inflight.Run(t.Context(), func(_ context.Context, g *inflight.TaskGroup) error {
		exited := inflight.Go(g, exitCode(cmd))
		for range 5 {
			g.Go(func(ctx context.Context) error {
				if code, err := exited.Await(ctx); code != 3 || err != nil {
					t.Errorf("exit code %d, %v", code, err)
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A child of the process holds its output open: the wait ends all the same.
//
// Go has it: exec.Cmd.WaitDelay
func TestIO10_children_that_hold_the_output(t *testing.T) {
	var out bytes.Buffer
	err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
		cmd := exec.CommandContext(ctx, "sh", "-c", "sleep 60 & echo $!")
		cmd.Stdout = struct{ io.Writer }{&out} // by a pipe
		cmd.WaitDelay = 50 * time.Millisecond
		return cmd.Run()
	})
	if !errors.Is(err, exec.ErrWaitDelay) {
		t.Errorf("%v, want ErrWaitDelay", err)
	}
	var child int
	if _, err := fmt.Sscan(out.String(), &child); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(child, syscall.SIGKILL); err != nil {
		t.Errorf("the child: %v", err)
	}
}
