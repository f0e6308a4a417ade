package crawl_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/crawl"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/session"
)

// hostile is a site of all that goes wrong: what its pages do, and below it what a
// crawl has to make of them.
func hostile(w *world) {
	html := func(rw http.ResponseWriter) { rw.Header().Set("Content-Type", "text/html") }
	w.page("a.test/", links("/busy", "/down", "/reset", "/endless", "/slow", "/hop1", "/loop1", "/chain/0", "/away", "/broken", "/nul",
		"/deep", "/same", "/base", "/bomb", "/liar", "/utf16", "/bad-utf8", "/not-html", "/empty", "/203", "/204", "/noloc", "/title",
		"/"+strings.Repeat("x", 9000), "http://a.test:99999999/", "http://[", "//", "http://", "javascript:x", "#", "data:text/html,<a href=/no>", "http://r.test/x"))
	// Hosts that are busy, or down.
	times := 0
	w.pages["a.test/busy"] = func(rw http.ResponseWriter, r *http.Request) {
		if times++; times <= 2 {
			rw.Header().Set("Retry-After", "120")
			rw.WriteHeader(http.StatusTooManyRequests)
			return
		}
		html(rw)
		fmt.Fprint(rw, links("/behind-busy"))
	}
	w.pages["a.test/down"] = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) }
	w.pages["a.test/reset"] = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	w.pages["r.test/robots.txt"] = w.pages["a.test/down"]
	w.page("r.test/x", links("/y"))
	// Bodies without an end.
	w.pages["a.test/endless"] = func(rw http.ResponseWriter, r *http.Request) {
		html(rw)
		for r.Context().Err() == nil {
			if _, err := fmt.Fprint(rw, links("/in-endless"), strings.Repeat("<p>", 1000)); err != nil {
				return
			}
		}
	}
	w.pages["a.test/slow"] = func(rw http.ResponseWriter, r *http.Request) {
		html(rw)
		fmt.Fprint(rw, links("/no-in-slow"))
		rw.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	w.pages["a.test/bomb"] = func(rw http.ResponseWriter, _ *http.Request) {
		html(rw)
		rw.Header().Set("Content-Encoding", "gzip")
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		fmt.Fprint(z, links("/in-bomb"), strings.Repeat(" ", 10<<20), links("/no-behind-bomb"))
		z.Close()
		rw.Write(b.Bytes())
	}
	// Redirects.
	to := func(code int, location string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Location", location)
			rw.WriteHeader(code)
		}
	}
	w.pages["a.test/hop1"], w.pages["a.test/hop2"] = to(301, "hop2"), to(308, "http://A.test:80/./end#x")
	w.page("a.test/end", "")
	w.pages["a.test/loop1"], w.pages["a.test/loop2"] = to(302, "/loop2"), to(302, "/loop1")
	w.pages["a.test/away"], w.pages["a.test/noloc"] = to(302, "http://b.test/"), to(302, "")
	w.pages["a.test/chain/*"] = func(rw http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscanf(r.URL.Path, "/chain/%d", &n)
		to(302, fmt.Sprint("/chain/", n+1))(rw, r)
	}
	// What stands for HTML.
	w.text("a.test/broken", "text/html", `<a href='/b1'<div><a href=/b2 <p><<a href="/b3"x=y><a
href = "/b4" href="/no"><!-- <a href=/no> --><script>"<a href=/no>"</script><textarea><a href=/no></textarea><A HREF=/b5><a href="/b6`+"\n\t"+`x"><a href="/b&amp;7"><a href="/never-closed`)
	w.text("a.test/nul", "text/html", "\x00<a\x00 href=/no><a href=\"/n\x00l\">x</a>\x00<a href=/after-nul>")
	w.text("a.test/deep", "text/html", strings.Repeat("<div>", 5000)+links("/in-deep"))
	w.text("a.test/same", "text/html", strings.Repeat("<a href=/one#x>", 2000))
	w.text("a.test/base", "text/html", `<base href="/dir/"><base href="http://b.test/"><a href=x>`)
	w.text("a.test/title", "text/html", "<title>"+strings.Repeat("é ", 20000)+"</title>")
	w.text("a.test/liar", "text/html; charset=no-such-thing", "<meta charset=neither><title>caf\u00E9</title>"+links("/caf\u00E9"))
	w.text("a.test/utf16", "text/html", "\xFF\xFE<\x00a\x00 \x00h\x00r\x00e\x00f\x00=\x00/\x00w\x00i\x00d\x00e\x00>\x00")
	w.text("a.test/bad-utf8", "text/html; charset=utf-8", "<title>a\xFF\xFEb</title>"+"<a href=\"/\xFF\">")
	w.text("a.test/not-html", "text/plain", links("/no"))
	w.text("a.test/empty", "text/html", "")
	w.pages["a.test/203"] = func(rw http.ResponseWriter, _ *http.Request) {
		html(rw)
		rw.WriteHeader(203)
		fmt.Fprint(rw, links("/in-203"))
	}
	w.pages["a.test/204"] = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(204) }
	w.text("a.test/robots.txt", "text/plain", "\xEF\xBB\xBFuser agent: *\nSitemap: /map.xml\nDisallow: /b3\n")
	w.text("a.test/map.xml", "application/xml", "<sitemapindex><loc>http://a.test/map.xml</loc><loc>/mapped</loc><loc>http://b.test/no</loc><broken")
}

// A site where everything goes wrong is crawled to the set of pages that it has, and
// comes to an end.
func TestHostile(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, _ *inflight.TaskGroup) {
		w := &world{pages: make(map[string]http.HandlerFunc), asked: make(map[string]int)}
		hostile(w)
		origin := inflighttest.NewOrigin(t, w)
		s, err := session.New(session.Options{MaxRedirects: -1, MaxBody: 64 << 10, Dial: origin.Dial})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		h, err := crawl.ParseField("a=a@href")
		if err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), "out.jsonl")
		began := time.Now()
		if _, err := crawl.Run(ctx, out, crawl.Options{Seeds: []string{"http://a.test/", "http://r.test/"}, Session: s, Fields: []crawl.Field{h}}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 4*time.Minute || took > 10*time.Minute {
			t.Errorf("it took %v: a host that asks for 2 × 120 s is to have them", took)
		}
		lines := read(t, out)
		want := strings.Fields(`/ /busy /behind-busy /down /reset /endless /in-endless /slow /hop1 /hop2 /end /loop1 /loop2 /away /noloc /broken /b1 /b2 /b3 /b4 /b5 /b6x
			/b&7 /nul /n%EF%BF%BDl /after-nul /deep /in-deep /same /one /base /dir/x /bomb /in-bomb /liar /caf%C3%A9 /utf16 /wide /bad-utf8 /%EF%BF%BD /not-html
			/empty /203 /in-203 /204 /title /map.xml /mapped`)
		for n := range 11 {
			want = append(want, fmt.Sprint("/chain/", n))
		}
		for i := range want {
			want[i] = "a.test" + want[i]
		}
		found(t, lines, append(want, "r.test/", "r.test/x")...)
		for url, want := range map[string]string{
			"a.test/busy": "true 200 ", "a.test/down": "false 503 http", "a.test/reset": "false 0 conn", "a.test/slow": "false 200 timeout", "r.test/x": "false 0 robots",
			"a.test/endless": "true 200 ", "a.test/b3": "true 0 ", "a.test/b1": "false 404 http", "a.test/loop2": "true 302 ", "a.test/noloc": "true 302 ", "a.test/chain/9": "true 302 ",
			"a.test/chain/10": "false 302 redirect", "a.test/204": "true 204 ", "a.test/deep": "true 200 ",
		} {
			if l := lines["http://"+url]; fmt.Sprint(l.OK, " ", l.Status, " ", l.Error.Class) != want {
				t.Errorf("%s: %v %d %+v, want %s", url, l.OK, l.Status, l.Error, want)
			}
		}
		for _, url := range []string{"a.test/endless", "a.test/bomb"} {
			if l := lines["http://"+url]; !l.Truncated || l.Bytes != 64<<10 {
				t.Errorf("%s: %+v", url, l)
			}
		}
		if l := lines["http://a.test/title"]; len(l.Title) > 1000 || !strings.HasPrefix(l.Title, "é é") || strings.ContainsRune(l.Title, '\uFFFD') {
			t.Errorf("a title of %d bytes: %q", len(l.Title), l.Title)
		}
		if l := lines["http://a.test/liar"]; l.Title != "café" {
			t.Errorf("%q", l.Title)
		}
		for url, n := range w.asked {
			if n > 1 && url != "a.test/busy" && url != "a.test/down" && url != "a.test/reset" && url != "a.test/slow" && url != "r.test/robots.txt" {
				t.Errorf("%s was fetched %d times", url, n)
			}
		}
	})
}

// Elements that are in one another have the same text again and again: a page whose fields
// would be much larger than itself has failed, and the crawl goes on.
func TestFieldsOfNestedElements(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", strings.Repeat("<div>", 300)+strings.Repeat("text ", 40_000)+links("/b"))
	w.page("a.test/b", "<div><p>1</p><div><p>2</p></div></div>")
	for item, want := range map[string]string{"": `{"all":["1 2","2"]}`, "div": `[{"all":["2"]},{"all":[]}]`} {
		o := crawl.Options{Seeds: []string{"http://a.test/"}}
		f, err := crawl.ParseField("all[]=div")
		if err != nil {
			t.Fatal(err)
		}
		o.Fields = []crawl.Field{f}
		if item != "" {
			if o.Item, err = crawl.ParseSelector(item); err != nil {
				t.Fatal(err)
			}
		}
		lines := w.crawl(t, o)
		l := lines["http://a.test/"]
		if l.OK || l.Error.Class != "data" || !strings.Contains(l.Error.Message, "in one another") || l.Extract != nil || l.Items != nil {
			t.Errorf("item %q: %v, %v", item, l.OK, l.Error)
		}
		got, _ := json.Marshal(lines["http://a.test/b"].Extract)
		if item != "" {
			got, _ = json.Marshal(lines["http://a.test/b"].Items)
		}
		if string(got) != want {
			t.Errorf("item %q: %s, want %s", item, got, want)
		}
	}
}

// A list that Handle panics on leaves no file behind.
func TestHandlePanicsOnLists(t *testing.T) {
	w := newWorld(t)
	w.text("a.test/list.xml", "text/xml", "<urlset><url><loc>http://a.test/</loc></url></urlset>")
	out := filepath.Join(t.TempDir(), "out.jsonl")
	o := crawl.Options{Seeds: []string{"http://a.test/list.xml"}, Session: w.session, IgnoreRobots: true}
	o.Handle = func(context.Context, *crawl.Page) (any, error) { panic("no") }
	if sum, err := crawl.Run(t.Context(), out, o); err != nil || sum.Panicked != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), ".part*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
