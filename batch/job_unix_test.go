//go:build unix

package batch_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/inflight-go/inflight/batch"
)

// A pipe is known by its name; it is not opened, which would wait for its writer.
func TestFingerprintOfAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if in, err := batch.Fingerprint(path); err != nil || in != (batch.Input{Name: path}) {
		t.Errorf("%+v %v", in, err)
	}
}
