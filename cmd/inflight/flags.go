package main

import (
	"fmt"
	"strings"

	"github.com/inflight-go/inflight/internal/source/caret"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroups are the flags of a command under headings, in the order of the help.
type flagGroups struct {
	cmd    *cobra.Command
	groups []flagGroup
}

type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

// group adds the flags that define makes under a heading.
func (g *flagGroups) group(title string, define func(fs *pflag.FlagSet)) {
	fs := pflag.NewFlagSet(title, pflag.ContinueOnError)
	fs.SortFlags = false
	define(fs)
	g.cmd.Flags().AddFlagSet(fs)
	g.groups = append(g.groups, flagGroup{title, fs})
}

// usage is the help of the flags, with their headings.
func (g *flagGroups) usage(cmd *cobra.Command) error {
	out := cmd.OutOrStderr()
	fmt.Fprintf(out, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasExample() {
		fmt.Fprintf(out, "\nExamples:\n%s\n", strings.Trim(cmd.Example, "\n"))
	}
	for _, group := range g.groups {
		fmt.Fprintf(out, "\n%s:\n%s", group.title, group.flags.FlagUsagesWrapped(100))
	}
	return nil
}

// defaultIsTold keeps the help from showing the default of a flag whose text says it.
func defaultIsTold(fs *pflag.FlagSet, name string) { fs.Lookup(name).DefValue = "0" }

// nearestFlag returns the flag whose name is nearest to what was written, "" if
// none is near.
func nearestFlag(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return caret.Nearest(name, names)
}
