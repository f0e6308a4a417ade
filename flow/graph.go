package flow

import (
	"fmt"
	"strings"

	"github.com/inflight-go/inflight/internal/secret"
)

// A node is a box of the picture of a flow: a step, the row, or where rows go.
type node struct {
	id    string
	title string
	lines []string
	kind  string // list, step, row or output
	to    []*node
	layer int
	y     float64
}

// nodes are the boxes of a flow, in layers: the list, the steps that are for it, those
// that are for these, the row, the outputs.
func (f *Flow) nodes() []*node {
	byStep := make(map[*step]*node)
	var all []*node
	deepest := 0
	for _, s := range f.inOrder() {
		n := &node{id: s.name, title: s.name, lines: s.words(), kind: "step"}
		if s.parent == nil {
			n.kind = "list"
		} else {
			parent := byStep[s.parent]
			n.layer = parent.layer + 1
			parent.to = append(parent.to, n)
		}
		deepest = max(deepest, n.layer)
		byStep[s] = n
		all = append(all, n)
	}
	row := &node{id: "row_", title: "row", kind: "row", layer: deepest + 1, lines: f.rowWords()}
	for _, n := range all {
		if len(n.to) == 0 {
			n.to = append(n.to, row)
		}
	}
	all = append(all, row)
	for i, out := range f.outputs() {
		out.id, out.layer = fmt.Sprintf("out%d_", i), deepest+2
		row.to = append(row.to, out)
		all = append(all, out)
	}
	for _, n := range all {
		n.title = printable(n.title)
		for i := range n.lines {
			n.lines[i] = printable(n.lines[i])
		}
	}
	return all
}

// words are what the box of a step says below its name.
func (s *step) words() []string {
	lines := []string{s.asks()}
	if g := s.pages; g != nil {
		text := "pages by " + g.word()
		if g.known() && g.parallel > 1 {
			text += fmt.Sprintf(", %d at once", g.parallel)
		}
		lines = append(lines, text)
	}
	if s.parent != nil {
		text := "for each of " + s.parent.name + ", a list"
		if s.collect == collectOne {
			text = "for each of " + s.parent.name + ", one"
		}
		if s.onError != onErrorFail {
			text += "; on error " + s.onError
		}
		lines = append(lines, text)
	}
	if s.limit != nil {
		text := "limit " + s.limit.name
		if words := s.limit.words(); words != "" {
			text += ": " + words
		}
		lines = append(lines, text)
	}
	return lines
}

func (f *Flow) rowWords() []string {
	if f.sel != nil {
		return []string{f.sel.String()}
	}
	if len(f.list.children) > 0 {
		return []string{"all joined"}
	}
	return nil
}

// outputs are the boxes of where rows go.
func (f *Flow) outputs() []*node {
	o := f.output
	if o.database.driver == "" {
		return []*node{{title: o.file.string, kind: "output"}}
	}
	var all []*node
	for _, t := range o.tables {
		lines := []string{o.database.shown(), "key " + strings.Join(t.key, ", ")}
		if t.rows != nil {
			lines = append(lines, t.rows.String())
		}
		all = append(all, &node{title: t.name, kind: "output", lines: lines})
	}
	return all
}

// shown is a database without what may be secret.
func (d dsn) shown() string {
	if d.driver == "postgres" && !strings.Contains(d.string, "://") && !strings.HasPrefix(d.string, "env:") {
		return d.driver // words with a password among them
	}
	return d.driver + " " + secret.URL(d.string)
}

// Mermaid is the flow as a diagram in the language of Mermaid.
func (f *Flow) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	nodes := f.nodes()
	for _, n := range nodes {
		open, close := `["`, `"]`
		switch n.kind {
		case "row":
			open, close = `{{"`, `"}}`
		case "output":
			open, close = `[("`, `")]`
		}
		text := escapeMermaid("**" + n.title + "**")
		for _, line := range n.lines {
			text += "<br/>" + escapeMermaid(shorten(line, longestAsk))
		}
		fmt.Fprintf(&b, "  %s%s%s%s\n", mermaidID(n), open, text, close)
	}
	for _, n := range nodes {
		for _, to := range n.to {
			fmt.Fprintf(&b, "  %s --> %s\n", mermaidID(n), mermaidID(to))
		}
	}
	return b.String()
}

// mermaidID keeps clear of the words of the language, such as end, and steps of what is none.
func mermaidID(n *node) string {
	if n.kind == "row" || n.kind == "output" {
		return n.id
	}
	return "n_" + n.id
}

// escapeMermaid writes what has a meaning in the language as entities.
func escapeMermaid(text string) string {
	return strings.NewReplacer(`"`, "#quot;", "#", "#35;", "<", "#lt;", ">", "#gt;", "`", "#96;", "\n", " ").Replace(text)
}
