package report

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
)

// maxProblems is how many broken lines are told one by one.
const maxProblems = 10

// Read reads results to the end of r and returns what they say. What is packed with
// gzip or zstd is unpacked. Lines that are no results don't end the reading: they are
// counted, and the first are told in Problems.
//
// If an index comes twice, r is read once more from where it stood, if it is an
// io.Seeker that can, so that only the last line of each index counts. What can't be
// read twice has all lines counted, and Repeated says how many of them should not
// have been. What is appended to r after the first reading does not count.
//
// If ctx ends, or has ended before, Read returns its cause; it looks between lines,
// and a Read of r that blocks is not interrupted. An error of r, also one of
// unpacking, such as for a file that is cut, is returned together with the summary of
// what came before it.
func Read(ctx context.Context, r io.Reader) (*Summary, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	start := int64(-1)
	if seeker, ok := r.(io.Seeker); ok {
		if at, err := seeker.Seek(0, io.SeekCurrent); err == nil {
			start = at
		}
	}
	first := &reading{all: new(repeats)}
	err := first.run(ctx, r)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if first.repeated == 0 || err != nil || start < 0 {
		first.summary.Repeated = first.repeated
		first.summary.finish(first.got)
		return &first.summary, err
	}
	if _, err := r.(io.Seeker).Seek(start, io.SeekStart); err != nil {
		return nil, fmt.Errorf("going back to read the results again: %w", err)
	}
	second := &reading{all: first.all, upTo: first.summary.Lines, passed: new(repeats)}
	if err := second.run(ctx, r); err != nil {
		return nil, err
	}
	second.summary.finish(second.got)
	return &second.summary, nil
}

// A reading is one way through the lines.
type reading struct {
	summary  Summary
	got      *collector
	all      *repeats // every index: what the first reading finds, and the second one knows
	repeated int64

	passed *repeats // what the second reading has passed of those that repeat; nil in the first
	upTo   int64    // the last line of the second reading
}

// run reads all lines. An error does not undo what was counted.
func (rd *reading) run(ctx context.Context, r io.Reader) error {
	rd.got = newCollector()
	in, done, err := plain(r)
	if err != nil {
		return err
	}
	defer done()
	return rd.lines(ctx, in)
}

func (rd *reading) lines(ctx context.Context, in *bufio.Reader) error {
	lines := lineReader{in: in}
	var rec record
	for rd.passed == nil || lines.n < rd.upTo {
		if lines.n%256 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		line, tooLong, err := lines.next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading line %d: %w", lines.n, err)
		}
		rd.summary.Lines++
		rec.line = lines.n
		switch {
		case tooLong:
			rd.broken(lines.n, fmt.Errorf("broken: it is longer than %d bytes", maxLine))
		case len(bytes.TrimSpace(line)) == 0:
		default:
			if err := rec.parse(line); err != nil {
				rd.broken(lines.n, err)
			} else if rd.counts(&rec) {
				rd.got.add(&rec)
			}
		}
	}
	return nil
}

func (rd *reading) broken(line int64, err error) {
	rd.summary.Broken++
	if len(rd.summary.Problems) < maxProblems {
		rd.summary.Problems = append(rd.summary.Problems, Problem{Line: line, Message: clean(err.Error())})
	}
}

// counts reports whether a result is one that no later line supersedes. The first
// reading doesn't know, and counts all.
func (rd *reading) counts(rec *record) bool {
	if rd.passed == nil {
		if rd.all.add(rec.index) {
			rd.repeated++
		}
		return true
	}
	if !rd.all.has(rec.index) {
		return true
	}
	rd.passed.add(rec.index)
	if rd.passed.last(rd.all, rec.index) {
		return true
	}
	rd.summary.Superseded++
	return false
}
