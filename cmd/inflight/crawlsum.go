package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

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
			"found": s.Stats.Found, "before": s.Stats.Before, "done": s.Stats.Done, "failed": s.Stats.Failed,
			"fetched": s.Stats.Fetched, "blocked": s.Stats.Blocked, "bytes": s.Stats.Bytes,
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
		part{t.Failed, "failed"}, part{t.Blocked, "forbidden by robots.txt"}, part{t.Before, "done before"})
	if t.Failure != "" {
		fmt.Fprintf(out, "the first failure: %.300s\n", t.Failure)
	}
	sumEnd(out, err, !s.Complete)
}

// verdict is the exit code of a crawl.
func (o *crawlFlags) verdict(ctx context.Context, s crawl.Summary, err error) error {
	if err == nil && s.Stats.Fetched == 0 && s.Stats.Blocked > 0 && s.Stats.Failed == 0 {
		return &exitError{exitBlocked, errors.New("nothing was fetched: robots.txt forbids it (--robots ignore)")}
	}
	return o.running.verdict(ctx, s.Summary, err)
}
