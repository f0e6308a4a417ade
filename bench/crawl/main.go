// Command crawl measures crawlers side by side: inflight, colly and scrapy walk a site
// that nginx serves, and take the same from each page. README.md tells more.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
)

// options are the flags of the command.
type options struct {
	pages   int
	perHost int
	only    string
	fields  string
	scrapy  int
	rounds  int
	pprof   string
	child   string
	url     string
	count   string
}

func (o *options) addFlags(fs *flag.FlagSet) {
	fs.IntVar(&o.pages, "pages", 20_000, "how many pages the site has")
	fs.IntVar(&o.perHost, "per-host", 16, "how many requests at once")
	fs.StringVar(&o.only, "only", "inflight,colly,scrapy", "the `crawlers` that take part")
	fs.StringVar(&o.fields, "fields", "0,1,3", "how many `fields` to take from each page: a row for each")
	fs.IntVar(&o.scrapy, "scrapy-pages", 2_000, "scrapy stops after so many `pages`; 0 means that it does not")
	fs.IntVar(&o.rounds, "rounds", 1, "how often each is run; the fastest counts")
	fs.StringVar(&o.pprof, "pprof", "", "write a CPU profile of inflight to this `file`")
	fs.StringVar(&o.count, "valgrind", "", "count the instructions of inflight and colly with this `program`, instead of time")
	fs.StringVar(&o.child, "child", "", "internal: be this crawler")
	fs.StringVar(&o.url, "url", "", "internal: where to begin")
}

func main() {
	var o options
	o.addFlags(flag.CommandLine)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "crawl:", err)
		os.Exit(1)
	}
}

func (o *options) run(ctx context.Context) error {
	if o.child != "" {
		return o.crawl(ctx)
	}
	dir, err := os.MkdirTemp("", "crawlbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeSite(dir+"/site", o.pages); err != nil {
		return err
	}
	server, err := serve(ctx, dir)
	if err != nil {
		return err
	}
	defer server.stop()
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "fields\tcrawler\tpages/s\tCPU µs/page\tRSS MiB\tpages\trequests\tfetched again\tinstructions\t")
	for fields := range strings.SplitSeq(o.fields, ",") {
		for who := range strings.SplitSeq(o.only, ",") {
			best, err := o.best(ctx, server, who, fields)
			if err != nil {
				return fmt.Errorf("%s: %w", who, err)
			}
			fmt.Fprintf(table, "%s\t%s\t%v\t\n", fields, who, best)
		}
	}
	return table.Flush()
}

// best is the fastest of the rounds.
func (o *options) best(ctx context.Context, s *server, who, fields string) (best result, err error) {
	for range o.rounds {
		r, err := o.measure(ctx, s, who, fields)
		if err != nil {
			return best, err
		}
		if best.took == 0 || r.took < best.took {
			best = r
		}
	}
	return best, nil
}
