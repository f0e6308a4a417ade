package files

import (
	"errors"

	"golang.org/x/sys/unix"
)

// readCached reads what the system has in its memory, in the goroutine of the caller:
// that does not block, and the way over the pool would take a good part of the time. It
// returns 0 if there is nothing, or the system can't tell.
func (in *input) readCached(p []byte, off int64) (n int) {
	if in.uncached.Load() {
		return 0
	}
	conn, err := in.file.SyscallConn()
	if err != nil {
		return 0
	}
	var failed error
	err = conn.Read(func(fd uintptr) (done bool) {
		n, failed = unix.Preadv2(int(fd), [][]byte{p}, off, unix.RWF_NOWAIT)
		return true
	})
	if err != nil || failed != nil {
		if !errors.Is(failed, unix.EAGAIN) && !errors.Is(failed, unix.EINTR) {
			in.uncached.Store(true)
		}
		return 0
	}
	return n
}
