package corpus_test

import (
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
	page  = "../../docs/testing.md"
	begin = "<!-- corpus: go test ./internal/corpus -run Table -update -->\n"
	end   = "<!-- /corpus -->\n"
)

// The table has a row for each bug of the corpus. With -update it is measured and
// written, which takes some minutes.
func TestTable(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no %q and %q", page, begin, end)
	}
	if *update {
		old = measure(t)
		if err := os.WriteFile(page, []byte(before+begin+old+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for line := range strings.Lines(old) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), ":"); ok && strings.HasPrefix(line, "| ") {
			names = append(names, name)
		}
	}
	var want []string
	for _, bug := range corpus.All() {
		want = append(want, bug.Name)
	}
	if !slices.Equal(names, want) {
		t.Errorf("the table has rows for %v, the corpus has %v", names, want)
	}
}

const (
	seeds     = 15
	forStress = 2 * time.Second
)

// measure returns the table.
func measure(t *testing.T) string {
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
		o := explored(t, bug.Wrong, explore.Options{Seed: seed})
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
