package source

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/source/caret"
)

// reader reads the rows of one part of the input.
type reader interface {
	// next fills in a row: File and Line, and either Err or the rest, but not Index.
	// It fails with io.EOF at the end, and otherwise if nothing more can be read.
	next(row *Row) error
	// skip passes over up to n rows without decoding them, and returns how many those
	// were: fewer than n only with an error.
	skip(n int64) (int64, error)
}

// text is what readers of lines have in common.
type text struct {
	*scanner
	file string
	opts *Options
	mute bool // lines are not quoted in errors, since they have what is secret
}

// bad makes a bad row of a line. The offset is of the bytes that are wrong; negative
// means the whole line.
func (t *text) bad(row *Row, lineNo int, line []byte, offset int, reason string) {
	e := &RowError{File: t.file, Line: lineNo, Reason: reason}
	if !t.mute {
		e.Text = excerpt(line, offset)
	}
	if offset >= 0 {
		e.Column = caret.Column(string(line), offset)
	}
	*row = Row{File: t.file, Line: row.Line, Err: e}
}

// badAt makes a bad row of a record that may have several lines and begins in that of the
// row; the place is told in the line in which it is.
func (t *text) badAt(row *Row, record []byte, offset int, reason string) {
	before := record[:min(max(offset, 0), len(record))]
	lineNo := row.Line + bytes.Count(before, []byte{'\n'})
	start := bytes.LastIndexByte(before, '\n') + 1
	line, _, _ := bytes.Cut(record[start:], []byte{'\n'})
	t.bad(row, lineNo, trimEnd(line), max(offset-start, -1), reason)
}

// trimEnd takes the carriage return away.
func trimEnd(record []byte) []byte {
	return bytes.TrimSuffix(record, []byte{'\r'})
}

// tooLong makes a bad row of a line that is too long, and passes over it.
func (t *text) tooLong(row *Row) error {
	row.File, row.Line = t.file, t.line
	start := t.bytes(0, min(t.end-t.at, t.max, maxExcerpt))
	t.bad(row, t.line, start, -1, fmt.Sprintf("the line is longer than %d bytes, which is the most", t.max))
	return t.takeLong()
}

// notText finds the first byte that no text has, and says what it is. The offset is
// negative if there is none.
func notText(line []byte) (offset int, reason string) {
	if i := bytes.IndexByte(line, 0); i >= 0 {
		return i, "a NUL byte; the file is no text, or is damaged here"
	}
	if utf8.Valid(line) {
		return -1, ""
	}
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && size == 1 {
			return i, fmt.Sprintf("the byte 0x%02x is not valid UTF-8", line[i])
		}
		i += size
	}
	return -1, ""
}

// trimmed is a line without the white space around it, and how much was before it.
func trimmed(line []byte) ([]byte, int) {
	inner := bytes.TrimLeft(line, " \t\r\f\v")
	return bytes.TrimRight(inner, " \t\r\f\v"), len(line) - len(inner)
}

// skipLines is skip where a row is a line; blank tells which lines are none.
func (t *text) skipLines(n int64, blank func([]byte) bool) (skipped int64, err error) {
	for skipped < n {
		end, next, err := t.look(0)
		switch {
		case errors.Is(err, errTooLong):
			if err := t.takeLong(); err != nil {
				return skipped, err
			}
			skipped++
			continue
		case err != nil:
			return skipped, err
		}
		if !blank(t.bytes(0, end)) {
			skipped++
		}
		t.take(next, 1)
	}
	return skipped, nil
}
