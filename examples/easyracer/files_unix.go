//go:build unix

package main

import "syscall"

// fileLimit returns how many files, and so connections, this process may have
// open. The runtime has raised that as far as it may before main began.
func fileLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return int(min(uint64(limit.Cur), 1<<20))
}
