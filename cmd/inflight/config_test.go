package main_test

import (
	"strings"
	"testing"
)

// The command line goes before the environment, that before the profile, and that
// before the defaults.
func TestConfig(t *testing.T) {
	const file = "defaults: {limit: 5, order: input}\nprofiles:\n  few: {limit: 3}\n  more: {limit: 4, fields: [url]}\n"
	for _, row := range []struct {
		args, env string
		lines     int
	}{
		{"", "", 5},
		{"--profile few", "", 3},
		{"--profile more", "", 4},
		{"--profile few", "INFLIGHT_LIMIT=2", 2},
		{"--profile few --limit 1", "INFLIGHT_LIMIT=2", 1},
	} {
		cmd := process(t, append([]string{"fetch", "demo:///status/200?{1..9}"}, strings.Fields(row.args)...)...)
		write(t, cmd, "inflight.yaml", file)
		if row.env != "" {
			cmd.Env = append(cmd.Env, row.env)
		}
		code, out, errOut := run(t, cmd)
		if code != 0 || strings.Count(out, "\n") != row.lines || !strings.HasPrefix(out, `{"index":0`) {
			t.Errorf("%+v: exit code %d: %s%s", row, code, out, errOut)
		}
	}
}

// What is wrong in a configuration is quoted, with what may have been meant.
func TestConfigErrors(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"defaults: {limitt: 5}", `did you mean "limit"?`},
		{"defaults: [\n", "1 | defaults: ["},
		{"default: {limit: 5}", "default"},
		{"defaults: {limit: many}", `"many" for "--limit" flag: want a number`},
		{"defaults: {timeout: 5}", "want a time such as 500ms, 30s or 2m; did you mean 5s?"},
		{"defaults: {strict: maybe}", `"maybe" for "--strict" flag: want true or false`},
		{"# " + strings.Repeat("x", 1<<20), "larger than 1 MiB"},
	} {
		cmd := process(t, "fetch", "demo:///status/200")
		write(t, cmd, "inflight.yaml", row.text)
		if code, _, errOut := run(t, cmd); code != 2 || !strings.Contains(errOut, row.want) || !strings.Contains(errOut, "inflight.yaml") {
			t.Errorf("%q: exit code %d: %s", row.text, code, errOut)
		}
	}
	cmd := process(t, "fetch", "demo:///status/200", "--profile", "none")
	if code, _, errOut := run(t, cmd); code != 2 || !strings.Contains(errOut, `"none"`) {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}
