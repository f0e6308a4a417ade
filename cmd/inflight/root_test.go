package main_test

import (
	"regexp"
	"runtime"
	"testing"
)

// What a report of a bug needs.
func TestVersion(t *testing.T) {
	code, out, errOut := run(t, process(t, "--version"))
	want := regexp.MustCompile(`^inflight \S+ ` + regexp.QuoteMeta(runtime.Version()) + ` \w+/\w+\n$`)
	if code != 0 || errOut != "" || !want.MatchString(out) {
		t.Errorf("exit code %d, %q, %q", code, out, errOut)
	}
}

// A default that the text of a flag tells is not told once more, by a number that means it.
func TestDefaultsAreToldOnce(t *testing.T) {
	twice := regexp.MustCompile(`\(default[^)]*\)\s*\(default`)
	for _, args := range [][]string{{"crawl"}, {"fetch"}, {"flow", "run"}, {"flow", "explain"}, {"ps"}, {"tree"}, {"top"}, {"dump"}, {"chat", "serve"}, {"demo"}, {"new"}, {"convert"}} {
		if _, out, _ := run(t, process(t, append(args, "--help")...)); twice.MatchString(out) {
			t.Errorf("%v: %s", args, twice.FindString(out))
		}
	}
}
