package inflighttest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// child is the environment variable that tells a process which test it is for.
const child = "INFLIGHTTEST_CHILD"

// fails runs the calling test once more, in a process of its own, where test is
// what it does, and returns what that has written. It must fail.
func fails(t *testing.T, test func(t *testing.T)) (output string) {
	t.Helper()
	if os.Getenv(child) == t.Name() {
		test(t)
		t.SkipNow() // it has not failed
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v")
	cmd.Env = append(os.Environ(), child+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("the test did not fail:\n%s", out)
	}
	if ctx.Err() != nil {
		t.Fatalf("the test hung:\n%s", out)
	}
	return string(out)
}

// says fails the test unless the output holds all of these, one after the other.
func says(t *testing.T, output string, want ...string) {
	t.Helper()
	rest := output
	for _, w := range want {
		_, after, ok := strings.Cut(rest, w)
		if !ok {
			t.Fatalf("%q is missing, or not in its place, in:\n%s", w, output)
		}
		rest = after
	}
}

// saysNot fails the test if the output holds one of these.
func saysNot(t *testing.T, output string, unwanted ...string) {
	t.Helper()
	for _, u := range unwanted {
		if strings.Contains(output, u) {
			t.Errorf("%q should not be in:\n%s", u, output)
		}
	}
}
