package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/inflight-go/inflight/internal/fetch"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A view is what people see of a run, on stderr.
type view struct {
	progress string
	every    time.Duration
	stats    time.Duration
	summary  string
	dryRun   int
	verbose  bool
	log      string
	metrics  string
	profile  string
	config   string
	window   window
}

func (v *view) flags(fs *pflag.FlagSet) {
	fs.StringVar(&v.progress, "progress", "auto", "show progress as a `bar`, as lines, as json, or off (auto: a bar on a terminal)")
	fs.DurationVar(&v.every, "progress-every", everyLine, "how often, for lines and json")
	fs.DurationVar(&v.stats, "stats", 0, "also write a line of progress this often, whatever else is shown")
	fs.StringVar(&v.summary, "summary", "text", "say at the end what came of it: `text`, json, off")
	fs.IntVar(&v.dryRun, "dry-run", 0, "send nothing; print the first `n` requests as curl commands")
	fs.Lookup("dry-run").NoOptDefVal = strconv.Itoa(dryRunRows)
	fs.BoolVarP(&v.verbose, "verbose", "v", false, "say what is tried again, what has failed and who is left alone, and why")
	fs.StringVar(&v.log, "log", "", "add the same to this `file`, as JSON lines, without secrets")
	fs.StringVar(&v.metrics, "metrics", "", "serve metrics for Prometheus at this `port` of loopback, or at an address such as 0.0.0.0:9090")
	v.window.flags(fs)
	fs.StringVar(&v.profile, "profile", "", "take flags from this `profile` of the config file")
	fs.StringVar(&v.config, "config", "", "the config `file` (default: inflight.yaml, here or in the user's config folder)")
}

// configure fills in what the command line leaves open, and checks the rest.
func (v *view) configure(cmd *cobra.Command) error {
	if _, err := configure(cmd, v.config, v.profile); err != nil {
		return err
	}
	if err := option.OneOf("progress", v.progress, "auto", "bar", "lines", "json", "off"); err != nil {
		return err
	}
	if cmd.Flags().Changed("dry-run") && v.dryRun < 1 {
		return &exitError{exitUsage, fmt.Errorf("--dry-run %d: want a number of requests to print, such as 10", v.dryRun)}
	}
	for name, d := range map[string]time.Duration{"progress-every": v.every, "stats": v.stats} {
		if d < 0 {
			return &exitError{exitUsage, fmt.Errorf("--%s %v: want a time such as 10s", name, d)}
		}
	}
	if v.metrics != "" {
		if _, err := metricsAddress(v.metrics); err != nil {
			return err
		}
	}
	return option.OneOf("summary", v.summary, "text", "json", "off")
}

// dryRows takes out of the arguments the number that was meant for --dry-run: one that
// stands alone is no URL, and the flag without = leaves it there.
func (v *view) dryRows(args []string) (urls []string) {
	taken := v.dryRun != dryRunRows
	for _, arg := range args {
		if n, err := strconv.Atoi(arg); err == nil && n > 0 && !taken {
			v.dryRun, taken = n, true
			continue
		}
		urls = append(urls, arg)
	}
	return urls
}

// dryRunRows is how many requests --dry-run prints that does not say.
const dryRunRows = 10

// A watch is how a run is seen: what it needs is open before anything else is.
type watch struct {
	view    *view
	screen  *screen
	log     *slog.Logger
	file    *logFile     // nil for none
	metrics net.Listener // nil for none
}

// open opens the log and takes the port of the metrics, but for a dry run.
func (v *view) open(out io.Writer) (w *watch, err error) {
	w = &watch{view: v, screen: &screen{out: out}}
	level := fetch.LevelNotice
	if v.verbose {
		level = slog.LevelInfo
	}
	people := &spoken{screen: w.screen, level: level}
	w.log = slog.New(people)
	if v.dryRun > 0 {
		return w, nil
	}
	if v.metrics != "" {
		if w.metrics, err = listenMetrics(v.metrics); err != nil {
			return nil, err
		}
		w.screen.line("metrics at http://" + w.metrics.Addr().String() + "/metrics")
	}
	if v.log != "" {
		if w.file, err = openLog(v.log); err != nil {
			w.close()
			return nil, &exitError{exitUsage, fmt.Errorf("--log: %w", err)}
		}
		w.log = slog.New(slog.NewMultiHandler(people, slog.NewJSONHandler(w.file, nil)))
	}
	return w, nil
}

// close closes what is open, and tells what is missing in the log.
func (w *watch) close() {
	if w.metrics != nil {
		_ = w.metrics.Close()
	}
	if w.file == nil {
		return
	}
	if lost, err := w.file.close(); err != nil {
		w.screen.line(fmt.Sprintf("%d lines are not in the log %s: %v", lost, w.view.log, err))
	}
}

// start shows the job until stop is called.
func (w *watch) start(job *fetch.Job) (stop func()) {
	job.Log = w.log
	var stops []func()
	tick := func(every time.Duration, show func(fetch.Progress)) {
		stops = append(stops, ticking(max(every, 10*time.Millisecond), func() { show(job.Progress()) }))
	}
	line := func(p fetch.Progress) { w.screen.line(p.Line(1 << 20)) }
	mode, every, stats := w.view.shown(w.screen.out)
	switch mode {
	case "json":
		tick(every, func(p fetch.Progress) { w.screen.line(string(p.JSON())) })
	case "bar":
		tick(every, func(p fetch.Progress) { w.screen.show(p.Line(columns(w.screen.out) - 1)) })
	case "lines":
		tick(every, line)
	}
	if stats > 0 {
		tick(stats, line)
	}
	if w.metrics != nil {
		stops = append(stops, serveMetrics(w.metrics, job))
	}
	return func() {
		for _, f := range stops {
			f()
		}
		w.screen.end()
	}
}

// shown says what is shown, how often, and how often beside that a line, 0 for never.
func (v *view) shown(out io.Writer) (mode string, every, stats time.Duration) {
	mode, every, stats = progressMode(v.progress, out), v.every, v.stats
	switch {
	case mode == "bar":
		every = everyBar
	case mode == "lines" && stats > 0:
		every, stats = stats, 0
	}
	return mode, every, stats
}
