package crawl

import (
	"net/url"
	"strings"

	"github.com/inflight-go/inflight/crawl/frontier"
)

// A resolver finds out what URLs the links of one page mean, and which of them belong
// to the crawl. Most links are paths in which nothing has to be changed: for them it
// puts two strings together. All else is Spelling.Resolve.
type resolver struct {
	c       *crawl
	base    *url.URL
	root    string // scheme and host of the page; empty if nothing is simple
	dir     string // and its path up to the last slash
	reaches bool   // the scope reaches the host
	entries bool   // the links are entries, which need not match what pages have to
}

// resolver is that of the links of a page whose base is base.
func (c *crawl) resolver(page, base *url.URL, entries bool) *resolver {
	r := &resolver{c: c, base: base, entries: entries}
	if base == page {
		r.root = page.Scheme + "://" + page.Host
		path := page.EscapedPath()
		r.dir = r.root + path[:strings.LastIndexByte(path, '/')+1]
		r.reaches = r.reachesHost(page)
	}
	return r
}

// resolve is the URL of a link; empty if it is none of the crawl's.
func (r *resolver) resolve(link string) string {
	if r.root != "" && r.simple(link) {
		link, _, _ = strings.Cut(link, "#")
		spelled := r.dir + link
		if link[0] == '/' {
			spelled = r.root + link
		}
		if r.reaches && len(spelled) <= frontier.MaxURL && r.c.fence.admits(spelled, r.entries) {
			return spelled
		}
		return ""
	}
	u, err := r.c.o.Spelling.Resolve(r.base, link)
	if err != nil || !r.c.schemes[u.Scheme] {
		return ""
	}
	spelled := u.String()
	if !frontier.Valid(spelled) || !r.reachesHost(u) || !r.c.fence.admits(spelled, r.entries) {
		return ""
	}
	return spelled
}

// reachesHost reports whether links may lead to the host of u. Entries may be on the one
// that they are named by: sitemaps need not be on a host of the crawl.
func (r *resolver) reachesHost(u *url.URL) bool {
	if r.entries {
		return r.c.fence.holds(u) || u.Host == r.base.Host
	}
	return r.c.fence.reachesHost(u)
}

// inert are the bytes that mean themselves wherever they stand in a path or a query. What
// is behind a semicolon may be left out.
var inert = func() (set [256]bool) {
	for c := range set {
		set[c] = isUnreserved(byte(c)) || strings.IndexByte("/=&+,@!$*()", byte(c)) >= 0
	}
	return set
}()

// simple reports whether a link is a path, with a query perhaps, that is spelled as it
// has to be.
func (r *resolver) simple(link string) bool {
	if link == "" || link[0] == '.' || strings.HasPrefix(link, "//") {
		return false
	}
	for i := 0; i < len(link); i++ {
		switch c := link[i]; {
		case c == '#':
			return i > 0 // what is behind it is cut off, whatever it is
		case c == '?':
			return i > 0 && r.simpleQuery(link[i+1:])
		case !inert[c], c == '.' && link[i-1] == '/':
			return false
		}
	}
	return true
}

func (r *resolver) simpleQuery(query string) bool {
	query, _, _ = strings.Cut(query, "#")
	if query == "" || r.c.o.Spelling.Sort || len(r.c.o.Spelling.Strip) > 0 {
		return false
	}
	for i := 0; i < len(query); i++ {
		if c := query[i]; !inert[c] && c != '?' && c != ':' {
			return false
		}
	}
	return true
}
