package main_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/origin"
)

// However often and wherever a run is killed, its output is in the end that of a run
// that was not: a line for each row, in any order of lines, with retries, with bodies
// in files. (make soak does it at length.)
func TestSoak(t *testing.T) {
	rows, kills := 400, 8
	if os.Getenv("INFLIGHT_SOAK") != "" {
		rows, kills = 20_000, 75
	}
	modes := map[string][]string{
		"completion": nil,
		"input":      {"--order", "input"},
		"retries":    {"--backoff", "1ms..5ms", "--retry-budget", "off", "--retries", "20", "--body", "none"},
		"files":      {"--body", "file:bodies"},
		"compressed": {"-o", "out.jsonl.gz"},
		"terminated": nil,
	}
	for name, flags := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, origin.Options{Seed: 7})
			path := fmt.Sprintf("/json/20?k={1..%d}", rows)
			if name == "retries" {
				path = fmt.Sprintf("/flaky?rate=0.2&key={1..%d}", rows)
			}
			args := append([]string{"fetch", s.URL() + path, "-c", "8", "--progress", "off", "--resume",
				"--fields", "url,status,json,body,body_file,error", "-o", "out.jsonl"}, flags...)
			want := uninterrupted(t, args)
			dir := t.TempDir()
			signal := syscall.SIGKILL
			if name == "terminated" {
				signal = syscall.SIGTERM
			}
			killed := 0
			for killed < kills {
				cmd := process(t, args...)
				cmd.Dir = dir
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Duration(5+rand.IntN(55)) * time.Millisecond)
				cmd.Process.Signal(signal)
				cmd.Wait()
				if code := cmd.ProcessState.ExitCode(); code == 0 {
					break // it was done
				} else if signal == syscall.SIGTERM && code != 143 && code != -1 { // -1: it was too early to be caught
					t.Fatalf("terminated, it ended with %d", code)
				}
				killed++
			}
			t.Logf("interrupted %d times", killed)
			cmd := process(t, args...)
			cmd.Dir = dir
			if code, _, errOut := run(t, cmd); code != 0 {
				t.Fatalf("exit code %d: %s", code, errOut)
			}
			if got := sortedLines(t, cmd.Dir); !slices.Equal(got, want) {
				t.Errorf("%d lines, want %d; the first that differs: %s", len(got), len(want), firstDifference(got, want))
			}
		})
	}
}

// uninterrupted runs the command to its end, and returns its lines in order.
func uninterrupted(t *testing.T, args []string) []string {
	t.Helper()
	cmd := process(t, args...)
	if code, _, errOut := run(t, cmd); code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	return sortedLines(t, cmd.Dir)
}

// sortedLines returns the lines of the output in dir, in order. The port of the
// origin is the same in both.
func sortedLines(t *testing.T, dir string) []string {
	t.Helper()
	text := unpacked(t, dir)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	slices.Sort(lines)
	return lines
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("%s, want %s", got[i], want[i])
		}
	}
	return "at the end"
}

// unpacked returns the text of the output in dir, packed or not.
func unpacked(t *testing.T, dir string) string {
	t.Helper()
	f, err := os.Open(dir + "/out.jsonl.gz")
	if os.IsNotExist(err) {
		text, err := os.ReadFile(dir + "/out.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
