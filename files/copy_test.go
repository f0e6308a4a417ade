package files_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/files"
)

// A copy holds the same and has the same permissions, and its progress is told.
func TestCopy(t *testing.T) {
	ctx := t.Context()
	for _, n := range []int{0, 1, 4 << 20, 9 << 20} {
		from := file(t, "from", strings.Repeat("0123456789abcdef", n/16+1)[:n])
		os.Chmod(from, 0o640)
		dir := t.TempDir()
		to := filepath.Join(dir, "to")
		var told []int64
		err := files.Copy(ctx, from, to, func(done, total int64) {
			if total != int64(n) && n > 0 {
				t.Errorf("of %d bytes", total)
			}
			told = append(told, done)
		})
		if err != nil || content(t, from) != content(t, to) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if !slices.IsSorted(told) || told[0] != 0 || told[len(told)-1] != int64(n) || len(told) > 1+(n+4<<20-1)/(4<<20) {
			t.Errorf("%d bytes: %v", n, told)
		}
		if info, _ := os.Stat(to); info.Mode().Perm() != 0o640 {
			t.Errorf("its mode is %v", info.Mode())
		}
		alone(t, dir, "to")
	}
	if _, err := os.Stat("/proc/version"); err == nil {
		to := filepath.Join(t.TempDir(), "to")
		if err := files.Copy(ctx, "/proc/version", to, nil); err != nil || content(t, to) != content(t, "/proc/version") {
			t.Error(err)
		}
	}
}

// A copy that does not come to its end leaves nothing: when it is cancelled, and when its
// source grows, is cut or is not there.
func TestCopyFails(t *testing.T) {
	why := errors.New("enough")
	for name, c := range map[string]struct {
		meanwhile func(from string, cancel func(error))
		want      error
	}{
		"cancelled": {func(_ string, cancel func(error)) { cancel(why) }, why},
		"grown": {func(from string, _ func(error)) {
			f, _ := os.OpenFile(from, os.O_WRONLY|os.O_APPEND, 0)
			f.WriteString("more")
			f.Close()
		}, files.ErrChanged},
		"cut":     {func(from string, _ func(error)) { os.Truncate(from, 5<<20) }, files.ErrChanged},
		"missing": {nil, os.ErrNotExist},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		from := file(t, "from", strings.Repeat("x", 9<<20))
		if c.meanwhile == nil {
			os.Remove(from)
		}
		dir := t.TempDir()
		to := filepath.Join(dir, "to")
		os.WriteFile(to, []byte("old"), 0o666)
		err := files.Copy(ctx, from, to, func(done, _ int64) {
			if done > 0 && done < 8<<20 {
				c.meanwhile(from, cancel)
			}
		})
		cancel(nil)
		if !errors.Is(err, c.want) || content(t, to) != "old" {
			t.Errorf("%s: %v", name, err)
		}
		alone(t, dir, "to")
	}
}
