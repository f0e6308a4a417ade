package crawl_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/crawl"
)

func TestSpelling(t *testing.T) {
	base, _ := url.Parse("http://Site.example/dir/page?x=1#top")
	for link, want := range map[string]string{
		"":                          "http://site.example/dir/page?x=1",
		"other":                     "http://site.example/dir/other",
		"/":                         "http://site.example/",
		"//cdn.example":             "http://cdn.example/",
		"?y=2":                      "http://site.example/dir/page?y=2",
		"?":                         "http://site.example/dir/page",
		"#part":                     "http://site.example/dir/page?x=1",
		" other \n":                 "http://site.example/dir/other",
		"oth\ner":                   "http://site.example/dir/other",
		"HTTPS://A.EXAMPLE:443/":    "https://a.example/",
		"http://a.example:80":       "http://a.example/",
		"http://a.example:8080":     "http://a.example:8080/",
		"http://a.example.":         "http://a.example/",
		"http://user:pw@a.example/": "http://a.example/",
		"http://[::1]:80/x":         "http://[::1]/x",
		"http://[2001:DB8::1]:81/x": "http://[2001:db8::1]:81/x",
		"http://bücher.example/":    "http://xn--bcher-kva.example/",
		"/a/./b/../c":               "http://site.example/a/c",
		"/a/b/..":                   "http://site.example/a/",
		"/../x":                     "http://site.example/x",
		"/a//b":                     "http://site.example/a//b",
		"/a///.b/./":                "http://site.example/a///.b/",
		"/a//%2E%2e/b":              "http://site.example/a/b",
		"/%2e%2e//b/.":              "http://site.example//b/",
		"/%7euser/%c3%a9":           "http://site.example/~user/%C3%A9",
		"/é":                        "http://site.example/%C3%A9",
		"/a%2fb":                    "http://site.example/a%2Fb",
		"/a b":                      "http://site.example/a%20b",
		"/100%":                     "http://site.example/100%25",
		"/x?q=a b&r=%7E|":           "http://site.example/x?q=a%20b&r=~%7C",
		"/it's (1).pdf":             "http://site.example/it's%20(1).pdf",
		"/it's%20(1).pdf":           "http://site.example/it's%20(1).pdf",
		"/[1]*!/é":                  "http://site.example/[1]*!/%C3%A9",
		`\a\..\b c?\d`:              "http://site.example/b%20c?%5Cd",
		`http:\\a.example\b`:        "http://a.example/b",
		"12:30.html":                "http://site.example/dir/12:30.html",
		"a_b:c":                     "http://site.example/dir/a_b:c",
		":c":                        "http://site.example/dir/:c",
		"http:other":                "http://site.example/dir/other",
		"HTTP:/other":               "http://site.example/other",
		"http:?y=2":                 "http://site.example/dir/page?y=2",
		"http://a.example:0080/":    "http://a.example/",
		"/x?u=http://y/z#f":         "http://site.example/x?u=http://y/z",
	} {
		u, err := new(crawl.Spelling).Resolve(base, link)
		if err != nil {
			t.Errorf("%q: %v", link, err)
			continue
		}
		if u.String() != want {
			t.Errorf("%q is %s, want %s", link, u, want)
		}
		again, err := new(crawl.Spelling).Resolve(nil, u.String())
		if err != nil || again.String() != want {
			t.Errorf("%q spelled twice is %s, %v", link, again, err)
		}
	}
}

func TestSpellingOfQueries(t *testing.T) {
	s := crawl.Spelling{Sort: true, Strip: []string{"utm_*", "gclid"}}
	base, _ := url.Parse("http://a.example/")
	for link, want := range map[string]string{
		"http://a.example/?b=2&a=1&utm_source=x": "http://a.example/?a=1&b=2",
		"http://a.example/?gclid=1&gclidx=2":     "http://a.example/?gclidx=2",
		"http://a.example/?utm_a=1&utm_b=2#frag": "http://a.example/",
		"http://a.example/?a=2&a=1":              "http://a.example/?a=1&a=2",
		"http://a.example/p;gclid=1":             "http://a.example/p",
		"/x;b=2;utm_a=1;a=1/y;gclid/z;a?;gclid":  "http://a.example/x;b=2;a=1/y/z;a?;gclid",
		"/a/..;gclid/b/.;gclid":                  "http://a.example/b/",
		"/;utm_a=1":                              "http://a.example/",
	} {
		if u, err := s.Resolve(base, link); err != nil || u.String() != want {
			t.Errorf("%q is %v, %v, want %s", link, u, err, want)
		}
	}
}

func TestNoURL(t *testing.T) {
	if u, err := new(crawl.Spelling).Resolve(nil, "//a.example/"); err == nil {
		t.Errorf("//a.example/ is %s", u)
	}
	base, _ := url.Parse("http://site.example/")
	for _, link := range []string{"mailto:a@b.example", "javascript:void(0)", "tel:1", "https:x", "http://", "http:///x", "data:text/html,x", "http://[::1", "http://a.example:port/", "http://a.example:65536/", "http://a.example:0/"} {
		if u, err := new(crawl.Spelling).Resolve(base, link); err == nil {
			t.Errorf("%q is %s", link, u)
		}
	}
}

func FuzzSpelling(f *testing.F) {
	for _, link := range []string{"/a/../b", "http://bücher.example:80/%7e?x=%zz#y", "//x", "?a&b", "/a//../b/./"} {
		f.Add(link)
	}
	base, _ := url.Parse("http://site.example/dir/page?x=1")
	f.Fuzz(func(t *testing.T, link string) {
		s := crawl.Spelling{Sort: true, Strip: []string{"x"}}
		u, err := s.Resolve(base, link)
		if err != nil {
			return
		}
		once := u.String()
		if strings.ContainsFunc(once, func(r rune) bool { return r <= ' ' || r >= 0x7F }) {
			t.Errorf("%q is %q", link, once)
		}
		again, err := s.Resolve(nil, once)
		if err != nil {
			t.Fatalf("%q is %s, which is no URL: %v", link, once, err)
		}
		if again.String() != once {
			t.Errorf("%q is %s, and that is %s", link, once, again)
		}
	})
}
