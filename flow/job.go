package flow

import (
	"fmt"
	"os"
	"strings"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/secret"
)

// job is what the output is of: all that changes what its rows say, and not how fast
// they come.
func (r *run) job() (batch.Job, error) {
	job := batch.Job{Options: map[string]string{"command": "flow"}}
	for _, v := range r.f.vars {
		given, ok := r.o.Vars[v.name]
		if !ok {
			given = v.value
		}
		job.Options["variable "+v.name] = given // env:NAME as it is written
	}
	for _, s := range r.f.steps {
		job.Options["step "+s.name] = s.describe()
		if s.file.string != "" {
			in, err := batch.Fingerprint(s.file.string)
			if err != nil {
				return job, fmt.Errorf("%s: %w: %w", s.name, ErrList, err)
			}
			job.Inputs = append(job.Inputs, in)
		}
	}
	if r.f.sel != nil {
		job.Options["select"] = r.f.sel.String()
	}
	for _, t := range r.f.output.tables {
		job.Options["table "+t.name] = fmt.Sprint(strings.Join(t.key, ","), " ", exprText(t.rows), " ", strings.Join(t.columns, ","))
	}
	return job, nil
}

// describe is a step as a text: two that get the same have the same. What may be secret
// in it is digested.
func (s *step) describe() string {
	var b strings.Builder
	if s.parent != nil {
		fmt.Fprintf(&b, "for %s ", s.parent.name)
	}
	switch s.kind() {
	case "http":
		fmt.Fprintf(&b, "%s %s", s.method, secret.URL(s.url.string))
		if rest := s.sent(); rest != "" {
			fmt.Fprintf(&b, " %s", batch.Digest(rest))
		}
	case "sql":
		b.WriteString(s.database.driver)
		if s.database.driver == "sqlite" { // a URL has what may change, such as a password
			b.WriteString(" " + s.database.string)
		}
		b.WriteString(" " + s.sql.string)
	case "file":
		b.WriteString("file " + s.format)
	}
	for _, e := range append([]*request.Expr{s.each, s.emit, s.key}, s.args...) {
		fmt.Fprintf(&b, " | %s", exprText(e))
	}
	fmt.Fprintf(&b, " | %s %s", s.collect, s.onError)
	if g := s.pages; g != nil {
		fmt.Fprintf(&b, " | %s %d %d", g.word(), g.first, g.size)
		if g.in == inBody {
			fmt.Fprintf(&b, " in the body, %s %s", g.param, g.sizeParam)
		}
	}
	if s.since != nil {
		fmt.Fprintf(&b, " | since %s %s", s.since.max, s.since.start.string)
	}
	return b.String()
}

// sent is what a request says beside what is shown of its URL.
func (s *step) sent() string {
	var b strings.Builder
	if secret.URL(s.url.string) != s.url.string {
		b.WriteString(s.url.string + "\n")
	}
	for _, pair := range append(s.headers[:len(s.headers):len(s.headers)], s.query...) {
		fmt.Fprintf(&b, "%s=%s\n", pair.name, pair.value.string)
	}
	b.WriteString(s.body.string + s.jsonText.string)
	if s.json != nil {
		fmt.Fprintf(&b, "%v", describeTree(s.json.value))
	}
	return b.String()
}

// describeTree is a body without what changes from run to run, such as addresses.
func describeTree(v any) any {
	switch v := v.(type) {
	case *leaf:
		return v.source
	case map[string]any:
		all := make(map[string]any, len(v))
		for name, value := range v {
			all[name] = describeTree(value)
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i, value := range v {
			all[i] = describeTree(value)
		}
		return all
	}
	return v
}

func exprText(e *request.Expr) string {
	if e == nil {
		return ""
	}
	return e.String()
}

// makeFolder makes the folder of the state.
func makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return fmt.Errorf("%w: %w", ErrOutput, err)
	}
	return nil
}
