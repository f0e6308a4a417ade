package batch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
)

// Lines returns the lines of an output that count, in the order of the file: of a unit
// that was run again, the last. It takes no lock and changes nothing, so it may read
// what a job is writing at the moment: what comes later is left out, and so is an end
// that is not whole. The Data of a line is good until the next one.
//
// What ends it early comes last, with an empty line: the error of a file that can't be
// read, ErrNotRegular or ErrForeign, or a CorruptError behind what is good where the
// middle is damaged. The file is read twice.
func Lines(path string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		if err := readLines(path, yield); err != nil {
			yield(Line{}, err)
		}
	}
}

func readLines(path string, yield func(Line, error) bool) error {
	f, size, err := openRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	codec, err := codecAt(f)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	all := &repeats{tally: newTally(), beyond: make(map[int64]int)}
	var d *damage
	end := size
	if codec == nil {
		_, d, err = scanPlain(f, 0, size, 0, all.add)
	} else {
		_, _, d, err = scanFrames(codec, f, 0, size, 0, all.add)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if d != nil {
		end = d.offset
	}
	err = eachLine(codec, f, 0, end, func(data []byte) error {
		line := lineOf(data)
		if !all.drop(line.Index) && !yield(line, nil) {
			return errEnough
		}
		return nil
	})
	switch {
	case err == errEnough:
		return nil
	case err != nil:
		return fmt.Errorf("read %s: %w", path, err)
	case d != nil && d.middle():
		return &CorruptError{Path: path, Line: d.line, Offset: d.offset, Text: string(d.begin), Why: d.why}
	case d != nil && d.offset == 0 && !beginsLine(string(d.begin)):
		return fmt.Errorf("%w: %s begins with %.*q", ErrForeign, path, excerpt, d.begin)
	}
	return nil
}

// beginsLine reports whether b can be the beginning of a line.
func beginsLine(b string) bool {
	return strings.HasPrefix(linePrefix, b) || strings.HasPrefix(b, linePrefix)
}

// errEnough ends a reading of which no more is wanted.
var errEnough = errors.New("enough")

// Since returns all lines of an output from an offset on, where a line has to begin,
// as they are: also those that a later one has replaced. Otherwise it is as Lines, and
// what is not whole ends it. It is for outputs that are not packed.
func Since(path string, offset int64) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		f, size, err := openRegular(path)
		if err != nil {
			yield(Line{}, err)
			return
		}
		defer f.Close()
		r := newLineReader(f, min(offset, size), size)
		for {
			data, whole, err := r.next()
			if err == io.EOF || err == nil && !whole {
				return
			}
			if err == nil {
				if _, _, why := parseLine(data); why != "" {
					err = &CorruptError{Path: path, Offset: r.at - int64(len(data)) - 1, Text: string(data[:min(len(data), excerpt)]), Why: why}
				}
			}
			if err != nil {
				yield(Line{}, err)
				return
			}
			if !yield(lineOf(data), nil) {
				return
			}
		}
	}
}

// lineOf makes a Line of one that is known to be good.
func lineOf(data []byte) Line {
	index, ok, _ := parseLine(data)
	return Line{Index: index, Failed: ok == failed, Data: data}
}

func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%w: %s", ErrNotRegular, path)
	}
	f, err := os.Open(path)
	return f, info.Size(), err
}

// codecAt tells by its beginning how a file is packed, nil for not at all.
func codecAt(f io.ReaderAt) (codec, error) {
	b := make([]byte, 4)
	n, err := f.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	for _, c := range []codec{new(gzipCodec), new(zstdCodec)} {
		if bytes.HasPrefix(b[:n], c.magic()) {
			return c, nil
		}
	}
	return nil, nil
}

// repeats is a tally that knows of any number of lines how many there are of a unit.
type repeats struct {
	tally
	beyond map[int64]int // what the tally can't count
}

func (r *repeats) add(index int64, failed bool) {
	if len(r.extra) == mostExtra && r.extra[mostExtra-1].Contains(uint64(index)) {
		r.beyond[index]++
	}
	r.tally.add(index, failed)
}

// drop takes away one line of a unit of which there is another one, and reports
// whether there is.
func (r *repeats) drop(index int64) bool {
	if n := r.beyond[index]; n > 0 {
		r.beyond[index] = n - 1
		return true
	}
	return r.dropExtra(index)
}

// eachLine calls fn with the lines of a part of a file, all of which are good.
func eachLine(c codec, in io.ReaderAt, from, to int64, fn func(line []byte) error) error {
	if c == nil {
		return eachPlain(newLineReader(in, from, to), fn)
	}
	for at := from; at < to; {
		plain, size, err := c.unpack(io.NewSectionReader(in, at, to-at))
		if err != nil {
			return err
		}
		if err := eachPlain(newLineReader(bytes.NewReader(plain), 0, int64(len(plain))), fn); err != nil {
			return err
		}
		at += size
	}
	return nil
}

func eachPlain(r *lineReader, fn func(line []byte) error) error {
	for {
		line, whole, err := r.next()
		if err == io.EOF {
			return nil
		}
		if err == nil && !whole {
			err = io.ErrUnexpectedEOF
		}
		if err == nil {
			err = fn(line)
		}
		if err != nil {
			return err
		}
	}
}
