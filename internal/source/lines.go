package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// lines reads a file with a URL, or a piece of data, on each line. Blank lines and
// those that begin with # are none.
type lines struct {
	text
	glob     *Glob // of the line globLine, used up to globAt
	globAt   int64
	globLine int
}

func blankOrComment(line []byte) bool {
	inner, _ := trimmed(line)
	return len(inner) == 0 || inner[0] == '#'
}

func (l *lines) next(row *Row) error {
	for l.glob == nil {
		end, next, err := l.look(0)
		if errors.Is(err, errTooLong) {
			return l.tooLong(row)
		}
		if err != nil {
			return err
		}
		line, lineNo := l.bytes(0, end), l.line
		l.take(next, 1)
		if blankOrComment(line) {
			continue
		}
		*row = Row{File: l.file, Line: lineNo}
		if !l.globs(line) || l.opts.Data {
			l.decode(row, line)
			return nil
		}
		if err := l.expand(line, lineNo); err != nil {
			l.bad(row, lineNo, line, err.offset, err.reason)
			return nil
		}
	}
	l.fromGlob(row)
	return nil
}

// globs tells whether a line has to be read as a glob.
func (l *lines) globs(line []byte) bool {
	return l.opts.FileGlobs && bytes.ContainsAny(line, `{}\`)
}

type globFault struct {
	offset int
	reason string
}

func (l *lines) expand(line []byte, lineNo int) *globFault {
	if offset, reason := notText(line); reason != "" {
		return &globFault{offset, reason}
	}
	inner, before := trimmed(line)
	g, err := ParseGlob(string(inner))
	if e, ok := errors.AsType[*GlobError](err); ok {
		offset := 0
		for i := range string(inner) { // from characters to bytes
			if e.Column--; e.Column == 0 {
				offset = i
			}
		}
		return &globFault{before + offset, e.Reason}
	}
	l.glob, l.globAt, l.globLine = g, 0, lineNo
	return nil
}

func (l *lines) fromGlob(row *Row) {
	*row = Row{File: l.file, Line: l.globLine}
	url := l.glob.At(l.globAt)
	l.pass(1)
	if offset, reason := CheckURL(url); reason != "" {
		l.bad(row, row.Line, []byte(url), offset, reason)
		return
	}
	row.URL, row.Value = url, url
}

// pass passes over n texts of the glob, or what is left of it.
func (l *lines) pass(n int64) int64 {
	n = min(n, l.glob.Len()-l.globAt)
	if l.globAt += n; l.globAt == l.glob.Len() {
		l.glob = nil
	}
	return n
}

func (l *lines) decode(row *Row, line []byte) {
	if offset, reason := notText(line); reason != "" {
		l.bad(row, row.Line, line, offset, reason)
		return
	}
	inner, before := trimmed(line)
	value := string(inner)
	if l.opts.Data {
		row.Value, row.Raw = value, json.RawMessage(appendJSON(nil, value))
		return
	}
	if offset, reason := CheckURL(value); reason != "" {
		if strings.HasPrefix(value, "curl ") {
			offset, reason = 0, "not a URL, but a command; --in curl reads those"
		}
		l.bad(row, row.Line, line, before+offset, reason)
		return
	}
	row.URL, row.Value = value, value
}

func (l *lines) skip(n int64) (skipped int64, err error) {
	if !l.opts.FileGlobs || l.opts.Data {
		return l.skipLines(n, blankOrComment)
	}
	for skipped < n {
		if l.glob != nil {
			skipped += l.pass(n - skipped)
			continue
		}
		end, next, err := l.look(0)
		switch line := l.bytes(0, end); {
		case errors.Is(err, errTooLong):
			if err := l.takeLong(); err != nil {
				return skipped, err
			}
			skipped++
		case err != nil:
			return skipped, err
		default:
			l.take(next, 1)
			if blankOrComment(line) {
				continue
			}
			if !l.globs(line) || l.expand(line, l.line-1) != nil {
				skipped++ // a bad row is one too
			}
		}
	}
	return skipped, nil
}
