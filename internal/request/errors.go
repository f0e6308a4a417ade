package request

import (
	"errors"
	"fmt"

	"github.com/inflight-go/inflight/internal/source/caret"
)

// ErrSpec is wrapped by what Compile returns for a Spec that makes no sense, though its
// templates and expressions do.
var ErrSpec = errors.New("inflight/request: invalid request")

// A SyntaxError says where a template or an expression is wrong. Compile and
// CompileExpr return it.
type SyntaxError struct {
	What   string // such as "URL", `header "X-Id"` or "key"; empty for CompileExpr
	File   string // that has the template; empty for none
	Text   string // the line of the file, or the template, or the expression; stars for what is secret
	Line   int    // of the file, or the template, from 1
	Column int    // in characters, from 1
	Reason string
}

// Error returns the reason, and on two lines more the text with a caret under the
// column.
func (e *SyntaxError) Error() string {
	where := e.What
	if e.File != "" {
		where = fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
		if e.What != "" {
			where += ": " + e.What
		}
	} else if e.Line > 1 {
		where += fmt.Sprintf(", line %d", e.Line)
	}
	if where != "" {
		where += ": "
	}
	return where + e.Reason + "\n" + caret.Under(e.Text, e.Column)
}

// A RowError says why no request could be made of a row. Build returns it.
type RowError struct {
	What   string // such as "URL", `header "X-Id"` or "key"
	File   string // that has the template; empty for none
	Line   int    // of the file, or the template, from 1; zero if it is none
	Column int    // in characters, from 1
	Reason string
}

// Error returns all of it on one line.
func (e *RowError) Error() string {
	switch {
	case e.File != "" && e.Line > 0:
		return fmt.Sprintf("%s:%d:%d: %s: %s", e.File, e.Line, e.Column, e.What, e.Reason)
	case e.Line == 0:
		return e.What + ": " + e.Reason
	case e.Line == 1:
		return fmt.Sprintf("%s, column %d: %s", e.What, e.Column, e.Reason)
	}
	return fmt.Sprintf("%s, line %d, column %d: %s", e.What, e.Line, e.Column, e.Reason)
}
