package main_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	mutants "github.com/inflight-go/inflight/internal/mutants"
)

var fixture = filepath.Join("testdata", "module")

// command runs the command on the fixture and returns what it wrote, with the
// times taken out.
func command(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = mutants.Run(t.Context(), append([]string{"-C", fixture}, args...), &o, &e)
	text := regexp.MustCompile(` +[0-9.]+s  `).ReplaceAllString(o.String(), " ")
	return code, text, e.String()
}

// A table whose mutants are all found is a success.
func TestAllKilled(t *testing.T) {
	code, out, errOut := command(t, "-table", "good.txt")
	if code != 0 || errOut != "" {
		t.Errorf("exit code %d, %s", code, errOut)
	}
	for _, want := range []string{"killed    minus TestSum\n", "killed    two lines TestSum\n", "killed 2/2\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("not in the output: %q\n%s", want, out)
		}
	}
}

// Whatever keeps a mutant from being proven is told, and fails the run; the rows
// are in the order of the table.
func TestWhatIsNotKilled(t *testing.T) {
	code, out, errOut := command(t, "-table", "bad.txt", "-timeout", "2s")
	if code != 1 || errOut != "" {
		t.Errorf("exit code %d, %s", code, errOut)
	}
	got := strings.Split(out, "\n")
	for i, want := range []string{
		"killed    found TestSum",
		"killed    panics TestSum",
		"killed    hangs timeout",
		"SURVIVED  survives ",
		"SURVIVED  narrowed too far ",
		"BROKEN    no compiler takes does not compile: sum.go:14:",
		"BROKEN    twice the old text is 2 times in sum.go, and must be there once",
		"BROKEN    not whole lines the old text is 0 times in sum.go, and must be there once",
		"BROKEN    nowhere there is no file gone.go",
		"BROKEN    no test no test was run",
		"killed 3/10",
		"",
	} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			t.Errorf("line %d is not %q:\n%s", i+1, want, out)
		}
	}
}

// A part of the table can be run, spread over all of it.
func TestEvery(t *testing.T) {
	code, out, _ := command(t, "-table", "good.txt", "-every", "2")
	if want := "killed    minus TestSum\nkilled 1/1\n"; code != 0 || out != want {
		t.Errorf("exit code %d, output %q, want %q", code, out, want)
	}
	if code, _, _ := command(t, "-table", "good.txt", "-every", "0"); code != 2 {
		t.Errorf("exit code %d for none", code)
	}
}

// One mutant can be run alone, if there is one of that name; the fixture itself
// is never changed.
func TestOnly(t *testing.T) {
	before := read(t)
	code, out, _ := command(t, "-table", "bad.txt", "-only", "found")
	if want := "killed    found TestSum\nkilled 1/1\n"; code != 0 || out != want {
		t.Errorf("exit code %d, output %q, want %q", code, out, want)
	}
	code, _, errOut := command(t, "-table", "bad.txt", "-only", "elsewhere")
	if code != 1 || !strings.Contains(errOut, `no mutant "elsewhere"`) {
		t.Errorf("exit code %d, %s", code, errOut)
	}
	if read(t) != before {
		t.Error("the module was changed")
	}
}

func read(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixture, "sum.go"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Tests that fail without a mutant prove nothing.
func TestTestsThatFailAnyway(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module example.com/red\n\ngo 1.26\n",
		"red.go":      "package red\n\nvar x = 1\n",
		"red_test.go": "package red\n\nimport \"testing\"\n\nfunc TestRed(t *testing.T) { t.Fail() }\n",
		"table.txt":   "mutant two\nfile red.go\n--- old\nvar x = 1\n--- new\nvar x = 2\n--- end\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errOut := command(t, "-C", dir, "-table", "table.txt")
	if code != 1 || out != "" || !strings.Contains(errOut, "the tests fail without a mutant") {
		t.Errorf("exit code %d, output %q, %s", code, out, errOut)
	}
}

// With -explore the explored tests of primitives count, and nothing else.
func TestExplore(t *testing.T) {
	dir := t.TempDir()
	const row = "mutant %s\nfile %s\n--- old\nconst %s = 1\n--- new\nconst %s = 2\n--- end\n"
	test := func(pkg, name, constant string) string {
		return fmt.Sprintf("package %s\n\nimport \"testing\"\n\nfunc %s(t *testing.T) {\n\tif %s != 1 {\n\t\tt.Fail()\n\t}\n}\n", pkg, name, constant)
	}
	for name, text := range map[string]string{
		"go.mod":                         "module example.com/some\n\ngo 1.26\n",
		"some.go":                        "package some\n\nconst a = 1\n\nconst b = 1\n",
		"main.go":                        "package some\n\nconst c = 1\n",
		"other/other.go":                 "package other\n\nconst d = 1\n",
		"some_test.go":                   test("some", "TestExploreA", "a"),
		"b_test.go":                      test("some", "TestB", "b"),
		"internal/corpus/corpus_test.go": test("corpus", "TestExploreNothing", "1"),
		"table.txt": fmt.Sprintf(row, "a", "some.go", "a", "a") + fmt.Sprintf(row, "b", "some.go", "b", "b") +
			fmt.Sprintf(row, "c", "main.go", "c", "c") + fmt.Sprintf(row, "d", "other/other.go", "d", "d"),
	} {
		path := filepath.Join(dir, name)
		if err := cmp.Or(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errOut := command(t, "-C", dir, "-table", "table.txt", "-explore")
	if want := "killed    a TestExploreA\nSURVIVED  b \nkilled 1/2\n"; code != 0 || squeeze(out) != squeeze(want) {
		t.Errorf("exit code %d, output %q, want %q, %s", code, out, want, errOut)
	}
}

// squeeze takes out the spaces at the ends of lines.
func squeeze(text string) string { return strings.ReplaceAll(text, " \n", "\n") }

// A table that can't be read is refused, with the line.
func TestBadTables(t *testing.T) {
	const row = "mutant a\nfile f\n--- old\nx\n--- new\ny\n--- end\n"
	for table, want := range map[string]string{
		"mutation a\n":                                       `1: want "mutant" and a name`,
		row + row:                                            `8: want "mutant" and a name that was not used before`,
		"mutant a\nfiel f\n":                                 `2: unknown line in mutant a: "fiel f"`,
		"mutant a\nfile f\n--- old\nx":                       `4: mutant a has no "--- end"`,
		strings.Replace(row, "--- end\n", row, 1):            `9: "--- old" is out of turn: is there an end of mutant`,
		"\n" + strings.Replace(row, "y", "x", 1):             "2: mutant a needs",
		strings.Replace(row, "file f\n", "", 1):              "1: mutant a needs",
		strings.Replace(row, "--- old\nx\n", "--- old\n", 1): "1: mutant a needs",
	} {
		if _, err := mutants.Parse(table); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", table, err, want)
		}
	}
	if n, err := mutants.Parse("# nothing\n\n" + row); n != 1 || err != nil {
		t.Errorf("%d mutants, %v", n, err)
	}
}

// The command line is checked.
func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-p", "0"}, {"too", "much"}, {"-what"}} {
		if code, _, errOut := command(t, args...); code != 2 || !strings.Contains(errOut, "-only") {
			t.Errorf("%q: exit code %d, %s", args, code, errOut)
		}
	}
}

// Each mutant of this module finds the text that it replaces: who rewrites that
// text is told here, and not when the mutants are run.
func TestTheTableApplies(t *testing.T) {
	rows, err := mutants.Applies(filepath.Join("..", ".."), "internal/mutants/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range rows {
		if err != nil {
			t.Errorf("mutant %s: %v", name, err)
		}
	}
}
