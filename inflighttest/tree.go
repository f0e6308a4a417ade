package inflighttest

import (
	"fmt"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/inflight-go/inflight"
)

// writeTree writes the tasks as an indented tree, with the names of those that
// others wait for.
func writeTree(w io.Writer, tasks []inflight.Info) {
	if len(tasks) == 0 {
		return
	}
	fmt.Fprintln(w, "tasks:")
	names := make(map[uint64]string)
	for _, i := range tasks {
		names[i.ID] = i.Name
	}
	depth := make(map[uint64]int)
	for _, i := range tasks {
		depth[i.ID] = depth[i.Parent] + 1
		line := i.String()
		if name, ok := names[i.On]; ok {
			on := fmt.Sprintf(" #%d", i.On)
			if i.On == i.ID { // it waits for what is in it
				name = ""
			} else {
				name = " of " + name
			}
			line = strings.Replace(line, on, name, 1)
		}
		fmt.Fprintf(w, "%s%s\n", strings.Repeat("    ", depth[i.ID]), line)
	}
}

// tasks returns the scope with the given ID, which calls fn in a function of this
// library's, and what is in it.
func tasks(root uint64, fn any) []inflight.Info {
	tasks := below(inflight.Tasks(), root)
	for i := range tasks {
		if tasks[i].ID == root {
			pc := reflect.ValueOf(fn).Pointer()
			tasks[i].File, tasks[i].Line = runtime.FuncForPC(pc).FileLine(pc)
		}
	}
	return tasks
}

// below returns the scope with the given ID and what is in it.
func below(tasks []inflight.Info, id uint64) []inflight.Info {
	in := map[uint64]bool{id: id != 0}
	return slices.DeleteFunc(tasks, func(i inflight.Info) bool {
		in[i.ID] = in[i.ID] || in[i.Parent]
		return !in[i.ID]
	})
}

// run returns the trees in which one of the goroutines runs a task. Nothing else
// tells which tasks of the process belong to a bubble.
func run(tasks []inflight.Info, gs []goroutine) (found []inflight.Info) {
	for len(tasks) > 0 {
		n := 1
		for n < len(tasks) && tasks[n].Parent != 0 {
			n++
		}
		if slices.ContainsFunc(tasks[:n], func(i inflight.Info) bool { return i.Func != "" && calls(gs, i.Func) }) {
			found = append(found, tasks[:n]...)
		}
		tasks = tasks[n:]
	}
	return found
}

// calls reports whether one of the goroutines is in the function.
func calls(gs []goroutine, function string) bool {
	return slices.ContainsFunc(gs, func(g goroutine) bool {
		return slices.ContainsFunc(g.frames, func(f frame) bool { return f.function == function })
	})
}
