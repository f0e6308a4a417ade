package main_test

import (
	"regexp"
	"runtime"
	"strings"
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

// A wrong number of arguments is told with what the command takes, and no message of the
// command begins with the name of a package.
func TestWhatIsSaidOfArguments(t *testing.T) {
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"flow", "run"}, "inflight: 0 arguments: want inflight flow run [flags] FILE (see inflight flow run --help)\n"},
		{[]string{"flow", "check"}, "inflight: 0 arguments: want inflight flow check [flags] FILE... (see inflight flow check --help)\n"},
		{[]string{"report", "a", "b"}, "inflight: 2 arguments: want inflight report [flags] FILE (see inflight report --help)\n"},
		{[]string{"demo", "8080"}, "inflight: 1 argument: want inflight demo [flags] (see inflight demo --help)\n"},
		{[]string{"demo", "--listen", "0.0.0.0:80"}, "inflight: not an address of the loopback interface: \"0.0.0.0:80\"; want 127.0.0.1 or localhost\n"},
	} {
		code, _, errOut := run(t, process(t, row.args...))
		if _, said, _ := strings.Cut(errOut, ": "); code != 2 || "inflight: "+said != row.want {
			t.Errorf("%v: exit code %d, %q", row.args, code, errOut)
		}
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
