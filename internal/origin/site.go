package origin

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// site is a graph of pages. Page n links to 2n+1 and 2n+2, so that all can be reached
// from the first, and to a few others, so that most are found more than once.
func (o *Origin) site(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	pages := p.int("pages", o.opts.Pages, 1, 10_000_000)
	if p.bad(w) {
		return
	}
	name, private := strings.CutPrefix(r.PathValue("path"), "private/")
	n, err := strconv.Atoi(name)
	if name == "" {
		n, err = 0, nil
	}
	if err != nil || n < 0 || n >= pages {
		fail(w, http.StatusNotFound, "there is no page %q", name)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, o.page(n, pages, private, r.URL.RawQuery))
}

func (o *Origin) page(n, pages int, private bool, query string) string {
	if query != "" {
		query = "?" + query
	}
	x := chance(o.opts.Seed, "page", uint64(n))
	title := fmt.Sprintf("Page %d: the %s", n, pick(nouns, x))
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\"><head><title>%s</title></head>\n<body><h1>%s</h1>\n", title, title)
	fmt.Fprintf(&b, "<p>A %s and a %s.</p><span class=\"price\">%d.%02d</span>\n<ul>\n", pick(nouns, x>>8), pick(nouns, x>>16), 1+x>>24%100, x>>32%100)
	link := func(to string) {
		fmt.Fprintf(&b, "<li><a href=\"/site/%s%s\">%s</a></li>\n", to, htmlEscape.Replace(query), to)
	}
	if !private {
		for _, to := range []int{2*n + 1, 2*n + 2, int(x >> 40 % uint64(pages)), int(x >> 20 % uint64(pages))} {
			if to < pages {
				link(strconv.Itoa(to))
			}
		}
		if n%50 == 0 {
			link("private/" + strconv.Itoa(n))
		}
	}
	b.WriteString("</ul></body></html>\n")
	return b.String()
}

// htmlEscape makes a query safe within an attribute.
var htmlEscape = strings.NewReplacer("&", "&amp;", `"`, "&#34;", "<", "&lt;", ">", "&gt;")

func robots(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, "User-agent: *\nDisallow: /endless\nDisallow: /site/private/\n")
}
