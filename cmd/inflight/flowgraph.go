package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/inflight-go/inflight/flow"
	"github.com/inflight-go/inflight/internal/atomicfile"
)

func newFlowGraph() *cobra.Command {
	var svg string
	cmd := &cobra.Command{
		Use:   "graph [flags] FILE",
		Short: "Draw a flow: as a diagram in Mermaid, or as a picture",
		Args:  takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := readFlow(cmd, args[0])
			if err != nil {
				return err
			}
			if atomicfile.Same(svg, args[0]) {
				return &exitError{exitUsage, fmt.Errorf("--svg %s: the picture would take the place of the flow", svg)}
			}
			write := func(out io.Writer) error {
				_, err := out.Write(f.SVG())
				return err
			}
			switch svg {
			case "":
				_, err = io.WriteString(cmd.OutOrStdout(), f.Mermaid())
			case "-":
				err = write(cmd.OutOrStdout())
			default:
				err = atomicfile.Write(svg, write)
			}
			if err != nil {
				return &exitError{exitIO, err}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&svg, "svg", "", "write a picture to this `file`; - for stdout")
	return cmd
}

func newFlowExplain() *cobra.Command {
	a := flow.Assumptions{Items: 1000, Each: 5, Latency: 200 * time.Millisecond, Concurrency: flow.DefaultConcurrency}
	cmd := &cobra.Command{
		Use:   "explain [flags] FILE",
		Short: "Say what a run would ask for, and how long it would take",
		Args:  takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.Items < 1 || a.Each < 1 || a.PageSize < 0 || a.Latency <= 0 || a.Concurrency < 1 {
				return &exitError{exitUsage, fmt.Errorf("--items, --each, --page-size, --latency and -c: want more than 0")}
			}
			f, err := readFlow(cmd, args[0])
			if err != nil {
				return err
			}
			if err := f.Explain(a).WriteText(cmd.OutOrStdout()); err != nil {
				return &exitError{exitIO, err}
			}
			return nil
		},
	}
	fs := cmd.Flags()
	fs.Int64Var(&a.Items, "items", a.Items, "assume so many `items` in the list")
	fs.Int64Var(&a.Each, "each", a.Each, "assume so many `items` where a step collects a list")
	fs.Int64Var(&a.PageSize, "page-size", 0, "assume so many `items` on a page of the list (default: its size, or 20)")
	fs.DurationVar(&a.Latency, "latency", a.Latency, "assume that each request takes so long")
	fs.IntVarP(&a.Concurrency, "concurrency", "c", a.Concurrency, "how many items at once, as of run")
	return cmd
}
