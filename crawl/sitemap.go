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
// URLs in text; there are none in what is none of these. What is broken, or was cut,
// ends it; what came before counts. It reports whether they are sitemaps themselves.
func sitemap(body []byte, contentType string, cut bool) (locations []string, index bool) {
	if bytes.HasPrefix(body, []byte{0x1F, 0x8B}) {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, false
		}
		body, err = io.ReadAll(io.LimitReader(z, maxSitemap))
		cut = err != nil || len(body) == maxSitemap
	}
	if strings.HasPrefix(contentType, "text/plain") {
		if cut {
			body = body[:bytes.LastIndexByte(body, '\n')+1]
		}
		return sitemapText(body), false
	}
	d := xml.NewDecoder(bytes.NewReader(body))
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
			if inLocation {
				text.Write(token)
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

// sitemapText reads one address a line; every line has to be one.
func sitemapText(body []byte) (locations []string) {
	for line := range strings.Lines(strings.TrimPrefix(string(body), "\uFEFF")) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case !strings.HasPrefix(line, "http://") && !strings.HasPrefix(line, "https://"):
			return nil
		case len(locations) < maxSitemapURLs:
			locations = append(locations, line)
		}
	}
	return locations
}
