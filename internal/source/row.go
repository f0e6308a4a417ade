package source

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/inflight-go/inflight/internal/draft"
	"github.com/inflight-go/inflight/internal/secret"
)

// A Row is one row of the input.
type Row struct {
	// Index is the position of the row in the whole input, from 0.
	Index int64
	// File is where it comes from: the name of a file, "stdin", or "argument".
	File string
	// Line is the line on which it begins, from 1, or the number of the argument.
	Line int
	// URL is what to fetch. It is empty in data without a field for it.
	URL string
	// Value is what templates and expressions see: a decoded JSON value, with numbers
	// as json.Number; a map[string]any from columns to strings; a line as a string; a
	// request as draft.Request.Value has it.
	Value any
	// Request is the whole request, in a file of requests; nil otherwise.
	Request *draft.Request
	// Raw is the row as JSON, on one line, to be repeated in the output. It is nil for
	// a row that is nothing but its URL, and for a bad one. Of a request it is the name,
	// if it has one: the rest may be secret.
	Raw json.RawMessage
	// Err is why the row can't be used. Of such a row, only the place is set.
	Err *RowError
}

// A RowError says what is wrong with a row.
type RowError struct {
	File   string
	Line   int // from 1
	Column int // in characters, from 1; zero for the whole line
	Reason string
	Text   string // the line, or the part of it around the column, without what is secret; empty for a request
}

// Error returns file:line:column, the reason, and the text, on one line.
func (e *RowError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d", e.File, e.Line)
	if e.Column > 0 {
		fmt.Fprintf(&b, ":%d", e.Column)
	}
	fmt.Fprintf(&b, ": %s", e.Reason)
	if e.Text != "" {
		fmt.Fprintf(&b, ": %q", e.Text)
	}
	return b.String()
}

// maxExcerpt is how much of a bad line is quoted, in bytes, and maxView how much of it
// is looked at to find what is secret.
const (
	maxExcerpt = 80
	maxView    = 8 << 10
)

// excerpt is the part of a line around an offset, cut where characters end, and without
// what is secret.
func excerpt(line []byte, offset int) string {
	if len(line) > maxView {
		from := min(max(offset-maxView/2, 0), len(line)-maxView)
		line, offset = line[from:from+maxView], offset-from
	}
	line = []byte(secret.Body(string(line)))
	from := 0
	if len(line) > maxExcerpt {
		from = min(max(offset-maxExcerpt/2, 0), len(line)-maxExcerpt)
		line = line[from : from+maxExcerpt]
	}
	text := strings.ToValidUTF8(string(line), "")
	if from > 0 || len(line) == maxExcerpt {
		return strings.TrimSpace(text)
	}
	return text
}
