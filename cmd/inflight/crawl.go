package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl"
	"github.com/inflight-go/inflight/crawl/frontier"
	"github.com/inflight-go/inflight/crawl/robots"
	"github.com/inflight-go/inflight/crawl/warc"
	"github.com/inflight-go/inflight/internal/connect"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// crawlFlags are what the flags of crawl say, in the same words. How requests are made
// is in the flags that it shares with fetch.
type crawlFlags struct {
	connect.Options
	running

	seeds  []string
	output string

	scope      string
	include    []string
	exclude    []string
	depth      int
	maxPages   int64
	maxPerHost int64
	follow     string
	accept     string
	charset    string
	strategy   string
	sitemap    string
	sortQuery  bool
	strip      []string
	traps      bool
	robots     string
	agentToken string
	crawlDelay string

	extract []string
	item    string
	jsonld  bool
	unique  bool
	rules   string
	save    string
	warc    string
	warcMax string

	profile string
	config  string
}

func newCrawl() *cobra.Command {
	o := crawlFlags{Options: connect.Defaults(), running: newRunning(), warcMax: "1GiB"}
	o.PerHost, o.MaxBody = frontier.DefaultPerHost, "4MiB"
	cmd := &cobra.Command{
		Use:   "crawl [flags] URL...",
		Short: "Walk the pages of sites, and take from them what you want",
		Example: `  inflight crawl demo:///site/ -o pages.jsonl
  inflight crawl https://shop.example/ --extract 'title=h1' --extract 'price=span.price | number' -o items.jsonl
  inflight crawl https://shop.example/ --scope domain --depth 5 --exclude '/cart' -o pages.jsonl
  inflight crawl https://shop.example/ -o pages.jsonl --resume        # after a crash, Ctrl-C, or a reboot`,
		Args: cobra.ArbitraryArgs,
	}
	groups := flagGroups{cmd: cmd}
	groups.group("Where to go", o.whereFlags)
	groups.group("What to take", o.takeFlags)
	groups.group("Manners", o.mannerFlags)
	groups.group("How long", o.timeFlags(&o.Options))
	groups.group("When it fails", o.RetryFlags)
	groups.group("The connection", o.NetworkFlags)
	groups.group("Stopping, and going on", o.safetyFlags)
	groups.group("Seeing", o.seeingFlags)
	cmd.SetUsageFunc(groups.usage)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := configure(cmd, o.config, o.profile); err != nil {
			return err
		}
		o.seeds = args
		return o.run(cmd)
	}
	return cmd
}

func (o *crawlFlags) whereFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.scope, "scope", "host", "stay on the `host` of a seed, its domain, what begins with it (prefix), or go anywhere (any)")
	fs.StringArrayVar(&o.include, "include", nil, "go only to URLs that match this `expression` (repeatable: one of them)")
	fs.StringArrayVar(&o.exclude, "exclude", nil, "and not to those that match this `expression` (repeatable)")
	fs.IntVar(&o.depth, "depth", -1, "go this many `links` away from a seed; 0 for the seeds alone (default: any number)")
	defaultIsTold(fs, "depth")
	fs.Int64Var(&o.maxPages, "max-pages", 0, "take on this many `pages` (default: any number)")
	fs.Int64Var(&o.maxPerHost, "max-per-host", 0, "and this many `pages` of one host (default: any number)")
	fs.StringVar(&o.follow, "follow", "", "follow the links of elements that this `selector` finds, and of what is in them (default: all links)")
	fs.StringVar(&o.strategy, "strategy", "bfs", "the pages of a host in the order in which they are found, `bfs`, or the last one first, dfs")
	fs.StringVar(&o.sitemap, "sitemap", "auto", "follow the sitemaps in robots.txt too (`auto`), nothing else (only), or not (off)")
	fs.BoolVar(&o.sortQuery, "sort-query", false, "URLs whose parameters are in another order are the same")
	fs.StringArrayVar(&o.strip, "strip-param", nil, "leave this `parameter` out of URLs, such as 'utm_*' (repeatable)")
	fs.BoolVar(&o.traps, "trap-guard", true, "don't follow what seems to go on for ever")
}

func (o *crawlFlags) takeFlags(fs *pflag.FlagSet) {
	fs.StringVarP(&o.output, "output", "o", "", "write a line for each page to this `file`; .gz and .zst too")
	fs.StringArrayVar(&o.extract, "extract", nil, "take this from each page, `'name=selector@attribute | filter'`; name[] for all (repeatable)")
	fs.StringVar(&o.item, "item", "", "and take it from each element that this `selector` finds; 'name=.' is its own text, 'link=@href' its attribute")
	fs.BoolVar(&o.jsonld, "jsonld", false, "take the JSON-LD of pages")
	fs.StringVar(&o.rules, "rules", "", "what to take from which pages, by a YAML `file`")
	fs.StringVar(&o.save, "save", "", "write the bodies of pages below this `folder`")
	fs.StringVar(&o.warc, "warc", "", "keep what was sent and answered in this archive, a `file` such as site.warc.gz")
	fs.StringVar(&o.warcMax, "warc-size", o.warcMax, "and begin another one at this `size`")
	fs.StringVar(&o.accept, "accept", "", "read only bodies of these `types`: html, xml, json, text, pdf, image, or such as video/* (default: all)")
	fs.StringVar(&o.charset, "charset", "auto", "the `encoding` of all pages, such as latin1 (auto: as they say, or look like)")
	fs.BoolVar(&o.unique, "unique", false, "leave pages alone whose content was there before")
}

func (o *crawlFlags) mannerFlags(fs *pflag.FlagSet) {
	fs.IntVarP(&o.Concurrency, "concurrency", "c", o.Concurrency, "how many pages at once")
	fs.IntVar(&o.PerHost, "per-host", o.PerHost, "how many of them of one host")
	fs.StringVar(&o.robots, "robots", "obey", "`obey` robots.txt and what pages say to robots, or ignore it")
	fs.StringVar(&o.agentToken, "robots-agent", crawl.DefaultAgent, "the `name` by which robots.txt knows this crawler")
	fs.StringVar(&o.crawlDelay, "crawl-delay", "auto", "pause for this `duration` between two requests to a host, or for longer if robots.txt asks for it (auto: as robots.txt says; off: not at all)")
	o.RateFlags(fs)
	fs.StringArrayVarP(&o.FixedHeader, "header", "H", nil, "send this header, `'Name: value'` (repeatable)")
	o.AuthFlags(fs)
}

func (o *crawlFlags) seeingFlags(fs *pflag.FlagSet) {
	o.running.seeingFlags(fs)
	fs.StringVar(&o.profile, "profile", "", "take flags from this `profile` of the config file")
	fs.StringVar(&o.config, "config", "", "the config `file` (default: inflight.yaml, here or in the user's config folder)")
}

// word finds what a flag with one of a few words means.
func word[T any](flag, value string, words []string, meanings ...T) (T, error) {
	for i, w := range words {
		if w == value {
			return meanings[i], nil
		}
	}
	var none T
	return none, option.OneOf(flag, value, words...)
}

// options makes of the flags what package crawl wants.
func (o *crawlFlags) options() (c crawl.Options, err error) {
	wrong := func(err error) error { return &exitError{exitUsage, err} }
	if len(o.seeds) == 0 {
		return c, wrong(errors.New("nothing to crawl: give a URL, such as demo:///site/"))
	}
	if err := o.files(); err != nil {
		return c, wrong(err)
	}
	if err := o.check(); err != nil {
		return c, coded(err)
	}
	if !robots.ValidToken(o.agentToken) {
		return c, wrong(fmt.Errorf("--robots-agent %q: letters, _ and - only; the version goes into --user-agent", o.agentToken))
	}
	if err := o.numbers(); err != nil {
		return c, err
	}
	c = crawl.Options{
		MaxPages: o.maxPages, MaxPerHost: o.maxPerHost, MaxRedirects: o.MaxRedirects, Traps: !o.traps, Agent: o.agentToken,
		Spelling:    crawl.Spelling{Sort: o.sortQuery, Strip: o.strip},
		Concurrency: o.Concurrency, PerHost: o.PerHost,
		JSONLD: o.jsonld, Unique: o.unique, Save: o.save,
		Deadline: o.deadline, Grace: o.patience(), MaxErrors: o.maxErrors, FailFast: o.failFast,
	}
	if c.Journal, err = o.journal(); err != nil {
		return c, coded(err)
	}
	for _, seed := range o.seeds {
		if scheme, _, ok := strings.Cut(seed, "://"); ok && !slices.Contains([]string{"http", "https", "demo"}, strings.ToLower(scheme)) {
			return c, wrong(fmt.Errorf("%q: a URL of http or https is wanted", seed))
		}
		c.Seeds = append(c.Seeds, connect.DemoURL(seed))
	}
	switch {
	case o.depth == 0:
		c.Depth = -1
	case o.depth > 0:
		c.Depth = o.depth
	}
	if o.MaxRedirects == 0 {
		c.MaxRedirects = -1
	}
	return c, errors.Join(o.words(&c), o.expressions(&c))
}

// files refuses names of what can't be written there.
func (o *crawlFlags) files() error {
	if o.output == "" {
		return errors.New("where to? -o pages.jsonl writes a line for each page, and is what the crawl goes on with after a crash")
	}
	if info, err := os.Stat(o.output); o.output == "-" || err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("--output %s: a file is wanted, with which the crawl goes on after a crash", o.output)
	}
	switch path := strings.TrimSuffix(strings.TrimSuffix(o.output, ".gz"), ".zst"); filepath.Ext(path) {
	case ".csv", ".tsv":
		return fmt.Errorf("--output %s: a crawl writes JSON lines, which are no table: name it .jsonl, and make one of it (inflight convert --help)", o.output)
	}
	if info, err := os.Stat(o.save); o.save != "" && err == nil && !info.IsDir() {
		return fmt.Errorf("--save %s: a folder is wanted, and that is a file", o.save)
	}
	for flag, path := range map[string]string{"save": o.save, "warc": o.warc} {
		if path != "" && filepath.Clean(path) == filepath.Clean(o.output) {
			return fmt.Errorf("--%s %s: that is the output: take another name", flag, path)
		}
	}
	return nil
}

// numbers refuses numbers that mean nothing.
func (o *crawlFlags) numbers() error {
	for _, n := range []struct {
		flag         string
		value, least int64
	}{
		{"concurrency", int64(o.Concurrency), 1}, {"per-host", int64(o.PerHost), 1}, {"depth", int64(o.depth), -1},
		{"max-pages", o.maxPages, 0}, {"max-per-host", o.maxPerHost, 0}, {"max-redirects", int64(o.MaxRedirects), 0},
	} {
		if n.value < n.least {
			return &exitError{exitUsage, fmt.Errorf("--%s %d: it can't be less than %d", n.flag, n.value, max(n.least, 0))}
		}
	}
	return nil
}

// words reads the flags that are one of a few words.
func (o *crawlFlags) words(c *crawl.Options) error {
	var errs [4]error
	c.Scope, errs[0] = word("scope", o.scope, []string{"host", "domain", "prefix", "any"}, crawl.ScopeHost, crawl.ScopeDomain, crawl.ScopePrefix, crawl.ScopeAny)
	c.Order, errs[1] = word("strategy", o.strategy, []string{"bfs", "dfs"}, frontier.BreadthFirst, frontier.DepthFirst)
	c.Sitemaps, errs[2] = word("sitemap", o.sitemap, []string{"auto", "only", "off"}, crawl.SitemapsToo, crawl.SitemapsOnly, crawl.SitemapsNot)
	c.IgnoreRobots, errs[3] = word("robots", o.robots, []string{"obey", "ignore"}, false, true)
	for _, e := range errs {
		if e != nil {
			return e
		}
	}
	return nil
}

// expressions reads the flags that have a syntax of their own.
func (o *crawlFlags) expressions(c *crawl.Options) (err error) {
	compile := func(flag string, texts []string, to *[]*regexp.Regexp) error {
		for _, text := range texts {
			re, err := regexp.Compile(text)
			if err != nil {
				return &exitError{exitUsage, fmt.Errorf("%s %q: %w", flag, text, err)}
			}
			*to = append(*to, re)
		}
		return nil
	}
	if err := errors.Join(compile("--include", o.include, &c.Include), compile("--exclude", o.exclude, &c.Exclude)); err != nil {
		return err
	}
	for _, text := range o.extract {
		f, err := crawl.ParseField(text)
		if err != nil {
			return &exitError{exitUsage, fmt.Errorf("--extract: %w", err)}
		}
		if slices.ContainsFunc(c.Fields, func(other crawl.Field) bool { return other.Name() == f.Name() }) {
			return &exitError{exitUsage, fmt.Errorf("--extract: there are two fields %q", f.Name())}
		}
		c.Fields = append(c.Fields, f)
	}
	if err := errors.Join(o.readRules(c), o.manyWords(c)); err != nil {
		return err
	}
	if o.item == "" {
		return nil
	}
	if len(c.Fields) == 0 {
		return &exitError{exitUsage, errors.New("--item says where, and nothing says what: add --extract 'name=selector'")}
	}
	if c.Item, err = crawl.ParseSelector(o.item); err != nil {
		return &exitError{exitUsage, fmt.Errorf("--item: %w", err)}
	}
	return nil
}

// manyWords reads the flags that are a word of very many, or a list of words.
func (o *crawlFlags) manyWords(c *crawl.Options) (err error) {
	wrong := func(flag string, err error) error { return &exitError{exitUsage, fmt.Errorf("%s: %w", flag, err)} }
	for _, name := range o.strip {
		if strings.ContainsAny(strings.TrimSuffix(name, "*"), "*,=&;? ") || name == "" {
			return wrong("--strip-param", fmt.Errorf("%q: the name of one parameter is wanted, or its beginning and a *, such as 'utm_*'; repeat the flag for more", name))
		}
	}
	switch o.crawlDelay {
	case "auto":
	case "off":
		c.Delay = -1
	default:
		if c.Delay, err = time.ParseDuration(o.crawlDelay); err != nil || c.Delay < 0 {
			return wrong("--crawl-delay", fmt.Errorf("%q is no time: use one such as 500ms or 2s, auto, or off", o.crawlDelay))
		}
	}
	if o.follow != "" {
		if c.Follow, err = crawl.ParseSelector(o.follow); err != nil {
			return wrong("--follow", err)
		}
	}
	if o.accept != "" {
		if c.Accept, err = crawl.ParseTypes(o.accept); err != nil {
			return wrong("--accept", err)
		}
	}
	if o.charset != "auto" {
		if c.Charset = o.charset; !crawl.ValidCharset(o.charset) {
			return wrong("--charset", fmt.Errorf("there is no encoding %q: use a name such as utf-8, latin1, windows-1252 or shift_jis", o.charset))
		}
	}
	return nil
}

// readRules reads the file of --rules.
func (o *crawlFlags) readRules(c *crawl.Options) error {
	if o.rules == "" {
		return nil
	}
	text, err := os.ReadFile(o.rules)
	if err == nil {
		c.Rules, err = crawl.ParseRules(o.rules, text)
	}
	if err != nil {
		return &exitError{exitUsage, fmt.Errorf("--rules: %w", err)}
	}
	return nil
}

// openArchive opens the archive of --warc; nil without it. One that is there is only
// added to when the crawl goes on.
func (o *crawlFlags) openArchive() (*warc.Writer, error) {
	size, err := option.Size("warc-size", o.warcMax)
	if err != nil || o.warc == "" {
		return nil, coded(err)
	}
	if _, err := os.Lstat(o.warc); err == nil && !o.resume && !o.retryFailed {
		return nil, &exitError{exitOtherJob, fmt.Errorf("--warc: %s exists: go on with it by --resume, or name another one", o.warc)}
	}
	w, err := warc.Open(o.warc, warc.Options{MaxSize: size})
	if errors.Is(err, warc.ErrLocked) {
		return nil, &exitError{exitOtherJob, fmt.Errorf("--warc: %w", err)}
	}
	if err != nil {
		return nil, &exitError{exitIO, fmt.Errorf("--warc: %w", err)}
	}
	return w, nil
}

// run crawls, and shows it.
func (o *crawlFlags) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	c, err := o.options()
	if err != nil {
		return err
	}
	shared := o.Options
	shared.PerHost, shared.MaxRedirects = 0, 0 // the frontier and the crawl see to these
	connection, err := connect.New(ctx, &shared, nil)
	if err != nil {
		return coded(err)
	}
	defer connection.Close()
	c.Session, c.Progress = connection.Session, &crawl.Progress{}
	c.OnEvent = func(e batch.Event) {
		if e.Kind == batch.EventStopping {
			connection.Session.Drain()
		}
	}
	stop, err := o.watch(cmd.ErrOrStderr(), func(took time.Duration) string { return crawlLine(c.Progress.Stats(), took) })
	if err != nil {
		return err
	}
	if c.Archive, err = o.openArchive(); err != nil {
		stop()
		return err
	}
	summary, err := crawl.Run(ctx, o.output, c)
	stop()
	if c.Archive != nil {
		err = errors.Join(err, c.Archive.Close())
	}
	o.sum(cmd.ErrOrStderr(), summary, err)
	return o.verdict(ctx, summary, err)
}

// crawlLine is the progress in one line.
func crawlLine(s crawl.Stats, took time.Duration) string {
	text := fmt.Sprintf("%d of %d pages found | %.0f/s | %d in flight | %d hosts to go", s.Before+s.Done, s.Found,
		perSecond(s.Done, took), s.InFlight, s.Hosts)
	if s.Failed > 0 {
		text += fmt.Sprintf(" | fail %d", s.Failed)
	}
	if s.Pause >= longPause {
		text += fmt.Sprintf(" | %s between pages of %s", s.Pause, s.Slowest)
	}
	return text
}
