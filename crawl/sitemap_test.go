package crawl_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inflight-go/inflight/crawl"
	"github.com/inflight-go/inflight/crawl/warc"
	"github.com/inflight-go/inflight/session"
)

// An address in a sitemap is all that stands between its tags, and none that was cut or
// is that of a picture.
func TestAddressesInSitemaps(t *testing.T) {
	w := newWorld(t)
	o := crawl.Options{Seeds: []string{"http://a.test/map"}}
	var many strings.Builder
	for range 50_001 {
		many.WriteString("http://a.test/same\n")
	}
	cutZip := func(text string) string {
		var b strings.Builder
		z := gzip.NewWriter(&b)
		fmt.Fprint(z, text)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()[:b.Len()-1]
	}
	for _, c := range []struct{ kind, text, want string }{
		{"application/xml", `<urlset xmlns="urn:s" xmlns:image="urn:i"><url><loc>/a?x=1<![CDATA[&]]>y=2&amp;z</loc><image:image><image:loc>/no.png</image:loc></image:image></url></urlset>`, "/a?x=1&y=2&z"},
		{"application/xml", `<s:urlset xmlns:s="urn:s"><s:url><s:loc> /a<!-- b -->c </s:loc></s:url><url xmlns=""><loc>/d</loc></url></s:urlset>`, "/ac /d"},
		{"application/xml", "\uFEFF<?xml version='1.0'?><urlset><url><loc>/whole</loc></url><url><loc>/cu", "/whole"},
		{"text/plain", "\uFEFFhttp://a.test/1\r\n\r\nhttp://a.test/2", "/1 /2"},
		{"text/plain", many.String(), "/same"},
		{"text/plain", "<urlset><loc>/x</loc></urlset>", "/x"},
		{"application/octet-stream", "http://a.test/not", ""},
		{"text/plain", "http://a.test/1\n" + strings.Repeat("x", 1<<15), ""},
		{"application/xml", "<urlset><loc>/a</loc><!--" + strings.Repeat("x", 1<<21) + "--><loc>/b</loc></urlset>", "/a"},
		{"application/xml", "<urlset><loc>/a</loc>" + strings.Repeat("<x a=''>", 1<<18) + "<loc>/b</loc></urlset>", "/a /b"},
		{"application/xml", "<urlset><loc>/a<!-- -->" + strings.Repeat("x", 1<<15) + "</loc><loc>/b</loc></urlset>", "/b"},
		{"text/plain", cutZip("http://a.test/whole\nhttp://a.test/cut"), "/whole"},
	} {
		w.text("a.test/map", c.kind, c.text)
		want := []string{"a.test/map"}
		for _, path := range strings.Fields(c.want) {
			want = append(want, "a.test"+path)
		}
		found(t, w.crawl(t, o), want...)
	}
}

// answering is a transport that asks a function.
type answering func(r *http.Request) (contentType, text string)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	contentType, text := f(r)
	rec.Header().Set("Content-Type", contentType)
	if contentType == "" {
		rec.Header().Set("Location", text)
		rec.WriteHeader(http.StatusMovedPermanently)
	}
	fmt.Fprint(rec, text)
	return rec.Result(), nil
}

// What a host says of its sitemaps by https counts, also where it has nothing to say by
// http, from where the seed has led.
func TestSitemapsOfASiteThatHasMoved(t *testing.T) {
	s, err := session.New(session.Options{MaxRedirects: -1, Transport: answering(func(r *http.Request) (contentType, text string) {
		switch {
		case r.URL.Path == "/robots.txt" && r.URL.Scheme == "https":
			return "text/plain", "Sitemap: /map.xml"
		case r.URL.Path == "/map.xml":
			return "text/xml", "<urlset><loc>/page</loc></urlset>"
		case r.URL.Path == "/" && r.URL.Scheme == "http":
			return "", "https://a.test/"
		}
		return "text/html", ""
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lines := newWorld(t).crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Session: s})
	found(t, lines, "a.test/", "https://a.test/", "https://a.test/map.xml", "https://a.test/page")
}

// A sitemap that robots.txt names is one whatever type its server has for it, and is told
// from a page of XHTML.
func TestSitemapsOfAnotherType(t *testing.T) {
	w := newWorld(t)
	w.text("a.test/robots.txt", "text/plain", "Sitemap: /map.xml\nSitemap: /map.php\nSitemap: /page\n")
	w.text("a.test/map.xml", "application/octet-stream", "<urlset><loc>/1</loc></urlset>")
	w.text("a.test/map.php", "text/html; charset=utf-8", "\uFEFF<?xml version='1.0'?><!-- made --><urlset><loc>/2</loc></urlset>")
	w.text("a.test/page", "text/html", "<?xml version='1.0'?><!DOCTYPE html><html>"+links("/3")+"<urlset><loc>/no</loc></urlset>")
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}})
	found(t, lines, "a.test/", "a.test/map.xml", "a.test/map.php", "a.test/page", "a.test/1", "a.test/2", "a.test/3")
}

// A character that may not stand in XML, and bytes that are none, do not end a sitemap.
func TestIllegibleSitemaps(t *testing.T) {
	w := newWorld(t)
	w.text("a.test/robots.txt", "text/plain", "Sitemap: /map.xml\n")
	for odd, want := range map[string]string{
		"<image:title>a\x0B\x00b\uFFFF</image:title><loc>/\xFC</loc>": "a.test/%EF%BF%BD", "<?xml version='1.0' encoding='utf-8'?><loc>/ü\xFC</loc>": "a.test/%C3%BC%EF%BF%BD",
		"<?xml version='1.0' encoding=\"iso-8859-1\"?><t>\x01</t><loc>/\xFC</loc>": "a.test/%C3%BC", "<?xml version='1.0' encoding='unheard-of'?><loc>/ü\xFC</loc>": "a.test/%C3%BC%EF%BF%BD",
	} {
		head, rest, declared := strings.Cut(odd, "?>")
		if head += "?>"; !declared {
			head, rest = "", odd
		}
		w.text("a.test/map.xml", "text/xml", head+"<urlset><loc>/1</loc>"+rest+"<loc>/2</loc></urlset>")
		found(t, w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}}), "a.test/", "a.test/map.xml", "a.test/1", "a.test/2", want)
	}
}

// A sitemap that is excluded is left alone, whoever names it.
func TestExcludedSitemaps(t *testing.T) {
	w := newWorld(t)
	w.text("a.test/robots.txt", "text/plain", "Sitemap: /index.xml\nSitemap: /old.xml\n")
	w.text("a.test/index.xml", "text/xml", "<sitemapindex><loc>/map.xml</loc><loc>/old-too.xml</loc></sitemapindex>")
	w.text("a.test/map.xml", "text/xml", "<urlset><loc>/page</loc></urlset>")
	lines := w.crawl(t, crawl.Options{
		Seeds:   []string{"http://a.test/"},
		Exclude: []*regexp.Regexp{regexp.MustCompile("/old")}, Include: []*regexp.Regexp{regexp.MustCompile("/page")},
	})
	found(t, lines, "a.test/", "a.test/index.xml", "a.test/map.xml", "a.test/page")
}

// The sitemaps of an index are where it is: their pages are one link away from a seed.
// Indexes of indexes come to an end all the same.
func TestIndexesAndDepth(t *testing.T) {
	w := newWorld(t)
	w.text("a.test/robots.txt", "text/plain", "Sitemap: /index.xml\n")
	w.text("a.test/index.xml", "text/xml", "<sitemapindex><loc>/map.xml</loc></sitemapindex>")
	w.text("a.test/map.xml", "text/xml", "<urlset><loc>/page</loc></urlset>")
	w.page("a.test/", links("/linked"))
	w.page("a.test/page", links("/deep"))
	seeds := []string{"http://a.test/"}
	lines := w.crawl(t, crawl.Options{Seeds: seeds, Depth: 1})
	found(t, lines, "a.test/", "a.test/linked", "a.test/index.xml", "a.test/map.xml", "a.test/page")
	if l := lines["http://a.test/map.xml"]; l.Depth != 0 || lines["http://a.test/page"].Depth != 1 {
		t.Errorf("%+v", l)
	}
	found(t, w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/index.xml"}, Depth: -1}), "a.test/index.xml")

	w.pages["a.test/index.xml"] = func(rw http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.RawQuery)
		rw.Header().Set("Content-Type", "text/xml")
		fmt.Fprintf(rw, "<sitemapindex><loc>/index.xml?%d</loc></sitemapindex>", n+1)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := crawl.Run(ctx, filepath.Join(t.TempDir(), "out.jsonl"), crawl.Options{Seeds: seeds, Depth: 1, Session: w.session, Traps: true})
	if err != nil || s.Done > 2+2*(crawl.DefaultMaxRedirects+1) {
		t.Errorf("%+v, %v", s, err)
	}
}

// A sitemap is read as a whole, whatever the cap of other bodies is; what is not meant as
// one is cut.
func TestLongSitemaps(t *testing.T) {
	noise := make([]byte, 150_000)
	rand.NewChaCha8([32]byte{}).Read(noise)
	padding := base64.StdEncoding.EncodeToString(noise)
	same := strings.Repeat("x", 1000)
	var list, text strings.Builder
	want := []string{"a.test/", "a.test/index.xml", "a.test/map.xml", "a.test/map.xml.gz", "a.test/map.txt", "a.test/data.txt"}
	list.WriteString("<urlset>")
	for i := range 8 { // 1.6 MB, and three quarters of that compressed
		fmt.Fprintf(&list, "<!-- %s --><url><loc>http://a.test/p%d</loc></url>", padding, i)
		want = append(want, fmt.Sprintf("a.test/p%d", i), fmt.Sprintf("a.test/z%d", i))
	}
	for text.Len() < 1<<20 {
		fmt.Fprintf(&text, "http://a.test/same?%s\n", same)
	}
	text.WriteString("http://a.test/t\n")
	want = append(want, "a.test/t", "a.test/same?"+same)
	var z strings.Builder
	gz := gzip.NewWriter(&z)
	fmt.Fprint(gz, strings.ReplaceAll(list.String(), "a.test/p", "a.test/z"))
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.text("a.test/robots.txt", "text/plain", "Sitemap: /index.xml\nSitemap: /map.txt\n")
	w.text("a.test/index.xml", "text/xml", "<sitemapindex><loc>/map.xml</loc><loc>/map.xml.gz</loc></sitemapindex>")
	w.text("a.test/map.xml", "application/xml", list.String())
	w.text("a.test/map.xml.gz", "application/octet-stream", z.String())
	w.text("a.test/map.txt", "text/plain", text.String())
	w.page("a.test/", links("/data.txt"))
	w.text("a.test/data.txt", "text/plain", strings.Repeat("x", 1<<20+1))
	sizes := map[string]int{"map.xml": list.Len(), "map.xml.gz": z.Len(), "map.txt": text.Len(), "data.txt": 1 << 20}

	for name, o := range map[string]crawl.Options{"plainly": {}, "saved": {Save: t.TempDir()}, "handled": {Save: t.TempDir()}} {
		dir := t.TempDir()
		archive := filepath.Join(dir, "a.warc")
		var handled sync.Map
		if name == "handled" {
			var err error
			if o.Archive, err = warc.Open(archive, warc.Options{}); err != nil {
				t.Fatal(err)
			}
			defer o.Archive.Close()
			o.Handle = func(_ context.Context, p *crawl.Page) (any, error) {
				handled.Store(path.Base(p.URL.Path), len(p.Response.Body))
				return nil, nil
			}
		}
		o.Seeds, o.Session = []string{"http://a.test/"}, w.session
		out := filepath.Join(dir, "out.jsonl")
		if _, err := crawl.Run(t.Context(), out, o); err != nil {
			t.Fatal(name, err)
		}
		kept, _ := os.ReadFile(archive)
		lines := read(t, out)
		found(t, lines, slices.Clone(want)...)
		for file, size := range sizes {
			l := lines["http://a.test/"+file]
			if l.Bytes != int64(size) || l.Truncated != (file == "data.txt") {
				t.Errorf("%s: %s: %+v, want %d bytes", name, file, l, size)
			}
			if saved, err := os.Stat(l.File); o.Save != "" && (err != nil || saved.Size() != int64(size)) {
				t.Errorf("%s: %s: saved: %v, %v", name, file, saved, err)
			}
			if got, _ := handled.Load(file); o.Handle != nil && got != size {
				t.Errorf("%s: %s: %v bytes were handled, want %d", name, file, got, size)
			}
			if record := fmt.Sprintf("Content-Length: %d\r\n\r\n", size); o.Archive != nil && !bytes.Contains(kept, []byte(record)) {
				t.Errorf("%s: %s: the archive has no body of %d bytes", name, file, size)
			}
		}
		for _, dir := range []string{dir, o.Save} {
			if left, _ := filepath.Glob(filepath.Join(dir, ".part*")); dir != "" && len(left) > 0 {
				t.Errorf("%s: %q are left", name, left)
			}
		}
	}
}

// Many servers have no type for a sitemap that is compressed.
func TestZippedSitemapsWithoutType(t *testing.T) {
	w := newWorld(t)
	var b strings.Builder
	z := gzip.NewWriter(&b)
	fmt.Fprint(z, "<urlset><url><loc>http://a.test/x</loc></url></urlset>")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	w.text("a.test/map.xml.gz", "application/octet-stream", b.String())
	html, err := crawl.ParseTypes("html")
	if err != nil {
		t.Fatal(err)
	}
	for _, accept := range []crawl.Types{{}, html} {
		o := crawl.Options{Seeds: []string{"http://a.test/map.xml.gz"}, Accept: accept}
		found(t, w.crawl(t, o), "a.test/map.xml.gz", "a.test/x")
	}
}
