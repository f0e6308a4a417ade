package crawl

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"io"
	"iter"
	"regexp"
	"strings"

	"github.com/inflight-go/inflight/crawl/frontier"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

// The bounds of a sitemap, those of sitemaps.org: what is beyond them is not read.
const (
	maxSitemap     = 50 << 20
	maxSitemapURLs = 50_000
)

// sitemap reads the addresses in a sitemap, an index of sitemaps, a feed or a list of
// URLs in text; there are none in what is none of these. What is broken, or was cut,
// ends it; what came before counts. It reports whether they are sitemaps themselves.
// They can be gone through once.
func sitemap(body *io.SectionReader, cut bool) (locations iter.Seq[string], index bool) {
	none := func(func(string) bool) {}
	l, err := openList(body, cut)
	if err != nil {
		return none, false
	}
	if head, _ := l.Peek(512); bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\uFEFF"))), []byte("<")) {
		return sitemapXML(l)
	}
	// Every line of a text has to be an address: it is read twice.
	for line := range l.lines() {
		if line != "" && !strings.HasPrefix(line, "http://") && !strings.HasPrefix(line, "https://") {
			return none, false
		}
	}
	if l, err = openList(body, cut); err != nil {
		return none, false
	}
	return l.lines(), false
}

// A list is the text of a body that may be a sitemap.
type list struct {
	*bufio.Reader
	rest *io.LimitedReader
	cut  bool
}

// openList reads a list from its beginning. One that is compressed says itself whether
// it is whole.
func openList(body *io.SectionReader, cut bool) (*list, error) {
	rest := &io.LimitedReader{R: io.NewSectionReader(body, 0, body.Size()), N: maxSitemap}
	if zipped(body) {
		z, err := gzip.NewReader(rest.R)
		if err != nil {
			return nil, err
		}
		rest.R, cut = z, false
	}
	return &list{bufio.NewReaderSize(rest, 2*frontier.MaxURL), rest, cut}, nil
}

// zipped reports whether a body is compressed, and may be a thousand times as large.
func zipped(body io.ReaderAt) bool {
	var head [2]byte
	_, _ = body.ReadAt(head[:], 0)
	return head == [2]byte{0x1F, 0x8B}
}

// lines are those of a text, as many as are read. A last line that was cut is none, and
// one that is too long ends it by what is no address.
func (l *list) lines() iter.Seq[string] {
	return func(yield func(string) bool) {
		for n := 0; n < maxSitemapURLs; {
			data, err := l.ReadSlice('\n')
			if err == bufio.ErrBufferFull {
				yield("too long")
				return
			}
			if err != nil && (err != io.EOF || l.cut || l.rest.N == 0) {
				return
			}
			if line := strings.TrimSpace(strings.TrimPrefix(string(data), "\uFEFF")); line != "" {
				if n++; !yield(line) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// isSitemap reports whether a body is a sitemap in XML.
func isSitemap(body []byte) bool {
	return newXMLList(bytes.NewReader(bytes.TrimPrefix(body, []byte("\uFEFF")))).begin()
}

func newXMLList(r io.Reader) *xmlList {
	b := bufio.NewReader(r)
	x := &xmlList{from: b}
	head, _ := b.Peek(512)
	if said := saidInXML.FindSubmatch(head); said == nil || strings.EqualFold(string(said[1]), "utf-8") {
		x.from = legible(b)
	}
	x.d = xml.NewDecoder(x)
	x.d.Strict = false
	x.d.CharsetReader = func(name string, r io.Reader) (io.Reader, error) {
		if e, _ := charset.Lookup(name); e != nil {
			r = e.NewDecoder().Reader(r)
		}
		return legible(r), nil
	}
	return x
}

// saidInXML is the encoding that the declaration of XML says.
var saidInXML = regexp.MustCompile(`(?i)<\?xml\s[^>]*encoding\s*=\s*["']([^"'>]+)`)

// legible is a text in UTF-8 without the characters, and the bytes that are none, at which a
// decoder would end, and leave out all that is behind them. Titles of pictures have some.
func legible(r io.Reader) io.Reader {
	return transform.NewReader(r, runes.Map(func(c rune) rune {
		switch {
		case c < ' ' && c != '\t' && c != '\n' && c != '\r', c == 0xFFFE, c == 0xFFFF:
			return ' '
		}
		return c
	}))
}

// sitemapXML reads one in XML.
func sitemapXML(r io.Reader) (locations iter.Seq[string], index bool) {
	x := newXMLList(r)
	if !x.begin() {
		return func(func(string) bool) {}, false
	}
	return x.locations, x.root.Local == "sitemapindex"
}

// An xmlList is a list in XML. Of spaces of names it knows the prefix, which is enough to
// tell them apart: a decoder that looks after them, and after what is open, can be made to
// hold more than the whole list.
type xmlList struct {
	d    *xml.Decoder
	from io.Reader
	left int // bytes that the token may have
	root xml.Name
}

// longestToken is in bytes: a tag, a comment, a text. What has a longer one ends there.
const longestToken = 1 << 20

// token reads the next one.
func (x *xmlList) token() (xml.Token, error) {
	x.left = longestToken
	return x.d.RawToken()
}

// Read is for the decoder.
func (x *xmlList) Read(p []byte) (int, error) {
	if x.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := x.from.Read(p)
	x.left -= n
	return n, err
}

// begin reads the first tag. It reports whether that is the one of a list.
func (x *xmlList) begin() bool {
	for {
		token, err := x.token()
		if err != nil {
			return false
		}
		if e, ok := token.(xml.StartElement); ok {
			x.root = e.Name
			name := e.Name.Local
			return name == "urlset" || name == "sitemapindex" || name == "rss" || name == "feed"
		}
	}
}

// locations are the addresses.
func (x *xmlList) locations(yield func(string) bool) {
	var text strings.Builder
	inLocation := false
	for n := 0; n < maxSitemapURLs; {
		token, err := x.token()
		if err != nil {
			return
		}
		location := ""
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			// That of a picture or a video has the prefix of an extension.
			inLocation = name == "link" || name == "loc" && (token.Name.Space == x.root.Space || token.Name.Space == "")
			text.Reset()
			if name == "link" {
				location = xmlAttr(token, "href")
			}
		case xml.CharData:
			if inLocation { // what is longer than a URL stays so
				text.Write(token[:min(len(token), 2*frontier.MaxURL-text.Len())])
			}
		case xml.EndElement:
			if inLocation {
				location = strings.TrimSpace(text.String())
			}
			inLocation = false
		}
		if location != "" {
			if n++; !yield(location) {
				return
			}
		}
	}
}

func xmlAttr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
