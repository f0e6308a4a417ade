//go:build unix

package files_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight/files"
)

func fifo(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	return path
}

// Who reads a pipe to which nobody writes is let go.
func TestEmptyPipeIsLeft(t *testing.T) {
	path := fifo(t)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	go func() {
		time.Sleep(5 * time.Millisecond) // whichever comes first, the result is the same
		cancel(why)
	}()
	for _, err := range files.Lines(ctx, path) {
		if err != why {
			t.Error(err)
		}
	}
	go func() { // lets the open return
		if w, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			w.Close()
		}
	}()
}

// And so is who waits for the rest of what somebody writes.
func TestPipeIsLeft(t *testing.T) {
	path := fifo(t)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	w, err := os.OpenFile(path, os.O_RDWR, 0) // which does not wait
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.WriteString("one\ntwo\n")
	n := 0
	for line, err := range files.Lines(ctx, path) {
		switch n++; {
		case n == 1 && string(line) == "one":
		case n == 2 && string(line) == "two":
			cancel(why)
		case n != 3 || err != why:
			t.Errorf("%d: %q, %v", n, line, err)
		}
	}
}

// A pipe is as good a source as a file, also for one that unpacks.
func TestPipeIsRead(t *testing.T) {
	for _, text := range []string{"one\ntwo\n", gzipped("one\ntwo\n")} {
		path := fifo(t)
		go os.WriteFile(path, []byte(text), 0)
		got, err := ranged(t.Context(), path, 2)
		if err != nil || len(got) != 2 {
			t.Errorf("%q, %v", got, err)
		}
		go os.WriteFile(path, []byte(text), 0)
		if b, err := files.Read(t.Context(), path); err != nil || string(b) != text {
			t.Errorf("%q, %v", b, err)
		}
	}
}

// A write for which nobody makes room ends with ctx.
func TestWriteIsLeft(t *testing.T) {
	path := fifo(t)
	r, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	err = files.Replace(ctx, path, func(w io.Writer) error {
		go func() {
			time.Sleep(5 * time.Millisecond)
			cancel(why)
			io.Copy(io.Discard, r) // so that the write returns within the second that it has
		}()
		_, err := w.Write(make([]byte, 3*files.Chunk)) // more than a pipe holds
		return err
	})
	r.Close()
	if err != why {
		t.Error(err)
	}
}
