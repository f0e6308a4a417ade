package files_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/files"
)

var errRefused = errors.New("will not do it")

// obstinate copies, but for what begins with "no"; it looks at no error of reading.
func obstinate(_ context.Context, in io.Reader, out io.Writer) error {
	b, _ := io.ReadAll(in)
	out.Write(b)
	if strings.HasPrefix(string(b), "no") {
		return errRefused
	}
	return nil
}

// Each kind of failure costs its own file alone, and leaves the output as it was.
func TestTransform(t *testing.T) {
	dir, made := t.TempDir(), t.TempDir()
	text := strings.Repeat("line\n", 100_000)
	whole := gzipped(text)
	for name, text := range map[string]string{"plain": "one\n", "packed": whole, "cut": whole[:len(whole)-9], "refused": "no", "empty": ""} {
		os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666)
	}
	os.WriteFile(filepath.Join(made, "cut"), []byte("old"), 0o666)
	var paths []string
	for _, name := range []string{"plain", "gone", "packed", "cut", "refused", "empty"} {
		paths = append(paths, filepath.Join(dir, name))
	}
	to := func(path string) string { return filepath.Join(made, filepath.Base(path)) }
	got := maps.Collect(files.Transform(t.Context(), slices.Values(paths), 3, to, obstinate))
	for name, want := range map[string]error{"plain": nil, "gone": fs.ErrNotExist, "packed": nil, "cut": io.ErrUnexpectedEOF, "refused": errRefused, "empty": nil} {
		if err, ok := got[filepath.Join(dir, name)]; !ok || !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	alone(t, made, "cut", "empty", "packed", "plain")
	for name, want := range map[string]string{"plain": "one\n", "packed": text, "cut": "old", "empty": ""} {
		if got := content(t, filepath.Join(made, name)); got != want {
			t.Errorf("%s holds %d bytes", name, len(got))
		}
	}
}

// A file may be its own output; two inputs may not have one output.
func TestTransformOutputs(t *testing.T) {
	path := file(t, "f", "a\n")
	for _, err := range files.Transform(t.Context(), slices.Values([]string{path}), 1, func(path string) string { return path },
		func(_ context.Context, in io.Reader, out io.Writer) error {
			for line := range files.LinesOf(in) {
				io.WriteString(out, string(line)+string(line))
			}
			return nil
		}) {
		if err != nil {
			t.Error(err)
		}
	}
	if got := content(t, path); got != "aa" {
		t.Errorf("%q", got)
	}
	one, two := file(t, "f", "1"), file(t, "f", "2")
	out := filepath.Join(t.TempDir(), "out")
	failed := 0
	for path, err := range files.Transform(t.Context(), slices.Values([]string{one, two}), 1, func(string) string { return out }, obstinate) {
		if err != nil {
			failed++
			if path != two || !strings.Contains(err.Error(), out) {
				t.Error(path, err)
			}
		}
	}
	if failed != 1 || content(t, out) != "1" {
		t.Errorf("%d failed, %q", failed, content(t, out))
	}
}

// No more than the limit work at once; a loop that ends early leaves nobody running, and
// nothing half done.
func TestTransformLimit(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for i := range 40 {
		names = append(names, filepath.Join(dir, strconv.Itoa(i)))
		os.WriteFile(names[i], []byte("x"), 0o666)
	}
	var running, most atomic.Int32
	n := 0
	for range files.Transform(t.Context(), slices.Values(names), 4, func(path string) string { return path },
		func(ctx context.Context, in io.Reader, out io.Writer) error {
			now := running.Add(1)
			defer running.Add(-1)
			for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
			}
			return obstinate(ctx, in, out)
		}, files.NoSync()) {
		if n++; n == 20 {
			break
		}
	}
	if running.Load() != 0 || most.Load() > 4 {
		t.Errorf("%d running, %d at most", running.Load(), most.Load())
	}
	for _, name := range names {
		if got := content(t, name); got != "x" {
			t.Errorf("%q", got)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Error(left)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for path, err := range files.Transform(ctx, slices.Values(names), 4, func(path string) string { return path }, obstinate) {
		if path != "" || !errors.Is(err, inflight.ErrCut) || !errors.Is(err, context.Canceled) {
			t.Error(path, err)
		}
	}
}
