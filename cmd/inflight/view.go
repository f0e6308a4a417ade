package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/inflight-go/inflight/internal/fetch"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// A view is what people see of a run, on stderr.
type view struct {
	progress string
	every    time.Duration
	summary  string
	dryRun   int
	verbose  bool
	profile  string
	config   string
}

func (v *view) flags(fs *pflag.FlagSet) {
	fs.StringVar(&v.progress, "progress", "auto", "show progress as a `bar`, as lines, as json, or off (auto: a bar on a terminal)")
	fs.DurationVar(&v.every, "progress-every", 10*time.Second, "how often, for lines and json")
	fs.StringVar(&v.summary, "summary", "text", "say at the end what came of it: `text`, json, off")
	fs.IntVar(&v.dryRun, "dry-run", 0, "send nothing; print the first `n` requests as curl commands")
	fs.Lookup("dry-run").NoOptDefVal = "10"
	fs.BoolVarP(&v.verbose, "verbose", "v", false, "say what is tried again, and why")
	fs.StringVar(&v.profile, "profile", "", "take flags from this `profile` of the config file")
	fs.StringVar(&v.config, "config", "", "the config `file` (default: inflight.yaml, here or in the user's config folder)")
}

// configure fills in what the command line leaves open, and checks the rest.
func (v *view) configure(cmd *cobra.Command) error {
	if err := configure(cmd, v.config, v.profile); err != nil {
		return err
	}
	if err := oneOf("--progress", v.progress, "auto", "bar", "lines", "json", "off"); err != nil {
		return err
	}
	return oneOf("--summary", v.summary, "text", "json", "off")
}

func oneOf(flag, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return &exitError{exitUsage, fmt.Errorf("%s %q: must be %s or %s", flag, value,
		strings.Join(allowed[:len(allowed)-1], ", "), allowed[len(allowed)-1])}
}

// watch shows the progress of the job until stop is called.
func (v *view) watch(job *fetch.Job, out io.Writer) (stop func()) {
	mode := v.progress
	file, _ := out.(*os.File)
	terminal := file != nil && term.IsTerminal(int(file.Fd()))
	if mode == "auto" {
		mode = "lines"
		if terminal {
			mode = "bar"
		}
	}
	if mode == "off" {
		return func() {}
	}
	every := v.every
	if mode == "bar" {
		every = 200 * time.Millisecond
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(max(every, 10*time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-done:
				if mode == "bar" {
					fmt.Fprint(out, "\r\x1b[K")
				}
				return
			case <-tick.C:
				show(out, file, mode, job.Progress())
			}
		}
	}()
	return func() { close(done); <-ended }
}

// show writes the progress once.
func show(out io.Writer, file *os.File, mode string, p fetch.Progress) {
	switch mode {
	case "json":
		fmt.Fprintf(out, "%s\n", p.JSON())
	case "bar":
		width := 80
		if file != nil {
			if w, _, err := term.GetSize(int(file.Fd())); err == nil && w > 0 {
				width = w
			}
		}
		fmt.Fprintf(out, "\r%s\x1b[K", p.Line(width-1))
	default:
		fmt.Fprintln(out, p.Line(1<<20))
	}
}
