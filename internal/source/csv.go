package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// csv reads a file of records, the first of which names the columns. A field between
// quotes may contain the separator, newlines, and quotes written twice. Empty lines are
// none.
type csv struct {
	text
	comma   byte
	lax     bool     // quotes within a field are characters, as TSV has them
	columns []string // nil before the header was read
	keys    []string // the columns as JSON
	fields  []string
	rewinds int
}

// maxRewinds is how many quotes without an end a file may have before they are no
// longer looked behind: each costs a look at up to max bytes.
const maxRewinds = 16

// errOpenQuote is what record says of a quote without an end.
var errOpenQuote = errors.New("a quote that is never closed")

// record finds the end of the next record, its newline not included, and how many
// lines it takes.
func (c *csv) record() (end, next, lines int, err error) {
	open := false
	for {
		from := next
		if end, next, err = c.look(from); err != nil {
			if from > 0 && (err == io.EOF || errors.Is(err, errTooLong)) {
				err = errOpenQuote
			}
			return 0, 0, 0, err
		}
		lines++
		if open = c.openAfter(c.bytes(from, end), open); !open {
			return end, next, lines, nil
		}
	}
}

// openAfter tells whether a quote is open at the end of a line.
func (c *csv) openAfter(line []byte, open bool) bool {
	for {
		if !open {
			// A quote opens at the beginning of a field, and nowhere else.
			if len(line) > 0 && line[0] == '"' {
				line, open = line[1:], true
				continue
			}
			i := bytes.IndexByte(line, c.comma)
			if i < 0 {
				return false
			}
			line = line[i+1:]
			continue
		}
		i := bytes.IndexByte(line, '"')
		if i < 0 {
			return true
		}
		if line = line[i+1:]; len(line) > 0 && line[0] == '"' {
			line = line[1:]
			continue
		}
		open = false
		if i = bytes.IndexByte(line, c.comma); i < 0 {
			return false
		}
		line = line[i+1:]
	}
}

// csvFault is what is wrong with a record, and at which byte of it.
type csvFault struct {
	offset int
	reason string
}

// split splits a record into fields.
func (c *csv) split(record []byte) ([]string, *csvFault) {
	c.fields = c.fields[:0]
	all := string(record)
	for at := 0; ; {
		var field string
		if strings.HasPrefix(all[at:], `"`) {
			end, fault := c.quoted(all, at)
			if fault != nil {
				return nil, fault
			}
			field = all[at+1 : end-1]
			if strings.Contains(field, `"`) {
				field = strings.ReplaceAll(field, `""`, `"`)
			}
			at = end
		} else {
			end := strings.IndexByte(all[at:], c.comma)
			if end < 0 {
				end = len(all) - at
			}
			field = all[at : at+end]
			if i := strings.IndexByte(field, '"'); i >= 0 && !c.lax {
				return nil, &csvFault{at + i, `a quote within a field that does not begin with one; write "" within quotes`}
			}
			at += end
		}
		c.fields = append(c.fields, field)
		if at == len(all) {
			return c.fields, nil
		}
		at++ // the comma
	}
}

// quoted returns the offset after the quote that ends the field at start.
func (c *csv) quoted(all string, start int) (int, *csvFault) {
	for at := start + 1; ; at += 2 {
		i := strings.IndexByte(all[at:], '"')
		if i < 0 {
			return 0, &csvFault{start, errOpenQuote.Error()}
		}
		at += i
		if strings.HasPrefix(all[at+1:], `"`) {
			continue
		}
		if at+1 < len(all) && all[at+1] != c.comma {
			return 0, &csvFault{at + 1, fmt.Sprintf("%q after the quote that ends a field; write \"\" for a quote within it", all[at+1])}
		}
		return at + 1, nil
	}
}

// header reads the names of the columns. Without them, no row can be read.
func (c *csv) header() error {
	for c.columns == nil {
		end, next, count, err := c.record()
		if err != nil {
			if errors.Is(err, errTooLong) || errors.Is(err, errOpenQuote) {
				return fmt.Errorf("%s:%d: the header: %w", c.file, c.line, err)
			}
			return err
		}
		record := trimEnd(c.bytes(0, end))
		if len(record) > 0 {
			if err := c.name(record); err != nil {
				return fmt.Errorf("%s:%d: the header: %w", c.file, c.line, err)
			}
		}
		c.take(next, count)
	}
	return nil
}

func (c *csv) name(record []byte) error {
	if _, reason := notText(record); reason != "" {
		return errors.New(reason)
	}
	if bytes.Count(record, []byte("\r")) > bytes.Count(record, []byte("\r\n")) {
		return errors.New(`there is a \r alone in it; if all lines end by that, convert them to end by \n`)
	}
	fields, fault := c.split(record)
	if fault != nil {
		return errors.New(fault.reason)
	}
	seen := make(map[string]bool)
	for i, field := range fields {
		field = strings.TrimSpace(field)
		if field == "" {
			return fmt.Errorf("column %d has no name", i+1)
		}
		if seen[field] {
			return fmt.Errorf("two columns have the name %q", field)
		}
		seen[field] = true
		c.columns = append(c.columns, field)
		c.keys = append(c.keys, string(appendJSON(nil, field)))
	}
	return nil
}

func (c *csv) next(row *Row) error {
	if err := c.header(); err != nil {
		return err
	}
	for {
		*row = Row{File: c.file, Line: c.line}
		end, next, count, err := c.record()
		switch {
		case errors.Is(err, errTooLong):
			return c.tooLong(row)
		case errors.Is(err, errOpenQuote):
			return c.unclosed(row)
		case err != nil:
			return err
		}
		record := trimEnd(c.bytes(0, end))
		c.take(next, count)
		if len(record) > 0 {
			c.decode(row, record)
			return nil
		}
	}
}

// unclosed makes a bad row of the line with a quote that is never closed, and goes on
// after it: what follows are most likely rows.
func (c *csv) unclosed(row *Row) error {
	end, next, err := c.look(0)
	if err != nil {
		return err
	}
	c.bad(row, c.line, trimEnd(c.bytes(0, end)), -1, errOpenQuote.Error())
	if c.rewinds++; c.rewinds <= maxRewinds {
		c.take(next, 1)
		return nil
	}
	row.Err.Reason += "; the rows up to the end of what was read for it are lost"
	all := c.bytes(0, min(c.scanner.end-c.at, c.max))
	all = all[:bytes.LastIndexByte(all, '\n')+1]
	c.take(len(all), bytes.Count(all, []byte{'\n'}))
	return c.takeLong()
}

func (c *csv) decode(row *Row, record []byte) {
	if offset, reason := notText(record); reason != "" {
		c.badAt(row, record, offset, reason)
		return
	}
	fields, fault := c.split(record)
	if fault == nil && len(fields) != len(c.columns) {
		fault = &csvFault{-1, fmt.Sprintf("want %d fields, as in the header, not %d", len(c.columns), len(fields))}
	}
	if fault != nil {
		c.badAt(row, record, fault.offset, fault.reason)
		return
	}
	value := make(map[string]any, len(fields))
	raw := make([]byte, 0, 2*len(record)+16*len(fields))
	for i, field := range fields {
		value[c.columns[i]] = field
		raw = append(raw, "{,"[min(i, 1)])
		raw = append(append(raw, c.keys[i]...), ':')
		raw = appendJSON(raw, field)
	}
	url, reason := urlOf(value, c.opts)
	if reason != "" {
		c.badAt(row, record, -1, reason)
		return
	}
	row.URL, row.Value, row.Raw = url, value, json.RawMessage(append(raw, '}'))
}

func (c *csv) skip(n int64) (skipped int64, err error) {
	if err := c.header(); err != nil {
		return 0, err
	}
	var row Row
	for skipped < n {
		end, next, count, err := c.record()
		switch {
		case errors.Is(err, errTooLong):
			err = c.tooLong(&row)
			skipped++
		case errors.Is(err, errOpenQuote):
			err = c.unclosed(&row)
			skipped++
		case err == nil:
			if len(trimEnd(c.bytes(0, end))) > 0 {
				skipped++
			}
			c.take(next, count)
		}
		if err != nil {
			return skipped, err
		}
	}
	return skipped, nil
}
