package fetch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/packed"
	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/source"
	"github.com/inflight-go/inflight/internal/table"
)

// derive writes the files that are made of the journal, each whole or not at all.
func (j *Job) derive(ctx context.Context) error {
	if path := j.out.derived; path != "" {
		t := Table{Form: j.out.form}
		err := t.Write(j.journal.Path(), path, nil)
		j.untoldRows, j.firstUntold = t.Untold, t.First
		if err != nil {
			return fmt.Errorf("%s could not be written (the results are in %s): %w", path, j.journal.Path(), err)
		}
	}
	if path := j.out.errors; path != "" {
		if err := atomicfile.Write(path, func(out io.Writer) error { return j.writeFailed(ctx, out) }); err != nil {
			return fmt.Errorf("--errors %s could not be written (the results are in %s): %w", path, j.journal.Path(), err)
		}
	}
	return nil
}

// A Table writes the lines of a file of results in a form.
type Table struct {
	Form   *table.Form
	Only   func(batch.Line) bool // nil for all
	Rows   int64
	Untold int64 // rows of which the template makes no text
	First  error // why, of the first
}

// Write writes a table of the results at path to a file, packed if its name ends in .gz
// or .zst, or to stdout for "-". A file is written whole or not at all.
func (t *Table) Write(path, to string, stdout io.Writer) error {
	if to == "-" {
		return t.write(path, stdout)
	}
	return atomicfile.Write(to, func(w io.Writer) error {
		content, err := packed.NewWriter(to, w)
		if err != nil {
			return err
		}
		if err := t.write(path, content); err != nil {
			return err
		}
		return content.Close()
	})
}

func (t *Table) write(path string, out io.Writer) error {
	w := bufio.NewWriterSize(out, 1<<16)
	if _, err := w.Write(t.Form.Head()); err != nil {
		return err
	}
	for line, err := range batch.Lines(path) {
		if err != nil {
			return err
		}
		if t.Only != nil && !t.Only(line) {
			continue
		}
		text, err := t.Form.Row(line.Index, line.Data)
		if err != nil {
			if t.Untold++; t.First == nil {
				t.First = err
			}
			continue
		}
		t.Rows++
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return w.Flush()
}

// writeFailed writes the rows that have failed as they can be read again: JSON, as in
// the input, or the URL where a row is nothing else. Of a bad row nothing is left that
// could be written. A URL with secrets, of which results keep nothing, is looked up in
// the input; what was an argument is no more to be had.
func (j *Job) writeFailed(ctx context.Context, out io.Writer) error {
	w := bufio.NewWriterSize(out, 1<<16)
	j.unreadable = 0
	var hidden []int64
	for line, err := range batch.Lines(j.journal.Path()) {
		if err != nil {
			return err
		}
		if !line.Failed {
			continue
		}
		row, safe := failedRow(line.Data)
		if row == nil {
			j.unreadable++
			continue
		}
		if !safe {
			hidden = append(hidden, line.Index)
			continue
		}
		if _, err := w.Write(append(row, '\n')); err != nil {
			return err
		}
	}
	if err := j.writeAgain(ctx, w, hidden); err != nil {
		return err
	}
	return w.Flush()
}

// writeAgain writes rows of those indices as the input has them.
func (j *Job) writeAgain(ctx context.Context, w io.Writer, indices []int64) error {
	j.unreadable += int64(len(indices))
	if len(indices) == 0 || !j.again {
		return nil
	}
	slices.Sort(indices)
	o := j.input(nil)
	o.Done = func(index int64) bool {
		_, wanted := slices.BinarySearch(indices, index)
		return !wanted
	}
	again, err := source.Open(o)
	if err != nil {
		return err
	}
	defer again.Close()
	for row, err := range again.All(ctx) {
		if err != nil {
			return err
		}
		if row.Err != nil || row.URL == "" || row.File == argument {
			continue
		}
		if _, err := w.Write(append(appendString(nil, row.URL), '\n')); err != nil {
			return err
		}
		j.unreadable--
	}
	return nil
}

// failedRow is the row of a result, nil for none, and whether it is the whole of it.
func failedRow(line []byte) (row []byte, safe bool) {
	var r struct {
		Input json.RawMessage `json:"input"`
		URL   json.RawMessage `json:"url"`
	}
	if json.Unmarshal(line, &r) != nil {
		return nil, false
	}
	if len(r.Input) > 0 {
		return r.Input, true
	}
	return r.URL, !bytes.Contains(r.URL, []byte(secret.Redacted))
}
