package batch

import (
	"bytes"
	"io"
)

// A lineReader reads the lines of a part of a file.
type lineReader struct {
	in       io.ReaderAt
	at       int64 // of the next line
	end      int64 // of the part
	buf      []byte
	from, to int // of what is in buf and was not returned
}

const lineBuffer = 1 << 20

func newLineReader(in io.ReaderAt, from, to int64) *lineReader {
	return &lineReader{in: in, at: from, end: to, buf: make([]byte, lineBuffer)}
}

// next returns the next line, which is good until the next call, and whether a
// newline followed. At the end it returns io.EOF. Of a line that is too long, or does
// not begin as one, it returns the beginning.
func (r *lineReader) next() (line []byte, whole bool, err error) {
	looked := 0
	for {
		have := r.buf[r.from:r.to]
		if i := bytes.IndexByte(have[looked:], '\n'); i >= 0 {
			line = have[:looked+i]
			r.from += len(line) + 1
			r.at += int64(len(line) + 1)
			return line, true, nil
		}
		looked = len(have)
		left := r.end - r.at - int64(len(have))
		switch {
		case left == 0 && len(have) == 0:
			return nil, false, io.EOF
		case left == 0:
			r.from, r.at = r.to, r.end
			return have, false, nil
		case len(have) > MaxLine, len(have) > len(linePrefix) && string(have[:len(linePrefix)]) != linePrefix:
			return r.skip()
		}
		if err := r.fill(left); err != nil {
			return nil, false, err
		}
	}
}

// fill reads more, behind what is there.
func (r *lineReader) fill(left int64) error {
	have := r.to - r.from
	if have == len(r.buf) {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	if r.from > 0 {
		copy(r.buf, r.buf[r.from:r.to])
		r.from, r.to = 0, have
	}
	room := r.buf[r.to:]
	if int64(len(room)) > left {
		room = room[:left]
	}
	n, err := r.in.ReadAt(room, r.at+int64(have))
	r.to += n
	if n == 0 && err == io.EOF {
		return io.ErrUnexpectedEOF // it was longer before
	}
	if n > 0 || err == nil {
		return nil
	}
	return err
}

// skip goes to the end of a line that can't be one, without keeping it.
func (r *lineReader) skip() (begin []byte, whole bool, err error) {
	begin = bytes.Clone(r.buf[r.from:min(r.to, r.from+excerpt)])
	for {
		have := r.buf[r.from:r.to]
		if i := bytes.IndexByte(have, '\n'); i >= 0 {
			r.from += i + 1
			r.at += int64(i + 1)
			return begin, true, nil
		}
		r.at += int64(len(have))
		r.from, r.to = 0, 0
		if r.at == r.end {
			return begin, false, nil
		}
		if err := r.fill(r.end - r.at); err != nil {
			return nil, false, err
		}
	}
}

// excerpt is how much of a damaged line is shown.
const excerpt = 80

// A damage is where the good part of an output ends before its end.
type damage struct {
	line   int64  // from 1
	offset int64  // of the line, or of the frame
	begin  []byte // of the line
	why    string
	hole   bool // there are zeros in it
	follow bool // a good line follows
	more   bool // a line follows, good or not
}

// middle reports whether it is no end that a writer has left: that is one line, or what
// power took away.
func (d *damage) middle() bool { return d.follow || d.more && !d.hole }

// scanPlain reads the lines of a part of a file, of which lines come before, and
// returns how many are good, and where the first that is not begins.
func scanPlain(in io.ReaderAt, from, to, lines int64, each func(index int64, failed bool)) (int64, *damage, error) {
	r := newLineReader(in, from, to)
	for {
		at := r.at
		line, whole, err := r.next()
		if err == io.EOF {
			return lines, nil, nil
		}
		if err != nil {
			return lines, nil, err
		}
		index, ok, why := parseLine(line)
		if why == "" && !whole {
			why = "no newline follows"
		}
		if why != "" {
			d := &damage{
				line: lines + 1, offset: at, why: why,
				begin: bytes.Clone(line[:min(len(line), excerpt)]),
				hole:  bytes.IndexByte(line, 0) >= 0,
			}
			d.more = whole && r.at < to
			d.follow, err = r.anyGood()
			return lines, d, err
		}
		lines++
		each(index, ok == failed)
	}
}

// anyGood reports whether a good line comes.
func (r *lineReader) anyGood() (bool, error) {
	for {
		line, whole, err := r.next()
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if _, _, why := parseLine(line); why == "" && whole {
			return true, nil
		}
	}
}
