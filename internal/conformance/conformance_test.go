package conformance_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/conformance"
)

// pending are the ids that no test shows yet.
const pending = `
T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15 T16 T17 T18 T19 T20 G1 G2
G3 G4 G5 G6 G7 G8 G9 G10 G11 G12 G13 G14 G15 G16 G17 G19 G20 G21 G22 G23 G24
G25 G26 G27 G28 G29 G30 G31 G32 G33 G34 W1 W2 W3 W4 W5 W6 W7 W8 W9 W10 W11
AC1 AC2 AC3 AC4 AC5 AC6 AC7 AC8 AC9 AC11 AC12 AC13 AC14 AC16 TO1 TO2 TO3 TO4
TO5 TO6 TO7 TO8 TO9 TO10 TO11 TO12 TO13 TO14 TO15 TO16 TO17 TO18 TO19 SH1 SH2
SH3 SH4 SH5 SH6 CL1 CL2 CL3 CL4 CL5 CL6 RN1 RN2 RN3 RN4 RN5 RN6 RN7 RN8 RN9
RN11 RN12 RN13 IT1 IT2 IT3 IT4 IT5 IT6 IT7 IT8 ST1 ST2 ST3 ST4 ST5 ST6 ST7
ST8 ST9 EX1 EX2 EX3 EX4 EX5 EX6 EX7 EX8
`

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

// strict skips the test while the tests of the model are still being written.
func strict(t *testing.T) {
	t.Helper()
	if os.Getenv("INFLIGHT_CONFORMANCE") != "strict" {
		t.Skip("set INFLIGHT_CONFORMANCE=strict")
	}
}

// Each id in the name of a test is that of a check.
func TestNoIDIsUnknown(t *testing.T) {
	_, checks, tests := module(t)
	for _, line := range conformance.Unknown(checks, tests) {
		t.Error(line)
	}
}

// Each check has a test, but for those that are listed as pending; and what is
// listed has none.
func TestNoIDIsMissing(t *testing.T) {
	strict(t)
	_, checks, tests := module(t)
	missing := conformance.Missing(checks, tests)
	listed := strings.Fields(pending)
	for _, id := range missing {
		if !slices.Contains(listed, id) {
			t.Errorf("%s has no test", id)
		}
	}
	for _, id := range listed {
		if !slices.Contains(missing, id) {
			t.Errorf("%s is listed as pending: it has a test, or there is no such check", id)
		}
	}
	if t.Failed() {
		t.Logf("pending would be:\n%s", strings.Join(missing, " "))
	}
}

// The page is what go generate would write.
func TestPageIsUpToDate(t *testing.T) {
	strict(t)
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

// What the README shows is run by a test or an example.
func TestReadmeSnippetsRun(t *testing.T) {
	root, _, _ := module(t)
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	snippets := conformance.Snippets(strings.ReplaceAll(string(readme), "\r\n", "\n"))
	if len(snippets) == 0 {
		t.Error("no Go in README.md")
	}
	examples, err := conformance.Examples(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range snippets {
		if !slices.ContainsFunc(examples, s.In) {
			t.Errorf("README.md:%d: this is in no test and no example:\n%s", s.Line, s.Text)
		}
	}
}
