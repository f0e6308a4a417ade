package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/session"
)

// row makes the line of what was joined.
func (r *run) row(u batch.Unit[item], joined any) ([]byte, error) {
	if r.f.sel != nil {
		all, err := r.f.sel.All(joined)
		if err != nil {
			return nil, &StepError{"select", err}
		}
		switch len(all) {
		case 0:
			return skippedLine(u.Index, "select has no result"), nil
		case 1:
			joined = all[0]
		default:
			return nil, &StepError{"select", fmt.Errorf("there are %d results, and an item has one row: [%s] is a list of them", len(all), r.f.sel)}
		}
	}
	if len(r.f.output.tables) > 0 {
		return r.tableRows(u, joined)
	}
	return plainRow(u.Index, joined)
}

// plainRow is a row of a file: its own fields, behind the index.
func plainRow(index int64, value any) ([]byte, error) {
	fields, ok := value.(map[string]any)
	if !ok {
		fields = map[string]any{"value": value}
	}
	for _, name := range []string{"index", "ok", "skipped"} {
		if _, has := fields[name]; has {
			return nil, &StepError{"select", fmt.Errorf("the row has a field %q, which a line has itself: give it another name in select", name)}
		}
	}
	data, err := encode(fields)
	if err != nil {
		return nil, &StepError{"select", err}
	}
	line := strconv.AppendInt([]byte(`{"index":`), index, 10)
	if len(data) > 2 {
		line = append(line, ',')
	}
	return append(line, data[1:]...), nil
}

// tableRows is a line with the rows of tables.
func (r *run) tableRows(u batch.Unit[item], joined any) ([]byte, error) {
	rows := make(map[string]any)
	for _, t := range r.f.output.tables {
		all := []any{joined}
		if t.rows != nil {
			var err error
			if all, err = t.rows.All(joined); err != nil {
				return nil, &StepError{"table " + t.name, err}
			}
		}
		for _, row := range all {
			if err := t.check(row, r.f.output.database.driver); err != nil {
				return nil, &StepError{"table " + t.name, err}
			}
		}
		rows[t.name] = all
	}
	data, err := encode(map[string]any{"rows": rows})
	if err != nil {
		return nil, err
	}
	return append(strconv.AppendInt([]byte(`{"index":`), u.Index, 10), append([]byte{','}, data[1:]...)...), nil
}

// check sees to it that a row can go into the table: what a server sends must not be able
// to end the run.
func (t *table) check(row any, driver string) error {
	fields, ok := row.(map[string]any)
	if !ok {
		return fmt.Errorf("a row is %s: want an object, whose fields are the columns", gojq.Preview(row))
	}
	if err := t.checkNames(fields, driver); err != nil {
		return err
	}
	if driver == "postgres" && holdsNUL(row) {
		return errors.New(`a row has the character U+0000 in a text, which PostgreSQL can't hold: take it out in select, such as by gsub("\u0000"; "")`)
	}
	for _, name := range t.key {
		switch v := fields[name].(type) {
		case nil:
			return fmt.Errorf("a row has no %q, which is its key: %s", name, gojq.Preview(row))
		case map[string]any, []any:
			return fmt.Errorf("the key %q of a row is %s: want a text or a number", name, gojq.Preview(v))
		}
	}
	return nil
}

// mostColumns is how many columns a table may have in PostgreSQL; in SQLite it is 2000.
const mostColumns = 1600

// checkNames sees to it that the fields of a row can be columns.
func (t *table) checkNames(fields map[string]any, driver string) error {
	if t.columns != nil {
		return nil // of these, Parse has said it
	}
	if len(fields) > mostColumns {
		return fmt.Errorf("a row has %d fields, and a table may have %d columns: take fewer in select, or say columns", len(fields), mostColumns)
	}
	folded := make(map[string]string, len(fields))
	for name := range fields {
		if err := checkColumn(name); err != nil {
			return err
		}
		if other, taken := folded[foldColumn(driver, name)]; taken {
			return fmt.Errorf("a row has %q and %q, which are one column in SQLite: rename one in select", min(name, other), max(name, other))
		}
		folded[foldColumn(driver, name)] = name
	}
	return nil
}

// holdsNUL reports whether a text in a value has the character U+0000.
func holdsNUL(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.IndexByte(v, 0) >= 0
	case []any:
		return slices.ContainsFunc(v, holdsNUL)
	case map[string]any:
		for name, value := range v {
			if holdsNUL(name) || holdsNUL(value) {
				return true
			}
		}
	}
	return false
}

// encode writes a value as JSON, with sorted fields.
func encode(v any) ([]byte, error) { return gojq.Marshal(v) }

// failedLine is the line of an item that has failed.
func failedLine(index int64, key string, err error, clean func(string) string) []byte {
	type failure struct {
		Step    string `json:"step,omitempty"`
		Class   string `json:"class,omitempty"`
		Status  int    `json:"status,omitempty"`
		Message string `json:"message"`
	}
	e := failure{Message: clean(err.Error())}
	if s, ok := errors.AsType[*StepError](err); ok {
		e.Step, e.Message = s.Step, clean(s.Err.Error())
	}
	if s, ok := errors.AsType[*StatusError](err); ok {
		e.Class, e.Status = string(retry.ClassHTTP), s.Status
	}
	if s, ok := errors.AsType[*session.Error](err); ok {
		e.Class, e.Status = string(s.Class), s.Status
	}
	return mustLine(struct {
		Index int64   `json:"index"`
		OK    bool    `json:"ok"`
		Key   string  `json:"key,omitempty"`
		Error failure `json:"error"`
	}{index, false, key, e})
}

// skippedLine is the line of an item that has no row.
func skippedLine(index int64, why string) []byte {
	return mustLine(struct {
		Index   int64  `json:"index"`
		Skipped string `json:"skipped"`
	}{index, why})
}

func mustLine(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers and texts can always be written
	}
	return data
}

// argument is a value as a database takes it.
func argument(v any) (any, error) {
	switch v := v.(type) {
	case int:
		return int64(v), nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		if isHuge(json.RawMessage(v)) {
			return v.String(), nil // a float would forget its last digits
		}
		return v.Float64()
	case *big.Int:
		return v.String(), nil
	case []any, map[string]any:
		text, err := encode(v)
		return string(text), err
	}
	return v, nil // texts, floats, booleans, null
}
