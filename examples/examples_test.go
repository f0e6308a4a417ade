// Package examples_test runs the examples, and checks that they print what they say.
package examples_test

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
)

// limit is how long a program may run. It takes a second or two on a machine that has
// nothing else to do.
const limit = time.Minute

// A folder is one below this, with Go files or without.
type folder struct {
	path    string // below this one, with slashes
	code    bool   // it has Go files
	command bool   // it is a program
	tests   bool   // it has tests of its own, or that around it has
	doc     string // the comment of its package
}

// program returns the name of its binary.
func (f folder) program() string {
	if runtime.GOOS == "windows" {
		return filepath.Base(f.path) + ".exe"
	}
	return filepath.Base(f.path)
}

// output returns what the comment says that the program prints: the block at its end.
func (f folder) output() string {
	_, block, _ := strings.Cut(f.doc, "\nOutput:\n")
	var lines []string
	for line := range strings.Lines(strings.Trim(block, "\n")) {
		lines = append(lines, strings.TrimPrefix(line, "\t"))
	}
	return strings.Join(lines, "")
}

// Each program prints what the comment at its top says, says nothing to stderr, and
// ends by itself, well.
func TestOutput(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs all examples")
	}
	programs := slices.DeleteFunc(folders(t), func(f folder) bool { return !f.command || f.tests })
	if len(programs) == 0 {
		t.Fatal("no programs")
	}
	lookAtSources(t)
	dir, err := build(programs)
	if err != nil {
		t.Fatal(err)
	}
	run := func(ctx context.Context, f folder) (string, error) {
		return run(ctx, filepath.Join(dir, f.program()))
	}
	for f, r := range inflight.Each(t.Context(), slices.Values(programs), 8, run) {
		if r.Err != nil {
			t.Errorf("%s: %v", f.path, r.Err)
		} else if want := f.output(); want == "" {
			t.Errorf("%s: its comment does not say what it prints: want it to end with a block behind the line Output:", f.path)
		} else if got := strings.TrimSpace(r.Value); got != want {
			t.Errorf("%s prints\n%s\nand says that it prints\n%s", f.path, got, want)
		}
	}
}

// run runs a program to its end and returns what it has printed.
func run(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it has not ended after %v", limit))
	defer cancel()
	var out, report bytes.Buffer
	c := exec.CommandContext(ctx, path)
	c.Stdout, c.Stderr = &out, &report
	c.WaitDelay = time.Second
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "EXAMPLE_") })
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%w %v\n%s%s", err, context.Cause(ctx), &out, &report)
	}
	if report.Len() > 0 {
		return "", fmt.Errorf("to stderr: %s", &report)
	}
	return out.String(), nil
}

// Each folder has a row in the table of the README, and says what it is about.
func TestTable(t *testing.T) {
	table, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders(t) {
		if f.code && f.doc == "" {
			t.Errorf("%s: no comment above its package", f.path)
		}
		if f.code && !f.command && !f.tests {
			t.Errorf("%s: neither a program nor tested", f.path)
		}
		top, _, _ := strings.Cut(f.path, "/")
		if !bytes.Contains(table, []byte("]("+top+")")) {
			t.Errorf("%s: not in the table of README.md", f.path)
		}
	}
}

// folders returns all that are below this one.
func folders(t *testing.T) []folder {
	var found []folder
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || path == "." {
			return err
		}
		f, err := look(path)
		found = append(found, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// look reads the files of a folder.
func look(path string) (folder, error) {
	f := folder{path: filepath.ToSlash(path)}
	for _, dir := range []string{path, filepath.Dir(path)} {
		tests, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			return f, err
		}
		f.tests = f.tests || dir != "." && len(tests) > 0
	}
	files, err := filepath.Glob(filepath.Join(path, "*.go"))
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			return f, err
		}
		f.code = true
		f.command = f.command || file.Name.Name == "main"
		f.doc += comment(file)
	}
	return f, err
}

func comment(file *ast.File) string {
	if file.Doc == nil {
		return ""
	}
	return file.Doc.Text()
}

// lookAtSources looks at all that the programs are made of. They are built by another
// process, and go test takes an old result for a new one unless this one has looked.
func lookAtSources(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".go" {
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var built string // the folder of the programs, once there is one

// build builds programs into a folder, once for all runs of the test.
func build(programs []folder) (dir string, err error) {
	if built != "" {
		return built, nil
	}
	if built, err = os.MkdirTemp("", "inflight-examples-"); err != nil {
		return "", err
	}
	args := []string{"build", "-ldflags=-s -w", "-o", built + string(filepath.Separator)}
	for _, f := range programs {
		args = append(args, "./"+f.path)
	}
	if said, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, said)
	}
	return built, nil
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}
