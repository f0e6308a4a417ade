package crawl

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
)

// Types are kinds of bodies, by what answers say that they have. The zero Types are all.
type Types struct {
	text     string
	patterns []string // of media types, in which a star is all up to the next slash
}

// kinds are words for media types.
var kinds = map[string][]string{
	"html":  {"text/html", "application/xhtml+xml"},
	"xml":   {"text/xml", "application/xml", "*/*+xml"},
	"json":  {"application/json", "*/*+json"},
	"text":  {"text/plain"},
	"pdf":   {"application/pdf"},
	"image": {"image/*"},
}

// ParseTypes reads a list, parted by commas, of html, xml, json, text, pdf, image, and
// media types such as text/csv or video/*.
func ParseTypes(text string) (t Types, err error) {
	t.text = text
	for word := range strings.SplitSeq(text, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		_, malformed := path.Match(word, "")
		switch known := kinds[word]; {
		case known != nil:
			t.patterns = append(t.patterns, known...)
		case strings.Count(word, "/") == 1 && malformed == nil && !strings.ContainsAny(word, " ;"):
			t.patterns = append(t.patterns, word)
		default:
			return Types{}, fmt.Errorf("%q is no type: use html, xml, json, text, pdf, image, or one such as text/csv or video/*", word)
		}
	}
	return t, nil
}

// String is the list as it was written.
func (t *Types) String() string { return t.text }

// has reports whether a media type is one of them.
func (t *Types) has(kind string) bool {
	return len(t.patterns) == 0 || slices.ContainsFunc(t.patterns, func(pattern string) bool {
		ok, _ := path.Match(pattern, kind)
		return ok
	})
}

// accept is the header Accept that asks for them.
func (t *Types) accept() string {
	var asked []string
	for _, p := range t.patterns {
		if !strings.HasPrefix(p, "*/") {
			asked = append(asked, p)
		}
	}
	return strings.Join(asked, ", ")
}

// errUnwanted ends a request whose body nobody wants.
var errUnwanted = errors.New("unwanted type")

// wants reports whether the body of an answer is to be read. Sitemaps are, whatever
// types are wanted, and so is what says nothing about itself.
func (c *crawl) wants(r *http.Response, path string) bool {
	kind := mediaType(r.Header)
	return r.StatusCode >= 300 || kind == "" || c.o.Accept.has(kind) ||
		c.o.Sitemaps != SitemapsNot && (strings.Contains(kind, "xml") && !htmlType(kind) || isXMLFile(path))
}
