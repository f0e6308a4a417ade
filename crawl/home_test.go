package crawl_test

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inflight-go/inflight/crawl"
	"github.com/inflight-go/inflight/crawl/robots"
	"github.com/inflight-go/inflight/crawl/warc"
	"github.com/inflight-go/inflight/session"
)

// A robots.txt that is too long ends with the last line that is whole.
func TestLongRobots(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/private", "/public"))
	w.page("a.test/public", "")
	text := "User-agent: *\nDisallow: /private\n"
	rest := "\nAllow: /private/not\n"
	text += "#" + strings.Repeat("x", robots.MaxSize-len(text)-1-len("\nAllow: /private"))
	w.text("a.test/robots.txt", "text/plain", text+rest)
	if l := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}})["http://a.test/private"]; l.Skipped != "robots" {
		t.Errorf("%+v", l)
	}
}

// A robots.txt that leads nowhere is none, as one that leads too far is.
func TestRobotsThatLeadNowhere(t *testing.T) {
	for _, location := range []string{"", "mailto:x@a.test", "/robots.txt", "/" + strings.Repeat("x", 100_000)} {
		w := newWorld(t)
		w.page("a.test/", "")
		archive, err := warc.Open(filepath.Join(t.TempDir(), "site.warc"), warc.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer archive.Close()
		w.pages["a.test/robots.txt"] = func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Location", location)
			rw.WriteHeader(http.StatusFound)
		}
		if l := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Archive: archive})["http://a.test/"]; !l.OK || l.Status != 200 {
			t.Errorf("%.80q: %+v", location, l)
		}
	}
}

// What is shown of a failure has no secrets of its URL in it. The line has the URL: it is
// what the page is known by.
func TestFailuresHaveNoSecrets(t *testing.T) {
	for _, answered := range []bool{true, false} {
		w := newWorld(t)
		progress := &crawl.Progress{}
		if !answered {
			w.pages["a.test/x"] = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}
		const url = "http://a.test/x?api_key=hush-hush&y=1"
		lines := w.crawl(t, crawl.Options{Seeds: []string{url}, Progress: progress})
		if why := progress.Stats().Failure; strings.Contains(why, "hush") || !strings.Contains(why, "a.test/x?api_key=") || lines[url].OK {
			t.Errorf("%q, %+v", why, lines)
		}
	}
}

// What authenticates goes to the hosts of the seeds, however a page leads to others.
func TestCredentialsStayAtHome(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	told := make(map[string]string) // by host
	all := links("http://www.a.test/", "http://a.test:81/", "http://sub.a.test/", "http://b.test/", "/away")
	page := func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		told[r.Host] += r.URL.Path + r.Header.Get("Authorization") + r.Header.Get("X-Api-Key") + r.Header.Get("Cookie") + " "
		mu.Unlock()
		switch r.URL.Path {
		case "/away":
			http.Redirect(rw, r, "http://c.test/", http.StatusFound)
		case "/robots.txt":
			if r.Host == "a.test" {
				http.Redirect(rw, r, "http://d.test/robots", http.StatusFound)
			}
		case "/robots":
			fmt.Fprint(rw, "Sitemap: http://e.test/map.txt")
		case "/map.txt":
			rw.Header().Set("Content-Type", "text/plain")
		default:
			rw.Header().Set("Content-Type", "text/html")
			fmt.Fprint(rw, all)
		}
	}
	for _, host := range []string{"a.test", "www.a.test", "a.test:81", "sub.a.test", "b.test", "c.test", "d.test", "e.test"} {
		w.pages[host+"/*"] = page
	}
	s := w.open(t, session.Options{Auth: session.Auth{Bearer: "t"}, Header: http.Header{"X-Api-Key": {"k"}, "Cookie": {"c"}}})
	w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Scope: crawl.ScopeAny, Session: s, Concurrency: 1})
	want := map[string]string{
		"a.test": "/robots.txtBearer tkc /Bearer tkc /awayBearer tkc ", "www.a.test": "/robots.txtBearer tkc /Bearer tkc /awayBearer tkc ",
		"d.test": "/robots ", "e.test": "/robots.txt /map.txt ",
	}
	for _, host := range []string{"a.test:81", "sub.a.test", "b.test", "c.test"} {
		want[host] = "/robots.txt / /away "
	}
	want["c.test"] = "/robots.txt / /away "
	for _, host := range slices.Sorted(maps.Keys(want)) {
		if told[host] != want[host] {
			t.Errorf("%s was asked %q, want %q", host, told[host], want[host])
		}
	}
}
