package request

import (
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/inflight-go/inflight/internal/source/caret"
)

// A Field is one that a template reads from what it is given.
type Field struct {
	Name         string // the first of a chain: of .user.name it is user
	Line, Column int    // of its name, from 1, in characters
}

// Fields are the fields that a template surely reads from what it is given: those within
// range, with and template, where the dot is something else, are left out, and those
// that default may do without. Of a text that is no template there are none.
func Fields(source string) []Field {
	tmpl, err := template.New(templateName).Funcs(functions(nil)).Parse(source)
	if err != nil || tmpl.Tree == nil || !strings.Contains(source, "{{") {
		return nil
	}
	w := &fieldWalk{source: source}
	w.list(tmpl.Root)
	return w.fields
}

// fieldWalk collects the fields.
type fieldWalk struct {
	source string
	fields []Field
}

func (w *fieldWalk) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			w.pipe(n.Pipe)
		case *parse.IfNode:
			w.pipe(n.Pipe)
			w.list(n.List)
			w.list(n.ElseList)
		case *parse.RangeNode:
			w.pipe(n.Pipe)
		case *parse.WithNode:
			w.pipe(n.Pipe)
		}
	}
}

func (w *fieldWalk) pipe(p *parse.PipeNode) {
	for _, cmd := range p.Cmds {
		if isCall(cmd, "default") {
			return
		}
	}
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			switch arg := arg.(type) {
			case *parse.PipeNode:
				w.pipe(arg)
			case *parse.FieldNode:
				w.add(arg)
			}
		}
	}
}

// add adds a field. The position of its node is somewhere at its end or its begin, as
// the kind of chain has it: the last place of its name up to there counts.
func (w *fieldWalk) add(n *parse.FieldNode) {
	name := n.Ident[0]
	end := min(int(n.Pos)+len(name)+1, len(w.source))
	at := strings.LastIndex(w.source[:end], "."+name)
	if at < 0 {
		at = max(strings.Index(w.source, "."+name), 0)
	}
	start := strings.LastIndexByte(w.source[:at], '\n') + 1
	line, _, _ := strings.Cut(w.source[start:], "\n")
	w.fields = append(w.fields, Field{name, 1 + strings.Count(w.source[:start], "\n"), caret.Column(line, at+1-start)})
}
