package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/inflight-go/inflight/internal/draft"
)

// written fills in a row that is a request.
func (t *text) written(row *Row, record []byte, r *draft.Request) {
	if offset, reason := CheckURL(r.URL.Value); reason != "" {
		if offset > 0 && bytes.HasPrefix(record[r.URL.At:], []byte(r.URL.Value[:offset])) {
			t.badAt(row, record, r.URL.At+offset, reason)
			return
		}
		if !strings.Contains(r.URL.Value, "@") { // before which a password may stand
			reason = fmt.Sprintf("%s: %q", reason, excerpt([]byte(r.URL.Value), offset))
		}
		t.badAt(row, record, r.URL.At, reason)
		return
	}
	row.URL, row.Value, row.Request = r.URL.Value, r.Value(), r
	if r.Name != "" {
		row.Raw = append(appendJSON([]byte(`{"name":`), r.Name), '}')
	}
}

// requests reads a file of requests as editors have them. A row is what stands between
// two lines that begin with ###, if there is a request in it.
type requests struct {
	text
	vars draft.HTTP
	long bool // the rest of a part that is too long has to be passed over
}

// part finds the end of the part that begins here, and how many lines it has.
func (r *requests) part() (end, lines int, err error) {
	for {
		lineEnd, next, err := r.look(end)
		switch {
		case err == io.EOF && end > 0:
			return end, lines, nil
		case errors.Is(err, errTooLong) && lines > 0 && draft.IsSeparator(r.bytes(end, min(end+3, r.end-r.at))):
			return end, lines, nil
		case err != nil:
			return end, lines, err
		case lines > 0 && draft.IsSeparator(r.bytes(end, lineEnd)):
			return end, lines, nil
		}
		end = next
		lines++
	}
}

// passLong passes over the rest of a part that is too long.
func (r *requests) passLong() error {
	for r.long {
		end, next, err := r.look(0)
		switch {
		case errors.Is(err, errTooLong):
			err = r.takeLong()
		case err == io.EOF, err == nil && draft.IsSeparator(r.bytes(0, end)):
			r.long = false
			return nil
		case err == nil:
			r.take(next, 1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *requests) next(row *Row) error {
	if err := r.passLong(); err != nil {
		return err
	}
	for {
		end, lines, err := r.part()
		*row = Row{File: r.file, Line: r.line}
		if errors.Is(err, errTooLong) {
			r.bad(row, r.line, r.bytes(0, min(r.end-r.at, maxExcerpt)), -1, fmt.Sprintf("the request is longer than %d bytes, which is the most", r.max))
			r.long = true
			if lines == 0 { // it may begin with the separator of this part
				return r.takeLong()
			}
			r.take(end, lines)
			return nil
		}
		if err != nil {
			return err
		}
		record := r.bytes(0, end)
		there := r.decode(row, record)
		r.take(end, lines)
		if there {
			return nil
		}
	}
}

// decode makes a row of a part, and tells whether there is one in it.
func (r *requests) decode(row *Row, record []byte) bool {
	if offset, reason := notText(record); reason != "" {
		r.badAt(row, record, offset, reason)
		return true
	}
	req, fault := r.vars.Request(string(record))
	switch {
	case fault != nil:
		r.badAt(row, record, fault.At, fault.Reason)
		return true
	case req == nil:
		return false
	}
	r.written(row, record, req)
	return true
}

// skip decodes too: there may be variables in what is passed over.
func (r *requests) skip(n int64) (skipped int64, err error) {
	var row Row
	for skipped < n {
		if err := r.next(&row); err != nil {
			return skipped, err
		}
		skipped++
	}
	return skipped, nil
}
