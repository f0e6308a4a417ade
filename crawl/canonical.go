package crawl

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// A Spelling brings URLs into one spelling, so that a page that is linked to in
// several ways is one page. The zero Spelling does what never changes which page is
// meant: lower-case scheme and host (in Punycode), no default port, no fragment, no
// dots in the path, percent-encoding only where it is needed and in upper case.
type Spelling struct {
	// Sort puts the parameters of a query in order.
	Sort bool
	// Strip takes parameters out of queries: names, or beginnings of names that end
	// with *, such as utm_*.
	Strip []string
}

// Resolve finds out what URL a link means that stands on a page, and spells it. The
// error says why it is none that can be fetched.
func (s *Spelling) Resolve(base *url.URL, link string) (*url.URL, error) {
	if link = strings.Trim(link, " \t\n\r\f"); strings.ContainsAny(link, "\t\n\r") {
		link = breaks.Replace(link)
	}
	u, err := url.Parse(link)
	if err != nil {
		if u, err = url.Parse(escapeStray(link)); err != nil {
			return nil, fmt.Errorf("%.200q is no URL: %w", link, reason(err))
		}
	}
	if base != nil {
		u = base.ResolveReference(u)
	}
	if u.Host == "" || u.Opaque != "" {
		return nil, fmt.Errorf("%.200q names no host", link)
	}
	if u.Scheme == "" {
		return nil, fmt.Errorf("%.200q has no scheme", link)
	}
	return s.spell(u)
}

// breaks are what browsers take out of a link.
var breaks = strings.NewReplacer("\t", "", "\n", "", "\r", "")

// reason is what a *url.Error says without the URL.
func reason(err error) error {
	if e, ok := err.(*url.Error); ok {
		return e.Err
	}
	return err
}

// escapeStray encodes what browsers take in a link and package url does not: percent
// signs that encode nothing, and blanks.
func escapeStray(link string) string {
	var b strings.Builder
	for i := 0; i < len(link); i++ {
		switch c := link[i]; {
		case c == '%' && !(i+2 < len(link) && isHex(link[i+1]) && isHex(link[i+2])):
			b.WriteString("%25")
		case c <= ' ' || c == 0x7F:
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func (s *Spelling) spell(u *url.URL) (*url.URL, error) {
	u.Scheme = strings.ToLower(u.Scheme)
	host, err := spellHost(u)
	if err != nil {
		return nil, err
	}
	u.Host, u.User, u.Fragment, u.RawFragment = host, nil, "", ""
	u.RawPath = cleanPath(spellEscapes(u.EscapedPath()))
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return nil, err
	}
	u.RawQuery = s.query(spellEscapes(u.RawQuery))
	u.ForceQuery = false
	return u, nil
}

// spellHost is the host of a URL in Punycode and lower case, with its port unless it
// is that of the scheme.
func spellHost(u *url.URL) (string, error) {
	host, port := u.Hostname(), u.Port()
	if !strings.Contains(host, ":") { // an IPv6 address is spelled as it is
		name, err := idna.Lookup.ToASCII(strings.TrimRight(host, "."))
		switch {
		case err == nil:
			host = name
		case strings.ContainsFunc(host, func(r rune) bool { return r > 0x7F }):
			return "", fmt.Errorf("%.200q is no name of a host: %w", host, err)
		}
	}
	host = strings.TrimRight(strings.ToLower(host), ".")
	if host == "" {
		return "", fmt.Errorf("%.200q names no host", u)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) {
		return "", fmt.Errorf("the port is %.20q: a port is a number from 1 to 65535", port)
	}
	if port != "" && !(u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443") {
		host += ":" + port
	}
	return host, nil
}

// cleanPath takes the dots out of a path, as RFC 3986, section 5.2.4 does. Slashes in a
// row mean something to some servers, and stay.
func cleanPath(p string) string {
	if p == "" {
		return "/"
	}
	if !strings.Contains(p, "/.") {
		return p
	}
	segments := strings.Split(p[1:], "/")
	clean := segments[:0]
	for i, segment := range segments {
		dots := segment == "." || segment == ".."
		if segment == ".." && len(clean) > 0 {
			clean = clean[:len(clean)-1]
		}
		switch {
		case !dots:
			clean = append(clean, segment)
		case i == len(segments)-1:
			clean = append(clean, "") // it is a folder
		}
	}
	return "/" + strings.Join(clean, "/")
}

// query takes out what is to be stripped, and sorts what is left if asked to.
func (s *Spelling) query(q string) string {
	if q == "" || !s.Sort && len(s.Strip) == 0 {
		return q
	}
	params := strings.Split(q, "&")
	params = slices.DeleteFunc(params, func(p string) bool {
		name, _, _ := strings.Cut(p, "=")
		return slices.ContainsFunc(s.Strip, func(pattern string) bool {
			if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
				return strings.HasPrefix(name, prefix)
			}
			return name == pattern
		})
	})
	if s.Sort {
		slices.Sort(params)
	}
	return strings.Join(params, "&")
}

// spellEscapes encodes what may not stand in a URL, decodes what need not be encoded,
// and writes the digits in upper case.
func spellEscapes(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == '%' || mustEscape(r) }) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			decoded, _ := url.PathUnescape(s[i : i+3])
			if c := decoded[0]; isUnreserved(c) {
				b.WriteByte(c)
			} else {
				b.WriteString(strings.ToUpper(s[i : i+3]))
			}
			i += 2
			continue
		}
		if c == '%' || mustEscape(rune(c)) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func mustEscape(r rune) bool {
	return r <= ' ' || r >= 0x7F || strings.ContainsRune("\"<>\\^`{|}", r)
}

// isUnreserved: RFC 3986, section 2.3.
func isUnreserved(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
