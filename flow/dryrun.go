package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/secret"
)

// Outline is a flow in a few words.
func (f *Flow) Outline() string {
	n := len(f.steps)
	text := fmt.Sprintf("%s, the list is %s", plural(int64(n), "step"), f.list.name)
	if len(f.limits) > 0 {
		text += ", " + plural(int64(len(f.limits)), "limit")
	}
	return text
}

// DryRun writes what a run would ask for, and asks for nothing: the first request of the
// list as a command of curl, and of the other steps, whose requests depend on items, the
// templates. What is secret is redacted. The error is one of ErrVar, or of the writer.
func (f *Flow) DryRun(out io.Writer, set map[string]string) error {
	vars, err := f.values(set)
	if err != nil {
		return err
	}
	if f.list.since != nil {
		vars["since"] = f.list.since.start.string
	}
	var b bytes.Buffer
	for _, s := range f.steps {
		f.dryStep(&b, s, vars)
	}
	_, err = io.WriteString(out, f.secrets.clean(printable(b.String())))
	return err
}

func (f *Flow) dryStep(b *bytes.Buffer, s *step, vars map[string]any) {
	if s.parent != nil {
		fmt.Fprintf(b, "# %s, for each of %s\n", s.name, s.parent.name)
	} else {
		fmt.Fprintf(b, "# %s, the list\n", s.name)
	}
	switch s.kind() {
	case "sql":
		fmt.Fprintf(b, "%s: %s\n", s.database.driver, s.sql.string)
		return
	case "file":
		fmt.Fprintln(b, s.file.string)
		return
	}
	if s.parent == nil {
		r := run{f: f, vars: vars}
		req, err := r.build(s, scope{vars: vars}, s.start())
		if err == nil {
			fmt.Fprintln(b, request.Curl(req))
			return
		}
	}
	fmt.Fprintln(b, s.asks())
	for _, h := range s.headers {
		fmt.Fprintf(b, "  %s: %s\n", h.name, secret.Header(h.name, h.value.string))
	}
	switch {
	case s.body.string+s.jsonText.string != "": // one of them
		fmt.Fprintf(b, "  %s\n", strings.ReplaceAll(s.body.string+s.jsonText.string, "\n", "\n  "))
	case s.json != nil:
		text, err := json.Marshal(describeTree(s.json.value))
		if err == nil {
			fmt.Fprintf(b, "  %s\n", text)
		}
	}
}
