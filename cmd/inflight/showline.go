package main

import (
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// showLine shows a line of progress until stop is called: in place, or one below the
// other, as --progress says; not at all for off.
func showLine(mode string, out io.Writer, line func() string) (stop func()) {
	file, _ := out.(*os.File)
	if mode == "auto" {
		mode = "lines"
		if file != nil && term.IsTerminal(int(file.Fd())) {
			mode = "bar"
		}
	}
	every := map[string]time.Duration{"bar": 200 * time.Millisecond, "lines": 10 * time.Second}[mode]
	if every == 0 {
		return func() {}
	}
	s := &screen{out: out}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			if text := line(); mode == "bar" {
				s.show(text[:min(len(text), columns(file)-1)])
			} else {
				s.line(text)
			}
		}
	}()
	return func() { close(done); <-ended; s.end() }
}
