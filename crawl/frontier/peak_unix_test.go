//go:build unix

package frontier_test

import (
	"fmt"
	"syscall"
)

// peak is the most memory that the process has had.
func peak() string {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("at most %d MiB resident", u.Maxrss>>10)
}
