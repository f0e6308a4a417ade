package main

import (
	"bufio"
	"context"
	_ "embed" // the spider
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"runtime/pprof"
	"strconv"
	"sync"

	"github.com/gocolly/colly/v2"
	"github.com/inflight-go/inflight/crawl"
)

//go:embed spider.py
var spiderSource []byte

// fields are what may be taken from a page, by their CSS selectors.
var fields = []struct{ name, selector string }{
	{"h1", "h1"}, {"price", "div.card span.price"}, {"footer", "footer"},
}

// crawl is one of the crawlers.
func (o *options) crawl(ctx context.Context) error {
	n, err := strconv.Atoi(o.fields)
	if err != nil || n < 0 || n > len(fields) {
		return fmt.Errorf("%s fields: there are 0 to %d", o.fields, len(fields))
	}
	switch o.child {
	case "inflight":
		return o.inflight(ctx, n, flag.Arg(0))
	case "colly":
		return o.colly(n, flag.Arg(0))
	}
	return fmt.Errorf("there is no crawler %q", o.child)
}

// inflight has all of its defaults: robots.txt is obeyed, and what was done survives a
// crash.
func (o *options) inflight(ctx context.Context, n int, out string) error {
	if o.pprof != "" {
		f, err := os.Create(o.pprof)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	c := crawl.Options{Seeds: []string{o.url}, PerHost: o.perHost}
	for _, f := range fields[:n] {
		field, err := crawl.ParseField(f.name + "=" + f.selector)
		if err != nil {
			return err
		}
		c.Fields = append(c.Fields, field)
	}
	_, err := crawl.Run(ctx, out, c)
	return err
}

// colly is set up as its documentation says, and writes lines of JSON. It does not look
// at robots.txt unless told to.
func (o *options) colly(n int, out string) error {
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	at, err := url.Parse(o.url)
	if err != nil {
		return err
	}
	var mu sync.Mutex // of w
	w := bufio.NewWriter(file)
	c := colly.NewCollector(colly.Async(true), colly.AllowedDomains(at.Host, at.Hostname()))
	if err := c.Limit(&colly.LimitRule{DomainGlob: "*", Parallelism: o.perHost}); err != nil {
		return err
	}
	c.OnHTML("a[href]", func(e *colly.HTMLElement) { _ = e.Request.Visit(e.Attr("href")) })
	c.OnHTML("html", func(e *colly.HTMLElement) {
		line := map[string]any{"url": e.Request.URL.String(), "title": e.DOM.Find("title").First().Text()}
		for _, f := range fields[:n] {
			line[f.name] = e.DOM.Find(f.selector).First().Text()
		}
		mu.Lock()
		defer mu.Unlock()
		_ = json.NewEncoder(w).Encode(line) // Flush says what was wrong
	})
	if err := c.Visit(o.url); err != nil {
		return err
	}
	c.Wait()
	if err := w.Flush(); err != nil {
		return err
	}
	return file.Close()
}
