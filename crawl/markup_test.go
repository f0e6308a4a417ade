package crawl_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/crawl"
)

// Links are found where browsers without scripts find them, whether the page is written
// plainly or not.
func TestLinksInOddPlaces(t *testing.T) {
	w := newWorld(t)
	for body, want := range map[string]string{
		`<title>x</title><noscript><a href=/1>x</a></noscript><svg><a xlink:href="/2"><path/></a></svg><a href=/3>x</a>`:                                  "1 2 3",
		`<noscript></noscript><noscript><meta http-equiv=refresh content="0;url=/1"><b</noscript><p></b><a xlink:href=/no href=/2>x</a><a xlink:href=/3>`: "1 2 3",
		`<noscript><base href="/dir/"><a rel=nofollow href=/no>x</a></noscript><a href=1>x</a>`:                                                           "dir/1",
		`<svg><title/><path/></svg><a href=/1>x</a><svg><title>y</title></svg><a href=/2>x</a><svg/><script/><a href=/no></script><a href=/3>`:            "1 2 3",
		`<svg><svg><style/></svg><script/></svg><a href=/1>x</a><p></b><svg><style/></svg><a href=/2>x</a>`:                                               "1 2",
	} {
		w.page("a.test/", body)
		pages := []string{"a.test/"}
		for page := range strings.FieldsSeq(want) {
			pages = append(pages, "a.test/"+page)
		}
		found(t, w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}}), pages...)
	}
	w.page("a.test/icon", `<svg><title>icon</title></svg><title>page</title>`)
	if l := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/icon"}})["http://a.test/icon"]; l.Title != "page" {
		t.Errorf("%q", l.Title)
	}
	w.page("a.test/many", strings.Repeat("<noscript>", 300_000/10))
	found(t, w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/many"}}), "a.test/many")
}

// A page without a type is HTML if it begins with a tag of HTML, or a comment.
func TestPagesWithoutAType(t *testing.T) {
	w := newWorld(t)
	for begins, want := range map[string]int{
		"<!-- x --><html>": 2, " \n<HTML\n lang=en>": 2, "<head>": 2, "<script>x</script>": 2, "<table >": 2, "\uFEFF<!DOCTYPE HTML>": 2, "": 2,
		"<urlset>": 1, "<x>": 1, "x<html>": 1,
	} {
		w.pages["a.test/"] = func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header()["Content-Type"] = nil
			fmt.Fprint(rw, begins, links("/1"))
		}
		if n := len(w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}})); n != want {
			t.Errorf("%q: %d pages, want %d", begins, n, want)
		}
	}
}

// A refresh may stand in the header, too.
func TestRefreshInTheHeader(t *testing.T) {
	w := newWorld(t)
	w.pages["a.test/"] = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		rw.Header().Set("Refresh", "0; url=/1")
	}
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}})
	if found(t, lines, "a.test/", "a.test/1"); lines["http://a.test/"].Links != 1 {
		t.Errorf("%+v", lines["http://a.test/"])
	}
}

// What a selector finds may have a noscript in it, and style sheets that nobody follows.
func TestFollowOnlyLinks(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", `<link rel=stylesheet href=/no><use href=/no></use><noscript><a href=/1>x</a></noscript><link rel=next href=/2><x-y href=/no></x-y>`)
	sel, err := crawl.ParseSelector("body")
	if err != nil {
		t.Fatal(err)
	}
	found(t, w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}, Follow: sel}), "a.test/", "a.test/1", "a.test/2")
}

// A <meta> for one robot is for that one.
func TestMetaForOneRobot(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", links("/all", "/me", "/other"))
	for page, name := range map[string]string{"all": "robots", "me": "InFlight", "other": "otherbot"} {
		w.page("a.test/"+page, `<meta><meta content=nofollow><meta name="`+name+`" content="index, nofollow">`+links("/from-"+page))
	}
	found(t, w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}}), "a.test/", "a.test/all", "a.test/me", "a.test/other", "a.test/from-other")
}

// XHTML that is called so is XML, in which every element may be closed by its start tag.
func TestXHTML(t *testing.T) {
	w := newWorld(t)
	const text = `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x"/><meta name="a"/></head>` +
		`<body><a name="x"/><textarea/><p class="a"/><p>b<br/><![CDATA[<i> & ]]>c</p><a href="/1">x</a><iframe src="/2"/><a href="/3">y</a></body></html>`
	w.text("a.test/", "application/xhtml+xml", text)
	w.text("a.test/html", "text/html", text)
	f, err := crawl.ParseField("p[]=p")
	if err != nil {
		t.Fatal(err)
	}
	lines := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/", "http://a.test/html"}, Fields: []crawl.Field{f}})
	found(t, lines, "a.test/", "a.test/html", "a.test/1", "a.test/2", "a.test/3")
	if got := fmt.Sprint(lines["http://a.test/"].Extract["p"]); got != "[ b <i> & c]" {
		t.Errorf("%q", got)
	}
	if l := lines["http://a.test/html"]; l.Links != 0 || !strings.HasPrefix(l.Title, "<script") {
		t.Errorf("%+v: in HTML all is in the title", l)
	}
}

// An encoding counts wherever browsers find it.
func TestLateCharsets(t *testing.T) {
	w := newWorld(t)
	const word = "\xCF\xF0\xE8\xE2\xE5\xF2"
	far := "<!--" + strings.Repeat("x", 2000) + "-->"
	for i, text := range []string{
		far + "<meta http-equiv=Content-Type content='text/html; charset=windows-1251'><title>" + word,
		far + "<META charset=\"cp1251\"/><title>" + word,
		"<?xml version='1.0' encoding='windows-1251'?><html><title>" + word,
		"<meta charset=windows-1251>" + far + "<meta charset=latin1><title>" + word,
	} {
		w.text("a.test/", "text/html", text)
		if l := w.crawl(t, crawl.Options{Seeds: []string{"http://a.test/"}})["http://a.test/"]; l.Title != "Привет" {
			t.Errorf("%d: %q", i, l.Title)
		}
	}
}
