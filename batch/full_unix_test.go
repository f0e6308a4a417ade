//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package batch_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/killtest"
	"golang.org/x/sys/unix"
)

var errNoRoom error = syscall.ENOSPC

// fullChild runs a job in a process that may not write files beyond a size;
// room comes while it waits, and then no more.
func fullChild() int {
	signal.Ignore(syscall.SIGXFSZ)
	var limit, max uint64
	fmt.Sscan(os.Getenv("BATCH_LIMIT"), &limit)
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &r); err != nil {
		fmt.Println(err)
		return 2
	}
	max = r.Max
	set := func(n uint64) { unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: max}) }
	set(limit)
	times := 0
	out, err := batch.Open(os.Getenv("BATCH_OUT"), batch.Job{}, batch.JournalOptions{
		Resume: true, FullWait: 300 * time.Millisecond,
		OnFull: func(error, time.Duration) {
			if times++; times == 2 && limit < 20_000 { // room comes while it waits
				set(limit + 10_000)
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return 2
	}
	in := batch.NewCursor(ints(1000), batch.CursorOptions[int64]{Skip: out.Done})
	defer in.Close()
	work := func(ctx context.Context, u batch.Unit[int64]) ([]byte, error) {
		return fmt.Appendf(nil, `{"text":"%s"}`, strings.Repeat("y", 50)), nil
	}
	s, err := batch.Run(context.Background(), in, work, out, batch.Options{Concurrency: 4})
	fmt.Printf("%d done, %d abandoned, complete: %v: %v\n", s.Done, s.Abandoned, s.Complete, err)
	if e := out.Close(); e != nil {
		fmt.Println(e)
		return 2
	}
	switch {
	case errors.Is(err, batch.ErrDiskFull):
		return 5
	case err != nil:
		return 2
	}
	return 0
}

// A disk that is full for a while, then for good, then not: nothing is lost or
// doubled, and what is in the file is whole at any time.
func TestFullDisk(t *testing.T) {
	path := outPath(t, "")
	run := func(limit int) (int, string) {
		cmd := killtest.Self(t, "BATCH_CHILD=full", "BATCH_OUT="+path, fmt.Sprintf("BATCH_LIMIT=%d", limit))
		said, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(said)
	}
	code, said := run(10_000)
	if code != 5 {
		t.Fatalf("exit code %d, want 5: %s", code, said)
	}
	first := linesOf(t, path)
	if n := len(mustRead(t, path)); n < 15_000 || n > 20_000 {
		t.Errorf("%d bytes: the room that came was not used, or too much was", n)
	}
	if code, said = run(1 << 20); code != 0 {
		t.Fatalf("exit code %d, want 0: %s", code, said)
	}
	if want := fmt.Sprintf("%d done, 0 abandoned, complete: true", 1000-len(first)); !strings.Contains(said, want) {
		t.Errorf("the second run said %q, want %q", said, want)
	}
	seen := make(map[int64]bool)
	for _, l := range linesOf(t, path) {
		index, _, why := batch.ParseLine([]byte(l))
		if why != "" || seen[index] {
			t.Errorf("line %q: %s, twice: %v", l, why, seen[index])
		}
		seen[index] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d units, want 1000", len(seen))
	}
}
