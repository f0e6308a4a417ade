package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/files"
)

func content(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// alone checks that a folder has these files and no other.
func alone(t testing.TB, dir string, names ...string) {
	t.Helper()
	var got []string
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if err != nil || strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("there are %q, want %q; %v", got, names, err)
	}
}

// What is written is read again, whatever its size, and the file keeps its permissions.
func TestWriteRead(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, n := range []int{0, 1, files.Chunk, files.Chunk + 1, 3*files.Chunk + 5} {
		data := bytes.Repeat([]byte("x"), n)
		if err := files.Write(ctx, path, data); err != nil {
			t.Fatal(err)
		}
		got, err := files.Read(ctx, path)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes of %d, %v", len(got), n, err)
		}
		if info, _ := os.Stat(path); n > 0 && info.Mode().Perm() != 0o646 {
			t.Errorf("its mode is %v", info.Mode())
		}
		os.Chmod(path, 0o646) // more than a umask leaves
	}
	alone(t, dir, "f")
}

// A link is followed and stays.
func TestWriteLink(t *testing.T) {
	dir := t.TempDir()
	link, path := filepath.Join(dir, "link"), filepath.Join(dir, "f")
	if err := os.Symlink("f", link); err != nil {
		t.Skip(err)
	}
	for _, text := range []string{"one", "two"} {
		if err := files.Write(t.Context(), link, []byte(text), files.NoSync()); err != nil || content(t, path) != text {
			t.Error(err)
		}
	}
	alone(t, dir, "f", "link")
	if _, err := os.Readlink(link); err != nil {
		t.Error(err)
	}
}

// Whatever ends a Replace early leaves the file as it was, and nothing else.
func TestReplaceFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	os.WriteFile(path, []byte("old"), 0o666)
	why := errors.New("no")
	big := bytes.Repeat([]byte("x"), 2*files.Chunk+1)
	ended, end := context.WithCancelCause(t.Context())
	end(why)
	for name, c := range map[string]struct {
		ctx   context.Context
		write func(cancel func(error), w io.Writer) error
	}{
		"error":        {nil, func(_ func(error), w io.Writer) error { w.Write(big); return why }},
		"panic":        {nil, func(_ func(error), w io.Writer) error { w.Write(big); panic(why) }},
		"cancelled":    {nil, func(cancel func(error), w io.Writer) error { w.Write(big); cancel(why); return nil }},
		"in between":   {nil, func(cancel func(error), w io.Writer) error { cancel(why); w.Write(big); return nil }},
		"begun late":   {ended, func(_ func(error), w io.Writer) error { t.Error("was called"); return nil }},
		"nothing done": {nil, func(cancel func(error), w io.Writer) error { cancel(why); return nil }},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		if c.ctx != nil {
			ctx = c.ctx
		}
		func() {
			defer func() {
				if v := recover(); v != nil && (name != "panic" || v != why) {
					t.Error(name, v)
				}
			}()
			if err := files.Replace(ctx, path, func(w io.Writer) error { return c.write(cancel, w) }); !errors.Is(err, why) {
				t.Errorf("%s: %v", name, err)
			}
		}()
		cancel(nil)
		if got := content(t, path); got != "old" {
			t.Errorf("%s: it holds %d bytes", name, len(got))
		}
		alone(t, dir, "f")
	}
	if err := files.Write(ended, path, nil); err != why || content(t, path) != "old" {
		t.Error(err)
	}
	if _, err := files.Read(ended, path); err != why {
		t.Error(err)
	}
}

// runtime.Goexit leaves nothing behind either.
func TestReplaceGoexit(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	wg.Go(func() {
		files.Replace(t.Context(), filepath.Join(dir, "f"), func(io.Writer) error { runtime.Goexit(); return nil })
	})
	wg.Wait()
	alone(t, dir)
}

// What can't be written says so, with the name that was given.
func TestWriteNowhere(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "missing", "f")} {
		for _, data := range [][]byte{nil, make([]byte, 2*files.Chunk)} {
			if err := files.Write(t.Context(), path, data); err == nil || !strings.Contains(err.Error(), path) {
				t.Error(err)
			}
		}
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		for _, n := range []int{10, 2 * files.Chunk} {
			if err := files.Write(t.Context(), "/dev/full", make([]byte, n)); err == nil || !strings.Contains(err.Error(), "/dev/full") {
				t.Error(err)
			}
		}
	}
	alone(t, dir)
}

// A writer that outlives its Replace writes nothing.
func TestReplaceWriterAfterwards(t *testing.T) {
	var kept io.Writer
	path := filepath.Join(t.TempDir(), "f")
	if err := files.Replace(t.Context(), path, func(w io.Writer) error { kept = w; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Write([]byte("x")); !errors.Is(err, os.ErrClosed) || content(t, path) != "" {
		t.Error(err)
	}
}

// Those who read while many write find the content of one of them, whole.
func TestWriteByMany(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	texts := []string{strings.Repeat("a", 5000), strings.Repeat("b", 300_000), strings.Repeat("c", 1)}
	files.Write(ctx, path, []byte(texts[0]))
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for _, text := range texts {
			g.Go(func(ctx context.Context) error {
				for range 20 {
					if err := files.Write(ctx, path, []byte(text), files.NoSync()); err != nil {
						return err
					}
				}
				return nil
			})
		}
		for range 50 {
			got, err := files.Read(ctx, path)
			if err != nil || len(got) == 0 || string(got) != strings.Repeat(string(got[:1]), len(got)) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if n := len(got); n != 5000 && n != 300_000 && n != 1 {
				t.Errorf("%d bytes", n)
			}
		}
		return nil
	}, inflight.OffloadLimit(3))
	if err != nil {
		t.Error(err)
	}
	alone(t, dir, "f")
}

// Who waits for a place is let go, and nothing was done.
func TestOperationsWaitForAPlace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	synctest.Test(t, func(t *testing.T) {
		err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			release := make(chan struct{})
			g.Go(func(ctx context.Context) error {
				_, err := inflight.Offload(ctx, func() (int, error) { <-release; return 0, nil })
				return err
			})
			synctest.Wait()
			why := errors.New("enough")
			short, cancel := context.WithCancelCause(ctx)
			defer cancel(nil)
			given := inflight.Go(g, func(context.Context) (int, error) { return 0, files.Write(short, path, []byte("x")) })
			patient := inflight.Go(g, func(ctx context.Context) (int, error) { return 0, files.Write(ctx, path+"2", []byte("y")) })
			synctest.Wait()
			cancel(why)
			if _, err := given.Await(ctx); err != why {
				t.Error(err)
			}
			alone(t, dir)
			close(release)
			if _, err := patient.Await(ctx); err != nil {
				t.Error(err)
			}
			return nil
		}, inflight.OffloadLimit(1), inflight.Supervise())
		if err == nil {
			t.Error("the wait that was given up is no failure")
		}
	})
	alone(t, dir, "f2")
}

// Either the step that can't be undone has begun, then its result counts; or ctx has
// ended, then it is not taken, and who waits is let go when it is undone, or after a second.
func TestDecide(t *testing.T) {
	for name, c := range map[string]struct {
		begins bool          // before ctx ends
		takes  time.Duration // after that
		waits  time.Duration
		want   error
	}{
		"begun":     {true, time.Hour, time.Hour, nil},
		"undone":    {false, time.Millisecond, time.Millisecond, context.Canceled},
		"abandoned": {false, time.Hour, time.Second, inflight.ErrAbandoned},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			began := time.Now()
			time.AfterFunc(time.Minute, cancel)
			v, err := files.Decide(ctx, func(begin func() bool) (int, error) {
				told := c.begins && begin()
				time.Sleep(time.Minute + c.takes)
				if !c.begins {
					told = begin()
				}
				if told != c.begins {
					t.Errorf("%s: it was told %v", name, told)
				}
				return 7, nil
			})
			if waited := time.Since(began) - time.Minute; waited != c.waits || !errors.Is(err, c.want) {
				t.Errorf("%s: %v after %v", name, err, waited)
			}
			if c.begins != (v == 7) || name == "undone" && err != c.want {
				t.Errorf("%s: %d, %v", name, v, err)
			}
			time.Sleep(2 * time.Hour)
		})
	}
}
