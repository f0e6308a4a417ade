package request

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/inflight-go/inflight/internal/draft"
	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/source/caret"
)

// body makes the maker of the body that was asked for, and tells whether it makes the
// same for each row.
func (c *compiler) body(w *written) (make maker, static bool) {
	var kinds []string
	for _, kind := range []struct {
		name  string
		asked bool
	}{{"data", w.data.text != ""}, {"JSON", w.json.text != "" || w.tree != nil}, {"form", len(w.form) > 0}, {"multipart", len(w.multipart) > 0}} {
		if kind.asked {
			kinds = append(kinds, kind.name)
		}
	}
	if len(kinds) > 1 {
		c.refuse("a body is one of data, JSON, form and multipart; there are %s", strings.Join(kinds, " and "))
	}
	switch {
	case c.err != nil || len(kinds) == 0:
		return nil, true
	case w.data.text != "":
		return c.data(w.data)
	case w.tree != nil:
		return c.tree(w.tree)
	case w.json.text != "":
		return c.json(w.json)
	case len(w.form) > 0:
		return c.form(w.form)
	}
	return c.multipart(w.multipart)
}

func (c *compiler) data(p piece) (maker, bool) {
	t := c.text("data", p)
	return func(r *rowData) ([]byte, string, error) {
		body, err := t.of(r)
		return []byte(body), draft.ContentType(body), err
	}, t.static()
}

func (c *compiler) json(p piece) (maker, bool) {
	t := c.text("JSON", p)
	return func(r *rowData) ([]byte, string, error) {
		body, err := t.of(r)
		if err == nil && !json.Valid([]byte(body)) {
			err = notJSON(body)
		}
		return []byte(body), "application/json", err
	}, t.static()
}

// A jsonPart is a piece of a body of JSON that was written as YAML: a text as it is, or a
// template for a string, or for any value if it is nothing but {{json …}}.
type jsonPart struct {
	text string
	leaf *piece
	raw  bool
	made *text
}

func (c *compiler) tree(parts []jsonPart) (maker, bool) {
	static := true
	for i, p := range parts {
		if p.leaf != nil {
			parts[i].made = c.text("JSON", *p.leaf)
			static = static && parts[i].made.static()
		}
	}
	return func(r *rowData) ([]byte, string, error) {
		var b strings.Builder
		for _, p := range parts {
			text := p.text
			if p.leaf != nil {
				value, err := p.made.of(r)
				if err != nil {
					return nil, "", err
				}
				if text = value; !p.raw {
					if text, err = toJSON(value); err != nil {
						return nil, "", err
					}
				}
			}
			if b.Len()+len(text) > maxText {
				return nil, "", &RowError{What: "JSON", Reason: errTooLarge.Error()}
			}
			b.WriteString(text)
		}
		return []byte(b.String()), "application/json", nil
	}, static
}

// notJSON says where a text is no JSON.
func notJSON(body string) error {
	var v any
	err := json.Unmarshal([]byte(body), &v)
	fault, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return &RowError{What: "JSON", Reason: "what the template makes is no JSON"}
	}
	at := int(fault.Offset)
	from := max(at-4096, 0) // where something secret may begin
	seen := secret.Mask(body[from:min(at+100, len(body))])
	end := min(at-from+10, len(seen))
	around := strings.ToValidUTF8(seen[max(min(at-from-30, end), 0):end], "")
	return &RowError{What: "JSON", Reason: fmt.Sprintf(
		"what the template makes is no JSON: %v, at character %d: %q; write {{json .field}} for a value", fault, caret.Column(body, at-1), around)}
}

func (c *compiler) form(all []named) (maker, bool) {
	pairs := c.pairs("form", all)
	static := true
	for _, p := range pairs {
		static = static && p.value.static()
	}
	return func(r *rowData) ([]byte, string, error) {
		var b bytes.Buffer
		for i, p := range pairs {
			value, err := p.value.of(r)
			if err != nil {
				return nil, "", err
			}
			if i > 0 {
				b.WriteByte('&')
			}
			b.WriteString(url.QueryEscape(p.name) + "=" + url.QueryEscape(value))
		}
		return b.Bytes(), "application/x-www-form-urlencoded", nil
	}, static
}

// part is one part of a multipart body.
type part struct {
	name  string
	value *text
	file  bool
	dir   string // what the name of the file begins with, whatever the row says
	bytes []byte // what was worked out for this row
	path  string
}

func (c *compiler) multipart(all []named) (maker, bool) {
	var parts []part
	static := true
	for _, p := range all {
		one := part{name: p.name}
		if path, isFile := strings.CutPrefix(p.text, "@"); isFile {
			one.file = true
			one.dir, _, _ = strings.Cut(path, "{{")
			p.text, p.in = path, p.in.after(1)
		}
		if one.value = c.text(fmt.Sprintf("multipart %q", p.name), p.piece); c.err != nil {
			return nil, true
		}
		static = static && one.value.static() && !one.file
		parts = append(parts, one)
	}
	return func(r *rowData) ([]byte, string, error) {
		return makeMultipart(parts, r)
	}, static
}

// makeMultipart makes a body whose boundary is a digest of what is between: one row
// makes one body, and nothing in it can look like the boundary but by a collision.
func makeMultipart(parts []part, r *rowData) (body []byte, contentType string, err error) {
	digest := sha256.New()
	made := make([]part, len(parts))
	for i, p := range parts {
		if err := p.fill(r); err != nil {
			return nil, "", err
		}
		fmt.Fprintf(digest, "%d %d ", len(p.path), len(p.bytes))
		digest.Write(p.bytes)
		made[i] = p
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(fmt.Sprintf("inflight-%x", digest.Sum(nil)[:16])); err != nil {
		return nil, "", err
	}
	for _, p := range made {
		if p.file {
			to, err := w.CreateFormFile(p.name, filepath.Base(p.path))
			if err != nil {
				return nil, "", err
			}
			_, _ = to.Write(p.bytes) // a Buffer takes everything
			continue
		}
		if err := w.WriteField(p.name, string(p.bytes)); err != nil {
			return nil, "", err
		}
	}
	err = w.Close()
	return b.Bytes(), w.FormDataContentType(), err
}

// fill works out the content of a part.
func (p *part) fill(r *rowData) error {
	value, err := p.value.of(r)
	if err != nil {
		return err
	}
	if !p.file {
		p.bytes = []byte(value)
		return nil
	}
	if p.path = value; !p.value.static() && !filepath.IsLocal(value[len(p.dir):]) {
		return &RowError{What: p.value.what, Reason: fmt.Sprintf("the file %q leads out of %q", value, p.dir)}
	}
	info, err := os.Stat(value)
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is not a regular file", value)
	case info.Size() > maxText:
		err = fmt.Errorf("%s has %d bytes; the most is %d", value, info.Size(), maxText)
	default:
		p.bytes, err = os.ReadFile(value)
	}
	if err != nil {
		return &RowError{What: p.value.what, Reason: err.Error()}
	}
	return nil
}
