package debug

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strconv"
	"strings"

	"github.com/inflight-go/inflight/internal/goroutine"
	"github.com/inflight-go/inflight/internal/park"
	"github.com/inflight-go/inflight/internal/stack"
)

func init() { goroutine.SetLabeller(labels) }

// labels are the profile labels of a task at level 1 (id 0) and 2.
func labels(name string, pc uintptr, id uint64) goroutine.Labels {
	if name == "" {
		name, _, _ = park.Place(pc)
	}
	set := pprof.Labels("task", name)
	if id != 0 {
		set = pprof.Labels("task", name, "task_id", strconv.FormatUint(id, 10))
	}
	before := goroutine.Current()
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), set))
	made := goroutine.Current()
	goroutine.Set(before)
	return made
}

// Stack returns the stack of a task of this process, and says how sure that is: at
// level 2 it is the task's own; below, it is those of the goroutines that are in the
// task's function, the same ones together. It looks at all goroutines, which stops
// the process for about 6 µs for each. The text is empty if there is none.
func Stack(t *Task) (text string, own bool) {
	if text := labelled(t.ID); text != "" {
		return text, true
	}
	if t.Func == "" {
		return "", false
	}
	var stacks []string
	count := make(map[string]int)
	for _, g := range stack.All() {
		if !g.Calls(t.Func) {
			continue
		}
		s := show(&g)
		if count[s]++; count[s] == 1 {
			stacks = append(stacks, s)
		}
	}
	const most = 20
	var b strings.Builder
	for i, s := range stacks {
		if i == most {
			fmt.Fprintf(&b, "… and %d other stacks\n", len(stacks)-most)
			break
		}
		fmt.Fprintf(&b, "%s %s\n", plural(count[s], "goroutine"), s)
	}
	return b.String(), false
}

// show is a goroutine without its number and its addresses.
func show(g *stack.Goroutine) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s]\n", g.State)
	for _, f := range g.Frames {
		fmt.Fprintf(&b, "%s\n    %s:%d\n", f.Func, f.File, f.Line)
	}
	return b.String()
}

// labelled finds the goroutine that carries a task's number in its labels.
func labelled(id uint64) string {
	if park.Level.Load() < 2 {
		return ""
	}
	var profile bytes.Buffer
	if pprof.Lookup("goroutine").WriteTo(&profile, 1) != nil {
		return ""
	}
	label := fmt.Sprintf("%q:%q", "task_id", strconv.FormatUint(id, 10))
	for entry := range strings.SplitSeq(profile.String(), "\n\n") {
		_, rest, ok := strings.Cut(entry, "\n# labels: ")
		if !ok {
			continue
		}
		set, frames, _ := strings.Cut(rest, "\n")
		if strings.Contains(set, label) {
			return showProfile(frames)
		}
	}
	return ""
}

// showProfile writes the lines of a profile, "#\t0x4c9b\tmain.work+0x1d\t/src/main.go:12",
// as show does.
func showProfile(frames string) string {
	var b strings.Builder
	for line := range strings.Lines(frames) {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] != "#" {
			continue
		}
		function := f[2]
		if plus := strings.LastIndexByte(function, '+'); plus > 0 {
			function = function[:plus]
		}
		fmt.Fprintf(&b, "%s\n    %s\n", function, strings.Join(f[3:], " "))
	}
	return b.String()
}
