package main

import (
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// How often progress is shown that nobody has said.
const (
	everyBar  = 200 * time.Millisecond
	everyLine = 10 * time.Second
)

// terminal is the file of a terminal, nil for what is none.
func terminal(out io.Writer) *os.File {
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return file
	}
	return nil
}

// progressMode is what --progress means where out is: auto is a bar on a terminal, and
// lines elsewhere.
func progressMode(mode string, out io.Writer) string {
	switch {
	case mode != "auto":
		return mode
	case terminal(out) != nil:
		return "bar"
	}
	return "lines"
}

// columns is the width of a terminal.
func columns(out io.Writer) int {
	if file := terminal(out); file != nil {
		if w, _, err := term.GetSize(int(file.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 80
}

// ticking calls show now and then, until stop is called, which waits for that.
func ticking(every time.Duration, show func()) (stop func()) {
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				show()
			}
		}
	})
	return func() { close(done); running.Wait() }
}

// showLine shows a line of progress until stop is called: in place, or one below the
// other, as --progress says; not at all for off.
func showLine(mode string, s *screen, line func() string) (stop func()) {
	every, show := everyLine, func() { s.line(line()) }
	switch progressMode(mode, s.out) {
	case "off":
		return func() {}
	case "bar":
		every, show = everyBar, func() {
			text := line()
			s.show(text[:min(len(text), columns(s.out)-1)])
		}
	}
	end := ticking(every, show)
	return func() { end(); s.end() }
}
