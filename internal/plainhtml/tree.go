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
	var t Tree
	for r.Next() && t.Add(r) {
	}
	return t.Document()
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

// A Tree is made of the tokens of a page, one by one. The zero Tree is empty.
//
// Its methods for tokens report whether all is plain.
type Tree struct {
	r     *Reader
	doc   *html.Node
	place place
	odd   bool
	open  []*html.Node
	count [kinds]int // of those that are open

	pieced int // how often text was added to another one

	nodes slab[html.Node]
	attrs slab[html.Attribute]
}

// Add adds the token that a reader has read last, and reports whether the page is plain
// up to there. Once it is not, there is nothing more to add.
func (t *Tree) Add(r *Reader) bool {
	if t.doc == nil {
		t.r, t.doc = r, t.node()
		t.doc.Type = html.DocumentNode
	}
	t.odd = !t.token()
	return !t.odd
}

// Document is the tree of a page that was read to its end. It reports whether the page
// is plain; there is no tree if it is not.
func (t *Tree) Document() (*html.Node, bool) {
	if t.place < inBody || t.odd || t.r.odd {
		return nil, false
	}
	return t.doc, true
}

// Reset empties the tree for another page. Its nodes will be used again: nobody may
// hold one.
func (t *Tree) Reset() {
	t.nodes.reset()
	t.attrs.reset()
	clear(t.open[:cap(t.open)])
	*t = Tree{open: t.open[:0], nodes: t.nodes, attrs: t.attrs}
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

func (t *Tree) token() bool {
	switch t.r.Type {
	case html.StartTagToken:
		return t.start()
	case html.EndTagToken:
		return t.end()
	case html.CommentToken:
		t.comment()
		return true
	case html.DoctypeToken:
		return t.doctype()
	}
	return t.textOf(t.r.Text)
}

// doctype: package html knows what the parts of one mean.
func (t *Tree) doctype() bool {
	if t.place != atStart {
		return false
	}
	for n := range t.doc.ChildNodes() { // comments
		if n.Type == html.DoctypeNode {
			return false
		}
	}
	if t.r.Text == "html" {
		t.doc.AppendChild(&html.Node{Type: html.DoctypeNode, Data: "html"})
		return true
	}
	doc, err := html.Parse(strings.NewReader("<!doctype " + t.r.Text + ">"))
	if err != nil || doc.FirstChild == nil || doc.FirstChild.Type != html.DoctypeNode {
		return false
	}
	n := doc.FirstChild
	doc.RemoveChild(n)
	t.doc.AppendChild(n)
	return true
}

func (t *Tree) comment() {
	n := t.node()
	n.Type, n.Data = html.CommentNode, t.r.Text
	switch t.place {
	case atStart, behindHTML:
		t.doc.AppendChild(n)
	case behindBody:
		t.open[0].AppendChild(n)
	default:
		t.top().AppendChild(n)
	}
}

func (t *Tree) textOf(text string) bool {
	if t.inDrawing() {
		return t.drawText(text)
	}
	blank := strings.Trim(text, blanks) == ""
	switch top := t.tag(); t.place {
	case atStart, inHTML:
		return blank // it counts for nothing
	case inBody:
		switch top {
		case atom.Table, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr:
			if !blank {
				return false
			}
		case atom.Pre, atom.Textarea, atom.Listing:
			if t.top().FirstChild == nil {
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
	return t.text(text)
}

// maxPieced is how often text of a plain page is added to another one, which is copied
// then. Blanks behind the body are, however many comments are between them.
const maxPieced = 16

// text adds text to the element that is open.
func (t *Tree) text(text string) bool {
	if text == "" {
		return true
	}
	if last := t.top().LastChild; last != nil && last.Type == html.TextNode {
		last.Data += text
		t.pieced++
		return t.pieced <= maxPieced
	}
	n := t.node()
	n.Type, n.Data = html.TextNode, text
	t.top().AppendChild(n)
	return true
}

// node is a new one.
func (t *Tree) node() *html.Node { return &t.nodes.take(1)[0] }

// add opens an element, with the attributes of the tag that was read.
func (t *Tree) add(tag atom.Atom, name string, attrs []html.Attribute) bool {
	n := t.node()
	n.Type, n.DataAtom, n.Data = html.ElementNode, tag, name
	t.attributes(n, attrs)
	if len(t.open) == 0 {
		t.doc.AppendChild(n)
	} else {
		t.top().AppendChild(n)
	}
	t.open = append(t.open, n)
	if kind := kindOf(tag); kind >= 0 {
		t.count[kind]++
	}
	return len(t.open) <= maxDepth
}

// attributes gives a node a copy of attributes.
func (t *Tree) attributes(n *html.Node, attrs []html.Attribute) {
	if count := len(attrs); count > 0 {
		n.Attr = t.attrs.take(count)
		copy(n.Attr, attrs)
	}
}

// push opens the element of the tag that was read.
func (t *Tree) push() bool { return t.add(t.r.Atom, t.r.Name, t.r.Attr) }

// implied opens an element that has no tag.
func (t *Tree) implied(tag atom.Atom) { t.add(tag, tag.String(), nil) }

func (t *Tree) pop() {
	if kind := kindOf(t.tag()); kind >= 0 {
		t.count[kind]--
	}
	t.open = t.open[:len(t.open)-1]
}

func (t *Tree) top() *html.Node { return t.open[len(t.open)-1] }

// tag is the element that is open; 0 if there is none, or it has a name of its own.
func (t *Tree) tag() atom.Atom {
	if len(t.open) == 0 {
		return 0
	}
	return t.top().DataAtom
}
