package scaffold_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/internal/scaffold"
)

var release = scaffold.Source{Version: "v1.2.3", Sum: "h1:abc="}

// write makes a project, and returns its files by their names.
func write(t *testing.T, o scaffold.Options) map[string]string {
	t.Helper()
	p, err := scaffold.New(o)
	if err != nil {
		t.Fatal(err)
	}
	names, err := p.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(o.Dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	return files
}

// tree is all that is below a folder.
func tree(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(at string, _ os.DirEntry, err error) error {
		names = append(names, at)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Each kind has what a project needs, formatted, and with nothing left of the templates.
func TestWrite(t *testing.T) {
	for _, kind := range scaffold.Kinds {
		dir := filepath.Join(t.TempDir(), "new", "my shop")
		files := write(t, scaffold.Options{Dir: dir, Kind: kind, Source: release})
		for _, name := range []string{"main.go", "README.md", "Makefile", "go.mod", "go.sum", ".gitignore", ".github/workflows/check.yml", kind + ".go", kind + "_test.go"} {
			if files[name] == "" {
				t.Errorf("%s: there is no %s", kind, name)
			}
		}
		for name, text := range files {
			if strings.Contains(text, "{{") || strings.Contains(text, "<no value>") || !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
				t.Errorf("%s: %s:\n%s", kind, name, text)
			}
			if good, err := format.Source([]byte(text)); strings.HasSuffix(name, ".go") && string(good) != text {
				t.Errorf("%s: %s is not formatted (%v)", kind, name, err)
			}
		}
		for name, want := range map[string]string{
			"go.mod":     "module my-shop\n",
			"README.md":  "# my-shop\n",
			"Makefile":   "-o bin/my-shop .",
			".gitignore": "/my-shop\n",
			"main.go":    "// Command my-shop ",
		} {
			if !strings.Contains(files[name], want) {
				t.Errorf("%s: %s has no %q:\n%s", kind, name, want, files[name])
			}
		}
	}
}

// go.mod names the version of inflight, and go.sum what it is; or the folder.
func TestSource(t *testing.T) {
	files := write(t, scaffold.Options{Dir: t.TempDir(), Kind: "worker", Module: "example.com/jobs/v2", Source: release})
	if text := files["go.mod"]; !strings.Contains(text, "\nrequire "+scaffold.Path+" v1.2.3\n") || strings.Contains(text, "replace") || !strings.HasPrefix(text, "module example.com/jobs/v2\n") {
		t.Error(text)
	}
	if text := files["go.sum"]; !strings.Contains(text, "\n"+scaffold.Path+" v1.2.3 h1:abc=\n"+scaffold.Path+" v1.2.3/go.mod h1:") {
		t.Error(text)
	}
	if text := files["main.go"]; !strings.HasPrefix(text, "// Command jobs ") {
		t.Error(text)
	}
	folders := map[string]string{"/src/inflight": "/src/inflight", "/my src/inflight": `"/my src/inflight"`, `C:\src\inflight`: `"C:\\src\\inflight"`, "/a//b": `"/a//b"`, "/a(b": `"/a(b"`}
	for folder, want := range folders {
		files := write(t, scaffold.Options{Dir: t.TempDir(), Kind: "worker", Module: "jobs", Source: scaffold.Source{Version: "v0.0.0", Replace: folder}})
		if text := files["go.mod"]; !strings.HasSuffix(text, ")\n\nreplace "+scaffold.Path+" => "+want+"\n") {
			t.Errorf("want %s:\n%s", want, text)
		}
		if text := files["go.sum"]; strings.Contains(text, scaffold.Path) {
			t.Error(text)
		}
		if text := files["README.md"]; !strings.Contains(text, "takes inflight from a folder") {
			t.Error(text)
		}
	}
}

// What go.mod and go.sum name is what inflight itself is built with.
func TestRequirements(t *testing.T) {
	own := map[string]string{}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		own[name] = string(text)
	}
	list := sha256.Sum256(fmt.Appendf(nil, "%x  go.mod\n", sha256.Sum256([]byte(own["go.mod"]))))
	ours := scaffold.Path + " v1.2.3/go.mod h1:" + base64.StdEncoding.EncodeToString(list[:]) + "\n"
	for _, kind := range scaffold.Kinds {
		files := write(t, scaffold.Options{Dir: t.TempDir(), Kind: kind, Module: "jobs", Source: release})
		for line := range strings.Lines(files["go.mod"]) {
			module, _, required := strings.Cut(strings.TrimSpace(line), " // indirect")
			if (required || strings.HasPrefix(line, "go ")) && !strings.Contains(own["go.mod"], module) {
				t.Errorf("%s: go.mod says %s, and inflight's own does not: run go generate ./...", kind, module)
			}
			if required && (!hasSum(files["go.sum"], own["go.sum"], module+" ") || !hasSum(files["go.sum"], own["go.sum"], module+"/go.mod ")) {
				t.Errorf("%s: go.sum and inflight's own differ about %s: run go generate ./...", kind, module)
			}
		}
		if !strings.Contains(files["go.sum"], ours) {
			t.Errorf("%s: go.sum does not know inflight's go.mod as it is: run go generate ./...", kind)
		}
	}
}

// hasSum reports whether two go.sum have the same line that begins so.
func hasSum(a, b, begin string) bool {
	for line := range strings.Lines(a) {
		if strings.HasPrefix(line, begin) {
			return strings.Contains(b, line)
		}
	}
	return false
}

// What can't be made is said before anything is, and is an error of the options.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	full, one, file := filepath.Join(dir, "full"), filepath.Join(dir, "one"), filepath.Join(dir, "file")
	for _, name := range []string{"go.mod", "main.go", ".git", "x", "y"} {
		if err := os.MkdirAll(filepath.Join(full, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(one, "notes.txt"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	for _, test := range []struct {
		o    scaffold.Options
		want string
	}{
		{scaffold.Options{Dir: full, Kind: "service"}, "is not empty, and nothing is written over: .git, go.mod, main.go and 2 more; name"},
		{scaffold.Options{Dir: one, Kind: "service"}, "over: notes.txt; name"},
		{scaffold.Options{Dir: file, Kind: "service"}, "file is a file"},
		{scaffold.Options{Dir: filepath.Join(file, "below"), Kind: "service"}, "file"},
		{scaffold.Options{Dir: "", Kind: "service"}, "the name of the folder is empty"},
		{scaffold.Options{Dir: filepath.Join(dir, "new"), Kind: "servce"}, `--kind "servce": want service, worker or scraper`},
		{scaffold.Options{Dir: filepath.Join(dir, "new"), Kind: ""}, `--kind`},
		{scaffold.Options{Dir: filepath.Join(dir, "new"), Kind: "worker", Module: "a b"}, `--module "a b"`},
		{scaffold.Options{Dir: filepath.Join(dir, "日本"), Kind: "worker"}, `--module example.com/`},
	} {
		test.o.Source = release
		_, err := scaffold.New(test.o)
		if _, ok := errors.AsType[*option.Error](err); !ok || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v; want %q", test.o, err, test.want)
		}
	}
	if after := tree(t, dir); !slices.Equal(before, after) {
		t.Errorf("there were %q, and now %q", before, after)
	}
}

// dying is a context that ends when it was asked a few times.
type dying struct {
	context.Context
	left int
}

func (d *dying) Err() error {
	if d.left--; d.left < 0 {
		return context.Canceled
	}
	return nil
}

// Wherever it fails, nothing is left; not even the folders above.
func TestFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	o := scaffold.Options{Dir: filepath.Join(dir, "a", "b", "c"), Kind: "worker", Source: release}
	all := 0
	for n := 0; ; n++ {
		p, err := scaffold.New(o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("told to end"))
		names, err := p.Write(&dying{ctx, n})
		if err == nil {
			all = len(names)
			break
		}
		if left := tree(t, dir); len(left) != 1 || names != nil || err.Error() != "told to end" {
			t.Fatalf("after %d files: %v, %q, %q", n, err, names, left)
		}
	}
	if all < 10 {
		t.Errorf("only %d files", all)
	}
}

// What comes into the folder meanwhile is neither written over nor removed.
func TestMeanwhile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	p, err := scaffold.New(scaffold.Options{Dir: dir, Kind: "worker", Source: release})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	theirs := filepath.Join(dir, "main.go")
	if err := os.WriteFile(theirs, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(t.Context()); !errors.Is(err, os.ErrExist) {
		t.Error(err)
	}
	if text, err := os.ReadFile(theirs); string(text) != "mine" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if left := tree(t, dir); len(left) != 2 {
		t.Errorf("left: %q", left)
	}
}

// A version counts only if the go command has fetched it.
func TestReleased(t *testing.T) {
	own := func(version, sum string) debug.Module {
		return debug.Module{Path: scaffold.Path, Version: version, Sum: sum}
	}
	fetched, replaced := own("v1.2.3", "h1:abc="), own("v1.2.3", "h1:abc=")
	replaced.Replace = &debug.Module{Path: "../inflight"}
	other := debug.Module{Path: "example.com/x", Version: "v9.9.9", Sum: "h1:x="}
	for _, test := range []struct {
		what string
		info debug.BuildInfo
		want bool
	}{
		{"installed", debug.BuildInfo{Main: fetched}, true},
		{"of a checkout", debug.BuildInfo{Main: own("(devel)", "")}, false},
		{"of a checkout with a tag", debug.BuildInfo{Main: own("v1.2.3", "")}, false},
		{"a tool of another module", debug.BuildInfo{Main: own("", ""), Deps: []*debug.Module{&other, &fetched}}, true},
		{"a tool, replaced", debug.BuildInfo{Main: other, Deps: []*debug.Module{&replaced}}, false},
		{"another program", debug.BuildInfo{Main: other}, false},
	} {
		got, ok := scaffold.Released(&test.info)
		if ok != test.want || ok && got != release {
			t.Errorf("%s: %+v, %v", test.what, got, ok)
		}
	}
}

// A checkout is known by its go.mod. This test runs in one.
func TestCheckout(t *testing.T) {
	s, err := scaffold.Checkout(filepath.Join("..", ".."))
	if err != nil || !filepath.IsAbs(s.Replace) || s.Sum != "" {
		t.Errorf("%+v, %v", s, err)
	}
	if running, err := scaffold.Running(); running != s || err != nil {
		t.Errorf("%+v, %v; want %+v", running, err, s)
	}
	for _, dir := range []string{t.TempDir(), ".", filepath.Join("..", "..", "tools"), "/nowhere"} {
		if s, err := scaffold.Checkout(dir); err == nil || !strings.Contains(err.Error(), "no checkout of inflight") {
			t.Errorf("%s: %+v, %v", dir, s, err)
		}
	}
}
