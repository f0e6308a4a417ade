package flow

import (
	"bytes"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/source/caret"
)

// A Flow is what a file says. Make one with Parse. It does not change, and may be used
// by any number of goroutines at once.
type Flow struct {
	name   string
	vars   []variable
	limits []*limits
	steps  []*step // in the order of the file
	list   *step   // the one that is for no other
	sel    *request.Expr
	output output

	secrets secrets // that were seen so far
}

// env is the environment for templates. What comes from there is secret.
func (f *Flow) env(name string) (string, bool) {
	value, ok := os.LookupEnv(name)
	if ok {
		f.secrets.add(name, value)
	}
	return value, ok
}

// A variable has a value that is written in templates. One from the environment is
// secret.
type variable struct {
	name, value string
}

// Parse reads a flow and checks all of it. The name is that of the file, for errors: all
// that is wrong is in one Errors, each with its line and column.
func Parse(name string, text []byte) (*Flow, error) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF")) // which some editors write
	f := &Flow{name: name}
	p := &flowReader{reader: reader{name: name, lines: strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")}, f: f}
	if doc := p.document(text); doc != nil {
		p.flow(doc)
		p.check()
	}
	if err := p.faults.sorted(); err != nil {
		return nil, err
	}
	return f, nil
}

// Name returns the name that Parse was given.
func (f *Flow) Name() string { return f.name }

// flowReader reads the parts of a flow.
type flowReader struct {
	reader
	f *Flow

	version, stepsAt, outputAt place // zero where there are none

	noLimits bool // what limits there are is not known
}

// The fields of people who have used other tools.
var flowHints = map[string]string{
	"join": "a step that is for another one is joined to its items; collect says how, and select what is made of it",
	"env":  `a variable may be env:NAME, as in vars: {token: env:API_TOKEN}`,
}

func (p *flowReader) flow(n ast.Node) {
	whole := placeOf(n)
	meant := p.mapping(n, "a flow", flowHints,
		field{"version", p.readVersion},
		field{"vars", p.readVars},
		field{"limits", p.readLimits},
		field{"steps", p.readSteps},
		field{"select", p.expr(&p.f.sel)},
		field{"output", p.readOutput},
	)
	p.noLimits = p.noLimits || meant["limits"]
	if p.version == (place{}) && !meant["version"] {
		p.fault(whole, `there is no version: begin with "version: 1"`)
	}
	if p.stepsAt == (place{}) && !meant["steps"] {
		p.fault(whole, "there are no steps")
	}
	if p.outputAt == (place{}) && !meant["output"] {
		p.fault(whole, `there is no output: say where rows go, such as "output: {file: rows.jsonl}"`)
	}
}

func (p *flowReader) readVersion(n ast.Node) {
	p.version = placeOf(n)
	if t, ok := p.scalar(n, "the version, 1"); ok && t.string != "1" {
		p.fault(t.at, "version %q: this program knows version 1", t.string)
	}
}

// nameOf checks a name that templates may use.
func (p *flowReader) nameOf(what, name string, at place) {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			p.fault(at, "%q can't be the name of %s: want letters, digits and _, a letter first", name, what)
			return
		}
	}
	if name == "item" || name == "since" {
		p.fault(at, "%q can't be the name of %s: it is a name that every template has", name, what)
	}
}

func (p *flowReader) readVars(n ast.Node) {
	p.pairs(n, "vars", func(name string, at place, value ast.Node) {
		p.nameOf("a variable", name, at)
		t, ok := p.scalar(value, "a text or a number, or env:NAME")
		if ok {
			p.noTemplate(t)
		}
		p.f.vars = append(p.f.vars, variable{name, t.string})
	})
}

// limits are what several steps share.
type limits struct {
	name        string
	at          place
	rate        rate // zero for none
	rateHost    rate
	concurrency int64 // 0 for any
	perHost     int64
	retries     int64 // -1 where it is not said
	timeout     time.Duration
	used        bool
}

func (p *flowReader) readLimits(n ast.Node) {
	p.noLimits = !isMapping(n)
	p.pairs(n, "limits", func(name string, at place, value ast.Node) {
		l := &limits{name: name, at: at, retries: -1}
		p.f.limits = append(p.f.limits, l)
		const most = 1_000_000
		p.mapping(value, "a limit", map[string]string{"timeouts": "timeout is for each attempt"},
			field{"rate", p.rate(&l.rate)},
			field{"rate_host", p.rate(&l.rateHost)},
			field{"concurrency", p.whole(&l.concurrency, 1, most)},
			field{"per_host", p.whole(&l.perHost, 1, most)},
			field{"retries", p.whole(&l.retries, 0, 1000)},
			field{"timeout", p.duration(&l.timeout)},
		)
	})
}

// limit finds the limit of a name.
func (p *flowReader) limit(t text) *limits {
	if t.string == "" || p.noLimits {
		return nil
	}
	var names []string
	for _, l := range p.f.limits {
		if l.name == t.string {
			l.used = true
			return l
		}
		names = append(names, l.name)
	}
	near := caret.Nearest(t.string, names)
	for _, l := range p.f.limits {
		l.used = l.used || l.name == near // it was meant
	}
	p.fault(t.at, "there is no limit %q%s", t.string, suggest(t.string, names))
	return nil
}

// suggest is the nearest of the names, or all of them, behind what is wrong.
func suggest(name string, names []string) string {
	if near := caret.Nearest(name, names); near != "" {
		return `; did you mean "` + near + `"?`
	}
	if len(names) == 0 {
		return "; there are none"
	}
	return "; there are: " + strings.Join(names, ", ")
}
