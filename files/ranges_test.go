package files_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/files"
)

// list is a fold that keeps the lines, and marks those that are too long.
func list(_ context.Context, lines iter.Seq2[[]byte, error]) (got []string, err error) {
	for line, err := range lines {
		switch {
		case errors.Is(err, files.ErrLineTooLong):
			e, _ := errors.AsType[*files.LineError](err)
			got = append(got, fmt.Sprintf("too long at %d", e.Offset))
		case err != nil:
			return nil, err
		default:
			got = append(got, string(line))
		}
	}
	return got, nil
}

// long returns the numbers of the lines that are too long.
func long(_ context.Context, lines iter.Seq2[[]byte, error]) (numbers []int64, err error) {
	for _, err := range lines {
		if e, ok := errors.AsType[*files.LineError](err); ok {
			numbers = append(numbers, e.Line)
		}
	}
	return numbers, nil
}

func ranged(ctx context.Context, path string, limit int, opts ...files.LineOption) (all []string, err error) {
	for part, err := range files.Ranges(ctx, path, limit, list, opts...) {
		if err != nil {
			return all, err
		}
		all = append(all, part...)
	}
	return all, nil
}

// FuzzRanges: ranges of any size have the lines that one reader has, in the same order.
func FuzzRanges(f *testing.F) {
	for _, text := range texts() {
		if len(text) < 5000 {
			f.Add([]byte(text), uint16(1), uint16(3))
			f.Add([]byte(text), uint16(7), uint16(1000))
		}
	}
	f.Add([]byte("aaaaaaaaaaaaaaaaaaaaaaaaaa\r\nb\n\x00c"), uint16(4), uint16(2))
	f.Fuzz(func(t *testing.T, text []byte, size, most uint16) {
		ctx := t.Context()
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		packed := path + ".zst"
		if err := os.WriteFile(packed, []byte(zstandard(string(text))), 0o666); err != nil {
			t.Fatal(err)
		}
		each := max(int64(size)+1, int64(len(text))/50)
		opts := []files.LineOption{files.RangeSize(each), files.MaxLine(int(most) + 1)}
		for range 2 {
			want, err := list(ctx, files.Lines(ctx, path, opts...))
			for i, path := range []string{path, packed} {
				if i > 0 && err != nil { // it may come behind lines
					continue
				}
				got, rerr := ranged(ctx, path, 3, opts...)
				if (err == nil) != (rerr == nil) || !slices.Equal(got, want) {
					t.Fatalf("ranges of %d bytes: %q, %v; want %q, %v", each, got, rerr, want, err)
				}
			}
			opts = append(opts, files.Binary())
		}
	})
}

// The same with ranges and lines that are larger and smaller than what is read at once.
func TestRangesAreLines(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	for i, text := range texts() {
		path := filepath.Join(dir, "f")
		os.WriteFile(path, []byte(text), 0o666)
		for _, size := range []int64{10_000, files.Chunk - 1, files.Chunk, files.Chunk + 1, 0} {
			got, err := ranged(ctx, path, 4, files.RangeSize(size))
			if want := scanned(text); err != nil || !slices.Equal(got, want) {
				t.Errorf("text %d, ranges of %d: %d lines, %v; want %d", i, size, len(got), err, len(want))
			}
		}
	}
}

// What is packed, and what does not say its size, has the same lines.
func TestRangesOfOtherFiles(t *testing.T) {
	ctx := t.Context()
	text := strings.Repeat("line\n", 10_000)
	for _, content := range []string{gzipped(text), zstandard(text)} {
		if got, err := ranged(ctx, file(t, "f", content), 4); err != nil || len(got) != 10_000 {
			t.Errorf("%d lines, %v", len(got), err)
		}
	}
	whole := gzipped(text)
	if got, err := ranged(ctx, file(t, "f", whole[:len(whole)-9]), 4, files.RangeSize(1000)); !errors.Is(err, io.ErrUnexpectedEOF) || len(got) == 0 {
		t.Errorf("%d lines, %v", len(got), err)
	}
	x := strings.Repeat("x", 5000)
	var numbers []int64
	for n, err := range files.Ranges(ctx, file(t, "f", gzipped("a\n"+x+"\nb\n"+x)), 2, long, files.MaxLine(10), files.RangeSize(100)) {
		if numbers = append(numbers, n...); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(numbers, []int64{2, 4}) {
		t.Errorf("too long: %d", numbers)
	}
	for range files.Ranges(ctx, file(t, "f", whole), 2, list, files.RangeSize(100)) {
		break
	}
	if got, err := ranged(ctx, file(t, "f", ""), 4); err != nil || len(got) != 0 {
		t.Errorf("%d lines, %v", len(got), err)
	}
	if got, err := ranged(ctx, file(t, "f", "a\x00\n"), 4); !errors.Is(err, files.ErrBinary) {
		t.Errorf("%q, %v", got, err)
	}
}

// Values come in the order of the file up to the first error in that order; all calls have
// returned behind the loop, which may end early.
func TestRangesFail(t *testing.T) {
	path := file(t, "f", strings.Repeat("0123456789\n", 1000))
	why := errors.New("no")
	var running atomic.Int32
	fold := func(bad int64) func(context.Context, iter.Seq2[[]byte, error]) (int64, error) {
		return func(ctx context.Context, lines iter.Seq2[[]byte, error]) (n int64, err error) {
			running.Add(1)
			defer running.Add(-1)
			for range lines {
				n++
			}
			if n == bad {
				return n, why
			}
			return n, nil
		}
	}
	sum, calls := int64(0), 0
	for n, err := range files.Ranges(t.Context(), path, 3, fold(0), files.RangeSize(1100)) {
		if err != nil {
			t.Fatal(err)
		}
		sum, calls = sum+n, calls+1
	}
	if sum != 1000 || calls != 10 {
		t.Errorf("%d lines in %d ranges", sum, calls)
	}
	for n, err := range files.Ranges(t.Context(), path, 3, fold(100), files.RangeSize(1100)) {
		if err != why || n != 0 {
			t.Errorf("%d, %v", n, err)
		}
		calls++
	}
	if calls != 11 {
		t.Errorf("%d values after the error", calls-11)
	}
	for range files.Ranges(t.Context(), path, 3, fold(0), files.RangeSize(10)) {
		break
	}
	if n := running.Load(); n != 0 {
		t.Errorf("%d calls are running", n)
	}
}

// A panic of fold comes out of the loop.
func TestRangesPanic(t *testing.T) {
	defer func() {
		if p, ok := recover().(*inflight.PanicError); !ok || p.Value != "oh" {
			t.Error(p)
		}
	}()
	for range files.Ranges(t.Context(), file(t, "f", "a\n"), 1, func(context.Context, iter.Seq2[[]byte, error]) (int, error) { panic("oh") }) {
	}
}

// A file that is cut or grows, also when fold looks at no error.
func TestRangesOfAChangingFile(t *testing.T) {
	text := strings.Repeat("0123456789\n", 1000)
	count := func(change func(path string), opts ...files.LineOption) (sum int, err error) {
		path := file(t, "f", text)
		for n, err := range files.Ranges(t.Context(), path, 1, func(_ context.Context, lines iter.Seq2[[]byte, error]) (n int, err error) {
			for line := range lines {
				if line != nil {
					n++
				}
			}
			change(path)
			return n, nil
		}, opts...) {
			if err != nil {
				return sum, err
			}
			sum += n
		}
		return sum, nil
	}
	grow := func(path string) {
		f, _ := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		f.WriteString("torn")
		f.Close()
	}
	if n, err := count(grow, files.RangeSize(1100)); n != 1000 || !errors.Is(err, files.ErrChanged) {
		t.Errorf("grown: %d lines, %v", n, err)
	}
	if n, err := count(func(path string) { os.Truncate(path, 5000) }, files.RangeSize(1100)); n != 400 || !errors.Is(err, files.ErrChanged) {
		t.Errorf("cut: %d lines, %v", n, err)
	}
	if n, err := count(func(path string) { os.Remove(path) }, files.RangeSize(1100)); n != 1000 || err != nil {
		t.Errorf("removed: %d lines, %v", n, err)
	}
}

// A context that ends is what the loop ends with.
func TestRangesCancelled(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	path := file(t, "f", strings.Repeat("0123456789\n", 100_000))
	var last error
	for _, err := range files.Ranges(ctx, path, 2, list, files.RangeSize(10_000)) {
		last = err
		cancel(why)
	}
	if !errors.Is(last, why) {
		t.Error(last)
	}
	for _, err := range files.Ranges(ctx, path, 2, list) {
		if !errors.Is(err, why) {
			t.Error(err)
		}
	}
}

// A long line costs its own range alone, and the others no time.
func TestRangesOfALongLine(t *testing.T) {
	text := "a\n" + strings.Repeat("x", 50_000) + "\nb\n"
	got, err := ranged(t.Context(), file(t, "f", text), 3, files.RangeSize(1000), files.MaxLine(100))
	if want := []string{"a", "too long at 2", "b"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

func BenchmarkLines(b *testing.B) {
	text := bytes.Repeat([]byte(strings.Repeat("x", 99)+"\n"), 10_000)
	r := bytes.NewReader(text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Reset(text)
		for _, err := range files.LinesOf(r) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/line")
}

func BenchmarkScanner(b *testing.B) {
	text := bytes.Repeat([]byte(strings.Repeat("x", 99)+"\n"), 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s := bufio.NewScanner(bytes.NewReader(text))
		for s.Scan() {
			if len(s.Bytes()) != 99 {
				b.Fatal("not a line")
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/line")
}
