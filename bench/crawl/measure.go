package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/inflight-go/inflight/bench/valgrind"
)

// result is how a crawl went. What was fetched is counted by the server.
type result struct {
	took, cpu time.Duration
	rss       int64 // KiB, at most
	pages     int   // different ones
	requests  int

	instructions int64 // in all, with -valgrind; time and memory are not told then
}

func (r result) String() string {
	if r.instructions > 0 {
		return fmt.Sprintf("-\t-\t-\t%d\t%d\t%d\t%d", r.pages, r.requests, r.requests-r.pages, r.instructions)
	}
	return fmt.Sprintf("%.0f\t%.0f\t%d\t%d\t%d\t%d\t-", float64(r.pages)/r.took.Seconds(),
		float64(r.cpu.Microseconds())/float64(r.pages), r.rss>>10, r.pages, r.requests, r.requests-r.pages)
}

// measure runs a crawler in a process of its own, from its start to its end.
func (o *options) measure(ctx context.Context, s *server, who, fields string) (r result, err error) {
	dir, err := os.MkdirTemp("", "crawlout")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	cmd, err := o.command(ctx, who, fields, s.url+pageURL(0), dir)
	if err != nil {
		return r, err
	}
	if err := s.forget(); err != nil {
		return r, err
	}
	if o.count != "" {
		if r.instructions, err = valgrind.Count(ctx, o.count, cmd, ""); err != nil {
			return r, err
		}
		r.pages, r.requests, err = s.fetched()
		return r, err
	}
	began := time.Now()
	said, err := cmd.CombinedOutput()
	r.took = time.Since(began)
	if err != nil {
		return r, fmt.Errorf("%w\n%s", err, said)
	}
	use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	r.cpu = time.Duration(use.Utime.Nano() + use.Stime.Nano())
	r.rss = use.Maxrss
	r.pages, r.requests, err = s.fetched()
	return r, err
}

// command is what runs a crawler, which writes a line of JSON for each page to a file
// in dir.
func (o *options) command(ctx context.Context, who, fields, url, dir string) (*exec.Cmd, error) {
	out := filepath.Join(dir, "out.jsonl")
	if who == "scrapy" {
		spider := filepath.Join(dir, "spider.py")
		if err := os.WriteFile(spider, spiderSource, 0o600); err != nil {
			return nil, err
		}
		cmd := exec.CommandContext(ctx, "/usr/bin/scrapy", "runspider", spider, "-o", out, "-L", "ERROR", "-a", "url="+url, "-a", "fields="+fields,
			"-s", "CONCURRENT_REQUESTS_PER_DOMAIN="+strconv.Itoa(o.perHost), "-s", "CLOSESPIDER_PAGECOUNT="+strconv.Itoa(o.scrapy))
		cmd.Dir = dir
		return cmd, nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, self, "-child", who, "-url", url, "-fields", fields, "-per-host", strconv.Itoa(o.perHost), "-pprof", o.pprof, out), nil
}
