package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/crawl"
	"github.com/inflight-go/inflight/flow"
	"github.com/inflight-go/inflight/internal/chart"
	"github.com/inflight-go/inflight/internal/connect"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/spf13/pflag"
)

// running is what the flags say of a run that lasts, whatever it does: how it is
// stopped, how it goes on later, and what is seen of it. It is what crawl and flow have
// in common.
type running struct {
	deadline    time.Duration
	grace       time.Duration
	resume      bool
	retryFailed bool
	force       bool
	failFast    bool
	maxErrors   int64
	fsync       string

	progress string
	summary  string
	window   window
	screen   *screen // while it is shown
}

func newRunning() running { return running{grace: 30 * time.Second, fsync: "100ms"} }

// timeFlags are those of the requests, and that of the run.
func (r *running) timeFlags(o *connect.Options) func(*pflag.FlagSet) {
	return func(fs *pflag.FlagSet) {
		o.TimeFlags(fs)
		fs.DurationVar(&r.deadline, "deadline", 0, "for the whole run; it can be resumed (default: none)")
	}
}

func (r *running) safetyFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&r.resume, "resume", false, "go on where the output ends")
	fs.BoolVar(&r.retryFailed, "retry-failed", false, "and try again what has failed")
	fs.BoolVar(&r.force, "force", false, "write over an output that is there")
	fs.Int64Var(&r.maxErrors, "max-errors", 0, "stop after `n` failures")
	fs.BoolVar(&r.failFast, "fail-fast", false, "stop at the first")
	fs.DurationVar(&r.grace, "grace", r.grace, "what requests in flight may take when the run is stopped")
	fs.StringVar(&r.fsync, "fsync", r.fsync, "have lines on the disk after this `time`, always, or never")
}

func (r *running) seeingFlags(fs *pflag.FlagSet) {
	fs.StringVar(&r.progress, "progress", "auto", "show progress as a `bar`, as lines, or off (auto: a bar on a terminal)")
	fs.StringVar(&r.summary, "summary", "text", "say at the end what came of it: `text`, json, off")
	r.window.flags(fs)
}

// check finds what can't be meant.
func (r *running) check() error {
	if r.maxErrors < 0 {
		return option.Errorf("--max-errors %d: it can't be less than 0", r.maxErrors)
	}
	if r.force && (r.resume || r.retryFailed) {
		return option.Errorf("--resume and --force: one goes on with the output, the other writes over it")
	}
	for _, err := range []error{
		option.OneOf("progress", r.progress, "auto", "bar", "lines", "off"), option.OneOf("summary", r.summary, "text", "json", "off"),
		option.Duration("deadline", r.deadline), option.Duration("grace", r.grace),
	} {
		if err != nil {
			return err
		}
	}
	_, err := r.journal()
	return err
}

// journal is how lines are written.
func (r *running) journal() (o batch.JournalOptions, err error) {
	o = batch.JournalOptions{Resume: r.resume, RetryFailed: r.retryFailed, Force: r.force, OnFull: r.tellFull}
	o.Sync, o.SyncDelay, err = option.Fsync(r.fsync)
	return o, err
}

// tellFull says that a run stands still because the disk is full, once each time: the
// waits become longer, and one of them is about a second.
func (r *running) tellFull(err error, wait time.Duration) {
	if r.screen != nil && wait >= time.Second/2 && wait < time.Second {
		r.screen.line(fmt.Sprintf("no room for the output, trying again for up to %s: %v", chart.Duration(batch.DefaultFullWait), err))
	}
}

// patience is the grace as packages have it, where zero is the default.
func (r *running) patience() time.Duration {
	if r.grace == 0 {
		return -1
	}
	return r.grace
}

// watch shows a run until stop is called: to those who attach, and by a line of
// progress, which is given how long it has taken.
func (r *running) watch(out io.Writer, line func(took time.Duration) string) (stop func(), err error) {
	s := &screen{out: out}
	r.screen = s
	opened, err := r.window.open(s)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	end := showLine(r.progress, s, func() string { return line(time.Since(began)) })
	return func() { end(); opened.close() }, nil
}

// A part of a sum is a number with what it is of; it is told unless it is zero.
type part struct {
	n    int64
	what string
}

// sumLine writes how many of a thing are done, what became of them, and how fast.
func sumLine(out io.Writer, what string, done int64, took time.Duration, ok int64, rest ...part) {
	fmt.Fprintf(out, "%s in %s: %d ok", count(int(done), what), chart.Duration(took), ok)
	for _, p := range rest {
		if p.n > 0 {
			fmt.Fprintf(out, ", %d %s", p.n, p.what)
		}
	}
	fmt.Fprintf(out, " | %.0f/s\n", perSecond(done, took))
}

func perSecond(n int64, took time.Duration) float64 { return float64(n) / max(took.Seconds(), 0.001) }

// sumEnd writes why a run has ended that did not come to its end.
func sumEnd(out io.Writer, err error, goesOn bool) {
	if err == nil {
		return
	}
	fmt.Fprintf(out, "stopped: %s\n", ofPackage.ReplaceAllString(err.Error(), "$1"))
	if goesOn {
		fmt.Fprintf(out, "to go on: the same command with --resume\n")
	}
}

// endings are the exit codes of what a run may end with: the first that fits.
var endings = []struct {
	err  error
	code int
}{
	{flow.ErrOutput, exitIO},
	{batch.ErrMaxErrors, exitStopped}, {batch.ErrFailFast, exitStopped}, {batch.ErrDeadline, exitStopped}, {flow.ErrList, exitStopped},
	{batch.ErrOtherJob, exitOtherJob}, {batch.ErrLocked, exitOtherJob}, {batch.ErrForeign, exitOtherJob}, {batch.ErrExists, exitOtherJob},
	{flow.ErrExists, exitOtherJob}, {flow.ErrState, exitOtherJob},
	{crawl.ErrSeed, exitUsage}, {batch.ErrNotRegular, exitUsage}, {flow.ErrVar, exitUsage}, {flow.ErrDriver, exitUsage},
}

// verdict is the exit code of a run. What the summary has said is not said again.
func (r *running) verdict(ctx context.Context, s batch.Summary, err error) error {
	switch {
	case err == nil && s.Failed > 0:
		return &exitError{exitFailed, nil}
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	code := exitIO
	for _, e := range endings {
		if errors.Is(err, e.err) {
			code = e.code
			break
		}
	}
	if s.Elapsed > 0 && r.summary == "text" && (code == exitStopped || code == exitIO || code == exitOtherJob) {
		err = nil
	}
	return &exitError{code, err}
}
