package crawl

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"github.com/inflight-go/inflight/internal/deepyaml"
	"github.com/inflight-go/inflight/internal/source/caret"
)

// A Rule says what to take from pages of one kind.
type Rule struct {
	// Name stands in the line of a page, as "rule"; empty means that nothing does.
	Name string
	// Match is found in the URLs of these pages, as Options.Include is; nil means that every
	// page is one.
	Match *regexp.Regexp
	// Item, Fields and JSONLD are as in Options.
	Item   *Selector
	Fields []Field
	JSONLD bool
}

// String is the rule as text: two that do the same have the same.
func (r *Rule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s match=%v item=%v jsonld=%v", r.Name, r.Match, r.Item, r.JSONLD)
	for _, f := range r.Fields {
		fmt.Fprintf(&b, " [%s]", f.text)
	}
	return b.String()
}

// rule is the one for a URL.
func (c *crawl) rule(url string) *Rule {
	for i := range c.o.Rules {
		if r := &c.o.Rules[i]; r.Match == nil || matches(r.Match, url) {
			return r
		}
	}
	return &Rule{Item: c.o.Item, Fields: c.o.Fields, JSONLD: c.o.JSONLD}
}

// readsTree reports whether the rule takes anything from the tree of a page.
func (r *Rule) readsTree() bool { return len(r.Fields) > 0 || r.JSONLD }

// take takes from a page of HTML what the rule says.
func (r *Rule) take(p *Page, l *line) {
	l.Rule = r.Name
	room := p.room()
	switch {
	case len(r.Fields) > 0 && r.Item != nil:
		items := []any{}
		for _, n := range r.Item.all(p.Document()) {
			if items = append(items, p.fields(r.Fields, n, &room)); room < 0 {
				break
			}
		}
		l.Items = items
	case len(r.Fields) > 0:
		l.Extract = p.fields(r.Fields, p.Document(), &room)
	}
	if room < 0 {
		l.Items, l.Extract = nil, nil
		l.fail("data", fmt.Sprintf("its fields are more than %d bytes: a selector finds elements that are in one another", p.room()))
	}
	if r.JSONLD {
		l.JSONLD = jsonLD(p.Document())
	}
}

// A RulesError says what is wrong with rules, and where.
type RulesError struct {
	Name         string // of the file
	Line, Column int    // from 1; 0 where the text as a whole is meant
	Source       string // the line
	Err          error
}

// Error is name:line:column: what is wrong, and below it the line with a mark under the
// column.
func (e *RulesError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.Name, e.Err)
	}
	return fmt.Sprintf("%s:%d:%d: %v\n%s", e.Name, e.Line, e.Column, e.Err, caret.Under(e.Source, e.Column))
}

// Unwrap returns what is wrong.
func (e *RulesError) Unwrap() error { return e.Err }

// ParseRules reads rules in YAML:
//
//	rules:
//	  - name: product            # stands in the line; need not be there
//	    match: /product/[0-9]+   # an expression; without it every page is meant
//	    fields:                  # NAME: SELECTOR@ATTRIBUTE | FILTER, as in ParseField
//	      title: h1
//	      price: span.price | number
//	      pictures[]: img@src | url
//	  - match: /list/
//	    item: div.card           # the fields, of each element that this finds
//	    fields: {name: b, link: a@href | url, id: .@data-id}
//	    jsonld: true
//
// The first rule that matches counts. The name is that of the file, for the error, which
// is a *RulesError.
func ParseRules(name string, text []byte) ([]Rule, error) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF")) // which some editors write
	r := &ruleReader{name: name, lines: strings.Split(string(text), "\n")}
	if line := deepyaml.Line(r.lines); line > 0 {
		return nil, r.near(&token.Token{Position: &token.Position{Line: line, Column: 1}}, fmt.Errorf("more than %d levels in one another", deepyaml.Max))
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, r.syntax(err)
	}
	var rules []Rule
	for i, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if i > 0 {
			return nil, r.at(doc.Body, "a second document: one is expected")
		}
		err = r.mapping(doc.Body, map[string]func(ast.Node) error{
			"rules": func(n ast.Node) (err error) {
				rules, err = r.list(n)
				return err
			},
		})
		if err != nil {
			return nil, err
		}
	}
	if len(rules) == 0 {
		return nil, &RulesError{Name: name, Err: errors.New("there is no rule: a list is expected, \"rules:\", and below it \"- match: …\"")}
	}
	return rules, nil
}

// ruleReader reads one file of rules.
type ruleReader struct {
	name  string
	lines []string
}

// at is an error at a node.
func (r *ruleReader) at(n ast.Node, format string, args ...any) error {
	return r.near(n.GetToken(), fmt.Errorf(format, args...))
}

func (r *ruleReader) near(t *token.Token, err error) error {
	e := &RulesError{Name: r.name, Err: err}
	if t != nil && t.Position != nil && t.Position.Line >= 1 && t.Position.Line <= len(r.lines) {
		e.Line, e.Column = t.Position.Line, max(t.Position.Column, 1)
		e.Source = strings.TrimRight(r.lines[e.Line-1], "\r")
	}
	return e
}

// syntax is an error of the parser.
func (r *ruleReader) syntax(err error) error {
	if e, ok := errors.AsType[yaml.Error](err); ok {
		return r.near(e.GetToken(), errors.New(e.GetMessage()))
	}
	return &RulesError{Name: r.name, Err: err}
}

// mapping hands the values of a mapping on, by their keys.
func (r *ruleReader) mapping(n ast.Node, keys map[string]func(ast.Node) error) error {
	pairs, err := r.pairs(n)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		key := p.Key.GetToken().Value
		read := keys[key]
		if read == nil {
			return r.unknown(p.Key, key, keys)
		}
		if err := read(p.Value); err != nil {
			return err
		}
	}
	return nil
}

// unknown is the error for a key that there is not.
func (r *ruleReader) unknown(n ast.Node, key string, keys map[string]func(ast.Node) error) error {
	var known []string
	for _, k := range []string{"rules", "name", "match", "item", "fields", "jsonld"} {
		if keys[k] != nil {
			known = append(known, k)
		}
	}
	if nearest := caret.Nearest(key, known); nearest != "" {
		return r.at(n, "there is no key %q; is it %q?", key, nearest)
	}
	return r.at(n, "there is no key %q; there are: %s", key, strings.Join(known, ", "))
}

// pairs are the keys and values of a mapping.
func (r *ruleReader) pairs(n ast.Node) ([]*ast.MappingValueNode, error) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	}
	return nil, r.at(n, "keys with values are expected here")
}

func (r *ruleReader) list(n ast.Node) (rules []Rule, err error) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, r.at(n, "a list of rules is expected, each with a - in front")
	}
	for _, entry := range list.Values {
		rule, err := r.rule(entry)
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

func (r *ruleReader) rule(n ast.Node) (rule Rule, err error) {
	err = r.mapping(n, map[string]func(ast.Node) error{
		"name": func(n ast.Node) (err error) {
			rule.Name, err = r.text(n)
			return err
		},
		"match": func(n ast.Node) error {
			return r.read(n, func(text string) (err error) {
				rule.Match, err = regexp.Compile(text)
				return err
			})
		},
		"item": func(n ast.Node) error {
			return r.read(n, func(text string) (err error) {
				rule.Item, err = ParseSelector(text)
				return err
			})
		},
		"fields": func(n ast.Node) (err error) {
			rule.Fields, err = r.fields(n)
			return err
		},
		"jsonld": func(n ast.Node) error {
			b, ok := n.(*ast.BoolNode)
			if !ok {
				return r.at(n, "true or false is expected")
			}
			rule.JSONLD = b.Value
			return nil
		},
	})
	if err == nil && len(rule.Fields) == 0 && rule.Item != nil {
		err = r.at(n, "item says where, and nothing says what: fields are expected")
	}
	if err == nil && len(rule.Fields) == 0 && !rule.JSONLD {
		err = r.at(n, "the rule takes nothing: fields are expected, or jsonld: true")
	}
	return rule, err
}

func (r *ruleReader) fields(n ast.Node) (fields []Field, err error) {
	pairs, err := r.pairs(n)
	if err != nil {
		return nil, err
	}
	for _, p := range pairs {
		name := p.Key.GetToken().Value
		err := r.read(p.Value, func(text string) error {
			f, err := ParseField(name + "=" + text)
			if err == nil && slices.ContainsFunc(fields, func(other Field) bool { return other.name == f.name }) {
				err = fmt.Errorf("there are two fields %q", f.name)
			}
			fields = append(fields, f)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return fields, nil
}

// read reads a text by what may say that it is wrong.
func (r *ruleReader) read(n ast.Node, parse func(text string) error) error {
	text, err := r.text(n)
	if err != nil {
		return err
	}
	if err := parse(text); err != nil {
		return r.near(n.GetToken(), err)
	}
	return nil
}

// text is a value that is a text, or is one for who has written it, such as a number.
func (r *ruleReader) text(n ast.Node) (string, error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n"), nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	}
	return "", r.at(n, "a text is expected here")
}
