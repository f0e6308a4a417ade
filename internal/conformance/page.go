package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// Page returns docs/conformance.md for the checks and the tests that show them.
func Page(checks []Check, tests []Test) string {
	var b strings.Builder
	b.WriteString(`# Conformance

What the model must do, and the test that shows it. Written by ` + "`go generate ./internal/conformance`" + ` from
` + "`internal/conformance/checks.tsv`" + ` and the names of the tests; do not edit it by hand.

*Better* marks what goes beyond asyncio on purpose, *different* a rule that is another one on purpose; the rest
is asyncio's rule, kept. *Go has it* names the part of Go that gives what the check asks for; then the test shows
that it works together with this library.

`)
	total, tested, missing, impossible := count(checks, tests)
	fmt.Fprintf(&b, "**%d checks: %d tested, %d missing, %d cannot arise in Go.**\n", total, tested, missing, impossible)
	for i, s := range sections {
		in := slices.DeleteFunc(slices.Clone(checks), func(c Check) bool { return sectionOf(c.ID) != i })
		if len(in) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n| id | what | tests | state |\n|---|---|---|---|\n", s.title)
		for _, c := range in {
			b.WriteString(row(c, testsOf(c.ID, tests)))
		}
	}
	return b.String()
}

func count(checks []Check, tests []Test) (total, tested, missing, impossible int) {
	for _, c := range checks {
		switch {
		case len(testsOf(c.ID, tests)) > 0:
			tested++
		case c.Tag == CannotArise:
			impossible++
		default:
			missing++
		}
	}
	return len(checks), tested, missing, impossible
}

func row(c Check, tests []Test) string {
	what := strings.ReplaceAll(c.What, "|", `\|`)
	if c.Tag == Better || c.Tag == Different {
		what = "*" + c.Tag + ":* " + what
	}
	state := "tested"
	switch {
	case len(tests) > 0:
	case c.Tag == CannotArise:
		state = "cannot arise in Go"
	default:
		state = "missing"
	}
	var names []string
	for _, t := range tests {
		names = append(names, fmt.Sprintf("%s `%s`", packageName(t.Package), t.Name))
		if t.GoHasIt != "" && !strings.Contains(state, t.GoHasIt) {
			state += "; Go has it: " + t.GoHasIt
		}
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", c.ID, what, strings.Join(names, "<br>"), state)
}

func packageName(dir string) string {
	if dir == "." {
		return "inflight"
	}
	return dir
}
