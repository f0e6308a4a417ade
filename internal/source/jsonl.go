package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/inflight-go/inflight/internal/source/caret"
)

// jsonl reads a file with a JSON value on each line. Blank lines are none.
type jsonl struct {
	text
	feed feeder
	dec  *json.Decoder // reads from feed; nil after it failed
	fed  int64         // how many bytes it got
}

// feeder gives one line at a time, and a newline after it, to a decoder that lives on.
type feeder struct {
	line  []byte
	ended bool
}

func (f *feeder) Read(p []byte) (int, error) {
	if len(f.line) > 0 {
		n := copy(p, f.line)
		f.line = f.line[n:]
		return n, nil
	}
	if f.ended || len(p) == 0 {
		return 0, io.EOF
	}
	f.ended, p[0] = true, '\n' // a number ends with what follows it
	return 1, nil
}

func blank(line []byte) bool {
	inner, _ := trimmed(line)
	return len(inner) == 0
}

func (j *jsonl) next(row *Row) error {
	for {
		end, next, err := j.look(0)
		if errors.Is(err, errTooLong) {
			return j.tooLong(row)
		}
		if err != nil {
			return err
		}
		line := j.bytes(0, end)
		*row = Row{File: j.file, Line: j.line}
		j.take(next, 1)
		if !blank(line) {
			j.decode(row, line)
			return nil
		}
	}
}

func (j *jsonl) skip(n int64) (int64, error) {
	return j.skipLines(n, blank)
}

func (j *jsonl) decode(row *Row, line []byte) {
	if offset, reason := notText(line); reason != "" {
		j.bad(row, row.Line, line, offset, reason)
		return
	}
	inner, before := trimmed(line)
	if err := j.unmarshal(inner, &row.Value); err != nil {
		offset, reason := jsonFault(inner, err)
		j.bad(row, row.Line, line, before+offset, reason)
		return
	}
	url, reason := urlOf(row.Value, j.opts)
	if reason != "" {
		j.bad(row, row.Line, line, -1, reason)
		return
	}
	row.URL = url
	row.Raw = bytes.Clone(inner)
}

// unmarshal decodes a line that is one value. A decoder is the only way to keep numbers
// as they are written, and expensive to make: it is kept while all goes well.
func (j *jsonl) unmarshal(line []byte, v *any) error {
	if j.dec == nil {
		j.dec, j.fed = json.NewDecoder(&j.feed), 0
		j.dec.UseNumber()
	}
	j.feed = feeder{line: line}
	err := j.dec.Decode(v)
	j.fed += int64(len(line))
	if err == nil && j.dec.InputOffset() < j.fed {
		err = errTrailing
	}
	if j.feed.ended {
		j.fed++
	}
	if err != nil {
		j.dec = nil
	}
	return err
}

var errTrailing = errors.New("more than one value")

// jsonFault says what is wrong with a line that is no JSON value, and where.
func jsonFault(line []byte, err error) (offset int, reason string) {
	var v any
	err = errors.Join(json.Unmarshal(line, &v), err)
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return 0, fmt.Sprintf("not a JSON value: %v", err)
	}
	offset = min(max(int(syntax.Offset)-1, 0), len(line))
	reason = syntax.Error()
	if strings.HasPrefix(reason, "unexpected end") {
		offset, reason = len(line), "the line ends before the value does"
	}
	return offset, "not a JSON value: " + reason
}

// urlOf finds the URL of a row: the value itself, or its field of that name. Data need
// not have one.
func urlOf(value any, opts *Options) (url, reason string) {
	var found any
	switch v := value.(type) {
	case string:
		found = v
	case map[string]any:
		if found = v[opts.URLField]; found == nil && !opts.Data {
			return "", noField(opts.URLField, v)
		}
	case []any:
		if !opts.Data {
			return "", "no URL, but an array: want one value on each line; for one array of rows, say --in json"
		}
	default:
		if !opts.Data {
			return "", fmt.Sprintf("no URL: want a string, or an object with the field %q", opts.URLField)
		}
	}
	url, ok := found.(string)
	if opts.Data {
		return url, ""
	}
	if !ok {
		return "", fmt.Sprintf("the field %q is not a string", opts.URLField)
	}
	_, reason = CheckURL(url)
	return url, reason
}

// maxNames is how many fields are listed when one is missing.
const maxNames = 20

func noField(name string, fields map[string]any) string {
	names := make([]string, 0, len(fields))
	for field := range fields {
		names = append(names, field)
	}
	slices.Sort(names)
	reason := fmt.Sprintf("no field %q for the URL", name)
	if nearest := caret.Nearest(name, names); nearest != "" {
		reason += fmt.Sprintf("; is it %q?", nearest)
	}
	if len(names) > maxNames {
		return reason + fmt.Sprintf("; there are %d others", len(names))
	}
	return reason + "; there are: " + strings.Join(names, ", ")
}
