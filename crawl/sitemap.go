package crawl

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"io"
	"strings"

	"golang.org/x/net/html/charset"
)

// The bounds of a sitemap, those of sitemaps.org: what is beyond them is not read.
const (
	maxSitemap     = 50 << 20
	maxSitemapURLs = 50_000
)

// sitemap reads the addresses in a sitemap, an index of sitemaps, a feed or a list of
// URLs in text. What is broken ends it; what came before counts. It reports false for
// what is none of these.
func sitemap(body []byte, contentType string) (locations []string, ok bool) {
	if bytes.HasPrefix(body, []byte{0x1F, 0x8B}) {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, false
		}
		body, _ = io.ReadAll(io.LimitReader(z, maxSitemap))
	}
	if strings.HasPrefix(contentType, "text/plain") {
		return sitemapText(body)
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict = false
	d.CharsetReader = charset.NewReaderLabel
	inLocation := false
	for len(locations) < maxSitemapURLs {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			if !ok {
				if name != "urlset" && name != "sitemapindex" && name != "rss" && name != "feed" {
					return nil, false
				}
				ok = true
			}
			inLocation = name == "loc" || name == "link"
			if href := xmlAttr(token, "href"); name == "link" && href != "" {
				locations = append(locations, href)
			}
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); inLocation && text != "" {
				locations = append(locations, text)
			}
		case xml.EndElement:
			inLocation = false
		}
	}
	return locations, ok
}

func xmlAttr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// sitemapText reads one address a line; every line has to be one.
func sitemapText(body []byte) (locations []string, ok bool) {
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if !strings.HasPrefix(line, "http://") && !strings.HasPrefix(line, "https://") || len(locations) == maxSitemapURLs {
			return nil, false
		}
		locations = append(locations, line)
	}
	return locations, len(locations) > 0
}
