package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inflight-go/inflight/flow"
	"github.com/inflight-go/inflight/internal/connect"
)

// flowFlags are what the flags of flow run say.
type flowFlags struct {
	connect.Options
	running

	vars        []string
	output      string
	state       string
	sample      int64
	dryRun      bool
	concurrency int
}

func newFlowRun() *cobra.Command {
	o := flowFlags{Options: connect.Defaults(), running: newRunning(), concurrency: flow.DefaultConcurrency}
	cmd := &cobra.Command{
		Use:   "run [flags] FILE",
		Short: "Run a flow, and write its rows",
		Example: `  inflight flow run examples/flow/users.yaml
  inflight flow run users.yaml --var base=https://api.example.com
  inflight flow run users.yaml --sample 3                    # the rows of three items, to look at
  inflight flow run users.yaml --resume                      # after a crash, Ctrl-C, or a reboot`,
		Args: takes(1, 1),
	}
	groups := flagGroups{cmd: cmd}
	groups.group("What to run", o.whatFlags)
	groups.group("How long", o.timeFlags(&o.Options))
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

func (o *flowFlags) connectionFlags(fs *pflag.FlagSet) {
	o.NetworkFlags(fs)
	fs.StringArrayVarP(&o.FixedHeader, "header", "H", nil, "send this header with all requests, `'Name: value'` (repeatable)")
	o.AuthFlags(fs)
}

func (o *flowFlags) safetyFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.state, "state", "", "keep in this `folder` what the run goes on with (default: beside the output, with .flow)")
	o.running.safetyFlags(fs)
	fs.Lookup("resume").Usage = "go on with a run that did not come to its end"
	fs.Lookup("force").Usage = "begin anew: write over a file that is there; rows of a table stay, and are updated"
}

// options makes of the flags what package flow wants.
func (o *flowFlags) options(cmd *cobra.Command) (f flow.Options, err error) {
	wrong := func(format string, args ...any) error { return &exitError{exitUsage, fmt.Errorf(format, args...)} }
	switch {
	case o.sample < 0:
		return f, wrong("--sample %d: want 1 or more", o.sample)
	case o.concurrency < 1:
		return f, wrong("--concurrency %d: want 1 or more", o.concurrency)
	}
	if err := o.check(); err != nil {
		return f, coded(err)
	}
	f = flow.Options{
		Drivers: drivers, Output: o.output, State: o.state, Sample: o.sample, Rows: cmd.OutOrStdout(), Concurrency: o.concurrency,
		Deadline: o.deadline, Grace: o.patience(), MaxErrors: o.maxErrors, FailFast: o.failFast,
	}
	if f.Journal, err = o.journal(); err != nil {
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
	stop, err := o.watch(errOut, func(took time.Duration) string { return flowLine(fo.Progress.Stats(), took) })
	if err != nil {
		return err
	}
	summary, err := f.Run(ctx, fo)
	stop()
	o.sum(errOut, summary, err)
	summary.Failed += summary.FailedBefore // which are not ok either
	return o.verdict(ctx, summary.Summary, err)
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
		perSecond(s.Done, took), s.InFlight, requests)
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
		"done": s.Done, "ok": s.Done - s.Failed - s.Stats.LeftOut, "failed": s.Failed, "left_out": s.Stats.LeftOut, "before": s.Skipped, "failed_before": s.FailedBefore,
		"listed": s.Stats.Listed, "complete": s.Complete, "elapsed_s": s.Elapsed.Seconds(), "output": s.Output, "state": s.State, "steps": s.Stats.Steps, "failures": s.Stats.Failures,
	}
	if err != nil {
		members["stopped"] = err.Error()
	}
	_ = json.NewEncoder(out).Encode(members) // stderr; there is nobody to tell
}

func (o *flowFlags) sumText(out io.Writer, s flow.Summary, err error) {
	sumLine(out, "item", s.Done, s.Elapsed, s.Done-s.Failed-s.Stats.LeftOut,
		part{s.Failed, "failed"}, part{s.Stats.LeftOut, "left out"}, part{s.Skipped, "done before"}, part{s.FailedBefore, "of them failed: --retry-failed"})
	var parts []string
	for _, step := range s.Stats.Steps {
		part := fmt.Sprintf("%s %d", step.Name, step.Requests)
		if step.Failed > 0 {
			part += fmt.Sprintf(" (%d failed)", step.Failed)
		}
		parts = append(parts, part)
	}
	fmt.Fprintf(out, "requests: %s\n", strings.Join(parts, ", "))
	for _, f := range s.Stats.Failures {
		fmt.Fprintf(out, "  %s: %d failed, the first: %.500s\n", f.Where, f.Count, printable(f.First))
	}
	if s.Output != "" {
		fmt.Fprintf(out, "written: %s\n", s.Output)
	}
	sumEnd(out, err, s.Output != "" && !s.Complete && !errors.Is(err, flow.ErrState))
}

// flowUsage gives an error of what was asked for its exit code.
func flowUsage(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitUsage, err}
}
