package crawl

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/inflight-go/inflight/batch"
)

// job is what the output is of: all that changes what its lines say, where it is not the
// default. The names are those of the command's flags, which the error of a run that
// can't go on says.
func (c *crawl) job() batch.Job {
	o := &c.o
	options := map[string]string{"command": "crawl", "seeds": strings.Join(o.Seeds, " ")}
	set := func(name, value string, given bool) {
		if given {
			options[name] = value
		}
	}
	text := func(name, value string) { set(name, value, value != "") }
	flag := func(name string, given bool) { set(name, "true", given) }
	number := func(name string, n int64, given bool) { set(name, strconv.FormatInt(n, 10), given) }

	text("scope", map[Scope]string{ScopeDomain: "domain", ScopePrefix: "prefix", ScopeAny: "any"}[o.Scope])
	number("depth", int64(max(o.Depth, 0)), o.Depth != 0)
	number("max-pages", o.MaxPages, o.MaxPages > 0)
	number("max-per-host", o.MaxPerHost, o.MaxPerHost > 0)
	number("max-redirects", int64(o.MaxRedirects), o.MaxRedirects != DefaultMaxRedirects)
	text("sitemap", map[Sitemaps]string{SitemapsOnly: "only", SitemapsNot: "off"}[o.Sitemaps])
	set("trap-guard", "false", o.Traps)
	set("robots", "ignore", o.IgnoreRobots)
	set("robots-agent", o.Agent, o.Agent != DefaultAgent)
	flag("sort-query", o.Spelling.Sort)
	text("strip-param", strings.Join(o.Spelling.Strip, " "))
	flag("unique", o.Unique)
	flag("jsonld", o.JSONLD)
	text("accept", o.Accept.text)
	text("charset", o.Charset)
	text("save", o.Save)
	if o.Follow != nil {
		text("follow", o.Follow.String())
	}
	if o.Item != nil {
		text("item", o.Item.String())
	}
	for _, f := range o.Fields {
		text("extract "+f.name, f.text)
	}
	expressions := func(name string, all []*regexp.Regexp) {
		for i, re := range all {
			set(name+" "+strconv.Itoa(i+1), re.String(), true)
		}
	}
	expressions("include", o.Include)
	expressions("exclude", o.Exclude)
	for i, r := range o.Rules {
		set("rule "+strconv.Itoa(i+1), r.String(), true)
	}
	return batch.Job{Options: options}
}
