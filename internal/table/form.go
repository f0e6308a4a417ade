package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/source/caret"
)

// A Form is how results are written. Make one with Parse. It is not safe for use by
// several goroutines at once.
type Form struct {
	name    string
	fields  []string   // that there are
	columns [][]string // paths, of csv and tsv
	text    *request.Template
	buf     bytes.Buffer
	csv     *csv.Writer
	record  []string
}

// Columns are those of a table for which nobody has chosen any.
const Columns = "index,key,url,status,ok,attempts,bytes,content_type,duration_ms,error,body"

// Fields are the members of a result, of which a column is one, or a part of one, such
// as json.user.id. The column body is the body in whichever of its forms it is there.
var Fields = []string{
	"index", "ok", "key", "input", "method", "url", "final_url", "status", "attempts", "proto", "remote", "bytes",
	"truncated", "sha256", "content_type", "started", "duration_ms", "timings", "headers", "request", "tls", "json", "body", "body_base64",
	"body_file", "cost", "error",
}

// PageFields are those of a page that was crawled, which Fields are not.
var PageFields = []string{
	"from", "depth", "skipped", "redirect", "content_hash", "title", "links", "new", "rule", "extract", "items", "jsonld", "data", "fetched_at",
}

// Parse reads the name of a form: jsonl, csv, tsv, or template: and a template over a
// result. columns, with commas between, are for csv and tsv; empty means Columns. fields
// are those that a result may have.
func Parse(form, columns string, fields []string) (*Form, error) {
	f := &Form{name: form, fields: fields}
	text, isTemplate := strings.CutPrefix(form, "template:")
	switch {
	case form == "csv", form == "tsv":
		return f, f.table(columns)
	case form == "jsonl":
		return f, nil
	case isTemplate && text != "":
		f.name = "template"
		var err error
		f.text, err = request.CompileTemplate("--format template", text, nil)
		return f, err
	}
	return nil, fmt.Errorf("--format %q: want jsonl, csv, tsv or 'template:{{.url}} {{.status}}'", form)
}

func (f *Form) table(columns string) error {
	if columns == "" {
		columns = Columns
	}
	for column := range strings.SplitSeq(columns, ",") {
		path := strings.Split(strings.TrimSpace(column), ".")
		switch {
		case slices.Contains(path, ""):
			return fmt.Errorf("--fields %q: there is an empty name", columns)
		case !slices.Contains(f.fields, path[0]):
			why := "there is no field " + path[0]
			if near := caret.Nearest(path[0], f.fields); near != "" {
				why += fmt.Sprintf("; is it %s?", near)
			}
			return fmt.Errorf("--fields %q: %s", columns, why)
		}
		f.columns = append(f.columns, path)
	}
	f.csv = csv.NewWriter(&f.buf)
	if f.name == "tsv" {
		f.csv.Comma = '\t'
	}
	return nil
}

// Uses reports whether the form shows a field of the result. A template may use any.
func (f *Form) Uses(field string) bool {
	if f.csv == nil {
		return f.text != nil
	}
	return slices.ContainsFunc(f.columns, func(path []string) bool { return path[0] == field })
}

// Head is what comes before the first result: the names of the columns.
func (f *Form) Head() []byte {
	if f.csv == nil {
		return nil
	}
	f.record = f.record[:0]
	for _, path := range f.columns {
		f.record = append(f.record, strings.Join(path, "."))
	}
	return f.row()
}

// A RowError says why there is no text of a result.
type RowError struct {
	Index int64
	Err   error
}

// Error names the result.
func (e *RowError) Error() string { return fmt.Sprintf("index %d: %v", e.Index, e.Err) }
func (e *RowError) Unwrap() error { return e.Err }

// Row is how a result is written, with the newline behind it. It is good until the next
// call. The error is a *RowError for what a template can't be made of.
func (f *Form) Row(index int64, line []byte) ([]byte, error) {
	switch {
	case f.text != nil:
		return f.filled(index, line)
	case f.csv == nil:
		f.buf.Reset()
		f.buf.Write(line)
		f.buf.WriteByte('\n')
		return f.buf.Bytes(), nil
	}
	var result map[string]json.RawMessage
	if err := json.Unmarshal(line, &result); err != nil {
		return nil, &RowError{index, err}
	}
	f.record = f.record[:0]
	for _, path := range f.columns {
		f.record = append(f.record, cell(result, path))
	}
	return f.row(), nil
}

// row writes record.
func (f *Form) row() []byte {
	f.buf.Reset()
	_ = f.csv.Write(f.record) // to a buffer, that can't fail
	f.csv.Flush()
	if f.buf.Len() == 1 { // an empty line is no record for those who read it
		f.buf.Reset()
		f.buf.WriteString("\"\"\n")
	}
	return f.buf.Bytes()
}

// filled is the template's text. A field that this result has not is empty: which ones
// there are depends on what became of the row.
func (f *Form) filled(index int64, line []byte) ([]byte, error) {
	result := make(map[string]any, len(f.fields))
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&result); err != nil {
		return nil, &RowError{index, err}
	}
	for _, name := range f.fields {
		if _, has := result[name]; !has {
			result[name] = ""
		}
	}
	text, err := f.text.Text(result)
	if err != nil {
		return nil, &RowError{index, err}
	}
	f.buf.Reset()
	f.buf.WriteString(text)
	f.buf.WriteByte('\n')
	return f.buf.Bytes(), nil
}
