package crawl

import (
	"bytes"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// asHTML writes a page of XHTML that a server calls so, and browsers read as XML, in the
// way in which HTML says the same: an element that its start tag closes gets an end tag,
// for HTML takes all that follows to be in it, and in <title/> for text; and a section
// of characters becomes such.
func asHTML(text []byte) []byte {
	if !bytes.Contains(text, []byte("/>")) && !bytes.Contains(text, []byte("<![CDATA[")) {
		return text
	}
	var b bytes.Buffer
	b.Grow(len(text) + len(text)/8)
	z := html.NewTokenizer(bytes.NewReader(text))
	z.AllowCDATA(true)
	for {
		kind := z.Next()
		raw := z.Raw()
		switch {
		case kind == html.ErrorToken:
			b.Write(raw)
			return b.Bytes()
		case kind == html.SelfClosingTagToken:
			z.NextIsNotRawText()
			tag := bytes.TrimSuffix(raw, []byte("/>"))
			b.Write(tag)
			name, _ := z.TagName()
			if isVoid(atom.Lookup(name)) {
				b.WriteString("/>")
				continue
			}
			b.WriteString("></")
			b.Write(name)
			b.WriteByte('>')
		case kind == html.TextToken && bytes.HasPrefix(raw, []byte("<![CDATA[")):
			b.WriteString(html.EscapeString(string(z.Text())))
		default:
			b.Write(raw)
		}
	}
}

// isVoid reports whether an element has nothing in it, in HTML either.
func isVoid(tag atom.Atom) bool {
	switch tag {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Param,
		atom.Source, atom.Track, atom.Wbr, atom.Frame:
		return true
	}
	return false
}
