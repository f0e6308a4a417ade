package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// array reads a file with one array of JSON, whose items are the rows. It finds where
// they end by their brackets alone, so that an item that is wrong costs only itself.
type array struct {
	jsonl
	begun bool // the first bracket was taken
	after bool // an item was taken, and no comma after it
	comma bool // a comma was taken, and no item after it
	ended bool
	inner *item // that was begun, and whose end was not found yet

	column int // characters of the line that were taken
}

// item is one that is looked at: a wait for the rest of it may be given up, and begin again.
type item struct {
	brackets
	line   int
	column int  // characters before it in its line
	seen   int  // bytes of it that were looked at, and not taken
	long   bool // it is longer than the most: what was looked at was taken
}

// Errors after which nothing more can be read.
var (
	errOpenArray   = errors.New("the array ends without a ]")
	errOpenItem    = errors.New("a value that is never closed")
	errAfterArray  = errors.New("there is more after the array; for an array on each line, say --in jsonl")
	errNoSeparator = errors.New("no comma between two values")
)

// at says where a file can't be read further.
func (a *array) at(err error) error {
	return fmt.Errorf("%s:%d: %w", a.file, a.line, err)
}

// space passes over white space, and returns the first byte after it.
func (a *array) space() (byte, error) {
	for {
		rest, err := a.ahead(0)
		if err != nil {
			return 0, err
		}
		inner := bytes.TrimLeft(rest, " \t\r\n")
		a.takeText(len(rest) - len(inner))
		if len(inner) > 0 {
			return inner[0], nil
		}
	}
}

// start passes over what stands before an item, and tells whether there is one.
func (a *array) start() (item bool, err error) {
	for !a.ended {
		b, err := a.space()
		switch {
		case err == io.EOF && a.begun:
			return false, a.at(errOpenArray)
		case err != nil:
			return false, err
		case !a.begun:
			a.begun = true // it begins with a bracket, or it would be read as JSONL
		case a.after && b == ',':
			a.after, a.comma = false, true
		case b == ']' && !a.comma:
			a.ended = true
		case a.after:
			return false, a.at(errNoSeparator)
		default:
			return true, nil
		}
		a.takeText(1)
	}
	if _, err := a.space(); err != nil {
		return false, err
	}
	return false, a.at(errAfterArray)
}

// brackets follow a value to its end.
type brackets struct {
	open    []byte // those that are open
	deeper  int    // how many more are, whatever they are
	quote   bool
	escaped bool
}

// maxDepth is how deep brackets are told apart; deeper values are not decoded either.
const maxDepth = 10_000

// end returns where the value ends, or -1 if it goes on after the text.
func (b *brackets) end(text []byte) int {
	for i, c := range text {
		if b.quote {
			switch {
			case b.escaped:
				b.escaped = false
			case c == '\\':
				b.escaped = true
			case c == '"':
				b.quote = false
			}
			continue
		}
		switch c {
		case '"':
			b.quote = true
		case '{', '[':
			if len(b.open) == maxDepth {
				b.deeper++
			} else {
				b.open = append(b.open, c)
			}
		case '}':
			b.close('{')
		case ']':
			if !b.close('[') {
				return i
			}
		case ',':
			if len(b.open) == 0 {
				return i
			}
		}
	}
	return -1
}

// close closes the last bracket of that kind, and what is open within it. It tells
// whether there is one.
func (b *brackets) close(kind byte) bool {
	if b.deeper > 0 {
		b.deeper--
		return true
	}
	i := bytes.LastIndexByte(b.open, kind)
	if i >= 0 {
		b.open = b.open[:i]
	}
	return i >= 0
}

// find finds the end of the item. What is longer than the most is passed over.
func (a *array) find(it *item) (end int, err error) {
	for {
		rest, err := a.ahead(it.seen)
		if err != nil && err != io.EOF {
			return 0, err
		}
		end := it.end(rest)
		if err == io.EOF || end >= 0 && len(it.open) > 0 {
			return 0, fmt.Errorf("%s:%d: %w", a.file, it.line, errOpenItem)
		}
		if it.seen += len(rest); end >= 0 {
			it.seen += end - len(rest)
		}
		if it.long = it.long || it.seen > a.max; it.long {
			a.takeText(it.seen)
			it.seen = 0
		}
		if end >= 0 {
			return it.seen, nil
		}
	}
}

// takeText passes over so many bytes, and counts the lines in them.
func (a *array) takeText(n int) {
	taken := a.bytes(0, n)
	if i := bytes.LastIndexByte(taken, '\n'); i >= 0 {
		a.column = 0
		taken = taken[i+1:]
	}
	a.column += utf8.RuneCount(taken)
	a.take(n, bytes.Count(a.bytes(0, n), []byte{'\n'}))
}

// value takes the next item. It decodes into row, unless that is nil.
func (a *array) value(row *Row) error {
	if a.inner == nil {
		if there, err := a.start(); !there {
			return err
		}
		a.inner = &item{line: a.line, column: a.column}
	}
	it := a.inner
	end, err := a.find(it)
	if err != nil {
		return err
	}
	a.inner, a.after, a.comma = nil, true, false
	if row != nil {
		*row = Row{File: a.file, Line: it.line}
		if it.long {
			a.bad(row, it.line, nil, -1, fmt.Sprintf("the value is longer than %d bytes, which is the most", a.max))
		} else {
			a.decode(row, a.bytes(0, end))
		}
		if e := row.Err; e != nil && e.Column > 0 && e.Line == it.line {
			e.Column += it.column
		}
	}
	a.takeText(end)
	return nil
}

func (a *array) decode(row *Row, record []byte) {
	if offset, reason := notText(record); reason != "" {
		a.badAt(row, record, offset, reason)
		return
	}
	inner := bytes.TrimRight(record, " \t\r\n")
	if len(inner) == 0 {
		a.badAt(row, record, 0, "not a JSON value: there is none before the comma or the ]")
		return
	}
	if err := a.unmarshal(inner, &row.Value); err != nil {
		offset, reason := jsonFault(inner, err)
		a.badAt(row, record, offset, reason)
		return
	}
	url, reason := urlOf(row.Value, a.opts)
	if reason != "" {
		a.badAt(row, record, -1, reason)
		return
	}
	var line bytes.Buffer
	_ = json.Compact(&line, inner) // which is valid: it was decoded
	row.URL, row.Raw = url, line.Bytes()
}

func (a *array) next(row *Row) error { return a.value(row) }

func (a *array) skip(n int64) (skipped int64, err error) {
	for skipped < n {
		if err := a.value(nil); err != nil {
			return skipped, err
		}
		skipped++
	}
	return skipped, nil
}
