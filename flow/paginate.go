package flow

import (
	"iter"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/itchyny/gojq"

	"github.com/inflight-go/inflight/internal/request"
)

// The defaults of paginate.
const (
	defaultParallel = 4
	defaultMaxPages = 10_000
)

// Where the parameters of pages are.
const (
	inQuery = "query" // of the URL
	inBody  = "body"  // fields of the JSON that is sent, by their paths
)

// paginate says how the pages of a step follow one another. One of link, next, cursor,
// page and offset is there.
type paginate struct {
	link      bool          // the header Link
	next      *request.Expr // a URL in the answer
	cursor    *request.Expr // a cursor in the answer, sent as param
	param     string        // of cursor, page or offset
	in        string        // where parameters are
	page      bool
	offset    bool
	first     int64
	size      int64 // 0 for the server's
	sizeParam string
	total     *request.Expr // how many items there are
	count     *request.Expr // how many pages there are
	parallel  int64
	most      int64
}

// drops reports whether an expression leaves out some of the items that it has taken from
// a list, as .items[] | select(.active) does.
func drops(expr string) bool {
	query, err := gojq.Parse(expr)
	if err != nil {
		return false // which was said
	}
	taken := false
	return dropsIn(query, &taken)
}

// droppers are the functions that have no result for some of what they get, and lessers
// those that make a list shorter.
var (
	droppers = []string{"select", "values", "empty", "nulls", "booleans", "numbers", "strings", "arrays", "objects", "iterables", "scalars"}
	lessers  = []string{"unique", "unique_by"}
)

// dropsIn is drops for a part of an expression; taken tells whether items have been taken
// before it, and then whether they have behind it.
func dropsIn(q *gojq.Query, taken *bool) bool {
	for _, q := range stages(q) {
		t := q.Term
		if t == nil {
			if q.Op == gojq.OpAlt && (dropsIn(q.Left, taken) || dropsIn(q.Right, taken)) {
				return true
			}
			continue
		}
		switch {
		case t.Func != nil && t.Func.Name == "map" && len(t.Func.Args) == 1: // unless it is one that the expression defines
			if inside := true; dropsIn(t.Func.Args[0], &inside) {
				return true
			}
		case t.Func != nil && (*taken && slices.Contains(droppers, t.Func.Name) || !*taken && slices.Contains(lessers, t.Func.Name)):
			return true
		case t.Query != nil && dropsIn(t.Query, taken):
			return true
		case t.Array != nil && t.Array.Query != nil:
			if inside := *taken; dropsIn(t.Array.Query, &inside) {
				return true
			}
		case t.If != nil:
			for branch := range branches(t.If) {
				if inside := *taken; dropsIn(branch, &inside) {
					return true
				}
			}
		}
		*taken = *taken || slices.ContainsFunc(t.SuffixList, func(s *gojq.Suffix) bool { return s.Iter })
	}
	return false
}

// branches are what a condition may come to.
func branches(i *gojq.If) iter.Seq[*gojq.Query] {
	return func(yield func(*gojq.Query) bool) {
		all := []*gojq.Query{i.Then, i.Else}
		for _, e := range i.Elif {
			all = append(all, e.Then)
		}
		for _, q := range all {
			if q != nil && !yield(q) {
				return
			}
		}
	}
}

// stages are the parts of an expression between its bars.
func stages(q *gojq.Query) []*gojq.Query {
	if q.Op != gojq.OpPipe {
		return []*gojq.Query{q}
	}
	return append(stages(q.Left), stages(q.Right)...)
}

// word is the one of the ways, as it is written.
func (p *paginate) word() string {
	switch {
	case p.link:
		return "next: link"
	case p.next != nil:
		return "next: " + p.next.String()
	case p.cursor != nil:
		return "cursor: " + p.cursor.String()
	case p.page:
		return "page: " + p.param
	}
	return "offset: " + p.param
}

// known tells whether pages can be fetched at the same time.
func (p *paginate) known() bool { return p.total != nil || p.count != nil }

func (p *flowReader) readPaginate(n ast.Node) *paginate {
	g := &paginate{first: -1, parallel: defaultParallel, most: defaultMaxPages, in: inQuery}
	at, ways := placeOf(n), 0
	var param, page, offset, sizeParam text
	var parallelAt, inAt place
	meant := p.mapping(n, "paginate", map[string]string{"stop_on_repeat": "it always does", "limit": "size says how many are on a page"},
		field{"next", func(n ast.Node) {
			ways++
			if t, ok := n.(*ast.StringNode); ok && t.Value == "link" {
				g.link = true
				return
			}
			p.expr(&g.next)(n)
		}},
		field{"cursor", func(n ast.Node) { ways++; p.expr(&g.cursor)(n) }},
		field{"param", p.text(&param, "the name of a parameter")},
		field{"in", func(n ast.Node) { inAt = placeOf(n); p.word(&g.in, inQuery, inBody)(n) }},
		field{"page", func(n ast.Node) { ways++; g.page = true; p.text(&page, "the name of a parameter, such as page")(n) }},
		field{"offset", func(n ast.Node) {
			ways++
			g.offset = true
			p.text(&offset, "the name of a parameter, such as offset")(n)
		}},
		field{"first", p.whole(&g.first, 0, 1<<40)},
		field{"size", p.whole(&g.size, 1, 1_000_000)},
		field{"size_param", p.text(&sizeParam, "the name of a parameter, such as per_page")},
		field{"total", p.expr(&g.total)},
		field{"pages", p.expr(&g.count)},
		field{"parallel", func(n ast.Node) { parallelAt = placeOf(n); p.whole(&g.parallel, 1, 1000)(n) }},
		field{"max_pages", p.whole(&g.most, 1, 100_000_000)},
	)
	if ways == 0 && (!isMapping(n) || meant["next"] || meant["cursor"] || meant["page"] || meant["offset"]) {
		return g // which was said
	}
	if ways != 1 {
		p.fault(at, "want one of next, cursor, page and offset, which say how pages follow one another")
		return g
	}
	numbered := g.page || g.offset
	switch {
	case !numbered && g.known():
		p.fault(at, "total and pages are for page and offset: a next page is known only when the one before is there")
	case parallelAt != (place{}) && !g.known():
		p.fault(parallelAt, "parallel needs total or pages: without them a page is known only when the one before is there")
	case inAt != (place{}) && !numbered && g.cursor == nil:
		p.fault(inAt, "in is for cursor, page and offset: a next page is asked for by its URL")
	case param.string != "" && g.cursor == nil:
		p.fault(param.at, "param is for cursor")
	case g.offset && g.size == 0:
		p.fault(offset.at, "offset needs size, how many items are on a page")
	}
	g.names(param.string, page.string, offset.string, sizeParam.string)
	return g
}

// names sets the names of parameters, and where the first page is.
func (g *paginate) names(param, page, offset, size string) {
	switch {
	case g.page:
		g.param = page
	case g.offset:
		g.param = offset
	case param != "":
		g.param = param
	default:
		g.param = "cursor"
	}
	if g.sizeParam = size; size == "" {
		g.sizeParam = "size"
		if g.offset {
			g.sizeParam = "limit"
		}
	}
	if g.first < 0 {
		g.first = 0
		if g.page {
			g.first = 1
		}
	}
}
