package files_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/files"
)

// folder is a folder with some files, which is gone after the example.
func folder(contents map[string]string) (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	for name, text := range contents {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			panic(err)
		}
	}
	return dir, func() { os.RemoveAll(dir) }
}

var accessLog = strings.Repeat("GET / 200\nGET /cart 500\nGET /tea 200\n", 1000)

// Three files are read at once, and no more than two of them in the same moment.
func ExampleRead() {
	dir, remove := folder(map[string]string{"a": "tea", "b": "coffee", "c": "milk"})
	defer remove()
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		all, err := inflight.Map(ctx, []string{"a", "b", "c"}, 3, func(ctx context.Context, name string) (string, error) {
			b, err := files.Read(ctx, filepath.Join(dir, name))
			return string(b), err
		})
		fmt.Println(all)
		return err
	}, inflight.OffloadLimit(2))
	fmt.Println(err)
	// Output:
	// [tea coffee milk]
	// <nil>
}

// Whoever reads the file finds one price or the other, whole.
func ExampleWrite() {
	dir, remove := folder(map[string]string{"price": "120"})
	defer remove()
	ctx := context.Background()
	err := files.Write(ctx, filepath.Join(dir, "price"), []byte("130"))
	price, _ := files.Read(ctx, filepath.Join(dir, "price"))
	fmt.Println(string(price), err)
	// Output: 130 <nil>
}

// What fails half way leaves the file as it was.
func ExampleReplace() {
	dir, remove := folder(map[string]string{"report": "the old one"})
	defer remove()
	ctx := context.Background()
	path := filepath.Join(dir, "report")
	err := files.Replace(ctx, path, func(w io.Writer) error {
		fmt.Fprintln(w, "the first half of the new one")
		return errors.New("no more data")
	})
	report, _ := files.Read(ctx, path)
	fmt.Printf("%v; it is still %q\n", err, report)
	// Output: no more data; it is still "the old one"
}

func ExampleNoSync() {
	dir, remove := folder(nil)
	defer remove()
	ctx := context.Background()
	path := filepath.Join(dir, "cache")
	err := files.Write(ctx, path, []byte("what can be fetched again"), files.NoSync())
	fmt.Println(err)
	// Output: <nil>
}

// A value of its own can be chosen for a whole program.
func ExampleWriteOption() {
	dir, remove := folder(nil)
	defer remove()
	how := []files.WriteOption{files.NoSync()}
	fmt.Println(files.Write(context.Background(), filepath.Join(dir, "f"), nil, how...))
	// Output: <nil>
}

func ExampleCopy() {
	dir, remove := folder(map[string]string{"from": strings.Repeat("x", 10<<20)})
	defer remove()
	err := files.Copy(context.Background(), filepath.Join(dir, "from"), filepath.Join(dir, "to"), func(done, total int64) {
		fmt.Printf("%d%%\n", 100*done/total)
	})
	fmt.Println(err)
	// Output:
	// 0%
	// 40%
	// 80%
	// 100%
	// <nil>
}

// What is compressed is unpacked.
func ExampleOpen() {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, "[1, 2, 3]")
	z.Close()
	dir, remove := folder(map[string]string{"numbers.json.gz": b.String()})
	defer remove()
	f, err := files.Open(context.Background(), filepath.Join(dir, "numbers.json.gz"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	fmt.Printf("%s %v\n", text, err)
	// Output: [1, 2, 3] <nil>
}

func ExampleLines() {
	dir, remove := folder(map[string]string{"access.log": accessLog})
	defer remove()
	failed := 0
	for line, err := range files.Lines(context.Background(), filepath.Join(dir, "access.log")) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if bytes.HasSuffix(line, []byte(" 500")) {
			failed++
		}
	}
	fmt.Println(failed)
	// Output: 1000
}

func ExampleLinesOf() {
	for line, err := range files.LinesOf(strings.NewReader("tea\r\nmilk")) {
		fmt.Printf("%s %v\n", line, err)
	}
	// Output:
	// tea <nil>
	// milk <nil>
}

// A line that is too long is left out, and the rest read.
func ExampleMaxLine() {
	for line, err := range files.LinesOf(strings.NewReader("tea\nsugar, and much more\nmilk"), files.MaxLine(10)) {
		if errors.Is(err, files.ErrLineTooLong) {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s\n", line)
	}
	// Output:
	// tea
	// line 2, at byte 4: the line is longer than 10 bytes (MaxLine): it begins with "sugar, and much more"
	// milk
}

// Lines that end in a line feed may hold anything else.
func ExampleBinary() {
	for line, err := range files.LinesOf(strings.NewReader("a\x00b\nc"), files.Binary()) {
		fmt.Printf("%q %v\n", line, err)
	}
	// Output:
	// "a\x00b" <nil>
	// "c" <nil>
}

func ExampleLineOption() {
	how := []files.LineOption{files.MaxLine(1 << 20), files.Binary()}
	for line := range files.LinesOf(strings.NewReader("tea"), how...) {
		fmt.Printf("%s\n", line)
	}
	// Output: tea
}

func ExampleLineError() {
	for _, err := range files.LinesOf(strings.NewReader("\x7fELF\x02\x01\x01\x00")) {
		if e, ok := errors.AsType[*files.LineError](err); ok {
			fmt.Println(e.Line, e.Why)
		}
	}
	// Output: 1 there is a zero byte at byte 7, so it is no text (Binary takes it all the same)
}

func ExampleLineError_Error() {
	for _, err := range files.LinesOf(strings.NewReader("\xff\xfeh\x00i\x00")) {
		fmt.Println(err)
	}
	// Output: line 1, at byte 0: it is UTF-16; convert it to UTF-8: it begins with "\xff\xfeh\x00i\x00"
}

func ExampleLineError_Unwrap() {
	for _, err := range files.LinesOf(strings.NewReader("a\x00b")) {
		fmt.Println(errors.Is(err, files.ErrBinary))
	}
	// Output: true
}

// The lines of a log are counted by status, on all processors.
func ExampleRanges() {
	dir, remove := folder(map[string]string{"access.log": accessLog})
	defer remove()
	count := func(ctx context.Context, lines iter.Seq2[[]byte, error]) (map[string]int, error) {
		n := make(map[string]int)
		for line, err := range lines {
			if err != nil {
				return nil, err
			}
			n[string(line[len(line)-3:])]++
		}
		return n, nil
	}
	total := make(map[string]int)
	for part, err := range files.Ranges(context.Background(), filepath.Join(dir, "access.log"), runtime.GOMAXPROCS(0), count) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for status, n := range part {
			total[status] += n
		}
	}
	fmt.Println(total)
	// Output: map[200:2000 500:1000]
}

// The lines with an error are written to another file, in their order. However large the
// log is, a few MiB of it are in memory.
func ExampleRanges_filter() {
	dir, remove := folder(map[string]string{"access.log": accessLog})
	defer remove()
	ctx := context.Background()
	failed := func(ctx context.Context, lines iter.Seq2[[]byte, error]) (kept []byte, err error) {
		for line, err := range lines {
			if err != nil {
				return nil, err
			}
			if bytes.HasSuffix(line, []byte(" 500")) {
				kept = append(append(kept, line...), '\n')
			}
		}
		return kept, nil
	}
	err := files.Replace(ctx, filepath.Join(dir, "failed.log"), func(w io.Writer) error {
		for part, err := range files.Ranges(ctx, filepath.Join(dir, "access.log"), 4, failed) {
			if err != nil {
				return err
			}
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		return nil
	})
	fmt.Println(err)
	for line := range files.Lines(ctx, filepath.Join(dir, "failed.log")) {
		fmt.Printf("%s\n", line)
		break
	}
	// Output:
	// <nil>
	// GET /cart 500
}

// Two of three files are made; the third is not there.
func ExampleTransform() {
	dir, remove := folder(map[string]string{"a.txt": "tea\n", "b.txt": "milk\n"})
	defer remove()
	upper := func(ctx context.Context, in io.Reader, out io.Writer) error {
		w := bufio.NewWriter(out)
		for line, err := range files.LinesOf(in) {
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s\n", bytes.ToUpper(line))
		}
		return w.Flush()
	}
	to := func(path string) string { return strings.TrimSuffix(path, ".txt") + ".out" }
	paths := []string{filepath.Join(dir, "a.txt"), filepath.Join(dir, "missing.txt"), filepath.Join(dir, "b.txt")}
	failed := maps.Collect(files.Transform(context.Background(), slices.Values(paths), 2, to, upper))
	for _, path := range paths {
		made, _ := os.ReadFile(to(path))
		fmt.Printf("%s: %q, failed: %v\n", filepath.Base(path), made, failed[path] != nil)
	}
	// Output:
	// a.txt: "TEA\n", failed: false
	// missing.txt: "", failed: true
	// b.txt: "MILK\n", failed: false
}
