package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/report"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func newReport() *cobra.Command {
	var asJSON bool
	var page string
	cmd := &cobra.Command{
		Use:   "report [flags] FILE",
		Short: "Say what the results of a run tell: as text, as JSON, or as a page",
		Long: `report reads results, as fetch writes them, also while they are being written, and
says how many are ok, how long they took, and what went wrong where.`,
		Example: `  inflight report results.jsonl
  inflight report results.jsonl --html results.html`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runReport(cmd, args[0], asJSON, page)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	cmd.Flags().StringVar(&page, "html", "", "write a page with charts to this `file`")
	return cmd
}

func runReport(cmd *cobra.Command, path string, asJSON bool, page string) error {
	in := cmd.InOrStdin()
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		defer f.Close()
		in = f
	}
	s, readErr := report.Read(cmd.Context(), in)
	if s == nil {
		return &exitError{exitIO, readErr}
	}
	if s.Requests == 0 && s.Broken > 0 && readErr == nil {
		return &exitError{exitUsage, fmt.Errorf("%s holds no results, one JSON object on each line; line %d: %s", path, s.Problems[0].Line, s.Problems[0].Message)}
	}
	if page != "" {
		if err := writePage(page, s, path); err != nil {
			return &exitError{exitIO, err}
		}
	}
	out := cmd.OutOrStdout()
	var err error
	if asJSON {
		err = s.WriteJSON(out)
	} else {
		err = s.WriteText(out, width(out))
	}
	if err = errors.Join(readErr, err); err != nil { // what was read before is shown
		return &exitError{exitIO, err}
	}
	return nil
}

// writePage writes the page, whole or not at all.
func writePage(path string, s *report.Summary, title string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		if err := s.WriteHTML(w, title); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
}

// width is how many columns a terminal has, 100 for what is none.
func width(out io.Writer) int {
	if f, ok := out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 100
}
