package robots_test

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/crawl/robots"
)

// A fact is one file and what it says of some paths.
type fact struct {
	about string
	file  string
	agent string // empty for Foo
	yes   []string
	no    []string
}

func (f fact) check(t *testing.T) {
	t.Helper()
	agent := f.agent
	if agent == "" {
		agent = "Foo"
	}
	rules := robots.Parse(f.file).For(agent)
	for want, paths := range map[bool][]string{true: f.yes, false: f.no} {
		for _, path := range paths {
			u, err := url.Parse("http://host.example" + path)
			if err != nil {
				t.Fatal(err)
			}
			if got := rules.Allowed(u); got != want {
				t.Errorf("%s allowed to %s: %t, want %t, in\n%s", agent, path, got, want, f.file)
			}
		}
	}
}

// The facts that the tests of the parser state which its authors published with
// the standard. One of them is not taken: there %62%61%7A in a pattern is not baz,
// with the remark that nobody should rely on it; the RFC says that it is.
var published = []fact{
	{about: "an empty file allows everything", yes: []string{"", "/x"}},
	{about: "no path is the root", file: "user-agent: Foo\ndisallow: /\n", no: []string{""}},
	{about: "an empty agent has no group", file: "user-agent: Foo\ndisallow: /\n", agent: " ", yes: []string{""}},

	{about: "lines have keys and values", file: "user-agent: Foo\ndisallow: /\n", no: []string{"/x/y"}},
	{about: "other keys say nothing", file: "foo: Foo\nbar: /\n", yes: []string{"/x/y"}},
	{about: "a missing colon is assumed", file: "user-agent Foo\ndisallow /\n", no: []string{"/x/y"}},

	{about: "groups: the first", file: several, agent: "Foo", yes: []string{"/x/b", "/z/d"}, no: []string{"/y/c", "/foo/bar/"}},
	{about: "groups: an empty line does not end one", file: several, agent: "Bar", yes: []string{"/y/c", "/w/a"}, no: []string{"/z/d", "/foo/bar/"}},
	{about: "groups: two agents in a row share one", file: several, agent: "Baz", yes: []string{"/z/d"}, no: []string{"/foo/bar/"}},
	{about: "a sitemap does not end a row of agents", file: "user-agent: Bar\nsitemap: http://host.example/s\nuser-agent: *\ndisallow: /\n", agent: "Bar", no: []string{"/"}},
	{about: "nor for everybody", file: "user-agent: Bar\nsitemap: http://host.example/s\nuser-agent: *\ndisallow: /\n", no: []string{"/"}},
	{about: "an unknown line does not end a row of agents", file: "user-agent: Foo\ninvalid: x\nuser-agent: *\ndisallow: /\n", no: []string{"/"}},

	{about: "keys: upper case", file: "USER-AGENT: Foo\nALLOW: /x/\nDISALLOW: /\n", yes: []string{"/x/y"}, no: []string{"/a/b"}},
	{about: "keys: mixed case", file: "uSeR-aGeNt: Foo\nAlLoW: /x/\ndIsAlLoW: /\n", yes: []string{"/x/y"}, no: []string{"/a/b"}},
	{about: "agents: upper case, up to the blank", file: "User-Agent: FOO BAR\nAllow: /x/\nDisallow: /\n", yes: []string{"/x/y"}, no: []string{"/a/b"}},
	{about: "agents: lower case asks", file: "User-Agent: FoO bAr\nAllow: /x/\nDisallow: /\n", agent: "foo", yes: []string{"/x/y"}, no: []string{"/a/b"}},
	{about: "agents: up to the blank", file: "User-Agent: *\nDisallow: /\nUser-Agent: Foo Bar\nAllow: /x/\nDisallow: /\n", yes: []string{"/x/y"}},
	{about: "agents: with a blank it is none", file: "User-Agent: *\nDisallow: /\nUser-Agent: Foo Bar\nAllow: /x/\nDisallow: /\n", agent: "Foo Bar", no: []string{"/x/y"}},

	{about: "everybody's group is for the others", file: "user-agent: *\nallow: /\nuser-agent: Foo\ndisallow: /\n", no: []string{"/x/y"}},
	{about: "everybody's group: another", file: "user-agent: *\nallow: /\nuser-agent: Foo\ndisallow: /\n", agent: "Bar", yes: []string{"/x/y"}},
	{about: "no group at all", file: "user-agent: Foo\nallow: /\nuser-agent: Bar\ndisallow: /\nuser-agent: Baz\ndisallow: /\n", agent: "Qux", yes: []string{"/x/y"}},

	{about: "paths have a case", file: "user-agent: Foo\ndisallow: /x/\n", no: []string{"/x/y"}, yes: []string{"/X/y"}},

	{about: "longest: disallow", file: "user-agent: Foo\ndisallow: /x/page.html\nallow: /x/\n", no: []string{"/x/page.html"}},
	{about: "longest: allow", file: "user-agent: Foo\nallow: /x/page.html\ndisallow: /x/\n", yes: []string{"/x/page.html"}, no: []string{"/x/"}},
	{about: "longest: both empty", file: "user-agent: Foo\ndisallow: \nallow: \n", yes: []string{"/x/page.html"}},
	{about: "longest: as long, allow", file: "user-agent: Foo\ndisallow: /\nallow: /\n", yes: []string{"/x/page.html"}},
	{about: "longest: with a slash", file: "user-agent: Foo\ndisallow: /x\nallow: /x/\n", yes: []string{"/x/"}, no: []string{"/x"}},
	{about: "longest: the same page", file: "user-agent: Foo\ndisallow: /x/page.html\nallow: /x/page.html\n", yes: []string{"/x/page.html"}},
	{about: "longest: a star counts", file: "user-agent: Foo\nallow: /page\ndisallow: /*.html\n", yes: []string{"/page"}, no: []string{"/page.html"}},
	{about: "longest: a dot more", file: "user-agent: Foo\nallow: /x/page.\ndisallow: /*.html\n", yes: []string{"/x/page.html"}, no: []string{"/x/y.html"}},
	{about: "longest: only in one's own group", file: "User-agent: *\nDisallow: /x/\nUser-agent: Foo\nDisallow: /y/\n", yes: []string{"/x/page"}, no: []string{"/y/page"}},

	{about: "encoding: a URL in a query", file: "User-agent: Foo\nDisallow: /\nAllow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par\n", yes: []string{"/foo/bar?qux=taz&baz=http://foo.bar?tar&par"}},
	{about: "encoding: three octets", file: "User-agent: Foo\nDisallow: /\nAllow: /foo/bar/ツ\n", yes: []string{"/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84"}},
	{about: "encoding: in the file", file: "User-agent: Foo\nDisallow: /\nAllow: /foo/bar/%E3%83%84\n", yes: []string{"/foo/bar/%E3%83%84"}},
	{about: "encoding: what needs none", file: "User-agent: Foo\nDisallow: /\nAllow: /foo/bar/%62%61%7A\n", yes: []string{"/foo/bar/%62%61%7A"}},

	{about: "special: a star within", file: "User-agent: Foo\nDisallow: /foo/bar/quz\nAllow: /foo/*/qux\n", yes: []string{"/foo/quz", "/foo//quz", "/foo/bax/quz"}, no: []string{"/foo/bar/quz"}},
	{about: "special: the end", file: "User-agent: Foo\nDisallow: /foo/bar$\nAllow: /foo/bar/qux\n", yes: []string{"/foo/bar/qux", "/foo/bar/", "/foo/bar/baz"}, no: []string{"/foo/bar"}},
	{about: "special: a comment", file: "User-agent: Foo\n# Disallow: /\nDisallow: /foo/quz#qux\nAllow: /\n", yes: []string{"/foo/bar"}, no: []string{"/foo/quz"}},

	{about: "an index page is its directory", file: "User-Agent: *\nAllow: /allowed-slash/index.html\nDisallow: /\n", yes: []string{"/allowed-slash/", "/allowed-slash/index.html"}, no: []string{"/allowed-slash/index.htm", "/other"}},

	{about: "documented: /fish", file: "user-agent: Foo\ndisallow: /\nallow: /fish\n", yes: fish, no: []string{"/bar", "/Fish.asp", "/catfish", "/?id=fish"}},
	{about: "documented: /fish*", file: "user-agent: Foo\ndisallow: /\nallow: /fish*\n", yes: fish, no: []string{"/bar", "/Fish.bar", "/catfish", "/?id=fish"}},
	{about: "documented: /fish/", file: "user-agent: Foo\ndisallow: /\nallow: /fish/\n", yes: []string{"/fish/", "/fish/salmon", "/fish/?salmon", "/fish/salmon.html", "/fish/?id=anything"}, no: []string{"/bar", "/fish", "/fish.html", "/Fish/Salmon.html"}},
	{about: "documented: /*.php", file: "user-agent: Foo\ndisallow: /\nallow: /*.php\n", yes: []string{"/filename.php", "/folder/filename.php", "/folder/filename.php?parameters", "//folder/any.php.file.html", "/filename.php/", "/index?f=filename.php/"}, no: []string{"/bar", "/php/", "/index?php", "/windows.PHP"}},
	{about: "documented: /*.php$", file: "user-agent: Foo\ndisallow: /\nallow: /*.php$\n", yes: []string{"/filename.php", "/folder/filename.php"}, no: []string{"/bar", "/filename.php?parameters", "/filename.php/", "/filename.php5", "/php/", "/filename?php", "/aaaphpaaa", "//windows.PHP"}},
	{about: "documented: /fish*.php", file: "user-agent: Foo\ndisallow: /\nallow: /fish*.php\n", yes: []string{"/fish.php", "/fishheads/catfish.php?parameters"}, no: []string{"/bar", "/Fish.PHP"}},
	{about: "precedence: /p", file: "user-agent: Foo\nallow: /p\ndisallow: /\n", yes: []string{"/page"}},
	{about: "precedence: /folder", file: "user-agent: Foo\nallow: /folder\ndisallow: /folder\n", yes: []string{"/folder/page"}},
	{about: "precedence: /*.htm", file: "user-agent: Foo\nallow: /page\ndisallow: /*.htm\n", no: []string{"/page.htm"}},
	{about: "precedence: the root alone", file: "user-agent: Foo\nallow: /$\ndisallow: /\n", yes: []string{"/"}, no: []string{"/page.html"}},
}

var several = strings.Join([]string{
	"allow: /foo/bar/", "",
	"user-agent: Foo", "disallow: /", "allow: /x/",
	"user-agent: Bar", "disallow: /", "allow: /y/", "", "", "allow: /w/",
	"user-agent: Baz", "", "user-agent: Foo", "allow: /z/", "disallow: /", "",
}, "\n")

var fish = []string{"/fish", "/fish.html", "/fish/salmon.html", "/fishheads", "/fishheads/yummy.html", "/fish.html?id=anything"}

// What the RFC says beyond, and what files in the wild have.
var more = []fact{
	{about: "RFC 2.2.2: a reserved character stays as it is", file: "user-agent: Foo\ndisallow: /a%3cd\n", no: []string{"/a%3Cd"}, yes: []string{"/a/d"}},
	{about: "RFC 2.2.2: an encoded slash is not a slash", file: "user-agent: Foo\ndisallow: /a%2fb\n", no: []string{"/a%2Fb"}, yes: []string{"/a/b"}},
	{about: "RFC 2.2.2: what needs no encoding has none", file: "user-agent: Foo\ndisallow: /%62%61%7A\n", no: []string{"/baz", "/b%61z"}},
	{about: "RFC 2.2.2: raw octets in a pattern", file: "user-agent: Foo\ndisallow: /a<d\n", no: []string{"/a%3Cd"}},
	{about: "RFC 2.2.3: an encoded star is a star of the path", file: "user-agent: Foo\ndisallow: /file-with-a-%2A.html\n", no: []string{"/file-with-a-%2A.html", "/file-with-a-*.html"}, yes: []string{"/file-with-a-x.html"}},
	{about: "RFC 2.2.3: an encoded dollar is no end", file: "user-agent: Foo\ndisallow: /p%24\n", no: []string{"/p%24x", "/p$"}, yes: []string{"/p"}},
	{about: "RFC 2.3: the file itself", file: "user-agent: *\ndisallow: /\n", yes: []string{"/robots.txt"}, no: []string{"/robots.txt.bak", "/"}},
	{about: "RFC 2.2.1: a version behind the token", file: "user-agent: Foo/2.1\ndisallow: /\n", no: []string{"/"}},
	{about: "RFC 2.2.1: a longer token is another", file: "user-agent: FooBot\ndisallow: /\n", yes: []string{"/"}},
	{about: "RFC 2.2.1: groups of one token count as one", file: "user-agent: Foo\ndisallow: /a\nuser-agent: Bar\ndisallow: /\nuser-agent: foo\ndisallow: /b\n", no: []string{"/a", "/b"}, yes: []string{"/c"}},
	{about: "an empty disallow is a group that allows", file: "user-agent: *\ndisallow: /\n\nuser-agent: Foo\ndisallow:\n", yes: []string{"/"}},
	{about: "a star and a comment", file: "user-agent: * # all\ndisallow: /\n", no: []string{"/"}},
	{about: "a star in a name is not everybody", file: "user-agent: *bot\ndisallow: /\n", yes: []string{"/"}},
	{about: "misspellings", file: "useragent: Foo\ndissalow: /a\ndisalow: /b\ndiasllow: /c\ndisallaw: /d\ndissallow: /e\n", no: []string{"/a", "/b", "/c", "/d", "/e"}, yes: []string{"/f"}},
	{about: "carriage returns", file: "user-agent: Foo\rdisallow: /a\r\ndisallow: /b\n\rdisallow: /c", no: []string{"/a", "/b", "/c"}},
	{about: "a byte order mark", file: "\uFEFFuser-agent: Foo\ndisallow: /\n", no: []string{"/"}},
	{about: "half a byte order mark", file: "\xEF\xBBuser-agent: Foo\ndisallow: /\n", no: []string{"/"}},
	{about: "another mark is a bad line", file: "\xEF\x11\xBFuser-agent: Foo\ndisallow: /\n", yes: []string{"/"}},
	{about: "no slash in front", file: "user-agent: Foo\ndisallow: x\n", yes: []string{"/x"}},
	{about: "a star in front", file: "user-agent: Foo\ndisallow: *.gif$\n", no: []string{"/a.gif", "/a.gif.gif"}, yes: []string{"/a.gifx"}},
	{about: "only a star", file: "user-agent: Foo\ndisallow: *\n", no: []string{"/", "/a"}},
	{about: "stars in a row", file: "user-agent: Foo\ndisallow: /a**b\n", no: []string{"/ab", "/axb"}, yes: []string{"/a"}},
	{about: "a dollar within is a character", file: "user-agent: Foo\ndisallow: /a$b\n", no: []string{"/a$b"}, yes: []string{"/a"}},
	{about: "the parts may not overlap", file: "user-agent: Foo\ndisallow: /ab*ba$\n", no: []string{"/abba", "/abxba"}, yes: []string{"/aba"}},
	{about: "a half percent", file: "user-agent: Foo\ndisallow: /100%\n", no: []string{"/100%25", "/100%25x"}},
}

func TestFacts(t *testing.T) {
	for from, facts := range map[string][]fact{"published": published, "more": more} {
		for _, f := range facts {
			t.Run(from+"/"+f.about, f.check)
		}
	}
}

func TestLongLines(t *testing.T) {
	const most = 8 * 2083
	long := func(key, letter string) string {
		return "/x/" + strings.Repeat(letter, most-len("/x/")-len(key)-2)
	}
	a := long("disallow: ", "a")
	fact{file: "user-agent: Foo\ndisallow: " + a + "/qux\n", yes: []string{"/fux"}, no: []string{a + "/fux"}}.check(t)
	a, b := long("allow: ", "a"), long("allow: ", "b")
	fact{
		file: "user-agent: Foo\ndisallow: /\nallow: " + a + "/qux\nallow: " + b + "/qux\n",
		yes:  []string{a + "/qux", b + "/fux"}, no: []string{"/"},
	}.check(t)
}

func TestSize(t *testing.T) {
	head, line := "user-agent: Foo\n", "disallow: /0123456789\n"
	full := head + strings.Repeat("#", robots.MaxSize-len(head)-len(line)-1) + "\n" + line
	fact{file: full, no: []string{"/0123456789"}}.check(t)
	fact{file: "#" + full, yes: []string{"/0123456789", "/0"}}.check(t)
	fact{file: strings.Repeat("x", robots.MaxSize+1), yes: []string{"/"}}.check(t)
	file, err := robots.Read(strings.NewReader("#" + full))
	if err != nil || !file.For("Foo").Allowed(&url.URL{Path: "/0123456789"}) {
		t.Error("Read and Parse differ", err)
	}
}

// A file that names many agents, and says much to all of them, needs no more than another
// one: what it says is kept once.
func TestManyAgents(t *testing.T) {
	const n = 2000
	for _, agent := range []func(i int) string{
		func(int) string { return "*" },
		func(i int) string { return strings.Repeat("Foo", 1+i/100) + strings.Repeat("x", i%100) },
	} {
		var b strings.Builder
		for range 2 {
			for i := range n {
				fmt.Fprintf(&b, "user-agent: %s\n", agent(i))
			}
			for i := range n {
				fmt.Fprintf(&b, "disallow: /%d/\n", i)
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		rules := robots.Parse(b.String()).For("Foo")
		runtime.ReadMemStats(&after)
		if rules.Allowed(&url.URL{Path: fmt.Sprintf("/%d/", n-1)}) || !rules.Allowed(&url.URL{Path: "/x"}) {
			t.Error("the last rule does not hold, or all is forbidden")
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 50<<20 {
			t.Errorf("%d bytes for a file of %d", used, b.Len())
		}
	}
}

func TestValidToken(t *testing.T) {
	for token, want := range map[string]bool{
		"Foobot": true, "Foobot-Bar": true, "Foo_Bar": true,
		"": false, "ツ": false, "Foobot*": false, " Foobot ": false, "Foobot/2.1": false, "Foobot Bar": false,
	} {
		if got := robots.ValidToken(token); got != want {
			t.Errorf("ValidToken(%q) = %t", token, got)
		}
	}
}

func TestSitemapsAndDelay(t *testing.T) {
	f := robots.Parse("Sitemap: http://host.example/a?b#c\nuser-agent: Foo\ncrawl-delay: 2.5\nsite-map: /b\nSITEMAP:\nuser-agent: *\nCrawl-delay: 1e99\nuser-agent: Bar\ncrawl-delay: -1\ncrawl-delay: NaN\ncrawl-delay: soon\n")
	if got := fmt.Sprint(f.Sitemaps()); got != "[http://host.example/a?b /b]" {
		t.Error(got)
	}
	for agent, want := range map[string]string{"Foo": "2.5s", "Other": "24h0m0s", "Bar": "0s"} {
		if got := f.For(agent).Delay().String(); got != want {
			t.Errorf("delay for %s is %s, want %s", agent, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, fact := range append(published, more...) {
		f.Add(fact.file, "/x?y")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		file := robots.Parse(text)
		u, err := url.Parse(path)
		if err != nil {
			t.Skip()
		}
		for _, agent := range []string{"Foo", "*", ""} {
			rules := file.For(agent)
			if rules.Delay() < 0 {
				t.Error("a delay below zero")
			}
			if again := robots.Parse(text + "\n# end").For(agent); again.Allowed(u) != rules.Allowed(u) {
				t.Error("a comment at the end changes what is allowed")
			}
		}
	})
}
