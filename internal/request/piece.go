package request

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/inflight-go/inflight/internal/draft"
	"github.com/inflight-go/inflight/internal/source/caret"
)

// piece is a template as it was written, and where: nil for a flag.
type piece struct {
	text string
	in   *place
}

// named is a piece that has a name: a header, or a parameter.
type named struct {
	name string
	piece
}

// place is where a piece begins in a file.
type place struct {
	file   *File
	line   int // from 1
	offset int // in the line, in bytes
	indent int // of the lines after the first
}

// after is the place so many bytes further on.
func (p *place) after(n int) *place {
	if p == nil {
		return nil
	}
	further := *p
	further.offset += n
	return &further
}

// of returns the place in the file of what stands at a line and a column of the piece,
// and the line of the file. The text is the line of the piece: where the file does not
// have it so, it has escapes, and the place is where it begins.
func (p *place) of(text string, line, column int) (file string, lineNo, columnNo int, whole string) {
	offset := p.indent
	if line == 1 {
		offset = p.offset
	}
	lineNo = min(p.line+line-1, len(p.file.lines))
	whole = strings.TrimSuffix(p.file.lines[lineNo-1], "\r")
	columnNo = caret.Column(whole, offset)
	if offset <= len(whole) && strings.HasPrefix(whole[offset:], text) {
		columnNo += column - 1
	}
	return p.file.name, lineNo, columnNo, masked(whole)
}

// placed says where in a file the error is, for a piece of one.
func (e *SyntaxError) placed(in *place) *SyntaxError {
	if in != nil {
		e.File, e.Line, e.Column, e.Text = in.of(e.Text, e.Line, e.Column)
	}
	return e
}

// written are the pieces of a request.
type written struct {
	method, url     piece
	headers, query  []named
	data, json      piece
	tree            []jsonPart
	form, multipart []named
	idempotency     piece
}

// written puts together what the Spec says and what its file says.
func (c *compiler) written(s *Spec) *written {
	w := &written{
		method: piece{text: s.Method}, url: piece{text: s.URL}, data: piece{text: s.Data}, json: piece{text: s.JSON},
		headers: c.headers(s.Headers), query: c.named("query", s.Query), idempotency: piece{text: s.IdempotencyKey},
		form: c.named("form", s.Form), multipart: c.named("multipart", s.Multipart),
	}
	if s.File == nil {
		return w
	}
	f := s.File.written
	either := func(to *piece, or piece) {
		if to.text == "" {
			*to = or
		}
	}
	either(&w.method, f.method)
	if !s.RowURL {
		either(&w.url, f.url)
	}
	either(&w.idempotency, f.idempotency)
	w.headers = overlaid(f.headers, w.headers)
	w.query = overlaid(f.query, w.query)
	if w.data.text == "" && w.json.text == "" && len(w.form) == 0 && len(w.multipart) == 0 {
		w.data, w.json, w.tree, w.form, w.multipart = f.data, f.json, slices.Clone(f.tree), f.form, f.multipart
	}
	return w
}

// overlaid are those of below whose names are not in above, and above.
func overlaid(below, above []named) []named {
	kept := slices.DeleteFunc(slices.Clone(below), func(n named) bool {
		return n.name != "Cookie" && slices.ContainsFunc(above, func(o named) bool { return o.name == n.name })
	})
	return append(kept, above...)
}

// named reads "name=template".
func (c *compiler) named(what string, all []string) (list []named) {
	for i, one := range all {
		name, value, found := strings.Cut(one, "=")
		if !found || name == "" {
			c.refuse("--%s, the %s one: want name=value", what, ordinal(i+1)) // it may be a secret
			return nil
		}
		list = append(list, named{name, piece{text: value}})
	}
	return list
}

// headers reads "Name: template".
func (c *compiler) headers(all []string) (list []named) {
	for i, one := range all {
		name, value, found := strings.Cut(one, ":")
		if !found || !draft.IsToken(name) {
			c.refuse("--header, the %s one: want 'Name: value'", ordinal(i+1))
			return nil
		}
		list = append(list, named{http.CanonicalHeaderKey(name), piece{text: strings.TrimSpace(value)}})
	}
	return list
}

// ordinal is the word for a place in a list.
func ordinal(n int) string {
	switch {
	case n%100 >= 11 && n%100 <= 13:
	case n%10 == 1:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}
