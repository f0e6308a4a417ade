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
	// Strip takes parameters out of queries, and out of paths, as in /page;jsessionid=7:
	// names, or beginnings of names that end with *, such as utm_*.
	Strip []string
}

// Resolve finds out what URL a link means that stands on a page, and spells it. The
// error says why it is none that can be fetched.
func (s *Spelling) Resolve(base *url.URL, link string) (*url.URL, error) {
	if link = strings.Trim(link, " \t\n\r\f"); strings.ContainsAny(link, "\t\n\r") {
		link = breaks.Replace(link)
	}
	u, err := url.Parse(asBrowsers(base, link))
	if err != nil {
		return nil, fmt.Errorf("%.200q is no URL: %w", link, reason(err))
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

// asBrowsers makes of a link what means the same to package url as the link to browsers.
// What package url would encode is encoded before: it encodes more than is needed as
// soon as anything is.
func asBrowsers(base *url.URL, link string) string {
	if base != nil { // http:x is x, on a page of http
		scheme, rest, _ := strings.Cut(link, ":")
		if strings.EqualFold(scheme, base.Scheme) && !strings.HasPrefix(rest, "//") {
			link = rest
		}
	}
	if end := strings.IndexAny(link, "?#"); end < 0 {
		link = strings.ReplaceAll(link, `\`, "/")
	} else {
		link = strings.ReplaceAll(link[:end], `\`, "/") + link[end:]
	}
	if at := strings.IndexAny(link, ":/?#"); at >= 0 && link[at] == ':' && !isScheme(link[:at]) {
		link = "./" + link // the colon is one of a name
	}
	return escapeStray(link)
}

// escapeStray encodes what may not stand in a URL, and percent signs that encode nothing.
func escapeStray(link string) string {
	if !strings.ContainsFunc(link, func(r rune) bool { return r == '%' || mustEscape(r) }) {
		return link
	}
	var b strings.Builder
	for i := 0; i < len(link); i++ {
		switch c := link[i]; {
		case c == '%' && !(i+2 < len(link) && isHex(link[i+1]) && isHex(link[i+2])):
			b.WriteString("%25")
		case mustEscape(rune(c)):
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isScheme: RFC 3986, section 3.1.
func isScheme(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !('0' <= c && c <= '9') && strings.IndexByte("+-.", c) < 0) {
			return false
		}
	}
	return text != ""
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
	u.RawPath = cleanPath(s.path(spellEscapes(u.EscapedPath())))
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
	if port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return "", fmt.Errorf("the port is %.20q: a port is a number from 1 to 65535", port)
		}
		port = strconv.Itoa(n) // 080 is 80
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
	params := slices.DeleteFunc(strings.Split(q, "&"), s.strips)
	if s.Sort {
		slices.Sort(params)
	}
	return strings.Join(params, "&")
}

// path takes out what is to be stripped.
func (s *Spelling) path(p string) string {
	if len(s.Strip) == 0 || strings.IndexByte(p, ';') < 0 {
		return p
	}
	segments := strings.Split(p, "/")
	for i, segment := range segments {
		parts := strings.Split(segment, ";")
		kept := slices.DeleteFunc(parts[1:], s.strips)
		segments[i] = strings.Join(parts[:1+len(kept)], ";")
	}
	return strings.Join(segments, "/")
}

// strips reports whether a parameter, name=value, is to be left out.
func (s *Spelling) strips(param string) bool {
	name, _, _ := strings.Cut(param, "=")
	return slices.ContainsFunc(s.Strip, func(pattern string) bool {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			return strings.HasPrefix(name, prefix)
		}
		return name == pattern
	})
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
	return r <= ' ' || r >= 0x7F || strings.IndexByte("\"<>\\^`{|}", byte(r)) >= 0
}

// isUnreserved: RFC 3986, section 2.3.
func isUnreserved(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
