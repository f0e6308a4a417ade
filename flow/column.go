package flow

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// makeTable sees to it that the table is there, and its columns: those of which a value is
// known, which says the type.
func (t *tables) makeTable(ctx context.Context, tx Tx, table *table, rows []map[string]json.RawMessage) error {
	have := t.columns[table.name]
	fresh := len(have) == 0
	var missing []string
	for _, name := range t.wanted(table, rows) {
		if t.hasColumn(table, name) {
			continue
		}
		if err := checkColumn(name); err != nil {
			return err
		}
		if table.typeOf(name, rows) == "" {
			t.note(table, name)
			continue
		}
		have[foldColumn(t.kind, name)] = t.d.Types[table.typeOf(name, rows)]
		missing = append(missing, name)
	}
	return t.alter(ctx, tx, table, rows, missing, fresh)
}

// hasColumn reports whether a table is known to have a column.
func (t *tables) hasColumn(table *table, name string) bool {
	_, has := t.columns[table.name][foldColumn(t.kind, name)]
	return has
}

// note takes note of a column that is to be there in the end.
func (t *tables) note(table *table, name string) {
	if t.empty[table.name] == nil {
		t.empty[table.name] = make(map[string]bool)
	}
	if len(t.empty[table.name]) < mostColumns {
		t.empty[table.name][name] = true
	}
}

// addEmpty makes the columns for which no value came. Where that can't be, such as in a table
// that is full, nothing is lost.
func (t *tables) addEmpty(ctx context.Context) error {
	for _, table := range t.of {
		if len(t.columns[table.name]) == 0 {
			continue // no row could be written
		}
		missing := slices.DeleteFunc(slices.Sorted(maps.Keys(t.empty[table.name])), func(name string) bool { return t.hasColumn(table, name) })
		err := t.db.Transact(ctx, func(tx Tx) error { return t.alter(ctx, tx, table, nil, missing, false) })
		if err != nil && !refused(err) && !slices.Contains(sameMoment, stateOf(err)) {
			return fmt.Errorf("%w: table %s: %w", ErrOutput, table.name, err)
		}
	}
	return nil
}

// alter makes the table, or the columns that it lacks.
func (t *tables) alter(ctx context.Context, tx Tx, table *table, rows []map[string]json.RawMessage, missing []string, fresh bool) error {
	var parts []string
	for _, name := range missing {
		parts = append(parts, quoteName(name)+" "+t.d.Types[cmp.Or(table.typeOf(name, rows), "text")])
	}
	if fresh {
		parts = append(parts, "PRIMARY KEY ("+quoteNames(table.key)+")")
		return tx.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+quoteTable(table.name)+" ("+strings.Join(parts, ", ")+")")
	}
	for _, part := range parts {
		if err := tx.Exec(ctx, "ALTER TABLE "+quoteTable(table.name)+" ADD COLUMN "+part); err != nil {
			return err
		}
	}
	return nil
}

// wanted are all columns that the rows need, or that the flow names.
func (t *tables) wanted(table *table, rows []map[string]json.RawMessage) []string {
	if table.columns != nil {
		return append(slices.Clone(table.key), slices.DeleteFunc(slices.Clone(table.columns), func(c string) bool { return slices.Contains(table.key, c) })...)
	}
	all := make(map[string]json.RawMessage)
	for _, row := range rows {
		maps.Copy(all, row)
	}
	return table.columnsOf(all)
}

// typeOf is what a column is to be: what the flow says, or else what holds the values of the
// rows; "" if there is none.
func (t *table) typeOf(name string, rows []map[string]json.RawMessage) string {
	kind := t.types[name]
	if kind != "" {
		return kind
	}
	for _, row := range rows {
		kind = wider(kind, kindOfJSON(row[name]))
	}
	return kind
}

// wider is the type that holds the values of two; "" is that of none.
func wider(a, b string) string {
	switch {
	case a == b || b == "":
		return a
	case a == "":
		return b
	case a == "int" && b == "float" || a == "float" && b == "int":
		return "float"
	}
	return "text"
}

// kindOfJSON is the type of a value, "" for null and for nothing.
func kindOfJSON(v json.RawMessage) string {
	switch {
	case len(v) == 0 || v[0] == 'n':
		return ""
	case v[0] == '"':
		return "text"
	case v[0] == 't' || v[0] == 'f':
		return "bool"
	case v[0] == '{' || v[0] == '[':
		return "json"
	}
	if _, err := json.Number(v).Int64(); err == nil {
		return "int"
	}
	if isHuge(v) {
		return "text"
	}
	return "float"
}

// isHuge reports whether a value is a whole number that 64 bits can't hold.
func isHuge(v json.RawMessage) bool {
	if digits := strings.TrimPrefix(string(v), "-"); len(digits) < 19 || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	_, err := json.Number(v).Int64()
	return err != nil
}

// foldColumn is what tells the columns of a table apart: in SQLite, the case of ASCII
// letters does not.
func foldColumn(driver, name string) string {
	if driver != "sqlite" {
		return name
	}
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, name)
}

// checkColumn refuses names that can't be written in a statement.
func checkColumn(name string) error {
	if name == "" || len(name) > 60 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }) {
		return fmt.Errorf("a column can't be called %.80q", name)
	}
	return nil
}
