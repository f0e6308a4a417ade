package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/inflight-go/inflight/internal/scaffold"
	"github.com/inflight-go/inflight/internal/shell"
	"github.com/spf13/cobra"
)

func newNew() *cobra.Command {
	var kind, module, replace string
	cmd := &cobra.Command{
		Use:   "new [flags] DIR",
		Short: "Make a project that builds, tests and runs at once",
		Long: `new writes a program that stands on inflight into a folder of its own: complete,
with tests, a Makefile and a workflow for CI. Each runs by itself, without a network,
and is meant to be changed. The kinds are

  service   answers requests, by what it asks of another API: probes, metrics, limits,
            retries, a circuit breaker; it drains on SIGTERM
  worker    does the jobs of a file, many at once, and writes a line for each: what is
            killed goes on where it was
  scraper   walks the pages of a site and takes what you want from them, politely; what
            is killed goes on where it was

go.mod names the version of inflight that this command is. One that was built in a
checkout names that folder instead, by a line "replace"; --replace names another. It
needs no go mod tidy, and no network for modules that were downloaded before.

The folder is made, with those above it. One that is not empty is refused.`,
		Example: `  inflight new shop
  inflight new jobs --kind worker --module example.com/team/jobs`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("name one folder: inflight new DIR (see inflight new --help)")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runNew(cmd, scaffold.Options{Dir: args[0], Kind: kind, Module: module}, replace)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&kind, "kind", scaffold.Kinds[0], strings.Join(scaffold.Kinds, ", "))
	fs.StringVar(&module, "module", "", "the `path` of the module (default: like the name of the folder)")
	fs.StringVar(&replace, "replace", "", "take inflight from the checkout in this `folder`")
	return cmd
}

func runNew(cmd *cobra.Command, o scaffold.Options, replace string) (err error) {
	if replace == "" {
		o.Source, err = scaffold.Running()
	} else {
		o.Source, err = scaffold.Checkout(replace)
	}
	if err != nil {
		return coded(err)
	}
	p, err := scaffold.New(o)
	if err != nil {
		return coded(err)
	}
	files, err := p.Write(cmd.Context())
	if err != nil {
		return coded(err)
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: a %s, module %s\n", o.Dir, p.Kind, p.Module())
	for _, name := range files {
		fmt.Fprintf(out, "  %s\n", name)
	}
	fmt.Fprintf(out, "\n  cd %s\n  go test ./...\n  go run .\n", shell.Word(o.Dir))
	return nil
}
