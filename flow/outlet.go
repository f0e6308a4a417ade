package flow

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/packed"
)

// linger is how long rows for a database wait for others to be written with.
const linger = 20 * time.Millisecond

// outlet opens the output.
func (r *run) outlet(ctx context.Context) (*outlet, error) {
	switch o := r.f.output; {
	case o.database.driver != "":
		return r.tablesOutlet(ctx)
	case o.csv:
		return r.journalOutlet(filepath.Join(r.state(), "rows.jsonl"), r.outputName())
	}
	return r.journalOutlet(r.outputName(), "")
}

// journalOutlet is a file of lines, and a table of CSV that is made of it in the end.
func (r *run) journalOutlet(path, table string) (*outlet, error) {
	job, err := r.job()
	if err != nil {
		return nil, err
	}
	if table != "" {
		if err := r.foreign(path, table); err != nil {
			return nil, err
		}
		if err := makeFolder(filepath.Dir(path)); err != nil {
			return nil, err
		}
	}
	j, err := batch.Open(path, job, r.o.Journal)
	if err != nil {
		return nil, err
	}
	nothing := func(context.Context) error { return nil }
	end := func(ctx context.Context, s *Summary) error {
		if s.Complete {
			if err := j.Compact(ctx); err != nil { // what failed and was run again has one line
				return fmt.Errorf("%w: %w", ErrOutput, err)
			}
		}
		if table == "" {
			return nil
		}
		return atomicfile.Write(table, func(w io.Writer) error { return writeCSV(w, table, path, r.f.output.columns) })
	}
	failed := func(context.Context) (int64, error) { return j.Stats().Failed, nil }
	return &outlet{sink: j, done: j.Done, failed: failed, resume: j.Stats().Done > 0, anew: nothing, end: end, close: j.Close}, nil
}

// foreign is an error if a table of CSV is there that no run has made: its lines are not.
func (r *run) foreign(path, table string) error {
	if _, err := os.Lstat(path); err == nil || r.o.Journal.Force {
		return nil
	}
	if _, err := os.Lstat(table); err == nil {
		return fmt.Errorf("%w: %s, and no run of this flow has made it: force it to be overwritten, or write to another one", batch.ErrExists, table)
	}
	return nil
}

// tablesOutlet is a database.
func (r *run) tablesOutlet(ctx context.Context) (*outlet, error) {
	job, err := r.job()
	if err != nil {
		return nil, err
	}
	spec, err := json.Marshal(describe(job))
	if err != nil {
		return nil, err
	}
	t, err := newTables(ctx, r.databases[r.outputDSN().dsnKey()], r.f, string(spec))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOutput, err)
	}
	t.told = func(err error) { r.o.Progress.fail(err, r.f.secrets.clean) }
	resume, err := t.begin(ctx, r.o.Journal)
	if err != nil {
		return nil, err
	}
	end := func(ctx context.Context, s *Summary) error {
		if !s.Complete {
			return nil
		}
		return t.complete(ctx)
	}
	return &outlet{sink: t, done: t.has, failed: t.failures, resume: resume, anew: t.anew, end: end, close: func() error { return nil }, id: t.run, linger: linger}, nil
}

// describe is a job as texts.
func describe(job batch.Job) map[string]string {
	all := maps.Clone(job.Options)
	for _, in := range job.Inputs {
		text, err := json.Marshal(in)
		if err != nil {
			panic(err) // texts, numbers, and a time that a file had
		}
		all["file "+in.Name] = string(text)
	}
	return all
}

// writeCSV makes a table of the lines of a journal: the columns are those that are named,
// or else all fields that rows have.
func writeCSV(to io.Writer, name, journal string, columns []string) error {
	content, err := packed.NewWriter(name, to)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(content, 1<<16)
	w := csv.NewWriter(buffered)
	if columns == nil {
		if columns, err = fieldsOf(journal); err != nil {
			return err
		}
	}
	if columns != nil {
		if err := writeRecord(w, buffered, columns); err != nil {
			return err
		}
	}
	for row, err := range rowsOf(journal) {
		if err != nil {
			return err
		}
		record := make([]string, len(columns))
		for i, column := range columns {
			record[i] = cell(row[column])
		}
		if err := writeRecord(w, buffered, record); err != nil {
			return err
		}
	}
	if w.Flush(); w.Error() != nil {
		return w.Error()
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return content.Close()
}

// writeRecord writes a record to w, which writes to. A single empty field is written here:
// w would leave the line empty, which is no record for those who read it.
func writeRecord(w *csv.Writer, to *bufio.Writer, record []string) error {
	if len(record) != 1 || record[0] != "" {
		return w.Write(record)
	}
	w.Flush()
	_, err := to.WriteString("\"\"\n")
	return errors.Join(w.Error(), err)
}

// rowsOf are the rows of a journal: its lines without those of what failed or was left out.
func rowsOf(journal string) iter.Seq2[map[string]json.RawMessage, error] {
	return func(yield func(map[string]json.RawMessage, error) bool) {
		for line, err := range batch.Lines(journal) {
			var row map[string]json.RawMessage
			if err == nil {
				err = json.Unmarshal(line.Data, &row)
			}
			if err == nil && (line.Failed || row["skipped"] != nil) {
				continue
			}
			delete(row, "index")
			if !yield(row, err) {
				return
			}
		}
	}
}

// fieldsOf are the names of all fields of the rows of a journal, in order; nil for no rows.
func fieldsOf(journal string) ([]string, error) {
	names := make(map[string]bool)
	for row, err := range rowsOf(journal) {
		if err != nil {
			return nil, err
		}
		for name := range row {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// cell is a value as a table has it: a text as it is, nothing for null, and else JSON.
func cell(v json.RawMessage) string {
	var text string
	switch {
	case len(v) == 0 || string(v) == "null":
		return ""
	case json.Unmarshal(v, &text) == nil:
		return text
	}
	return string(v)
}
