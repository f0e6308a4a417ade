package plainhtml

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Parse makes the tree of a page in UTF-8, the same that html.Parse makes. It reports
// whether the page is plain; there is no tree if it is not.
func Parse(text string) (*html.Node, bool) {
	r := NewReader(text)
	b := builder{r: r, doc: &html.Node{Type: html.DocumentNode}}
	for r.Next() {
		if !b.token() {
			return nil, false
		}
	}
	return b.doc, !r.odd && b.place >= inBody
}

// maxDepth is how deep a plain page is. Package html has a bound, too.
const maxDepth = 400

// place is how far a page was read.
type place int

const (
	atStart place = iota
	inHTML
	inHead
	behindHead
	inBody
	behindBody
	behindHTML
)

// builder makes a tree. Each of its methods for tokens reports whether all is plain.
type builder struct {
	r     *Reader
	doc   *html.Node
	place place
	open  []*html.Node
	count [kinds]int // of those that are open

	nodes []html.Node // to be used
	attrs []html.Attribute
}

// Elements of which it matters whether one is open.
const (
	kindP = iota
	kindA
	kindLi
	kindDd // and dt
	kindForm
	kindButton
	kindSelect
	kindOption
	kinds
)

func kindOf(tag atom.Atom) int {
	switch tag {
	case atom.P:
		return kindP
	case atom.A:
		return kindA
	case atom.Li:
		return kindLi
	case atom.Dd, atom.Dt:
		return kindDd
	case atom.Form:
		return kindForm
	case atom.Button:
		return kindButton
	case atom.Select:
		return kindSelect
	case atom.Option, atom.Optgroup:
		return kindOption
	}
	return -1
}

func (b *builder) token() bool {
	switch b.r.Type {
	case html.StartTagToken:
		return b.start()
	case html.EndTagToken:
		return b.end()
	case html.CommentToken:
		b.comment()
		return true
	case html.DoctypeToken:
		return b.doctype()
	}
	return b.textOf(b.r.Text)
}

// doctype: package html knows what the parts of one mean.
func (b *builder) doctype() bool {
	if b.place != atStart || b.doc.FirstChild != nil {
		return false
	}
	if b.r.Text == "html" {
		b.doc.AppendChild(&html.Node{Type: html.DoctypeNode, Data: "html"})
		return true
	}
	doc, err := html.Parse(strings.NewReader("<!doctype " + b.r.Text + ">"))
	if err != nil || doc.FirstChild == nil || doc.FirstChild.Type != html.DoctypeNode {
		return false
	}
	n := doc.FirstChild
	doc.RemoveChild(n)
	b.doc.AppendChild(n)
	return true
}

func (b *builder) comment() {
	n := b.node()
	n.Type, n.Data = html.CommentNode, b.r.Text
	switch b.place {
	case atStart, behindHTML:
		b.doc.AppendChild(n)
	case behindBody:
		b.open[0].AppendChild(n)
	default:
		b.top().AppendChild(n)
	}
}

func (b *builder) textOf(text string) bool {
	blank := strings.Trim(text, blanks) == ""
	switch top := b.tag(); b.place {
	case atStart, inHTML:
		return blank // it counts for nothing
	case inBody:
		switch top {
		case atom.Table, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr:
			if !blank {
				return false
			}
		case atom.Pre, atom.Textarea, atom.Listing:
			if b.top().FirstChild == nil {
				if strings.HasPrefix(text, "\r") {
					return false
				}
				text = strings.TrimPrefix(text, "\n")
			}
		}
	default:
		if !blank && !isRaw(top) {
			return false
		}
	}
	b.text(text)
	return true
}

// text adds text to the element that is open.
func (b *builder) text(text string) {
	if text == "" {
		return
	}
	if last := b.top().LastChild; last != nil && last.Type == html.TextNode {
		last.Data += text
		return
	}
	n := b.node()
	n.Type, n.Data = html.TextNode, text
	b.top().AppendChild(n)
}

// node is a new one.
func (b *builder) node() *html.Node {
	if len(b.nodes) == 0 {
		b.nodes = make([]html.Node, 64)
	}
	n := &b.nodes[0]
	b.nodes = b.nodes[1:]
	return n
}

// add opens an element, with the attributes of the tag that was read.
func (b *builder) add(tag atom.Atom, name string, attrs []html.Attribute) bool {
	n := b.node()
	n.Type, n.DataAtom, n.Data = html.ElementNode, tag, name
	if count := len(attrs); count > 0 {
		if len(b.attrs) < count {
			b.attrs = make([]html.Attribute, max(64, count))
		}
		copy(b.attrs, attrs)
		n.Attr = b.attrs[:count:count]
		b.attrs = b.attrs[count:]
	}
	if len(b.open) == 0 {
		b.doc.AppendChild(n)
	} else {
		b.top().AppendChild(n)
	}
	b.open = append(b.open, n)
	if kind := kindOf(tag); kind >= 0 {
		b.count[kind]++
	}
	return len(b.open) <= maxDepth
}

// push opens the element of the tag that was read.
func (b *builder) push() bool { return b.add(b.r.Atom, b.r.Name, b.r.Attr) }

// implied opens an element that has no tag.
func (b *builder) implied(tag atom.Atom) { b.add(tag, tag.String(), nil) }

func (b *builder) pop() {
	if kind := kindOf(b.tag()); kind >= 0 {
		b.count[kind]--
	}
	b.open = b.open[:len(b.open)-1]
}

func (b *builder) top() *html.Node { return b.open[len(b.open)-1] }

// tag is the element that is open; 0 if there is none, or it has a name of its own.
func (b *builder) tag() atom.Atom {
	if len(b.open) == 0 {
		return 0
	}
	return b.top().DataAtom
}
