package request

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/inflight-go/inflight/internal/deepyaml"
	"github.com/inflight-go/inflight/internal/draft"
	"github.com/inflight-go/inflight/internal/source/caret"
)

// yamlKeys are what a request in YAML may say.
var yamlKeys = []string{
	"method", "url", "headers", "query", "cookies", "data", "body", "json", "form", "multipart",
	"auth", "user", "bearer", "user-agent", "idempotency-key",
}

// parseYAML reads a request that is a mapping, whose keys are the words of the flags.
func (f *File) parseYAML(text string) error {
	if line := deepyaml.Line(f.lines); line > 0 {
		return f.fault(line, 0, fmt.Sprintf("more than %d levels in one another", deepyaml.Max))
	}
	parsed, err := parser.ParseBytes([]byte(text), 0)
	if fault, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		at := fault.Token.Position
		reason := fault.Message
		if strings.Contains(f.lines[min(at.Line, len(f.lines))-1], "{{") {
			reason += "; a text that begins with {{ has to stand between quotes"
		}
		return f.fault(at.Line, at.Column-1, reason)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	var bodies []ast.Node
	for _, doc := range parsed.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	if len(bodies) != 1 {
		return fmt.Errorf("%s: there are %d documents; want one, that is a request", f.name, len(bodies))
	}
	pairs, err := f.mapping(bodies[0], "a request")
	if err != nil {
		return err
	}
	for _, pair := range pairs {
		if err := f.key(pair); err != nil {
			return err
		}
	}
	return nil
}

// nodeFault makes an error of a node.
func (f *File) nodeFault(n ast.Node, format string, args ...any) error {
	at := n.GetToken().Position
	return f.fault(at.Line, at.Column-1, fmt.Sprintf(format, args...))
}

// mapping are the pairs of a mapping.
func (f *File) mapping(n ast.Node, what string) ([]*ast.MappingValueNode, error) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	}
	return nil, f.nodeFault(n, "%s is a mapping, such as url: https://example.com", what)
}

// key takes one pair of the request.
func (f *File) key(pair *ast.MappingValueNode) (err error) {
	w, name := &f.written, pair.Key.GetToken().Value
	scalar := func(to *piece) { *to, err = f.scalar(pair.Value) }
	text := func(to *string) {
		var p piece
		p, err = f.scalar(pair.Value)
		*to = p.text
	}
	switch name {
	case "method":
		scalar(&w.method)
	case "url":
		scalar(&w.url)
	case "headers", "header":
		w.headers, err = f.list(pair.Value, ":", w.headers)
		err = errors.Join(err, f.checkHeaders(pair.Value))
	case "query":
		w.query, err = f.list(pair.Value, "=", w.query)
	case "cookies", "cookie":
		err = f.cookies(pair.Value)
	case "data", "body":
		scalar(&w.data)
	case "json":
		err = f.json(pair.Value)
	case "form":
		w.form, err = f.list(pair.Value, "=", nil)
	case "multipart":
		w.multipart, err = f.list(pair.Value, "=", nil)
	case "idempotency-key":
		scalar(&w.idempotency)
	case "user":
		text(&f.User)
	case "bearer":
		text(&f.Bearer)
	case "user-agent":
		text(&f.UserAgent)
	case "auth":
		err = f.auth(pair.Value)
	default:
		reason := fmt.Sprintf("there is no key %q", name)
		if near := caret.Nearest(name, yamlKeys); near != "" {
			reason += fmt.Sprintf("; is it %q?", near)
		} else {
			reason += "; there are: " + strings.Join(yamlKeys, ", ")
		}
		err = f.nodeFault(pair.Key, "%s", reason)
	}
	return err
}

// checkHeaders finds a header whose name is none, and writes all of them as usual.
func (f *File) checkHeaders(n ast.Node) error {
	for i, h := range f.written.headers {
		if !draft.IsToken(h.name) {
			return f.nodeFault(n, "the name of a header is %q", h.name)
		}
		f.written.headers[i].name = http.CanonicalHeaderKey(h.name)
	}
	return nil
}

// scalar is a text, a number or a word.
func (f *File) scalar(n ast.Node) (piece, error) {
	at := n.GetToken().Position
	in := &place{file: f, line: at.Line, offset: len(cutRunes(f.lines[min(at.Line, len(f.lines))-1], at.Column-1))}
	switch v := n.(type) {
	case *ast.StringNode:
		if whole := f.lines[in.line-1]; in.offset < len(whole) && strings.IndexByte(`'"`, whole[in.offset]) >= 0 {
			in.offset++
		}
		return piece{v.Value, in}, nil
	case *ast.LiteralNode:
		in.line = min(in.line+1, len(f.lines))
		first, _, _ := strings.Cut(v.Value.Value, "\n")
		in.indent = max(len(strings.TrimRight(f.lines[in.line-1], "\r"))-len(first), 0)
		in.offset = in.indent
		return piece{v.Value.Value, in}, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return piece{n.GetToken().Value, in}, nil
	case *ast.NullNode:
		return piece{"", in}, nil
	}
	return piece{}, f.nodeFault(n, "want a text or a number here")
}

// cutRunes is the beginning of a text, so many characters long.
func cutRunes(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

// list reads what has names: a mapping, in which a name may have several values, or a
// list of name=value.
func (f *File) list(n ast.Node, separator string, all []named) ([]named, error) {
	if seq, ok := n.(*ast.SequenceNode); ok {
		for _, item := range seq.Values {
			p, err := f.scalar(item)
			if err != nil {
				return nil, err
			}
			name, value, found := strings.Cut(p.text, separator)
			inner := strings.TrimLeft(value, " ")
			if !found || name == "" {
				return nil, f.nodeFault(item, "want name%svalue", separator)
			}
			p.text, p.in = inner, p.in.after(len(p.text)-len(inner))
			all = append(all, named{name, p})
		}
		return all, nil
	}
	pairs, err := f.mapping(n, "this")
	if err != nil {
		return nil, err
	}
	for _, pair := range pairs {
		values := []ast.Node{pair.Value}
		if seq, ok := pair.Value.(*ast.SequenceNode); ok {
			values = seq.Values
		}
		for _, value := range values {
			p, err := f.scalar(value)
			if err != nil {
				return nil, err
			}
			all = append(all, named{pair.Key.GetToken().Value, p})
		}
	}
	return all, nil
}

// cookies makes a header of each cookie.
func (f *File) cookies(n ast.Node) error {
	if p, err := f.scalar(n); err == nil {
		f.written.headers = append(f.written.headers, named{"Cookie", p})
		return nil
	}
	all, err := f.list(n, "=", nil)
	for _, c := range all {
		in := c.in
		c.text, in = c.name+"="+c.text, in.after(-len(c.name)-1)
		f.written.headers = append(f.written.headers, named{"Cookie", piece{c.text, in}})
	}
	return err
}

// auth reads bearer, or user and password.
func (f *File) auth(n ast.Node) error {
	pairs, err := f.mapping(n, "auth")
	if err != nil {
		return err
	}
	password := ""
	for _, pair := range pairs {
		p, err := f.scalar(pair.Value)
		if err != nil {
			return err
		}
		switch name := pair.Key.GetToken().Value; name {
		case "bearer":
			f.Bearer = p.text
		case "user":
			f.User = p.text
		case "password":
			password = p.text
		default:
			return f.nodeFault(pair.Key, "there is no key %q; there are: bearer, user, password", name)
		}
	}
	if password != "" {
		f.User += ":" + password
	}
	return nil
}

// onlyJSON is a text that is nothing but a value.
var onlyJSON = regexp.MustCompile(`^\s*\{\{-?\s*(json\s[^{}]*|[^{}]*\|\s*json\s*)\}\}\s*$`)

// json reads a body of JSON: a text, or what YAML makes of it, in which texts are
// templates.
func (f *File) json(n ast.Node) error {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		p, err := f.scalar(n)
		f.written.json = p
		return err
	}
	t := &treeWriter{file: f}
	if err := t.node(n); err != nil {
		return err
	}
	t.flush()
	f.written.tree = t.parts
	return nil
}

// treeWriter writes YAML as JSON.
type treeWriter struct {
	file  *File
	parts []jsonPart
	text  strings.Builder
}

func (t *treeWriter) flush() {
	if t.text.Len() > 0 {
		t.parts = append(t.parts, jsonPart{text: t.text.String()})
		t.text.Reset()
	}
}

func (t *treeWriter) node(n ast.Node) error {
	switch v := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		pairs, err := t.file.mapping(n, "this")
		if err != nil {
			return err
		}
		return t.object(pairs)
	case *ast.SequenceNode:
		t.text.WriteByte('[')
		for i, item := range v.Values {
			if i > 0 {
				t.text.WriteByte(',')
			}
			if err := t.node(item); err != nil {
				return err
			}
		}
		t.text.WriteByte(']')
		return nil
	case *ast.StringNode, *ast.LiteralNode:
		return t.leaf(n)
	case *ast.IntegerNode:
		return t.value(n, v.Value)
	case *ast.FloatNode:
		return t.value(n, v.Value)
	case *ast.BoolNode:
		return t.value(n, v.Value)
	case *ast.NullNode:
		return t.value(n, nil)
	}
	return t.file.nodeFault(n, "this can't be JSON: write the value here")
}

func (t *treeWriter) value(n ast.Node, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return t.file.nodeFault(n, "this can't be JSON: %v", err)
	}
	t.text.Write(text)
	return nil
}

func (t *treeWriter) object(pairs []*ast.MappingValueNode) error {
	t.text.WriteByte('{')
	for i, pair := range pairs {
		if i > 0 {
			t.text.WriteByte(',')
		}
		name, err := toJSON(pair.Key.GetToken().Value)
		if err != nil {
			return err
		}
		t.text.WriteString(name + ":")
		if err := t.node(pair.Value); err != nil {
			return err
		}
	}
	t.text.WriteByte('}')
	return nil
}

func (t *treeWriter) leaf(n ast.Node) error {
	p, err := t.file.scalar(n)
	if err != nil {
		return err
	}
	if !strings.Contains(p.text, "{{") {
		text, err := toJSON(p.text)
		t.text.WriteString(text)
		return err
	}
	t.flush()
	t.parts = append(t.parts, jsonPart{leaf: &p, raw: onlyJSON.MatchString(p.text)})
	return nil
}
