package main_test

import (
	"strings"
	"testing"
)

// Each flag is told with its value and who has set it, without secrets.
func TestConfigExplain(t *testing.T) {
	const file = "defaults: {limit: 5, order: input, header: ['X-Api-Key: hush', 'X-Team: a']}\nprofiles:\n  chat: {rate: 500/1m, user: 'ann:hush', timeout: 9s}\n"
	cmd := process(t, "config", "explain", "--profile", "chat", "--limit", "1", "--bearer", "hush", "--proxy", "http://ann:hush@127.0.0.1:1", "--cookie", "id=hush", "--query", "token=hush")
	write(t, cmd, "inflight.yaml", file)
	cmd.Env = append(cmd.Env, "INFLIGHT_TIMEOUT=3s", "INFLIGHT_BEARER=other")
	code, out, errOut := run(t, cmd)
	if code != 0 || strings.Contains(out, "hush") {
		t.Fatalf("exit code %d: %s%s", code, out, errOut)
	}
	lines := make(map[string]bool)
	for line := range strings.Lines(out) {
		lines[strings.Join(strings.Fields(line), " ")] = true
	}
	for _, want := range []string{
		"limit 1 command line", "order input inflight.yaml, defaults", "rate 500/1m inflight.yaml, profile chat", "timeout 3s INFLIGHT_TIMEOUT",
		"header X-Api-Key: REDACTED, X-Team: a inflight.yaml, defaults", "bearer REDACTED command line", "user ann:REDACTED inflight.yaml, profile chat",
		"cookie id=REDACTED command line", "query token=REDACTED command line",
	} {
		if !lines[want] {
			t.Errorf("no line %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "concurrency") {
		t.Errorf("what nobody has set is there:\n%s", out)
	}
	all := process(t, "config", "explain", "--all")
	if code, out, _ := run(t, all); code != 0 || !strings.Contains(out, "concurrency") || !strings.Contains(out, "default") {
		t.Errorf("exit code %d: %s", code, out)
	}
	bad := process(t, "config", "explain", "--rat", "1/s")
	if code, _, errOut := run(t, bad); code != 2 || !strings.Contains(errOut, "--rate") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}
