package crawl_test

import (
	"net/url"
	"testing"

	"github.com/inflight-go/inflight/crawl"
)

// awkward are links that are simple, or nearly so.
var awkward = []string{
	"/a", "a", "a/b.html?x=1&y=2#z", "/", "//x", "?x", "#x", "", "/a?", "/a?#x", ".", "a/.", "a/./b", "a/..b", "/.x/y", "a:b", "/a:b", "/a?b:c?d",
	"a%20b", "/ä", "/a b", "/a//b", "/a?x=//../y", "/a#b%zz", "/a?x=%41", "/~a-_.!$*()+,;@=&", "/a'b", "/a[b]", "/a\\b", "\t/a\n", "a\tb", "/..", "/a/..", "/a..",
}

var pagesOfLinks = []string{"http://a.example/", "https://a.example/dir/page?x=1", "http://a.example:81/a//b/c", "http://a.example/.well-known/x", "http://a.example/d%2Fe/%C3%A9"}

// A link with parameters in its path is none that is put together.
func TestStrippedPaths(t *testing.T) {
	page, _ := url.Parse("http://a.test/dir/")
	if got, want := crawl.Resolve(page, crawl.Spelling{Strip: []string{"sid"}}, "x;sid=7"); got != "http://a.test/dir/x" || want != got {
		t.Errorf("%s, and by Spelling %s", got, want)
	}
}

// A link that is put together is the one that is taken apart and spelled.
func TestResolve(t *testing.T) {
	for _, page := range pagesOfLinks {
		for _, link := range awkward {
			resolveBoth(t, page, link)
		}
	}
}

func resolveBoth(t *testing.T, page, link string) {
	t.Helper()
	spelled, err := new(crawl.Spelling).Resolve(nil, page)
	if err != nil || spelled.Scheme != "http" && spelled.Scheme != "https" {
		t.Skip("the fuzzer has made up a page that is no URL of http: nothing to compare")
	}
	u, err := url.Parse(spelled.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []crawl.Spelling{{}, {Sort: true}, {Strip: []string{"x"}}} {
		if got, want := crawl.Resolve(u, s, link); got != want {
			t.Errorf("%q on %s is %q, want %q", link, page, got, want)
		}
	}
}

func FuzzResolve(f *testing.F) {
	for _, link := range awkward {
		f.Add(pagesOfLinks[2], link)
	}
	f.Fuzz(resolveBoth)
}
