package crawl_test

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl"
)

// A crawl goes on only with the options that its lines are of, and says which is another.
func TestOtherJob(t *testing.T) {
	w := newWorld(t)
	w.page("a.test/", "x")
	out := filepath.Join(t.TempDir(), "out.jsonl")
	o := crawl.Options{Seeds: []string{"http://a.test/"}, Session: w.session, Journal: batch.JournalOptions{Resume: true}}
	run := func(change func(*crawl.Options)) error {
		o := o
		change(&o)
		_, err := crawl.Run(t.Context(), out, o)
		return err
	}
	if err := run(func(*crawl.Options) {}); err != nil {
		t.Fatal(err)
	}
	selector, err := crawl.ParseSelector("div")
	if err != nil {
		t.Fatal(err)
	}
	field, err := crawl.ParseField("price=span")
	if err != nil {
		t.Fatal(err)
	}
	types, err := crawl.ParseTypes("html")
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*crawl.Options){
		`seeds was "http://a.test/" and is "http://b.test/"`: func(o *crawl.Options) { o.Seeds = []string{"http://b.test/"} },
		`scope was not there and is "any"`:                   func(o *crawl.Options) { o.Scope = crawl.ScopeAny },
		`depth was not there and is "0"`:                     func(o *crawl.Options) { o.Depth = -1 },
		`depth was not there and is "2"`:                     func(o *crawl.Options) { o.Depth = 2 },
		`max-pages was not there and is "7"`:                 func(o *crawl.Options) { o.MaxPages = 7 },
		`max-per-host was not there and is "8"`:              func(o *crawl.Options) { o.MaxPerHost = 8 },
		`max-redirects was not there and is "0"`:             func(o *crawl.Options) { o.MaxRedirects = -1 },
		`sitemap was not there and is "only"`:                func(o *crawl.Options) { o.Sitemaps = crawl.SitemapsOnly },
		`trap-guard was not there and is "false"`:            func(o *crawl.Options) { o.Traps = true },
		`robots was not there and is "ignore"`:               func(o *crawl.Options) { o.IgnoreRobots = true },
		`robots-agent was not there and is "me"`:             func(o *crawl.Options) { o.Agent = "me" },
		`sort-query was not there and is "true"`:             func(o *crawl.Options) { o.Spelling.Sort = true },
		`strip-param was not there and is "a b"`:             func(o *crawl.Options) { o.Spelling.Strip = []string{"a", "b"} },
		`unique was not there and is "true"`:                 func(o *crawl.Options) { o.Unique = true },
		`jsonld was not there and is "true"`:                 func(o *crawl.Options) { o.JSONLD = true },
		`accept was not there and is "html"`:                 func(o *crawl.Options) { o.Accept = types },
		`charset was not there and is "latin1"`:              func(o *crawl.Options) { o.Charset = "latin1" },
		`save was not there and is "pages"`:                  func(o *crawl.Options) { o.Save = "pages" },
		`follow was not there and is "div"`:                  func(o *crawl.Options) { o.Follow = selector },
		`item was not there and is "div"`:                    func(o *crawl.Options) { o.Item = selector },
		`extract price was not there and is "price=span"`:    func(o *crawl.Options) { o.Fields = []crawl.Field{field} },
		`include 1 was not there and is "x"`:                 func(o *crawl.Options) { o.Include = []*regexp.Regexp{regexp.MustCompile("x")} },
		`exclude 1 was not there and is "y"`:                 func(o *crawl.Options) { o.Exclude = []*regexp.Regexp{regexp.MustCompile("y")} },
		`rule 1 was not there`:                               func(o *crawl.Options) { o.Rules = []crawl.Rule{{JSONLD: true}} },
	} {
		if err := run(change); !errors.Is(err, batch.ErrOtherJob) || !strings.Contains(err.Error(), "option "+want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	if err := run(func(o *crawl.Options) { o.PerHost, o.Concurrency, o.Delay = 9, 9, -1 }); err != nil {
		t.Errorf("what the lines do not depend on: %v", err)
	}
}
