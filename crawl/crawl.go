package crawl

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl/frontier"
	"github.com/inflight-go/inflight/crawl/robots"
	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/seen"
	"github.com/inflight-go/inflight/session"
)

// ErrSeed is wrapped by the error of Run when there is no seed, or one is no URL.
var ErrSeed = errors.New("inflight/crawl: bad seed")

// seedError is ErrSeed with a text of its own.
type seedError struct{ error }

func (e seedError) Unwrap() []error { return []error{e.error, ErrSeed} }

// A Summary says what came of a crawl.
type Summary struct {
	batch.Summary
	Stats Stats
}

// Run crawls, and writes a line for each page to the file output. It returns nil when
// everything was done, whatever the lines say.
//
// If it ends early the error says why: the cause of ctx, what batch.Run returns, or an
// error of the frontier; with Journal.Resume it goes on later. Where it can't begin
// (a seed is no URL, or the output is one of another crawl, see batch.Open) nothing
// was fetched. With Journal.RetryFailed a page that had failed has only its new line in
// the end.
//
// Run panics if the agent is no product token.
func Run(ctx context.Context, output string, o Options) (Summary, error) {
	if ctx.Err() != nil {
		return Summary{}, context.Cause(ctx)
	}
	o = o.withDefaults()
	c := &crawl{o: o, schemes: map[string]bool{"http": true, "https": true}}
	seeds, err := c.seeds()
	if err != nil {
		return Summary{}, err
	}
	if accept := o.Accept.accept(); accept != "" {
		c.header = http.Header{"Accept": {accept}}
	}
	if c.session = o.Session; c.session == nil {
		if c.session, err = session.New(session.Options{MaxRedirects: -1, IdleConns: o.PerHost}); err != nil {
			return Summary{}, err
		}
		defer c.session.Close()
		c.drain = c.session.Drain
	}
	return c.run(ctx, output, seeds)
}

// crawl is one call of Run.
type crawl struct {
	o         Options
	schemes   map[string]bool
	fence     fence
	trap      *trap
	session   *session.Session
	drain     func() // of a session that nobody else uses
	robots    *robots.Cache
	header    http.Header // of requests for pages
	parts     string      // what bodies are called before they have their names
	delays    sync.Map    // of hosts: time.Duration
	greeted   sync.Map    // hosts whose sitemaps are known
	unzipping sync.Mutex  // held by who reads a list that is compressed: one at a time is large
	contents  contents
	frontier  *frontier.Frontier
	end       func(error) // the run
}

// seeds reads the seeds.
func (c *crawl) seeds() ([]frontier.Page, error) {
	if len(c.o.Seeds) == 0 {
		return nil, seedError{errors.New("nothing to crawl: there is no seed")}
	}
	c.fence = fence{scope: c.o.Scope, include: c.o.Include, exclude: c.o.Exclude}
	var seeds []frontier.Page
	for _, text := range c.o.Seeds {
		u, err := c.o.Spelling.Resolve(nil, text)
		if err != nil && !strings.Contains(text, "://") && !strings.Contains(text, "@") {
			if _, meant := c.o.Spelling.Resolve(nil, "https://"+text); meant == nil {
				err = fmt.Errorf("%.200q is no URL: did you mean https://%.200s?", text, text)
			}
		}
		if err == nil && !frontier.Valid(u.String()) {
			err = fmt.Errorf("%.200q is longer than %d bytes", text, frontier.MaxURL)
		}
		if err != nil {
			return nil, seedError{fmt.Errorf("seed: %w", err)}
		}
		if given, err := url.Parse(text); err == nil && given.User != nil {
			return nil, seedError{fmt.Errorf("seed: %s has a user in it, and would be asked for without: authenticate by the session (--user name:password)", secret.URL(text))}
		}
		c.schemes[u.Scheme] = true
		c.fence.seed(u)
		seeds = append(seeds, frontier.Page{URL: u.String(), Referrer: -1})
	}
	return seeds, nil
}

func (c *crawl) run(ctx context.Context, output string, seeds []frontier.Page) (s Summary, err error) {
	if c.parts, err = partsOf(output); err != nil {
		return s, err
	}
	journal, err := batch.Open(output, c.job(), c.o.Journal)
	if err != nil {
		return s, err
	}
	if err = c.remember(output, journal); err == nil {
		err = c.open(output+".pages", journal)
	}
	if err != nil {
		return s, errors.Join(err, journal.Close())
	}
	ctx, c.end = context.WithCancelCause(ctx)
	defer c.end(nil)
	if _, err = c.frontier.Add(ctx, seeds...); err == nil {
		s.Summary, err = batch.Run(ctx, c.frontier, c.visit, &sink{c, journal}, c.batch())
	}
	s.Stats = c.o.Progress.Stats()
	if err == nil && s.Complete && c.o.Journal.RetryFailed {
		err = journal.Compact(ctx)
	}
	return s, errors.Join(err, c.frontier.Close(), journal.Close())
}

// open opens the frontier. One whose output has no line is begun anew: it may be of
// another crawl, and has nothing that would not be found again.
func (c *crawl) open(path string, journal *batch.Journal) (err error) {
	if journal.Stats().Done == 0 {
		if err := frontier.Remove(path); err != nil {
			return err
		}
	}
	if !c.o.Traps {
		c.trap = newTrap()
	}
	if !c.o.IgnoreRobots {
		c.robots = robots.NewCache(c.fetchRobots, robots.Options{Token: c.o.Agent})
	}
	c.frontier, err = frontier.Open(path, frontier.Options{
		Done: journal.Done, Accept: c.accept(), PerHost: c.o.PerHost, Delay: c.delay, Order: c.o.Order,
	})
	if err == nil {
		c.o.Progress.frontier.Store(c.frontier)
	}
	return err
}

// accept decides, of the pages that are found, which are taken on.
func (c *crawl) accept() func(p frontier.Page) bool {
	var n int64
	perHost := make(map[string]int64)
	return func(p frontier.Page) bool {
		if c.o.MaxPages > 0 && n >= c.o.MaxPages {
			return false
		}
		host := hostOf(p.URL)
		if c.o.MaxPerHost > 0 && perHost[host] >= c.o.MaxPerHost {
			return false
		}
		if c.trap != nil && p.Referrer >= 0 { // a seed is meant, whatever it looks like
			u, err := url.Parse(p.URL)
			if err != nil || c.trap.caught(u, p.URL, p.Depth) != "" {
				return false
			}
		}
		if c.o.MaxPerHost > 0 {
			perHost[strings.Clone(host)]++
		}
		n++
		return true
	}
}

// hostOf is the host of a page, with its port.
func hostOf(spelled string) string {
	_, host, _ := strings.Cut(spelled, "://")
	host, _, _ = strings.Cut(host, "/")
	return host
}

// delay is the pause between two requests to a host.
func (c *crawl) delay(host string) time.Duration {
	if c.o.Delay < 0 {
		return 0
	}
	asked, _ := c.delays.Load(host)
	d, _ := asked.(time.Duration)
	return max(d, c.o.Delay)
}

// batch are the options of the run.
func (c *crawl) batch() batch.Options {
	return batch.Options{
		Concurrency: c.o.Concurrency,
		Progress:    &c.o.Progress.run,
		Deadline:    c.o.Deadline, Grace: c.o.Grace, Stop: c.o.Stop,
		MaxErrors: c.o.MaxErrors, FailFast: c.o.FailFast,
		OnEvent: func(e batch.Event) {
			if e.Kind == batch.EventStopping && c.drain != nil {
				c.drain()
			}
			if c.o.OnEvent != nil {
				c.o.OnEvent(e)
			}
		},
	}
}

// sink is the output. What it keeps lines of is in the frontier before, also when the
// power fails.
type sink struct {
	c       *crawl
	journal *batch.Journal
}

func (s *sink) Commit(ctx context.Context, lines []batch.Line) error {
	if s.c.o.Journal.Sync != batch.SyncNever {
		if err := s.c.frontier.Sync(ctx); err != nil {
			return err
		}
		if a := s.c.o.Archive; a != nil {
			if err := a.Sync(ctx); err != nil {
				return err
			}
		}
	}
	return s.journal.Commit(ctx, lines)
}

// hashSize is how many bytes of the checksum of a body stand in its line.
const hashSize = 16

// contents are the checksums of the pages that were there.
type contents struct {
	mu   sync.Mutex
	sums seen.Set
}

// add reports whether a checksum is new.
func (c *contents) add(sum []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sums.Add(string(sum[:hashSize]))
}

// remember reads which contents there were before. A page that was like another one
// counts for nothing: that one may have no line yet, and is to have one that is not
// skipped.
func (c *crawl) remember(output string, journal *batch.Journal) error {
	if !c.o.Unique || journal.Stats().Done == 0 {
		return nil
	}
	for l, err := range batch.Lines(output) {
		if err != nil {
			return err
		}
		var was line
		if err := json.Unmarshal(l.Data, &was); err != nil {
			return fmt.Errorf("%s: line of page %d: %w", output, l.Index, err)
		}
		if sum, err := hex.DecodeString(was.Hash); err == nil && len(sum) == hashSize && was.Skipped == "" && journal.Done(l.Index) {
			c.contents.add(sum)
		}
	}
	return nil
}
