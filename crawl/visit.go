package crawl

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl/frontier"
	"github.com/inflight-go/inflight/crawl/robots"
	"github.com/inflight-go/inflight/crawl/warc"
	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// visit makes the line of one page. It returns an error only when the page is not
// done. The next page of the host need not wait until the line is on the disk.
func (c *crawl) visit(ctx context.Context, u batch.Unit[frontier.Page]) ([]byte, error) {
	line, err := c.page(ctx, u)
	if err == nil {
		c.frontier.Leave(u.Index)
	}
	return line, err
}

func (c *crawl) page(ctx context.Context, u batch.Unit[frontier.Page]) (text []byte, err error) {
	l := &line{Index: u.Index, URL: u.Row.URL, Depth: u.Row.Depth, OK: true}
	if u.Row.Referrer >= 0 {
		l.From = &u.Row.Referrer
	}
	at, err := url.Parse(u.Row.URL)
	if err != nil {
		l.fail("url", err.Error())
		return l.encode(), nil
	}
	if may, err := c.may(ctx, at, l); err != nil || !may {
		if err != nil {
			return nil, err
		}
		return l.encode(), nil
	}
	to := &bodies{c: c, index: u.Index, entry: u.Row.Depth == 0, path: at.Path, foreign: !c.home[originOf(at)]}
	defer func() { err = errors.Join(err, to.stream.leave()) }() // also when Handle panics
	if err := c.answer(ctx, u, at, to, l); err != nil {
		return nil, err
	}
	return l.encode(), nil
}

// answer fetches the page and reads it. The error is why it is not done.
func (c *crawl) answer(ctx context.Context, u batch.Unit[frontier.Page], at *url.URL, to *bodies, l *line) error {
	resp, err := c.get(ctx, u.Row.URL, to, l)
	if err == nil && u.Row.URL == leads(resp, u.Row.URL) && len(resp.Header["Set-Cookie"]) > 0 {
		resp, err = c.get(ctx, u.Row.URL, to, l) // the session may have a jar
	}
	switch {
	case isShut(err):
		return c.shut(err)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == errNoAnswer:
		return nil
	case err != nil:
		return err
	}
	p := newPage(u.Index, at, u.Row.Depth, u.Row.Referrer, resp, &c.o)
	p.stream, p.hops = to.stream, u.Row.Hops
	err = c.read(ctx, p, l)
	if c.o.Handle == nil { // which may have kept a node
		p.recycle()
	}
	return err
}

// An ending is an error that ends the run, and that no page is to blame for.
type ending struct{ error }

func (e ending) Unwrap() error { return e.error }

// whileItEnds is how long a page is not given again that was given back because the run ends,
// which takes a moment.
const whileItEnds = time.Second

// fatal makes of an error that is not the page's own, such as that of a full disk, one
// that gives the page back and ends the run.
func (c *crawl) fatal(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.end(err)
	return batch.Again(whileItEnds, ending{err})
}

// isShut reports whether an error says that the session sends nothing more, whatever is
// asked for.
func isShut(err error) bool {
	return errors.Is(err, session.ErrDraining) || errors.Is(err, session.ErrClosed)
}

// shut gives a page back for such an error. Where it is not because the run stops, it ends
// by that: the page would come again at once, and for ever.
func (c *crawl) shut(err error) error {
	if c.going.Err() != nil {
		return batch.Again(0, err)
	}
	c.end(err)
	return batch.Again(whileItEnds, err)
}

// may asks robots.txt. The error is why the page is not done.
func (c *crawl) may(ctx context.Context, at *url.URL, l *line) (bool, error) {
	if c.robots == nil {
		return true, nil
	}
	_, paced := c.delays.Load(at.Host)
	rules, err := c.robots.Rules(ctx, at)
	if err != nil {
		return false, err
	}
	if !c.pace(at.Host, rules.Delay(), paced) {
		return false, batch.Again(0, errors.New("the host asks for a pause between requests"))
	}
	if err := c.greet(ctx, at, l.Index); err != nil {
		return false, err
	}
	if rules.Allowed(at) {
		return true, nil
	}
	err, reason := rules.Err(), ending{}
	switch {
	case isShut(err):
		return false, c.shut(err)
	case errors.As(err, &reason):
		return false, batch.Again(0, err)
	case err != nil:
		l.fail("robots", err.Error())
		c.o.Progress.failed(err)
	default:
		c.o.Progress.blocked.Add(1)
	}
	l.Skipped = "robots"
	return false, nil
}

// pace takes down the pause that a host asks for. It reports whether a page of it may be
// fetched, which was paced if that was known when its turn came: of those that were not,
// and have waited for robots.txt together, it is only one.
func (c *crawl) pace(host string, pause time.Duration, paced bool) bool {
	if pause <= c.o.Delay || pause == 0 || c.o.Delay < 0 {
		return true
	}
	c.o.Progress.slowed(host, pause)
	if !paced {
		c.frontier.Hold(host, pause)
	}
	_, known := c.delays.Swap(host, pause)
	return paced || !known
}

// greet takes on the sitemaps that a host names, when its first page comes: its robots.txt
// may be another one by https than by http. One that is there for a sitemap only, outside of
// the scope, has nothing to say: a site could lead the crawl from host to host.
func (c *crawl) greet(ctx context.Context, at *url.URL, from int64) error {
	if c.o.Sitemaps == SitemapsNot || c.o.Depth < 0 {
		return nil
	}
	root := at.Scheme + "://" + at.Host
	if _, known := c.greeted.Load(root); known || !c.fence.holds(at) {
		return nil
	}
	file, err := c.robots.File(ctx, at)
	if err != nil {
		return nil // Rules has said it
	}
	var pages []frontier.Page
	for _, text := range file.Sitemaps() {
		u, err := c.o.Spelling.Resolve(at, text)
		if err != nil || !c.schemes[u.Scheme] {
			continue
		}
		if spelled := u.String(); frontier.Valid(spelled) && c.fence.admits(spelled, true) {
			pages = append(pages, frontier.Page{URL: spelled, Referrer: from})
		}
	}
	if _, err := c.frontier.Add(ctx, pages...); err != nil {
		return c.fatal(ctx, err)
	}
	c.greeted.Store(root, true)
	return nil
}

// fetchRobots fetches a robots.txt, following redirects.
func (c *crawl) fetchRobots(ctx context.Context, at string) (int, string, error) {
	for range 6 {
		u, err := url.Parse(at)
		if err != nil {
			return 0, "", err
		}
		resp, err := c.session.Do(ctx, &session.Request{URL: at, NoRedirects: true, MaxBody: robots.MaxSize + 1, Foreign: !c.home[originOf(u)]})
		if err == nil {
			err = c.archive(ctx, at, resp, nil)
		}
		if err != nil {
			return 0, "", err
		}
		next, ok := redirect(resp, at)
		ok = ok && frontier.Valid(next)
		if !ok && resp.Status/100 == 3 {
			break // it leads nowhere
		}
		if !ok {
			return resp.Status, string(resp.Body), nil
		}
		at = next
	}
	return http.StatusNotFound, "", nil // RFC 9309, section 2.3.1.2
}

// redirect is where an answer leads.
func redirect(resp *session.Response, at string) (string, bool) {
	location := resp.Header.Get("Location")
	if resp.Status < 300 || resp.Status > 399 || resp.Status == http.StatusNotModified || location == "" {
		return "", false
	}
	base, err := url.Parse(at)
	if err != nil {
		return "", false
	}
	u, err := new(Spelling).Resolve(base, location)
	if err != nil {
		return "", false
	}
	return u.String(), true
}

// leads is where an answer leads; empty if nowhere.
func leads(resp *session.Response, at string) string {
	to, _ := redirect(resp, at)
	return to
}

// turn waits until the host of a page that is tried again may be asked once more. It
// reports whether it may: not when the run stops before.
func (c *crawl) turn(ctx context.Context, at string) bool {
	host := hostOf(at)
	if c.delay(host) == 0 {
		return true
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.going, cancel)()
	return inflight.Sleep(ctx, time.Until(c.frontier.Turn(host))) == nil
}

// get fetches the page and takes down how that went. Where there is no answer the line
// says so, and the error is nil unless the page is not done.
func (c *crawl) get(ctx context.Context, at string, to *bodies, l *line) (*session.Response, error) {
	began := time.Now()
	asking, quit := context.WithCancelCause(ctx)
	defer quit(nil)
	resp, err := c.session.Do(asking, &session.Request{
		URL: at, NoRedirects: true, Save: to.direct, Header: c.header, Foreign: to.foreign,
		OnRetry: func(session.Attempt) {
			if !c.turn(ctx, at) {
				quit(session.ErrDraining)
			}
		},
	})
	l.Fetched = began.UTC()
	l.DurationMS = float64(time.Since(began).Microseconds()) / 1000
	if errors.Is(err, errUnwanted) {
		l.Skipped, l.Status, l.ContentType, l.Attempts = "type", to.head.StatusCode, to.head.Header.Get("Content-Type"), 1
		c.o.Progress.fetched.Add(1)
		return nil, errNoAnswer
	}
	if e, ok := errors.AsType[*session.Error](err); ok {
		switch {
		case isShut(err):
			return nil, err
		case ctx.Err() != nil: // no failure of the page
			return nil, context.Cause(ctx)
		case e.Class == retry.ClassSave:
			return nil, c.fatal(ctx, err)
		}
		l.fail(string(e.Class), e.Err.Error())
		c.o.Progress.failed(e)
		l.Status, l.Attempts = e.Status, len(e.Attempts)
		return nil, errNoAnswer
	}
	if err != nil {
		return nil, err
	}
	c.o.Progress.fetched.Add(1)
	c.o.Progress.bytes.Add(resp.Bytes)
	l.Status, l.Attempts = resp.Status, len(resp.Attempts)
	l.ContentType, l.Bytes, l.Truncated = resp.Header.Get("Content-Type"), resp.Bytes, resp.Truncated
	if resp.Truncated && to.matter() {
		c.o.Progress.truncated.Add(1)
	}
	if resp.Status >= 400 {
		l.fail("http", strings.TrimSpace(fmt.Sprint(resp.Status, " ", http.StatusText(resp.Status))))
		c.o.Progress.failed(fmt.Errorf("%s: %s", at, l.Error.Message))
	}
	return resp, c.archive(ctx, at, resp, to.stream, warc.Field{Name: "index", Value: strconv.FormatInt(l.Index, 10)}, warc.Field{Name: "depth", Value: strconv.Itoa(l.Depth)})
}

// archive keeps an exchange, if that is wanted.
func (c *crawl) archive(ctx context.Context, at string, resp *session.Response, from *stream, about ...warc.Field) error {
	if c.o.Archive == nil {
		return nil
	}
	body, release, err := c.load(ctx, resp, from)
	if err != nil {
		return err
	}
	defer release()
	e := &warc.Exchange{
		URL: at, Began: resp.Started, Remote: resp.Remote, RequestHeader: secret.Headers(resp.Sent),
		Status: resp.Status, Proto: resp.Proto, Header: resp.Header, Body: body,
		Raw: resp.Header.Get("Content-Encoding") != "", Metadata: about,
	}
	if resp.Truncated {
		e.Truncated = "length"
	}
	if err := c.o.Archive.WriteExchange(ctx, e); err != nil {
		return c.fatal(ctx, err)
	}
	return nil
}

// load returns a body for who wants it in memory, until release is called.
func (c *crawl) load(ctx context.Context, resp *session.Response, from *stream) (body []byte, release func(), err error) {
	if from == nil || !from.list {
		return resp.Body, func() {}, nil
	}
	if err := c.large.Lock(ctx); err != nil {
		return nil, nil, err
	}
	if body, err = os.ReadFile(from.path); err != nil {
		c.large.Unlock()
		return nil, nil, c.fatal(ctx, err)
	}
	return body, c.large.Unlock, nil
}

// errNoAnswer says that the line has said it all.
var errNoAnswer = errors.New("no answer")

// read takes from a page what was asked for, and goes on with its links. The error is
// why the page is not done.
func (c *crawl) read(ctx context.Context, p *Page, l *line) error {
	if to, ok := redirect(p.Response, l.URL); ok {
		return c.moved(ctx, p, to, l)
	}
	if status := p.Response.Status; status >= 300 {
		if p.Depth == 0 && status < 400 { // as where it leads out of the crawl, nothing is behind it
			l.fail("redirect", fmt.Sprintf("it leads nowhere: the answer is %d, and its Location %q", status, p.Response.Header.Get("Location")))
			c.o.Progress.failed(fmt.Errorf("%s: %s", l.URL, l.Error.Message))
		}
		return nil
	}
	if c.repeated(p, l) {
		return nil
	}
	rule := c.rule(l.URL)
	if p.HTML() && (c.o.Follow != nil || rule.readsTree()) {
		leave, err := c.room(ctx, len(p.text))
		if err != nil {
			return err
		}
		defer leave()
		p.readWhole()
	}
	if err := c.goOn(ctx, p, l); err != nil {
		return err
	}
	if err := c.save(ctx, p, l); err != nil {
		return err
	}
	return c.take(ctx, p, rule, l)
}

// moved goes on where an answer leads.
func (c *crawl) moved(ctx context.Context, p *Page, to string, l *line) error {
	l.Redirect = to
	entry := p.Depth == 0 // that of a seed is one, and that of a sitemap a sitemap
	r := c.resolver(p.URL, p.URL, entry)
	there := r.resolve(to)
	switch {
	case to == l.URL:
		l.fail("redirect", "it leads to itself, as on sites that want a cookie back (--cookie-jar)")
	case there == l.URL:
		l.fail("redirect", "it leads to "+to+", which is this page again: parameters of URLs are sorted, or left out")
	case p.hops >= c.o.MaxRedirects:
		l.fail("redirect", fmt.Sprint(p.hops, " redirects, one behind the other, have led here: no more are followed"))
	case entry && there == "":
		l.fail("redirect", "it leads out of the crawl, to "+to+": that is not in its scope, or is excluded")
	case c.circle(l.URL, there) && (entry || len(p.Response.Header["Set-Cookie"]) > 0):
		l.fail("redirect", "it leads back to "+there+", which has led here, as on sites that want a cookie: begin with this page (--cookie-jar -c 1)")
	default:
		return c.follow(ctx, r, []string{to}, frontier.Page{Depth: p.Depth, Hops: p.hops + 1}, l)
	}
	c.o.Progress.failed(fmt.Errorf("%s: %s", l.URL, l.Error.Message))
	return nil
}

// circle reports whether a page leads to where it was led from. Where an entry does, nothing
// is behind it, and the crawl of a site would end there without a word; where one does that
// sets a cookie, the page is there for who has it.
func (c *crawl) circle(from, to string) bool {
	if c.leads.Add(1) <= mostLeads {
		c.led.Store(from, to)
	}
	for range c.o.MaxRedirects {
		next, led := c.led.Load(to)
		if !led {
			return false
		}
		if to = next.(string); to == from {
			return true
		}
	}
	return false
}

// mostLeads is how many redirects are remembered: of a site that is moved there is one for
// each page.
const mostLeads = 10_000

// repeated reports whether the content was there before.
func (c *crawl) repeated(p *Page, l *line) bool {
	sum := p.sum()
	l.Hash = hex.EncodeToString(sum[:hashSize])
	if !c.o.Unique || c.contents.add(sum) {
		return false
	}
	l.Skipped = "duplicate"
	return true
}

// goOn follows the links of a page.
func (c *crawl) goOn(ctx context.Context, p *Page, l *line) error {
	if p.HTML() {
		links := c.links(p, l)
		if !c.reaches(p.Depth + 1) {
			return nil
		}
		return c.follow(ctx, c.resolver(p.URL, p.base(), false), links, frontier.Page{Depth: p.Depth + 1}, l)
	}
	if !p.list {
		return nil
	}
	return c.followList(ctx, p, l)
}

// reaches reports whether pages may be so deep.
func (c *crawl) reaches(depth int) bool { return c.o.Depth == 0 || depth <= c.o.Depth }

// followList follows the addresses of a list, some at a time. What an index names is no
// deeper than itself: it counts as where a redirect leads, of which there is an end.
func (c *crawl) followList(ctx context.Context, p *Page, l *line) error {
	locations, index := sitemap(p.body(), p.Response.Truncated)
	to := frontier.Page{Depth: p.Depth + 1}
	if index && c.o.Depth >= 0 && p.hops < DefaultMaxRedirects {
		to.Depth, to.Hops = p.Depth, p.hops+1
	}
	r := c.resolver(p.URL, p.URL, index)
	var some []string
	for location := range locations {
		if l.Links++; !c.reaches(to.Depth) {
			continue
		}
		if some = append(some, location); len(some) == linksAtOnce {
			if err := c.follow(ctx, r, some, to, l); err != nil {
				return err
			}
			some = some[:0]
		}
	}
	return c.follow(ctx, r, some, to, l)
}

// links are those on a page of HTML that are to be followed.
func (c *crawl) links(p *Page, l *line) (links []string) {
	m := p.markup()
	m.link(refresh(p.Response.Header.Get("Refresh")), "")
	l.Title, l.Links = m.title, len(m.links)
	if !c.o.IgnoreRobots {
		for _, value := range p.Response.Header.Values("X-Robots-Tag") {
			m.robots(saidTo(c.o.Agent, value))
		}
	}
	if c.o.Sitemaps == SitemapsOnly || m.noFollow && !c.o.IgnoreRobots {
		return nil
	}
	found := m.links
	if c.o.Follow != nil {
		found = followed(p.Document(), len(p.text), c.o.Follow)
	}
	links = make([]string, 0, len(found))
	for _, link := range found {
		if !link.noFollow || c.o.IgnoreRobots {
			links = append(links, link.href)
		}
	}
	return links
}

// follow adds links to the frontier, as deep as to, and behind as many redirects.
func (c *crawl) follow(ctx context.Context, r *resolver, links []string, to frontier.Page, l *line) error {
	pages := make([]frontier.Page, 0, min(len(links), linksAtOnce))
	for some := range slices.Chunk(links, linksAtOnce) {
		pages = pages[:0]
		for _, link := range some {
			if url := r.resolve(link); url != "" {
				pages = append(pages, frontier.Page{URL: url, Depth: to.Depth, Hops: to.Hops, Referrer: l.Index})
			}
		}
		added, err := c.frontier.Add(ctx, pages...)
		if err != nil {
			return c.fatal(ctx, err)
		}
		l.New += added
	}
	return nil
}

// linksAtOnce is how many links are spelled out before the frontier takes them: all that
// are on a page may be much longer than it.
const linksAtOnce = 500

// take takes from a page what was asked for.
func (c *crawl) take(ctx context.Context, p *Page, rule *Rule, l *line) (err error) {
	if p.HTML() {
		rule.take(p, l)
	}
	if c.o.Handle == nil {
		return nil
	}
	body, release, err := c.load(ctx, p.Response, p.stream)
	if err != nil {
		return err
	}
	defer release()
	p.Response.Body = body
	l.Data, err = c.o.Handle(ctx, p)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		l.fail("handle", err.Error())
	}
	return nil
}
