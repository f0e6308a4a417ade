package files_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/inflight-go/inflight/files"
	"github.com/inflight-go/inflight/internal/killtest"
)

// The test binary is also the process that is killed.
func TestMain(m *testing.M) {
	path := os.Getenv("FILES_REPLACED")
	if path == "" {
		os.Exit(m.Run())
	}
	fmt.Println("ready")
	if err := replaceOften(path); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// replaceOften looks at what the process before has left, and then replaces it again and
// again.
func replaceOften(path string) error {
	ctx := context.Background()
	for range 100 {
		b, err := files.Read(ctx, path)
		if err != nil {
			return err
		}
		if len(b) == 0 || len(bytes.Trim(b, string(b[:1]))) > 0 || len(b)%int(b[0]) != 0 {
			return fmt.Errorf("there are %d bytes that nobody has written", len(b))
		}
		next := bytes.Repeat([]byte{byte('a' + rand.IntN(26))}, 1000)
		next = bytes.Repeat(next[:next[0]], 1+rand.IntN(5000))
		if len(next)%2 == 0 {
			err = files.Write(ctx, path, next, files.NoSync())
		} else {
			err = files.Replace(ctx, path, func(w io.Writer) error { _, err := w.Write(next); return err })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Whenever a process is killed that replaces a file, it is whole.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte{1}, 0o666); err != nil {
		t.Fatal(err)
	}
	n := killtest.UntilDone(t, rand.New(rand.NewPCG(5, 6)), killtest.Kills("FILES_KILLS", 5), 50*time.Millisecond, "FILES_REPLACED="+path)
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > n {
		t.Errorf("%d processes have left %d files", n, len(left))
	}
}
