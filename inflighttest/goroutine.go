package inflighttest

import (
	"fmt"
	"io"
	"path"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing/synctest"
)

// A goroutine is what a dump of all stacks says about one.
type goroutine struct {
	id      uint64
	status  string // such as "chan receive"
	durable bool   // it is blocked, as far as its bubble is concerned
	bubble  int    // 0 for none
	frames  []frame
	creator frame
	text    string
}

// A frame is one call on a stack.
type frame struct {
	function string
	file     string
	line     string
}

// goroutines returns the goroutines of the bubble but those that synctest runs
// the test with, unless they are in code of the test.
func (b *bubble) goroutines() []goroutine { return inBubble(dump(), int(b.number.Load())) }

// inBubble returns those of the bubble with the given number.
func inBubble(gs []goroutine, number int) []goroutine {
	return slices.DeleteFunc(gs, func(g goroutine) bool {
		return g.bubble != number || len(g.frames) > 0 && g.frames[0].function == "internal/synctest.Run" ||
			g.at() == frame{} && strings.Contains(g.creator.function, "synctest")
	})
}

// dump returns all goroutines of the process but the calling one.
func dump() (gs []goroutine) {
	buf := make([]byte, 1<<16)
	n := runtime.Stack(buf, true)
	for n == len(buf) {
		buf = make([]byte, 4*len(buf))
		n = runtime.Stack(buf, true)
	}
	entries := strings.Split(strings.TrimSpace(string(buf[:n])), "\n\n")
	for _, text := range entries[1:] {
		gs = append(gs, parse(text))
	}
	return gs
}

// ownBubble returns the number of the bubble that the caller is in, 0 for none.
func ownBubble() int {
	var buf [256]byte
	return parse(string(buf[:runtime.Stack(buf[:], false)])).bubble
}

// parse reads one entry of a dump:
//
//	goroutine 12 [chan receive (durable), 2 minutes, synctest bubble 3]:
//	example.com/m.f(0x1, ...)
//		/src/m/f.go:12 +0x1d
//	created by example.com/m.g in goroutine 7
//		/src/m/g.go:34 +0x5e
func parse(text string) (g goroutine) {
	g.text = text
	head, rest, _ := strings.Cut(text, "\n")
	name, about, _ := strings.Cut(head, "[")
	g.id, _ = strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(name, "goroutine "), " "), 10, 64)
	about, _, _ = strings.Cut(about, "]")
	for i, s := range strings.Split(about, ", ") {
		if i == 0 {
			g.status, g.durable = strings.CutSuffix(s, " (durable)")
		}
		if n, ok := strings.CutPrefix(s, "synctest bubble "); ok {
			g.bubble, _ = strconv.Atoi(n)
		}
	}
	lines := strings.Split(rest, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " ")
		colon := max(strings.LastIndexByte(place, ':'), 0)
		f := frame{lines[i], place[:colon], strings.TrimPrefix(place[colon:], ":")}
		if by, ok := strings.CutPrefix(f.function, "created by "); ok {
			f.function, _, _ = strings.Cut(by, " in goroutine ")
			g.creator = f
			continue
		}
		if paren := strings.LastIndexByte(f.function, '('); paren > 0 {
			f.function = f.function[:paren]
		}
		g.frames = append(g.frames, f)
	}
	return g
}

// at returns the innermost frame that belongs neither to Go nor to this library,
// the zero frame if there is none.
func (g goroutine) at() frame {
	for _, f := range g.frames {
		if !f.standard() && !f.ours() {
			return f
		}
	}
	return frame{}
}

// timed reports whether the goroutine may wait for a timer: it sleeps, or waits for
// a channel by itself, which may be a ticker's.
func (g goroutine) timed() bool {
	i := slices.IndexFunc(g.frames, func(f frame) bool { return !f.standard() })
	switch {
	case g.status == "sleep" || calls([]goroutine{g}, module+".Sleep"):
		return true
	case i >= 0 && g.frames[i].ours():
		return false
	}
	return g.status == "select" || g.status == "chan receive"
}

// String returns the function without the path of its package, and the place.
func (f frame) String() string {
	return fmt.Sprintf("%s at %s:%s", path.Base(f.function), path.Base(f.file), f.line)
}

// pkg returns the path of the package that the function is in.
func (f frame) pkg() string {
	slash := strings.LastIndexByte(f.function, '/') + 1
	name, _, _ := strings.Cut(f.function[slash:], ".")
	return f.function[:slash] + name
}

// standard reports whether the function belongs to the standard library.
func (f frame) standard() bool {
	if src := goSource(); src != "" {
		return strings.HasPrefix(f.file, src)
	}
	first, _, _ := strings.Cut(f.pkg(), "/")
	return !strings.Contains(first, ".") && first != "main"
}

// goSource returns the folder of the standard library's sources, "" if the
// binary was built with -trimpath.
func goSource() string {
	pc := reflect.ValueOf(synctest.Wait).Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	src, _ := strings.CutSuffix(file, "testing/synctest/synctest.go")
	return src
}

const module = "github.com/inflight-go/inflight"

// ours reports whether the function belongs to the machinery of this library.
func (f frame) ours() bool {
	rel, ok := strings.CutPrefix(f.pkg(), module)
	return ok && (slices.Contains([]string{"", "/locks", "/queue", "/limit", "/inflighttest"}, rel) ||
		strings.HasPrefix(rel, "/internal/") && !strings.HasSuffix(f.file, "_test.go"))
}

// writePlaces writes a line for each goroutine, the same ones together.
func writePlaces(w io.Writer, gs []goroutine) {
	if len(gs) == 0 {
		return
	}
	var lines []string
	count := make(map[string]int)
	for _, g := range gs {
		line := g.place()
		if count[line] == 0 {
			lines = append(lines, line)
		}
		count[line]++
	}
	fmt.Fprintln(w, "goroutines:")
	for _, line := range lines {
		if n := count[line]; n > 1 {
			line = fmt.Sprintf("%d × %s", n, line)
		}
		fmt.Fprintf(w, "    %s\n", line)
	}
}

// place says where the goroutine is and where it comes from.
func (g goroutine) place() string {
	at := g.at()
	if at == (frame{}) && len(g.frames) > 0 {
		at = g.frames[0]
	}
	s := fmt.Sprintf("[%s] %v", g.status, at)
	if by := g.creator; by != (frame{}) && !by.standard() && !by.ours() {
		s += fmt.Sprintf(", started by %v", by)
	}
	return s
}
