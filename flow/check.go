package flow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inflight-go/inflight/internal/request"
)

// check checks how the parts of a flow go together.
func (p *flowReader) check() {
	byName := p.checkNames()
	for _, s := range p.f.steps {
		p.checkSource(s)
		s.limit = p.limit(s.limitName)
		p.checkParent(s, byName)
	}
	p.checkCycles()
	p.checkList()
	for _, s := range p.f.steps {
		p.checkUse(s)
		p.checkEach(s)
		p.settle(s)
	}
	for _, l := range p.f.limits {
		if !l.used {
			p.fault(l.at, "no step has the limit %q", l.name)
		}
	}
	p.checkFields()
}

func (p *flowReader) checkNames() map[string]*step {
	byName := make(map[string]*step)
	for _, s := range p.f.steps {
		byName[s.name] = s
		for _, v := range p.f.vars {
			if v.name == s.name {
				p.fault(s.at, "%q is a variable too: a template could not tell them apart", s.name)
			}
		}
	}
	return byName
}

// checkSource sees to it that a step gets things from one place.
func (p *flowReader) checkSource(s *step) {
	switch {
	case len(s.kinds) == 0 && s.unsaid:
		return
	case len(s.kinds) == 0:
		p.fault(s.at, "the step %q gets nothing: want get, post, put, patch, delete, sql or file", s.name)
		return
	case len(s.kinds) > 1:
		p.fault(s.kinds[1], "the step %q has %d of get, post, put, patch, delete, sql and file: want one", s.name, len(s.kinds))
		return
	}
	kind := s.kind()
	if kind != "http" && s.httpAt != (place{}) {
		p.fault(s.httpAt, "headers, query, body, json, idempotency_key and paginate are for requests, and %q is none", s.name)
	}
	switch {
	case kind == "sql" && s.database.driver == "":
		p.fault(s.sql.at, "which database? want sqlite: FILE or postgres: URL beside sql")
	case kind != "sql" && s.database.driver != "":
		p.fault(s.database.at, "%s is for sql, and the step %q has none", s.database.driver, s.name)
	case kind != "sql" && s.argsAt != (place{}):
		p.fault(s.argsAt, "args are for sql, and the step %q has none", s.name)
	case kind == "sql" && strings.Contains(s.sql.string, "{{"):
		p.fault(s.sql.at, "a query is no template: write ? (SQLite) or $1 (PostgreSQL), and the value in args, such as args: [.id]")
	case s.database.driver == "postgres" && len(s.args) > 0 && !strings.Contains(s.sql.string, "$1"):
		p.fault(s.argsAt, "there is no $1 in the query for args: PostgreSQL has $1, $2 and so on where SQLite has ?")
	case kind != "file" && s.formats != (place{}):
		p.fault(s.formats, "format is for file, and the step %q has none", s.name)
	case s.body.string != "" && (s.json != nil || s.jsonText.string != ""):
		p.fault(s.body.at, "body beside json: want one")
	case s.pages != nil && s.pages.in == inBody && !s.sendsObject():
		p.fault(s.pagesAt, "in: body puts parameters into the JSON that is sent: want json, with fields, beside it")
	case s.hasBody() && (s.method == "GET" || s.method == "DELETE"):
		p.fault(s.url.at, "a %s has no body: want post, put or patch", s.method)
	}
}

// checkParent finds the step that a step is for.
func (p *flowReader) checkParent(s *step, byName map[string]*step) {
	if s.parentName.string == "" {
		return
	}
	if s.parent = byName[s.parentName.string]; s.parent == nil {
		var names []string
		for _, other := range p.f.steps {
			if other != s {
				names = append(names, other.name)
			}
		}
		p.fault(s.parentName.at, "there is no step %q%s", s.parentName.string, suggest(s.parentName.string, names))
		return
	}
	s.parent.children = append(s.parent.children, s)
}

// checkCycles finds steps that are for one another.
func (p *flowReader) checkCycles() {
	told := make(map[*step]bool)
	for _, s := range p.f.steps {
		chain := []*step{s}
		for at := s.parent; at != nil && !told[at]; at = at.parent {
			if i := slices.Index(chain, at); i >= 0 {
				names := make([]string, 0, len(chain)+1)
				for _, one := range append(chain[i:], at) {
					names = append(names, one.name)
					told[one] = true
				}
				p.fault(at.parentName.at, "these steps are for one another in a circle: %s", strings.Join(names, " for "))
				break
			}
			chain = append(chain, at)
		}
	}
}

// checkList finds the one step that is for no other.
func (p *flowReader) checkList() {
	var lists []*step
	for _, s := range p.f.steps {
		if s.forAt == (place{}) {
			lists = append(lists, s)
		}
	}
	switch {
	case len(lists) == 0 && len(p.f.steps) > 0 && len(p.faults) == 0:
		p.fault(p.stepsAt, "every step is for another one: want a list to begin with")
	case len(lists) > 1:
		for _, s := range lists[1:] {
			p.fault(s.at, "the step %q is for no other one, and so is %q, the list: want for: %s, or another flow", s.name, lists[0].name, lists[0].name)
		}
	}
	if len(lists) > 0 {
		p.f.list = lists[0]
	}
}

// checkUse finds fields that have no meaning where they are.
func (p *flowReader) checkUse(s *step) {
	if s == p.f.list {
		if s.collect != "" {
			p.fault(s.collectAt, "collect says how a step is joined, and %q is the list that others are joined to", s.name)
		}
		if s.onError != "" {
			p.fault(s.onErrorAt, "on_error is for steps that are for another one: without its list a run can't go on")
		}
		if s.kind() == "file" && s.file.string == p.f.output.file.string {
			p.fault(s.file.at, "the file %q is read and written: give the output another name", s.file.string)
		}
		if s.kind() == "file" && s.since != nil {
			p.fault(s.sinceAt, "since is for requests and queries: a file is read whole")
		}
		return
	}
	if s.kind() == "file" && s.parentName.string != "" {
		p.fault(s.file.at, "a file is a list: the step %q can't be for another one", s.name)
	}
	for _, at := range []struct {
		place
		what string
	}{{s.keyAt, "key"}, {s.sinceAt, "since"}} {
		if at.place != (place{}) && s.parentName.string != "" {
			p.fault(at.place, "%s is for the list, and %q is for %q", at.what, s.name, s.parentName.string)
		}
	}
}

// checkEach sees to it that pages which are told by how many items they have are not told
// by fewer.
func (p *flowReader) checkEach(s *step) {
	if s.pages != nil && (s.pages.page || s.pages.offset) && s.pages.count == nil && s.each != nil && drops(s.each.String()) {
		p.fault(s.eachAt, "each leaves items out, and by how many it finds it is known where a page ends, and the list: take all, and leave them out by emit, such as emit: %q", "select(.active)")
	}
}

// settle sets the defaults of a step.
func (p *flowReader) settle(s *step) {
	if s.collect == "" {
		s.collect = collectOne
		if s.each != nil || s.kind() == "sql" {
			s.collect = collectList
		}
	}
	if s.onError == "" {
		s.onError = onErrorFail
	}
}

// checkFields finds, in the templates of the list, fields that it can't have: there is
// no item yet. What the items of other steps have is known only when they are there.
func (p *flowReader) checkFields() {
	s := p.f.list
	if s == nil {
		return
	}
	known := []string{"since"}
	for _, v := range p.f.vars {
		known = append(known, v.name)
	}
	asked := slices.ContainsFunc(s.args, func(e *request.Expr) bool { return strings.Contains(exprText(e), ".since") })
	for _, t := range s.texts() {
		for _, f := range request.Fields(t.string) {
			asked = asked || f.Name == "since"
			switch {
			case f.Name == "since" && s.since == nil:
				p.fault(t.inside(f.Line, f.Column), "{{.since}} needs since: what is to be remembered for the next run")
			case !slices.Contains(known, f.Name):
				p.fault(t.inside(f.Line, f.Column), "there is no variable %q, and a list has no item yet%s", f.Name, suggest(f.Name, known[1:]))
			}
		}
	}
	if s.since != nil && s.since.max != nil && s.kind() != "file" && !asked {
		p.fault(s.sinceAt, `since remembers what nothing asks by: write it into the request, as in get: "…?updated_since={{query .since}}", or .since into args`)
	}
}

// plural is a number with what it is of.
func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
