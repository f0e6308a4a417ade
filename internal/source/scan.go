package source

import (
	"bytes"
	"errors"
	"io"
)

// errTooLong is what a scanner says of a line that is longer than its most.
var errTooLong = errors.New("line too long")

// firstBuffer is how much is read at once. Only a longer line makes a buffer grow.
const firstBuffer = 64 << 10

// scanner reads lines. It can look at several before it takes them, which a quoted
// newline needs.
type scanner struct {
	r       io.Reader
	max     int // the most that one look may take, in bytes
	buf     []byte
	at, end int // buf[at:end] is read and not taken
	line    int // of what is at at, from 1
	eof     bool
}

func newScanner(r io.Reader, most int) *scanner {
	return &scanner{r: r, max: most, buf: make([]byte, firstBuffer), line: 1}
}

// look finds the end of the line that begins from bytes after what was taken, and the
// beginning of the next. It fails with io.EOF when there is none, with errTooLong when
// its end would be more than max bytes away, and with what the reader failed with; it
// can then be called again.
func (s *scanner) look(from int) (end, next int, err error) {
	searched := from
	for {
		if i := bytes.IndexByte(s.buf[s.at+searched:s.end], '\n'); i >= 0 {
			end, next = searched+i, searched+i+1
		} else if searched = s.end - s.at; s.eof {
			end, next = searched, searched
		}
		switch {
		case max(searched, end) > s.max:
			return 0, 0, errTooLong
		case next > from:
			return end, next, nil
		case s.eof:
			return 0, 0, io.EOF
		}
		if err := s.fill(); err != nil {
			return 0, 0, err
		}
	}
}

// bytes is what a look found.
func (s *scanner) bytes(from, end int) []byte {
	return s.buf[s.at+from : s.at+end]
}

// take passes over what a look found, and so many lines.
func (s *scanner) take(next, lines int) {
	s.at += next
	s.line += lines
}

// takeLong passes over a line of any length.
func (s *scanner) takeLong() error {
	for {
		if i := bytes.IndexByte(s.buf[s.at:s.end], '\n'); i >= 0 {
			s.take(i+1, 1)
			return nil
		}
		if s.at = s.end; s.eof {
			return nil
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// fill reads more.
func (s *scanner) fill() error {
	if s.end == len(s.buf) {
		if s.at > 0 {
			s.end = copy(s.buf, s.buf[s.at:s.end])
			s.at = 0
		} else {
			s.buf = append(s.buf, make([]byte, len(s.buf))...)
		}
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if err == io.EOF {
			s.eof = true
			return nil
		}
		if n > 0 || err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// skipMark passes over a byte order mark. It fails for one that says UTF-16.
func (s *scanner) skipMark() error {
	for s.end-s.at < 3 && !s.eof {
		if err := s.fill(); err != nil {
			return err
		}
	}
	start := s.buf[s.at:s.end]
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		s.at += 3
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return errors.New("it is UTF-16; convert it to UTF-8")
	}
	return nil
}

// ahead returns what is read from so many bytes on, at least one byte of it. It fails
// with io.EOF when there is none, and with what the reader failed with; it can then be
// called again.
func (s *scanner) ahead(from int) ([]byte, error) {
	for s.end-s.at <= from {
		if s.eof {
			return nil, io.EOF
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
	return s.buf[s.at+from : s.end], nil
}
