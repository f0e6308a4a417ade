package atomicfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/inflight-go/inflight/internal/atomicfile"
)

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// The file is replaced whole, keeps its mode, and is as it was when that fails.
func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := atomicfile.Write(path, write("one")); err != nil || content(t, path) != "one" {
		t.Fatal(err)
	}
	os.Chmod(path, 0o600)
	if err := atomicfile.Write(path, write("two")); err != nil || content(t, path) != "two" {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}
	why := errors.New("no more")
	err := atomicfile.Write(path, func(w io.Writer) error { return errors.Join(write("thr")(w), why) })
	if !errors.Is(err, why) || content(t, path) != "two" {
		t.Errorf("%v; %q", err, content(t, path))
	}
	if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A name that is empty is that of no file, nor of one beside it.
func TestWriteNowhere(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := atomicfile.Write("", func(io.Writer) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want that there is no such file", err)
	}
	if all, _ := os.ReadDir("."); len(all) > 0 {
		t.Errorf("there is now %v", all)
	}
}

// A link is followed, also one to what is not there yet, and stays one.
func TestWriteLink(t *testing.T) {
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "sub"), 0o777)
	link, path := filepath.Join(dir, "link"), filepath.Join(dir, "sub", "f")
	if err := os.Symlink(filepath.Join("sub", "f"), link); err != nil {
		t.Skip(err)
	}
	for _, text := range []string{"one", "two"} {
		if err := atomicfile.Write(link, write(text)); err != nil || content(t, path) != text {
			t.Fatal(err)
		}
	}
	if _, err := os.Readlink(link); err != nil {
		t.Error(err)
	}
}

func TestWriteDevice(t *testing.T) {
	if _, err := os.Stat("/dev/null"); err != nil {
		t.Skip(err)
	}
	if err := atomicfile.Write("/dev/null", write("x")); err != nil {
		t.Error(err)
	}
	if err := atomicfile.Write(t.TempDir(), write("x")); err == nil {
		t.Error("a folder was written to")
	}
}

// A link that leads to itself leads nowhere, and stays.
func TestWriteLoop(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(link, link); err != nil {
		t.Skip(err)
	}
	if err := atomicfile.Write(link, write("x")); err == nil {
		t.Error("no error")
	}
	if _, err := os.Readlink(link); err != nil {
		t.Error(err)
	}
}

// Of those who replace a file at once the last counts, and nothing else is there.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	var fs []*atomicfile.File
	for i := range 3 {
		f, err := atomicfile.Create(path, 0o640)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, []string{"one", "two", "three"}[i])
		fs = append(fs, f)
	}
	for _, f := range fs[:2] {
		if err := errors.Join(f.Seal(true), f.Commit()); err != nil {
			t.Fatal(err)
		}
	}
	if err := fs[2].Discard(); err != nil {
		t.Error(err)
	}
	if got := content(t, path); got != "two" {
		t.Errorf("%q", got)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
	if info, _ := os.Stat(path); info.Mode().Perm()&0o027 != 0 {
		t.Errorf("its mode is %v", info.Mode())
	}
}

// Two runs have two names, one run the same again.
func TestParts(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	of := func(journal string) string {
		name, err := atomicfile.Parts(journal)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	if of("a") != of(filepath.Join(here, "a")) || of("a") != of("./a") {
		t.Error("one journal has two names")
	}
	if of("a") == of("b") || of("a") == of("") {
		t.Errorf("two journals have one name: %s, %s, %s", of("a"), of("b"), of(""))
	}
}
