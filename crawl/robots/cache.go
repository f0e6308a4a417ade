package robots

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/inflight-go/inflight/locks"
)

// A Fetch gets a robots.txt: its status and its text, of which it need not read more
// than a byte beyond MaxSize: that one says that the last line is cut. It follows
// redirects, at least five, and its error says that there was no answer.
type Fetch func(ctx context.Context, url string) (status int, text string, err error)

// Options are those of a Cache.
type Options struct {
	// Token is the product token of the crawler. It has to be one: see ValidToken.
	Token string
	// Keep is how long a file is good for. Zero means 24 hours, which the RFC says
	// is the longest; less than zero, that it is fetched each time.
	Keep time.Duration
	// Again is how long after a failure it is tried again; until then everything
	// of the host is forbidden. Zero means a minute; less than zero, each time.
	Again time.Duration
	// Hosts is how many files are kept; of more, the one that nobody has asked for
	// longest is dropped, also while it is being fetched: there have to be more than are
	// asked for at once. Zero means 10 000, less than zero any number.
	Hosts int
}

// A Cache has the rules of many hosts, each file fetched when it is first asked
// for, once, whoever asks meanwhile. A host is what a URL says, with its scheme and port, in
// lower case. When the ctx of who fetches ends, the next one who waits fetches. Any number
// of goroutines may use it.
//
// What an answer means is what RFC 9309 says: of a success the text counts; with a
// status of 400 to 499 there is no file, and everything is allowed; with any other,
// and without an answer, the site is not to be disturbed, and everything is
// forbidden, except that a file that was read before goes on to count. A status of
// 429 says the latter, too.
type Cache struct {
	fetch Fetch
	opts  Options

	mu     sync.Mutex
	hosts  map[string]*list.Element // of *entry
	recent list.List                // the one used last in front
}

// entry is the file of one host.
type entry struct {
	host string

	turn  locks.Mutex // held by who fetches
	file  *File       // nil before the first success
	rules Rules       // of it, for the crawler
	err   error       // of the last try, if it failed
	until time.Time   // when it is to be fetched again
}

// NewCache makes a cache. It panics without fetch, and where Token is none.
func NewCache(fetch Fetch, opts Options) *Cache {
	if fetch == nil {
		panic("inflight/crawl/robots: nil fetch")
	}
	if !ValidToken(opts.Token) {
		panic(fmt.Sprintf("inflight/crawl/robots: %q is no product token: letters, _ and - only", opts.Token))
	}
	if opts.Keep == 0 {
		opts.Keep = 24 * time.Hour
	}
	if opts.Again == 0 {
		opts.Again = time.Minute
	}
	if opts.Hosts == 0 {
		opts.Hosts = 10_000
	}
	return &Cache{fetch: fetch, opts: opts, hosts: make(map[string]*list.Element)}
}

// File returns the file of the host that a URL is at. Its second result is why
// there is none: the host is not to be disturbed, or ctx has ended, with its cause.
func (c *Cache) File(ctx context.Context, u *url.URL) (*File, error) {
	file, _, err := c.ask(ctx, u)
	return file, err
}

// ask returns the file of a host, and what it says to the crawler.
func (c *Cache) ask(ctx context.Context, u *url.URL) (*File, Rules, error) {
	e := c.entry(u)
	if err := e.turn.Lock(ctx); err != nil {
		return nil, Rules{}, err
	}
	defer e.turn.Unlock()
	if time.Now().Before(e.until) {
		return e.file, e.rules, e.bad()
	}
	status, text, err := c.fetch(ctx, e.host+"/robots.txt")
	if err != nil && ctx.Err() != nil {
		return nil, Rules{}, context.Cause(ctx) // who comes next tries again
	}
	e.take(status, text, err)
	keep := c.opts.Keep
	if e.err != nil {
		keep = c.opts.Again
	} else {
		e.rules = e.file.For(c.opts.Token)
	}
	e.until = time.Now().Add(keep)
	return e.file, e.rules, e.bad()
}

// Rules returns what the host of a URL says to the crawler. The error is only ever
// the cause of ctx; that the host could not be asked is in Rules.Err.
func (c *Cache) Rules(ctx context.Context, u *url.URL) (Rules, error) {
	_, rules, err := c.ask(ctx, u)
	switch {
	case err == nil:
		return rules, nil
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		return Rules{}, err
	}
	return Rules{unreachable: err}, nil
}

// take is told how a try went.
func (e *entry) take(status int, text string, err error) {
	switch {
	case err != nil:
		e.err = fmt.Errorf("%s/robots.txt can't be had: %w", e.host, err)
	case status >= 200 && status < 300:
		e.file, e.err = Parse(text), nil
	case status >= 400 && status < 500 && status != 429:
		e.file, e.err = &File{}, nil
	default:
		e.err = fmt.Errorf("%s/robots.txt can't be had: the answer is %d", e.host, status)
	}
}

// bad is why the host may not be asked anything, nil if there is a file.
func (e *entry) bad() error {
	if e.file != nil {
		return nil
	}
	return e.err
}

// entry is that of a URL's host, made if it is new.
func (c *Cache) entry(u *url.URL) *entry {
	host := strings.ToLower(u.Scheme + "://" + u.Host)
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.hosts[host]; at != nil {
		c.recent.MoveToFront(at)
		return at.Value.(*entry)
	}
	if c.opts.Hosts > 0 && c.recent.Len() >= c.opts.Hosts {
		oldest := c.recent.Back()
		delete(c.hosts, c.recent.Remove(oldest).(*entry).host)
	}
	e := &entry{host: host}
	c.hosts[host] = c.recent.PushFront(e)
	return e
}
