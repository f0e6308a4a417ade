package limit

import (
	"iter"
	"strings"
)

// A member is one of a list or dictionary of structured fields (RFC 9651), as far
// as rate limits need them: strings, tokens and numbers, with parameters.
type member struct {
	key    string // in a dictionary
	item   string // without its quotes
	quoted bool
	params map[string]string
}

// members ranges over what is well-formed, up to where it no longer is.
func members(values []string) iter.Seq[member] {
	return func(yield func(member) bool) {
		n := 0
		for _, v := range values {
			s := scanner(v)
			for more := len(v) <= longestList; more; {
				var m member
				var ok bool
				m, more, ok = s.member()
				if n++; !ok || n > mostMembers || !yield(m) {
					return
				}
			}
		}
	}
}

// A scanner is what is left of a field's value.
type scanner string

// member reads the next, and whether there is one behind it.
func (s *scanner) member() (m member, more, ok bool) {
	m.item, m.quoted, ok = s.bare()
	if ok && !m.quoted && s.skip('=') {
		m.key = strings.ToLower(m.item)
		m.item, m.quoted, ok = s.bare()
	}
	for ok && s.skip(';') {
		var key, value string
		key, _, ok = s.bare()
		if ok && s.skip('=') {
			value, _, ok = s.bare()
		}
		if m.params == nil {
			m.params = make(map[string]string)
		}
		m.params[strings.ToLower(key)] = value
	}
	more = s.skip(',')
	return m, more, ok && (more || *s == "")
}

// bare reads a string, or what may be a token or a number.
func (s *scanner) bare() (item string, quoted, ok bool) {
	v := strings.TrimLeft(string(*s), " \t")
	if strings.HasPrefix(v, `"`) {
		item, rest, ok := unquote(v[1:])
		*s = scanner(rest)
		return item, true, ok
	}
	end := strings.IndexAny(v, ",;= \t\"")
	if end < 0 {
		end = len(v)
	}
	*s = scanner(v[end:])
	return v[:end], false, end > 0
}

// unquote reads up to the closing quote. A name is text that people will see:
// anything but printable ASCII is not well-formed.
func unquote(v string) (item, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == '"':
			return b.String(), v[i+1:], true
		case c == '\\' && i+1 < len(v) && (v[i+1] == '"' || v[i+1] == '\\'):
			i++
			c = v[i]
		case c == '\\' || c < ' ' || c > '~':
			return "", "", false
		}
		b.WriteByte(c)
	}
	return "", "", false
}

// skip takes c, if that is what is next.
func (s *scanner) skip(c byte) bool {
	v := strings.TrimLeft(string(*s), " \t")
	if v == "" || v[0] != c {
		*s = scanner(v)
		return false
	}
	*s = scanner(v[1:])
	return true
}
