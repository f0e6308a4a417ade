package main

import (
	"context"
	"errors"

	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/internal/fetch"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/spf13/cobra"
)

// runFetch runs one job and shows it.
func runFetch(cmd *cobra.Command, o fetch.Options, v view) error {
	ctx := cmd.Context()
	o.DryRun = v.dryRun > 0
	if err := o.CheckLog(v.log); err != nil {
		return coded(err)
	}
	watch, err := v.open(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer watch.close()
	if v.dryRun > 0 {
		v.window = window{} // nothing runs that could be looked at
	}
	history := new(history)
	window, err := v.window.open(watch.screen, debug.Show(history.panel))
	if err != nil {
		return err
	}
	defer window.close()
	job, err := fetch.New(ctx, o, cmd.InOrStdin(), cmd.OutOrStdout())
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // while it waited for a pipe
	}
	if err != nil {
		return coded(err)
	}
	defer job.Close()
	warnOfFiles(&o, watch.screen)
	if v.dryRun > 0 {
		err := job.DryRun(ctx, cmd.OutOrStdout(), v.dryRun)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return coded(err)
	}
	errOut := cmd.ErrOrStderr()
	stop := watch.start(job)
	if window != nil {
		defer history.start(job)()
	}
	summary, err := job.Run(ctx)
	stop()
	if summary != nil && v.summary == "text" {
		summary.WriteText(errOut)
	} else if summary != nil && v.summary == "json" {
		if err := summary.WriteJSON(errOut); err != nil {
			return &exitError{exitIO, err}
		}
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx) // the summary has said how to go on
	case err != nil && summary != nil && v.summary == "text": // which has said it
		err = coded(err)
		if exit, ok := errors.AsType[*exitError](err); ok {
			return &exitError{exit.code, nil}
		}
		return err
	case err != nil:
		return coded(err)
	case summary.Failed+summary.Before+summary.Untold > 0:
		return &exitError{exitFailed, nil}
	}
	return nil
}

// coded gives an error of a job its exit code.
func coded(err error) error {
	if _, ok := errors.AsType[*option.Error](err); ok {
		return &exitError{exitUsage, err}
	}
	e, ok := errors.AsType[*fetch.Error](err)
	if !ok {
		if err == nil {
			return nil
		}
		return &exitError{exitIO, err}
	}
	code := map[fetch.Kind]int{
		fetch.BadInput: exitBadInput, fetch.Stopped: exitStopped,
		fetch.IO: exitIO, fetch.OtherJob: exitOtherJob,
	}[e.Kind]
	return &exitError{code, err}
}
