package batch_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/batch"
)

// read returns what Lines does, as texts, and the error.
func read(path string) (lines []string, err error) {
	for l, e := range batch.Lines(path) {
		if e != nil {
			return lines, e
		}
		lines = append(lines, fmt.Sprintf("%d %v %s", l.Index, l.Failed, l.Data))
	}
	return lines, nil
}

func ExampleLines() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "out.jsonl")
	os.WriteFile(path, []byte(`{"index":0,"ok":false}
{"index":1,"ok":true}
{"index":0,"ok":true}
{"index":2,"o`), 0o666)
	for line, err := range batch.Lines(path) {
		fmt.Println(line.Index, line.Failed, err)
	}
	// Output:
	// 1 false <nil>
	// 0 false <nil>
}

func ExampleSince() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "out.jsonl")
	first := "{\"index\":0,\"ok\":false}\n"
	os.WriteFile(path, []byte(first+"{\"index\":1}\n{\"index\":0,\"ok\":true}\n{\"ind"), 0o666)
	for line, err := range batch.Since(path, int64(len(first))) {
		fmt.Println(string(line.Data), err)
	}
	// Output:
	// {"index":1} <nil>
	// {"index":0,"ok":true} <nil>
}

// Of each unit the last line counts, however many there are, packed or not, and an
// end that is not whole is none.
func TestLines(t *testing.T) {
	for _, suffix := range suffixes {
		path := outPath(t, suffix)
		for round := range 20 {
			j := mustOpen(t, path, batch.JournalOptions{RetryFailed: true})
			for i := range int64(3) {
				mustCommit(t, j, line(i, fmt.Sprintf(`"ok":%v,"round":%d`, i == 1 || round == 19, round)))
			}
			mustClose(t, j)
		}
		whole := mustRead(t, path)
		mustWrite(t, path, append(whole, whole[:9]...))
		got, err := read(path)
		want := []string{`1 false {"index":1,"ok":true,"round":0}`, `0 false {"index":0,"ok":true,"round":19}`, `2 false {"index":2,"ok":true,"round":19}`}
		if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: %q, %v", suffix, got, err)
		}
	}
}

func TestLinesErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.jsonl")
	for _, row := range []struct {
		text  string
		lines int
		want  error
	}{
		{"", 0, nil},
		{"{\"ind", 0, nil},
		{"{\"index\":3}\nx\n{\"index\":4}\n", 1, batch.ErrCorrupt},
		{"name,age\n", 0, batch.ErrForeign},
	} {
		mustWrite(t, path, []byte(row.text))
		if got, err := read(path); len(got) != row.lines || !errors.Is(err, row.want) {
			t.Errorf("%q: %q, %v", row.text, got, err)
		}
	}
	if _, err := read(dir); !errors.Is(err, batch.ErrNotRegular) {
		t.Errorf("a directory: %v", err)
	}
	if _, err := read(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
}

// A link is followed: what stands beside the output stands beside the file, and
// compaction leaves the link a link.
func TestOpenFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "real"), 0o777)
	link, path := filepath.Join(dir, "link.jsonl"), filepath.Join(dir, "real", "out.jsonl")
	if err := os.Symlink(filepath.Join("real", "out.jsonl"), link); err != nil {
		t.Skip(err)
	}
	j := mustOpen(t, link, batch.JournalOptions{})
	mustCommit(t, j, line(0, `"ok":false`))
	if _, err := batch.Open(path, batch.Job{}, batch.JournalOptions{Resume: true}); !errors.Is(err, batch.ErrLocked) {
		t.Errorf("by its own name too: %v", err)
	}
	mustClose(t, j)
	j = mustOpen(t, link, batch.JournalOptions{RetryFailed: true})
	mustCommit(t, j, line(0, `"ok":true`))
	if err := j.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustClose(t, j)
	if to, err := os.Readlink(link); err != nil || to == "" {
		t.Errorf("the link is none any more: %v", err)
	}
	wantFile(t, path, line(0, `"ok":true`))
	if _, err := os.Stat(link + ".job"); err == nil {
		t.Error("there is something beside the link")
	}
}
