package flow

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/inflight-go/inflight/internal/draft"
	"github.com/inflight-go/inflight/internal/request"
)

// What a step does when it fails.
const (
	onErrorFail = "fail" // the item has failed
	onErrorSkip = "skip" // the item is left out
	onErrorNull = "null" // the step's value is null, or an empty list
)

// The ways in which a step is joined.
const (
	collectList = "list"
	collectOne  = "one"
)

// A step is one request, query or file, with what is taken from it.
type step struct {
	name string
	at   place

	// Where it gets things from: one of these.
	method   string
	url      text
	headers  []named
	query    []named
	body     text
	json     *tree
	jsonText text // instead of that: a template of the whole
	idem     text
	plan     *request.Plan // of all that
	sql      text
	args     []*request.Expr
	database dsn
	file     text
	format   string

	parentName text
	parent     *step // nil for the list
	children   []*step
	each, emit *request.Expr
	key        *request.Expr
	collect    string
	onError    string
	limitName  text
	limit      *limits // nil for none
	pages      *paginate
	since      *since

	unsaid bool    // a field that is none was meant to
	kinds  []place // of the fields that say where it gets things from
	httpAt place   // of a field that is for HTTP only
	argsAt place
	eachAt place
	forAt  place

	collectAt, onErrorAt place
	keyAt                place
	sinceAt              place
	pagesAt              place
	formats              place
}

// kind is what kind of source the step has.
func (s *step) kind() string {
	switch {
	case s.url.string != "":
		return "http"
	case s.sql.string != "":
		return "sql"
	case s.file.string != "":
		return "file"
	}
	return ""
}

type named struct {
	name  string
	value text
}

// A dsn names a database: the driver, and what that one connects to. The zero dsn names
// none.
type dsn struct {
	driver string
	text
}

var stepHints = map[string]string{
	"url":     `the method is the name of the field, as in get: "https://example.com/users"`,
	"method":  `the method is the name of the field, as in post: "https://example.com/users"`,
	"foreach": `for: STEP runs a step for each item of another one`,
	"limits":  "limit: NAME names one of the limits of the flow",
	"rate":    "rates are in limits; limit: NAME names one",
	"retries": "retries are in limits; limit: NAME names one",
	"db":      "sqlite: FILE or postgres: URL says which database",
	"join":    "a step that is for another one is joined to its items by itself",
	"select":  "select is for the whole row and stands beside steps; emit is for one step",
}

func (p *flowReader) readSteps(n ast.Node) {
	p.stepsAt = placeOf(n)
	p.pairs(n, "steps", func(name string, at place, value ast.Node) {
		s := &step{name: name, at: at}
		p.nameOf("a step", name, at)
		p.f.steps = append(p.f.steps, s)
		p.readStep(s, value)
		p.compile(s)
	})
	if len(p.f.steps) == 0 && isMapping(n) {
		p.fault(p.stepsAt, "there are no steps")
	}
}

// methods are the fields of requests, and sources all that say where a step gets things.
var (
	methods = []string{"get", "post", "put", "patch", "delete"}
	sources = append(slices.Clone(methods), "sql", "file")
)

func (p *flowReader) readStep(s *step, n ast.Node) {
	var fields []field
	for _, method := range methods {
		fields = append(fields, field{method, func(n ast.Node) {
			s.kinds = append(s.kinds, placeOf(n))
			s.method = strings.ToUpper(method)
			p.text(&s.url, "a URL")(n)
		}})
	}
	http := func(read func(ast.Node)) func(ast.Node) {
		return func(n ast.Node) {
			s.httpAt = placeOf(n)
			read(n)
		}
	}
	placed := func(at *place, read func(ast.Node)) func(ast.Node) {
		return func(n ast.Node) {
			*at = placeOf(n)
			read(n)
		}
	}
	source := func(to *text, want string) func(ast.Node) {
		return func(n ast.Node) {
			s.kinds = append(s.kinds, placeOf(n))
			p.text(to, want)(n)
		}
	}
	fields = append(fields,
		field{"sql", source(&s.sql, "a query")},
		field{"args", placed(&s.argsAt, func(n ast.Node) { p.readArgs(s, n) })},
		field{"sqlite", p.readDSN(&s.database, "sqlite")},
		field{"postgres", p.readDSN(&s.database, "postgres")},
		field{"file", func(n ast.Node) { source(&s.file, "the name of a file")(n); p.noTemplate(s.file) }},
		field{"format", placed(&s.formats, p.word(&s.format, "jsonl", "json", "csv", "tsv", "lines"))},
		field{"for", placed(&s.forAt, p.text(&s.parentName, "the name of a step"))},
		field{"headers", http(func(n ast.Node) { s.headers = p.readNamed(n, "headers") })},
		field{"query", http(func(n ast.Node) { s.query = p.readNamed(n, "query") })},
		field{"body", http(p.text(&s.body, "a text"))},
		field{"json", http(func(n ast.Node) {
			switch n.(type) {
			case *ast.StringNode, *ast.LiteralNode:
				p.text(&s.jsonText, "a text")(n)
			default:
				s.json = p.readTree(n)
			}
		})},
		field{"idempotency_key", http(p.text(&s.idem, "a template"))},
		field{"paginate", placed(&s.pagesAt, func(n ast.Node) { s.httpAt = placeOf(n); s.pages = p.readPaginate(n) })},
		field{"each", placed(&s.eachAt, p.expr(&s.each))},
		field{"emit", p.expr(&s.emit)},
		field{"key", placed(&s.keyAt, p.expr(&s.key))},
		field{"collect", placed(&s.collectAt, p.word(&s.collect, collectList, collectOne))},
		field{"on_error", func(n ast.Node) {
			s.onErrorAt = placeOf(n)
			if _, null := n.(*ast.NullNode); null {
				s.onError = onErrorNull // YAML's null, and a word here
				return
			}
			p.word(&s.onError, onErrorFail, onErrorSkip, onErrorNull)(n)
		}},
		field{"limit", p.text(&s.limitName, "the name of a limit")},
		field{"since", placed(&s.sinceAt, func(n ast.Node) { s.since = p.readSince(n) })},
	)
	meant := p.mapping(n, "a step", stepHints, fields...)
	s.unsaid = !isMapping(n)
	if meant["for"] {
		s.forAt = s.at
	}
	for _, name := range sources {
		s.unsaid = s.unsaid || meant[name]
	}
}

// readNamed reads names with templates.
func (p *flowReader) readNamed(n ast.Node, what string) (all []named) {
	p.pairs(n, what, func(name string, at place, value ast.Node) {
		if what == "headers" && !draft.IsToken(name) || name == "" || strings.Contains(name, "=") {
			p.fault(at, "%q can't be a name in %s", name, what)
			return
		}
		if t, ok := p.scalar(value, "a text"); ok {
			all = append(all, named{name, t})
		}
	})
	return all
}

func (p *flowReader) readArgs(s *step, n ast.Node) {
	p.list(n, func(n ast.Node) {
		var e *request.Expr
		p.expr(&e)(n)
		s.args = append(s.args, e)
	})
}

func (p *flowReader) readDSN(to *dsn, driver string) func(ast.Node) {
	return func(n ast.Node) {
		if to.driver != "" {
			p.fault(placeOf(n), "%s beside %s: want one database", driver, to.driver)
		}
		to.driver = driver
		p.plain(&to.text, map[string]string{"sqlite": "the name of a file", "postgres": "a URL, or env:NAME"}[driver])(n)
	}
}

// A since is what a step remembers of a run for the next one.
type since struct {
	max   *request.Expr
	start text
}

func (p *flowReader) readSince(n ast.Node) *since {
	s := &since{}
	meant := p.mapping(n, "since", map[string]string{"param": `write it into the request, as in get: "…?updated_since={{query .since}}"`},
		field{"max", p.expr(&s.max)},
		field{"start", p.plain(&s.start, "what the first run begins with")},
	)
	if s.max == nil && !meant["max"] && isMapping(n) {
		p.fault(placeOf(n), "since needs max: an expression over an item, such as .updated_at, whose largest value the next run begins with")
	}
	return s
}

// compile makes the request of a step.
func (p *flowReader) compile(s *step) {
	if s.kind() != "http" {
		return
	}
	spec := request.Spec{Method: s.method, URL: s.url.string, Data: s.body.string, JSON: s.jsonText.string, IdempotencyKey: s.idem.string, Env: p.f.env, OnlyRow: true}
	for _, h := range s.headers {
		spec.Headers = append(spec.Headers, h.name+": "+h.value.string)
	}
	typed := slices.ContainsFunc(s.headers, func(h named) bool { return strings.EqualFold(h.name, "Content-Type") })
	if s.json != nil && !typed {
		spec.Headers = append(spec.Headers, "Content-Type: application/json")
	}
	for _, q := range s.query {
		spec.Query = append(spec.Query, q.name+"="+q.value.string)
	}
	// One part at a time, so that all are told that are wrong.
	before := len(p.faults)
	p.try(s.url, request.Spec{URL: s.url.string})
	p.try(s.body, request.Spec{URL: "http://x/", Data: s.body.string})
	p.try(s.jsonText, request.Spec{URL: "http://x/", JSON: s.jsonText.string})
	p.try(s.idem, request.Spec{URL: "http://x/", IdempotencyKey: s.idem.string})
	for _, h := range s.headers {
		p.try(h.value, request.Spec{URL: "http://x/", Headers: []string{h.name + ": " + h.value.string}})
	}
	for _, q := range s.query {
		p.try(q.value, request.Spec{URL: "http://x/", Query: []string{q.name + "=" + q.value.string}})
	}
	if len(p.faults) > before {
		return
	}
	var err error
	if s.plan, err = request.Compile(spec); err != nil {
		p.syntax(s.url, "the request", err)
	}
}

// try compiles one part of a request.
func (p *flowReader) try(t text, spec request.Spec) {
	if t.string == "" {
		return
	}
	spec.Env = func(string) (string, bool) { return "", false }
	if _, err := request.Compile(spec); err != nil {
		p.syntax(t, "template", err)
	}
}

// texts are the templates of the step.
func (s *step) texts() []text {
	texts := []text{s.url, s.body, s.jsonText, s.idem}
	for _, pair := range slices.Concat(s.headers, s.query) {
		texts = append(texts, pair.value)
	}
	if s.json != nil {
		texts = append(texts, s.json.templates...)
	}
	return texts
}

// hasBody tells whether the step sends one.
func (s *step) hasBody() bool {
	return s.body.string != "" || s.json != nil || s.jsonText.string != ""
}

// sendsObject reports whether what the step sends is, or may be, an object of JSON.
func (s *step) sendsObject() bool {
	if s.json == nil {
		return s.jsonText.string != ""
	}
	_, is := s.json.value.(map[string]any)
	return is
}

// A tree is a body of JSON, written as YAML, in which texts are templates.
type tree struct {
	value     any    // JSON; a *leaf where a text is a template
	templates []text // of the leaves
	nodes     int
}

// mostNodes is how large a tree may be.
const mostNodes = 100_000

func (p *flowReader) readTree(n ast.Node) *tree {
	t := &tree{}
	t.value = p.readBranch(t, n)
	return t
}

func (p *flowReader) readBranch(t *tree, n ast.Node) any {
	if t.nodes++; t.nodes > mostNodes {
		if t.nodes == mostNodes+1 {
			p.fault(placeOf(n), "the body has more than %d values", mostNodes)
		}
		return nil
	}
	switch v := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		fields := make(map[string]any)
		p.pairs(n, "json", func(name string, _ place, value ast.Node) { fields[name] = p.readBranch(t, value) })
		return fields
	case *ast.SequenceNode:
		items := []any{}
		for _, item := range v.Values {
			items = append(items, p.readBranch(t, item))
		}
		return items
	case *ast.IntegerNode, *ast.FloatNode:
		text := n.GetToken().Value
		if !isNumber(text) {
			p.fault(placeOf(n), "%s is no number of JSON: write it as one, or between quotes as a text", text)
		}
		return json.Number(text)
	case *ast.StringNode:
		if tok := v.GetToken(); tok.Type == token.StringType && isNumber(tok.Value) {
			return json.Number(tok.Value) // 1e3, which the parser does not take for a number
		}
	case *ast.BoolNode:
		return v.Value
	case *ast.NullNode:
		return nil
	}
	return p.readLeaf(t, n)
}

// isNumber reports whether JSON would have a number as it is written.
func isNumber(text string) bool {
	return json.Valid([]byte(text)) && strings.Trim(text, "0123456789+-.eE") == ""
}

// readLeaf reads a text, which may be a template.
func (p *flowReader) readLeaf(t *tree, n ast.Node) any {
	s, ok := p.scalar(n, "a value of JSON")
	if !ok || !strings.Contains(s.string, "{{") {
		return s.string
	}
	t.templates = append(t.templates, s)
	l, err := newLeaf(s.string, p.f.env)
	if err != nil {
		p.syntax(s, "template", err)
	}
	return l
}
