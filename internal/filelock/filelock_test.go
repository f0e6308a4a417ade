package filelock_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/inflight-go/inflight/internal/filelock"
)

// One handle has the lock, until it is closed.
func TestTry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	first, second := open(), open()
	if ok, err := filelock.Try(first); !ok || err != nil {
		t.Fatal(ok, err)
	}
	switch runtime.GOOS {
	case "linux", "darwin", "windows":
	default:
		t.Skip("no locks here")
	}
	if ok, err := filelock.Try(second); ok || err != nil {
		t.Errorf("locked twice: %v, %v", ok, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if ok, err := filelock.Try(second); !ok || err != nil {
		t.Errorf("after it was closed: %v, %v", ok, err)
	}
}
