// Package stack reads the runtime's dump of all goroutines.
package stack

import (
	"runtime"
	"strconv"
	"strings"
	"time"
)

// A Goroutine is what the dump says about one.
type Goroutine struct {
	ID      int
	State   string        // such as "chan receive", without "(durable)"
	Blocked time.Duration // whole minutes; 0 for less than one
	Frames  []Frame       // the innermost first
	Creator Frame
	Parent  int // the ID of the goroutine that has started it, which may be gone
	Text    string
}

// A Frame is one call.
type Frame struct {
	Func string
	File string
	Line int
}

// most bounds a dump: with a hundred thousand goroutines it is 25 MB.
const most = 64 << 20

// All returns the goroutines of the process, the calling one first. It stops the
// process for about 6 µs for each. What would be more than 64 MiB of text is left
// out.
func All() (all []Goroutine) {
	buf := make([]byte, 1<<16)
	n := runtime.Stack(buf, true)
	for n == len(buf) && len(buf) < most {
		buf = make([]byte, 4*len(buf))
		n = runtime.Stack(buf, true)
	}
	for text := range strings.SplitSeq(strings.TrimSpace(string(buf[:n])), "\n\n") {
		all = append(all, Parse(text))
	}
	return all
}

// Parse reads one entry of a dump:
//
//	goroutine 12 [chan receive (durable), 2 minutes, synctest bubble 3]:
//	example.com/m.f(0x1, ...)
//		/src/m/f.go:12 +0x1d
//	created by example.com/m.g in goroutine 7
//		/src/m/g.go:34 +0x5e
//
// It never fails: of what it can't read it leaves the fields empty.
func Parse(text string) Goroutine {
	g := Goroutine{Text: text}
	head, rest, _ := strings.Cut(text, "\n")
	number, about, _ := strings.Cut(strings.TrimPrefix(head, "goroutine "), " ")
	g.ID, _ = strconv.Atoi(number)
	_, about, _ = strings.Cut(about, "[")
	about, _, _ = strings.Cut(about, "]")
	for i, s := range strings.Split(about, ", ") {
		if i == 0 {
			g.State = strings.TrimSuffix(s, " (durable)")
		}
		if n, ok := strings.CutSuffix(s, " minutes"); ok {
			minutes, _ := strconv.Atoi(n)
			g.Blocked = time.Duration(minutes) * time.Minute
		}
	}
	lines := strings.Split(rest, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		f := parseFrame(lines[i], lines[i+1])
		if by, ok := strings.CutPrefix(f.Func, "created by "); ok {
			by, parent, _ := strings.Cut(by, " in goroutine ")
			f.Func = by
			g.Parent, _ = strconv.Atoi(parent)
			g.Creator = f
			continue
		}
		if paren := strings.LastIndexByte(f.Func, '('); paren > 0 {
			f.Func = f.Func[:paren]
		}
		g.Frames = append(g.Frames, f)
	}
	return g
}

func parseFrame(function, place string) Frame {
	place, _, _ = strings.Cut(strings.TrimSpace(place), " +")
	colon := max(strings.LastIndexByte(place, ':'), 0)
	f := Frame{Func: function, File: place[:colon]}
	f.Line, _ = strconv.Atoi(strings.TrimPrefix(place[colon:], ":"))
	return f
}

// Calls reports whether the goroutine is in the function.
func (g *Goroutine) Calls(function string) bool {
	for _, f := range g.Frames {
		if f.Func == function {
			return true
		}
	}
	return false
}

// In reports whether the goroutine is in a function whose name has the prefix.
func (g *Goroutine) In(prefix string) bool {
	for _, f := range g.Frames {
		if strings.HasPrefix(f.Func, prefix) {
			return true
		}
	}
	return false
}
