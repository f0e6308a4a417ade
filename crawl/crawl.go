package crawl

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl/frontier"
	"github.com/inflight-go/inflight/crawl/robots"
	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/seen"
	"github.com/inflight-go/inflight/locks"
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
	// FailedBefore is how many pages have failed in runs before, and not again in this one,
	// that has come to its end: Failed and it are what the output has.
	FailedBefore int64
}

// Run crawls, and writes a line for each page to the file output. It returns nil when
// everything was done, whatever the lines say.
//
// If it ends early the error says why: the cause of ctx, what batch.Run returns, an error
// of the frontier, of the archive or of Save, or session.ErrDraining or ErrClosed when the
// session was drained or closed meanwhile; with Journal.Resume it goes on later. Where it
// can't begin (a seed is no URL, or the output is one of another crawl, see batch.Open, or
// the frontier beside it is, which is batch.ErrOtherJob, too) nothing was fetched. With
// Journal.RetryFailed a page that had failed has only its new line in the end.
//
// Run panics if the agent is no product token, for a charset that there is not, and for a
// negative MaxErrors. A panic of OnEvent is raised again by Run.
func Run(ctx context.Context, output string, o Options) (Summary, error) {
	if ctx.Err() != nil {
		return Summary{}, context.Cause(ctx)
	}
	o = o.withDefaults()
	c := &crawl{o: o, schemes: map[string]bool{"http": true, "https": true}, home: make(map[origin]bool), forest: locks.NewSemaphore(maxForest)}
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
	o        Options
	schemes  map[string]bool
	fence    fence
	home     map[origin]bool // what may be told what the session authenticates by
	trap     *trap
	session  *session.Session
	drain    func() // of a session that nobody else uses
	robots   *robots.Cache
	header   http.Header      // of requests for pages
	folder   string           // of the output
	parts    string           // what bodies are called before they have their names
	delays   sync.Map         // of hosts: time.Duration
	greeted  sync.Map         // schemes and hosts whose sitemaps are known
	led      sync.Map         // where pages have led: from URL to URL
	leads    atomic.Int64     // how many
	large    locks.Mutex      // held by who has a long list in memory
	forest   *locks.Semaphore // bytes of pages of which there are trees
	contents contents
	named    named
	root     string // the first page of the frontier
	frontier *frontier.Frontier
	going    context.Context // ends when the run begins to stop
	stopping func()
	end      func(error) // the run
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
		if meant := c.meant(text); err != nil && meant != "" {
			err = fmt.Errorf("%.200q is no URL: did you mean %.200s?", text, meant)
		}
		if err == nil && !frontier.Valid(u.String()) {
			err = fmt.Errorf("%.200q is longer than %d bytes", text, frontier.MaxURL)
		}
		if _, rest, ok := strings.Cut(text, "@"); ok && err != nil && !strings.HasPrefix(text, "mailto:") { // it may have a password
			err = fmt.Errorf("%.200q, behind a user, is no URL: want https://host/, and authenticate by the session (--user name:password)", rest)
		}
		if err != nil {
			return nil, seedError{fmt.Errorf("seed: %w", err)}
		}
		if given, err := url.Parse(text); err == nil && given.User != nil {
			return nil, seedError{fmt.Errorf("seed: %s has a user in it, and would be asked for without: authenticate by the session (--user name:password)", secret.URL(text))}
		}
		c.schemes[u.Scheme] = true
		c.fence.seed(u)
		c.settle(u)
		seeds = append(seeds, frontier.Page{URL: u.String(), Referrer: -1})
	}
	return seeds, nil
}

// meant is the URL that a text without a scheme may stand for, or one with a slash too few;
// empty for none.
func (c *crawl) meant(text string) string {
	if strings.Contains(text, "://") || strings.Contains(text, "@") {
		return ""
	}
	scheme, rest, ok := strings.Cut(text, ":/")
	if scheme = strings.ToLower(scheme); !ok || scheme != "http" && scheme != "https" {
		scheme, rest = "https", text
	}
	meant := scheme + "://" + rest
	if _, err := c.o.Spelling.Resolve(nil, meant); err != nil {
		return ""
	}
	return meant
}

func (c *crawl) run(ctx context.Context, output string, seeds []frontier.Page) (s Summary, err error) {
	c.folder = filepath.Dir(output)
	if c.parts, err = atomicfile.Parts(output); err != nil {
		return s, err
	}
	journal, err := batch.Open(output, c.job(), c.o.Journal)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, journal.Close()) }() // also when OnEvent panics
	if err = c.remember(output, journal); err == nil {
		err = c.open(output+".pages", journal, seeds[0].URL)
	}
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, c.frontier.Close()) }()
	ctx, c.end = context.WithCancelCause(ctx)
	defer c.end(nil)
	c.going, c.stopping = context.WithCancel(ctx)
	defer c.stopping()
	if _, err = c.frontier.Add(ctx, seeds...); err == nil {
		s.Summary, err = batch.Run(ctx, c.frontier, c.visit, &sink{c, journal}, c.batch())
	}
	s.Stats = c.o.Progress.Stats()
	if err == nil && s.Complete { // what was tried again, also by a run that ended early, has one line
		s.FailedBefore = journal.Stats().Failed - s.Failed
		err = journal.Compact(ctx)
	}
	return s, err
}

// open opens the frontier. One whose output has no line is begun anew: it may be of
// another crawl, and has nothing that would not be found again. Any other has all pages
// that have a line, and began with the first seed.
func (c *crawl) open(path string, journal *batch.Journal, first string) (err error) {
	lines := journal.Stats().Done
	if lines == 0 {
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
	known := int64(0)
	c.frontier, err = frontier.Open(path, frontier.Options{
		Done: func(index int64) bool {
			if journal.Has(index) {
				known++
			}
			return journal.Done(index)
		},
		Accept: c.accept(), PerHost: c.o.PerHost, Delay: c.delay, Order: c.o.Order,
	})
	switch {
	case err != nil:
		return err
	case known < lines:
		err = strayError{fmt.Errorf("%s has not %d of the pages that have a line in %s", path, lines-known, journal.Path())}
	case lines > 0 && c.root != first && !c.o.Journal.Force: // by force it may be other seeds
		err = strayError{fmt.Errorf("%s is of another crawl, which began with %s", path, secret.URL(c.root))}
	}
	if err != nil {
		return errors.Join(err, c.frontier.Close())
	}
	c.o.Progress.frontier.Store(c.frontier)
	return nil
}

// strayError says that the frontier is not the one that goes with the output.
type strayError struct{ error }

func (e strayError) Error() string {
	return e.error.Error() + ": put the file back that belongs to it, or begin anew with another output"
}

func (e strayError) Unwrap() error { return batch.ErrOtherJob }

// accept decides, of the pages that are found, which are taken on.
func (c *crawl) accept() func(p frontier.Page) bool {
	var n int64
	perHost := make(map[string]int64)
	return func(p frontier.Page) bool {
		if c.root == "" {
			c.root = p.URL
		}
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
				c.o.Progress.trapped.Add(1)
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
			if e.Kind == batch.EventStopping {
				c.stopping()
				if c.drain != nil {
					c.drain()
				}
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
		if err := errors.Join(s.c.frontier.Sync(ctx), s.c.named.sync()); err != nil {
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
