package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/inflight-go/inflight/crawl"
)

// exitBlocked: a crawl has not fetched a single page, because none may be.
const exitBlocked = 7

// sum says what came of a crawl.
func (o *crawlFlags) sum(out io.Writer, s crawl.Summary, err error) {
	switch o.summary {
	case "text":
		o.sumText(out, s, err)
	case "json":
		members := map[string]any{
			"found": s.Stats.Found, "before": s.Stats.Before, "failed_before": s.FailedBefore, "done": s.Stats.Done, "failed": s.Stats.Failed,
			"fetched": s.Stats.Fetched, "blocked": s.Stats.Blocked, "trapped": s.Stats.Trapped, "truncated": s.Stats.Truncated, "bytes": s.Stats.Bytes,
			"complete": s.Complete, "elapsed_s": s.Elapsed.Seconds(), "output": o.output,
		}
		if s.Stats.Failure != "" {
			members["failure"] = s.Stats.Failure
		}
		if err != nil {
			members["stopped"] = err.Error()
		}
		_ = json.NewEncoder(out).Encode(members) // stderr; there is nobody to tell
	}
}

func (o *crawlFlags) sumText(out io.Writer, s crawl.Summary, err error) {
	if s.Elapsed == 0 && err != nil {
		return // it did not begin, which the error says
	}
	t := s.Stats
	sumLine(out, "page", t.Done, s.Elapsed, t.Done-t.Failed-t.Blocked,
		part{t.Failed, "failed"}, part{t.Blocked, "forbidden by robots.txt"}, part{t.Before, "done before"}, part{s.FailedBefore, "of them failed: --retry-failed"})
	if t.Failure != "" {
		fmt.Fprintf(out, "the first failure: %.300s\n", t.Failure)
	}
	if t.Trapped > 0 {
		fmt.Fprintf(out, "left alone: %s, because they seem to go on for ever (--trap-guard=false follows them)\n", count(int(t.Trapped), "URL"))
	}
	if t.Truncated > 0 {
		fmt.Fprintf(out, "cut at %s: %s, of which only the beginning counts (--max-body)\n", o.MaxBody, count(int(t.Truncated), "page"))
	}
	if t.Pause >= longPause {
		fmt.Fprintf(out, "between pages: %s, as the robots.txt of %s asks for (--crawl-delay off does not wait)\n", t.Pause, t.Slowest)
	}
	sumEnd(out, err, !s.Complete)
}

// longPause is a pause that is worth to be told of: else it is not why a crawl is slow.
const longPause = 2 * time.Second

// verdict is the exit code of a crawl, of which this may be the end alone.
func (o *crawlFlags) verdict(ctx context.Context, s crawl.Summary, err error) error {
	if err == nil && s.Stats.Fetched+s.Stats.Before == 0 && s.Stats.Blocked > 0 && s.Stats.Failed == 0 {
		return &exitError{exitBlocked, errors.New("nothing was fetched: robots.txt forbids it (--robots ignore)")}
	}
	s.Failed += s.FailedBefore // which are not ok either
	return o.running.verdict(ctx, s.Summary, err)
}
