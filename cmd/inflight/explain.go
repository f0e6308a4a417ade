package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/inflight-go/inflight/internal/secret"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Say what fetch would be told, and by whom",
	}
	cmd.AddCommand(newExplain())
	return cmd
}

// newExplain takes the flags of fetch, so that a command line can be explained as it is.
func newExplain() *cobra.Command {
	cmd := newFetch()
	all := false
	cmd.Use = "explain [flags of fetch] [URL...]"
	cmd.Short = "Say which flags fetch would have, and where each comes from"
	cmd.Example = `  inflight config explain
  inflight config explain --profile chat --rate 10/s
  inflight config explain --all`
	cmd.Flags().BoolVar(&all, "all", false, "also those that nobody has set")
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := fmt.Fprintf(cmd.OutOrStderr(), "Usage:\n  inflight config %s\n\nExamples:\n%s\n\n--all shows also what nobody has set; the other flags are those of fetch (inflight fetch --help).\n", cmd.Use, cmd.Example)
		return err
	})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		path, profile := flagOf(cmd, "config"), flagOf(cmd, "profile")
		origins, err := configure(cmd, path, profile)
		if err != nil {
			return err
		}
		if err := explain(cmd.OutOrStdout(), cmd.Flags(), origins, all); err != nil {
			return &exitError{exitIO, err}
		}
		return nil
	}
	return cmd
}

func flagOf(cmd *cobra.Command, name string) string { return cmd.Flags().Lookup(name).Value.String() }

// explain writes a line for each flag: its name, its value, and who has set it.
func explain(out io.Writer, flags *pflag.FlagSet, origins map[string]string, all bool) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	flags.VisitAll(func(f *pflag.Flag) {
		from := origins[f.Name]
		if f.Name == "all" || f.Name == "help" || from == byDefault && !all {
			return
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, shownValue(f), from)
	})
	return w.Flush()
}

// shownValue is the value of a flag without what is secret.
func shownValue(f *pflag.Flag) string {
	list, ok := f.Value.(pflag.SliceValue)
	if !ok {
		return shownFlag(f.Name, f.Value.String())
	}
	values := list.GetSlice()
	shown := make([]string, len(values))
	for i, v := range values {
		shown[i] = shownFlag(f.Name, v)
	}
	return strings.Join(shown, ", ")
}

// shownFlag is a value without what is secret, on one line.
func shownFlag(name, value string) string {
	if value == "" {
		return `""`
	}
	if (name == "data" || name == "json") && len(value) > 200 {
		return fmt.Sprintf("%d bytes", len(value))
	}
	return fmt.Sprintf("%.300s", oneLine(secret.Flag(name, value)))
}

func oneLine(s string) string {
	if strings.ContainsAny(s, "\n\t\r\x1b") {
		return fmt.Sprintf("%q", s)
	}
	return s
}
