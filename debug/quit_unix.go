//go:build unix

package debug

import (
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// onQuit writes the tree on SIGQUIT, and has Go do then what it would have done.
func onQuit(w io.Writer) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGQUIT)
	over := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		select {
		case <-signals:
			_ = Dump(w)
			signal.Reset(syscall.SIGQUIT)
			_ = syscall.Kill(os.Getpid(), syscall.SIGQUIT)
		case <-over:
			signal.Stop(signals)
		}
	})
	return func() {
		close(over)
		waiting.Wait()
	}
}
