package robots

import (
	"net/url"
	"strings"
)

// target is what of a URL is compared with patterns: path and query, in the
// spelling of patterns.
func target(u *url.URL) string {
	path := u.EscapedPath()
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if u.RawQuery != "" || u.ForceQuery {
		path += "?" + u.RawQuery
	}
	return literal.Replace(spell(path))
}

// literal spells what means itself in a path and something else in a pattern: a
// pattern says it like this, too.
var literal = strings.NewReplacer("*", "%2A", "$", "%24")

// spell brings a path or a pattern into the one spelling in which they are
// compared: RFC 9309, section 2.2.2.
func spell(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == '%' || encoded(r) }) {
		return s
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			if high, low := hex(s[i+1]), hex(s[i+2]); high >= 0 && low >= 0 {
				i, c = i+2, byte(high<<4|low)
				if unreserved(c) {
					b.WriteByte(c)
				} else {
					b.Write([]byte{'%', digits[high], digits[low]})
				}
				continue
			}
		}
		if encoded(rune(c)) {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// encoded reports whether an octet may not stand in a URL as it is.
func encoded(r rune) bool {
	return r <= ' ' || r >= 0x7F || strings.ContainsRune("\"<>\\^`{|}", r)
}

// unreserved reports whether an octet means the same whether it is encoded or not:
// RFC 3986, section 2.3.
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// hex is the value of a digit, or -1.
func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
