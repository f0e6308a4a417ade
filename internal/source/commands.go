package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/inflight-go/inflight/internal/draft"
)

// commands reads a file of command lines of curl, each of which may have several lines.
type commands struct {
	text
	command draft.Command
	suspect bool // a line after the first begins as a command does
	looked  int  // bytes behind quotes without an end, which were looked at twice
}

// maxLooked is how much may be looked at twice.
const maxLooked = 256 << 20

// read finds the end of the command that begins here, and how many lines it has.
func (c *commands) read() (end, next, lines int, err error) {
	c.command.Reset()
	c.suspect = false
	for more := true; more; lines++ {
		from := next
		if end, next, err = c.look(from); err != nil {
			if from > 0 && (err == io.EOF || errors.Is(err, errTooLong)) {
				c.looked += from
				err = errOpenQuote
			}
			return 0, 0, 0, err
		}
		line := c.bytes(from, end)
		c.suspect = c.suspect || lines > 0 && bytes.HasPrefix(line, []byte("curl "))
		more = c.command.Line(line, from)
	}
	return end, next, lines, nil
}

// item takes the next command into the row, and tells whether there was one on its lines.
func (c *commands) item(row *Row) (there bool, err error) {
	end, next, lines, err := c.read()
	switch {
	case errors.Is(err, errTooLong):
		return true, c.tooLong(row)
	case errors.Is(err, errOpenQuote):
		at, reason := c.command.Open()
		return true, c.unclosed(row, at, reason)
	case err != nil:
		return false, err
	}
	record := c.bytes(0, end)
	if blankOrComment(record) {
		c.take(next, lines)
		return false, nil
	}
	c.decode(row, record)
	if row.Err != nil && c.suspect {
		c.looked += end
		return true, c.unclosed(row, -1, "it goes on into the next command, by a quote that is not closed or a backslash at the end")
	}
	c.take(next, lines)
	return true, nil
}

func (c *commands) decode(row *Row, record []byte) {
	*row = Row{File: c.file, Line: c.line}
	if offset, reason := notText(record); reason != "" {
		c.badAt(row, record, offset, reason)
		return
	}
	req, fault := c.command.Request()
	switch {
	case fault != nil:
		c.badAt(row, record, fault.At, fault.Reason)
	case req == nil:
		c.badAt(row, record, 0, "not a command of curl")
	default:
		c.written(row, record, req)
	}
}

// unclosed makes a bad row of the line with which a command begins that does not end, and
// goes on after it: what follows are most likely commands.
func (c *commands) unclosed(row *Row, at int, reason string) error {
	end, next, err := c.look(0)
	if err != nil {
		return err
	}
	if c.looked > maxLooked {
		return fmt.Errorf("%s:%d: %s, as in others before; what is after it was not read", c.file, c.line, reason)
	}
	*row = Row{File: c.file, Line: c.line}
	if at > end {
		at = -1
	}
	c.bad(row, c.line, trimEnd(c.bytes(0, end)), at, reason)
	c.take(next, 1)
	return nil
}

func (c *commands) next(row *Row) error {
	for {
		if there, err := c.item(row); there || err != nil {
			return err
		}
	}
}

// skip decodes too: what is a command may depend on it.
func (c *commands) skip(n int64) (skipped int64, err error) {
	var row Row
	for skipped < n {
		there, err := c.item(&row)
		if err != nil {
			return skipped, err
		}
		if there {
			skipped++
		}
	}
	return skipped, nil
}
