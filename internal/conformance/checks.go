package conformance

import (
	_ "embed"
	"fmt"
	"strings"
)

// A Check is one thing that the model must do.
type Check struct {
	ID   string
	Tag  string
	What string
}

// The tags: how a check stands to asyncio.
const (
	Kept        = "kept"         // asyncio's rule
	Better      = "better"       // more than asyncio gives, on purpose
	Different   = "different"    // another rule, on purpose
	CannotArise = "cannot arise" // there is no way to get there in Go
)

// sections are the families of ids in the order of the page, with their titles.
var sections = []struct{ family, title string }{
	{"T", "Task"},
	{"G", "TaskGroup"},
	{"GA", "Gather, Settle, Any, Race, Hedge"},
	{"W", "Wait"},
	{"AC", "Completed, Each, Map"},
	{"TO", "Timeouts"},
	{"SH", "Shield"},
	{"LK", "Mutex"},
	{"EV", "Event"},
	{"CV", "Cond"},
	{"SE", "Semaphore"},
	{"CL", "Limiter"},
	{"BR", "Barrier"},
	{"Q", "Queue"},
	{"RN", "Main"},
	{"IT", "Sequences"},
	{"ST", "Stack"},
	{"EX", "Offload"},
	{"IN", "Introspection"},
	{"IO", "Servers and processes"},
	{"TK", "Test kit"},
}

//go:embed checks.tsv
var table string

// Checks returns all checks in the order of the table.
func Checks() ([]Check, error) { return parseChecks(table) }

func parseChecks(table string) ([]Check, error) {
	var checks []Check
	seen := make(map[string]bool)
	for i, line := range strings.Split(strings.TrimRight(table, "\n"), "\n") {
		f := strings.Split(line, "\t")
		if len(f) != 3 {
			return nil, fmt.Errorf("checks.tsv:%d: %d columns, want id, tag, what", i+1, len(f))
		}
		c := Check{ID: f[0], Tag: f[1], What: f[2]}
		switch {
		case i == 0: // the names of the columns
			continue
		case seen[c.ID]:
			return nil, fmt.Errorf("checks.tsv:%d: %s is there twice", i+1, c.ID)
		case sectionOf(c.ID) < 0:
			return nil, fmt.Errorf("checks.tsv:%d: %s is of no known section", i+1, c.ID)
		case c.Tag != Kept && c.Tag != Better && c.Tag != Different && c.Tag != CannotArise:
			return nil, fmt.Errorf("checks.tsv:%d: unknown tag %q", i+1, c.Tag)
		case c.What == "":
			return nil, fmt.Errorf("checks.tsv:%d: %s says nothing", i+1, c.ID)
		}
		seen[c.ID] = true
		checks = append(checks, c)
	}
	return checks, nil
}

// sectionOf returns the index of the section that an id belongs to, -1 for none.
func sectionOf(id string) int {
	for i, s := range sections {
		if s.family == familyOf(id) {
			return i
		}
	}
	return -1
}

// familyOf returns the letters of an id.
func familyOf(id string) string { return strings.TrimRight(id, "0123456789") }
