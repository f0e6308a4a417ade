package crawl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
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

	agent  string  // who has fetched it
	hops   int     // redirects that led here, one behind the other
	stream *stream // where the body went, if not to memory
	text   []byte  // in UTF-8, if it is HTML
	list   bool    // it may be a sitemap
	parse  func() *html.Node
	markup func() *markup
	tree   *plainhtml.Tree // of readWhole; nil if there is none
}

func newPage(index int64, u *url.URL, depth int, referrer int64, resp *session.Response, o *Options) *Page {
	p := &Page{Index: index, URL: u, Depth: depth, Referrer: referrer, Response: resp, agent: o.Agent}
	switch {
	case !isHTML(resp):
		p.list = isList(mediaType(resp.Header), u.Path)
	case depth == 0 && isSitemap(resp.Body): // many a server calls HTML what programs of its make
		p.list = true
	default:
		p.text = toUTF8(resp.Body, resp.Header.Get("Content-Type"), o.Charset)
		if mediaType(resp.Header) == "application/xhtml+xml" {
			p.text = asHTML(p.text)
		}
	}
	p.parse = sync.OnceValue(func() *html.Node { return parse(string(p.text)) })
	p.markup = sync.OnceValue(func() *markup { return scan(string(p.text), p.agent) })
	return p
}

// A tree takes ten times the memory of its page, or fifty. Of pages that are longer than
// largePage there are no more trees at once than of maxForest bytes.
const (
	largePage = 64 << 10
	maxForest = 8 << 20
)

// room waits until there may be a tree of a page of so many bytes, until leave. Handle
// may wait for other pages, so with one nobody waits here.
func (c *crawl) room(ctx context.Context, size int) (leave func(), err error) {
	if size <= largePage || c.o.Handle != nil {
		return func() {}, nil
	}
	n := int64(min(size, maxForest))
	if err := c.forest.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return func() { c.forest.Release(n) }, nil
}

// trees are those that are done with.
var trees = sync.Pool{New: func() any { return new(plainhtml.Tree) }}

// readWhole reads the tree of the page and its markup at once, which takes half the time
// if both are wanted. A page that is not written plainly is left as it is.
func (p *Page) readWhole() {
	t := trees.Get().(*plainhtml.Tree)
	r := plainhtml.NewReader(string(p.text))
	s := scanner{m: newMarkup(p.agent, len(p.text))}
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

// body is the body, wherever it is.
func (p *Page) body() *io.SectionReader {
	if p.stream != nil && p.stream.part != nil {
		return io.NewSectionReader(p.stream.part, 0, p.Response.Bytes)
	}
	return io.NewSectionReader(bytes.NewReader(p.Response.Body), 0, int64(len(p.Response.Body)))
}

// sum is the checksum of the body.
func (p *Page) sum() []byte {
	if p.stream != nil {
		return p.stream.sum.Sum(nil)
	}
	sum := sha256.Sum256(p.Response.Body)
	return sum[:]
}

// Text is the page's HTML in UTF-8, nil if it is none. XHTML, by its type, is written as
// HTML. It must not be changed.
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

// room is how much the fields of the page may be, in bytes. Of elements that are in one
// another each has the text of those in it: a page of a few kilobytes could be gigabytes.
func (p *Page) room() int { return 16<<20 + 8*len(p.text) }

// fields takes fields from below a node, as far as there is room for them.
func (p *Page) fields(fields []Field, n *html.Node, room *int) map[string]any {
	values := make(map[string]any, len(fields))
	base := p.base()
	for _, f := range fields {
		values[f.name] = f.find(n, base, room)
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
		return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html")) ||
			strings.HasPrefix(http.DetectContentType(head), "text/html") // as browsers do, by the first tag
	}
	return false
}
