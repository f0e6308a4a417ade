package inflight_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// noExample says why a name has no Example.
var noExample = map[string]string{}

// noOutput says why an Example is compiled but not run.
var noOutput = map[string]string{
	"Main":       "ends the process",
	"MainOption": "for Main",
	"Grace":      "for Main",
	"Drain":      "for Main",
	"Debug":      "for Main",
}

// Every exported function, type and method has an Example, and its output is
// checked. What is allowed to have none does exist, and has none.
func TestExamples_are_complete(t *testing.T) {
	missing, unchecked := coverage(documentation(t))
	compare(t, "Example", missing, noExample)
	compare(t, "checked Example", unchecked, noOutput)
}

// A package in which something has no Example is found out.
func TestExamples_missing_are_found(t *testing.T) {
	fset := token.NewFileSet()
	pkg := parse(t, fset, "p.go", "package p\nfunc A() {}\ntype B struct{}\nfunc (B) C() {}\nfunc (B) d() {}\nfunc E() {}\n")
	test := parse(t, fset, "p_test.go", "package p_test\nfunc ExampleA() {}\nfunc ExampleB() {\n\t// Output:\n}\n")
	p, err := doc.NewFromFiles(fset, []*ast.File{pkg, test}, "p")
	if err != nil {
		t.Fatal(err)
	}
	missing, unchecked := coverage(p)
	if want := []string{"B_C", "E"}; !slices.Equal(missing, want) {
		t.Errorf("missing: %v, want %v", missing, want)
	}
	if want := []string{"A"}; !slices.Equal(unchecked, want) {
		t.Errorf("unchecked: %v, want %v", unchecked, want)
	}
}

// coverage returns the names without an Example, and those with none that is
// checked, in order.
func coverage(p *doc.Package) (missing, unchecked []string) {
	see := func(name string, examples []*doc.Example) {
		checked := func(e *doc.Example) bool { return e.Output != "" || e.EmptyOutput }
		switch {
		case len(examples) == 0:
			missing = append(missing, name)
		case !slices.ContainsFunc(examples, checked):
			unchecked = append(unchecked, name)
		}
	}
	seeFuncs := func(prefix string, funcs []*doc.Func) {
		for _, f := range funcs {
			see(prefix+f.Name, f.Examples)
		}
	}
	seeFuncs("", p.Funcs)
	for _, typ := range p.Types {
		see(typ.Name, typ.Examples)
		seeFuncs("", typ.Funcs)
		seeFuncs(typ.Name+"_", typ.Methods)
	}
	slices.Sort(missing)
	slices.Sort(unchecked)
	return missing, unchecked
}

// compare reports what is missing without a reason, and what has a reason and is
// not missing.
func compare(t *testing.T, what string, missing []string, reasons map[string]string) {
	t.Helper()
	for _, name := range missing {
		if reasons[name] == "" {
			t.Errorf("%s has no %s", name, what)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		if !slices.Contains(missing, name) {
			t.Errorf("%s has an %s, or does not exist: it needs no excuse", name, what)
		}
	}
}

// documentation returns what go doc knows of the package.
func documentation(t *testing.T) *doc.Package {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") {
			files = append(files, parse(t, fset, e.Name(), nil))
		}
	}
	p, err := doc.NewFromFiles(fset, files, "github.com/inflight-go/inflight")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func parse(t *testing.T, fset *token.FileSet, name string, src any) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(fset, name, src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
