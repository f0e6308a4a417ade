package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/flow"
	"github.com/inflight-go/inflight/internal/connect"
	"github.com/inflight-go/inflight/internal/option"
)

// flowFlags are what the flags of flow run say.
type flowFlags struct {
	connect.Options

	vars        []string
	output      string
	state       string
	sample      int64
	dryRun      bool
	concurrency int

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
}

func newFlowRun() *cobra.Command {
	o := flowFlags{Options: connect.Defaults(), grace: 30 * time.Second, fsync: "100ms", concurrency: flow.DefaultConcurrency}
	cmd := &cobra.Command{
		Use:   "run [flags] FILE",
		Short: "Run a flow, and write its rows",
		Example: `  inflight flow run examples/flow/users.yaml
  inflight flow run users.yaml --var base=https://api.example.com
  inflight flow run users.yaml --sample 3                    # the rows of three items, to look at
  inflight flow run users.yaml --resume                      # after a crash, Ctrl-C, or a reboot`,
		Args: cobra.ExactArgs(1),
	}
	groups := flagGroups{cmd: cmd}
	groups.group("What to run", o.whatFlags)
	groups.group("How long", o.timeFlags)
	groups.group("When it fails", o.RetryFlags)
	groups.group("The connection", o.connectionFlags)
	groups.group("Stopping, and going on", o.safetyFlags)
	groups.group("Seeing", o.seeingFlags)
	cmd.SetUsageFunc(groups.usage)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) }
	return cmd
}

func (o *flowFlags) whatFlags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&o.vars, "var", nil, "give a variable this value, `name=value`; name=env:NAME takes it from the environment (repeatable)")
	fs.StringVarP(&o.output, "output", "o", "", "write to this `file` instead of the flow's own, of the same kind")
	fs.Int64Var(&o.sample, "sample", 0, "run the first `n` items only, and show their rows; nothing is written")
	fs.BoolVar(&o.dryRun, "dry-run", false, "show the requests of the flow; nothing is sent")
	fs.IntVarP(&o.concurrency, "concurrency", "c", o.concurrency, "how many items at once; limits in the flow say how many requests")
}

func (o *flowFlags) timeFlags(fs *pflag.FlagSet) {
	o.TimeFlags(fs)
	fs.DurationVar(&o.deadline, "deadline", 0, "for the whole run; it can be resumed (default: none)")
}

func (o *flowFlags) connectionFlags(fs *pflag.FlagSet) {
	o.NetworkFlags(fs)
	fs.StringArrayVarP(&o.FixedHeader, "header", "H", nil, "send this header with all requests, `'Name: value'` (repeatable)")
	o.AuthFlags(fs)
}

func (o *flowFlags) safetyFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.state, "state", "", "keep in this `folder` what the run goes on with (default: beside the output, with .flow)")
	fs.BoolVar(&o.resume, "resume", false, "go on with a run that did not come to its end")
	fs.BoolVar(&o.retryFailed, "retry-failed", false, "and run again what has failed")
	fs.BoolVar(&o.force, "force", false, "begin anew: write over a file that is there; rows of a table stay, and are updated")
	fs.Int64Var(&o.maxErrors, "max-errors", 0, "stop after `n` items have failed")
	fs.BoolVar(&o.failFast, "fail-fast", false, "stop at the first")
	fs.DurationVar(&o.grace, "grace", o.grace, "what is in flight may take so long when the run is stopped")
	fs.StringVar(&o.fsync, "fsync", o.fsync, "have lines of a file on the disk after this `time`, always, or never")
}

func (o *flowFlags) seeingFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.progress, "progress", "auto", "show progress as a `bar`, as lines, or off (auto: a bar on a terminal)")
	fs.StringVar(&o.summary, "summary", "text", "say at the end what came of it: `text`, json, off")
}

// options makes of the flags what package flow wants.
func (o *flowFlags) options(cmd *cobra.Command) (f flow.Options, err error) {
	wrong := func(format string, args ...any) error { return &exitError{exitUsage, fmt.Errorf(format, args...)} }
	switch {
	case o.sample < 0 || o.maxErrors < 0:
		return f, wrong("--sample and --max-errors: want 1 or more")
	case o.concurrency < 1:
		return f, wrong("--concurrency %d: want 1 or more", o.concurrency)
	case o.force && (o.resume || o.retryFailed):
		return f, wrong("--resume and --force: one goes on with the output, the other writes over it")
	}
	for _, err := range []error{
		option.OneOf("progress", o.progress, "auto", "bar", "lines", "off"), option.OneOf("summary", o.summary, "text", "json", "off"),
		option.Duration("deadline", o.deadline), option.Duration("grace", o.grace),
	} {
		if err != nil {
			return f, coded(err)
		}
	}
	f = flow.Options{
		Drivers: drivers, Output: o.output, State: o.state, Sample: o.sample, Rows: cmd.OutOrStdout(), Concurrency: o.concurrency,
		Deadline: o.deadline, Grace: o.grace, MaxErrors: o.maxErrors, FailFast: o.failFast,
		Journal: batch.JournalOptions{Resume: o.resume, RetryFailed: o.retryFailed, Force: o.force},
	}
	if o.grace == 0 {
		f.Grace = -1
	}
	if f.Journal.Sync, f.Journal.SyncDelay, err = option.Fsync(o.fsync); err != nil {
		return f, coded(err)
	}
	f.Vars, err = variables(o.vars)
	return f, err
}

// run runs a flow, and shows it.
func (o *flowFlags) run(cmd *cobra.Command, name string) error {
	ctx, errOut := cmd.Context(), cmd.ErrOrStderr()
	fo, err := o.options(cmd)
	if err != nil {
		return err
	}
	f, err := readFlow(cmd, name)
	if err != nil {
		return err
	}
	if o.dryRun {
		return flowUsage(f.DryRun(cmd.OutOrStdout(), fo.Vars))
	}
	o.Concurrency = o.concurrency
	settings, closeDemo, err := connect.Settings(ctx, &o.Options)
	if err != nil {
		return coded(err)
	}
	defer closeDemo()
	fo.Session, fo.Progress = settings, &flow.Progress{}
	began := time.Now()
	stop := showLine(o.progress, errOut, func() string { return flowLine(fo.Progress.Stats(), time.Since(began)) })
	summary, err := f.Run(ctx, fo)
	stop()
	o.sum(errOut, summary, err)
	return o.verdict(ctx, summary, err)
}

// flowLine is the progress in one line.
func flowLine(s flow.Stats, took time.Duration) string {
	of := "so far"
	if s.All {
		of = "in all"
	}
	var requests int64
	for _, step := range s.Steps {
		requests += step.Requests
	}
	text := fmt.Sprintf("%d items of %d %s | %.0f/s | %d in flight | %d requests", s.Skipped+s.Done, s.Listed, of,
		float64(s.Done)/max(took.Seconds(), 0.001), s.InFlight, requests)
	if s.Failed > 0 {
		text += fmt.Sprintf(" | fail %d", s.Failed)
	}
	return text
}

// sum says what came of a run.
func (o *flowFlags) sum(out io.Writer, s flow.Summary, err error) {
	switch {
	case o.summary == "json":
		o.sumJSON(out, s, err)
	case o.summary != "text" || s.Elapsed == 0 && err != nil: // it did not begin, which the error says
		return
	default:
		o.sumText(out, s, err)
	}
}

func (o *flowFlags) sumJSON(out io.Writer, s flow.Summary, err error) {
	members := map[string]any{
		"done": s.Done, "ok": s.Done - s.Failed - s.Stats.LeftOut, "failed": s.Failed, "left_out": s.Stats.LeftOut, "before": s.Skipped,
		"listed": s.Stats.Listed, "complete": s.Complete, "elapsed_s": s.Elapsed.Seconds(), "output": s.Output, "state": s.State, "steps": s.Stats.Steps,
	}
	if err != nil {
		members["stopped"] = err.Error()
	}
	_ = json.NewEncoder(out).Encode(members) // stderr; there is nobody to tell
}

func (o *flowFlags) sumText(out io.Writer, s flow.Summary, err error) {
	fmt.Fprintf(out, "%d items in %v: %d ok", s.Done, s.Elapsed.Round(10*time.Millisecond), s.Done-s.Failed-s.Stats.LeftOut)
	if s.Failed > 0 {
		fmt.Fprintf(out, ", %d failed", s.Failed)
	}
	if s.Stats.LeftOut > 0 {
		fmt.Fprintf(out, ", %d left out", s.Stats.LeftOut)
	}
	if s.Skipped > 0 {
		fmt.Fprintf(out, ", %d done before", s.Skipped)
	}
	fmt.Fprintf(out, " | %.0f/s\n", float64(s.Done)/max(s.Elapsed.Seconds(), 0.001))
	var parts []string
	for _, step := range s.Stats.Steps {
		part := fmt.Sprintf("%s %d", step.Name, step.Requests)
		if step.Failed > 0 {
			part += fmt.Sprintf(" (%d failed)", step.Failed)
		}
		parts = append(parts, part)
	}
	fmt.Fprintf(out, "requests: %s\n", strings.Join(parts, ", "))
	if s.Output != "" {
		fmt.Fprintf(out, "written: %s\n", s.Output)
	}
	if err != nil {
		fmt.Fprintf(out, "stopped: %v\n", err)
	}
	if s.Output != "" && err != nil && !s.Complete {
		fmt.Fprintf(out, "to go on: the same command with --resume\n")
	}
}

// flowUsage gives an error of what was asked for its exit code.
func flowUsage(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitUsage, err}
}

// verdict is the exit code of a run.
func (o *flowFlags) verdict(ctx context.Context, s flow.Summary, err error) error {
	said := err
	if s.Elapsed > 0 && o.summary == "text" {
		said = nil // the summary has said it
	}
	is := func(kinds ...error) bool {
		for _, kind := range kinds {
			if errors.Is(err, kind) {
				return true
			}
		}
		return false
	}
	switch {
	case err == nil && s.Failed > 0:
		return &exitError{exitFailed, nil}
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case is(flow.ErrOutput):
		return &exitError{exitIO, said}
	case is(batch.ErrMaxErrors, batch.ErrFailFast, batch.ErrDeadline, flow.ErrList):
		return &exitError{exitStopped, said}
	case is(batch.ErrOtherJob, batch.ErrLocked, batch.ErrForeign, batch.ErrExists, flow.ErrExists, flow.ErrState):
		return &exitError{exitOtherJob, err}
	case is(flow.ErrVar, flow.ErrDriver):
		return &exitError{exitUsage, err}
	}
	return &exitError{exitIO, said}
}
