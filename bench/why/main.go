// Why runs small programs in which goroutines leak, nothing moves any more, or an
// error or an item is lost, each beside the same program on inflight:
//
//	go run ./why                    # which there are
//	go run ./why errgroup-panic     # both, and what comes of them
//	go run ./why all
//
// docs/why.md is about them. Each runs in a process of its own, because some end it
// and others never do. Nothing here waits for a deadline to say that a program hangs:
// Go's runtime notices that all goroutines are asleep, and ends it.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// A program is the same thing done in two ways.
type program struct {
	name   string // the library and what goes wrong, "errgroup-panic"
	theirs func()
	ours   func()
}

func programs() []program {
	return []program{
		{"go-first", goFirst, oursFirst},
		{"go-pipeline", goPipeline, oursPipeline},
		{"go-select", goSelect, oursSelect},
		{"errgroup-panic", errgroupPanic, oursPanic},
		{"errgroup-return", errgroupReturn, oursReturn},
		{"errgroup-errors", errgroupErrors, oursErrors},
		{"errgroup-rest", errgroupRest, oursRest},
		{"errgroup-nested", errgroupNested, oursNested},
		{"errgroup-goexit", errgroupGoexit, oursGoexit},
		{"conc-noise", concNoise, oursNoise},
		{"conc-order", concOrder, oursOrder},
		{"conc-goexit", concGoexit, oursGoexit},
		{"pond-nested", pondNested, oursNestedScopes},
		{"pond-panic", pondPanic, oursUnwatched},
		{"pond-subpool", pondSubpool, oursSublimit},
		{"pond-groups", pondGroups, oursScopes},
		{"pond-goexit", pondGoexit, oursGoexit},
		{"rill-return", rillReturn, oursMapReturns},
		{"rill-break", rillBreak, oursBreak},
		{"rill-unread", rillUnread, oursUnread},
	}
}

func main() {
	if runChild() {
		return
	}
	if len(os.Args) != 2 {
		for _, p := range programs() {
			fmt.Println(p.name)
		}
		return
	}
	found := false
	for _, p := range programs() {
		if os.Args[1] != p.name && os.Args[1] != "all" {
			continue
		}
		found = true
		if os.Args[1] == "all" {
			fmt.Printf("\n%s\n", p.name)
		}
		p.report(os.Stdout)
	}
	if !found {
		fmt.Fprintf(os.Stderr, "why: there is no program %q\n", os.Args[1])
		os.Exit(2)
	}
}

// child is the variable of the environment that says which half of which program a
// process is to be.
const child = "INFLIGHT_WHY"

// runChild runs what the environment asks for, if it does.
func runChild() bool {
	name, half, ok := strings.Cut(os.Getenv(child), " ")
	if !ok {
		return false
	}
	for _, p := range programs() {
		if p.name != name {
			continue
		}
		if half == "theirs" {
			p.theirs()
		} else {
			p.ours()
		}
	}
	return true
}

// report runs both halves, and writes what they said and how they ended.
func (p program) report(w io.Writer) {
	library, _, _ := strings.Cut(p.name, "-")
	for _, half := range []struct{ who, which string }{{library, "theirs"}, {"inflight", "ours"}} {
		for _, line := range p.run(half.which) {
			fmt.Fprintf(w, "%-8s | %s\n", half.who, line)
		}
	}
}

// run returns the lines that one half has written, and of those of the runtime the one
// that says why it has ended the program.
func (p program) run(half string) (lines []string) {
	self, err := os.Executable()
	if err != nil {
		return []string{err.Error()}
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), child+"="+p.name+" "+half, "GOTRACEBACK=single")
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	lines = append(lines, strings.Split(strings.TrimSpace(out.String()), "\n")...)
	for line := range strings.Lines(errs.String()) {
		if strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "panic: ") {
			line, _, _ = strings.Cut(strings.TrimSpace(line), " [")
			lines = append(lines, line)
		}
	}
	if err != nil {
		lines = append(lines, err.Error())
	}
	if lines[0] == "" {
		lines = lines[1:]
	}
	return lines
}

// left returns how many goroutines there are more than before, when those that are
// about to end have ended.
func left(before int) int {
	n := runtime.NumGoroutine() - before
	for range 300 {
		if n <= 0 {
			return 0
		}
		time.Sleep(time.Millisecond)
		n = runtime.NumGoroutine() - before
	}
	return n
}
