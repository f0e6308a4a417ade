package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inflight-go/inflight/flow"
	"github.com/inflight-go/inflight/flow/postgres"
	"github.com/inflight-go/inflight/flow/sqlite"
	"github.com/inflight-go/inflight/internal/source/caret"
)

// drivers are those of the databases that flows may name.
var drivers = map[string]flow.Driver{"sqlite": sqlite.Driver{}, "postgres": postgres.Driver{}}

func newFlow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "flow",
		Short: "Run a pipeline over APIs that a file of YAML describes",
		Long: `A flow is a file of YAML: get a list, for each of its items get more at the same
time, join it, write a row to a file or a database. docs/flow.md has all of its words.

  inflight flow run examples/flow/users.yaml`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		text := fmt.Sprintf("there is no command flow %s", args[0])
		if near := caret.Nearest(args[0], []string{"run", "check", "explain", "graph"}); near != "" {
			text += fmt.Sprintf("; did you mean flow %s?", near)
		} else {
			text += "; there are: run, check, explain, graph"
		}
		return &exitError{exitUsage, errors.New(text)}
	}
	cmd.AddCommand(newFlowRun(), newFlowCheck(), newFlowExplain(), newFlowGraph())
	return cmd
}

func newFlowCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check [flags] FILE...",
		Short: "Say all that is wrong with flows, with line and column",
		Args:  takes(1, math.MaxInt),
		RunE: func(cmd *cobra.Command, args []string) error {
			var bad []error
			for _, name := range args {
				f, err := readFlow(cmd, name)
				if err != nil {
					bad = append(bad, err)
					continue
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, no mistakes\n", name, f.Outline())
			}
			if err := errors.Join(bad...); err != nil {
				return &exitError{exitUsage, err}
			}
			return nil
		},
	}
}

// readFlow reads and checks a flow; - is stdin.
func readFlow(cmd *cobra.Command, name string) (*flow.Flow, error) {
	text, err := os.ReadFile(name)
	if name == "-" {
		name = "stdin"
		text, err = io.ReadAll(cmd.InOrStdin())
	}
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	f, err := flow.Parse(name, text)
	if all, ok := errors.AsType[flow.Errors](err); ok {
		return nil, &exitError{exitUsage, fmt.Errorf("%w\n%s in %s", all, count(len(all), "mistake"), name)}
	}
	return f, err
}

// count is a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// variables reads what --var says.
func variables(texts []string) (map[string]string, error) {
	vars := make(map[string]string)
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, &exitError{exitUsage, fmt.Errorf("--var %q: want name=value", text)}
		}
		vars[name] = value
	}
	return vars, nil
}
