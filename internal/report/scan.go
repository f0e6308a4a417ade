package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// A scanner walks through one JSON value without building it. What it steps over is
// checked only for quotes and brackets that belong together, which is enough to find
// a torn line, and is why bodies cost next to nothing.
type scanner struct {
	b []byte
	i int
}

var errTorn = errors.New("it ends in the middle")

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\r', '\n':
			s.i++
		default:
			return
		}
	}
}

// next returns the next byte that is no space, and stays before it.
func (s *scanner) next() (byte, error) {
	s.space()
	if s.i == len(s.b) {
		return 0, errTorn
	}
	return s.b[s.i], nil
}

// take steps over the byte that must come next.
func (s *scanner) take(want byte) error {
	c, err := s.next()
	if err != nil {
		return err
	}
	if c != want {
		return fmt.Errorf("byte %d is %q where %q belongs", s.i+1, c, want)
	}
	s.i++
	return nil
}

// text steps over a string, and returns what is between the quotes.
func (s *scanner) text() ([]byte, error) {
	if err := s.take('"'); err != nil {
		return nil, err
	}
	start := s.i
	for {
		quote := bytes.IndexByte(s.b[s.i:], '"')
		if quote < 0 {
			s.i = len(s.b)
			return nil, errTorn
		}
		end := s.i + quote
		s.i = end + 1
		slashes := 0
		for end-slashes > start && s.b[end-slashes-1] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return s.b[start:end], nil
		}
	}
}

// members calls member for each name of an object, which must step over the value.
// The name is as it stands between the quotes.
func (s *scanner) members(member func(name []byte) error) error {
	if err := s.take('{'); err != nil {
		return err
	}
	return s.list('}', func() error {
		name, err := s.text()
		if err != nil {
			return err
		}
		if bytes.IndexByte(name, '\\') >= 0 {
			if name, err = unescape(name); err != nil {
				return err
			}
		}
		if err := s.take(':'); err != nil {
			return err
		}
		return member(name)
	})
}

// list steps over what is between brackets and parted by commas.
func (s *scanner) list(end byte, item func() error) error {
	c, err := s.next()
	if err != nil {
		return err
	}
	if c == end {
		s.i++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if c, err = s.next(); err != nil {
			return err
		}
		if c == end {
			s.i++
			return nil
		}
		if err := s.take(','); err != nil {
			return err
		}
	}
}

// skip steps over any value.
func (s *scanner) skip() error {
	c, err := s.next()
	if err != nil {
		return err
	}
	switch c {
	case '"':
		_, err = s.text()
		return err
	case '{', '[':
		return s.skipNested()
	default:
		_, err = s.word()
		return err
	}
}

// skipNested steps over an object or array, however deep it is.
func (s *scanner) skipNested() error {
	for depth := 0; s.i < len(s.b); {
		switch s.b[s.i] {
		case '"':
			if _, err := s.text(); err != nil {
				return err
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.i++
		if depth == 0 {
			return nil
		}
	}
	return errTorn
}

// word steps over a number, true, false or null.
func (s *scanner) word() ([]byte, error) {
	if _, err := s.next(); err != nil {
		return nil, err
	}
	start := s.i
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c == '-', c == '+', c == '.', c == 'E':
		default:
			if s.i == start {
				return nil, fmt.Errorf("byte %d is %q where a value belongs", s.i+1, c)
			}
			return s.b[start:s.i], nil
		}
	}
	return s.b[start:s.i], nil
}

// null steps over null, and reports whether it was there. It stands for a field
// that is absent.
func (s *scanner) null() bool {
	if c, err := s.next(); err != nil || c != 'n' || !bytes.HasPrefix(s.b[s.i:], []byte("null")) {
		return false
	}
	s.i += len("null")
	return true
}

// decoded returns a string with its escapes resolved; one that has none still
// points into the line.
func (s *scanner) decoded() ([]byte, error) {
	if c, err := s.next(); err != nil {
		return nil, err
	} else if c != '"' {
		return nil, fmt.Errorf("%s is no string", s.quote())
	}
	text, err := s.text()
	if err != nil || bytes.IndexByte(text, '\\') < 0 {
		return text, err
	}
	return unescape(text)
}

// unescape resolves what stands between quotes.
func unescape(text []byte) ([]byte, error) {
	var out string
	quoted := append(append([]byte{'"'}, text...), '"')
	if err := json.Unmarshal(quoted, &out); err != nil {
		return nil, fmt.Errorf("a string is broken: %w", err)
	}
	return []byte(out), nil
}

// number returns a number that is not negative.
func (s *scanner) number() (float64, error) {
	shown := s.quote()
	w, err := s.word()
	if err != nil {
		return 0, fmt.Errorf("%s is no number", shown)
	}
	if n, ok := digits(w); ok {
		return float64(n), nil
	}
	v, err := strconv.ParseFloat(string(w), 64)
	if err != nil || w[0] != '-' && (w[0] < '0' || w[0] > '9') {
		return 0, fmt.Errorf("%s is no number", shown)
	}
	if v < 0 {
		return 0, fmt.Errorf("%s is below 0", shown)
	}
	return v, nil
}

// digits is strconv.ParseUint for what almost all numbers are.
func digits(w []byte) (n int64, ok bool) {
	if len(w) == 0 || len(w) > 18 {
		return 0, false
	}
	for _, c := range w {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// integer returns a whole number that is not negative.
func (s *scanner) integer() (int64, error) {
	start := s.i
	v, err := s.number()
	if err != nil {
		return 0, err
	}
	if n, ok := digits(bytes.TrimLeft(s.b[start:s.i], " \t\r\n")); ok {
		return n, nil
	}
	if v >= 1<<63 || v != float64(int64(v)) {
		return 0, fmt.Errorf("%s is no whole number", s.b[start:s.i])
	}
	return int64(v), nil
}

func (s *scanner) boolean() (bool, error) {
	shown := s.quote()
	switch w, _ := s.word(); string(w) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%s is neither true nor false", shown)
}

// quoted is the beginning of a value, for a message. It is made only when it is
// printed: every number has one.
type quoted struct{ b []byte }

func (q quoted) String() string {
	b := bytes.TrimSpace(q.b)
	if end := bytes.IndexAny(b, ",}] "); end > 0 {
		b = b[:end]
	}
	return strconv.Quote(cut(string(b[:min(len(b), 100)]), 40))
}

func (s *scanner) quote() quoted { return quoted{s.b[s.i:]} }
