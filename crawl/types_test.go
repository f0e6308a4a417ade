package crawl_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inflight-go/inflight/crawl"
)

func TestBadTypes(t *testing.T) {
	for _, text := range []string{"", "htm", "html,", "text/html; charset=utf-8", "a/b/c", "text/[", "html;xml"} {
		if _, err := crawl.ParseTypes(text); err == nil || !strings.Contains(err.Error(), "video/*") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseTypes(f *testing.F) {
	f.Add("html,text/*")
	f.Fuzz(func(t *testing.T, text string) { crawl.ParseTypes(text) })
}

// Bodies of other types are not read; sitemaps are, and what says nothing about itself.
func TestAccept(t *testing.T) {
	w := newWorld(t)
	w.text("a.test/robots.txt", "text/plain", "Sitemap: /map.xml")
	w.text("a.test/map.xml", "application/xml", "<urlset><loc>/mapped</loc></urlset>")
	w.page("a.test/mapped", "")
	w.page("a.test/", links("/film", "/table", "/news.rss", "/gone", "/to", "/nothing"))
	var sent atomic.Int64
	w.pages["a.test/film"] = func(rw http.ResponseWriter, r *http.Request) {
		if want := "text/html, application/xhtml+xml, text/csv"; r.Header.Get("Accept") != want {
			t.Errorf("asked for %q, want %q", r.Header.Get("Accept"), want)
		}
		rw.Header().Set("Content-Type", "video/mp4")
		for range 900 {
			n, err := fmt.Fprint(rw, strings.Repeat("x", 1000))
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	}
	w.text("a.test/table", "Text/CSV; header=present", "a,b")
	w.pages["a.test/gone"] = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "image/png")
		rw.WriteHeader(http.StatusNotFound)
	}
	w.pages["a.test/to"] = func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "image/png")
		http.Redirect(rw, r, "/mapped", http.StatusFound)
	}
	w.pages["a.test/nothing"] = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header()["Content-Type"] = nil
		io.WriteString(rw, "<html>"+links("/mapped"))
	}
	types, err := crawl.ParseTypes("html, TEXT/csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Accept: types})
	for url, want := range map[string]string{
		"film": "true 200 type 0", "table": "true 200  3", "gone": "false 404  0", "nothing": "true 200  30", "map.xml": "true 200  35", "mapped": "true 200  41",
	} {
		l := lines["http://a.test/"+url]
		if got := fmt.Sprint(l.OK, " ", l.Status, " ", l.Skipped, " ", l.Bytes); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
	if w.asked["a.test/film"] != 1 {
		t.Errorf("the film was asked for %d times", w.asked["a.test/film"])
	}
}

// What is written behind a type by mistake, as browsers read it, makes no other type of it.
func TestTypesThatAreOddlyWritten(t *testing.T) {
	w := newWorld(t)
	for _, kind := range []string{"text/html, charset=utf-8", "text/html charset=utf-8", " TEXT/HTML\t;", "text/html,text/html"} {
		w.text("a.test/", kind, "<title>in</title>"+links("/page"))
		if l := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}})["http://a.test/"]; l.Title != "in" || l.Links != 1 {
			t.Errorf("%s: %+v", kind, l)
		}
	}
}

func TestMaxPerHost(t *testing.T) {
	w := newWorld(t)
	all := links("/1", "/2", "/3", "http://b.test/", "http://b.test/1", "http://b.test/2", "http://a.test:81/")
	for _, page := range []string{"a.test/", "b.test/", "a.test/1", "a.test/2", "a.test:81/", "b.test/1"} {
		w.page(page, all)
	}
	found(t, w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Scope: crawl.ScopeAny, MaxPerHost: 2}),
		"a.test/", "a.test/1", "b.test/", "b.test/1", "a.test:81/", "a.test:81/1")
}

func TestFollow(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", `<nav><a href=/1>x</a><b><a href=/2 rel=nofollow>x</a></b></nav><a class=next href=/3>x</a><iframe class=next src=/4></iframe><a href=/no>x</a><link class=next href=style.css>`)
	w.page("a.test/1", links("/no")+`<a class=next href=/to>x</a>`)
	w.pages["a.test/to"] = func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/5", http.StatusFound) }
	w.page("a.test/5", links("/no"))
	sel, err := crawl.ParseSelector("nav, .next")
	if err != nil {
		t.Fatal(err)
	}
	found(t, w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Follow: sel}), strings.Fields("a.test/ a.test/1 a.test/3 a.test/4 a.test/style.css a.test/to a.test/5")...)
}

func TestMaxRedirects(t *testing.T) {
	w := newWorld(t)
	w.pages["a.test/*"] = func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, r.URL.Path+"x", http.StatusFound) }
	for most, pages := range map[int]int{-1: 1, 1: 2, 3: 4, 0: crawl.DefaultMaxRedirects + 1} {
		lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, MaxRedirects: most})
		if last := lines["http://a.test/"+strings.Repeat("x", pages-1)]; len(lines) != pages || last.OK || last.Error.Class != "redirect" {
			t.Errorf("%d: %d pages, the last one %+v", most, len(lines), last)
		}
	}
}

// A charset that is given counts more than what pages say.
func TestCharsetGiven(t *testing.T) {
	w := newWorld(t)
	w.text("a.test/", "text/html; charset=utf-8", "<meta charset=utf-8><title>\xCF\xF0\xE8\xE2\xE5\xF2</title>")
	if l := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Charset: "windows-1251"})["http://a.test/"]; l.Title != "Привет" {
		t.Errorf("%q", l.Title)
	}
	if crawl.ValidCharset("windows-9") || !crawl.ValidCharset("Latin1") || !crawl.ValidCharset("") {
		t.Error("names of encodings")
	}
	defer func() {
		if recover() == nil {
			t.Error("an encoding that there is not")
		}
	}()
	crawl.Run(t.Context(), "", crawl.Options{Charset: "no"})
}
