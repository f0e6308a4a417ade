package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// new makes a project, says what it has written and how to go on, and refuses to do it
// twice.
func TestNew(t *testing.T) {
	cmd := process(t, "new", "team jobs/mail", "--kind", "worker")
	dir := cmd.Dir
	code, out, errOut := run(t, cmd)
	if code != 0 || errOut != "" {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	if want := "team jobs/mail: a worker, module mail\n  .github/workflows/check.yml\n"; !strings.HasPrefix(out, want) {
		t.Errorf("%s\nwant %s", out, want)
	}
	if want := "  worker_test.go\n\n  cd 'team jobs/mail'\n  go test ./...\n  go run .\n"; !strings.HasSuffix(out, want) {
		t.Errorf("%s\nwant %s", out, want)
	}
	mod, err := os.ReadFile(filepath.Join(dir, "team jobs", "mail", "go.mod"))
	if !strings.Contains(string(mod), "\nreplace github.com/inflight-go/inflight => ") || err != nil {
		t.Errorf("%v: %s", err, mod)
	}
	cmd = process(t, "new", "team jobs/mail")
	cmd.Dir = dir
	code, out, errOut = run(t, cmd)
	if code != 2 || out != "" || !strings.Contains(errOut, "team jobs/mail is not empty, and nothing is written over: .github, .gitignore, Makefile and 11 more") {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
}

// An empty folder that is there, and this one, are as good.
func TestNewHere(t *testing.T) {
	cmd := process(t, "new", ".", "--module", "example.com/shop", "--replace", repository(t))
	if code, out, errOut := run(t, cmd); code != 0 || !strings.HasPrefix(out, ".: a service, module example.com/shop\n") {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
	if _, err := os.Stat(filepath.Join(cmd.Dir, "service.go")); err != nil {
		t.Error(err)
	}
}

// repository is the folder of inflight itself.
func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// What can't be meant is an error of usage, and leaves nothing behind.
func TestNewUsage(t *testing.T) {
	for args, want := range map[string]string{
		"":                         "name one folder: inflight new DIR",
		"a b":                      "name one folder",
		"a --kind servce":          `--kind "servce": want service, worker or scraper`,
		"a --modul x":              "did you mean --module?",
		"a --module a//b":          "nothing before, behind or between",
		"a --replace /nowhere":     "--replace /nowhere: that is no checkout of inflight",
		"fmt":                      "say another by --module, such as --module example.com/jobs",
		"a --kind worker --kind x": `--kind "x"`,
	} {
		cmd := process(t, append([]string{"new"}, strings.Fields(args)...)...)
		if code, out, errOut := run(t, cmd); code != 2 || out != "" || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit %d: %s%s", args, code, out, errOut)
		}
		if left, err := os.ReadDir(cmd.Dir); len(left) > 0 || err != nil {
			t.Errorf("%s: left %v, %v", args, left, err)
		}
	}
}
