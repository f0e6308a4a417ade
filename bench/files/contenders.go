package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/files"
)

// A contender is a way to do what a case asks for.
type contender struct {
	kind, name string
	script     bool // it is in aio.py
	run        func(ctx context.Context, o *options) (result, error)
}

// atOnce is how many small files are in work at once.
const atOnce = 64

var failed = []byte(" 500")

func contenders() []contender {
	return []contender{
		{kind: "count", name: "files.Ranges", run: countRanges},
		{kind: "count", name: "files.Lines", run: countLines},
		{kind: "count", name: "files.LinesOf", run: countLinesOf},
		{kind: "count", name: "bufio.Scanner", run: countScanner},
		{kind: "count", name: "bufio.ReadSlice", run: countReadSlice},
		{kind: "count", name: "python open", script: true},
		{kind: "count", name: "aiofiles", script: true},
		{kind: "digest", name: "files.Ranges", run: digestRanges},
		{kind: "digest", name: "files.Lines", run: digestLines},
		{kind: "filter", name: "files.Ranges", run: filterRanges},
		{kind: "filter", name: "files.Lines", run: filterLines},
		{kind: "filter", name: "bufio.Scanner", run: filterScanner},
		{kind: "read", name: "files.Read", run: readFiles},
		{kind: "read", name: "os.ReadFile", run: readLoop},
		{kind: "read", name: "python open", script: true},
		{kind: "read", name: "aiofiles", script: true},
		{kind: "make", name: "files.Transform", run: func(ctx context.Context, o *options) (result, error) { return transform(ctx, o) }},
		{kind: "make", name: "files.Transform NoSync", run: func(ctx context.Context, o *options) (result, error) { return transform(ctx, o, files.NoSync()) }},
		{kind: "make", name: "os.WriteFile", run: makeLoop},
		{kind: "make", name: "python open", script: true},
		{kind: "make", name: "aiofiles", script: true},
	}
}

// tally counts the lines that end in the status 500, and all of them.
type tally struct{ lines, bytes, failed int64 }

func (t *tally) add(line []byte) {
	t.lines++
	t.bytes += int64(len(line)) + 1
	if bytes.HasSuffix(line, failed) {
		t.failed++
	}
}

func (t *tally) result() result { return result{Units: t.lines, Bytes: t.bytes} }

func fold(_ context.Context, lines iter.Seq2[[]byte, error]) (t tally, err error) {
	for line, err := range lines {
		if err != nil {
			return t, err
		}
		t.add(line)
	}
	return t, nil
}

func countRanges(ctx context.Context, o *options) (result, error) {
	var all tally
	for t, err := range files.Ranges(ctx, large(o.dir), runtime.GOMAXPROCS(0), fold) {
		if err != nil {
			return result{}, err
		}
		all = tally{all.lines + t.lines, all.bytes + t.bytes, all.failed + t.failed}
	}
	return all.result(), nil
}

func countLines(ctx context.Context, o *options) (result, error) {
	t, err := fold(ctx, files.Lines(ctx, large(o.dir)))
	return t.result(), err
}

func countLinesOf(ctx context.Context, o *options) (result, error) {
	f, err := os.Open(large(o.dir))
	if err != nil {
		return result{}, err
	}
	defer f.Close()
	t, err := fold(ctx, files.LinesOf(f))
	return t.result(), err
}

func countScanner(_ context.Context, o *options) (result, error) {
	f, err := os.Open(large(o.dir))
	if err != nil {
		return result{}, err
	}
	defer f.Close()
	var t tally
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 64<<10), 10<<20)
	for s.Scan() {
		t.add(s.Bytes())
	}
	return t.result(), s.Err()
}

func countReadSlice(_ context.Context, o *options) (result, error) {
	f, err := os.Open(large(o.dir))
	if err != nil {
		return result{}, err
	}
	defer f.Close()
	var t tally
	for r := bufio.NewReaderSize(f, 64<<10); ; {
		line, err := r.ReadSlice('\n')
		if err == io.EOF {
			return t.result(), nil
		}
		if err != nil {
			return result{}, err
		}
		t.add(line[:len(line)-1])
	}
}

// digest is a fold that has some work for each line.
func digest(_ context.Context, lines iter.Seq2[[]byte, error]) (t tally, err error) {
	for line, err := range lines {
		if err != nil {
			return t, err
		}
		t.add(line)
		if sum := sha256.Sum256(line); sum[0] == 0 {
			t.failed++
		}
	}
	return t, nil
}

func digestRanges(ctx context.Context, o *options) (result, error) {
	var all tally
	for t, err := range files.Ranges(ctx, large(o.dir), runtime.GOMAXPROCS(0), digest) {
		if err != nil {
			return result{}, err
		}
		all = tally{all.lines + t.lines, all.bytes + t.bytes, all.failed + t.failed}
	}
	return all.result(), nil
}

func digestLines(ctx context.Context, o *options) (result, error) {
	t, err := digest(ctx, files.Lines(ctx, large(o.dir)))
	return t.result(), err
}

func filterRanges(ctx context.Context, o *options) (result, error) {
	keep := func(_ context.Context, lines iter.Seq2[[]byte, error]) (kept []byte, err error) {
		for line, err := range lines {
			if err != nil {
				return nil, err
			}
			if bytes.HasSuffix(line, failed) {
				kept = append(append(kept, line...), '\n')
			}
		}
		return kept, nil
	}
	var all tally
	err := files.Replace(ctx, filepath.Join(o.dir, "filtered"), func(w io.Writer) error {
		for kept, err := range files.Ranges(ctx, large(o.dir), runtime.GOMAXPROCS(0), keep) {
			if err != nil {
				return err
			}
			all.lines += int64(bytes.Count(kept, []byte("\n")))
			if _, err := w.Write(kept); err != nil {
				return err
			}
		}
		return nil
	}, files.NoSync())
	return o.whole(all.lines), err
}

// whole is the result of a case that has read the large file.
func (o *options) whole(units int64) result {
	info, err := os.Stat(large(o.dir))
	if err != nil {
		return result{}
	}
	return result{Units: units, Bytes: info.Size()}
}

func filterLines(ctx context.Context, o *options) (result, error) {
	var all tally
	err := files.Replace(ctx, filepath.Join(o.dir, "filtered"), func(w io.Writer) error {
		out := bufio.NewWriter(w)
		for line, err := range files.Lines(ctx, large(o.dir)) {
			if err != nil {
				return err
			}
			if bytes.HasSuffix(line, failed) {
				all.lines++
				out.Write(line)
				out.WriteByte('\n')
			}
		}
		return out.Flush()
	}, files.NoSync())
	return o.whole(all.lines), err
}

func filterScanner(_ context.Context, o *options) (result, error) {
	f, err := os.Open(large(o.dir))
	if err != nil {
		return result{}, err
	}
	defer f.Close()
	to, err := os.Create(filepath.Join(o.dir, "filtered"))
	if err != nil {
		return result{}, err
	}
	defer to.Close()
	out := bufio.NewWriter(to)
	n := int64(0)
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 64<<10), 10<<20)
	for s.Scan() {
		if bytes.HasSuffix(s.Bytes(), failed) {
			n++
			out.Write(s.Bytes())
			out.WriteByte('\n')
		}
	}
	if err := s.Err(); err != nil {
		return result{}, err
	}
	return o.whole(n), out.Flush()
}

func readFiles(ctx context.Context, o *options) (r result, err error) {
	err = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		sizes, err := inflight.Map(ctx, smallFiles(o.dir, o.small), atOnce, func(ctx context.Context, path string) (int, error) {
			b, err := files.Read(ctx, path)
			return len(b), err
		})
		for _, n := range sizes {
			r.Units++
			r.Bytes += int64(n)
		}
		return err
	})
	return r, err
}

func readLoop(_ context.Context, o *options) (r result, err error) {
	for _, path := range smallFiles(o.dir, o.small) {
		b, err := os.ReadFile(path)
		if err != nil {
			return r, err
		}
		r.Units++
		r.Bytes += int64(len(b))
	}
	return r, nil
}

func transform(ctx context.Context, o *options, opts ...files.WriteOption) (r result, err error) {
	var read atomic.Int64
	upper := func(_ context.Context, in io.Reader, out io.Writer) error {
		b, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		read.Add(int64(len(b)))
		_, err = out.Write(bytes.ToUpper(b))
		return err
	}
	for _, err := range files.Transform(ctx, slices.Values(smallFiles(o.dir, o.small)), atOnce, made, upper, opts...) {
		if err != nil {
			return r, err
		}
		r.Units++
	}
	r.Bytes = read.Load()
	return r, nil
}

func makeLoop(_ context.Context, o *options) (r result, err error) {
	for _, path := range smallFiles(o.dir, o.small) {
		b, err := os.ReadFile(path)
		if err != nil {
			return r, err
		}
		if err := os.WriteFile(made(path), bytes.ToUpper(b), 0o666); err != nil {
			return r, err
		}
		r.Units++
		r.Bytes += int64(len(b))
	}
	return r, nil
}
