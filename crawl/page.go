package crawl

import (
	"bytes"
	"crypto/sha256"
	"net/url"
	"strings"
	"sync"

	"github.com/inflight-go/inflight/internal/plainhtml"
	"github.com/inflight-go/inflight/session"
	"golang.org/x/net/html"
)

// A Page is one that was fetched.
type Page struct {
	Index    int64    // in the crawl, from 0
	URL      *url.URL // must not be changed
	Depth    int
	Referrer int64 // the index of the page that links to it; -1 for a seed
	Response *session.Response

	hops   int     // redirects that led here, one behind the other
	stream *stream // where the body went, if not to memory
	text   []byte  // in UTF-8, if it is HTML
	parse  func() *html.Node
	markup func() *markup
	tree   *plainhtml.Tree // of readWhole; nil if there is none
}

func newPage(index int64, u *url.URL, depth int, referrer int64, resp *session.Response, charset string) *Page {
	p := &Page{Index: index, URL: u, Depth: depth, Referrer: referrer, Response: resp}
	if isHTML(resp) {
		p.text = toUTF8(resp.Body, resp.Header.Get("Content-Type"), charset)
	}
	p.parse = sync.OnceValue(func() *html.Node { return parse(string(p.text)) })
	p.markup = sync.OnceValue(func() *markup { return scan(string(p.text)) })
	return p
}

// trees are those that are done with.
var trees = sync.Pool{New: func() any { return new(plainhtml.Tree) }}

// readWhole reads the tree of the page and its markup at once, which takes half the time
// if both are wanted. A page that is not written plainly is left as it is.
func (p *Page) readWhole() {
	t := trees.Get().(*plainhtml.Tree)
	r := plainhtml.NewReader(string(p.text))
	s := scanner{m: &markup{}}
	for r.Next() && t.Add(r) {
		s.token(r)
	}
	p.tree = t
	if doc, ok := t.Document(); ok {
		p.parse = func() *html.Node { return doc }
		p.markup = func() *markup { return s.m }
	}
}

// recycle gives the memory of the tree back. Nobody may hold a node of it.
func (p *Page) recycle() {
	if p.tree != nil {
		p.tree.Reset()
		trees.Put(p.tree)
	}
}

// parse makes the tree of a page. One that is more than 512 elements deep is empty:
// package html refuses it.
func parse(text string) *html.Node {
	if doc, ok := plainhtml.Parse(text); ok {
		return doc
	}
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return &html.Node{Type: html.DocumentNode}
	}
	return doc
}

// HTML reports whether the page is HTML, by what the answer says or, if it says
// nothing, by what it looks like.
func (p *Page) HTML() bool { return p.text != nil }

// sum is the checksum of the body.
func (p *Page) sum() []byte {
	if p.stream != nil {
		return p.stream.sum.Sum(nil)
	}
	sum := sha256.Sum256(p.Response.Body)
	return sum[:]
}

// Text is the page's HTML in UTF-8, nil if it is none. It must not be changed.
func (p *Page) Text() []byte { return p.text }

// Document is the page as a tree, made when it is first asked for. It is empty if the
// page is no HTML.
func (p *Page) Document() *html.Node { return p.parse() }

// Find takes a field from the page.
func (p *Page) Find(f Field) any { return f.Find(p.Document(), p.base()) }

// base is the URL that the links of the page are relative to.
func (p *Page) base() *url.URL {
	if p.HTML() {
		return p.markup().from(p.URL)
	}
	return p.URL
}

// fields takes fields from below a node.
func (p *Page) fields(fields []Field, n *html.Node) map[string]any {
	values := make(map[string]any, len(fields))
	base := p.base()
	for _, f := range fields {
		values[f.name] = f.Find(n, base)
	}
	return values
}

// isHTML reports whether an answer is a page of HTML.
func isHTML(resp *session.Response) bool {
	switch kind := mediaType(resp.Header); {
	case htmlType(kind):
		return true
	case kind == "":
		head := bytes.TrimPrefix(resp.Body[:min(len(resp.Body), 512)], []byte("\uFEFF"))
		head = bytes.ToLower(bytes.TrimSpace(head))
		return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
	}
	return false
}
