package crawl

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
	"unicode/utf8"
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
func toUTF8(body []byte, contentType string) []byte {
	encoding, name, certain := charset.DetermineEncoding(body, contentType)
	if name == "utf-8" || !certain && utf8.Valid(body) {
		if body = bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")); !utf8.Valid(body) {
			body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
		}
		return body
	}
	text, err := encoding.NewDecoder().Bytes(body)
	if err != nil {
		return bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	return text
}

// scan reads a page of HTML in UTF-8. Nothing that can stand in it is an error.
func scan(body []byte) *markup {
	m := &markup{}
	z := html.NewTokenizer(bytes.NewReader(body))
	inTitle := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return m
		case html.TextToken:
			if inTitle && m.title == "" {
				m.title = titleOf(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := atom.Lookup(name)
			inTitle = tag == atom.Title
			if more {
				m.tag(tag, z)
			}
		case html.EndTagToken:
			inTitle = false
		}
	}
}

// titleOf is the text of a title, as much of it as there may be in a line.
func titleOf(text []byte) string {
	title := strings.Join(strings.Fields(string(text[:min(len(text), 4*maxTitle)])), " ")
	if len(title) > maxTitle {
		title = strings.ToValidUTF8(title[:maxTitle], "")
	}
	return title
}

// tag reads the attributes of those tags that matter.
func (m *markup) tag(tag atom.Atom, z *html.Tokenizer) {
	switch tag {
	case atom.A, atom.Area, atom.Link, atom.Frame, atom.Iframe, atom.Base, atom.Meta:
	default:
		return
	}
	var a attributes
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		a.set(key, value)
	}
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
		m.meta(&a)
	}
}

// attributes are those of a tag that matter. The first of a name counts.
type attributes struct {
	href, src, rel, name, content, equiv string
}

func (a *attributes) set(key, value []byte) {
	var at *string
	switch string(key) {
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
		*at = string(value)
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
		if _, target, ok := strings.Cut(a.content, ";"); ok {
			target = strings.TrimSpace(target)
			if len(target) > 4 && strings.EqualFold(target[:4], "url=") {
				m.link(strings.Trim(target[4:], `'" `), "")
			}
		}
	}
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

// from is the URL that the links of the page stand on.
func (m *markup) from(page *url.URL) *url.URL {
	if m.base == "" {
		return page
	}
	if base, err := page.Parse(m.base); err == nil && base.Host != "" {
		return base
	}
	return page
}
