package batch_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/batch/batchtest"
	"github.com/klauspost/compress/zstd"
)

// suffixes are those of the ways in which lines are kept.
var suffixes = []string{"", ".gz", ".zst"}

func outPath(t testing.TB, suffix string) string {
	return filepath.Join(t.TempDir(), "out.jsonl"+suffix)
}

func mustOpen(t testing.TB, path string, o batch.JournalOptions) *batch.Journal {
	t.Helper()
	j, err := batch.Open(path, batch.Job{}, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func mustCommit(t testing.TB, j *batch.Journal, lines ...batch.Line) {
	t.Helper()
	if err := j.Commit(t.Context(), lines); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

func mustClose(t testing.TB, j *batch.Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustWrite(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// linesOf reads an output as other programs do, with their own decoders.
func linesOf(t testing.TB, path string) []string {
	t.Helper()
	var in io.Reader = bytes.NewReader(mustRead(t, path))
	var err error
	switch {
	case strings.HasSuffix(path, ".gz"):
		if in, err = gzip.NewReader(in); err == io.EOF {
			return nil
		}
	case strings.HasSuffix(path, ".zst"):
		in, err = zstd.NewReader(in)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) == 0 {
		return nil
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		t.Fatalf("the output does not end with a newline: %.80q", text[max(0, len(text)-80):])
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func wantFile(t testing.TB, path string, want ...batch.Line) {
	t.Helper()
	var texts []string
	for _, l := range want {
		texts = append(texts, string(l.Data))
	}
	if got := linesOf(t, path); !slices.Equal(got, texts) {
		t.Fatalf("%s has\n%s\nwant\n%s", path, strings.Join(got, "\n"), strings.Join(texts, "\n"))
	}
}

func line(index int64, rest string) batch.Line {
	l := batchtest.Line(index, rest)
	_, l.Failed, _ = batch.ParseLine(l.Data)
	return l
}

func TestJournalIsASink(t *testing.T) {
	for _, suffix := range suffixes {
		batchtest.TestSink(t, func(t *testing.T) (batch.Sink, func() []string) {
			path := outPath(t, suffix)
			return mustOpen(t, path, batch.JournalOptions{}), func() []string { return linesOf(t, path) }
		})
	}
}

func TestWriterIsASink(t *testing.T) {
	batchtest.TestSink(t, func(t *testing.T) (batch.Sink, func() []string) {
		var b bytes.Buffer
		return batch.NewWriter(&b), func() []string {
			if b.Len() == 0 {
				return nil
			}
			return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		}
	})
}

func TestWriterFailsForGood(t *testing.T) {
	broken := errors.New("broken pipe")
	calls := 0
	w := batch.NewWriter(writerFunc(func(b []byte) (int, error) { calls++; return 0, broken }))
	for range 2 {
		if err := w.Commit(t.Context(), []batch.Line{line(1, `"x":1`)}); err != broken {
			t.Errorf("Commit: %v", err)
		}
	}
	if calls != 1 {
		t.Errorf("a writer that has failed was called %d times", calls)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestOpenResumes(t *testing.T) {
	for _, suffix := range suffixes {
		path := outPath(t, suffix)
		j := mustOpen(t, path, batch.JournalOptions{})
		a, b, c := line(4, `"ok":true`), line(2, `"ok":false`), line(9, `"x":{"ok":false}`)
		mustCommit(t, j, a, b)
		mustClose(t, j)

		j = mustOpen(t, path, batch.JournalOptions{Resume: true})
		for index, want := range map[int64]bool{4: true, 2: true, 9: false, 0: false} {
			if j.Done(index) != want {
				t.Errorf("%s: Done(%d) = %v", suffix, index, !want)
			}
		}
		mustCommit(t, j, a, c)
		if s := j.Stats(); s.Done != 3 || s.Failed != 1 || s.Superseded != 0 || s.Cut != 0 || s.Bytes != int64(len(mustRead(t, path))) {
			t.Errorf("%s: stats %+v", suffix, s)
		}
		mustClose(t, j)
		wantFile(t, path, a, b, c)
	}
}

// Nothing is touched that was not asked for.
func TestOpenRefuses(t *testing.T) {
	job := batch.Job{Options: map[string]string{"url": "https://example.com/{{.id}}"}}
	other := batch.Job{Options: map[string]string{"url": "https://example.com/v2/{{.id}}"}}
	resume, force := batch.JournalOptions{Resume: true}, batch.JournalOptions{Force: true}
	ours := func(t *testing.T, path string) {
		j, err := batch.Open(path, job, batch.JournalOptions{})
		if err != nil {
			t.Fatal(err)
		}
		mustCommit(t, j, line(0, `"x":1`))
		mustClose(t, j)
	}
	theirs := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) { mustWrite(t, path, []byte(text)) }
	}
	withSidecar := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			ours(t, path)
			mustWrite(t, path, []byte(text))
		}
	}
	for name, c := range map[string]struct {
		before func(*testing.T, string)
		job    batch.Job
		o      batch.JournalOptions
		want   error
	}{
		"nothing there":              {func(*testing.T, string) {}, job, batch.JournalOptions{}, nil},
		"nothing there to resume":    {func(*testing.T, string) {}, job, resume, nil},
		"an empty file":              {theirs(""), job, batch.JournalOptions{}, nil},
		"ours":                       {ours, job, batch.JournalOptions{}, batch.ErrExists},
		"ours, resumed":              {ours, job, resume, nil},
		"ours, forced":               {ours, other, force, nil},
		"ours, of another job":       {ours, other, resume, batch.ErrOtherJob},
		"another job, exists":        {ours, other, batch.JournalOptions{}, batch.ErrExists},
		"another job by force":       {ours, other, batch.JournalOptions{Resume: true, Force: true}, nil},
		"not ours":                   {theirs("important\n"), job, batch.JournalOptions{}, batch.ErrExists},
		"not ours, resumed":          {theirs("important\n"), job, resume, batch.ErrForeign},
		"not ours, forced":           {theirs("important\n"), job, force, nil},
		"like ours, without sidecar": {theirs("{\"index\":1}\n"), job, resume, batch.ErrForeign},
		"other text beside sidecar":  {withSidecar("important\nlines\n"), job, resume, batch.ErrForeign},
		"no newline beside sidecar":  {withSidecar("important"), job, resume, batch.ErrForeign},
		"not ours, taken by force":   {theirs("important\n"), job, batch.JournalOptions{Resume: true, Force: true}, batch.ErrForeign},
		"bad sidecar": {func(t *testing.T, path string) {
			ours(t, path)
			mustWrite(t, path+".job", []byte("{"))
		}, job, resume, batch.ErrForeign},
		"newer sidecar": {func(t *testing.T, path string) {
			ours(t, path)
			mustWrite(t, path+".job", []byte(`{"version":99}`))
		}, job, resume, errAny},
		"a directory": {func(t *testing.T, path string) { os.Mkdir(path, 0o755) }, job, force, errAny},
	} {
		t.Run(name, func(t *testing.T) {
			path := outPath(t, "")
			c.before(t, path)
			files := snapshot(t, path)
			j, err := batch.Open(path, c.job, c.o)
			if err == nil {
				mustClose(t, j)
			}
			if !errors.Is(err, c.want) && (c.want != errAny || err == nil) {
				t.Fatalf("Open: %v, want %v", err, c.want)
			}
			if got := snapshot(t, path); err != nil && got != files {
				t.Errorf("Open has failed, and changed files:\n%s\nbefore:\n%s", got, files)
			}
		})
	}
}

var errAny = errors.New("any error")

// snapshot lists the files of a directory with what they hold.
func snapshot(t *testing.T, path string) string {
	var b strings.Builder
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, _ := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		fmt.Fprintf(&b, "%s: %q\n", e.Name(), text)
	}
	return b.String()
}

func TestOpenLocked(t *testing.T) {
	path := outPath(t, "")
	j := mustOpen(t, path, batch.JournalOptions{})
	mustCommit(t, j, line(0, `"x":1`))
	for _, o := range []batch.JournalOptions{{}, {Resume: true}, {Force: true}} {
		if _, err := batch.Open(path, batch.Job{}, o); !errors.Is(err, batch.ErrLocked) {
			t.Errorf("a second Open with %+v: %v, want ErrLocked", o, err)
		}
	}
	mustClose(t, j)
	mustClose(t, j)
	j = mustOpen(t, path, batch.JournalOptions{Resume: true})
	wantFile(t, path, line(0, `"x":1`))
	mustClose(t, j)
	if err := j.Commit(t.Context(), nil); err != batch.ErrClosed {
		t.Errorf("Commit after Close: %v", err)
	}
}

// What differs is named.
func TestOpenOtherJobSaysWhatDiffers(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "users.csv")
	mustWrite(t, input, []byte("id\n1\n2\n"))
	job := func(url string) batch.Job {
		in, err := batch.Fingerprint(input)
		if err != nil {
			t.Fatal(err)
		}
		return batch.Job{Inputs: []batch.Input{in}, Options: map[string]string{"url": url}}
	}
	first := job("a")
	path := filepath.Join(dir, "out.jsonl")
	j, err := batch.Open(path, first, batch.JournalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	mustCommit(t, j, line(0, `"x":1`))
	mustClose(t, j)

	open := func(job batch.Job) []string {
		j, err := batch.Open(path, job, batch.JournalOptions{Resume: true})
		if err == nil {
			mustClose(t, j)
			return nil
		}
		other, ok := errors.AsType[*batch.OtherJobError](err)
		if !ok {
			t.Fatalf("Open: %v", err)
		}
		var what []string
		for _, d := range other.Differs {
			what = append(what, strings.ReplaceAll(d.What, input, "users.csv"))
			if !strings.Contains(err.Error(), d.What) {
				t.Errorf("the error does not name %q: %v", d.What, err)
			}
		}
		return what
	}
	if got := open(job("a")); got != nil {
		t.Errorf("the same job differs in %q", got)
	}
	if got := open(job("b")); !slices.Equal(got, []string{"option url"}) {
		t.Errorf("another option: differs in %q", got)
	}
	later := time.Now().Add(time.Hour)
	os.Chtimes(input, later, later)
	if got := open(job("a")); !slices.Equal(got, []string{"the time of users.csv"}) {
		t.Errorf("another time: differs in %q", got)
	}
	mustWrite(t, input, []byte("id\n1\n3\n"))
	os.Chtimes(input, first.Inputs[0].Modified, first.Inputs[0].Modified)
	if got := open(job("a")); !slices.Equal(got, []string{"the beginning of users.csv", "the end of users.csv"}) {
		t.Errorf("another text of the same length: differs in %q", got)
	}
	if got := open(batch.Job{}); !slices.Equal(got, []string{"the number of inputs", "option url"}) {
		t.Errorf("another everything: differs in %q", got)
	}
}

func TestFingerprintLargeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in")
	text := bytes.Repeat([]byte("0123456789abcdef"), 3<<16)
	mustWrite(t, path, text)
	a, err := batch.Fingerprint(path)
	if err != nil || a.Size != int64(len(text)) || a.Head == "" || a.Tail == "" {
		t.Fatalf("Fingerprint: %+v, %v", a, err)
	}
	text[len(text)-1]++
	mustWrite(t, path, text)
	b, _ := batch.Fingerprint(path)
	if a.Head != b.Head || a.Tail == b.Tail {
		t.Errorf("the last byte changed: %+v and %+v", a, b)
	}
	if _, err := batch.Fingerprint(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if in, err := batch.Fingerprint(os.DevNull); err != nil || in.Size != 0 || in.Head != "" {
		t.Errorf("a device: %+v, %v", in, err)
	}
}

func TestDigest(t *testing.T) {
	if a, b := batch.Digest("secret"), batch.Digest("secreT"); a == b || strings.Contains(a, "secret") || a != batch.Digest("secret") {
		t.Errorf("digests %q and %q", a, b)
	}
}

// A failure that is tried again has another line, and the last one counts: in the
// numbers, after the next Open, and after Compact in the file.
func TestRetryFailed(t *testing.T) {
	for _, suffix := range suffixes {
		path := outPath(t, suffix)
		j := mustOpen(t, path, batch.JournalOptions{})
		good, bad, worse := line(0, `"ok":true`), line(1, `"ok":false`), line(2, `"ok":false`)
		mustCommit(t, j, good, bad, worse)
		mustClose(t, j)

		j = mustOpen(t, path, batch.JournalOptions{RetryFailed: true})
		if !j.Done(0) || j.Done(1) || j.Done(2) {
			t.Fatalf("%s: done: %v %v %v, want only the good one", suffix, j.Done(0), j.Done(1), j.Done(2))
		}
		fixed, still := line(1, `"ok":true,"again":1`), line(2, `"ok":false,"again":1`)
		mustCommit(t, j, good, fixed, fixed)
		mustCommit(t, j, still, still)
		if s := j.Stats(); s.Done != 3 || s.Failed != 1 || s.Superseded != 2 {
			t.Errorf("%s: stats %+v", suffix, s)
		}
		mustClose(t, j)
		wantFile(t, path, good, bad, worse, fixed, still)

		j = mustOpen(t, path, batch.JournalOptions{RetryFailed: true})
		if s := j.Stats(); s.Done != 3 || s.Failed != 1 || s.Superseded != 2 || !j.Done(1) || j.Done(2) {
			t.Errorf("%s: stats after another Open %+v", suffix, s)
		}
		third := line(2, `"ok":true,"again":2`)
		mustCommit(t, j, third)
		if err := j.Compact(t.Context()); err != nil {
			t.Fatalf("%s: Compact: %v", suffix, err)
		}
		wantFile(t, path, good, fixed, third)
		if s := j.Stats(); s.Done != 3 || s.Failed != 0 || s.Superseded != 0 || s.Bytes != int64(len(mustRead(t, path))) {
			t.Errorf("%s: stats after Compact %+v", suffix, s)
		}
		after := line(7, `"x":1`)
		mustCommit(t, j, after)
		mustClose(t, j)
		wantFile(t, path, good, fixed, third, after)
		mustClose(t, mustOpen(t, path, batch.JournalOptions{Resume: true}))
	}
}

// More lines of one unit than are counted.
func TestCompactVeryManyLines(t *testing.T) {
	path := outPath(t, "")
	mustClose(t, func() *batch.Journal {
		j := mustOpen(t, path, batch.JournalOptions{})
		mustCommit(t, j, line(5, `"ok":false`))
		return j
	}())
	text := []byte("{\"index\":4}\n")
	for i := range 100 {
		text = fmt.Appendf(text, "{\"index\":5,\"n\":%d}\n", i)
	}
	mustWrite(t, path, append(text, "{\"index\":6}\n"...))
	j := mustOpen(t, path, batch.JournalOptions{Resume: true})
	if err := j.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustClose(t, j)
	if got := linesOf(t, path); !slices.Equal(got, []string{`{"index":4}`, `{"index":5,"n":99}`, `{"index":6}`}) {
		t.Errorf("the output has %q", got)
	}
}

func TestCompactNothingToDo(t *testing.T) {
	path := outPath(t, "")
	j := mustOpen(t, path, batch.JournalOptions{})
	mustCommit(t, j, line(0, `"x":1`))
	before, _ := os.Stat(path)
	if err := j.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(path); !os.SameFile(before, after) {
		t.Error("an output without anything to take out was written anew")
	}
}

// When syncs happen. The file is real; what is counted is the calls.
func TestSyncPolicy(t *testing.T) {
	open := func(t *testing.T, o batch.JournalOptions) (*batch.Journal, *countingFile) {
		j := mustOpen(t, outPath(t, ""), o)
		var c *countingFile
		j.Wrap(func(f batch.File) batch.File {
			c = &countingFile{File: f}
			return c
		})
		return j, c
	}
	t.Run("always", func(t *testing.T) {
		j, f := open(t, batch.JournalOptions{Sync: batch.SyncAlways})
		for i := range int64(3) {
			mustCommit(t, j, line(i, `"x":1`))
		}
		if f.syncs.Load() != 3 {
			t.Errorf("%d syncs for 3 commits", f.syncs.Load())
		}
	})
	t.Run("never", func(t *testing.T) {
		j, f := open(t, batch.JournalOptions{Sync: batch.SyncNever, SyncDelay: 1, SyncLines: 1})
		mustCommit(t, j, line(0, `"x":1`))
		if f.syncs.Load() != 0 {
			t.Errorf("%d syncs", f.syncs.Load())
		}
		mustClose(t, j)
		if f.syncs.Load() != 1 {
			t.Errorf("%d syncs with Close", f.syncs.Load())
		}
	})
	t.Run("lines", func(t *testing.T) {
		j, f := open(t, batch.JournalOptions{SyncDelay: time.Hour, SyncLines: 4})
		for i := range int64(11) {
			mustCommit(t, j, line(i, `"x":1`))
		}
		if f.syncs.Load() != 2 {
			t.Errorf("%d syncs for 11 lines, 4 at a time", f.syncs.Load())
		}
		j.Sync(t.Context())
		j.Sync(t.Context())
		if f.syncs.Load() != 3 {
			t.Errorf("%d syncs with Sync", f.syncs.Load())
		}
	})
	t.Run("time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			j, f := open(t, batch.JournalOptions{})
			mustCommit(t, j, line(0, `"x":1`))
			time.Sleep(60 * time.Millisecond)
			mustCommit(t, j, line(1, `"x":1`))
			if f.syncs.Load() != 0 {
				t.Errorf("%d syncs after 60 ms", f.syncs.Load())
			}
			time.Sleep(41 * time.Millisecond)
			synctest.Wait()
			if f.syncs.Load() != 1 {
				t.Errorf("%d syncs after 101 ms", f.syncs.Load())
			}
			time.Sleep(time.Hour)
			if f.syncs.Load() != 1 {
				t.Errorf("%d syncs, with nothing to sync", f.syncs.Load())
			}
			mustClose(t, j)
		})
	})
}

// A file that counts, and fails when it is told to.
type countingFile struct {
	batch.File
	syncs, truncates atomic.Int64
	syncErr          error
	truncateErr      error
	room             atomic.Int64 // size from which on a write fails with full
	full             error
	tries            int
}

func (f *countingFile) Datasync() error {
	f.syncs.Add(1)
	return f.syncErr
}

func (f *countingFile) Truncate(size int64) error {
	f.truncates.Add(1)
	if f.truncateErr != nil {
		return f.truncateErr
	}
	return f.File.Truncate(size)
}

func (f *countingFile) WriteAt(b []byte, at int64) (int, error) {
	if f.full == nil || at+int64(len(b)) <= f.room.Load() {
		return f.File.WriteAt(b, at)
	}
	f.tries++
	n, _ := f.File.WriteAt(b[:max(0, f.room.Load()-at)], at) // as a disk does: some of it
	return n, f.full
}

func (f *countingFile) Close() error { return f.File.Close() }

func TestSyncFails(t *testing.T) {
	path := outPath(t, "")
	j := mustOpen(t, path, batch.JournalOptions{Sync: batch.SyncAlways})
	broken := errors.New("i/o error")
	j.Wrap(func(f batch.File) batch.File { return &countingFile{File: f, syncErr: broken} })
	for range 2 {
		if err := j.Commit(t.Context(), []batch.Line{line(0, `"x":1`)}); !errors.Is(err, broken) {
			t.Errorf("Commit: %v, want the error of the sync, for good", err)
		}
	}
	if err := j.Close(); !errors.Is(err, broken) {
		t.Errorf("Close: %v", err)
	}
}
