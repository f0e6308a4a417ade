//go:build unix

package main

import (
	"fmt"
	"syscall"

	"github.com/inflight-go/inflight/internal/fetch"
)

// ownFiles is how many files a run has open beside its connections, with some to spare.
const ownFiles = 32

// warnOfFiles says when more connections are wanted than files may be open: the rows for
// which there is none would fail. Go has raised the limit as far as it may be.
func warnOfFiles(o *fetch.Options, s *screen) {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil || uint64(o.Concurrency)+ownFiles <= uint64(limit.Cur) {
		return
	}
	s.line(fmt.Sprintf("-c %d may need more open files than the %d that are allowed: rows may fail; take -c %d, or raise ulimit -n",
		o.Concurrency, limit.Cur, max(1, int64(limit.Cur)-ownFiles)))
}
