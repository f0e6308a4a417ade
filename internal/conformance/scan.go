package conformance

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Test is a test function whose name begins with ids.
type Test struct {
	Package string // its folder below the root of the module, "." for the root
	Name    string
	IDs     []string
	GoHasIt string // the part of Go that gives what the checks ask for
}

// Root returns the folder of the module that dir is in.
func Root(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no go.mod above the working folder")
		}
		dir = up
	}
}

// Scan returns the tests of the module at root whose names begin with ids, in
// the order of packages and names. Modules below it are not looked at.
func Scan(root string) ([]Test, error) {
	var tests []Test
	err := walk(root, func(path string) error {
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		found, err := scanFile(root, path)
		tests = append(tests, found...)
		return err
	})
	slices.SortFunc(tests, func(a, b Test) int {
		if c := strings.Compare(a.Package, b.Package); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return tests, err
}

// walk calls visit for each Go file of the module at root.
func walk(root string, visit func(path string) error) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && foreign(path, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		return visit(path)
	})
}

// foreign reports whether the go command would not take the folder for a part of
// the module.
func foreign(path, name string) bool {
	if name == "testdata" || name == "vendor" || name[0] == '.' || name[0] == '_' {
		return true
	}
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil
}

func scanFile(root, path string) ([]Test, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Rel(root, filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	var tests []Test
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Recv != nil {
			continue
		}
		if ids := IDs(fn.Name.Name); ids != nil {
			tests = append(tests, Test{
				Package: filepath.ToSlash(dir),
				Name:    fn.Name.Name,
				IDs:     ids,
				GoHasIt: goHasIt(fn.Doc),
			})
		}
	}
	return tests, nil
}

var idPattern = regexp.MustCompile(`^[A-Z]{1,2}[0-9]+$`)

// IDs returns the ids at the beginning of the name of a test function, nil for
// one that has none.
func IDs(name string) []string {
	rest, ok := strings.CutPrefix(name, "Test")
	if !ok {
		return nil
	}
	var ids []string
	for {
		id, after, ok := strings.Cut(rest, "_")
		if !ok || !idPattern.MatchString(id) {
			return ids
		}
		ids = append(ids, id)
		rest = after
	}
}

// goHasIt returns what the comment says about it, "" for nothing.
func goHasIt(doc *ast.CommentGroup) string {
	for line := range strings.SplitSeq(doc.Text(), "\n") {
		if part, ok := strings.CutPrefix(line, "Go has it:"); ok {
			return strings.TrimRight(strings.TrimSpace(part), ".")
		}
	}
	return ""
}

// Unknown returns one line for each id in the name of a test that no check has.
func Unknown(checks []Check, tests []Test) []string {
	var lines []string
	for _, t := range tests {
		for _, id := range t.IDs {
			if !slices.ContainsFunc(checks, func(c Check) bool { return c.ID == id }) {
				lines = append(lines, fmt.Sprintf("%s: %s: there is no check %s", t.Package, t.Name, id))
			}
		}
	}
	return lines
}

// Missing returns the ids of the checks that could fail and that no test shows.
func Missing(checks []Check, tests []Test) []string {
	var ids []string
	for _, c := range checks {
		if c.Tag != CannotArise && len(testsOf(c.ID, tests)) == 0 {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func testsOf(id string, tests []Test) []Test {
	var found []Test
	for _, t := range tests {
		if slices.Contains(t.IDs, id) {
			found = append(found, t)
		}
	}
	return found
}
