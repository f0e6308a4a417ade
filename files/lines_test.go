package files_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/inflight-go/inflight/files"
	"github.com/klauspost/compress/zstd"
)

// file makes a file with that content.
func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(text string) string {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	io.WriteString(z, text)
	z.Close()
	return b.String()
}

var encoder = sync.OnceValue(func() *zstd.Encoder {
	z, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	return z
})

func zstandard(text string) string { return string(encoder().EncodeAll([]byte(text), nil)) }

// collect returns the lines up to the first error.
func collect(lines iter.Seq2[[]byte, error]) (got []string, err error) {
	for line, err := range lines {
		if err != nil {
			return got, err
		}
		got = append(got, string(line))
	}
	return got, nil
}

// scanned is what bufio.Scanner takes for lines.
func scanned(text string) (lines []string) {
	s := bufio.NewScanner(strings.NewReader(text))
	s.Buffer(nil, 1<<30)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	return lines
}

// texts are awkward contents.
func texts() []string {
	all := []string{"", "a", "a\n", "a\nb", "\n", "\n\n", "\r\n", "\r", "a\r\nb\r\n", "a\r", "a\rb\n", "\r\r\n", "a\n\nb\n"}
	for _, n := range []int{files.Chunk - 2, files.Chunk - 1, files.Chunk, files.Chunk + 1} {
		x := strings.Repeat("x", n)
		all = append(all, x, x+"\n", x+"\r\n", "y\n"+x+"\n"+x)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		var b strings.Builder
		for range rnd.IntN(100) {
			b.WriteString(strings.Repeat("w", rnd.IntN(1<<rnd.IntN(12))))
			b.WriteString([]string{"\n", "\r\n", "\r", "\n\n"}[rnd.IntN(4)])
		}
		all = append(all, b.String())
	}
	return all
}

// The lines are those of bufio.Scanner, wherever they come from and in whatever pieces.
func TestLinesAreThoseOfScanner(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	for i, text := range texts() {
		want := scanned(text)
		check := func(how string, lines iter.Seq2[[]byte, error]) {
			t.Helper()
			if got, err := collect(lines); err != nil || !slices.Equal(got, want) {
				t.Errorf("text %d, %s: %d lines, %v; want %d", i, how, len(got), err, len(want))
			}
		}
		contents := map[string]string{"plain": text}
		if i%12 == 0 || len(text) < 5000 {
			contents["gzip"], contents["zstd"] = gzipped(text), zstandard(text)
		}
		for name, content := range contents {
			path := filepath.Join(dir, name)
			os.WriteFile(path, []byte(content), 0o666)
			check(name, files.Lines(ctx, path))
		}
		check("reader", files.LinesOf(strings.NewReader(text)))
		check("error with data", files.LinesOf(iotest.DataErrReader(strings.NewReader(text))))
		if len(text) < 10_000 {
			check("byte by byte", files.LinesOf(iotest.OneByteReader(strings.NewReader(text))))
		}
	}
}

// A sequence can be ranged over again, and a loop may end early.
func TestLinesAgain(t *testing.T) {
	lines := files.Lines(t.Context(), file(t, "f", "a\nb\n"))
	for range 2 {
		for line := range lines {
			if string(line) != "a" {
				t.Errorf("%q", line)
			}
			break
		}
	}
}

// A line that is too long is told of with its place, and only itself is lost.
func TestLineTooLong(t *testing.T) {
	const most = 10
	ctx := t.Context()
	fits, long := strings.Repeat("f", most), strings.Repeat("l", most+1)
	for _, end := range []string{"\n", "\r\n"} {
		text := "a" + end + long + end + fits + end + strings.Repeat(long, 100_000) + end + "b" + end + long
		for how, lines := range map[string]iter.Seq2[[]byte, error]{
			"file":   files.Lines(ctx, file(t, "f", text), files.MaxLine(most)),
			"gzip":   files.Lines(ctx, file(t, "f.gz", gzipped(text)), files.MaxLine(most)),
			"reader": files.LinesOf(strings.NewReader(text), files.MaxLine(most)),
			"bytes":  files.LinesOf(iotest.HalfReader(strings.NewReader(text)), files.MaxLine(most)),
		} {
			var got []string
			for line, err := range lines {
				var e *files.LineError
				switch {
				case err == nil:
					got = append(got, string(line))
				case errors.As(err, &e) && errors.Is(err, files.ErrLineTooLong):
					got = append(got, fmt.Sprint(e.Line))
					if at := text[e.Offset:]; !strings.HasPrefix(at, e.Text) || !strings.HasPrefix(e.Text, long) {
						t.Errorf("%s: %v", how, err)
					}
				default:
					t.Fatalf("%s: %v", how, err)
				}
			}
			if want := []string{"a", "2", fits, "4", "b", "6"}; !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", how, got, want)
			}
		}
	}
}

// What was read of a line is not lost for one that just fits, however large the limit.
func TestMaxLineIsExact(t *testing.T) {
	for _, most := range []int{1, 4095, 65535, 65536, 65537, 1 << 20} {
		x := strings.Repeat("x", most)
		got, err := collect(files.LinesOf(strings.NewReader(x+"\r\n"+x+"\n"+x), files.MaxLine(most)))
		if err != nil || len(got) != 3 {
			t.Errorf("%d: %d lines, %v", most, len(got), err)
		}
		if got, err := collect(files.LinesOf(strings.NewReader(x+"\nx"+x), files.MaxLine(most))); len(got) != 1 || !errors.Is(err, files.ErrLineTooLong) {
			t.Errorf("%d: %d lines, %v", most, len(got), err)
		}
	}
}

// Nothing is allocated for a line, and what is appended to one does not touch the next.
func TestLinesDoNotAllocate(t *testing.T) {
	text := strings.Repeat("a line of this length\r\n", 10_000)
	n := testing.AllocsPerRun(5, func() {
		for line, err := range files.LinesOf(strings.NewReader(text)) {
			if len(line) != 21 || err != nil {
				t.Fatal(err)
			}
		}
	})
	if n > 20 {
		t.Errorf("%v allocations for 10 000 lines", n)
	}
	for line := range files.LinesOf(strings.NewReader("a\nb\nc\n")) {
		if cap(line) != 1 {
			t.Fatalf("%q has room for %d bytes", line, cap(line))
		}
	}
}

// What is no text is refused before the first line, unless it is asked for.
func TestBinary(t *testing.T) {
	ctx := t.Context()
	text := strings.Repeat("text\n", 100)
	for name, content := range map[string]string{
		"zero":   text + "\x00",
		"elf":    "\x7fELF\x02\x01\x01\x00",
		"utf-16": "\xff\xfea\x00\n\x00",
	} {
		path := file(t, name, content)
		got, err := collect(files.Lines(ctx, path))
		e, ok := errors.AsType[*files.LineError](err)
		if len(got) > 0 || !ok || !errors.Is(err, files.ErrBinary) || !strings.HasPrefix(err.Error(), path+": line 1, at byte 0: ") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if ok && strings.Contains(e.Why, "UTF-16") != (name == "utf-16") {
			t.Error(e.Why)
		}
		if got, err := collect(files.Lines(ctx, path, files.Binary())); err != nil || !slices.Equal(got, scanned(content)) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if _, err := collect(files.LinesOf(strings.NewReader(content))); !errors.Is(err, files.ErrBinary) {
			t.Error(name, err)
		}
	}
	late := strings.Repeat("text\n", 1600) + "\x00\n"
	if got, err := collect(files.Lines(ctx, file(t, "late", late))); err != nil || len(got) != 1601 {
		t.Errorf("%d lines, %v", len(got), err)
	}
}

// Of what is cut or damaged while it is packed, the lines before that come first.
func TestDamagedArchives(t *testing.T) {
	ctx := t.Context()
	text := strings.Repeat("some line of text that goes on\n", 100)
	for name, whole := range map[string]string{"gzip": gzipped(text), "zstd": zstandard(text)} {
		for n := 4; n < len(whole); n += 1 + n/5 {
			path := file(t, "cut", whole[:n])
			_, err := collect(files.Lines(ctx, path))
			if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), path+": it is cut: the "+name) {
				t.Fatalf("%s, %d of %d bytes: %v", name, n, len(whole), err)
			}
		}
		wrong := []byte(whole)
		wrong[len(wrong)-2] ^= 1
		path := file(t, "wrong", string(wrong))
		_, err := collect(files.Lines(ctx, path))
		if err == nil || !strings.HasPrefix(err.Error(), path+": the "+name+" data is damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	var b strings.Builder
	for rnd := rand.New(rand.NewPCG(3, 4)); b.Len() < 100<<10; {
		fmt.Fprintln(&b, rnd.Uint64())
	}
	many := gzipped(b.String())
	if got, err := collect(files.Lines(ctx, file(t, "cut.gz", many[:len(many)-20]))); len(got) == 0 || err == nil {
		t.Errorf("%d lines, %v", len(got), err)
	}
}

// A file that grows, or is cut, while it is read: what was there is returned, then
// the error.
func TestLinesOfAChangingFile(t *testing.T) {
	ctx := t.Context()
	text := strings.Repeat("0123456789\n", files.Chunk/5) // two chunks and more
	change := func(how func(path string)) (n int, err error) {
		path := file(t, "f", text)
		for _, err := range files.Lines(ctx, path) {
			if err != nil {
				return n, err
			}
			if n++; n == 1 {
				how(path)
			}
		}
		return n, nil
	}
	n, err := change(func(path string) {
		f, _ := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		f.WriteString("torn")
		f.Close()
	})
	if n != files.Chunk/5 || !errors.Is(err, files.ErrChanged) || !strings.Contains(err.Error(), "has grown") {
		t.Errorf("grown: %d lines, %v", n, err)
	}
	n, err = change(func(path string) { os.Truncate(path, files.Chunk+10) })
	if n < files.Chunk/11 || !errors.Is(err, files.ErrChanged) || !strings.Contains(err.Error(), "was cut") {
		t.Errorf("cut: %d lines, %v", n, err)
	}
	n, err = change(func(path string) { os.Remove(path) })
	if n != files.Chunk/5 && err == nil {
		t.Errorf("removed: %d lines, %v", n, err)
	}
}

// What can't be read is named.
func TestUnreadable(t *testing.T) {
	ctx := t.Context()
	missing := filepath.Join(t.TempDir(), "missing")
	_, err := collect(files.Lines(ctx, missing))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Error(err)
	}
	dir := t.TempDir()
	if _, err := collect(files.Lines(ctx, dir)); err == nil || !strings.Contains(err.Error(), dir) {
		t.Error(err)
	}
	locked := file(t, "locked", "a\n")
	os.Chmod(locked, 0)
	if f, err := os.Open(locked); err == nil {
		f.Close() // root reads all
	} else if _, err := collect(files.Lines(ctx, locked)); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	const mem = "/proc/self/mem" // opens, and does not read
	if _, err := os.Stat(mem); err == nil {
		if _, err := collect(files.Lines(ctx, mem)); err == nil || !strings.Contains(err.Error(), mem) {
			t.Error(err)
		}
	}
	why := errors.New("no more")
	got, err := collect(files.LinesOf(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(why))))
	if err != why || !slices.Equal(got, []string{"a"}) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := collect(files.LinesOf(iotest.ErrReader(sliceError{"x"}))); err == nil {
		t.Error("no error")
	}
	if _, err := collect(files.LinesOf(idle{})); err != io.ErrNoProgress {
		t.Error(err)
	}
}

// sliceError can't be compared.
type sliceError []string

func (e sliceError) Error() string { return e[0] }

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// A context that has ended, before or meanwhile, ends the loop with its cause.
func TestLinesCancelled(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	path := file(t, "f", strings.Repeat("0123456789\n", files.Chunk))
	n := 0
	var last error
	for _, err := range files.Lines(ctx, path) {
		if last = err; err == nil {
			n++
		}
		cancel(why)
	}
	if last != why || n == 0 || n > files.Chunk {
		t.Errorf("%d lines, %v", n, last)
	}
	if got, err := collect(files.Lines(ctx, path)); err != why || got != nil {
		t.Error(err)
	}
}
