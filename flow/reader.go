package flow

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/inflight-go/inflight/internal/deepyaml"
	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/source/caret"
	"github.com/inflight-go/inflight/limit"
)

// mostFaults is how many errors are told of one file.
const mostFaults = 100

// reader reads a file and collects what is wrong with it.
type reader struct {
	name   string
	lines  []string
	faults Errors
}

// A place is where something stands in the file. The zero place is nowhere.
type place struct{ line, column int }

func placeOf(n ast.Node) place {
	switch m := n.(type) { // whose own tokens are somewhere in their middle
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			n = m.Values[0].Key
		}
	case *ast.MappingValueNode:
		n = m.Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return place{t.Position.Line, t.Position.Column}
	}
	return place{1, 1}
}

func (r *reader) fault(at place, format string, args ...any) {
	if len(r.faults) == mostFaults {
		return
	}
	at.line = min(max(at.line, 1), len(r.lines))
	text := r.lines[at.line-1]
	r.faults = append(r.faults, &Error{r.name, at.line, min(max(at.column, 1), utf8.RuneCountInString(text)+1), text, fmt.Sprintf(format, args...)})
}

// document is the one that the file has, nil if there is something wrong with that.
func (r *reader) document(text []byte) ast.Node {
	if at := r.noText(); at != (place{}) {
		r.fault(at, "this is no text in UTF-8: want a file of YAML")
		return nil
	}
	if line := deepyaml.Line(r.lines); line > 0 {
		r.fault(place{line, 1}, "more than %d levels in one another", deepyaml.Max)
		return nil
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, reason := place{1, 1}, err.Error()
		if e, ok := errors.AsType[yaml.Error](err); ok {
			at, reason = place{e.GetToken().Position.Line, e.GetToken().Position.Column}, e.GetMessage()
		}
		line := r.lines[min(max(at.line, 1), len(r.lines))-1]
		if text := strings.TrimLeft(line, " \t"); strings.Contains(line[:len(line)-len(text)], "\t") {
			reason = "a line that begins with a tab: want blanks"
		}
		r.fault(at, "this is no YAML: %s%s", reason, remedy(line, reason))
		return nil
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
		r.fault(place{1, 1}, "the file is empty: want steps, and an output")
		return nil
	case 1:
		return bodies[0]
	}
	r.fault(placeOf(bodies[1]), "a second document: want one")
	return nil
}

// remedies are what to do about what the parser says; the first that it says counts.
var remedies = []struct{ says, todo string }{
	{"mapping value is not allowed", `a text with ": " in it has to stand between quotes`},
	{"map key-value is pre-defined", `quotes within a text between quotes: write the outer ones as ' and the inner ones as ", or the text below | as a block`},
	{"value is not allowed", "is the line indented as those beside it?"},
	{"must be specified", `within { } and [ ] a text with brackets or commas has to stand between quotes, such as ".items[]"`},
	{"reserved character", "a text that begins with it has to stand between quotes"},
	{"unknown escape", `between " and " a \ has to be written twice, and between ' and ' once`},
	{"non-map value", "want a blank behind the colon"},
	{"unexpected key", "want a name, a colon, a blank and a value"},
}

// remedy is what to do about a line that the parser can't read, if that is known.
func remedy(line, reason string) string {
	if strings.Contains(line, "{{") {
		return "; a text that begins with {{ has to stand between quotes"
	}
	for _, r := range remedies {
		if strings.Contains(reason, r.says) {
			return "; " + r.todo
		}
	}
	return ""
}

// noText is where the file has what no text has; nowhere if it is one.
func (r *reader) noText() place {
	for i, line := range r.lines {
		column := 1
		for at, c := range line {
			if c == 0 || c == utf8.RuneError && !strings.HasPrefix(line[at:], "\uFFFD") {
				return place{i + 1, column}
			}
			column++
		}
	}
	return place{}
}

// A field is a key that a mapping may have, and what reads its value.
type field struct {
	name string
	read func(n ast.Node)
}

// mapping hands the values of a mapping to the fields of their names. what names the
// mapping in errors. hints are for names of which people think that they are fields. It
// returns the fields that were meant by names that are none.
func (r *reader) mapping(n ast.Node, what string, hints map[string]string, fields ...field) (meant map[string]bool) {
	meant = make(map[string]bool)
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	r.pairs(n, what, func(name string, at place, value ast.Node) {
		for _, f := range fields {
			if f.name == name {
				f.read(value)
				return
			}
		}
		reason := fmt.Sprintf("%s has no field %q", what, name)
		switch near := caret.Nearest(name, names); {
		case hints[name] != "":
			reason += "; " + hints[name]
		case near != "":
			reason += fmt.Sprintf("; did you mean %q?", near)
			meant[near] = true
		default:
			reason += "; there are: " + strings.Join(names, ", ")
		}
		r.fault(at, "%s", reason)
	})
	return meant
}

// pairs calls take for the keys of a mapping, each once.
func (r *reader) pairs(n ast.Node, what string, take func(name string, at place, value ast.Node)) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		r.fault(placeOf(n), "%s is a mapping: want names with values, not %s", what, kindOf(n))
		return
	}
	seen := make(map[string]bool)
	for _, pair := range values {
		name, at := pair.Key.GetToken().Value, placeOf(pair.Key)
		if _, merge := pair.Key.(*ast.MergeKeyNode); merge {
			r.fault(at, "<< is not for flows: write it out")
			continue
		}
		if seen[name] {
			r.fault(at, "%s has %q twice", what, name)
			continue
		}
		seen[name] = true
		take(name, at, pair.Value)
	}
}

// isMapping reports whether a node has names with values.
func isMapping(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// kindOf is what a node is, in words.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.AnchorNode, *ast.AliasNode:
		return "an anchor or alias, which flows don't have"
	case *ast.BoolNode:
		return "true or false"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	case *ast.StringNode, *ast.LiteralNode:
		return "a text"
	}
	return "this"
}

// A text is a scalar of the file.
type text struct {
	string
	at     place // of its first character
	indent int   // of further lines, in a block
}

// inside is the place of a character of the text.
func (t text) inside(line, column int) place {
	if line > 1 {
		return place{t.at.line + line - 1, t.indent + column}
	}
	return place{t.at.line, t.at.column + column - 1}
}

// scalar is a text, or one for who has written it, such as a number. want is what the
// error asks for.
func (r *reader) scalar(n ast.Node, want string) (text, bool) {
	at := placeOf(n)
	switch v := n.(type) {
	case *ast.StringNode:
		if line := []rune(r.lines[min(at.line, len(r.lines))-1]); at.column <= len(line) && strings.ContainsRune(`'"`, line[at.column-1]) {
			at.column++
		}
		return text{v.Value, at, 0}, true
	case *ast.LiteralNode:
		at.line = min(at.line+1, len(r.lines))
		first := r.lines[at.line-1]
		indent := len(first) - len(strings.TrimLeft(first, " "))
		at.column = indent + 1
		return text{strings.TrimRight(v.Value.Value, "\n"), at, indent}, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return text{n.GetToken().Value, at, 0}, true
	}
	r.fault(at, "want %s, not %s", want, kindOf(n))
	return text{}, false
}

// text is a field whose value is a text.
func (r *reader) text(to *text, want string) func(ast.Node) {
	return func(n ast.Node) {
		if t, ok := r.scalar(n, want); ok {
			if t.string == "" {
				r.fault(t.at, "want %s, not an empty text", want)
			}
			*to = t
		}
	}
}

// oneOf is a list of words, with or before the last.
func oneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// plain is a field whose value is a text that is taken as it is.
func (r *reader) plain(to *text, want string) func(ast.Node) {
	return func(n ast.Node) {
		r.text(to, want)(n)
		r.noTemplate(*to)
	}
}

// noTemplate refuses a text that was meant as a template, and is none.
func (r *reader) noTemplate(t text) {
	if strings.Contains(t.string, "{{") {
		r.fault(t.at, "%.60q is taken as it is: templates are for URLs, headers, query, bodies and idempotency_key", t.string)
	}
}

// word is a field whose value is one of a few words.
func (r *reader) word(to *string, words ...string) func(ast.Node) {
	return func(n ast.Node) {
		t, ok := r.scalar(n, oneOf(words))
		if !ok {
			return
		}
		if !slices.Contains(words, t.string) {
			reason := fmt.Sprintf("%q: want %s", t.string, oneOf(words))
			if near := caret.Nearest(t.string, words); near != "" {
				reason += fmt.Sprintf("; did you mean %q?", near)
			}
			r.fault(t.at, "%s", reason)
			return
		}
		*to = t.string
	}
}

// whole is a field whose value is a whole number.
func (r *reader) whole(to *int64, low, high int64) func(ast.Node) {
	return func(n ast.Node) {
		t, ok := r.scalar(n, "a number")
		if !ok {
			return
		}
		v, err := strconv.ParseInt(t.string, 10, 64)
		if err != nil || v < low || v > high {
			r.fault(t.at, "%q: want a whole number from %d to %d", t.string, low, high)
			return
		}
		*to = v
	}
}

// duration is a field whose value is a time, longer than zero.
func (r *reader) duration(to *time.Duration) func(ast.Node) {
	return func(n ast.Node) {
		t, ok := r.scalar(n, "a duration such as 30s")
		if !ok {
			return
		}
		d, err := time.ParseDuration(t.string)
		if err != nil || d <= 0 {
			r.fault(t.at, "the duration %q: want one such as 500ms, 30s or 2m", t.string)
			return
		}
		*to = d
	}
}

// A rate is N in each Per.
type rate struct {
	n   int
	per time.Duration
}

func (r *reader) rate(to *rate) func(ast.Node) {
	return func(n ast.Node) {
		t, ok := r.scalar(n, "a rate such as 20/s")
		if !ok {
			return
		}
		var err error
		if to.n, to.per, err = limit.ParseRate(t.string); err != nil {
			r.fault(t.at, "%v", err)
		}
	}
}

// expr is a field whose value is a jq expression.
func (r *reader) expr(to **request.Expr) func(ast.Node) {
	return func(n ast.Node) {
		switch n.(type) {
		case *ast.MappingNode, *ast.SequenceNode:
			r.fault(placeOf(n), "want a jq expression: one that begins with { or [ has to stand between quotes")
			return
		}
		t, ok := r.scalar(n, "a jq expression such as .items[]")
		if !ok {
			return
		}
		e, err := request.CompileExpr(t.string)
		if err != nil {
			r.syntax(t, "jq", err)
			return
		}
		*to = e
	}
}

// syntax is what is wrong with a template or an expression.
func (r *reader) syntax(t text, what string, err error) {
	e, ok := errors.AsType[*request.SyntaxError](err)
	if !ok {
		r.fault(t.at, "%s: %v", what, err)
		return
	}
	r.fault(t.inside(max(e.Line, 1), e.Column), "%s: %s", what, e.Reason)
}

// list calls take for each item of a list; a single value is a list of one.
func (r *reader) list(n ast.Node, take func(ast.Node)) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		take(n)
		return
	}
	for _, item := range seq.Values {
		take(item)
	}
}
