package debug

import (
	"fmt"
	"slices"
	"strings"
)

// A graph is who needs whom: a task has an edge to each task without whose progress
// it can't go on. What one of several can give has no edge, so that a cycle is a
// deadlock, unless a deadline ends one of its waits.
type graph struct {
	s     *Snapshot
	at    map[uint64]int // of a task, by its ID
	needs [][]int
	kids  [][]int
}

func (s *Snapshot) graph() *graph {
	n := len(s.Tasks)
	g := &graph{s: s, at: make(map[uint64]int, n), needs: make([][]int, n), kids: make([][]int, n)}
	for i := range s.Tasks {
		g.at[s.Tasks[i].ID] = i
	}
	for i := range s.Tasks {
		if p, ok := g.at[s.Tasks[i].Parent]; ok && p != i {
			g.kids[p] = append(g.kids[p], i)
		}
	}
	for i := range s.Tasks {
		g.needs[i] = g.edges(i)
	}
	return g
}

func (g *graph) edges(i int) (to []int) {
	t := &g.s.Tasks[i]
	need := func(id uint64) {
		if k, ok := g.at[id]; ok && id != 0 {
			to = append(to, k)
		}
	}
	switch t.Waiting {
	case "":
		if k := g.within(i); k >= 0 {
			return []int{k}
		}
	case "group.join":
		return g.kids[i]
	case "task.await":
		need(t.On)
	case "mutex.lock":
		need(t.Holder)
	case "wait", "completed":
		for _, id := range t.Targets {
			need(id)
		}
		if len(to) > 1 && !t.All {
			return nil
		}
	}
	return to
}

// within returns the scope that the goroutine of a task is in, -1 if there is none,
// or if there are several, as leaked goroutines may have opened others.
func (g *graph) within(i int) int {
	scope := -1
	for _, k := range g.kids[i] {
		switch g.s.Tasks[k].Kind {
		case "task", "offload":
			continue
		}
		if scope >= 0 {
			return -1
		}
		scope = k
	}
	return scope
}

// busyBelow reports whether it is not the task itself that does not return, but what
// runs in it.
func (g *graph) busyBelow(i int) bool {
	return g.s.Tasks[i].Waiting == "group.join" || g.s.Tasks[i].Waiting == "" && g.within(i) >= 0
}

// deadlocks finds a cycle in each group of tasks that need each other.
func (g *graph) deadlocks() (found []Finding) {
	for _, group := range g.components() {
		if len(found) == mostFindings {
			break
		}
		if c := g.cycle(group); c != nil {
			found = append(found, g.describe(c))
		}
	}
	return found
}

// components returns the strongly connected components (Tarjan's algorithm, without
// recursion, because a tree may be deep).
func (g *graph) components() (all [][]int) {
	n := len(g.needs)
	number, low := make([]int, n), make([]int, n)
	onStack := make([]bool, n)
	type visit struct{ node, edge int }
	var stack []int
	var path []visit
	next := 1
	open := func(v int) {
		number[v], low[v] = next, next
		next++
		stack, onStack[v] = append(stack, v), true
		path = append(path, visit{v, 0})
	}
	for start := range n {
		if number[start] != 0 || len(g.needs[start]) == 0 {
			continue
		}
		for open(start); len(path) > 0; {
			top := &path[len(path)-1]
			v := top.node
			if top.edge < len(g.needs[v]) {
				w := g.needs[v][top.edge]
				top.edge++
				if number[w] == 0 {
					open(w)
				} else if onStack[w] {
					low[v] = min(low[v], number[w])
				}
				continue
			}
			if path = path[:len(path)-1]; len(path) > 0 {
				up := path[len(path)-1].node
				low[up] = min(low[up], low[v])
			}
			if low[v] != number[v] {
				continue
			}
			at := len(stack) - 1
			for ; stack[at] != v; at-- {
				onStack[stack[at]] = false
			}
			onStack[v] = false
			all = append(all, append([]int(nil), stack[at:]...))
			stack = stack[:at]
		}
	}
	return all
}

// cycle returns a shortest cycle through the first of the group that is in one, nil
// for a single task that does not need itself.
func (g *graph) cycle(group []int) []int {
	in := make(map[int]bool, len(group))
	start := group[0]
	for _, v := range group {
		in[v] = true
		if g.s.Tasks[v].ID < g.s.Tasks[start].ID {
			start = v
		}
	}
	from := make(map[int]int)
	for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		for _, w := range g.needs[v] {
			if w == start {
				c := []int{v}
				for ; v != start; c = append(c, v) {
					v = from[v]
				}
				slices.Reverse(c)
				return c
			}
			if _, ok := from[w]; in[w] && !ok {
				from[w] = v
				queue = append(queue, w)
			}
		}
	}
	return nil
}

// describe says who waits for whom in the cycle.
func (g *graph) describe(cycle []int) Finding {
	f := Finding{Kind: Deadlock}
	var b strings.Builder
	timed := false
	for k, i := range cycle {
		t, next := &g.s.Tasks[i], &g.s.Tasks[cycle[(k+1)%len(cycle)]]
		timed = timed || t.Timed || t.Deadline != 0
		if len(f.Tasks) < 16 {
			f.Tasks = append(f.Tasks, t.ID)
		}
		f.For = max(f.For, t.Wait)
		if k == 8 && len(cycle) > 9 {
			fmt.Fprintf(&b, "… and %d more …\n", len(cycle)-k)
		}
		if k < 8 || len(cycle) == 9 {
			fmt.Fprintf(&b, "%s %s\n", place(t), g.why(t, next))
		}
	}
	if timed {
		b.WriteString("a deadline will end it\n")
	}
	f.Text = strings.TrimRight(b.String(), "\n")
	return f
}

// why says why t needs next.
func (g *graph) why(t, next *Task) string {
	switch t.Waiting {
	case "":
		return "is in " + place(next)
	case "group.join":
		return "waits for " + place(next) + ", which runs in it"
	case "mutex.lock":
		if t == next {
			return fmt.Sprintf("waits for mutex #%d, which it holds itself", t.On)
		}
		return fmt.Sprintf("waits for mutex #%d, which %s holds", t.On, place(next))
	}
	return "awaits " + place(next)
}
