package crawl_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl"
	"github.com/inflight-go/inflight/session"
)

func TestEachPageOnce(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/one", "two#x", "./one", "//a.test/three", "HTTP://A.test:80/one", "/missing"))
	w.page("a.test/one", links("/", "/two"))
	w.page("a.test/two", links("/one", "/three?"))
	w.page("a.test/three", links("/three", "mailto:x@a.test", "javascript:void(0)"))
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test"}})
	found(t, lines, "a.test/", "a.test/one", "a.test/two", "a.test/three", "a.test/missing")
	for url, n := range w.asked {
		if n != 1 {
			t.Errorf("%s was fetched %d times", url, n)
		}
	}
	if l := lines["http://a.test/missing"]; l.OK || l.Error.Class != "http" || l.Status != 404 || l.Depth != 1 || *l.From != 0 {
		t.Errorf("%+v", l)
	}
	if l := lines["http://a.test/"]; !l.OK || l.From != nil || l.Links != 6 {
		t.Errorf("%+v", l)
	}
}

func TestScopes(t *testing.T) {
	w := newWorld(t)
	all := links("http://a.example.com/x/1", "http://a.example.com/y", "http://www.a.example.com/", "http://b.example.com/", "http://other.test/", "http://a.example.com:81/")
	for _, page := range []string{"a.example.com/x/", "a.example.com/x/1", "a.example.com/y", "www.a.example.com/", "b.example.com/", "other.test/", "a.example.com:81/"} {
		w.page(page, all)
	}
	for scope, want := range map[crawl.Scope]string{
		crawl.ScopeHost:   "a.example.com/x/ a.example.com/x/1 a.example.com/y www.a.example.com/",
		crawl.ScopeDomain: "a.example.com/x/ a.example.com/x/1 a.example.com/y www.a.example.com/ b.example.com/ a.example.com:81/",
		crawl.ScopePrefix: "a.example.com/x/ a.example.com/x/1",
		crawl.ScopeAny:    "a.example.com/x/ a.example.com/x/1 a.example.com/y www.a.example.com/ b.example.com/ other.test/ a.example.com:81/",
	} {
		found(t, w.crawl(t, crawl.Options{Seeds: []string{"http://a.example.com/x/"}, Scope: scope}), strings.Fields(want)...)
	}
}

// Expressions are of URLs as they are spelled, and as people write them.
func TestExpressionsAsPeopleWrite(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/löschen/1", "/l%c3%b6schen/2", "/größe?q=ß", "/%F6", "/a%2Fb"))
	w.page("a.test/*", "")
	for expression, want := range map[string]string{
		"/löschen": "%C3%B6schen/1 %C3%B6schen/2", "/l%C3%B6schen/[0-9]": "%C3%B6schen/1 %C3%B6schen/2", "ß$": "%C3%9Fe?q=%C3%9F", "%F6$": "/%F6", "/a/b": "", "%2F": "/a%2Fb",
	} {
		re := []*regexp.Regexp{regexp.MustCompile(expression)}
		only := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Include: re})
		rest := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Exclude: re})
		rules := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Rules: []crawl.Rule{{Name: "found", Match: re[0], JSONLD: true}}})
		for url, l := range rules {
			_, in := only[url]
			_, out := rest[url]
			is := slices.ContainsFunc(strings.Fields(want), func(end string) bool { return strings.HasSuffix(url, end) })
			if url != "http://a.test/" && (in != is || out == is || (l.Rule == "found") != is) {
				t.Errorf("%s: %s is in: %v, out: %v, by the rule: %q", expression, url, in, out, l.Rule)
			}
		}
	}
}

// An address has no domain, and a prefix is one whichever of the two schemes it has.
func TestScopeOfAddressesAndSchemes(t *testing.T) {
	w := newWorld(t)
	w.page("10.0.0.1/", links("/x", "http://99.9.0.1/"))
	found(t, w.crawl(t, crawl.Options{Seeds: []string{"http://10.0.0.1/"}, Scope: crawl.ScopeDomain}), "10.0.0.1/", "10.0.0.1/x")
	w.page("a.test/start/", links("/docs/x", "/y", "/docs", "http://b.test/docs/"))
	found(t, w.crawl(t, crawl.Options{Seeds: []string{"https://a.test/docs/", "http://a.test/start/"}, Scope: crawl.ScopePrefix}),
		"https://a.test/docs/", "a.test/start/", "a.test/docs/x")
}

// The sitemaps of an index, and where a seed leads, are entries: only pages have to match.
func TestEntriesNeedNotMatch(t *testing.T) {
	w := newWorld(t)
	index := "<sitemapindex><sitemap><loc>http://%[1]s/pages.xml</loc></sitemap><sitemap><loc>http://%[1]s/drafts.xml</loc></sitemap><sitemap><loc>http://c.test/no.xml</loc></sitemap></sitemapindex>"
	w.text("a.test/robots.txt", "text/plain", "Sitemap: /index.xml\nSitemap: http://b.test/index.xml\n")
	w.pages["a.test/"] = http.RedirectHandler("/en/", http.StatusFound).ServeHTTP
	w.page("a.test/en/", links("/about", "/product/1"))
	for i, host := range []string{"a.test", "b.test"} {
		w.text(host+"/index.xml", "application/xml", fmt.Sprintf(index, host))
		w.text(host+"/pages.xml", "application/xml", fmt.Sprintf("<urlset><url><loc>http://a.test/product/%d</loc></url><url><loc>http://a.test/other</loc></url></urlset>", i+2))
	}
	o := crawl.Options{Seeds: []string{"http://a.test/"}}
	entries := []string{"a.test/", "a.test/en/", "a.test/index.xml", "a.test/pages.xml", "b.test/index.xml", "b.test/pages.xml"}
	o.Include, o.Exclude = []*regexp.Regexp{regexp.MustCompile("/product/")}, []*regexp.Regexp{regexp.MustCompile("drafts")}
	found(t, w.crawl(t, o), append(entries, "a.test/product/1", "a.test/product/2", "a.test/product/3")...)
	o.Include, o.Scope, o.Seeds = nil, crawl.ScopePrefix, []string{"http://a.test/product/1"}
	found(t, w.crawl(t, o), append(entries[2:], "a.test/product/1", "a.test/product/2", "a.test/product/3")...)
}

// The filter url resolves as links are, against the base of the page.
func TestBaseOfPages(t *testing.T) {
	w := newWorld(t)
	f, err := crawl.ParseField("to=a@href | url")
	if err != nil {
		t.Fatal(err)
	}
	for base, want := range map[string]string{
		"": "/dir/next", "/other/": "/other/next", "\n /other/100%/x ": "/other/100%25/next", "sub/": "/dir/sub/next", "javascript:x": "/dir/next",
		"/" + strings.Repeat("long/", 1000): "/dir/next", // which would make each link as long
	} {
		w.page("a.test/dir/", fmt.Sprintf("<base href='%s'><a href=next>x</a>", base))
		lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/dir/"}, Fields: []crawl.Field{f}})
		found(t, lines, "a.test/dir/", "a.test"+want)
		if got := lines["http://a.test/dir/"].Extract["to"]; got != "http://a.test"+want {
			t.Errorf("base %q: the field is %v, want %s", base, got, want)
		}
	}
}

// All links of a page are followed, also where they are taken on some at a time.
func TestManyLinks(t *testing.T) {
	const n = 1203
	w := newWorld(t)
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<a href=/%d>x</a>", i)
	}
	w.page("a.test/", b.String())
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, PerHost: 16, IgnoreRobots: true})
	if len(lines) != n+1 {
		t.Errorf("%d pages", len(lines))
	}
}

// A folder of very many files is a page of as many links: all count.
func TestVeryManyLinks(t *testing.T) {
	const n = 150_000
	w := newWorld(t)
	w.session = w.open(t, session.Options{})
	w.page("a.test/", strings.Repeat("<a href=/x>file</a>\n", n-1)+"<a href=/last>")
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}})
	found(t, lines, "a.test/", "a.test/x", "a.test/last")
	if l := lines["http://a.test/"]; l.Links != n || l.Truncated {
		t.Errorf("%d links of %d, cut: %v", l.Links, n, l.Truncated)
	}
}

// A seed that leads out of the crawl has failed: there is nothing behind it. A page that
// does so leads nowhere.
func TestSeedsThatLeadOut(t *testing.T) {
	w := newWorld(t)
	out := http.RedirectHandler("http://b.test/x", http.StatusFound).ServeHTTP
	w.pages["a.test/"], w.pages["a.test/page"] = out, out
	w.page("a.test/list", links("/page"))
	o := crawl.Options{Seeds: []string{"http://a.test/", "http://a.test/list"}, Progress: &crawl.Progress{}}
	lines := w.crawl(t, o)
	found(t, lines, "a.test/", "a.test/list", "a.test/page")
	if l := lines["http://a.test/"]; l.OK || l.Error.Class != "redirect" || !strings.Contains(l.Error.Message, l.Redirect) {
		t.Errorf("the seed: %+v", l)
	}
	if l := lines["http://a.test/page"]; !l.OK || l.Redirect != "http://b.test/x" {
		t.Errorf("the page: %+v", l)
	}
	if why := o.Progress.Stats().Failure; !strings.Contains(why, "http://a.test/: it leads out of the crawl") {
		t.Errorf("the first failure: %q", why)
	}
}

// So has one that leads nowhere.
func TestSeedsThatLeadNowhere(t *testing.T) {
	w := newWorld(t)
	for _, location := range []string{"", "http://[bad"} {
		lost := func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Location", location)
			rw.WriteHeader(http.StatusFound)
		}
		w.pages["a.test/"], w.pages["a.test/page"] = lost, lost
		w.page("a.test/list", links("/page"))
		lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/", "http://a.test/list"}})
		if l := lines["http://a.test/"]; l.OK || l.Error.Class != "redirect" || !strings.Contains(l.Error.Message, fmt.Sprintf("it leads nowhere: the answer is 302, and its Location %q", location)) {
			t.Errorf("the seed: %+v", l)
		}
		if l := lines["http://a.test/page"]; !l.OK || l.Status != 302 {
			t.Errorf("the page: %+v", l)
		}
	}
}

func TestIncludeExcludeDepthPages(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/a/1", "/b/1"))
	w.page("a.test/a/1", links("/a/2"))
	w.page("a.test/a/2", links("/a/3", "/a/secret"))
	seeds := []string{"http://a.test/"}
	re := func(s string) []*regexp.Regexp { return []*regexp.Regexp{regexp.MustCompile(s)} }
	found(t, w.crawl(t, crawl.Options{Seeds: seeds, Include: re(`/a/`), Exclude: re(`secret`)}), "a.test/", "a.test/a/1", "a.test/a/2", "a.test/a/3")
	found(t, w.crawl(t, crawl.Options{Seeds: seeds, Depth: 1}), "a.test/", "a.test/a/1", "a.test/b/1")
	found(t, w.crawl(t, crawl.Options{Seeds: seeds, Depth: -1}), "a.test/")
	if lines := w.crawl(t, crawl.Options{Seeds: seeds, MaxPages: 3}); len(lines) != 3 {
		t.Error(urls(lines))
	}
}

func TestRobots(t *testing.T) {
	w := newWorld(t)
	w.text("a.test/robots.txt", "text/plain", "User-agent: *\nDisallow: /private\nSitemap: /map.xml\n")
	w.text("a.test/map.xml", "application/xml", `<?xml version="1.0"?><urlset><url><loc>http://a.test/mapped</loc></url><url><loc>http://b.test/</loc></url></urlset>`)
	w.page("a.test/", links("/private/x", "/open"))
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}})
	found(t, lines, "a.test/", "a.test/private/x", "a.test/open", "a.test/map.xml", "a.test/mapped")
	if l := lines["http://a.test/private/x"]; l.Skipped != "robots" || !l.OK || w.asked["a.test/private/x"] != 0 {
		t.Errorf("%+v, fetched %d times", l, w.asked["a.test/private/x"])
	}
	if w.asked["a.test/robots.txt"] != 1 {
		t.Error("robots.txt was fetched", w.asked["a.test/robots.txt"], "times")
	}
	lines = w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, IgnoreRobots: true})
	found(t, lines, "a.test/", "a.test/private/x", "a.test/open")
	lines = w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Sitemaps: crawl.SitemapsOnly})
	found(t, lines, "a.test/", "a.test/map.xml", "a.test/mapped")
	lines = w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Sitemaps: crawl.SitemapsNot})
	found(t, lines, "a.test/", "a.test/private/x", "a.test/open")
}

func TestRobotsOutage(t *testing.T) {
	w := newWorld(t)
	w.pages["a.test/robots.txt"] = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusTeapot + 100) }
	w.page("a.test/", "")
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}})
	if l := lines["http://a.test/"]; l.OK || l.Error.Class != "robots" || w.asked["a.test/"] != 0 {
		t.Errorf("%+v", l)
	}
}

func TestRedirects(t *testing.T) {
	w := newWorld(t)
	w.pages["a.test/"] = http.RedirectHandler("/home", http.StatusFound).ServeHTTP
	w.page("a.test/home", links("/away", "/loop", "/home"))
	w.pages["a.test/away"] = http.RedirectHandler("http://b.test/", http.StatusMovedPermanently).ServeHTTP
	w.pages["a.test/loop"] = http.RedirectHandler("/loop", http.StatusFound).ServeHTTP
	w.page("b.test/", "")
	for _, most := range []int{-1, 10} { // whatever the session would follow by itself
		lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Session: w.open(t, session.Options{MaxRedirects: most})})
		found(t, lines, "a.test/", "a.test/home", "a.test/away", "a.test/loop")
		if l := lines["http://a.test/away"]; l.Redirect != "http://b.test/" || !l.OK || l.Status != 301 {
			t.Errorf("%+v", l)
		}
		if l := lines["http://a.test/home"]; l.Depth != 0 || *l.From != 0 {
			t.Errorf("%+v", l)
		}
	}
	if n := w.asked["b.test/"]; n > 0 {
		t.Errorf("b.test, which no page belongs to, was asked %d times", n)
	}
}

// A seed that is led back to, over other pages, has none behind it: that is told. Who begins
// with the page that sets the cookie gets in.
func TestSeedsInCircles(t *testing.T) {
	w := newWorld(t)
	w.pages["a.test/"] = func(rw http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("seen"); err != nil {
			http.Redirect(rw, r, "/check", http.StatusFound)
			return
		}
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, links("/page"))
	}
	w.pages["a.test/check"] = http.RedirectHandler("/set", http.StatusFound).ServeHTTP
	w.pages["a.test/set"] = func(rw http.ResponseWriter, r *http.Request) {
		http.SetCookie(rw, &http.Cookie{Name: "seen", Value: "1"})
		http.Redirect(rw, r, "/", http.StatusFound)
	}
	w.page("a.test/page", "")
	o := crawl.Options{Seeds: []string{"http://a.test/"}}
	lines := w.crawl(t, o)
	found(t, lines, "a.test/", "a.test/check", "a.test/set")
	if l := lines["http://a.test/set"]; l.OK || l.Error.Class != "redirect" || !strings.Contains(l.Error.Message, "back to http://a.test/,") || !lines["http://a.test/"].OK {
		t.Errorf("%+v", l)
	}
	o.Seeds, o.Concurrency, o.Session = []string{"http://a.test/set", "http://a.test/"}, 1, w.open(t, session.Options{Cookies: true})
	lines = w.crawl(t, o)
	found(t, lines, "a.test/set", "a.test/", "a.test/page")
	if l := lines["http://a.test/set"]; !l.OK {
		t.Errorf("%+v", l)
	}
}

func TestNoFollow(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", `<a href=/yes>x</a><a href=/no rel="external nofollow">x</a><a href=/meta>x</a><a href=/header>x</a>`)
	w.page("a.test/meta", `<meta name=Robots content="noindex, NOFOLLOW"><a href=/hidden>x</a>`)
	w.pages["a.test/header"] = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("X-Robots-Tag", "none")
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, links("/hidden"))
	}
	o := crawl.Options{Seeds: []string{"http://a.test/"}}
	found(t, w.crawl(t, o), "a.test/", "a.test/yes", "a.test/meta", "a.test/header")
	o.IgnoreRobots = true
	found(t, w.crawl(t, o), "a.test/", "a.test/yes", "a.test/no", "a.test/meta", "a.test/header", "a.test/hidden")
}

// What an X-Robots-Tag says to another one says nothing.
func TestNoFollowOfOthers(t *testing.T) {
	w := newWorld(t)
	o := crawl.Options{Seeds: []string{"http://a.test/"}, Sitemaps: crawl.SitemapsNot, Agent: "My-Bot"}
	for value, follows := range map[string]bool{
		"otherbot: nofollow": true, "otherbot: noindex, nofollow": true, "my-bot: nofollow": false, "otherbot: noindex, My-Bot: none": false,
		"unavailable_after: 25 Jun 2030 15:00:00 PST, nofollow": false, "max-snippet: 5": true, "": true,
		"unavailable_after: Sun, 06 Nov 2044 08:49:37 GMT, nofollow": false,
	} {
		w.pages["a.test/"] = func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("X-Robots-Tag", value)
			rw.Header().Set("Content-Type", "text/html")
			fmt.Fprint(rw, links("/next"))
		}
		if got := len(w.crawl(t, o)) == 2; got != follows {
			t.Errorf("%q: followed is %v", value, got)
		}
	}
}

func TestRefresh(t *testing.T) {
	w := newWorld(t)
	var body strings.Builder
	want := []string{"a.test/", "a.test/5"}
	for i, content := range []string{"0;url=/a", "5; URL = '/b'x", "0,url=\"/c", " 1.5 ; /d", "0 /e", "0;url", "0", ";url=/no", "0x;url=/no", "", "url=/no"} {
		fmt.Fprintf(&body, "<meta http-equiv=Refresh content='%s'>", strings.ReplaceAll(content, "'", "&#39;"))
		if i < 5 {
			want = append(want, "a.test/"+string(rune('a'+i)))
		}
	}
	w.page("a.test/", body.String())
	want[1] = "a.test/url" // which browsers take for a path, too
	found(t, w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}}), want...)
}

// A robots.txt outside of the scope, that of a sitemap's host, leads nowhere.
func TestSitemapsLeadNoFurther(t *testing.T) {
	w := newWorld(t)
	for i, host := range []string{"a", "b", "c"} {
		w.text(host+".test/robots.txt", "text/plain", "Sitemap: http://"+string(rune('b'+i))+".test/map.xml\n")
		w.text(host+".test/map.xml", "application/xml", "<urlset><url><loc>http://a.test/mapped</loc></url></urlset>")
	}
	for _, scope := range []crawl.Scope{crawl.ScopeHost, crawl.ScopePrefix} {
		lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Scope: scope})
		found(t, lines, "a.test/", "b.test/map.xml", "a.test/mapped")
	}
}

// A site that leads to a spelling of a page which the crawl does not have is told of.
func TestRedirectsThatAreSpelled(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/list?b=1&a=2", "/new"))
	w.pages["a.test/list"] = func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/list?b=1&a=2", http.StatusFound) }
	w.pages["a.test/new"] = func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/new?utm_source=x", http.StatusFound)
	}
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Spelling: crawl.Spelling{Sort: true, Strip: []string{"utm_*"}}})
	for _, url := range []string{"http://a.test/list?a=2&b=1", "http://a.test/new"} {
		if l := lines[url]; l.OK || l.Error.Class != "redirect" || !strings.Contains(l.Error.Message, "this page again") {
			t.Errorf("%s: %+v", url, l)
		}
	}
}

// A seed is meant, also if it looks like a trap.
func TestSeedsAreNoTraps(t *testing.T) {
	w := newWorld(t)
	seeds := []string{"http://a.test/a/a/a/a/a/a/x", "http://a.test/" + strings.Repeat("x", 3000)}
	if lines := w.crawl(t, crawl.Options{Seeds: seeds}); len(lines) != 2 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestTraps(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/cal/0", "/deep/", "/list?f=n0", "/long/x"))
	w.pages["a.test/cal/*"] = func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		var n int
		fmt.Sscanf(r.URL.Path, "/cal/%d", &n)
		fmt.Fprint(rw, links(fmt.Sprint("/cal/", n+1)))
	}
	w.pages["a.test/deep/*"] = func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, `<a href="a/b/">x</a>`)
	}
	w.pages["a.test/long/*"] = func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, links(r.URL.Path+strings.Repeat("x", 300)))
	}
	w.pages["a.test/list"] = func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		var n int
		fmt.Sscanf(r.URL.Query().Get("f"), "n%d", &n)
		for i := range 40 {
			fmt.Fprint(rw, links(fmt.Sprintf("?f=n%d", n*40+i+1)))
		}
	}
	progress := &crawl.Progress{}
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Progress: progress})
	count := make(map[string]int)
	for _, url := range urls(lines) {
		kind, _, _ := strings.Cut(strings.TrimPrefix(url, "a.test/"), "/")
		kind, _, _ = strings.Cut(kind, "?")
		count[kind]++
	}
	if count["cal"] < 100 || count["cal"] > 201 || count["deep"] > 10 || count["long"] > 8 || count["list"] < 1900 || count["list"] > 2001 {
		t.Error(count)
	}
	if n := progress.Stats().Trapped; n != 78_004 { // 40 of each list, but for 1999 that are lists, and one of each other kind
		t.Errorf("%d URLs were left alone", n)
	}
}

// Lists of ten thousand pages, and shops that know what they sell by a number, are no
// traps; what has no end is.
func TestNumbersAreNoTraps(t *testing.T) {
	for query, most := range map[string]int{
		"?page=%d": 50_000, "?id=%012d": 50_000, "?f=2&t=%d": 50_000, "?%d=1": 50_000,
		"?q=a&page=%d": 2000, "?a=1&b=2&c=%d": 2000, "?sid=%dx": 2000, "?id=%013d": 2000, "?%d": 2000, "?a=&b=%d": 2000,
		";jsessionid=%x": 2000, ";a=%d?id=1": 2000, ";a/b;c=%d/d": 2000,
	} {
		caught := crawl.Traps()
		for i := range most {
			if why := caught("http://a.test/list" + fmt.Sprintf(query, i)); why != "" {
				t.Fatalf("%s: %d is a trap: %s", query, i, why)
			}
		}
		if why := caught("http://a.test/list" + fmt.Sprintf(query, most)); why != "queries" {
			t.Errorf("%s: after %d: %q", query, most, why)
		}
		if why := caught("http://a.test/list?sort=a&by=b&x=y"); (why == "") != (most > 2000 || strings.Contains(query, "/")) {
			t.Errorf("%s: another query of the path: %q", query, why)
		}
	}
}

func TestExtract(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", `<title> The  shop </title><h1>Shop</h1><div class=p><b>Tea</b><i>1,50</i></div><div class=p><b>Bread</b></div>
<script type="application/ld+json">{"@type":"Store"}</script><script type="application/ld+json">{broken</script>`)
	var fields []crawl.Field
	for _, text := range []string{"name=b", "price=i | number"} {
		f, err := crawl.ParseField(text)
		if err != nil {
			t.Fatal(err)
		}
		fields = append(fields, f)
	}
	item, err := crawl.ParseSelector("div.p")
	if err != nil {
		t.Fatal(err)
	}
	o := crawl.Options{Seeds: []string{"http://a.test/"}, Fields: fields, JSONLD: true}
	l := w.crawl(t, o)["http://a.test/"]
	if got := fmt.Sprint(l.Title, l.Extract, l.JSONLD); got != "The shopmap[name:Tea price:1.5] [map[@type:Store]]" {
		t.Error(got)
	}
	o.Item = item
	l = w.crawl(t, o)["http://a.test/"]
	if got := fmt.Sprint(l.Items); got != "[map[name:Tea price:1.5] map[name:Bread price:<nil>]]" {
		t.Error(got)
	}
}

// JSON-LD that is wrapped, or has line breaks in its texts, counts; what is broken does not.
func TestJSONLD(t *testing.T) {
	w := newWorld(t)
	o := crawl.Options{Seeds: []string{"http://a.test/"}, JSONLD: true}
	for script, want := range map[string]string{
		"application/ld+json>{\"a\":1}":                                "[map[a:1]]",
		"'Application/LD+JSON; charset=utf-8'>[1]":                     "[[1]]",
		"application/ld+json>\n<!--\n{\"a\":\"<!--x-->\"}\n-->\n":      "[map[a:<!--x-->]]",
		"application/ld+json>//<![CDATA[\n{\"a\":1}\n//]]>":            "[map[a:1]]",
		"application/ld+json>/*<![CDATA[*/{\"a\":\"http://x\"}/*]]>*/": "[map[a:http://x]]",
		"application/ld+json>{\"a\":\"two\nlines\"};":                  "[map[a:two lines]]",
		"application/ld+json>{\"a\":1,}":                               "[]",
		"application/ld+json>":                                         "[]",
		"application/json>{}":                                          "[]",
	} {
		w.page("a.test/", "<script type="+script+"</script>")
		if got := fmt.Sprint(w.crawl(t, o)["http://a.test/"].JSONLD); got != want {
			t.Errorf("%q: %s, want %s", script, got, want)
		}
	}
}

func TestHandle(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", "<h1>One</h1>"+links("/bad", "/odd", "/x.bin"))
	w.page("a.test/bad", links("/behind"))
	w.text("a.test/x.bin", "application/octet-stream", "\x00\x01")
	h1, err := crawl.ParseField("h=h1")
	if err != nil {
		t.Fatal(err)
	}
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Handle: func(ctx context.Context, p *crawl.Page) (any, error) {
		switch p.URL.Path {
		case "/bad":
			return nil, errors.New("not what I want")
		case "/x.bin":
			return len(p.Response.Body), nil
		}
		return map[string]any{"h": p.Find(h1), "html": p.HTML()}, nil
	}})
	if got := fmt.Sprint(lines["http://a.test/"].Data, lines["http://a.test/x.bin"].Data); got != "map[h:One html:true] 2" {
		t.Error(got)
	}
	if l := lines["http://a.test/bad"]; l.OK || l.Error.Class != "handle" || l.Error.Message != "not what I want" {
		t.Errorf("%+v", l)
	}
	if _, ok := lines["http://a.test/behind"]; !ok {
		t.Error("the links of a page that was not wanted are not followed")
	}
}

func TestCharsets(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/latin", "/meta", "/liar", "/mark", "/none"))
	w.pages["a.test/none"] = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header()["Content-Type"] = nil
		fmt.Fprint(rw, "\uFEFF\n<HTML><title>caf\u00E9</title>")
	}
	w.text("a.test/latin", "text/html; charset=iso-8859-1", "<title>caf\xE9</title>")
	w.text("a.test/meta", "text/html", `<meta charset=windows-1251><title>`+"\xCF\xF0\xE8\xE2\xE5\xF2"+`</title>`)
	w.text("a.test/liar", "text/html", "<title>caf\u00E9</title>")
	w.text("a.test/mark", "text/html; charset=iso-8859-1", "\xEF\xBB\xBF<title>caf\u00E9</title>")
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}})
	for page, want := range map[string]string{"latin": "café", "meta": "Привет", "liar": "café", "mark": "café", "none": "café"} {
		if got := lines["http://a.test/"+page].Title; got != want {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}

func TestUnique(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/1", "/2"))
	w.page("a.test/1", links("/3"))
	w.page("a.test/2", links("/3"))
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Unique: true, Concurrency: 1})
	if l := lines["http://a.test/2"]; l.Skipped != "duplicate" || lines["http://a.test/1"].Skipped != "" {
		t.Errorf("%+v", lines)
	}
}

// What was there before a crawl was stopped is known when it goes on.
func TestUniqueGoesOn(t *testing.T) {
	for _, name := range []string{"out.jsonl", "out.jsonl.gz", "out.jsonl.zst"} {
		w := newWorld(t)
		var pages []string
		for i := range 20 {
			pages = append(pages, fmt.Sprint("/", i))
			w.page("a.test"+pages[i], "the same")
		}
		w.page("a.test/", links(pages...))
		out := filepath.Join(t.TempDir(), name)
		o := crawl.Options{Seeds: []string{"http://a.test/"}, Session: w.session, Unique: true, Concurrency: 1, Grace: -1}
		ctx, cancel := context.WithCancel(t.Context())
		same := w.pages["a.test/12"]
		w.pages["a.test/12"] = func(rw http.ResponseWriter, r *http.Request) {
			<-ctx.Done() // it has to be stopped before the last page
			same(rw, r)
		}
		o.Journal.SyncLines = 1
		done := 0
		o.OnEvent = func(e batch.Event) {
			if e.Kind == batch.EventCommitted {
				if done += e.Lines; done > 1 {
					cancel()
				}
			}
		}
		if _, err := crawl.Run(ctx, out, o); err == nil {
			t.Fatal("it was not stopped")
		}
		o.OnEvent, o.Journal.Resume = nil, true
		if _, err := crawl.Run(t.Context(), out, o); err != nil {
			t.Fatal(err)
		}
		first := 0
		for l, err := range batch.Lines(out) {
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(l.Data), "a.test/") && !strings.Contains(string(l.Data), `"skipped":"duplicate"`) {
				first++
			}
		}
		if first != 2 {
			t.Errorf("%s: %d pages are not duplicates, want the seed and one", name, first)
		}
	}
}

// Stopped at any moment and resumed, a crawl has the lines of one that was not.
func TestResume(t *testing.T) {
	w := newWorld(t)
	const n = 150
	for i := range n {
		w.page(fmt.Sprintf("a.test/%d", i), links(fmt.Sprint("/", (2*i+1)%n), fmt.Sprint("/", (2*i+2)%n), fmt.Sprint("/", i/2)))
	}
	out := filepath.Join(t.TempDir(), "out.jsonl")
	o := crawl.Options{Seeds: []string{"http://a.test/0"}, Session: w.session, Grace: -1}
	errEnough := errors.New("enough")
	for round := 0; ; round++ {
		if round > n {
			t.Fatal("it does not come to an end")
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		seen := 0
		o.OnEvent = func(e batch.Event) {
			if e.Kind == batch.EventCommitted {
				if seen += e.Lines; seen > 10 {
					cancel(errEnough)
				}
			}
		}
		o.Journal.Resume = round > 0
		s, err := crawl.Run(ctx, out, o)
		cancel(nil)
		if err == nil {
			if !s.Complete || s.Stats.Found != n || round == 0 {
				t.Errorf("%+v after %d rounds", s, round)
			}
			break
		}
		if !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
	}
	lines := read(t, out)
	if len(lines) != n {
		t.Errorf("%d pages of %d", len(lines), n)
	}
	indices := make(map[int64]bool)
	for _, l := range lines {
		indices[l.Index] = true
	}
	if len(indices) != n {
		t.Errorf("%d indices for %d pages", len(indices), n)
	}
	o.Journal = batch.JournalOptions{Resume: true}
	asked := len(w.order)
	if s, err := crawl.Run(t.Context(), out, o); err != nil || s.Stats.Done != 0 || len(w.order) > asked+1 { // robots.txt
		t.Errorf("a crawl that is complete fetches %d pages, %v", len(w.order)-asked, err)
	}
	o.Depth = 3
	if _, err := crawl.Run(t.Context(), out, o); err == nil || !strings.Contains(err.Error(), "depth") {
		t.Error("another crawl goes on with the output:", err)
	}
}

// What is cut off by the end of a run is no failure: it is fetched again.
func TestCutOffIsNoFailure(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.pages["a.test/"] = func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}
	s, err := crawl.Run(ctx, filepath.Join(t.TempDir(), "out.jsonl"), crawl.Options{Seeds: []string{"http://a.test/"}, Session: w.session, Grace: -1})
	if !errors.Is(err, context.Canceled) || s.Stats.Failure != "" || s.Failed > 0 {
		t.Errorf("%v, %+v", err, s)
	}
}

// Pages that are tried again have one line in the end, and go on from there.
func TestRetryFailed(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/gone", "/fine"))
	w.page("a.test/fine", "")
	o := crawl.Options{Seeds: []string{"http://a.test/"}, Session: w.session}
	out := filepath.Join(t.TempDir(), "out.jsonl")
	for _, want := range [][]string{{"a.test/", "a.test/fine", "a.test/gone"}, {"a.test/", "a.test/behind", "a.test/fine", "a.test/gone"}} {
		if _, err := crawl.Run(t.Context(), out, o); err != nil {
			t.Fatal(err)
		}
		found(t, read(t, out), want...)
		w.page("a.test/gone", links("/behind"))
		o.Journal.RetryFailed = true
	}
}

// A run that ends early leaves what the one that goes on with it tidies up.
func TestRetryFailedEndsEarly(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/gone", "/away"))
	o := crawl.Options{Seeds: []string{"http://a.test/"}, Session: w.session, Concurrency: 1}
	out := filepath.Join(t.TempDir(), "out.jsonl")
	run := func(j batch.JournalOptions, most int64) (crawl.Summary, error) {
		o.Journal, o.MaxErrors = j, most
		return crawl.Run(t.Context(), out, o)
	}
	if _, err := run(batch.JournalOptions{}, 0); err != nil {
		t.Fatal(err)
	}
	if s, err := run(batch.JournalOptions{RetryFailed: true}, 1); err == nil || s.Complete {
		t.Fatalf("%+v, %v", s, err)
	}
	if s, err := run(batch.JournalOptions{Resume: true}, 0); err != nil || s.Failed+s.FailedBefore != 2 {
		t.Fatalf("%+v, %v", s, err)
	}
	found(t, read(t, out), "a.test/", "a.test/away", "a.test/gone")
}

func TestBadSeeds(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	for seed, want := range map[string]string{"": "no seed", "example.com/x": "did you mean https://example.com/x?", "HTTP:/example.com/x": "did you mean http://example.com/x?", "http://": "names no host", "http://me:hush@a.test/": "has a user",
		"me:hush@a.test/x": `"a.test/x", behind a user`, "http://me:hush@a test/": "behind a user", "http://me:hush@a.test:99999/": "behind a user",
		"/x": `"/x" names no host`, "javascript:alert(1)": "names no host", "mailto:me@a.test": `"mailto:me@a.test" names no host`, "http://a.test/" + strings.Repeat("x", 70_000): "is longer than"} {
		o := crawl.Options{Seeds: []string{seed}}
		if seed == "" {
			o.Seeds = nil
		}
		if _, err := crawl.Run(t.Context(), out, o); !errors.Is(err, crawl.ErrSeed) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", seed, err)
		}
	}
}

func TestOrderIsFair(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/1", "/2", "/3", "http://b.test/", "http://c.test/"))
	for _, page := range []string{"a.test/1", "a.test/2", "a.test/3", "b.test/", "c.test/"} {
		w.page(page, "")
	}
	w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Scope: crawl.ScopeAny, Concurrency: 1, IgnoreRobots: true})
	if want := []string{"a.test/", "a.test/1", "b.test/", "c.test/", "a.test/2", "a.test/3"}; !slices.Equal(w.order, want) {
		t.Error(w.order)
	}
}

// Pages that a wall has kept, for its cookie was not there yet, have failed; those that lead
// in a circle without one have nothing behind them.
func TestWallsOfCookies(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/in/1", "/in/2", "/loop"))
	var kept sync.WaitGroup
	kept.Add(2)
	w.pages["a.test/in/*"] = func(rw http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("seen"); err != nil {
			defer kept.Done()
			http.Redirect(rw, r, "/wall?to="+r.URL.Path, http.StatusFound)
		}
	}
	w.pages["a.test/wall"] = func(rw http.ResponseWriter, r *http.Request) {
		kept.Wait()
		http.SetCookie(rw, &http.Cookie{Name: "seen", Value: "1", Path: "/"})
		http.Redirect(rw, r, r.FormValue("to"), http.StatusFound)
	}
	w.pages["a.test/loop"] = http.RedirectHandler("/loop/2", http.StatusFound).ServeHTTP
	w.pages["a.test/loop/2"] = http.RedirectHandler("/loop", http.StatusFound).ServeHTTP
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Session: w.open(t, session.Options{Cookies: true})})
	for url, l := range lines {
		if wall := strings.Contains(url, "/wall"); l.OK == wall || wall && !strings.Contains(l.Error.Message, "it leads back to http://a.test/in/") {
			t.Errorf("%+v", l)
		}
	}
	if len(lines) != 7 {
		t.Errorf("%d pages", len(lines))
	}
}

// A page that leads to itself with a cookie is there for those who keep cookies.
func TestCookieWall(t *testing.T) {
	w := newWorld(t)
	w.pages["a.test/"] = func(rw http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("seen"); err != nil {
			http.SetCookie(rw, &http.Cookie{Name: "seen", Value: "1"})
			http.Redirect(rw, r, "/", http.StatusFound)
			return
		}
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, "<title>in</title>")
	}
	o := crawl.Options{Seeds: []string{"http://a.test/"}}
	if l := w.crawl(t, o)["http://a.test/"]; l.OK || l.Error.Class != "redirect" || l.Status != 302 {
		t.Errorf("without a jar: %+v", l)
	}
	o.Session = w.open(t, session.Options{Cookies: true})
	if l := w.crawl(t, o)["http://a.test/"]; !l.OK || l.Title != "in" {
		t.Errorf("with a jar: %+v", l)
	}
}
