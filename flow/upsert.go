package flow

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// exact makes the values of a row such that the database takes them as they are. SQLite would
// make a float of a whole number of more than 64 bits, and forget its last digits; in a
// column for text, 1 of true; and in one for JSON, what is no JSON of a text. As texts they
// are kept, but for a column of whole numbers, which has no place for what is larger.
func (t *tables) exact(table *table, row map[string]json.RawMessage) error {
	if t.kind != "sqlite" {
		return nil
	}
	for name, v := range row {
		declared := t.columns[table.name][foldColumn(t.kind, name)]
		column := affinity(declared)
		if column == "int" && isHuge(bytes.Trim(v, `"`)) {
			return tooLarge(fmt.Sprintf("the column %q is %s, and can't hold %s: say text for it in columns, or convert the value in select", name, declared, v))
		}
		if isHuge(v) || isOther(cmp.Or(table.types[name], column), v) {
			row[name] = mustLine(string(v))
		}
	}
	return nil
}

// tooLarge is an error about a number that a column can't hold.
type tooLarge string

// Error is what it says.
func (e tooLarge) Error() string { return string(e) }

// SQLState is the code that databases have for it.
func (tooLarge) SQLState() string { return "22003" }

// affinity is what SQLite makes of values in a column that is declared so, where it can:
// whole numbers, texts, or nothing.
func affinity(declared string) string {
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(strings.ToUpper(declared), part) })
	}
	switch {
	case has("INT"):
		return "int"
	case has("CHAR", "CLOB", "TEXT"):
		return "text"
	case declared == "" || has("BLOB", "REAL", "FLOA", "DOUB"):
		return ""
	}
	return "int"
}

// isOther reports whether a value is a single one that a column for text, or for JSON,
// would not hold as it is written.
func isOther(column string, v json.RawMessage) bool {
	switch kindOfJSON(v) {
	case "text":
		return column == "json"
	case "int", "float", "bool":
		return column == "json" || column == "text"
	}
	return false
}

// rowsAtOnce is how many rows a statement writes, at most.
const rowsAtOnce = 1000

// writeRows writes rows, those with the same columns together, atOnce with a statement.
// Of several with the same key the last counts.
func (t *tables) writeRows(ctx context.Context, tx Tx, table *table, rows []map[string]json.RawMessage, atOnce int) error {
	if len(rows) == 0 {
		return nil
	}
	if err := t.makeTable(ctx, tx, table, rows); err != nil {
		return err
	}
	groups := make(map[string][]map[string]json.RawMessage)
	var order []string
	for _, row := range lastOfKey(table, rows) {
		if err := t.exact(table, row); err != nil {
			return err
		}
		shape := strings.Join(slices.DeleteFunc(table.columnsOf(row), func(name string) bool { return !t.hasColumn(table, name) }), "\x00")
		if groups[shape] == nil {
			order = append(order, shape)
		}
		groups[shape] = append(groups[shape], row)
	}
	for _, shape := range order {
		statement := t.d.upsert(table.name, table.key, strings.Split(shape, "\x00"))
		for chunk := range slices.Chunk(groups[shape], atOnce) {
			data, err := json.Marshal(chunk)
			if err != nil {
				return err
			}
			if err := tx.Exec(ctx, statement, string(data)); stateOf(err) == noSuchKey {
				return fmt.Errorf("%w; rows are known again by %s, so the table needs a primary key or a unique index of that", err, quoteNames(table.key))
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// columnsOf are the columns that a row has values for: the key first, the rest in order.
func (t *table) columnsOf(row map[string]json.RawMessage) []string {
	columns := slices.Clone(t.key)
	if t.columns != nil {
		for _, name := range t.columns {
			if _, has := row[name]; has && !slices.Contains(t.key, name) {
				columns = append(columns, name)
			}
		}
		return columns
	}
	for _, name := range slices.Sorted(maps.Keys(row)) {
		if !slices.Contains(t.key, name) {
			columns = append(columns, name)
		}
	}
	return columns
}

// lastOfKey leaves out rows whose key another one behind them has.
func lastOfKey(t *table, rows []map[string]json.RawMessage) []map[string]json.RawMessage {
	at := make(map[string]int, len(rows))
	kept := rows[:0:0]
	for _, row := range rows {
		var key strings.Builder
		for _, name := range t.key {
			key.Write(row[name])
			key.WriteByte(0)
		}
		if i, ok := at[key.String()]; ok {
			kept[i] = row
			continue
		}
		at[key.String()] = len(kept)
		kept = append(kept, row)
	}
	return kept
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quoteName(name)
	}
	return strings.Join(quoted, ", ")
}

// quoteTable quotes the name of a table, which may have that of its schema before it.
func quoteTable(name string) string {
	schema, table, found := strings.Cut(name, ".")
	if !found {
		return quoteName(name)
	}
	return quoteName(schema) + "." + quoteName(table)
}

// upsert is the statement that writes rows, which are its argument as JSON.
func (d Dialect) upsert(table string, key, columns []string) string {
	var set []string
	for _, name := range columns {
		if !slices.Contains(key, name) {
			set = append(set, quoteName(name)+" = excluded."+quoteName(name))
		}
	}
	quoted := make([]string, len(columns))
	for i, name := range columns {
		quoted[i] = quoteName(name)
	}
	statement := fmt.Sprintf("INSERT INTO %s (%s) %s ON CONFLICT (%s) DO ", quoteTable(table), strings.Join(quoted, ", "),
		d.Rows(quoteTable(table), quoted, columns, d.Arg(1)), quoteNames(key))
	if len(set) == 0 {
		return statement + "NOTHING"
	}
	return statement + "UPDATE SET " + strings.Join(set, ", ")
}
