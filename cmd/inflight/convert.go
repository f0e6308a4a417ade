package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/fetch"
	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/internal/table"
	"github.com/spf13/cobra"
)

// A conversion is what convert is asked for.
type conversion struct {
	format, fields, output string
	ok, failed             bool
}

func newConvert() *cobra.Command {
	var c conversion
	cmd := &cobra.Command{
		Use:   "convert [flags] FILE",
		Short: "Write results as a table, or as text by a template",
		Long: `convert reads results, as fetch and crawl write them, also while they are being
written, and writes them in another form. Of a row that was fetched again the last result counts.
FILE may be packed by gzip or zstd, and - is the standard input.`,
		Example: `  inflight convert results.jsonl > results.csv
  inflight convert results.jsonl --format tsv --fields index,status,json.id,headers.Etag
  inflight convert pages.jsonl --ok --fields url,title,extract.price
  inflight convert results.jsonl --failed --format 'template:{{.url}} {{.error.class}}'`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args[0]) },
	}
	fs := cmd.Flags()
	fs.StringVar(&c.format, "format", "csv", "csv, tsv, jsonl, or `template:TEXT` over a result, such as 'template:{{.url}} {{.status}}'")
	fs.StringVar(&c.fields, "fields", "", "the columns: fields of a result, or `parts` of them such as json.id or extract.price (default: "+table.Columns+")")
	fs.StringVarP(&c.output, "output", "o", "-", "write to this `file`, whole or not at all; .gz and .zst too; - for stdout")
	fs.BoolVar(&c.ok, "ok", false, "only what is ok")
	fs.BoolVar(&c.failed, "failed", false, "only what has failed")
	return cmd
}

func (c *conversion) run(cmd *cobra.Command, path string) error {
	form, err := table.Parse(c.format, c.fields, slices.Concat(table.Fields, table.PageFields))
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if c.output == "" {
		return option.Wrong("output", "", "the name of a file, or - for stdout")
	}
	if c.ok && c.failed {
		return &exitError{exitUsage, errors.New("--ok and --failed: only one of them; without either all results are written")}
	}
	if path == "-" {
		var remove func()
		if path, remove, err = spool(cmd.InOrStdin()); err != nil {
			return &exitError{exitIO, err}
		}
		defer remove()
	}
	if c.output != "-" && atomicfile.Target(path) == atomicfile.Target(c.output) {
		return &exitError{exitUsage, fmt.Errorf("--output %s is what is converted: take another name", c.output)}
	}
	t := fetch.Table{Form: form}
	if c.ok || c.failed {
		t.Only = func(l batch.Line) bool { return l.Failed == c.failed }
	}
	err = t.Write(path, c.output, cmd.OutOrStdout())
	switch {
	case errors.Is(err, batch.ErrForeign):
		return &exitError{exitUsage, fmt.Errorf("%s holds no results, one JSON object on each line", path)}
	case errors.Is(err, os.ErrNotExist), errors.Is(err, batch.ErrNotRegular):
		return &exitError{exitUsage, err}
	case err != nil:
		return &exitError{exitIO, err}
	case t.Untold > 0:
		return &exitError{exitFailed, fmt.Errorf("%d of %d results are left out, of which the template makes no text: %w", t.Untold, t.Untold+t.Rows, t.First)}
	}
	return nil
}

// spool copies what can be read only once to a file, because results are read twice.
func spool(in io.Reader) (path string, remove func(), err error) {
	f, err := os.CreateTemp("", "inflight-*.jsonl")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.Remove(f.Name()) }
	_, err = io.Copy(f, in)
	if err = errors.Join(err, f.Close()); err != nil {
		remove()
	}
	return f.Name(), remove, err
}
