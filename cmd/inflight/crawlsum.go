package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/inflight-go/inflight/batch"
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
	fmt.Fprintf(out, "%d pages in %v: %d ok", t.Done, s.Elapsed.Round(10*time.Millisecond), t.Done-t.Failed-t.Blocked)
	if t.Failed > 0 {
		fmt.Fprintf(out, ", %d failed", t.Failed)
	}
	if t.Blocked > 0 {
		fmt.Fprintf(out, ", %d forbidden by robots.txt", t.Blocked)
	}
	if t.Before > 0 {
		fmt.Fprintf(out, ", %d done before", t.Before)
	}
	fmt.Fprintf(out, " | %.0f/s\n", float64(t.Done)/max(s.Elapsed.Seconds(), 0.001))
	if t.Failure != "" {
		fmt.Fprintf(out, "the first failure: %.300s\n", t.Failure)
	}
	if err != nil {
		fmt.Fprintf(out, "stopped: %v\n", err)
	}
	if err != nil && !s.Complete {
		fmt.Fprintf(out, "to go on: the same command with --resume\n")
	}
}

// verdict is the exit code of a crawl.
func (o *crawlFlags) verdict(ctx context.Context, s crawl.Summary, err error) error {
	began := s.Elapsed > 0
	said := err
	if began && o.summary == "text" {
		said = nil // the summary has said it
	}
	switch {
	case err == nil && s.Stats.Fetched == 0 && s.Stats.Blocked > 0 && s.Stats.Failed == 0:
		return &exitError{exitBlocked, errors.New("nothing was fetched: robots.txt forbids it (--robots ignore)")}
	case err == nil && s.Stats.Failed > 0:
		return &exitError{exitFailed, nil}
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, batch.ErrMaxErrors), errors.Is(err, batch.ErrFailFast), errors.Is(err, batch.ErrDeadline):
		return &exitError{exitStopped, said}
	case errors.Is(err, batch.ErrOtherJob), errors.Is(err, batch.ErrLocked), errors.Is(err, batch.ErrForeign), errors.Is(err, batch.ErrExists):
		return &exitError{exitOtherJob, err}
	case errors.Is(err, crawl.ErrSeed):
		return &exitError{exitUsage, err}
	}
	return &exitError{exitIO, said}
}
