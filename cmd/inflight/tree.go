package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/inflight-go/inflight/debug"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func newTree() *cobra.Command {
	var f targetFlags
	var filter string
	var limits debug.Limits
	cmd := &cobra.Command{
		Use:   "tree [flags] [PID | URL]",
		Short: "Show what a running program waits for, as a tree, and what is wrong with it",
		Long: `tree shows the tasks of a running program and what each waits for, those that are
alike in one line, after what is probably wrong: deadlocks, cancellations that are
ignored, waits that have grown old.

The program has to allow it: see inflight help ps.`,
		Example: `  inflight tree 4711
  inflight tree http://127.0.0.1:6060/ --filter queue.get`,
		Args: takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := f.open(cmd.Context(), args)
			if err != nil {
				return err
			}
			s, err := t.snapshot(cmd.Context())
			if err != nil {
				return &exitError{exitIO, err}
			}
			diagnose(s, limits)
			if err := writeTree(cmd.OutOrStdout(), s, filter); err != nil {
				return &exitError{exitIO, err}
			}
			return nil
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().StringVar(&filter, "filter", "", "only what has this `text` in its name, what it does, or where")
	cmd.Flags().DurationVar(&limits.Wait, "old", time.Minute, "a wait is old after this `time`")
	cmd.Flags().DurationVar(&limits.Ignored, "ignored", 5*time.Second, "a cancellation is ignored after this `time`")
	return cmd
}

// diagnose finds what is wrong by other limits than those of the process; what only
// the process itself can know stays.
func diagnose(s *debug.Snapshot, limits debug.Limits) {
	known := slices.DeleteFunc(s.Findings, func(f debug.Finding) bool { return f.Kind != debug.Stalled })
	s.Findings = append(s.Diagnose(limits), known...)
}

// writeTree writes what a process does; in colour where that is seen.
func writeTree(w io.Writer, s *debug.Snapshot, filter string) error {
	tree := s.Tree()
	if filter != "" {
		tree = tree.Filter(filter)
	}
	p := paintFor(w)
	out := bufio.NewWriter(w)
	running, waiting := s.Running()
	fmt.Fprintf(out, "%s %s\n", p.bold(printable(s.Program)), p.faint(fmt.Sprintf("pid %d, tasks: %d running, %d waiting; %d goroutines; level %d",
		s.PID, running, waiting, s.Goroutines, s.Level)))
	for _, f := range s.Findings {
		fmt.Fprintf(out, "%s %s\n", p.red("! "+printable(f.Kind)+":"), strings.Join(printableLines(f.Text), "\n    "))
	}
	tree.Lines(func(indent string, b *debug.Branch) bool {
		_, err := fmt.Fprintf(out, "%s%s\n", p.faint(indent), p.branch(b))
		return err == nil
	})
	return out.Flush()
}

// A paint colours text, or does not.
type paint bool

func paintFor(w io.Writer) paint {
	f, ok := w.(*os.File)
	return paint(ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

func (p paint) with(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p paint) bold(s string) string  { return p.with("1", s) }
func (p paint) faint(s string) string { return p.with("2", s) }
func (p paint) red(s string) string   { return p.with("1;31", s) }

// branch is Branch.String in colours: green for what runs, yellow for what was
// cancelled, cyan for what is waited for.
func (p paint) branch(b *debug.Branch) string {
	if !p {
		return printable(b.String())
	}
	s := p.bold(printable(b.Label))
	if b.Count > 1 {
		s += p.with("35", fmt.Sprintf(" ×%d", b.Count))
	}
	code := "36"
	switch {
	case b.Cancelled:
		code = "33"
	case b.Waiting == "":
		code = "32"
	}
	s += " " + p.with(code, "["+printable(b.Doing)+"]")
	if b.Longest > 0 {
		s += " " + debug.Brief(b.Longest)
	}
	return s + "  " + p.faint(printable(b.Where()))
}
