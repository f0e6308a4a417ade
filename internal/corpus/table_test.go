package corpus_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/corpus"
	"github.com/inflight-go/inflight/internal/explore"
)

var update = flag.Bool("update", false, "measure, and write the table into docs/testing.md")

const (
	page       = "../../docs/testing.md"
	bugsTable  = "corpus"
	turnsTable = "strategies"
)

// section returns the table of that name in the page, and what is before and after.
func section(t *testing.T, page, name string) (before, table, after string) {
	begin := fmt.Sprintf("<!-- %s: go test ./internal/corpus -run Table -update -->\n", name)
	end := fmt.Sprintf("<!-- /%s -->\n", name)
	before, rest, ok1 := strings.Cut(page, begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("there is no %q and %q", begin, end)
	}
	return before + begin, table, end + after
}

// The tables have a row for each bug of the corpus and for each strategy. With
// -update they are measured and written, which takes some minutes.
func TestTable(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	if *update {
		text = replaced(t, text, turnsTable, measureStrategies)
		text = replaced(t, text, bugsTable, measureBugs)
		if err := os.WriteFile(page, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var bugs []string
	for _, bug := range corpus.All() {
		bugs = append(bugs, bug.Name)
	}
	if rows := rowsOf(t, text, bugsTable, ":"); !slices.Equal(rows, bugs) {
		t.Errorf("the table has rows for %v, the corpus has %v", rows, bugs)
	}
	var names []string
	for _, turns := range strategies {
		names = append(names, nameOf(turns))
	}
	if rows := rowsOf(t, text, turnsTable, " |"); !slices.Equal(rows, names) {
		t.Errorf("the table has rows for %v, and there are %v", rows, names)
	}
}

func replaced(t *testing.T, text []byte, name string, measure func(*testing.T) string) []byte {
	before, _, after := section(t, string(text), name)
	return []byte(before + measure(t) + after)
}

// rowsOf returns how the rows of a table begin, up to sep.
func rowsOf(t *testing.T, text []byte, name, sep string) (rows []string) {
	_, table, _ := section(t, string(text), name)
	for line := range strings.Lines(table) {
		row, ok := strings.CutPrefix(line, "| ")
		if first, _, cut := strings.Cut(row, sep); ok && cut && first != "strategy" {
			rows = append(rows, first)
		}
	}
	return rows
}

// strategies are those that take turns, each alone, and all of them.
var strategies = [][]string{{"random"}, {"pct2"}, {"pct3"}, {"pos"}, {"urw"}, nil}

func nameOf(turns []string) string {
	if turns == nil {
		return "in turn"
	}
	return turns[0]
}

const budget = 1000 // runs, the default

// runsUntil returns how many runs it took to find the bug by so many seeds, in order.
func runsUntil(t *testing.T, bug corpus.Bug, turns []string, seeds int) (runs []int) {
	for seed := range uint64(seeds) {
		o := explored(t, bug.Wrong, explore.Options{Seed: seed, Jitter: bug.Jitter(), Turns: turns, Runs: budget, For: time.Minute})
		runs = append(runs, o.Runs)
	}
	slices.Sort(runs)
	return runs
}

// Each strategy finds what it is there for.
func TestStrategies(t *testing.T) {
	found := map[string]map[string]bool{
		"if-instead-of-for": {"random": true, "pct2": false, "pos": true, "urw": true},
		"late-subscriber":   {"random": false, "pct2": true, "pos": true, "urw": false},
		"four-looks":        {"random": false, "pct2": false, "pos": false, "urw": true},
	}
	for _, bug := range corpus.All() {
		for name, want := range found[bug.Name] {
			if runs := runsUntil(t, bug, []string{name}, 3); runs[1] < budget != want {
				t.Errorf("%s takes %v runs to find %s", name, runs, bug.Name)
			}
		}
	}
}

// measureStrategies returns the table of what each strategy finds alone.
func measureStrategies(t *testing.T) string {
	var b strings.Builder
	fmt.Fprint(&b, "| strategy | median | worst of 15 | missed by more than half of the seeds |\n|---|---|---|---|\n")
	for _, turns := range strategies {
		median, worst := 0, 0
		var missed []string
		for _, bug := range corpus.All() {
			runs := runsUntil(t, bug, turns, seeds)
			median += runs[seeds/2]
			worst += runs[seeds-1]
			if runs[seeds/2] == budget {
				missed = append(missed, bug.Name)
			}
		}
		n := len(corpus.All())
		row := fmt.Sprintf("| %s | %.1f | %.1f | %s |", nameOf(turns), float64(median)/float64(n), float64(worst)/float64(n), strings.Join(missed, ", "))
		fmt.Fprintln(&b, row)
		t.Log(row)
	}
	return b.String()
}

const (
	seeds     = 15
	forStress = 2 * time.Second
)

// measureBugs returns the table of what it takes to find each bug.
func measureBugs(t *testing.T) string {
	var b strings.Builder
	long, short := 0, 0
	fmt.Fprintf(&b, "| bug | runs | ms | plain, same time | plain, %v |\n|---|---|---|---|---|\n", forStress)
	for _, bug := range corpus.All() {
		s := searchAll(t, bug)
		n, failures := stress(t, bug.Wrong, forStress)
		if failures > 0 {
			long++
		}
		if s.byPlain > seeds/2 {
			short++
		}
		row := fmt.Sprintf("| %s: %s | %v | %d of %d | %d of %d |", bug.Name, bug.About, s, s.byPlain, seeds, failures, n)
		fmt.Fprintln(&b, row)
		t.Log(row)
	}
	fmt.Fprintf(&b, "\nPlain goroutines find %d of the %d in %v each, and %d in the time that the search takes.\n",
		long, len(corpus.All()), forStress, short)
	return b.String()
}

// A search is what came of looking for a bug by all seeds.
type search struct {
	runs    []int     // until it was found
	millis  []float64 // until it was told
	missed  int       // by so many seeds
	byPlain int       // plain goroutines have found it in the same time, so often
}

func searchAll(t *testing.T, bug corpus.Bug) (s search) {
	for seed := range uint64(seeds) {
		start := time.Now()
		o := explored(t, bug.Wrong, explore.Options{Seed: seed, Jitter: bug.Jitter()})
		took := time.Since(start)
		if _, failures := stress(t, bug.Wrong, took); failures > 0 {
			s.byPlain++
		}
		if o.Failure == nil {
			s.missed++
			continue
		}
		s.runs = append(s.runs, o.Failure.Runs)
		s.millis = append(s.millis, float64(took.Microseconds())/1000)
	}
	slices.Sort(s.runs)
	slices.Sort(s.millis)
	return s
}

// String makes two cells of it.
func (s search) String() string {
	if len(s.runs) == 0 {
		return "not found | –"
	}
	last, missed := len(s.runs)-1, ""
	if s.missed > 0 {
		missed = fmt.Sprintf(", missed by %d of %d", s.missed, seeds)
	}
	return fmt.Sprintf("%d (%d)%s | %.1f (%.1f)", s.runs[last/2], s.runs[last], missed, s.millis[last/2], s.millis[last])
}

// stress runs p for so long, and counts.
func stress(t *testing.T, p corpus.Program, d time.Duration) (runs, failures int) {
	for begin := time.Now(); time.Since(begin) < d; runs++ {
		if plain(t, p) != nil {
			failures++
		}
	}
	return runs, failures
}
