package hooktest_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/inflight-go/inflight"

// Nothing in the library blocks by itself, or looks at the clock: the source has
// no operation of a channel that can wait, and calls nothing that does. (To close
// a channel, and to hand one out for the select of a user, is no wait.)
// internal/park itself is where it all happens; main.go is the program's entry,
// outside of everything that a scheduler could drive.
func TestSourceDoesNotBlockByItself(t *testing.T) {
	c := newChecker(t)
	for _, dir := range []string{".", "locks", "queue", "internal/permit", "limit"} {
		for _, found := range c.check(dir) {
			if !strings.HasPrefix(found, "main.go:") {
				t.Error(found)
			}
		}
	}
}

// What main.go has, of which it must have some: else the check sees nothing.
func TestSourceOfMainBlocks(t *testing.T) {
	found := newChecker(t).check(".")
	for _, want := range []string{"select", "time.NewTimer", "(*sync.WaitGroup).Wait", "receive"} {
		if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, "main.go:") && strings.Contains(f, want) }) {
			t.Errorf("%s is not found in main.go, where it is", want)
		}
	}
}

// Each kind of thing that blocks is found in a source that has it.
func TestSourceCheckFindsEach(t *testing.T) {
	for code, want := range map[string]string{
		"<-c":                            "receive",
		"c <- 1":                         "send",
		"select { default: }":            "select",
		"for range c {}":                 "range over a channel",
		"for range alias(c) {}":          "range over a channel",
		"sync.NewCond(nil)":              "sync.NewCond",
		"var x sync.Cond; _ = x.L":       "sync.Cond",
		"var w sync.WaitGroup; w.Wait()": "(*sync.WaitGroup).Wait",
		"time.Sleep(0)":                  "time.Sleep",
		"f := time.Sleep; f(0)":          "time.Sleep",
		"time.After(0)":                  "time.After",
		"time.AfterFunc(0, nil)":         "time.AfterFunc",
		"time.NewTimer(0)":               "time.NewTimer",
		"time.NewTicker(1)":              "time.NewTicker",
		"time.Tick(1)":                   "time.Tick",
		"_ = time.Now()":                 "time.Now",
		"_ = time.Since(time.Time{})":    "time.Since",
		"_ = time.Until(time.Time{})":    "time.Until",
		"close(c); _ = len(c)":           "",
		"for range 3 {}":                 "",
		"_ = time.Second":                "",
	} {
		src := "package p; import (\"sync\"; \"time\"); type alias chan int; func _(c chan int) { _, _ = sync.Mutex{}, time.Second; " + code + " }"
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "p.go", src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		c := newChecker(t)
		c.fset = fset
		found := c.inspect("p", []*ast.File{file})
		if want == "" && len(found) == 0 {
			continue
		}
		if want == "" || !slices.ContainsFunc(found, func(f string) bool { return strings.HasSuffix(f, " "+want) }) {
			t.Errorf("in %q was found %q, want %q", code, found, want)
		}
	}
}

// A checker type-checks packages of the module and looks at what they use.
type checker struct {
	*testing.T
	fset *token.FileSet
	std  types.Importer
	done map[string]*types.Package
}

// std is shared, because to read the standard library takes a second.
var std = importer.ForCompiler(token.NewFileSet(), "source", nil)

func newChecker(t *testing.T) *checker {
	return &checker{t, token.NewFileSet(), std, make(map[string]*types.Package)}
}

// Import makes the checker the importer of its packages.
func (c *checker) Import(path string) (*types.Package, error) {
	rel, ok := strings.CutPrefix(path, module)
	if !ok {
		return c.std.Import(path)
	}
	if p := c.done[path]; p != nil {
		return p, nil
	}
	c.check("." + rel)
	return c.done[path], nil
}

// check returns what blocks in the package in dir, below the module's root.
func (c *checker) check(dir string) []string {
	c.Helper()
	p, err := build.ImportDir(filepath.Join("..", "..", filepath.FromSlash(dir)), 0)
	if err != nil {
		c.Fatal(err)
	}
	var files []*ast.File
	for _, name := range p.GoFiles { // those of this platform
		file, err := parser.ParseFile(c.fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			c.Fatal(err)
		}
		files = append(files, file)
	}
	path := strings.TrimSuffix(module+"/"+filepath.ToSlash(filepath.Clean(dir)), "/.")
	return c.inspect(path, files)
}

func (c *checker) inspect(path string, files []*ast.File) (found []string) {
	c.Helper()
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object), Types: make(map[ast.Expr]types.TypeAndValue)}
	conf := types.Config{Importer: c, FakeImportC: true}
	p, err := conf.Check(path, c.fset, files, info)
	if err != nil {
		c.Fatal(err)
	}
	c.done[path] = p
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if what := blocks(info, n); what != "" {
				at := c.fset.Position(n.Pos())
				found = append(found, fmt.Sprintf("%s:%d: %s", filepath.Base(at.Filename), at.Line, what))
			}
			return true
		})
	}
	return found
}

// forbidden are the functions and types of the standard library that wait, or
// that ask the clock.
var forbidden = []string{
	"sync.Cond", "sync.NewCond", "(*sync.WaitGroup).Wait",
	"time.Sleep", "time.After", "time.AfterFunc", "time.NewTimer", "time.NewTicker", "time.Tick",
	"time.Now", "time.Since", "time.Until",
}

// blocks says what is wrong with a node, "" for nothing.
func blocks(info *types.Info, n ast.Node) string {
	switch n := n.(type) {
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return "receive"
		}
	case *ast.SendStmt:
		return "send"
	case *ast.SelectStmt:
		return "select"
	case *ast.RangeStmt:
		if _, ok := info.Types[n.X].Type.Underlying().(*types.Chan); ok {
			return "range over a channel"
		}
	case *ast.Ident:
		name := ""
		switch obj := info.Uses[n].(type) {
		case *types.Func:
			name = obj.FullName()
		case *types.TypeName:
			if obj.Pkg() != nil {
				name = obj.Pkg().Path() + "." + obj.Name()
			}
		}
		if slices.Contains(forbidden, name) {
			return name
		}
	}
	return ""
}
