package conformance_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/conformance"
)

const smallTable = `id	tag	what
T1	kept	one
T2	better	two
T3	kept	three
G1	different	a | b
G18	cannot arise	never
TO1	kept	a timeout
`

func fixture(t *testing.T) ([]conformance.Check, []conformance.Test) {
	t.Helper()
	checks, err := conformance.ParseChecks(smallTable)
	if err != nil {
		t.Fatal(err)
	}
	tests, err := conformance.Scan(filepath.Join("testdata", "module"))
	if err != nil {
		t.Fatal(err)
	}
	return checks, tests
}

// The ids stand at the beginning of the name, each followed by an underscore.
func TestIDs(t *testing.T) {
	for name, want := range map[string][]string{
		"TestT1_one":           {"T1"},
		"TestG5_G8_two":        {"G5", "G8"},
		"TestG5_G8_T20_three":  {"G5", "G8", "T20"},
		"TestG5_G8":            {"G5"},
		"TestT1":               nil,
		"TestT1one_two":        nil,
		"TestHTTP2_version":    nil,
		"TestTK3_another":      {"TK3"},
		"TestA_T1":             nil,
		"BenchmarkT1_no":       nil,
		"TestLK5_then_G8_text": {"LK5"},
	} {
		if got := conformance.IDs(name); !slices.Equal(got, want) {
			t.Errorf("IDs(%q) = %q, want %q", name, got, want)
		}
	}
}

// Tests are found in the whole module, and not in what is no part of it.
func TestScan(t *testing.T) {
	_, tests := fixture(t)
	var got []string
	for _, x := range tests {
		got = append(got, x.Package+" "+x.Name+" "+strings.Join(x.IDs, ",")+" "+x.GoHasIt)
	}
	want := []string{
		". TestT1_one T1 ",
		". TestT2_G1_two T2,G1 ",
		". TestTO1_by_go TO1 context.WithTimeoutCause",
		"sub TestT1_again T1 ",
		"sub TestT99_no_such_check T99 ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A check that nothing shows is missing, unless it cannot arise; an id that no
// check has is told with its test.
func TestMissingAndUnknown(t *testing.T) {
	checks, tests := fixture(t)
	if got, want := conformance.Missing(checks, tests), []string{"T3"}; !slices.Equal(got, want) {
		t.Errorf("Missing = %q, want %q", got, want)
	}
	want := []string{"sub: TestT99_no_such_check: there is no check T99"}
	if got := conformance.Unknown(checks, tests); !slices.Equal(got, want) {
		t.Errorf("Unknown = %q, want %q", got, want)
	}
}

// The page counts, and has a row for each check.
func TestPage(t *testing.T) {
	checks, tests := fixture(t)
	page := conformance.Page(checks, tests)
	for _, want := range []string{
		"\n**6 checks: 4 tested, 1 missing, 1 cannot arise in Go.**\n",
		"\n## Task\n",
		"\n| T1 | one | inflight `TestT1_one`<br>sub `TestT1_again` | tested |\n",
		"\n| T2 | *better:* two | inflight `TestT2_G1_two` | tested |\n",
		"\n| T3 | three |  | missing |\n",
		"\n## TaskGroup\n",
		"\n| G1 | *different:* a \\| b | inflight `TestT2_G1_two` | tested |\n",
		"\n| G18 | never |  | cannot arise in Go |\n",
		"\n| TO1 | a timeout | inflight `TestTO1_by_go` | tested; Go has it: context.WithTimeoutCause |\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("not in the page: %q\n%s", want, page)
		}
	}
	if strings.Contains(page, "## Queue") {
		t.Error("a section without checks is in the page")
	}
}

// A table that is wrong is refused, with the line.
func TestChecksRefusesBadRows(t *testing.T) {
	for row, want := range map[string]string{
		"T1\tkept":                   "checks.tsv:2: 2 columns",
		"T1\tkept\tx\nT1\tkept\ty":   "checks.tsv:3: T1 is there twice",
		"ZZ1\tkept\tx":               "checks.tsv:2: ZZ1 is of no known section",
		"T1\tsomewhat\tx":            `checks.tsv:2: unknown tag "somewhat"`,
		"T1\tkept\t":                 "checks.tsv:2: T1 says nothing",
		"T1\tkept\tx\n\nT2\tkept\ty": "checks.tsv:3: 1 columns",
	} {
		_, err := conformance.ParseChecks("id\ttag\twhat\n" + row + "\n")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", row, err, want)
		}
	}
}

// A snippet is found whatever its indentation, as whole lines and as one piece.
func TestSnippets(t *testing.T) {
	page := "text\n```go\nif a {\n\tb()\n}\n```\nmore\n```sh\ngo run\n```\n```go\nc()\n```\n"
	got := conformance.Snippets(page)
	if len(got) != 2 || got[0].Line != 3 || got[0].Text != "if a {\n\tb()\n}" || got[1].Text != "c()" {
		t.Fatalf("Snippets = %+v", got)
	}
	for source, want := range map[string]bool{
		"func x() {\n\tif a {\n\t\tb()\n\t}\n}\n": true,
		"if a {\n\tx()\n\tb()\n}":                 false,
		"if a {\n\tb()\n} else {\n}":              false,
		"else if a {\n\tb()\n}":                   false,
	} {
		if got[0].In(source) != want {
			t.Errorf("In(%q) = %t", source, !want)
		}
	}
}
