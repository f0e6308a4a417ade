package crawl

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl/frontier"
	"github.com/inflight-go/inflight/crawl/robots"
	"github.com/inflight-go/inflight/crawl/warc"
	"github.com/inflight-go/inflight/session"
)

// DefaultAgent is the default of Options.Agent.
const DefaultAgent = "inflight"

// DefaultMaxRedirects is the default of Options.MaxRedirects.
const DefaultMaxRedirects = 10

// Options are what a crawl is to do. Seeds have to be there; the zero value of all
// else is the default.
type Options struct {
	// Seeds are the URLs to begin with. They have no user: who has to authenticate says
	// so to the session.
	Seeds []string
	// Session makes the requests; nil means one with the defaults of package session. What
	// it authenticates by, and headers of it that may be secret, go to the hosts of the
	// seeds alone, with and without www.; to others every request is Foreign.
	// It follows no redirects: one that leads elsewhere is a link. It may be used for other
	// things at the same time, other crawls too, and is not closed.
	Session *session.Session
	// Agent is the product token by which robots.txt knows the crawler. Empty means
	// DefaultAgent. (The header User-Agent is the session's.)
	Agent string

	// Scope is how far it goes; the zero value is ScopeHost. Include, if there is
	// any, are expressions of which a page has to match one, and Exclude those that
	// it must not match: as it is spelled, or with what is not ASCII in its path and query
	// decoded. Seeds need not match. Where a seed redirects to, and the sitemaps
	// of an index, need not be in the prefix of ScopePrefix, nor match Include.
	Scope            Scope
	Include, Exclude []*regexp.Regexp
	// Depth is how many links away from a seed it goes. Zero means any number, less
	// than zero only the seeds.
	Depth int
	// MaxPages is how many pages it takes on, and MaxPerHost how many of one host. Zero
	// means any number.
	MaxPages, MaxPerHost int64
	// MaxRedirects is how many redirects, one behind the other, are followed. Zero means
	// DefaultMaxRedirects, less than zero none.
	MaxRedirects int
	// Follow, if it is not nil, finds the elements of a page whose links are followed: it
	// may be links itself, or have some in it. Redirects and sitemaps are followed too.
	Follow *Selector
	// Accept are the types of bodies that are read. Of others the line says only what they
	// are, with "skipped"; sitemaps are read all the same.
	Accept Types
	// Spelling says which URLs are the same.
	Spelling Spelling
	// Traps turns the guard against endless sites off.
	Traps bool

	// Concurrency is how many pages are worked on at once, and PerHost how many of one
	// host. Zero means batch.DefaultConcurrency and frontier.DefaultPerHost.
	Concurrency, PerHost int
	// Delay is the pause between two requests to a host. What robots.txt asks for
	// counts if it is longer; not with less than zero.
	Delay time.Duration
	// Order is that of the pages of one host; the zero value is breadth first.
	Order frontier.Order
	// IgnoreRobots does without robots.txt, and without what pages say to robots.
	IgnoreRobots bool
	// Sitemaps says what to do with those that robots.txt names; the zero value is
	// SitemapsToo.
	Sitemaps Sitemaps

	// Fields are taken from each page of HTML. With Item they are taken from each
	// element that it finds, and the line has a list of them. A page of which they would
	// be more than 16 MiB and eight times the page has failed.
	Fields []Field
	Item   *Selector
	// Charset is the name of the encoding that all pages have, whatever they say. Empty
	// means that they say it, or look like it. See ValidCharset.
	Charset string
	// JSONLD takes the JSON-LD of each page.
	JSONLD bool
	// Rules are for pages of several kinds: the first that matches a URL says what is
	// taken from the page, instead of Fields, Item and JSONLD, which are for those that
	// none matches. See ParseRules.
	Rules []Rule
	// Save is a folder that the bodies of pages are written to, each whole or not at
	// all, below the name of the host; the line says where. A file of that name is
	// replaced. Empty means that they are not kept.
	Save string
	// Archive gets all exchanges, those for robots.txt too; not those that the session
	// has repeated, nor bodies that Accept leaves alone. Nil means none. Its records are
	// there, as surely as the line, before the line is. A page that is fetched again after
	// a crash may be in it twice. It is not closed.
	Archive *warc.Writer
	// Handle, if it is not nil, is called with each page that was fetched and is there: a
	// status below 300, of a type that Accept has, not left alone by Unique. What it
	// returns is in the line, as "data". An error makes the page one that has failed,
	// and its links are followed all the same. So does a panic, but the line then has the
	// URL as its key, and nothing else. When ctx has ended, an error leaves the page as it
	// was, for Resume. It is called by many goroutines, but with one long list, such as a
	// sitemap, at a time. It is called before the line is there: after a crash, once more.
	// It may keep the page.
	Handle func(ctx context.Context, p *Page) (any, error)
	// Unique leaves pages alone whose content was there before: they have a line that
	// says so, and their links are not followed. Of two with the same content that are
	// worked on at once either may be the one. To go on with a crawl its output is read.
	Unique bool

	// Journal says how the output is written, and whether the crawl goes on with one.
	Journal batch.JournalOptions
	// Progress can be asked how far the crawl has come; nil means nobody.
	Progress *Progress
	// Deadline, Grace, Stop, MaxErrors, FailFast and OnEvent are those of batch.Options.
	Deadline, Grace time.Duration
	Stop            <-chan struct{}
	MaxErrors       int64
	FailFast        bool
	OnEvent         func(batch.Event)
}

// Sitemaps says what to do with the sitemaps that robots.txt names.
type Sitemaps int

const (
	SitemapsToo  Sitemaps = iota // go on from them, too
	SitemapsOnly                 // follow no other links
	SitemapsNot                  // leave them alone
)

func (o Options) withDefaults() Options {
	if o.Agent == "" {
		o.Agent = DefaultAgent
	}
	if !robots.ValidToken(o.Agent) {
		panic("inflight/crawl: the agent is no product token: letters, _ and - only")
	}
	if o.Concurrency <= 0 {
		o.Concurrency = batch.DefaultConcurrency
	}
	if o.PerHost <= 0 {
		o.PerHost = frontier.DefaultPerHost
	}
	if !ValidCharset(o.Charset) {
		panic("inflight/crawl: there is no charset " + strconv.Quote(o.Charset))
	}
	switch {
	case o.MaxRedirects == 0:
		o.MaxRedirects = DefaultMaxRedirects
	case o.MaxRedirects < 0:
		o.MaxRedirects = 0
	}
	if o.Progress == nil {
		o.Progress = &Progress{}
	}
	return o
}
