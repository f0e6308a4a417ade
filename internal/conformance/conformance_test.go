package conformance_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/conformance"
)

// module returns the checks and the tests of this module.
func module(t *testing.T) (root string, checks []conformance.Check, tests []conformance.Test) {
	t.Helper()
	root, err := conformance.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	if checks, err = conformance.Checks(); err != nil {
		t.Fatal(err)
	}
	if tests, err = conformance.Scan(root); err != nil {
		t.Fatal(err)
	}
	return root, checks, tests
}

// Each id in the name of a test is that of a check.
func TestNoIDIsUnknown(t *testing.T) {
	_, checks, tests := module(t)
	for _, line := range conformance.Unknown(checks, tests) {
		t.Error(line)
	}
}

// Each check has a test.
func TestNoIDIsMissing(t *testing.T) {
	_, checks, tests := module(t)
	for _, id := range conformance.Missing(checks, tests) {
		t.Errorf("%s has no test", id)
	}
}

// The page is what go generate would write.
func TestPageIsUpToDate(t *testing.T) {
	root, checks, tests := module(t)
	page, err := os.ReadFile(filepath.Join(root, "docs", "conformance.md"))
	if err != nil {
		t.Fatal(err)
	}
	// A checkout may have other ends of lines.
	if strings.ReplaceAll(string(page), "\r\n", "\n") != conformance.Page(checks, tests) {
		t.Error("docs/conformance.md is out of date: run go generate ./internal/conformance")
	}
}

// What the README and the page of patterns show is run by a test or an example.
func TestSnippetsRun(t *testing.T) {
	root, _, _ := module(t)
	examples, err := conformance.Examples(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "docs/patterns.md"} {
		page, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		snippets := conformance.Snippets(strings.ReplaceAll(string(page), "\r\n", "\n"))
		if len(snippets) == 0 {
			t.Errorf("no Go in %s", name)
		}
		for _, s := range snippets {
			if !slices.ContainsFunc(examples, s.In) {
				t.Errorf("%s:%d: this is in no test and no example:\n%s", name, s.Line, s.Text)
			}
		}
	}
}
