package crawl

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"io"
	"strings"

	"github.com/inflight-go/inflight/crawl/frontier"
	"golang.org/x/net/html/charset"
)

// The bounds of a sitemap, those of sitemaps.org: what is beyond them is not read.
const (
	maxSitemap     = 50 << 20
	maxSitemapURLs = 50_000
)

// sitemap reads the addresses in a sitemap, an index of sitemaps, a feed or a list of
// URLs in text; there are none in what is none of these. What is broken, or was cut,
// ends it; what came before counts. It reports whether they are sitemaps themselves.
func sitemap(body []byte, cut bool) (locations []string, index bool) {
	r := &io.LimitedReader{R: bytes.NewReader(body), N: maxSitemap}
	if zipped(body) {
		z, err := gzip.NewReader(r.R)
		if err != nil {
			return nil, false
		}
		r.R, cut = z, false // its end says whether it is whole
	}
	text := bufio.NewReaderSize(r, 2*frontier.MaxURL)
	head, _ := text.Peek(512)
	if !bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\uFEFF"))), []byte("<")) {
		return sitemapText(text, func() bool { return cut || r.N == 0 }), false
	}
	return sitemapXML(text)
}

// sitemapXML reads one in XML.
func sitemapXML(r io.Reader) (locations []string, index bool) {
	d := xml.NewDecoder(r)
	d.Strict = false
	d.CharsetReader = charset.NewReaderLabel
	var root xml.Name
	var text strings.Builder
	inLocation := false
	for len(locations) < maxSitemapURLs {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			if root.Local == "" {
				if name != "urlset" && name != "sitemapindex" && name != "rss" && name != "feed" {
					return nil, false
				}
				root = token.Name
			}
			// That of a picture or a video is one in the space of an extension.
			inLocation = name == "link" || name == "loc" && (token.Name.Space == root.Space || token.Name.Space == "")
			text.Reset()
			if href := xmlAttr(token, "href"); name == "link" && href != "" {
				locations = append(locations, href)
			}
		case xml.CharData:
			if inLocation { // what is longer than a URL stays so
				text.Write(token[:min(len(token), 2*frontier.MaxURL-text.Len())])
			}
		case xml.EndElement:
			if location := strings.TrimSpace(text.String()); inLocation && location != "" {
				locations = append(locations, location)
			}
			inLocation = false
		}
	}
	return locations, root.Local == "sitemapindex"
}

func xmlAttr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// zipped reports whether a body is compressed, and may be a thousand times as large.
func zipped(body []byte) bool { return bytes.HasPrefix(body, []byte{0x1F, 0x8B}) }

// sitemapText reads one address a line; every line has to be one. A last line that was
// cut is none.
func sitemapText(lines *bufio.Reader, cut func() bool) (locations []string) {
	for len(locations) < maxSitemapURLs {
		data, err := lines.ReadSlice('\n')
		if err != nil && (err != io.EOF || cut()) {
			if err == bufio.ErrBufferFull {
				return nil
			}
			break
		}
		line := strings.TrimSpace(strings.TrimPrefix(string(data), "\uFEFF"))
		switch {
		case strings.HasPrefix(line, "http://"), strings.HasPrefix(line, "https://"):
			locations = append(locations, line)
		case line != "":
			return nil
		}
		if err != nil {
			break
		}
	}
	return locations
}
