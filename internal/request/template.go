package request

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/source/caret"
)

// A text is a template that was compiled, or the text itself if it is none.
type text struct {
	what   string // what it is for
	source string
	in     *place             // nil for none
	tmpl   *template.Template // nil for what does not depend on the row
	extra  bool               // it uses the fields key or index
	nested bool               // within it, the dot may be something else than the row
}

// templateName is what text/template calls all of them, in errors that are taken apart.
const templateName = "t"

func newText(what string, p piece, funcs template.FuncMap) (*text, error) {
	source := p.text
	t := &text{what: what, source: source, in: p.in}
	if !strings.Contains(source, "{{") {
		return t, nil
	}
	if p.in != nil && p.in.file.bare {
		funcs = p.in.file.withNames(source, funcs)
	}
	tmpl, err := template.New(templateName).Option("missingkey=error").Funcs(funcs).Parse(source)
	if err != nil {
		return nil, t.syntaxError(err)
	}
	for _, part := range tmpl.Templates() {
		if part.Tree != nil && part.Root != nil {
			t.rewrite(part.Root)
			if part.Name() != templateName {
				step(part.Root)
			}
		}
	}
	if text, ok := constant(tmpl); ok {
		t.source = text
		return t, nil
	}
	t.tmpl = tmpl
	return t, nil
}

// constant is what a template always makes, if it is nothing but texts.
func constant(tmpl *template.Template) (string, bool) {
	if tmpl.Tree == nil || tmpl.Root == nil || len(tmpl.Templates()) != 1 {
		return "", false
	}
	var b strings.Builder
	for _, node := range tmpl.Root.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			b.Write(n.Text)
		case *parse.ActionNode:
			value, ok := n.Pipe.Cmds[0].Args[0].(*parse.StringNode)
			if !ok || len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 2 { // the second makes a text of it
				return "", false
			}
			b.WriteString(value.Text)
		default:
			return "", false
		}
	}
	return b.String(), true
}

// static tells whether the text is the same for each row.
func (t *text) static() bool {
	return t.tmpl == nil
}

// rewrite sees to it that each action writes a text, that default gets to see a field
// that is missing, and notes which fields are used.
func (t *text) rewrite(node parse.Node) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			t.rewrite(child)
		}
	case *parse.ActionNode:
		if t.in != nil && t.in.file.bare {
			t.in.file.resolve(n.Pipe)
		}
		t.pipe(n.Pipe)
		if len(n.Pipe.Decl) == 0 {
			n.Pipe.Cmds = append(n.Pipe.Cmds, command(n.Pipe.Pos, identifier(textName, n.Pipe.Pos)))
		}
	case *parse.IfNode:
		t.branch(&n.BranchNode)
	case *parse.RangeNode:
		t.nested = true
		step(n.List)
		t.branch(&n.BranchNode)
	case *parse.WithNode:
		t.nested = true
		t.branch(&n.BranchNode)
	case *parse.TemplateNode:
		t.nested = true
		if n.Pipe != nil {
			t.pipe(n.Pipe)
		}
	}
}

// step makes a list write something, if only nothing, each time: what writes for ever
// can be ended.
func step(list *parse.ListNode) {
	list.Nodes = append([]parse.Node{&parse.TextNode{NodeType: parse.NodeText, Pos: list.Pos}}, list.Nodes...)
}

func (t *text) branch(n *parse.BranchNode) {
	t.pipe(n.Pipe)
	t.rewrite(n.List)
	t.rewrite(n.ElseList)
}

func identifier(name string, at parse.Pos) *parse.IdentifierNode {
	return parse.NewIdentifier(name).SetPos(at)
}

func command(at parse.Pos, args ...parse.Node) *parse.CommandNode {
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: at, Args: args}
}

func (t *text) pipe(p *parse.PipeNode) {
	lenient := slices.ContainsFunc(p.Cmds, func(cmd *parse.CommandNode) bool { return isCall(cmd, "default") })
	for _, cmd := range p.Cmds {
		lenientHere := isCall(cmd, "default") || lenient && len(cmd.Args) == 1
		for i, arg := range cmd.Args {
			switch arg := arg.(type) {
			case *parse.PipeNode:
				t.pipe(arg)
			case *parse.FieldNode:
				t.extra = t.extra || arg.Ident[0] == "key" || arg.Ident[0] == "index"
				if !lenientHere {
					continue
				}
				look := lookup(arg)
				if len(cmd.Args) == 1 {
					cmd.Args = look.Args
					break
				}
				cmd.Args[i] = &parse.PipeNode{NodeType: parse.NodePipe, Pos: arg.Pos, Cmds: []*parse.CommandNode{look}}
			}
		}
	}
}

func isCall(cmd *parse.CommandNode, name string) bool {
	id, ok := cmd.Args[0].(*parse.IdentifierNode)
	return ok && id.Ident == name
}

// lookup is a call that returns a field, or nothing where there is none.
func lookup(field *parse.FieldNode) *parse.CommandNode {
	args := []parse.Node{identifier(lookupName, field.Pos), &parse.DotNode{NodeType: parse.NodeDot, Pos: field.Pos}}
	for _, name := range field.Ident {
		args = append(args, &parse.StringNode{NodeType: parse.NodeString, Pos: field.Pos, Quoted: strconv.Quote(name), Text: name})
	}
	return command(field.Pos, args...)
}

// maxText is the largest text that a template may make.
const maxText = 64 << 20

// maxWrites is how often a template may write, which takes a second or so.
const maxWrites = 10_000_000

// buffer is where a template writes.
type buffer struct {
	strings.Builder
	writes int
}

func (b *buffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxText {
		return 0, errTooLarge
	}
	if b.writes++; b.writes > maxWrites {
		return 0, errTooLong
	}
	return b.Builder.Write(p)
}

// of is the text for a row.
func (t *text) of(r *rowData) (string, error) {
	if t.tmpl == nil {
		return t.source, nil
	}
	value := r.value
	if t.extra && !r.onlyRow {
		value = r.withExtra()
	}
	var b buffer
	if err := t.tmpl.Execute(&b, value); err != nil {
		return "", t.rowError(err, value)
	}
	return b.String(), nil
}

// rowData is what templates see of a row.
type rowData struct {
	value   any
	index   int64
	key     string
	keyed   bool
	onlyRow bool // there is no more than the value
}

// withExtra is the value with the fields key and index, where it has none of its own.
// What is no object stays as it is.
func (r *rowData) withExtra() any {
	fields, ok := r.value.(map[string]any)
	if !ok {
		return r.value
	}
	all := make(map[string]any, len(fields)+2)
	all["index"] = r.index
	if r.keyed {
		all["key"] = r.key
	}
	for name, v := range fields {
		all[name] = v
	}
	return all
}

// Where text/template says that something is wrong.
var (
	parseFaultAt = regexp.MustCompile(`^template: ` + templateName + `:(\d+): (?s:(.*))$`)
	execFaultAt  = regexp.MustCompile(`^template: ` + templateName + `:(\d+):(\d+): executing "[^"]*" at <((?s:.*?))>: (?s:(.*))$`)
	quoted       = regexp.MustCompile(`^function "([^"]+)" not defined$|^unexpected "([^"]+)"|^unexpected ({{[^}]*}})|^undefined variable "([^"]+)"`)
	missingKey   = regexp.MustCompile(`^map has no entry for key "(.*)"$`)
	nilField     = regexp.MustCompile(`^nil (?:pointer evaluating interface \{\}\.|data; no entry for key ")([^"]*)"?$`)
	notFields    = regexp.MustCompile(`^can't evaluate field (\S+) in type (.*)$`)
)

// syntaxError makes an error with a caret of one of text/template, which tells the
// line only: the column is that of what it quotes, or of the action that is not closed.
func (t *text) syntaxError(err error) *SyntaxError {
	found := parseFaultAt.FindStringSubmatch(err.Error())
	if found == nil {
		return faultAt(t.what, t.source, 0, err.Error()).placed(t.in)
	}
	lineNo, reason := atoi(found[1]), found[2]
	line := lineOf(t.source, lineNo)
	at := strings.LastIndex(line, "{{")
	if reason == "unexpected EOF" {
		reason, at = "the template ends before its {{end}}", len(line)
	}
	if words := quoted.FindStringSubmatch(reason); words != nil {
		for _, word := range words[1:] {
			if word != "" {
				at = inAction(line, word)
			}
		}
		if name := words[1]; name != "" {
			reason = fmt.Sprintf("there is no function %q", name)
			if nearest := caret.Nearest(name, functionNames); nearest != "" {
				reason += fmt.Sprintf("; is it %q?", nearest)
			} else {
				reason += fmt.Sprintf("; a field is .%s", name)
			}
		}
	}
	return (&SyntaxError{What: t.what, Text: secret.Mask(line), Line: lineNo, Column: caret.Column(line, at), Reason: reason}).placed(t.in)
}

// inAction finds a word within {{ and }}.
func inAction(line, word string) int {
	from := max(strings.Index(line, "{{"), 0)
	if strings.HasPrefix(word, "{{") {
		if i := strings.Index(line, word); i >= 0 {
			return i
		}
		// It is quoted without the spaces that it was written with.
		return strings.LastIndex(line, "{{")
	}
	return from + wordAt(line[from:], word)
}

func atoi(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 1
	}
	return n
}

func lineOf(text string, no int) string {
	for ; no > 1; no-- {
		_, text, _ = strings.Cut(text, "\n")
	}
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// rowError says in words of JSON what text/template says in words of Go.
func (t *text) rowError(err error, value any) *RowError {
	for _, end := range []error{errTooLarge, errTooLong} {
		if errors.Is(err, end) {
			return &RowError{What: t.what, Reason: end.Error()}
		}
	}
	found := execFaultAt.FindStringSubmatch(err.Error())
	if found == nil {
		return &RowError{What: t.what, Reason: err.Error()}
	}
	e := &RowError{What: t.what, Line: atoi(found[1])}
	line := lineOf(t.source, e.Line)
	e.Column = caret.Column(line, atoi(found[2]))
	e.Reason = t.reason(found[3], found[4], value)
	if fault, ok := errors.AsType[*funcError](err); ok {
		e.Reason = strings.ReplaceAll(fault.reason, ".field", fieldIn(line, atoi(found[2])))
	}
	if t.in != nil {
		e.File, e.Line, e.Column, _ = t.in.of(line, e.Line, e.Column)
	}
	return e
}

// aField is a field as a template writes it.
var aField = regexp.MustCompile(`\.[\pL_][\pL\pN_.]*`)

// fieldIn is the field that an action uses, as an example of what to write.
func fieldIn(line string, at int) string {
	from := max(strings.LastIndex(line[:min(at, len(line))], "{{"), 0)
	action, _, _ := strings.Cut(line[from:], "}}")
	if field := aField.FindString(action); field != "" {
		return field
	}
	return "."
}

func (t *text) reason(context, reason string, value any) string {
	if m := missingKey.FindStringSubmatch(reason); m != nil {
		in, known := t.fieldsAround(value, context, m[1])
		why := fmt.Sprintf("no field %q", m[1])
		if !known {
			return why
		}
		if fields, ok := in.(map[string]any); m[1] == "key" && ok && fields["index"] != nil {
			return why + ", and no --key that says what the key is" + FieldsOf(in)
		}
		if nearest := caret.Nearest(m[1], namesOf(in)); nearest != "" {
			why += fmt.Sprintf("; is it %q?", nearest)
		}
		return why + FieldsOf(in)
	}
	if m := nilField.FindStringSubmatch(reason); m != nil {
		return fmt.Sprintf("null has no field %q", m[1])
	}
	if m := notFields.FindStringSubmatch(reason); m != nil {
		in, known := t.fieldsAround(value, context, m[1])
		if !known {
			return fmt.Sprintf("what should have the field %q has no fields", m[1])
		}
		return fmt.Sprintf("%s has no field %q; {{.}} is all of it", KindOf(in), m[1])
	}
	return reason
}

// fieldsAround finds the value in which a field was looked for: context is the chain
// of fields, such as .user.name. It is not known where the dot may be anything.
func (t *text) fieldsAround(value any, context, missing string) (in any, known bool) {
	if t.nested || !strings.HasPrefix(context, ".") {
		return nil, false
	}
	for _, name := range strings.Split(context[1:], ".") {
		fields, ok := value.(map[string]any)
		next, has := fields[name]
		if name == missing && !has {
			return value, true
		}
		if !ok {
			return nil, false
		}
		value = next
	}
	return nil, false
}

// A Template makes a text of a value. Make one with CompileTemplate. It may be used by
// any number of goroutines at once.
type Template struct{ text *text }

// CompileTemplate reads a template that is for something else than a request: what says
// what, in errors. The error is a *SyntaxError. env tells the variables of the environment;
// nil means that they are not for it.
func CompileTemplate(what, source string, env func(string) (string, bool)) (*Template, error) {
	t, err := newText(what, piece{text: source}, functions(env))
	if err != nil {
		return nil, err
	}
	return &Template{t}, nil
}

// Text returns the text for a value, as JSON is decoded, with numbers as json.Number. It
// fails with a *RowError.
func (t *Template) Text(value any) (string, error) {
	return t.text.of(&rowData{value: value, onlyRow: true})
}
