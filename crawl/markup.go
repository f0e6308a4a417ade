package crawl

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"net/url"
	"regexp"
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
	agent    string // who reads it
	title    string
	base     string // of <base href>
	links    []link
	most     int  // links that count
	noIndex  bool // <meta name="robots">
	noFollow bool
}

// link is one that stands on a page.
type link struct {
	href     string
	noFollow bool // rel="nofollow" and what is like it
}

// maxTitle is how long the title of a page may be, in bytes.
const maxTitle = 1000

// newMarkup is that of a page of so many bytes. No list that somebody has written has a link
// in every 20 of them; what has would take a multiple of its length.
func newMarkup(agent string, size int) *markup {
	return &markup{agent: agent, most: max(100_000, size/20)}
}

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
	if !certain {
		e = lateEncoding(body, e)
	}
	return decode(e, body)
}

// lateEncoding is the encoding that a body says it has where package charset does not look;
// guessed if it says none.
func lateEncoding(body []byte, guessed encoding.Encoding) encoding.Encoding {
	said := saidLate.FindSubmatch(body[:min(len(body), 64<<10)])
	if said == nil {
		return guessed
	}
	late, name := charset.Lookup(string(said[1]) + string(said[2]))
	if late == nil || strings.HasPrefix(name, "utf-") {
		return guessed
	}
	return late
}

// saidLate is what browsers find too, but package charset does not: a <meta> that comes
// late, and the declaration of XML.
var saidLate = regexp.MustCompile(`(?i)^\s*<\?xml\s[^>]*encoding\s*=\s*["']([^"'>]+)|<meta\s[^>]*charset\s*=\s*["']?\s*([^\s"'/>;]+)`)

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

// scan reads a page of HTML in UTF-8, for an agent. Nothing that can stand in it is an
// error.
func scan(text, agent string) *markup {
	s := scanner{m: newMarkup(agent, len(text))}
	s.scan(text)
	return s.m
}

// scanner reads the tokens of a page.
type scanner struct {
	m      *markup
	in     atom.Atom // the element that began last
	nested bool      // the text is that of a noscript
	drawn  int       // drawings that are open
	odd    bool      // the readers take for text what is none
}

func (s *scanner) scan(text string) {
	if before := *s.m; !s.scanPlain(text) {
		*s.m = before
		s.scanOdd(text)
	}
}

// scanPlain reads a page that is written plainly. It reports whether it is.
func (s *scanner) scanPlain(text string) bool {
	r := plainhtml.NewReader(text)
	for r.Next() {
		s.token(r)
	}
	return !r.Odd() && !s.odd
}

// scanOdd reads one that is not.
func (s *scanner) scanOdd(text string) {
	z := html.NewTokenizer(strings.NewReader(text))
	s.in, s.drawn = 0, 0
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return
		case html.TextToken:
			if s.in == atom.Title || s.in == atom.Noscript {
				s.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			if s.begin(atom.Lookup(name), kind == html.SelfClosingTagToken) {
				z.NextIsNotRawText()
			}
			if more && counts(s.in) {
				s.m.tag(s.in, attributesOf(z))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			s.end(atom.Lookup(name))
		}
	}
}

// begin takes the beginning of an element. It reports whether that is its end, too, as in
// a drawing, where <title/> has nothing in it.
func (s *scanner) begin(tag atom.Atom, closed bool) bool {
	s.in = tag
	if tag == atom.Svg && !closed {
		s.drawn++
	}
	return closed && s.drawn > 0
}

func (s *scanner) end(tag atom.Atom) {
	s.in = 0
	if tag == atom.Svg && s.drawn > 0 {
		s.drawn--
	}
}

// text takes a text in an element. What is in a noscript is for those who run no
// scripts, as a crawl does: the readers take it for text.
func (s *scanner) text(text string) {
	switch {
	case s.in == atom.Title && s.m.title == "" && s.drawn == 0:
		s.m.title = titleOf(text)
	case s.in == atom.Noscript && !s.nested:
		inside := scanner{m: s.m, nested: true}
		inside.scan(text)
	}
}

// token takes the token that was read last.
func (s *scanner) token(r *plainhtml.Reader) {
	switch r.Type {
	case html.TextToken:
		if s.in == atom.Title || s.in == atom.Noscript {
			s.text(r.Text)
		}
	case html.StartTagToken:
		if s.begin(r.Atom, r.Closed) && r.Raw() {
			s.odd = true
		}
		if counts(r.Atom) {
			var a attributes
			for i := range r.Attr {
				a.set(r.Attr[i].Key, r.Attr[i].Val)
			}
			s.m.tag(r.Atom, &a)
		}
	case html.EndTagToken:
		s.end(r.Atom)
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
		m.link(cmp.Or(a.href, a.xlink), a.rel)
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

	xlink string // of a link in a drawing
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
	case "xlink:href":
		at = &a.xlink
	default:
		return
	}
	if *at == "" {
		*at = value
	}
}

func (m *markup) link(href, rel string) {
	if href = strings.TrimSpace(href); href != "" && len(m.links) < m.most {
		m.links = append(m.links, link{href, hasWord(rel, "nofollow") || hasWord(rel, "ugc") || hasWord(rel, "sponsored")})
	}
}

func (m *markup) meta(a *attributes) {
	switch {
	case strings.EqualFold(a.name, "robots"), a.name != "" && strings.EqualFold(a.name, m.agent):
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

// followed are the links of those elements of a page of so many bytes that a selector
// finds, and of what is in them. Any that is found itself may be one, such as a style sheet.
func followed(doc *html.Node, size int, sel *Selector) []link {
	s := scanner{m: newMarkup("", size)}
	seen := make(map[*html.Node]bool)
	for _, found := range sel.all(doc) {
		if found.DataAtom == atom.Link || !counts(found.DataAtom) {
			a := attributesOfNode(found)
			s.m.link(a.href, a.rel)
			seen[found] = true
		}
		s.node(found, seen)
		for n := range found.Descendants() {
			s.node(n, seen)
		}
	}
	return s.m.links
}

// node takes a node of a tree, once.
func (s *scanner) node(n *html.Node, seen map[*html.Node]bool) {
	switch {
	case seen[n]:
	case n.Type == html.TextNode && n.Parent.DataAtom == atom.Noscript:
		s.in = atom.Noscript
		s.text(n.Data)
	case n.Type == html.ElementNode && counts(n.DataAtom) && n.DataAtom != atom.Meta:
		s.m.tag(n.DataAtom, attributesOfNode(n))
	}
	seen[n] = true
}

func attributesOfNode(n *html.Node) *attributes {
	a := &attributes{}
	for _, attr := range n.Attr {
		a.set(attr.Key, attr.Val)
	}
	return a
}

// from is the URL that the links of the page stand on. A base that is longer than URLs of
// sites for people are is none: each of the links would be as long.
func (m *markup) from(page *url.URL) *url.URL {
	if m.base == "" || len(m.base) > trapURL {
		return page
	}
	if base, err := new(Spelling).Resolve(page, m.base); err == nil {
		return base
	}
	return page
}
