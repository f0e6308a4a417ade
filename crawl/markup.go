package crawl

import (
	"bytes"
	"encoding/binary"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/plainhtml"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
)

// markup is what a crawl has to know of a page of HTML, read without making a tree
// of it.
type markup struct {
	title    string
	base     string // of <base href>
	links    []link
	noIndex  bool // <meta name="robots">
	noFollow bool
}

// link is one that stands on a page.
type link struct {
	href     string
	noFollow bool // rel="nofollow" and what is like it
}

// maxLinks is how many links of a page count, and maxTitle how long its title may be, in
// bytes.
const (
	maxLinks = 100_000
	maxTitle = 1000
)

// toUTF8 decodes a body of HTML by what its header, a byte order mark or a <meta> say,
// and by what it looks like.
//
// The name of an encoding counts more than all of that, if it is there.
func toUTF8(body []byte, contentType, name string) []byte {
	if name != "" {
		encoding, _ := charset.Lookup(name)
		return decode(encoding, body)
	}
	if isASCII(body) && bytes.IndexByte(body, 0x1B) < 0 && !strings.Contains(strings.ToLower(contentType), "charset") {
		return body // whatever a <meta> says, it means the same
	}
	e, name, certain := charset.DetermineEncoding(body, contentType)
	if name == "utf-8" || !certain && utf8.Valid(body) {
		if body = bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")); !utf8.Valid(body) {
			body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
		}
		return body
	}
	return decode(e, body)
}

// ValidCharset reports whether there is an encoding of that name, such as utf-8, latin1
// or shift_jis. There is one without a name.
func ValidCharset(name string) bool {
	e, _ := charset.Lookup(name)
	return name == "" || e != nil
}

func decode(e encoding.Encoding, body []byte) []byte {
	text, err := e.NewDecoder().Bytes(body)
	if err != nil {
		return bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	return text
}

// isASCII reports whether a text is in ASCII.
func isASCII(text []byte) bool {
	for len(text) >= 8 {
		if binary.LittleEndian.Uint64(text)&0x8080808080808080 != 0 {
			return false
		}
		text = text[8:]
	}
	for _, c := range text {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// scan reads a page of HTML in UTF-8. Nothing that can stand in it is an error.
func scan(text string) *markup {
	if m := scanPlain(text); m != nil {
		return m
	}
	m := &markup{}
	z := html.NewTokenizer(strings.NewReader(text))
	inTitle := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return m
		case html.TextToken:
			if inTitle && m.title == "" {
				m.title = titleOf(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := atom.Lookup(name)
			inTitle = tag == atom.Title
			if more && counts(tag) {
				m.tag(tag, attributesOf(z))
			}
		case html.EndTagToken:
			inTitle = false
		}
	}
}

// scanPlain is scan for a page that is written plainly; nil for another one.
func scanPlain(text string) *markup {
	r := plainhtml.NewReader(text)
	s := scanner{m: &markup{}}
	for r.Next() {
		s.token(r)
	}
	if r.Odd() {
		return nil
	}
	return s.m
}

// scanner reads the tokens of a page that is written plainly.
type scanner struct {
	m       *markup
	inTitle bool
}

// token takes the token that was read last.
func (s *scanner) token(r *plainhtml.Reader) {
	switch r.Type {
	case html.TextToken:
		if s.inTitle && s.m.title == "" {
			s.m.title = titleOf(r.Text)
		}
	case html.StartTagToken:
		s.inTitle = r.Atom == atom.Title
		if counts(r.Atom) {
			var a attributes
			for i := range r.Attr {
				a.set(r.Attr[i].Key, r.Attr[i].Val)
			}
			s.m.tag(r.Atom, &a)
		}
	case html.EndTagToken:
		s.inTitle = false
	}
}

// titleOf is the text of a title, as much of it as there may be in a line.
func titleOf(text string) string {
	title := strings.Join(strings.Fields(text[:min(len(text), 4*maxTitle)]), " ")
	if len(title) > maxTitle {
		title = strings.ToValidUTF8(title[:maxTitle], "")
	}
	return title
}

// counts reports whether the attributes of a tag matter.
func counts(tag atom.Atom) bool {
	switch tag {
	case atom.A, atom.Area, atom.Link, atom.Frame, atom.Iframe, atom.Base, atom.Meta:
		return true
	}
	return false
}

// attributesOf are those of the tag that was read last.
func attributesOf(z *html.Tokenizer) *attributes {
	a := &attributes{}
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		a.set(string(key), string(value))
	}
	return a
}

// tag takes a tag that matters.
func (m *markup) tag(tag atom.Atom, a *attributes) {
	switch tag {
	case atom.A, atom.Area:
		m.link(a.href, a.rel)
	case atom.Frame, atom.Iframe:
		m.link(a.src, "")
	case atom.Link:
		if hasWord(a.rel, "next") || hasWord(a.rel, "prev") || hasWord(a.rel, "canonical") {
			m.link(a.href, "")
		}
	case atom.Base:
		if m.base == "" {
			m.base = a.href
		}
	case atom.Meta:
		m.meta(a)
	}
}

// attributes are those of a tag that matter. The first of a name counts.
type attributes struct {
	href, src, rel, name, content, equiv string
}

func (a *attributes) set(key, value string) {
	var at *string
	switch key {
	case "href":
		at = &a.href
	case "src":
		at = &a.src
	case "rel":
		at = &a.rel
	case "name":
		at = &a.name
	case "content":
		at = &a.content
	case "http-equiv":
		at = &a.equiv
	default:
		return
	}
	if *at == "" {
		*at = value
	}
}

func (m *markup) link(href, rel string) {
	if href = strings.TrimSpace(href); href != "" && len(m.links) < maxLinks {
		m.links = append(m.links, link{href, hasWord(rel, "nofollow") || hasWord(rel, "ugc") || hasWord(rel, "sponsored")})
	}
}

func (m *markup) meta(a *attributes) {
	switch {
	case strings.EqualFold(a.name, "robots"):
		m.robots(a.content)
	case strings.EqualFold(a.equiv, "refresh"):
		m.link(refresh(a.content), "")
	}
}

// refresh is where a refresh leads, read as browsers do: a time, a semicolon, a comma or
// blanks, "url=" or not, and quotes or not.
func refresh(content string) string {
	const blanks = " \t\n\f\r"
	rest := strings.TrimLeft(content, blanks)
	time := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
	after := strings.TrimLeft(rest[time:], blanks)
	target := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(after, ";"), ","), blanks)
	if time == 0 || after != "" && len(target) == len(rest[time:]) {
		return "" // no time, or something that belongs to it
	}
	if len(target) > 3 && strings.EqualFold(target[:3], "url") {
		if value, ok := strings.CutPrefix(strings.TrimLeft(target[3:], blanks), "="); ok {
			target = strings.TrimLeft(value, blanks)
		}
	}
	if target != "" && (target[0] == '\'' || target[0] == '"') {
		target, _, _ = strings.Cut(target[1:], target[:1])
	}
	return target
}

// saidTo is what of an X-Robots-Tag an agent is told: behind the name of another one and
// a colon nothing, until the end of the header. What has a blank in it is no name, but
// may be a date with its time.
func saidTo(agent, value string) string {
	var said []string
	to := ""
	for part := range strings.SplitSeq(value, ",") {
		if name, rest, ok := strings.Cut(part, ":"); ok && !hasWord("unavailable_after max-snippet max-image-preview max-video-preview", strings.TrimSpace(name)) {
			if name = strings.TrimSpace(name); !strings.ContainsAny(name, " \t") {
				to, part = name, rest
			}
		}
		if to == "" || strings.EqualFold(to, agent) {
			said = append(said, part)
		}
	}
	return strings.Join(said, ",")
}

// robots reads what a page, or the header X-Robots-Tag, says to robots.
func (m *markup) robots(content string) {
	m.noIndex = m.noIndex || hasWord(content, "noindex") || hasWord(content, "none")
	m.noFollow = m.noFollow || hasWord(content, "nofollow") || hasWord(content, "none")
}

// hasWord reports whether a word is in a list, parted by blanks or commas.
func hasWord(list, word string) bool {
	if len(list) < len(word) {
		return false
	}
	for w := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// followed are the links of those elements of a page that a selector finds, and of what
// is in them.
func followed(doc *html.Node, sel *Selector) []link {
	m := &markup{}
	seen := make(map[*html.Node]bool)
	take := func(n *html.Node) {
		if n.Type != html.ElementNode || seen[n] {
			return
		}
		seen[n] = true
		var a attributes
		for _, attr := range n.Attr {
			a.set(attr.Key, attr.Val)
		}
		switch n.DataAtom {
		case atom.Frame, atom.Iframe:
			m.link(a.src, "")
		case atom.Base:
		default:
			m.link(a.href, a.rel)
		}
	}
	for _, found := range sel.all(doc) {
		take(found)
		for n := range found.Descendants() {
			take(n)
		}
	}
	return m.links
}

// from is the URL that the links of the page stand on.
func (m *markup) from(page *url.URL) *url.URL {
	if m.base == "" {
		return page
	}
	if base, err := new(Spelling).Resolve(page, m.base); err == nil {
		return base
	}
	return page
}
