package main_test

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// What a killed run has sent counts for the rates, budgets and holds of the next, which
// sends nothing more, and is stopped while it waits.
func TestStateCarriesLimits(t *testing.T) {
	var asked atomic.Int32
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if strings.HasPrefix(r.URL.Path, "/busy") {
			w.Header().Set("Retry-After", "300")
			w.WriteHeader(429)
		}
	})
	for _, row := range []struct {
		path  string
		flags []string
		saved string // what limits.json says when all is in it
		most  int32
	}{
		{"/rate/{1..20}", []string{"--rate", "5/1h", "--burst", "5"}, `"rate":\[\{[^]]*"n":5\}\]`, 5},
		{"/host/{1..20}", []string{"--rate-host", "5/1h", "--burst", "5"}, `"rate":\[\{[^]]*"n":5\}\]`, 5},
		{"/budget/{1..20}", []string{"--budget", "calls=5/1h"}, `"calls":\[\{[^]]*"n":5\}\]`, 5},
		{"/busy/{1..20}", []string{"-c", "1"}, `"held":"2`, 1},
	} {
		t.Run(row.path, func(t *testing.T) {
			asked.Store(0)
			dir := t.TempDir()
			start := func(more ...string) *exec.Cmd {
				args := append([]string{"fetch", url + row.path, "-o", "out.jsonl", "--state", "state", "--resume", "--progress", "off"}, row.flags...)
				cmd := process(t, append(args, more...)...)
				cmd.Dir = dir
				return cmd
			}
			first := start()
			if err := first.Start(); err != nil {
				t.Fatal(err)
			}
			saved := regexp.MustCompile(row.saved)
			for {
				if text, _ := os.ReadFile(dir + "/state/limits.json"); saved.Match(text) && asked.Load() >= row.most {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
			first.Process.Kill()
			first.Wait()
			if code, _, errOut := run(t, start("--deadline", "200ms", "--grace", "1s")); code != 4 {
				t.Errorf("exit code %d: %s", code, errOut)
			}
			if n := asked.Load(); n != row.most {
				t.Errorf("%d requests were sent, %d may be", n, row.most)
			}
		})
	}
}

// A run that is killed before it has saved what it sent is thought to have sent what it
// may.
func TestStateKilledEarly(t *testing.T) {
	var asked atomic.Int32
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) { asked.Add(1) })
	for _, flag := range []string{"--rate", "--rate-host"} {
		asked.Store(0)
		dir := t.TempDir()
		for range 3 {
			cmd := process(t, "fetch", url+"/{1..20}", "-o", "out.jsonl", "--state", "state", "--resume", "--progress", "off", flag, "5/1h", "--burst", "5")
			cmd.Dir = dir
			before := asked.Load()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for i := 0; asked.Load() == before && (before == 0 || i < 150); i++ { // later runs may have nothing to send
				time.Sleep(time.Millisecond)
			}
			cmd.Process.Kill()
			cmd.Wait()
		}
		if n := asked.Load(); n < 1 || n > 5 {
			t.Errorf("%s: %d requests were sent, 5 may be", flag, n)
		}
	}
}

// What is in the folder and makes no sense is no reason not to run.
func TestStateDamaged(t *testing.T) {
	cmd := process(t, "fetch", "demo:///status/200", "--state", "state")
	os.Mkdir(output(cmd, "state"), 0o777)
	write(t, cmd, "state/limits.json", `{"version":1,"session":{"rate":[{"at":"2`)
	if code, out, errOut := run(t, cmd); code != 0 || strings.Count(out, "\n") != 1 {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
	bad := process(t, "fetch", "demo:///status/200", "--state", "file")
	write(t, bad, "file", "")
	if code, _, errOut := run(t, bad); code != 5 || !strings.Contains(errOut, "--state file") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}
